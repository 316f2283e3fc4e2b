"""Terminals that can do less: no cursor, no colours, few signs; and plain consoles on them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.debugger.conftest import GUESTS

if TYPE_CHECKING:
    from tests.tui.pseudo import Terminal

Start = Callable[..., "Terminal"]
READER, CALLS = str(GUESTS / "reader.s"), str(GUESTS / "calls.s")
ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
PROMPT = "(ymawky-dbg)"


def test_a_dumb_terminal_gets_a_console_that_ctrl_c_works_in(terminal: Start) -> None:
    screen = terminal(READER, TERM="dumb").see("cannot move its cursor", "entry at _main", PROMPT)
    screen.press("logpoint Lnext reads\r").see("logpoint 1")
    screen.press("continue\r").see("[100] reads").press("\x03").see("interrupted")
    screen.press("p $pid\r").see("= 0x64 (100)").press("quit\r")
    assert screen.finish() == 0


def test_the_console_of_a_dumb_terminal_completes_commands(terminal: Start) -> None:
    screen = terminal(CALLS, TERM="dumb").see("entry at _main", PROMPT)
    screen.press("sched\t").see("schedule-locking").press("st\t").see("step")
    screen.press("\r").see("schedule-locking: step").press("quit\r")
    assert screen.finish() == 0
    # The next session of this project has the line still.
    again = terminal(CALLS, TERM="dumb").see("entry at _main", PROMPT).press("\x10\x10")
    again.see("schedule-locking step")


def test_a_terminal_without_our_signs_gets_others(terminal: Start) -> None:
    screen = terminal(CALLS, **ASCII).see("entry at _main", "-[1 Source]", "| nzcv", "s step")
    screen.press("b").see("@>").press("?").see("MOTION")
    assert screen.text.isascii()
    assert not re.search(r"\?\?", screen.text)


@pytest.mark.parametrize("name", ["vt100", "vt220", "xterm-mono"])
def test_a_terminal_without_colours_gets_none(terminal: Start, name: str) -> None:
    screen = terminal(CALLS, TERM=name, COLORTERM="").see("entry at _main", "s step")
    colours = {c.fg for row in screen.screen.buffer.values() for c in row.values()}
    assert colours == {"default"}


def test_a_terminal_of_16_colours_is_asked_for_no_others(terminal: Start) -> None:
    screen = terminal(CALLS, TERM="xterm-16color", COLORTERM="").see("entry at _main", "s step")
    colours = {c.fg for row in screen.screen.buffer.values() for c in row.values()}
    assert len(colours) > 3
    assert not any(re.fullmatch(r"[0-9a-f]{6}", colour) for colour in colours)


def test_the_signs_that_an_encoding_lacks() -> None:
    from debugger.tui.signs import stand_ins

    assert stand_ins("utf-8") == {}
    assert stand_ins("ascii")[ord("─")] == "-"
    assert ord("·") not in stand_ins("latin-1")
    assert stand_ins("no such encoding")[ord("│")] == "|"


def test_a_long_stop_fits_into_the_bar(terminal: Start) -> None:
    screen = terminal("--get", "/index.html").see("request GET /index.html HTTP/1.1 at receive+28")
    assert screen.lines[0].endswith("at receive+28")
    screen.see("receive+28\n  (ymawky.s:")


def test_the_bar_tells_which_process_was_switched_to(terminal: Start) -> None:
    screen = terminal("--get", "/index.html").see("[101] breakpoint 1: request")
    screen.command("switch 100").see("[100] switched to, at accept_connections+")
    screen.command("switch 101").see("[101] breakpoint 1: request")
