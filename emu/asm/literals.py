"""String literals: equal ones of all sources share one place, as Apple's linker has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from emu.asm.sections import Part
    from emu.asm.source import Origin
    from emu.asm.unit import Unit

__all__ = ["coalesce"]


def coalesce(units: Sequence[Unit]) -> None:
    """Keep only the first of equal strings in the sections of type ``cstring_literals``.

    Labels of the others move to it.  A section is left alone if it holds anything but
    terminated strings without alignment.
    """
    sections: dict[tuple[str, str], list[Part]] = {}
    for unit in units:
        for key, part in unit.parts.items():
            if part.kind == "cstring_literals":
                sections.setdefault(key, []).append(part)
    for parts in sections.values():
        if all(_plain(p) for p in parts):
            _share(parts)
    for unit in units:
        for symbol in unit.symbols.values():
            if symbol.part is not None and symbol.part.moved:
                symbol.part, symbol.offset = symbol.part.place(symbol.offset)


def _plain(part: Part) -> bool:
    busy = part.fixups or part.instructions or part.align
    return not busy and (not part.data or part.data[-1] == 0)


def _share(parts: Iterable[Part]) -> None:
    known: dict[bytes, tuple[Part, int]] = {}
    for part in parts:
        kept = bytearray()
        moved: list[tuple[int, Part, int]] = []
        start = 0
        while start < len(part.data):
            end = part.data.index(0, start) + 1
            text = bytes(part.data[start:end])
            if text not in known:
                known[text] = part, len(kept)
                kept += text
            moved.append((start, *known[text]))
            start = end
        if len(kept) == len(part.data):
            continue
        moved.append((start, part, len(kept)))
        part.moved = moved
        part.lines = [
            (place[1], min(size, len(kept) - place[1]), origin)
            for offset, size, origin in part.lines
            if (place := part.place(offset))[0] is part and place[1] < len(kept)
        ]
        part.lines = _without_overlaps(part.lines)
        part.data = kept


def _without_overlaps(lines: list[tuple[int, int, Origin]]) -> list[tuple[int, int, Origin]]:
    found: list[tuple[int, int, Origin]] = []
    end = 0
    for offset, size, origin in sorted(lines, key=lambda line: line[0]):
        if offset >= end:
            found.append((offset, size, origin))
            end = offset + size
    return found
