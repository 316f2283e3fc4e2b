"""The stack with where each word leads, and memory as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from debugger.expressions import number_of
from debugger.telescope import chain, chain_text
from debugger.tui.page import Page, Row, page_of
from emu.errors import DebugError
from emu.syscalls.pager import look

if TYPE_CHECKING:
    from debugger.tui.state import State

__all__ = ["memory", "stack"]

_WORDS = 512
_BYTES = 1 << 16


def stack(state: State, width: int, height: int) -> Page:
    """Show the words from sp upwards, and between them the frames' records."""
    del height
    session = state.session
    if not session.started:
        return page_of(["the program has not been started"])
    found = session.registers()
    sp, frame = found.get("sp"), found.get("x29")
    space = session.focus.space
    region = space.layout.find(sp)
    if region is None:
        return page_of(["nothing is mapped at sp"])

    def row(number: int) -> Row:
        at = sp + 8 * number
        value = int.from_bytes(look(space, at, 8) or b"", "little")
        text = Text.assemble(("fp" if at == frame else "sp" if at == sp else "  ", "y.mark"))
        text.append(f" +{at - sp:<4}", "y.address")
        text.append(f"{value:016x} " if width >= 44 else f"{value:<12x}", "y.text")
        hops = chain(session.image, space, value)
        if hops[0].kind != "number":
            text.append(chain_text(hops), "y.string" if hops[-1].text else "y.dim")
        return Row(text, value)

    return Page(min(_WORDS, (region.end - sp) // 8), row)


def memory(state: State, width: int, height: int) -> Page:
    """Show bytes at an expression, which is evaluated anew at each stop."""
    del height
    session = state.session
    if not session.started:
        return page_of(["the program has not been started"])
    try:
        start = number_of(session.evaluate(state.memory))
    except DebugError as error:
        return page_of(str(error).splitlines(), title=state.memory)
    per_line = 16 if width >= 78 else 8 if width >= 44 else 4
    space = session.focus.space
    region = space.layout.find(start)
    if region is None:
        return page_of([f"nothing is mapped at {start:#x}"], title=state.memory)

    def row(number: int) -> Row:
        at = start + per_line * number
        data = look(space, at, min(per_line, region.end - at)) or b""
        text = Text.assemble((f"{at:09x} ", "y.address"))
        text.append(f"{data.hex(' '):<{3 * per_line}} ", "y.text")
        text.append("".join(chr(c) if 32 <= c < 127 else "." for c in data), "y.string")
        return Row(text, at)

    count = -(-min(_BYTES, region.end - start) // per_line)
    return Page(count, row, title=state.memory)
