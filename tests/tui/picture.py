"""An SVG of a terminal's screen: the characters are text, so it is sharp and can be searched."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from html import escape
from typing import Any

import pyte

__all__ = ["svg"]

_WIDE, _HIGH, _SIZE, _EDGE = 8.43, 18, 14, 12
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def svg(screen: pyte.Screen, ground: str = "#10151c", text: str = "#c9d1d9") -> str:
    """Return the picture; ``ground`` and ``text`` are the colours of the terminal itself."""
    width = screen.columns * _WIDE + 2 * _EDGE
    height = screen.lines * _HIGH + 2 * _EDGE
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" font-family="{_FONT}" font-size="{_SIZE}">'
    )
    out = [
        head,
        f'<rect width="100%" height="100%" rx="8" fill="{ground}"/>',
    ]
    for row in range(screen.lines):
        out += _row(screen, row, ground, text)
    return "\n".join([*out, "</svg>", ""])


def _row(screen: pyte.Screen, row: int, ground: str, text: str) -> Iterator[str]:
    cells = [(column, screen.buffer[row][column]) for column in range(screen.columns)]
    top = _EDGE + row * _HIGH
    for look, group in itertools.groupby(cells, key=lambda cell: _look(cell[1], ground, text)):
        run = list(group)
        fore, back, bold = look
        left, length = _EDGE + run[0][0] * _WIDE, len(run) * _WIDE
        if back != ground:
            yield (
                f'<rect x="{left:.2f}" y="{top}" width="{length:.2f}" height="{_HIGH}" '
                f'fill="{back}"/>'
            )
        shown = "".join(cell.data for _, cell in run)
        if shown.strip():
            weight = ' font-weight="bold"' if bold else ""
            yield (
                f'<text x="{left:.2f}" y="{top + 13.5}" textLength="{length:.2f}" '
                f'fill="{fore}"{weight} xml:space="preserve">{escape(shown)}</text>'
            )


def _look(cell: Any, ground: str, text: str) -> tuple[str, str, bool]:
    fore = text if cell.fg == "default" else f"#{cell.fg}"
    back = ground if cell.bg == "default" else f"#{cell.bg}"
    return (back, fore, cell.bold) if cell.reverse else (fore, back, cell.bold)
