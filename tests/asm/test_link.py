"""Several sources to one image: symbols, layout, entry point, line table."""

from __future__ import annotations

from pathlib import Path

import pytest

from emu.asm import assemble, assemble_text
from emu.errors import AssemblyError
from emu.image import PAGE_SIZE, Image, SourceLine


def linked(tmp_path: Path, *texts: str, **options: object) -> Image:
    paths = []
    for index, text in enumerate(texts):
        path = tmp_path / f"{'abcdef'[index]}.s"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return assemble(paths, **options)  # type: ignore[arg-type]


def refusal(tmp_path: Path, *texts: str) -> str:
    with pytest.raises(AssemblyError) as caught:
        linked(tmp_path, *texts)
    return str(caught.value).replace(str(tmp_path), "")


def quads(image: Image, segment: str = "__DATA", name: str = "__data") -> list[int]:
    section = image.section(segment, name)
    assert section is not None
    return list(memoryview(section.data).cast("Q"))


MAIN = ".globl _main\n_main: ret\n"


def test_globals_are_shared_and_locals_are_not(tmp_path: Path) -> None:
    first = MAIN + "same: nop\n.globl shared\nshared: nop\n.data\n.quad same, shared\n"
    second = "same: nop\n.data\n.quad same, shared, _main\n"
    image = linked(tmp_path, first, second)
    same, shared, other, again, main = quads(image)
    assert shared == again == image.symbols["shared"].value
    assert main == image.entry == image.symbols["_main"].value
    assert same != other
    assert {same, other} == {s.value for s in image.symbols.values() if s.name == "same"}


def test_absolute_symbols_are_shared(tmp_path: Path) -> None:
    image = linked(tmp_path, MAIN + ".globl SIZE\nSIZE = 42\n", ".data\n.quad SIZE + 1\n")
    assert quads(image) == [43]
    assert image.symbols["SIZE"].absolute


def test_what_a_linker_would_refuse(tmp_path: Path) -> None:
    defined = ".globl f\nf: nop\n"
    message = refusal(tmp_path, MAIN + defined, "nop\n" + defined)
    assert "/b.s:3:1: error: symbol 'f' is already defined, at /a.s:4" in message
    message = refusal(tmp_path, MAIN + "bl helper\n", "helper: ret\n")
    assert "/a.s:3:4: error: undefined symbol 'helper'" in message
    assert "it is defined in /b.s, which lacks .globl helper" in message
    assert "undefined symbol 'g'" in refusal(tmp_path, MAIN + ".quad g\n")
    assert "linked with no library" in refusal(tmp_path, MAIN + "bl _printf\n")
    circle = refusal(tmp_path, MAIN + ".globl p\np = q\n.quad p\n", ".globl q\nq = p\n")
    assert "goes round in a circle" in circle


def test_weak_definitions_give_way(tmp_path: Path) -> None:
    weak = MAIN + ".globl f\n.weak_definition f\nf: nop\n.data\n.quad f\n"
    image = linked(tmp_path, weak, ".globl f\nnop\nf: ret\n")
    assert image.symbols["f"].value == quads(image)[0]
    where = image.lines.at(quads(image)[0])
    assert where is not None
    assert where.where.path.endswith("b.s")


def test_a_weak_reference_to_nothing_is_zero(tmp_path: Path) -> None:
    assert quads(linked(tmp_path, MAIN + ".weak_reference g\n.data\n.quad g\n")) == [0]


def test_common_symbols_merge_to_the_largest(tmp_path: Path) -> None:
    image = linked(tmp_path, MAIN + ".comm c, 8\n", ".comm c, 64, 4\n.data\n.quad c\n")
    common = image.section("__DATA", "__common")
    assert common is not None
    assert (common.size, common.align, common.zerofill) == (64, 16, True)
    assert quads(image) == [common.addr]


def test_common_symbols_without_alignment_have_that_of_their_size() -> None:
    image = assemble_text(".comm a, 3\n.comm b, 24\n.comm c, 1\n.comm d, 8\nnop")
    common = image.section("__DATA", "__common")
    assert common is not None
    offsets = {name: image.symbols[name].value - common.addr for name in "abcd"}
    assert offsets == {"a": 0, "b": 32, "c": 56, "d": 64}


def test_the_entry_point_is_the_first_of_the_known_names() -> None:
    text = "nop\nstart: nop\n_start: nop\n_main: nop\nother: nop\n"
    base = assemble_text("nop").entry
    assert assemble_text(text).entry == base + 12
    assert assemble_text(text.replace("_main", "m")).entry == base + 8
    assert assemble_text(text.replace("_main", "m").replace("_start", "s")).entry == base + 4
    assert assemble_text(text, entry="other").entry == base + 16
    assert assemble_text("nop\nret\n").entry == base


def test_definitions_from_outside() -> None:
    image = assemble_text(".if PORT == 8080\n.data\n.quad PORT\n.endif", defines={"PORT": 8080})
    assert quads(image) == [8080]


