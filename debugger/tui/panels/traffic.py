"""The request, with the byte that the program looks at; and the response, piece by piece."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from rich.text import Text

from debugger.render import quoted
from debugger.tui.page import Page, Row, page_of
from emu.errors import DebugError

if TYPE_CHECKING:
    from debugger.request import Connection, Piece
    from debugger.tui.state import State

__all__ = ["request", "response"]

_LINES_MAX = 400


def request(state: State, width: int, height: int) -> Page:
    """Show the client's bytes; ``|`` stands before lines that have been consumed."""
    del width, height
    connection = _connection(state)
    if connection is None:
        return page_of(["no client has sent anything yet: 'get /index.html' does"])
    current = connection.current()
    if current is None:
        return page_of(["no byte has come yet"], title=f"of connection {connection.number}")
    end = current.end if current.end >= 0 else len(connection.received)
    data = bytes(connection.received[current.start : end])
    rows: list[Row] = []
    here, at = -1, current.start
    for line in data.splitlines(keepends=True)[:_LINES_MAX]:
        if at <= connection.looked < at + len(line):
            here = len(rows)
        rows.append(Row(_line(connection, line, at), at))
        at += len(line)
    read, used = len(connection.received), connection.consumed
    title = f"{used}/{read} consumed · connection {connection.number}"
    return page_of(rows, here, title)


def _connection(state: State) -> Connection | None:
    if not state.session.started:
        return None
    try:
        return state.session.connection()
    except DebugError:
        return None


def _line(connection: Connection, line: bytes, at: int) -> Text:
    done = at + len(line) <= connection.consumed
    text = Text.assemble(("| " if done else "  ", "y.ok"))
    first = connection.looked - at if connection.looked >= 0 else len(line)
    last = first + connection.looked_size
    used = min(max(connection.consumed - at, 0), len(line))
    for start, end, style in _cuts(len(line), used, max(first, 0), max(last, 0)):
        shown = quoted(line[start:end], 1 << 16)[1:-1]
        text.append(f"[{shown}]" if style == "y.looked" else shown, style)
    return text


def _cuts(size: int, used: int, first: int, last: int) -> list[tuple[int, int, str]]:
    """Cut a line where it has been consumed, and around the bytes that are looked at."""
    edges = sorted({0, used, min(first, size), min(last, size), size})
    return [
        (a, b, "y.looked" if first <= a < last else "y.consumed" if a < used else "y.text")
        for a, b in itertools.pairwise(edges)
    ]


def response(state: State, width: int, height: int) -> Page:
    """Show what was sent so far; Enter on a piece goes to the line that sent it."""
    del width, height
    connection = _connection(state)
    pieces = connection.response() if connection is not None else []
    if connection is None or not pieces:
        return page_of(["nothing has been sent yet"])
    rows: list[Row] = []
    for piece in pieces:
        rows.append(Row(_sender(piece), piece.place.pc))
        for line in piece.data.splitlines(keepends=True)[:_LINES_MAX]:
            shown = quoted(line, 240)[1:-1]
            style = "y.ok" if line.startswith(b"HTTP/") else "y.text"
            rows.append(Row(Text.assemble((f"  {shown}", style)), piece.place.pc))
    total = sum(piece.size for piece in pieces)
    return page_of(rows, title=f"{total} bytes · connection {connection.number}")


def _sender(piece: Piece) -> Text:
    text = Text(no_wrap=True)
    text.append(f"{piece.size} bytes", "y.number")
    text.append(f" by {piece.call} in {piece.place}", "y.dim")
    callers = [place.symbol for place in piece.chain[1:4] if place.symbol]
    if callers:
        text.append(f" ← {' ← '.join(callers)}", "y.dim")
    return text
