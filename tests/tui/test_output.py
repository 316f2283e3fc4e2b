"""What the guest writes and what is pasted: whatever it is, the screen stays whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from debugger.session import Session
from debugger.tui.panels import TABLE
from debugger.tui.state import State
from emu.asm import assemble_text
from emu.launch import Options
from tests.debugger.conftest import GUESTS
from tests.tui.pseudo import Terminal

if TYPE_CHECKING:
    from pathlib import Path

Start = Callable[..., Terminal]
CALLS = str(GUESTS / "calls.s")
#: Writes TEXT once, then BLOCK so often, then TEXT again.
WRITER = """
.globl _main
.text
_main:
    mov     x19, #{times}
    bl      write_text
next:
    mov     x0, #1
    adrp    x1, block@PAGE
    add     x1, x1, block@PAGEOFF
    mov     x2, #4096
    mov     x16, #4
    svc     #0x80
    subs    x19, x19, #1
    b.ne    next
    bl      write_text
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
write_text:
    mov     x0, #1
    adrp    x1, text@PAGE
    add     x1, x1, text@PAGEOFF
    mov     x2, #text_end - text
    mov     x16, #4
    svc     #0x80
    ret
.const
text:
    .ascii  "{text}"
text_end:
block:
    .fill   4096, 1, {fill}
"""
#: Clears, moves, resets, changes the title and the character set, turns the line around.
HOSTILE = (
    "\\033[2J\\033[H\\033]0;title\\007\\033[?1049l\\033[9;9H\\033c\\033(0\\033P$q\\033\\134"
    "\\342\\200\\256\\b\\b\\0\\377\\303last\\n"
)
MEGABYTES_10 = 2560


def writer(root: Path, text: str, fill: str, times: int) -> str:
    path = root / "writer.s"
    path.write_text(WRITER.format(text=text, fill=fill, times=times))
    return str(path)


@pytest.mark.parametrize("fill", ["10", "'a'"], ids=["lines", "one line"])
def test_ten_megabytes_and_escape_sequences(terminal: Start, tmp_path: Path, fill: str) -> None:
    program = writer(tmp_path, HOSTILE, fill, MEGABYTES_10)
    screen = terminal(program).see("entry at _main").press("0c").see("exited with 0", "last")
    # The frame is where it was, and keys work.
    assert screen.lines[1].startswith("─[1 Source]")
    assert screen.lines[-1].startswith(" s step")
    assert "\u202e" not in screen.text
    screen.press("?").see("MOTION").press("q").gone("MOTION")
    screen.press("q")
    assert screen.finish() == 0


def shown(state: State) -> list[str]:
    page = TABLE["terminal"].draw(state, 80, 10)
    return [page.row(n).text.plain for n in range(page.count)]


@pytest.fixture
def state() -> State:
    image = assemble_text((GUESTS / "calls.s").read_text(), "calls.s")
    return State(Session(Options(), image=image))


def test_a_character_may_come_in_two_writes(state: State) -> None:
    for half in (b"caf\xc3", b"\xa9\n\xe2\x82", b"\xac"):
        state.session.on_output(1, half)
    assert shown(state) == ["café", "€"]


def test_a_line_without_end_is_kept_in_parts(state: State) -> None:
    for _ in range(30):
        state.session.on_output(1, b"x" * 1000)
    assert "".join(shown(state)) == "x" * 30000
    assert max(map(len, state.guest)) <= 4096


def test_a_progress_bar_shows_its_last_state(state: State) -> None:
    state.session.on_output(1, b"10%\r20%\r100%\ndone\n")
    assert shown(state) == ["100%", "done"]


def test_pasted_lines_are_executed_one_by_one(terminal: Start) -> None:
    screen = terminal(CALLS).see("entry at _main").press(":").see("does it")
    screen.press("\x1b[200~break say\rcontinue\rprint x0 + \x1b[201~")
    screen.see("breakpoint 1 at say", "> print x0 +").press("1\r").see("$1 = 4")


def test_a_paste_onto_the_panels_does_nothing(terminal: Start) -> None:
    screen = terminal(CALLS).see("entry at _main").press("\x1b[200~ssqc\r\x1b[201~")
    screen.see("press : before you paste", "entry at _main", "s step")
