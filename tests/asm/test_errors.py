"""What a user is told about a source with errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from emu.asm import assemble, assemble_text, available, encode
from emu.errors import AssemblyError, Diagnostic


def errors(source: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(AssemblyError) as caught:
        assemble_text(source, "t.s")
    return caught.value.diagnostics


def only(source: str) -> Diagnostic:
    (found,) = errors(source)
    return found


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("nop\n  frob x0", 2, 3, "unknown instruction 'frob'"),
        ("here: frob x0", 1, 7, "unknown instruction 'frob'"),
        ("mov x0, #1\nadd x0, x1, #70000", 2, 14,
         "it takes -4095 to 4095, or up to 16773120 in steps of 4096"),
        ("add x0, #1", 1, 1, "'add': it takes one more, as in 'add x0, x0, #1'"),
        ("add x0, x1, w2", 1, 1, "'add': w and x registers are mixed"),
        ("ldp x0, x1, [x2, #7]", 1, 19, "it takes -512 to 504 in steps of 8"),
        ("str x0, [sp, #257]", 1, 15, "it takes -256 to 255, or up to 32760 in steps of 8"),
        ("strb w0, [x1, #4096]", 1, 16, "it takes -256 to 4095"),
        ("ldr x0, [x1, #33000]", 1, 15, "immediate 33000 does not fit 'ldr'"),
        ("and x0, x1, #5", 1, 14, "not a repeated, rotated run of ones"),
        ("mov x0, #0x123456789", 1, 9, "cannot be moved in one instruction"),
        ("lsl w0, w1, #32", 1, 14, "it takes 0 to 31"),
        ("tbz w0, #32, .", 1, 9, "a bit number from 0 to 31"),
        ("b far\n.space 1 << 27\nfar:", 2, 8, "more than a section can hold"),
        ("cbz x0, far\n.space 1 << 20\nfar:", 1, 9, "out of range (±1 MiB)"),
        ("tbz x0, #1, far\n.space 1 << 15\nfar:", 1, 13, "out of range (±32 KiB)"),
        ("adr x0, far\n.space 1 << 20\nfar:", 1, 9, "out of range (±1 MiB)"),
        ("ldr x0, far\n.space 1 << 20\nfar:", 1, 9, "out of range (±1 MiB)"),
        ("b near\n.byte 1\nnear:", 1, 3, "no multiple of 4"),
        ("b #1 << 28", 1, 3, "out of range (±128 MiB)"),
        ("adrp x0, #1 << 33", 1, 10, "out of range (±4 GiB)"),
        ("ldr x0, [x0, a@PAGEOFF]\n.byte 1\na:", 1, 14, "not aligned to 8 bytes"),
        ("mov x0, a\na:", 1, 9, "an address does not fit in here"),
        (".byte 1, 256", 1, 10, "256 does not fit in 1 byte"),
        (".byte a - b\na: .space 300\nb:", 1, 7, "-300 does not fit in 1 byte"),
        (".long a\na:", 1, 7, "an address takes 8 bytes"),
        (".quad 1 +", 1, 10, "expected an expression before the end"),
        (".quad (1", 1, 9, "expected ')'"),
        (".quad 1 / 0", 1, 9, "division by zero"),
        (".quad 1 << 64", 1, 9, "shift by 64 is not between 0 and 63"),
        (".quad 99999999999999999999", 1, 7, "does not fit in 64 bits"),
        (".quad 12ab", 1, 7, "invalid number '12ab'"),
        ('.ascii "abc', 1, 8, "unterminated string"),
        ("nop /* open", 1, 5, "unterminated comment"),
        ("a:\nnop\na:", 3, 1, "symbol 'a' is already defined, at t.s:1"),
        ("nop\n1b:", 2, 1, "expected a label, an instruction or a directive"),
        ("nop\nb 5f", 2, 3, "no label '5:' stands after this"),
        ("b 5b", 1, 3, "no label '5:' stands before this"),
        (".if 1\nnop", 1, 1, "'.if' without '.endif'"),
        ("  .endif", 1, 3, "'.endif' without '.if'"),
        (".rept 3\nnop", 1, 1, "'.rept' without '.endr'"),
        (".macro m\nnop", 1, 1, "'.macro' without '.endm'"),
        (".macro m a:req\n.endm\nm", 3, 2, "missing value for required parameter 'a'"),
        (".macro m a\n.endm\nm 1, 2", 3, 6, "macro 'm' takes 1 argument at most"),
        (".balign 12", 1, 9, "must be a power of two"),
        (".space -4", 1, 8, "the number of bytes is negative"),
        (".org 8\n.org 4", 2, 6, "cannot move back from offset 8 to 4"),
        (".bss\n.byte 1", 2, 1, "cannot hold data"),
        (".bss\nnop", 2, 1, "cannot hold instructions"),
        ("ldr x0, [x1, :lo12:a]", 1, 14, "the notation of ELF"),
        ("adrp x0, a\na:", 1, 10, "'adrp' needs symbol@PAGE"),
        ("add x0, x0, a@PAGEOF\na:", 1, 14, "unknown relocation '@PAGEOF'"),
        ("adrp x0, a@TLVPPAGE\na:", 1, 11, "thread-local variables are not supported"),
        ('.include "missing.s"', 1, 1, "cannot find the file 'missing.s'"),
        (".set a, b\n.set b, a\n.quad a", 3, 7, "goes round in a circle"),
        ("counter .req y5", 1, 14, "'y5' is not a register"),
        ("a = b\nb = a\n", 0, 0, ""),
    ],
)  # fmt: skip
def test_an_error_is_told_where_it_is(source: str, line: int, column: int, message: str) -> None:
    if not line:
        assemble_text(source)  # never used, so no harm
        return
    found = errors(source + "\n")
    assert (found[0].line, found[0].column) == (line, column), found[0]
    assert message in found[0].message


@pytest.mark.parametrize(
    ("source", "suggestion"),
    [
        ("movv x0, #1", "did you mean 'mov'?"),
        ("mvo x0, #1", "did you mean 'mov'?"),
        ("swc #0x80", "did you mean 'svc'?"),
        ("syscall", "here that is svc #0x80"),
        ('text .asciz "a"', "a label ends in a colon: 'text:'"),
        ("ldadd_ x0", "did you mean 'ldadd'?"),
        (".bite 1", "did you mean '.byte'?"),
        ("adrp x0, mesage@PAGE\nmessage: .byte 1", "did you mean 'message'?"),
        (".macro emit x\n.endm\nemitt 1", "did you mean 'emit'?"),
        (".macro m count\n.endm\nm cuont=1", "did you mean 'count'?"),
        ("adr x0, a\n.data\na:", "use adrp and add"),
        ("mov w0, #0x12345678", "use ldr w0, =0x12345678, or movk"),
    ],
)
def test_a_remedy_is_suggested(source: str, suggestion: str) -> None:
    assert suggestion in errors(source)[0].suggestion


def test_all_errors_of_a_source_come_in_its_order() -> None:
    source = "frob\nnop\nmov x0, #70001\nb nowhere\n.byte 999\nadd x0, x1, #9999\n"
    assert [d.line for d in errors(source)] == [1, 3, 4, 5, 6]


def test_an_error_in_a_macro_shows_the_text_put_in_and_the_way_there() -> None:
    source = (
        ".macro inner r\n  add \\r, \\r, #9999\n.endm\n"
        ".macro outer r\n  inner \\r\n.endm\n"
        "nop\nouter x3\n"
    )
    found = only(source)
    assert (found.line, found.text) == (2, "  add x3, x3, #9999")
    assert found.stack == (
        "in the expansion of inner, at t.s:5",
        "in the expansion of outer, at t.s:8",
    )
    takes = "it takes -4095 to 4095, or up to 16773120 in steps of 4096"
    assert str(found).splitlines() == [
        f"t.s:2:16: error: immediate 9999 does not fit 'add': {takes}",
        "    add x3, x3, #9999",
        "                 ^",
        "  in the expansion of inner, at t.s:5",
        "  in the expansion of outer, at t.s:8",
    ]


def test_an_error_in_an_included_file_names_both(tmp_path: Path) -> None:
    (tmp_path / "a.s").write_text('.globl _main\n_main: nop\n.include "b.s"\n', encoding="utf-8")
    (tmp_path / "b.s").write_text("nop\nfrob\n", encoding="utf-8")
    with pytest.raises(AssemblyError) as caught:
        assemble([tmp_path / "a.s"])
    (found,) = caught.value.diagnostics
    assert (found.path, found.line) == (str(tmp_path / "b.s"), 2)
    assert found.stack == (f"included from {tmp_path / 'a.s'}:3",)


def test_what_is_printed_has_an_end() -> None:
    with pytest.raises(AssemblyError) as caught:
        assemble_text("frob\n" * 100)
    assert len(caught.value.diagnostics) == 100
    assert str(caught.value).splitlines()[-1] == "... and 70 more errors"


def test_nothing_from_a_source_reaches_the_terminal_raw() -> None:
    assert "\x1b" not in str(only('.ascii "\x1b[31m\\q"'))


def test_a_missing_source_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match="cannot read the source"):
        assemble([tmp_path / "none.s"])


def test_a_program_without_an_entry_point_is_told_so(tmp_path: Path) -> None:
    source = tmp_path / "a.s"
    source.write_text("nop\n", encoding="utf-8")
    with pytest.raises(AssemblyError, match="define _main, _start or start, or give --entry"):
        assemble([source])
    with pytest.raises(AssemblyError, match="there is no entry point '_mian'"):
        assemble([source], entry="_mian")
    source.write_text(".globl main\nmain: ret\n", encoding="utf-8")
    with pytest.raises(AssemblyError, match="the C function main is the label _main"):
        assemble([source])


def test_without_keystone_there_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "available", lambda: False)
    with pytest.raises(AssemblyError, match="assembling needs the Keystone library") as caught:
        assemble_text("nop", "t.s")
    assert len(caught.value.diagnostics) == 1


def test_whether_there_is_a_keystone_is_known_without_loading_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert available() == encode.available()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert not available()


def test_messages_of_the_source_come_with_the_image() -> None:
    image = assemble_text('.print "hello"\n.warning "careful"\nnop', "t.s")
    assert image.messages[0] == "hello"
    assert image.messages[1].startswith("t.s:2:1: warning: careful")


def test_names_of_any_length_leave_a_message_that_can_be_read() -> None:
    with pytest.raises(AssemblyError) as caught:
        assemble_text(f"b {'a' * 100_000}\n", "t.s")
    assert len(str(caught.value)) < 2000
    assert "undefined symbol 'aaa" in str(caught.value)


def test_names_are_suggested_for_the_errors_that_are_shown() -> None:
    # Looking for them takes longer than all the rest where there are thousands of names.
    labels = "".join(f"label{n}: nop\n" for n in range(60))
    found = errors(labels + "".join(f"bl lable{n}\n" for n in range(60)))
    shown = AssemblyError.SHOWN
    assert all(d.suggestion for d in found[:shown])
    assert not any(d.suggestion for d in found[shown:])