def test_sections_stand_as_a_linker_puts_them() -> None:
    text = """
        .data
        .byte 1
        .bss
        .space 100
        .const
        .p2align 4
        .quad 1
        .section __DATA,__more
        .byte 2
        .const_data
        .quad 3
        .text
        nop
        .zerofill __DATA,__big,_big,0x8000,14
    """
    image = assemble_text(text)
    assert [(s.segment, s.name) for s in image.sections] == [
        ("__TEXT", "__text"),
        ("__TEXT", "__const"),
        ("__DATA_CONST", "__const"),
        ("__DATA", "__data"),
        ("__DATA", "__more"),
        ("__DATA", "__bss"),
        ("__DATA", "__big"),
    ]
    assert [(s.name, s.prot) for s in image.segments] == [
        ("__TEXT", 5),
        ("__DATA_CONST", 1),
        ("__DATA", 3),
    ]
    assert image.segments[0].addr == 0x100000000
    end = 0
    for segment in image.segments:
        assert segment.addr % PAGE_SIZE == segment.size % PAGE_SIZE == 0
        assert segment.addr >= end
        assert len(segment.data) <= segment.size
        end = segment.addr + segment.size
    for section in image.sections:
        assert section.addr % section.align == 0
        segment = next(s for s in image.segments if s.name == section.segment)
        start = section.addr - segment.addr
        assert segment.data[start : start + len(section.data)] == section.data
        assert start + section.size <= segment.size
    assert image.symbols["_big"].value % PAGE_SIZE == 0


def test_the_caller_may_fix_addresses() -> None:
    layout = {("__TEXT", "__text"): 0x100002468, ("__DATA", "__data"): 0x100008010}
    image = assemble_text("a: adrp x0, b@PAGE\n.data\nb: .quad a", layout=layout)
    assert quads(image) == [0x100002468]
    assert image.symbols["b"].value == 0x100008010


def test_the_header_has_its_symbol() -> None:
    image = assemble_text(".data\n.quad __mh_execute_header")
    assert quads(image) == [0x100000000]


def test_the_line_table_knows_every_statement_and_its_expansion() -> None:
    text = (
        ".macro inner r\n"
        "  mov \\r, #1\n"
        ".endm\n"
        ".macro outer\n"
        "  inner x0\n"
        "  nop\n"
        ".endm\n"
        "start: nop\n"
        "outer\n"
        ".rept 2\n"
        "ret\n"
        ".endr\n"
        ".data\n"
        ".quad 1, 2\n"
    )
    image = assemble_text(text, "t.s")
    table = [
        (e.addr - image.entry, e.size, e.where.line, [w.line for w in e.expansion], e.statement)
        for e in image.lines.entries
        if e.addr < image.entry + 100
    ]
    assert table == [
        (0, 4, 8, [], "start: nop"),
        (4, 4, 2, [5, 9], "mov x0, #1"),
        (8, 4, 6, [9], "nop"),
        (12, 4, 11, [], "ret"),
        (16, 4, 11, [], "ret"),
    ]
    last = image.lines.entries[-1]
    assert (last.size, last.where) == (16, SourceLine("t.s", 14))
    assert image.lines.addresses("t.s", 9) == [image.entry + 4, image.entry + 8]
    assert image.lines.entries[1].outermost == SourceLine("t.s", 9)
    assert image.sources == {"t.s": text}


def test_local_labels_are_known_but_name_nothing() -> None:
    image = assemble_text("routine: nop\nLroutine_loop: nop\nnop\n")
    assert image.symbols["Lroutine_loop"].local
    assert image.symbol_at(image.entry + 8) == ("routine", 8)


def test_the_table_of_an_address_through_the_linker_is_relaxed(tmp_path: Path) -> None:
    text = (
        ".globl _main, _x\n_main: adrp x1, _x@GOTPAGE\nldr x2, [x1, _x@GOTPAGEOFF]\n"
        ".data\n.byte 1\n_x: .byte 2\n"
    )
    plain = text.replace("GOT", "").replace("ldr x2, [x1, _x@PAGEOFF]", "add x2, x1, _x@PAGEOFF")
    assert linked(tmp_path, text).segments[0].data == linked(tmp_path, plain).segments[0].data


def _assembled(tmp_path: Path, text: str, entry: str | None = None) -> tuple[str, ...]:
    source = tmp_path / "main.s"
    source.write_text(text)
    return assemble([source], entry=entry).messages


@pytest.mark.parametrize("name", ["_main", "_start"])
def test_an_entry_that_a_native_linker_would_not_find_is_named(tmp_path: Path, name: str) -> None:
    (message,) = _assembled(tmp_path, f"nop\n{name}: ret\n")
    assert message == (
        f"{tmp_path / 'main.s'}:2:1: warning: '{name}' is not '.globl'; a native linker would"
        f' fail: Undefined symbols for architecture arm64: "{name}"'
    )


def test_an_entry_that_it_finds_or_that_was_asked_for_is_not(tmp_path: Path) -> None:
    for text in (".globl _main\n_main: ret\n", ".private_extern _main\n_main: ret\n"):
        assert _assembled(tmp_path, text) == ()
    assert _assembled(tmp_path, "_main: ret\n", entry="_main") == ()
