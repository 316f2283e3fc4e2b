"""What was written: by the guest to its terminal, and by the debugger to its console."""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.text import Text

from debugger.tui.page import Page, Row, page_of

if TYPE_CHECKING:
    from debugger.tui.state import State

__all__ = ["console", "terminal"]


def terminal(state: State, width: int, height: int) -> Page:
    """Show the guest's output, the end in sight; ``i`` types to it."""
    del width, height
    lines = list(state.guest)
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        return page_of(["the program has written nothing yet"])
    rows = [Row(Text.from_ansi(line.expandtabs(8).rstrip("\r"))) for line in lines]
    return page_of(rows, len(rows) - 1, "i types")


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
