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
    """Show all of them: a line each with where it leads, or two a line where it is narrow."""
    session = state.session
    if not session.started:
        return page_of(["the program has not been started"])
    found, changed = session.registers(), session.changed()
    flags = Row(_flags(found, changed))
    if width >= _ONE_COLUMN:

        def row(number: int) -> Row:
            return _wide(state, found, changed, GENERAL[number - 1]) if number else flags

        return Page(1 + len(GENERAL), row)
    names = list(GENERAL)
    idle: list[str] = []
    if height < 1 + (len(names) + 1) // 2:
        idle = [n for n in names if found.get(n) == 0 and n not in changed]
        names = [n for n in names if n not in idle]
    rows = [flags, *_narrow(found, changed, names, width)]
    if idle:
        rows.append(Row(Text(f" 0: {' '.join(idle)}", "y.dim")))
    return page_of(rows)


def _flags(found: SavedRegisters, changed: set[str]) -> Text:
    word = found.get("nzcv")
    text = Text("*" if "nzcv" in changed else " ", "y.changed", no_wrap=True)
    text.append("nzcv ", "y.register")
    for name, bit in (("N", 31), ("Z", 30), ("C", 29), ("V", 28)):
        on = bool(word >> bit & 1)
        text.append(f"{name}{'+' if on else '-'} ", "y.changed" if on else "y.dim")
    return text


def _one(found: SavedRegisters, changed: set[str], name: str, width: int) -> Text:
    """Return ``*x19 0x100008000`` cut to ``width``: of a long value the middle goes."""
    value = found.get(name)
    text = Text("*" if name in changed else " ", "y.changed", no_wrap=True)
    text.append(f"{name:<4}", "y.register")
    digits = f"{value:x}"
    room = width - 6
    if len(digits) > room:
        digits = f"{digits[: room // 2]}…{digits[-(room - room // 2 - 1) :]}"
    style = "y.changed" if name in changed else "y.text" if value else "y.dim"
    text.append(f"{digits:<{width - 5}}", style)
    return text


def _narrow(found: SavedRegisters, changed: set[str], names: list[str], width: int) -> list[Row]:
    half = (len(names) + 1) // 2
    column = max(width // 2, 10)
    out = []
    for i in range(half):
        text = _one(found, changed, names[i], column)
        if i + half < len(names):
            text.append_text(_one(found, changed, names[i + half], column))
        out.append(Row(text, found.get(names[i])))
    return out


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
