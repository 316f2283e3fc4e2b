"""Which panel stands where, from 80 by 24 to a wide screen: plain data, without a toolkit.

A slot is a place that panels share: its names are shown as tabs, one of them is in front.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["MINIMUM", "Slot", "Split", "plan", "slots"]

#: Columns and rows below which there is no screen.
MINIMUM: Final = (60, 16)


@dataclass(frozen=True, slots=True)
class Slot:
    """Panels that share a place; ``size`` in cells, 0 for a share of ``weight``."""

    names: tuple[str, ...]
    size: int = 0
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Split:
    """Parts beside each other (``across``) or one below the other."""

    parts: tuple[Slot | Split, ...]
    across: bool = False
    size: int = 0
    weight: int = 1


_SMALL = Split(
    (
        Split(
            (Slot(("source", "code"), weight=1), Slot(("registers", "stack", "memory"), size=33)),
            across=True,
            weight=11,
        ),
        Slot(("request", "response", "calls", "processes", "terminal"), weight=6),
        Slot(("console",), weight=3),
    )
)
_MEDIUM = Split(
    (
        Split(
            (
                Split((Slot(("source",), weight=3), Slot(("code",), weight=2)), weight=1),
                Split(
                    (Slot(("registers",), weight=3), Slot(("stack", "memory"), weight=2)), size=46
                ),
            ),
            across=True,
            weight=5,
        ),
        Split(
            (Slot(("request", "response")), Slot(("calls", "processes", "terminal"))),
            across=True,
            weight=2,
        ),
        Slot(("console",), weight=1),
    )
)
_WIDE = Split(
    (
        Split(
            (
                Split((Slot(("source",), weight=3), Slot(("console",), weight=1)), weight=5),
                Split(
                    (
                        Slot(("code",), weight=3),
                        Slot(("request",), weight=2),
                        Slot(("response",), weight=2),
                    ),
                    weight=4,
                ),
                Split(
                    (Slot(("registers",), size=35), Slot(("stack",)), Slot(("memory",))), weight=4
                ),
            ),
            across=True,
            weight=4,
        ),
        Split(
            (
                Slot(("calls",), weight=5),
                Slot(("processes",), weight=4),
                Slot(("terminal",), weight=4),
            ),
            across=True,
            weight=1,
        ),
    )
)


def plan(columns: int, rows: int, zoomed: str = "") -> Split:
    """Return the plan for a screen of this size."""
    if zoomed:
        return Split((Slot((zoomed,)),))
    if columns >= 170 and rows >= 48:
        return _WIDE
    return _MEDIUM if columns >= 116 and rows >= 32 else _SMALL


def slots(part: Slot | Split) -> Iterator[Slot]:
    """Yield all slots of a plan, in reading order."""
    if isinstance(part, Slot):
        yield part
    else:
        for inner in part.parts:
            yield from slots(inner)
