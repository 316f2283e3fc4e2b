"""The source: the current line, breakpoints, and the instructions that a macro became."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.text import Text

from debugger.tui.lexer import highlighted
from debugger.tui.page import Page, Row, page_of

if TYPE_CHECKING:
    from debugger.places import Place
    from debugger.tui.state import State
    from emu.image import Image

__all__ = ["break_lines", "expansion", "source"]


def source(state: State, width: int, height: int) -> Page:
    """Show the file of the current place, or the one that was jumped to."""
    del width, height
    image, place = state.session.image, state.place
    path = state.path or (place.path if place else state.session.here())
    path = path or next(iter(image.sources), "")
    lines = _lines(image, path)
    if not lines:
        return page_of(["there is no source for this place: see Code"])
    current = place.line if place is not None and place.path == path else 0
    inside = expansion(image, place) if place is not None and current else []
    marks = break_lines(state, path)

    def row(number: int) -> Row:
        line = number + 1
        if current and number >= current:
            if number < current + len(inside):
                return Row(_macro_line(inside[number - current]), (path, current))
            line -= len(inside)
        text = _code_line(lines[line - 1], line, current=line == current, mark=marks.get(line, ""))
        return Row(text, (path, line))

    def index(wanted: int) -> int:
        return wanted - 1 + (len(inside) if current and wanted > current else 0)

    here = current - 1 if current else -1
    title = PurePath(path).name
    return Page(len(lines) + len(inside), row, here, title, index, current=bool(current))


def _lines(image: Image, path: str) -> list[str]:
    kept: dict[str, list[str]] = image.__dict__.setdefault("_source_lines", {})
    if path not in kept:
        kept[path] = image.sources.get(path, "").expandtabs(8).splitlines()
    return kept[path]


def _code_line(line: str, number: int, *, current: bool, mark: str) -> Text:
    text = Text(no_wrap=True)
    text.append(mark or " ", "y.break")
    text.append(">" if current else " ", "y.mark")
    text.append(f"{number:>4} ", "y.mark" if current else "y.dim")
    for piece, style in highlighted(line):
        text.append(piece, style)
    return text


def _macro_line(line: tuple[str, bool]) -> Text:
    statement, here = line
    text = Text("       ", no_wrap=True)
    text.append("▸ " if here else "│ ", "y.mark" if here else "y.dim")
    for piece, style in highlighted(statement):
        text.append(piece, style)
    return text


def expansion(image: Image, place: Place) -> list[tuple[str, bool]]:
    """Return the statements that the macro call at ``place`` became, and which is current."""
    if not place.macro:
        return []
    first = place.pc
    while (before := image.lines.at(first - 4)) is not None and _same(before.outermost, place):
        first -= 4
    out: list[tuple[str, bool]] = []
    at = first
    while (entry := image.lines.at(at)) is not None and _same(entry.outermost, place):
        statement = (
            entry.statement
            or image.sources.get(entry.where.path, "").splitlines()[entry.where.line - 1]
        )
        here = entry.addr <= place.pc < entry.addr + entry.size
        out.append((" ".join(statement.split()), here))
        at = entry.addr + max(entry.size, 4)
    return out


def _same(line: object, place: Place) -> bool:
    return (getattr(line, "path", ""), getattr(line, "line", 0)) == (place.path, place.line)


def break_lines(state: State, path: str) -> dict[int, str]:
    """Return the sign of each line with a breakpoint: ``●``, and ``○`` where it is disabled."""
    out: dict[int, str] = {}
    for point in state.session.points:
        for address in state.session.addresses(point):
            place = state.session.place_of(address)
            if place.path == path:
                out[place.line] = "●" if point.enabled else "○"
    return out
