"""Hints on programs that are written for Linux, and silence about those that are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emu.asm import assemble_text
from emu.darwin import flags as f
from emu.hints import Hints
from emu.launch import load_program
from tests.guest import PRELUDE, prepare_guest


def _hints(tmp_path: Path, text: str, *, signal: int = 0) -> list[str]:
    system, process, _ = prepare_guest(tmp_path, text)
    given: list[str] = []
    system.observe(Hints(system, assemble_text(PRELUDE + text, "guest.s"), given.append))
    if signal:
        system.interrupt(signal)
    try:
        system.run(process)
    finally:
        system.host.close()
    return given


OPEN = "mov x0, #-2\n la x1, name\n mov x2, #0\n sys 463\n"
DATA = '.data\nname: .asciz "nope"'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mov x8, #64\n mov x16, #0\n mov x0, #1\n svc #0x80", "x8 holds 64, Linux's write, but"),
        ("mov x8, #64\n mov x16, #0\n mov x0, #1\n svc #0x80",
         "which is syscall(): it takes the number of another call from x0, here 1, exit"),
        ("mov x8, #93\n mov x16, #9999\n svc #0x80", "x8 holds 93, Linux's exit, but Darwin takes"),
        ("sys 20\n mov x0, #1\n mov x8, #64\n svc #0x80\n exit 0", "x8 holds 64, Linux's write,"),
        ("sys 20\n mov w8, #93\n mov x0, #0\n svc #0\n exit 0", "x8 holds 93, Linux's exit,"),
        ("mov x8, #0\n mov x16, #64\n svc #0x80", "64 in x16 at "),
        ("mov x8, #0\n mov x16, #64\n svc #0x80", "Linux's number of write, which is 4 on Darwin"),
        ("mov x8, #0\n mov x16, #172\n svc #0x80", "is Linux's number of getpid, which is 20 on"),
        ("mov x0, #0\n mov x16, #1\n svc #0", "svc #0 at"),
        (f"mov x0, #-100\n la x1, name\n mov x2, #0\n sys 463\n b.cs 1f\n1: exit 0\n {DATA}",
         "Linux's AT_FDCWD; Darwin's is -2"),
        ("sys 2\n cbz x0, 1f\n1: exit 0", "behind fork"),
        ("sys 2\n mov x20, x0\n cmp x20, #0\n b.eq 1f\n1: exit 0", "x1 is 1 in the child"),
        ("sys 2\n mov w19, w0\n cmp w19, wzr\n b.eq 1f\n1: exit 0", "behind fork"),
        ("sys 2\n str x0, [sp, #-16]!\n ldr x9, [sp]\n cmp x0, #0\n1: exit 0", "behind fork"),
        ("sub sp, sp, #16\n sys 2\n str x0, [sp, #8]\n ldr x9, [sp, #8]\n cbz x9, 1f\n1: exit 0",
         "behind fork"),
        (f"{OPEN} mov x19, x0\n cmp x19, #0\n b.lt 1f\n1: exit 0\n {DATA}", "tests the sign of x0"),
        (f"{OPEN} mov w20, w0\n tbnz w20, #31, 1f\n1: exit 0\n {DATA}", "tests the sign of x0"),
        (f"{OPEN} cmp x0, #0\n b.lt 1f\n1: exit 0\n {DATA}", "tests the sign of x0, as on Linux"),
        (f"{OPEN} tbnz x0, #63, 1f\n1: exit 0\n {DATA}", "tests the sign of x0"),
        (f"{OPEN} mov x19, x0\n mov x1, #0\n sys 3\n exit 0\n {DATA}", "never looks at the carry"),
        (f"la x1, name\n mov x2, #2\n sys 4\n b.cs 1f\n mov x0, #1\n sys 4\n1: exit 0\n{DATA}",
         "x1 is 0, for on Darwin each call leaves its second"),
        (f"bl call\n cmn x0, #1\n b.eq 1f\n1: exit 0\ncall: {OPEN} ret\n {DATA}",
         "failed with ENOENT, but the code tests the sign"),
    ],
)  # fmt: skip
def test_a_hint(tmp_path: Path, text: str, says: str) -> None:
    given = _hints(tmp_path, f"_main: {text}")
    assert any(says in hint for hint in given), given
    assert all(hint.startswith("hint: ") and "\n" not in hint for hint in given)


@pytest.mark.parametrize(
    "text",
    [
        f"{OPEN} b.cs 1f\n1: exit 0\n {DATA}",
        f"{OPEN} b.cc 1f\n1: exit 0\n {DATA}",
        f"{OPEN} cset x9, cs\n exit 0\n {DATA}",
        f"{OPEN} csneg x0, x0, x0, cc\n exit 0\n {DATA}",
        f"{OPEN} mrs x9, nzcv\n exit 0\n {DATA}",
        f"{OPEN} adc x9, xzr, xzr\n exit 0\n {DATA}",
        f"bl call\n b.cs 1f\n1: exit 0\ncall: {OPEN} ret\n {DATA}",
        "sys 2\n cbnz x1, 1f\n1: exit 0",
        "sys 2\n b.cs 1f\n mov x20, x1\n cbz x0, 1f\n1: exit 0",
        "mov x0, #99\n sys 6\n cmp x0, #0\n exit 0",
        "mov x8, #64\n sys 20\n exit 0",
        "mov x8, #64\n cbz x8, 1f\n sys 20\n1: exit 0",
        "mov x16, #20\n mov x8, #64\n svc #0x80\n exit 0",
        "sys 20\n mov x8, #64\n add x9, x8, #1\n svc #0x80\n exit 0",
        "mov x16, #20\n b 1f\n2: mov x16, #1\n1: mov x8, #4\n svc #0x80\n b 2b",
        "sub sp, sp, #16\n sys 2\n str x1, [sp, #8]\n ldr x9, [sp, #8]\n cbz x9, 1f\n1: exit 0",
        "sys 20\n mov x0, #1\n mov x1, #0\n mov x2, #2\n sys 4\n b.cs 1f\n1: exit 0",
        "sys 2\n mov x19, x0\n mov x19, #5\n cbz x19, 1f\n1: exit 0",
        "mov x0, #20\n mov x16, #0\n mov x8, #0\n svc #0x80\n exit 0",
    ],
)
def test_a_darwin_program_gets_none(tmp_path: Path, text: str) -> None:
    assert _hints(tmp_path, f"_main: {text}") == []


def test_each_hint_is_given_once(tmp_path: Path) -> None:
    once = "mov x0, #-100\n la x1, name\n mov x2, #0\n sys 463\n b.cs 1f\n1:\n"
    given = _hints(tmp_path, f"_main: {once * 3} exit 0\n {DATA}")
    assert len(given) == 1


def test_the_server_gets_none(tmp_path: Path) -> None:
    system, _, _ = prepare_guest(tmp_path, "_main: exit 0")
    given: list[str] = []
    Hints(system, load_program(None), given.append)
    system.host.close()
    assert given == []


def test_ctrl_c_amid_a_computation_says_where(tmp_path: Path) -> None:
    (hint,) = _hints(tmp_path, "_main: b _main", signal=f.SIGINT)
    assert re.match(r"hint: \[pid 100\] SIGINT ends it at .*, computing: a loop without", hint)


def test_ctrl_c_in_a_call_that_waits_is_no_hint(tmp_path: Path) -> None:
    assert _hints(tmp_path, "_main: svc #0x80", signal=f.SIGINT) == []
