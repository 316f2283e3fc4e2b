"""The screen's state without a screen: plan, filters, views, panels at all sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from debugger.session import Session
from debugger.tui.actions import enter, toggle_break
from debugger.tui.calls_filter import parse_filter
from debugger.tui.control import drawn
from debugger.tui.lexer import highlighted
from debugger.tui.page import page_of
from debugger.tui.plan import plan, slots
from debugger.tui.state import PANELS, State
from debugger.tui.view import View
from emu.asm import assemble_text
from emu.errors import DebugError
from emu.launch import Options

GUEST = """
.macro say text, size
    mov     x0, #1
    adrp    x1, \\text@PAGE
    add     x1, x1, \\text@PAGEOFF
    mov     x2, \\size
    mov     x16, #4
    svc     #0x80
.endmacro
.globl _main
_main:
    say     hello, #6
    mov     x0, #9
    mov     x16, #6             // close(9): there is none
    svc     #0x80
    mov     x0, #0
    mov     x16, #1
    svc     #0x80
.section __TEXT,__const
hello: .ascii "hello\\n"
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    image = assemble_text(GUEST, "guest.s")
    with Session(Options(program=Path("guest.s"), root=tmp_path), image=image) as session:
        session.policy.waits = False
        made = State(session)
        made.begin([], None)
        yield made


def shown(state: State, name: str, width: int = 60, height: int = 12) -> str:
    lines = drawn(state, name, width, height)
    return "\n".join("".join(piece[1] for piece in line).rstrip() for line in lines)


def test_the_macro_call_shows_its_instructions(state: State) -> None:
    text = shown(state, "source")
    assert ">  12     say     hello, #6" in text
    assert "▸ mov x0, #1" in text
    assert "│ svc #0x80" in text
    state.submit("step")
    assert "│ mov x0, #1" in shown(state, "source")


def test_the_programs_output_and_its_calls(state: State) -> None:
    state.submit("continue")
    assert shown(state, "terminal").startswith("hello")
    calls = shown(state, "calls")
    assert ' write(1, "hello\\n", 6) = 6' in calls
    assert "!close(9) = -1 EBADF" in calls
    state.calls = parse_filter(state.session, "failed")
    assert "write" not in shown(state, "calls")


def test_from_a_call_to_its_line_and_back(state: State) -> None:
    state.submit("until guest.s:15")
    shown(state, "calls")
    state.focus = "calls"
    enter(state)
    assert state.focus == "source"
    shown(state, "source")
    assert state.view.row().target[1] == 12  # type: ignore[union-attr]


def test_a_breakpoint_at_the_cursor_comes_and_goes(state: State) -> None:
    state.focus = "code"
    shown(state, "code")
    state.view.move(2)
    toggle_break(state)
    assert "●" in shown(state, "code")
    toggle_break(state)
    assert "●" not in shown(state, "code")


def test_an_error_is_said_and_nothing_ends(state: State) -> None:
    state.submit("print 1 +")
    assert state.lines[-1][0] == "y.error"
    state.submit("quit")
    assert state.leaving


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("size", [(1, 1), (20, 3), (33, 11), (46, 18), (60, 40), (200, 60)])
def test_panels_keep_to_their_size(state: State, name: str, size: tuple[int, int]) -> None:
    width, height = size
    lines = drawn(state, name, width, height)
    assert len(lines) <= height
    assert all(sum(len(piece[1]) for piece in line) == width for line in lines)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 30), (120, 40), (200, 50), (300, 99)])
def test_each_panel_has_one_place(size: tuple[int, int]) -> None:
    names = [name for slot in slots(plan(*size)) for name in slot.names]
    assert sorted(names) == sorted(PANELS)


def test_filters_say_what_is_wrong(state: State) -> None:
    assert str(parse_filter(state.session, "open %network fd 4 all")) == "open %network fd 4 all"
    with pytest.raises(DebugError, match="open"):
        parse_filter(state.session, "opne")
    with pytest.raises(DebugError, match="a number is expected"):
        parse_filter(state.session, "fd four")


def test_a_view_follows_and_scrolls() -> None:
    view = View()
    view.show(page_of([str(n) for n in range(100)], here=50), 10)
    assert view.top <= 50 < view.top + 10
    view.scroll(-30)
    view.show(page_of([str(n) for n in range(100)], here=50), 10)
    assert view.top + 10 < 50
    view.follow()
    view.show(page_of([str(n) for n in range(100)], here=99), 10)
    assert view.top == 90


@pytest.mark.parametrize(
    ("line", "piece", "style"),
    [
        ("    ldr     x10, [x28, #conn_alarm]", "ldr", "y.mnemonic"),
        ("    ldr     x10, [x28, #conn_alarm]", "x28", "y.register"),
        ("Lexit:  ret // done", "Lexit", "y.label"),
        ("Lexit:  ret // done", "// done", "y.comment"),
        ("    b.cs    Lexit", "b.cs", "y.mnemonic"),
        ("    adrp    x0, table@PAGE", "@PAGE", "y.directive"),
        ("    mov     x0, #0x80 ; Apple's comment", "#0x80", "y.number"),
        ("    mov     x0, #0x80 ; Apple's comment", "; Apple's comment", "y.comment"),
        ('    .ascii  "a // b"', '"a // b"', "y.string"),
        (".macro enter size", ".macro", "y.directive"),
        ("    sub     sp, sp, \\size", "\\size", "y.macro"),
        ("    mov x0, x1 %% mov x2, x3", "%%", "y.text"),
    ],
)
def test_the_lexer_knows_apples_dialect(line: str, piece: str, style: str) -> None:
    assert (piece, style) in highlighted(line)
    assert "".join(text for text, _ in highlighted(line)) == line
