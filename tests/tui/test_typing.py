"""Typing to the program on the screen: editing, Ctrl-D, and while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.debugger.conftest import GUESTS

if TYPE_CHECKING:
    from tests.tui.pseudo import Terminal

Start = Callable[..., "Terminal"]
READER, BUSY = str(GUESTS / "reader.s"), str(GUESTS / "busy.s")
LEFT, BACKSPACE, CTRL_C, CTRL_D, ESC = "\x1b[D", "\x7f", "\x03", "\x04", "\x1b"
#: The guest's own terminal has the whole screen.
TERMINAL = "0z"


@pytest.fixture
def reading(terminal: Start) -> Terminal:
    """A program that waits in its read, with its terminal on the whole screen."""
    screen: Terminal = terminal(READER).see("entry at _main").press(TERMINAL).see("nothing yet")
    return screen.press("c").see("running: continue").press("i").see("to the program>")


def test_a_line_is_edited_and_read_when_enter_is_pressed(reading: Terminal) -> None:
    reading.press("helo").see("to the program> helo").press(LEFT + "l").see("> hello")
    reading.press("!" + BACKSPACE).press("\r").see("6hello")
    # The line is seen as it was typed, and the question stays for the next one.
    assert reading.lines[2].strip() == "hello"
    reading.press("x\r").see("2x", "to the program>")


def test_ctrl_d_is_the_end_of_file_and_not_of_the_debugger(reading: Terminal) -> None:
    reading.press("a\r").see("2a").press(CTRL_D).see("^D", "end", "exited with 0")
    reading.press(ESC).see("s step")


def test_ctrl_d_on_a_line_with_text_ends_nothing(reading: Terminal) -> None:
    reading.press("ab" + LEFT + LEFT + CTRL_D).see("to the program> b")
    reading.press("\r").see("2b")


def test_ctrl_c_at_the_question_stops_the_program(reading: Terminal) -> None:
    reading.press("half").see("> half").press(CTRL_C).see("interrupted, waiting in read")
    assert "half" not in reading.text


def test_what_is_typed_before_the_program_reads_is_kept(terminal: Start) -> None:
    screen = terminal(READER).see("entry at _main").press("i").see("to the program>")
    screen.press("early\r").press(CTRL_D).press(ESC).see("s step").press(TERMINAL + "c")
    screen.see("6early", "end", "exited with 0")


def test_a_process_reads_while_another_one_computes(terminal: Start) -> None:
    screen = terminal(BUSY).see("entry at _main").command("follow parent")
    screen.command("break got_line").press("c").see("running: continue")
    screen.press("i").see("to the program>").press("now\r").see("[100] breakpoint 1 at got_line")
