"""The disassembly of the section around the pc, with labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from debugger.disassembly import shown
from debugger.locations import is_code
from debugger.tui.lexer import highlighted
from debugger.tui.page import Page, Row, page_of

if TYPE_CHECKING:
    from debugger.tui.state import State
    from emu.image import Image

__all__ = ["code"]

#: Bytes around the pc that are shown where no section says how far the code goes.
_AROUND = 256


def code(state: State, width: int, height: int) -> Page:
    """Show addresses, labels and instructions; ``>`` is the next one to be executed."""
    del height
    session = state.session
    if not session.started:
        return page_of(["the program has not been started"])
    process = session.focus
    here = session.place() if process.alive else None
    pc = session.pc()
    wanted = state.views["code"].wanted
    rows, index = _rows(session.image, wanted if isinstance(wanted, int) else pc)
    marks = {a for p in session.points for a in session.addresses(p) if p.enabled}

    def row(number: int) -> Row:
        found = rows[number]
        if isinstance(found, str):
            return Row(Text.assemble((f"{found}:", "y.label")))
        instruction = session.instruction(found, process)
        text = Text.assemble(("●" if found in marks else " ", "y.break"))
        text.append("> " if found == pc and process.alive else "  ", "y.mark")
        text.append(f"{found:09x}  ", "y.address")
        if width >= 64 and instruction is not None:
            text.append(f"{instruction.word:08x}  ", "y.dim")
        line = shown(session.image, instruction) if instruction else "(nothing is mapped here)"
        for piece, style in highlighted(line):
            text.append(piece, style)
        return Row(text, found)

    at = index.get(pc, -1)
    title = here.symbol if here is not None else "not running"
    current = here is not None and at >= 0
    return Page(len(rows), row, at, title, lambda a: index.get(a, -1), current=current)


_Rows = tuple[list[int | str], dict[int, int]]


def _rows(image: Image, around: int) -> _Rows:
    """Return addresses and labels in their order, and the row of each address."""
    section = next((s for s in image.sections if s.addr <= around < s.addr + s.size), None)
    low, high = around - _AROUND, around + _AROUND
    if section is not None and is_code(image, around):
        low, high = section.addr, section.addr + section.size
    kept: dict[tuple[int, int], _Rows] = image.__dict__.setdefault("_code_rows", {})
    if (low, high) not in kept:
        if len(kept) > 8:
            kept.clear()
        kept[low, high] = _make_rows(image, low, high)
    return kept[low, high]


def _make_rows(image: Image, low: int, high: int) -> _Rows:
    labels: dict[int, list[str]] = {}
    for symbol in image.symbols.values():
        if not symbol.absolute and low <= symbol.value < high:
            labels.setdefault(symbol.value, []).append(symbol.name)
    rows: list[int | str] = []
    index: dict[int, int] = {}
    for at in range(low & -4, high & -4, 4):
        rows += labels.get(at, ())
        index[at] = len(rows)
        rows.append(at)
    return rows, index
