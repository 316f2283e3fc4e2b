"""What was written: by the guest to its terminal, and by the debugger to its console."""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.text import Text

from debugger.tui.page import Page, Row, page_of

if TYPE_CHECKING:
    from debugger.tui.state import State

__all__ = ["console", "terminal"]

#: Signs that would turn the rest of a screen's line around, as numbers.
_TURNING: Final = (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HARMLESS: Final = {sign: f"<{sign:04x}>" for sign in _TURNING}


def terminal(state: State, width: int, height: int) -> Page:
    """Show the guest's output, the end in sight; ``i`` types to it."""
    del width, height
    lines = list(state.guest)
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        return page_of(["the program has written nothing yet"])

    def row(number: int) -> Row:
        return Row(Text.from_ansi(lines[number].expandtabs(8).rstrip("\r").translate(_HARMLESS)))

    return Page(len(lines), row, len(lines) - 1, "i types")


@lru_cache(maxsize=2048)
def _folded(line: str, width: int) -> tuple[str, ...]:
    """Return a line cut at its blanks, a word that is wider than the panel anywhere."""
    flat = line.expandtabs(8)
    if len(flat) <= width:
        return (flat,)
    return tuple(textwrap.wrap(flat, max(width, 4), subsequent_indent="  ")) or ("",)


def console(state: State, width: int, height: int) -> Page:
    """Show what commands said, folded to the panel's width, the end in sight."""
    del height
    rows: list[Row] = []
    for style, line in list(state.lines)[-1000:]:
        rows += [Row(Text.assemble((piece, style))) for piece in _folded(line, width)]
    return page_of(rows, len(rows) - 1) if rows else page_of([Text()])
