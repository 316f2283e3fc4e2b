"""The C preprocessor for .S sources: what comes out, from which line, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emu import asm
from emu.asm.preprocess import Preprocessed, preprocess
from emu.errors import AssemblyError
from emu.image import SourceLine
from tests.asm.zig import Zig
from tests.serving import PATIENCE


def lines(text: str, **defines: str) -> list[str]:
    """Return the lines that come out, without empty ones, markers and white space at ends."""
    done = preprocess("main.S", text, defines=defines)
    assert not done.diagnostics, done.diagnostics
    return [s for line in done.text.split("\n") if (s := line.strip()) and s[0] != "#"]


def complaints(text: str) -> list[str]:
    done = preprocess("main.S", text)
    return [f"{d.line}:{d.column}: {d.severity}: {d.message}" for d in done.diagnostics]


# -- macros -------------------------------------------------------------------------------------

MACROS = {
    "object": ("#define A 1 + 2\nmov x0, A", ["mov x0, 1 + 2"]),
    "empty": ("#define A\n[A]", ["[]"]),
    "undefined again": ("#define A 1\n#undef A\nA", ["A"]),
    "arguments": ("#define ADD(a, b) add a, a, b\nADD(x0, x1)", ["add x0, x0, x1"]),
    "parentheses in arguments": ("#define F(a) <a>\nF((1, 2) + 3)", ["<(1, 2) + 3>"]),
    "no parentheses, no call": ("#define F(a) a\nF x", ["F x"]),
    "no arguments": ("#define NOP() nop\nNOP( )", ["nop"]),
    "empty argument": ("#define F(a, b) [a|b]\nF(,1)", ["[|1]"]),
    "nested calls": ("#define T(x) ((x) * 2)\nT(T(3))", ["((((3) * 2)) * 2)"]),
    "arguments are expanded first": ("#define N 5\n#define F(x) x + N\nF(N)", ["5 + 5"]),
    "a name made by another": ("#define F G\n#define G(x) <x>\nF(1)", ["<1>"]),
    "no endless recursion": ("#define A B\n#define B A\nA B", ["A B"]),
    "recursion through arguments": ("#define f(x) x f\nf(1)(2)", ["1 f(2)"]),
    "string": ('#define S(x) #x\nS(a + "b\\n" \'"\')', ['"a + \\"b\\\\n\\" \'\\"\'"']),
    "string of a macro": (
        "#define S(x) #x\n#define X(x) S(x)\n#define V 7\nS(V) X(V)", ['"V" "7"']
    ),
    "hash before no parameter": ("#define M(r) mov r, #1\nM(x0)", ["mov x0, #1"]),
    "paste": ("#define C(a, b) a ## b\nC(x, 9) C(L, _end):", ["x9 L_end:"]),
    "paste keeps other spaces": ("#define C(a, b) a##b c d\nC(1,2)", ["12 c d"]),
    "paste is not expanded first": ("#define A 1\n#define C(a, b) a##b\nC(A, A)", ["AA"]),
    "paste with nothing": ("#define C(a, b) [a##b]\nC(,x) C(x,) C(,)", ["[x] [x] []"]),
    "what is pasted is a macro": ("#define XY 3\n#define C(a, b) a##b\nC(X, Y)", ["3"]),
    "variadic": ("#define P(f, ...) .byte f, __VA_ARGS__\nP(1, 2, 3)", [".byte 1, 2, 3"]),
    "variadic with a name": ("#define P(a...) [a]\nP() P(1, 2)", ["[] [1, 2]"]),
    "variadic without any": (
        "#define P(f, ...) f(f , ## __VA_ARGS__)\nP(1) P(1, 2)", ["1(1 ) 1(1 ,2)"]
    ),
    "many lines": ("#define F(a, b) a-b\nF(1,\n 2)\nend", ["1- 2".replace(" ", ""), "end"]),
    "continued": ("#define LONG one \\\n  two\nLONG", ["one   two"]),
    "not in strings": ('#define A 1\n.ascii "A" \'A\' A', [".ascii \"A\" 'A' 1"]),
    "not in numbers": ("#define x 1\n#define e 2\n0x10 1e5 x0 x", ["0x10 1e5 x0 1"]),
    "not in comments": ("#define A 1\nnop // A\nnop /* A */ A", ["nop", "nop         1"]),
    "a lonely apostrophe": ("#define A 1\nnop ; don't A", ["nop ; don't A"]),
    "line": ("#define WHERE __LINE__\n\nWHERE __FILE__", ['3 "main.S"']),
    "counter": ("__COUNTER__ __COUNTER__", ["0 1"]),
    "target": ("__APPLE__ __arm64__ __aarch64__ __LP64__ __ASSEMBLER__", ["1 1 1 1 1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MACROS)
def test_macros(name: str) -> None:
    text, wanted = MACROS[name]
    assert lines(text) == wanted


# -- conditionals -------------------------------------------------------------------------------

TRUE = (
    "1", "defined(__APPLE__)", "defined __APPLE__ && !defined OTHER", "2 + 3 * 4 == 14",
    "(1 << 4) == 0x10", "0b101 == 5 && 010 == 8", "-1 < 0", "-1 > 0u", "7 / -2 == -3",
    "-7 % 3 == -1",
    "1 ? 2 : 0", "0 ? 0 : 1", "1 || 1/0", "!(0 && 1/0)", "'A' == 65", "~0 == -1", "!0", "!!7",
    "0x7fffffffffffffff + 1 < 0", "0xffffffffffffffff > 0", "UNKNOWN == 0", "N(4) == 5",
    "1UL + 1ll == 2", "(2 | 4) ^ 1 & 3", "3 >= 3 && 3 <= 3 && 3 != 4", "-8 >> 1 == -4",
    "__has_include(<sys/syscall.h>)", '!__has_include("nothing.h")', "defined(__has_feature)",
    "!__has_feature(ptrauth_calls)",
)  # fmt: skip


@pytest.mark.parametrize("expression", TRUE)
def test_conditions_that_hold(expression: str) -> None:
    text = f"#define N(x) (x + 1)\n#if {expression}\nyes\n#else\nno\n#endif"
    assert lines(text) == ["yes"]
    assert lines(f"#define N(x) (x + 1)\n#if !({expression})\nno\n#else\nyes\n#endif") == ["yes"]


BRANCHES = {
    "ifdef": ("#ifdef A\n1\n#else\n2\n#endif", ["2"]),
    "ifndef": ("#ifndef A\n1\n#else\n2\n#endif", ["1"]),
    "elif": ("#if 0\n1\n#elif 1\n2\n#elif 1\n3\n#else\n4\n#endif", ["2"]),
    "elifdef": ("#if 0\n1\n#elifndef A\n2\n#endif", ["2"]),
    "nested": (
        "#if 0\n#if 1\n1\n#else\n2\n#endif\n#elif 1\n#if 0\n3\n#else\n4\n#endif\n#endif", ["4"]
    ),
    "what is left out is not read": (
        "#if 0\n#error no\n#foo\n#include <no>\ndon't\n#endif\n1", ["1"]
    ),
    "nor its conditions": ("#if 1\n1\n#elif 1/0\n2\n#endif", ["1"]),
    "spaces": ("  #  if 1\n1\n # endif", ["1"]),
    "comments": ("#if 1 // yes\n1 /* a\n b */\n#endif /* 1 */", ["1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BRANCHES)
def test_branches(name: str) -> None:
    text, wanted = BRANCHES[name]
    assert lines(text) == wanted


# -- errors -------------------------------------------------------------------------------------

ERRORS = {
    "#error": ("\n#error not today", ["2:8: error: not today"]),
    "#warning": ("#warning hm", ["1:10: warning: hm"]),
    "if without end": ("nop\n#if 1\nnop", ["2:1: error: #if without #endif"]),
    "else without if": ("#else", ["1:1: error: #else without #if"]),
    "two elses": ("#if 1\n#else\n#else\n#endif", ["3:1: error: #else behind #else"]),
    "endif without if": ("#endif", ["1:1: error: #endif without #if"]),
    "no file": ('#include "gone.h"', ["1:10: error: cannot find the file 'gone.h'"]),
    "no operand": ("#include gone", ['1:10: error: expected "FILE" or <FILE>']),
    "no name": ("#define 1", ["1:9: error: expected the name of a macro"]),
    "bad parameters": ("#define F(a b) x", ["1:11: error: malformed parameter 'a b' of a macro"]),
    "doubled parameter": (
        "#define F(a, a) x", ["1:11: error: two parameters of a macro have the same name"]
    ),
    "too few arguments": (
        "#define F(a, b) a\nF(1)", ["2:1: error: macro 'F' takes 2 arguments, not 1"]
    ),
    "endless arguments": ("#define F(a) a\nF(1", ["2:1: error: the arguments of 'F' do not end"]),
    "paste at the end": (
        "#define F(a) a##", ["1:13: error: '##' cannot stand at an end of a macro's body"]
    ),
    "division": ("#if 1 / 0\n#endif", ["1:5: error: division by zero"]),
    "unfinished": (
        "#if 1 +\n#endif", ["1:5: error: the expression ends where a value should stand"]
    ),
    "nonsense": ("#if 1 2\n#endif", ["1:5: error: unexpected '2' in the expression"]),
    "too large": (
        "#if 0x1ffffffffffffffff\n#endif",
        ["1:5: error: 0x1ffffffffffffffff does not fit in 64 bits"],
    ),
    "defined otherwise": (
        "#define A 1\n#define A 2", ["2:9: warning: 'A' was defined otherwise before"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_where(name: str) -> None:
    text, wanted = ERRORS[name]
    assert complaints(text) == wanted


def test_a_runaway_expansion_ends() -> None:
    powers = "\n".join(f"#define A{i + 1} A{i} A{i}" for i in range(40))
    [message] = complaints(f"#define A0 x\n{powers}\nA40")
    assert "runaway expansion" in message


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.h").write_text('#include "a.h"\n')
    done = preprocess(str(tmp_path / "main.S"), '#include "a.h"\n')
    [found] = done.diagnostics
    assert "more than 40 deep" in found.message
    assert found.path == str(tmp_path / "a.h")
    assert found.stack[-1] == f"included from {tmp_path / 'main.S'}:1"


# -- files and places ---------------------------------------------------------------------------


def test_includes_once_by_import_pragma_and_guard(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.h").write_text('#pragma once\n#include "b.h"\na\n')
    (tmp_path / "sub" / "b.h").write_text("#ifndef B\n#define B\nb\n#endif\n")
    (tmp_path / "c.h").write_text("c\n")
    (tmp_path / "d.h").write_text("d\n")
    text = (
        '#include "sub/a.h"\n#include "sub/a.h"\n#include "sub/b.h"\n'
        '#import "c.h"\n#import "c.h"\n#define NAME <d.h>\n#include NAME\n'
    )
    done = preprocess(str(tmp_path / "main.S"), text, [tmp_path])
    assert not done.diagnostics
    assert [line for line in done.text.split("\n") if line and line[0] != "#"] == list("bacd")
    assert {p.name for p, data in done.read if data is not None} == {"a.h", "b.h", "c.h", "d.h"}


def test_the_numbers_of_the_calls() -> None:
    assert lines("#include <sys/syscall.h>\nSYS_write SYS_getdirentries64") == ["4 344"]


def places(done: Preprocessed) -> list[tuple[str, int, str]]:
    """Return (path, line, text) of what comes out, by the markers."""
    path, number, found = "main.S", 1, []
    for line in done.text.split("\n"):
        if line.startswith("# "):
            _, digits, name = line.split(" ", 2)
            path, number = name.strip('"'), int(digits)
            continue
        if line.strip():
            found.append((path, number, line.strip()))
        number += 1
    return found


def test_markers_say_where_each_line_comes_from(tmp_path: Path) -> None:
    (tmp_path / "a.h").write_text("\n\none\n")
    text = (
        '#define F(a, b) a b\n#include "a.h"\ntwo\n#if 0\n' + "\n" * 20 + "#endif\nthree\nF(four,\n"
        '\n4)\nfive\n#line 100 "other.S"\nsix\n'
    )
    main, header = str(tmp_path / "main.S"), str(tmp_path / "a.h")
    done = preprocess(main, text)
    found = places(done)
    assert found[0] == (header, 3, "one")
    assert found[1:] == [
        (main, 3, "two"), (main, 26, "three"), (main, 27, "four 4"), (main, 30, "five"),
        ("other.S", 100, "six"),
    ]  # fmt: skip


SOURCE = """\
#include "exit.h"
#define STATUS 7
.globl _main
.p2align 2
_main:
    EXIT(
        STATUS)
    LEAVE
