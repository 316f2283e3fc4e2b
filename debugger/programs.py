"""Where stop points are in each program: behind an ``execve`` the same names stand elsewhere.

A breakpoint or a watchpoint is set in one program.  In any other that a process runs, labels,
lines and patterns are looked up again by name, as gdb does; what is not there waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from debugger.locations import is_code, resolve
from emu.errors import DebugError

if TYPE_CHECKING:
    from debugger.stopping import Breakpoint, Watchpoint
    from emu.image import Image

__all__ = ["Program", "addresses", "extent", "object_at"]


class Program:
    """The bytes of a program as it is loaded, for what no process has in memory any more."""

    def __init__(self, image: Image) -> None:
        """Read ``image``."""
        self._segments = image.segments

    def peek(self, address: int, length: int) -> bytes | None:
        """Return bytes that the program came with, None where it has none."""
        for segment in self._segments:
            at = address - segment.addr
            if 0 <= at <= len(segment.data) - length:
                return segment.data[at : at + length]
        return None


def addresses(point: Breakpoint, image: Image) -> tuple[int, ...]:
    """Return where ``point`` is in ``image``; nothing where its location is not there."""
    if point.image is None or point.image is image:
        return point.addresses
    kept: dict[str, tuple[int, ...]] = image.__dict__.setdefault("_breakpoints", {})
    location = point.location
    if location not in kept:
        try:
            # A number that an expression had stays; names mean what they mean here.
            found = point.addresses if location[:1] in {"*", "$"} else resolve(image, location)
        except DebugError:
            found = ()
        kept[location] = tuple(a for a in found if a % 4 == 0 and is_code(image, a))
    return kept[location]


def object_at(image: Image, name: str) -> tuple[int, int]:
    """Return a label's address, and the bytes to the next one in its section (8: none follows).

    At the most 8 are watched as one value; a larger object is watched whole all the same.
    """
    symbol = image.symbols[name]
    behind = [s.value for s in image.symbols.values() if s.value > symbol.value]
    ends = [s.addr + s.size for s in image.sections if s.addr <= symbol.value < s.addr + s.size]
    return symbol.value, min([*behind, *ends], default=symbol.value + 8) - symbol.value or 8


def extent(watch: Watchpoint, image: Image) -> tuple[int, int] | None:
    """Return address and size of what ``watch`` is on in ``image``, None where it is not there.

    Only a label is in another program too: an address in the memory of one says nothing of
    the other's.
    """
    if watch.register:
        return None
    if watch.image is None or watch.image is image:
        return watch.address, watch.size
    name = watch.expression.strip()
    return object_at(image, name) if name in image.symbols else None
