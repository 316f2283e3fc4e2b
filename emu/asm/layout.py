"""Where sections go: the order and the addresses that Apple's linker gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emu.image import PAGE_SIZE, Section, Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emu.asm.sections import Part

__all__ = ["BASE", "Merged", "merge", "place", "sections", "segments"]

#: Where the executable starts, below it lies ``__PAGEZERO``.
BASE = 0x1_0000_0000
#: Room for the Mach-O header at the start of ``__TEXT``, as if it were there.
HEADER = 0x1000

_FIRST_SEGMENTS = ("__TEXT", "__DATA_CONST", "__DATA")
#: read 1, write 2, execute 4
_PROTECTION = {"__TEXT": 5, "__DATA_CONST": 1}
_READ_WRITE = 3


@dataclass(slots=True, eq=False)
class Merged:
    """A section of the program: the parts of all sources, one behind the other."""

    segment: str
    name: str
    parts: list[Part] = field(default_factory=list)
    addr: int = 0
    size: int = 0

    @property
    def zerofill(self) -> bool:
        """Tell whether it only exists in memory."""
        return all(p.zerofill for p in self.parts)

    @property
    def align(self) -> int:
        """Return the power of two of the largest alignment inside."""
        return max(p.align for p in self.parts)


def merge(parts: Iterable[Part]) -> list[Merged]:
    """Put the parts of equal sections together, in the order of their place in memory.

    Segments come in the order ``__TEXT``, ``__DATA_CONST``, ``__DATA``, others; ``__text`` is
    the first section, zero-filled ones are the last of their segment, the rest stand as they
    first appear.  The constants of ``__DATA,__const`` belong to ``__DATA_CONST``.
    """
    found: dict[tuple[str, str], Merged] = {}
    for part in parts:
        segment = part.segment
        if (segment, part.name) == ("__DATA", "__const"):
            segment = "__DATA_CONST"
        if part.size or (segment, part.name) == ("__TEXT", "__text"):
            key = (segment, part.name)
            found.setdefault(key, Merged(*key)).parts.append(part)
    order = [*_FIRST_SEGMENTS, *dict.fromkeys(s for s, _ in found)]
    return sorted(
        found.values(), key=lambda m: (order.index(m.segment), m.zerofill, m.name != "__text")
    )


def place(merged: Iterable[Merged], fixed: Mapping[tuple[str, str], int]) -> None:
    """Give addresses to sections and their parts; ``fixed`` ones are as the caller says."""
    addr = BASE + HEADER
    segment = "__TEXT"
    for section in merged:
        if section.segment != segment:
            addr, segment = _up(addr, PAGE_SIZE), section.segment
        addr = _up(addr, 1 << section.align)
        names = [(section.segment, section.name), (section.parts[0].segment, section.name)]
        addr = next((fixed[n] for n in names if n in fixed), addr)
        section.addr = addr
        for part in section.parts:
            addr = _up(addr, 1 << part.align)
            part.addr = addr
            addr += part.size
        section.size = addr - section.addr


def _up(addr: int, size: int) -> int:
    return (addr + size - 1) // size * size


def sections(merged: Iterable[Merged]) -> tuple[Section, ...]:
    """Return the finished sections."""
    return tuple(
        Section(m.segment, m.name, m.addr, m.size, 1 << m.align, _bytes(m), m.zerofill)
        for m in merged
    )


def _bytes(section: Merged) -> bytes:
    if section.zerofill:
        return b""
    found = bytearray(section.size)
    for part in section.parts:
        if not part.zerofill:
            start = part.addr - section.addr
            found[start : start + part.size] = part.data
    return bytes(found)


def segments(placed: Iterable[Section]) -> tuple[Segment, ...]:
    """Return the segments around ``placed`` sections, in whole pages."""
    found: dict[str, list[Section]] = {}
    for section in placed:
        found.setdefault(section.segment, []).append(section)
    return tuple(_segment(name, inside) for name, inside in found.items())


def _segment(name: str, inside: list[Section]) -> Segment:
    lowest = min(s.addr for s in inside)
    start = BASE if name == "__TEXT" and BASE <= lowest < BASE + PAGE_SIZE else lowest
    start -= start % PAGE_SIZE
    end = max(s.addr + s.size for s in inside)
    file_end = max((s.addr + s.size for s in inside if not s.zerofill), default=start)
    data = bytearray(file_end - start)
    for s in inside:
        if not s.zerofill:
            data[s.addr - start : s.addr - start + s.size] = s.data
    size = max(_up(end - start, PAGE_SIZE), PAGE_SIZE)
    return Segment(name, start, size, _PROTECTION.get(name, _READ_WRITE), bytes(data))
