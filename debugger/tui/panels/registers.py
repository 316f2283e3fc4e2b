"""Registers: what changed, flags, and where values lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from debugger.registers import GENERAL
from debugger.telescope import chain, chain_text
from debugger.tui.page import Page, Row, page_of

if TYPE_CHECKING:
    from debugger.registers import SavedRegisters
    from debugger.tui.state import State

__all__ = ["registers"]

#: From this width on each register has a line of its own, with what it points at.
_ONE_COLUMN = 44


def registers(state: State, width: int, height: int) -> Page:
    """Show a line each with where it leads, or two a line where there is less room."""
    session = state.session
    if not session.started:
        return page_of(["the program has not been started"])
    found, changed = session.registers(), session.changed()
    flags = _flags(found, changed)
    if width >= _ONE_COLUMN and height > len(GENERAL):

        def row(number: int) -> Row:
            return _wide(state, found, changed, GENERAL[number - 1]) if number else Row(flags)

        return Page(1 + len(GENERAL), row)
    idle: list[str] = []
    if height < (len(GENERAL) + 2) // 2:
        idle = [n for n in GENERAL if found.get(n) == 0 and n not in changed]
    column = max(width // 2, 12)
    names = [n for n in GENERAL if n not in idle]
    flags.truncate(column, pad=True)
    cells = [Row(flags), *(Row(_one(found, changed, n, column), found.get(n)) for n in names)]
    rows = _pairs(cells)
    if idle:
        rows.append(Row(Text.assemble((f" 0: {' '.join(idle)}", "y.dim"))))
    return page_of(rows)


def _pairs(cells: list[Row]) -> list[Row]:
    """Return two columns, to be read downwards."""
    half = (len(cells) + 1) // 2
    beside = [cell.text for cell in cells[half:]]
    return [
        Row(Text.assemble(cell.text, beside[i] if i < len(beside) else ""), cell.target)
        for i, cell in enumerate(cells[:half])
    ]


def _flags(found: SavedRegisters, changed: set[str]) -> Text:
    word = found.get("nzcv")
    text = Text.assemble(("*" if "nzcv" in changed else " ", "y.changed"), ("nzcv ", "y.register"))
    for name, bit in (("N", 31), ("Z", 30), ("C", 29), ("V", 28)):
        on = bool(word >> bit & 1)
        text.append(f"{name}{'+' if on else '-'}", "y.changed" if on else "y.dim")
    return text


def _one(found: SavedRegisters, changed: set[str], name: str, width: int) -> Text:
    """Return ``*x19 0x100008000`` cut to ``width``: of a long value the middle goes."""
    value = found.get(name)
    text = Text.assemble(("*" if name in changed else " ", "y.changed"))
    text.append(f"{name:<4}", "y.register")
    digits = f"{value:x}"
    room = width - 6
    if len(digits) > room:
        digits = f"{digits[: room // 2]}…{digits[-(room - room // 2 - 1) :]}"
    style = "y.changed" if name in changed else "y.text" if value else "y.dim"
    text.append(f"{digits:<{width - 5}}", style)
    return text


def _wide(state: State, found: SavedRegisters, changed: set[str], name: str) -> Row:
    text = _one(found, changed, name, 23)
    value = found.get(name)
    hops = chain(state.session.image, state.session.focus.space, value)
    if hops[0].kind != "number":
        text.append(chain_text(hops), "y.string" if hops[-1].text else "y.dim")
    elif 10 <= value < 1 << 32:
        sign = f" {chr(value)!r}" if 32 < value < 127 else ""
        text.append(f"{value}{sign}", "y.dim")
    return Row(text, value)
