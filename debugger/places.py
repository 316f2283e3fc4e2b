"""Where an address is: routine, offset, source line and the macros that the line came through."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.image import Image

__all__ = ["Place", "place_of", "source_text"]


#: Places that an image remembers: the same few are asked for again and again.
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """An address with its names; ``line`` is 0 and ``path`` empty where no source is known.

    ``path:line`` is the line outside all macros; ``macro`` are the (path, line) pairs inside the
    macros' bodies, innermost first, empty for code that stands in the source as it is.
    """

    pc: int
    symbol: str = ""
    offset: int = 0
    path: str = ""
    line: int = 0
    macro: tuple[tuple[str, int], ...] = ()

    @property
    def label(self) -> str:
        """``routine+8``, or the bare address."""
        if not self.symbol:
            return f"{self.pc:#x}"
        return f"{self.symbol}+{self.offset}" if self.offset else self.symbol

    @property
    def file(self) -> str:
        """The last component of the path."""
        return PurePath(self.path).name

    def __str__(self) -> str:
        """Return ``routine+8 (ymawky.s:120)``."""
        return f"{self.label} ({self.file}:{self.line})" if self.line else self.label


def place_of(image: Image, pc: int) -> Place:
    """Return what ``image`` knows of ``pc``."""
    known: dict[int, Place] = image.__dict__.setdefault("_places", {})
    place = known.get(pc)
    if place is None:
        place = known[pc] = _make(image, pc)
        if len(known) > _KEPT:
            known.clear()
    return place


def _make(image: Image, pc: int) -> Place:
    found = image.symbol_at(pc)
    symbol, offset = found or ("", 0)
    entry = image.lines.at(pc)
    if entry is None:
        return Place(pc, symbol, offset)
    outer = entry.outermost
    inner = [entry.where, *entry.expansion][:-1]
    macro = tuple((w.path, w.line) for w in inner)
    return Place(pc, symbol, offset, outer.path, outer.line, macro)


def source_text(image: Image, path: str, line: int) -> str:
    """Return one line of a source without its end, or "" where there is none."""
    lines = image.sources.get(path, "").splitlines()
    return lines[line - 1] if 0 < line <= len(lines) else ""