"""
HEADER = """\
#define EXIT(n) mov x0, n

.macro LEAVE
    mov x16, #1
    svc #0x80
.endm
"""


@pytest.mark.skipif(not asm.available(), reason="assembling takes Keystone")
def test_the_line_table_points_to_the_original(tmp_path: Path) -> None:
    main, header = tmp_path / "main.S", tmp_path / "exit.h"
    main.write_text(SOURCE)
    header.write_text(HEADER)
    image = asm.assemble([main])
    where = [(e.where, e.outermost) for e in image.lines.entries]
    assert where == [
        (SourceLine(str(main), 6), SourceLine(str(main), 6)),
        (SourceLine(str(header), 4), SourceLine(str(main), 8)),
        (SourceLine(str(header), 5), SourceLine(str(main), 8)),
    ]
    assert image.sources == {str(main): SOURCE, str(header): HEADER}


@pytest.mark.skipif(not asm.available(), reason="assembling takes Keystone")
def test_errors_of_the_assembler_point_to_the_original(tmp_path: Path) -> None:
    main, header = tmp_path / "main.S", tmp_path / "exit.h"
    main.write_text(SOURCE.replace("STATUS 7", "STATUS x99"))
    header.write_text(HEADER.replace("svc", "svx"))
    with pytest.raises(AssemblyError) as failed:
        asm.assemble([main])
    found = {(d.path, d.line) for d in failed.value.diagnostics}
    assert found == {(str(main), 6), (str(header), 5)}
    shown = {d.text.strip() for d in failed.value.diagnostics}
    assert "mov x0, x99" in shown


@pytest.mark.skipif(not asm.available(), reason="assembling takes Keystone")
def test_errors_of_the_preprocessor_are_all_that_is_said(tmp_path: Path) -> None:
    main = tmp_path / "main.S"
    main.write_text("#error stop\nnonsense\n")
    with pytest.raises(AssemblyError) as failed:
        asm.assemble([main])
    assert [(d.line, d.message) for d in failed.value.diagnostics] == [(1, "stop")]


@pytest.mark.skipif(not asm.available(), reason="assembling takes Keystone")
def test_output_of_another_preprocessor_keeps_its_places(tmp_path: Path) -> None:
    source = tmp_path / "main.s"
    source.write_text('# 40 "origin.S"\n.globl _main\n_main:\n# 90 "origin.S" 2\n  nop\n')
    image = asm.assemble([source])
    assert [e.where for e in image.lines.entries] == [SourceLine("origin.S", 90)]


@pytest.mark.skipif(not asm.available(), reason="assembling takes Keystone")
def test_a_changed_header_is_noticed_by_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    main, header = tmp_path / "main.S", tmp_path / "exit.h"
    main.write_text(SOURCE)
    header.write_text(HEADER)
    first = asm.cached([main])
    assert asm.cached([main]).segments == first.segments
    header.write_text(HEADER.replace("mov x0, n", "mov x1, n"))
    assert asm.cached([main]).segments != first.segments


def test_clang_makes_the_same_of_the_tables(zig: Zig) -> None:
    """Every macro and branch above, as clang preprocesses them, compared token by token."""
    for text, _ in [*MACROS.values(), *BRANCHES.values()]:
        if "__FILE__" in text or "__has" in text:
            continue
        (zig.scratch / "check.S").write_text(text + "\n", encoding="utf-8")
        done = zig.run("-E", "-P", "check.S")
        assert done.returncode == 0, (text, done.stderr)
        ours = " ".join(lines(text))
        theirs = done.stdout.replace(";", " ; ")
        assert ours.replace(";", " ; ").replace(" ", "") == "".join(theirs.split()), text


# -- anything at all ----------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["#define", "#if", "#else", "#endif", "#elif", "#include", "#undef", "#line", "A", "B", "(",
     ")", ",", "##", "#", "\\\n", "\n", " ", '"', "'", "/*", "*/", "//", "1", "+", "?", ":",
     "__VA_ARGS__", "...", "defined", "<", ">", "\x00", "é", "__LINE__", "F(", "-", "&&"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=60))
def test_nothing_makes_it_fail(pieces: list[str]) -> None:
    done = preprocess("main.S", "#define F(x, ...) x ## A #x __VA_ARGS__\n" + "".join(pieces))
    assert all(d.line >= 1 and d.column >= 1 for d in done.diagnostics)


@pytest.mark.skipif(not asm.available(), reason="assembling takes Keystone")
def test_several_sources_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "a.S").write_text(
        ".globl _main\n_main: mov x16, #1\n ldr x8, [x1, #8]\n ldrb w0, [x8]\n b _end\n"
    )
    (tmp_path / "b.S").write_text("#define NR 0x80\n.globl _end\n_end: svc #NR\n")
    done = subprocess.run(
        [sys.executable, "-m", "emu.cli", "run", "--quiet", str(tmp_path / "a.S"),
         str(tmp_path / "b.S"), "--", "A"],
        check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == ord("A")
