"""What a panel function returns: lines to be drawn, what each stands for, and which is current."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.text import Text

__all__ = ["Page", "Row", "page_of"]


@dataclass(frozen=True, slots=True)
class Row:
    """A line, and what Enter on it is about: an address, a pid, a call's record."""

    text: Text
    target: Any = None


@dataclass(frozen=True, slots=True)
class Page:
    """Lines made when they are needed: a source file has thousands.

    Attributes:
        count: how many lines there are.
        row: makes line ``i``.
        here: the line to keep in sight, or -1 for the first.
        title: goes behind the panel's name.
        index: the line of an address, or -1.
        current: whether the line ``here`` is where the process stands, to be marked.
    """

    count: int
    row: Callable[[int], Row]
    here: int = -1
    title: str = ""
    index: Callable[[Any], int] = field(default=lambda _wanted: -1)
    current: bool = False


def page_of(rows: Sequence[Row | Text | str], here: int = -1, title: str = "") -> Page:
    """Return a page of rows that have been made already."""

    def row(number: int) -> Row:
        found = rows[number]
        if isinstance(found, Row):
            return found
        return Row(Text.assemble((found, "y.text")) if isinstance(found, str) else found)

    return Page(len(rows), row, here, title)
