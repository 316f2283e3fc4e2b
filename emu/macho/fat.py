"""The arm64 slice of a universal ("fat") file."""

from __future__ import annotations

from struct import Struct
from typing import Final

from emu.errors import ImageError
from emu.macho import constants as c
from emu.macho.reading import part, unpack

__all__ = ["arm64_slice", "is_fat"]

_HEADER: Final = Struct(">II")
_ARCH: Final = Struct(">IIIII")
_ARCH_64: Final = Struct(">IIQQII")
#: A Java class begins with the same number, followed by its version, 45 or more.
_MOST_SLICES: Final = 40


def is_fat(start: bytes) -> bool:
    """Tell whether a file that begins with ``start`` is a universal one, not a Java class."""
    if len(start) < _HEADER.size:
        return False
    magic, count = _HEADER.unpack_from(start)
    return magic in (c.FAT_MAGIC, c.FAT_MAGIC_64) and 0 < count < _MOST_SLICES


def arm64_slice(data: bytes) -> bytes:
    """Return the arm64 slice of ``data``, or ``data`` itself if it is not universal.

    A plain arm64 slice goes before an arm64e one.

    Raises:
        ImageError: there is none, or its bounds are wrong.
    """
    if not is_fat(data):
        return data
    slices = _slices(data)
    wanted = [s for s in slices if s[0] == c.CPU_TYPE_ARM64]
    if not wanted:
        names = ", ".join(c.CPU_TYPES.get(s[0], f"CPU type {s[0]:#x}") for s in slices)
        raise ImageError(f"a universal file without an arm64 slice: it has {names}")
    wanted.sort(key=lambda s: s[1] & c.CPU_SUBTYPE_MASK)
    _, _, offset, size = wanted[0]
    found = part(data, offset, size, "the arm64 slice")
    if is_fat(found):
        raise ImageError("the arm64 slice is a universal file again")
    return found


def _slices(data: bytes) -> list[tuple[int, int, int, int]]:
    """Return (CPU type, subtype, offset, size) of each slice, after checking for overlaps."""
    magic, count = _HEADER.unpack_from(data)
    layout = _ARCH_64 if magic == c.FAT_MAGIC_64 else _ARCH
    found = [
        unpack(layout, data, _HEADER.size + i * layout.size, "the list of slices")[:4]
        for i in range(count)
    ]
    end = _HEADER.size + count * layout.size
    for _, _, offset, size in sorted(found, key=lambda s: s[2]):
        if offset < end:
            raise ImageError(f"the slice at {offset:#x} overlaps what is before it")
        end = offset + size
    return [(cpu, subtype, offset, size) for cpu, subtype, offset, size in found]
