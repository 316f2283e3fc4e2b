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


_TRAFFIC: Final = Slot(("request", "response"))
_WATCHED: Final = Slot(("calls", "processes", "terminal"))


def _small(columns: int) -> Split:
    machine = Slot(("registers", "stack", "memory"), size=33 if columns < 100 else 46)
    work = Split((Slot(("source", "code")), machine), across=True, weight=11)
    below = Slot(("request", "response", "calls", "processes", "terminal"), weight=6)
    return Split((work, below, Slot(("console",), weight=3)))


def _medium() -> Split:
    program = Split((Slot(("source",), weight=3), Slot(("code",), weight=2)))
    machine = Split((Slot(("registers",), size=18), Slot(("stack", "memory"))), size=46)
    work = Split((program, machine), across=True, weight=12)
    below = Split((_TRAFFIC, _WATCHED), across=True, weight=4)
    return Split((work, below, Slot(("console",), weight=3)))


def _wide() -> Split:
    source = Split((Slot(("source",), weight=3), Slot(("console",))), weight=5)
    traffic = (Slot(("request",), weight=2), Slot(("response",), weight=2))
    code = Split((Slot(("code",), weight=3), *traffic), weight=4)
    watched = Split(
        (Slot(("calls",), weight=4), Slot(("processes", "terminal"), weight=3)), across=True
    )
    program = Split((Split((source, code), across=True, weight=4), watched), weight=9)
    machine = Split((Slot(("registers",), size=35), Slot(("stack", "memory"))), weight=4)
    return Split((program, machine), across=True)


def plan(columns: int, rows: int, zoomed: str = "") -> Split:
    """Return the plan for a screen of this size."""
    if zoomed:
        return Split((Slot((zoomed,)),))
    if columns >= 170 and rows >= 48:
        return Split((_wide(),))
    return _medium() if columns >= 116 and rows >= 36 else _small(columns)


def slots(part: Slot | Split) -> Iterator[Slot]:
    """Yield all slots of a plan, in reading order."""
    if isinstance(part, Slot):
        yield part
    else:
        for inner in part.parts:
            yield from slots(inner)
