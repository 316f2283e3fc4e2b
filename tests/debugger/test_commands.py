"""The table of commands: complete, consistent, and what its page says."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from debugger.commands.console import Console
from debugger.commands.reference import reference
from debugger.commands.table import GROUPS, TABLE, find, names
from debugger.session import Session
from emu.errors import DebugError

Debug = Callable[..., Session]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def console(debug: Debug) -> Console:
    return Console(debug("calls.s"), out=lambda _line: None)


def test_the_page_of_commands_is_made_from_the_table(console: Console) -> None:
    del console
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == reference(), "python -m debugger.commands.reference > docs/commands.md"


def test_each_command_explains_itself(console: Console) -> None:
    del console
    for row in TABLE.values():
        assert row.group in GROUPS
        assert row.summary.endswith((".", ":", "sentence.")), row.name
        assert len(row.summary) <= 100, row.name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("s", "step"), ("si 3", "step"), ("stepi", "step"), ("n", "next"), ("ni", "next"),
        ("c", "continue"), ("fin", "finish"), ("f", "finish"), ("u", "until"), ("b x", "break"),
        ("tb x", "tbreak"), ("bt", "backtrace"), ("where", "backtrace"), ("i r", "info registers"),
        ("info b", "info breakpoints"), ("i proc", "info processes"), ("l", "list"),
        ("p x0", "print"), ("p/x x0", "print"), ("x/4i pc", "x"), ("disas", "disassemble"),
        ("d 1", "delete"), ("q", "quit"), ("h", "help"), ("thread backtrace", "backtrace"),
        ("register read", "info registers"), ("breakpoint set -n x", "break"),
        ("process launch", "run"), ("thread step-over", "next"), ("memory read x", "x"),
        ("set follow-fork-mode child", "follow"), ("set scheduler-locking on", "schedule-locking"),
        ("step to next header field", "step header"), ("step l", "step line"),
        ("break on GET /", "break on"), ("wat x0", "watch"), ("inf reg", "info registers"),
    ],
)  # fmt: skip
def test_fingers_find_their_way(console: Console, typed: str, name: str) -> None:
    del console
    assert find(typed)[0].name == name


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("stpe", "no command 'stpe'; did you mean 'step'"),
        ("cotninue", "did you mean 'continue'"),
        ("info regsters", "'info regsters' is no command; did you mean 'info registers'"),
        ("xyzzy", "no command 'xyzzy': 'help' lists all"),
    ],
)
def test_a_typo_suggests_the_nearest(console: Console, typed: str, complaint: str) -> None:
    with pytest.raises(DebugError, match=complaint):
        console.execute(typed)


@pytest.mark.parametrize(
    ("line", "among"),
    [
        ("bre", "break"),
        ("break sa", "say"),
        ("info re", "registers"),
        ("print cou", "counter"),
        ("print u8[x", "u8[x0"),
        ("catch sys", "syscall"),
        ("catch syscall writ", "write"),
        ("catch signal SIGAL", "SIGALRM"),
        ("follow pa", "parent"),
        ("help st", "step"),
        ("switch 1", "100"),
        ("copy as cu", "curl"),
    ],
)
def test_completion(console: Console, line: str, among: str) -> None:
    assert among in console.complete(line)


def test_completion_of_nonsense_is_empty(console: Console) -> None:
    for line in ("", "zzz y", "break zz", "print )(", "catch signal x y"):
        assert isinstance(console.complete(line), list)


def test_every_command_survives_having_no_or_absurd_arguments(
    debug: Debug, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing a user types may end in a traceback: only DebugError and its kin come out."""
    monkeypatch.chdir(tmp_path)  # some commands write files
    for name in TABLE:
        if name in {"quit", "run", "continue", "source"}:
            continue
        for text in ("", "zzz 1", "'", "0xffffffffffffffff", "((( é"):
            session = debug("calls.s")
            lines: list[str] = []
            with contextlib.suppress(DebugError):
                Console(session, out=lines.append).execute(f"{name} {text}")
            session.close()


def test_nothing_started_is_one_clear_line(debug: Debug) -> None:
    session = debug("calls.s")
    session.close()
    for name in names():
        if name in {"quit", "q", "exit", "run", "r", "start", "starti", "restart"}:
            continue
        with contextlib.suppress(DebugError):
            Console(session, out=lambda _line: None).execute(name)
