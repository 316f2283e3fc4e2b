"""What the linker left to be done at load time: pointers to slide and symbols to bind.

Both encodings, dyld's opcodes (:mod:`emu.macho.opcodes`) and chains of pointers
(:mod:`emu.macho.chained`), end in the same two records, at preferred addresses.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.macho.reading import U64

if TYPE_CHECKING:
    from emu.macho.commands import Executable, MachSegment

__all__ = ["Fixups", "Import", "Memory"]

_WRITE: Final = 2
_MASK64: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Import:
    """A symbol that another image has to provide for the pointer at ``addr``.

    ``library`` is the name of the dynamic library that the linker found it in, or empty;
    ``weak`` ones may stay null.
    """

    addr: int
    name: str
    addend: int
    library: str
    weak: bool = False


@dataclass(slots=True)
class Fixups:
    """All that is to be done: ``rebases`` are (address, unslid value)."""

    rebases: list[tuple[int, int]] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    #: How many more there can be in a sane file: one for each four bytes of it.
    left: int = 0

    def rebase(self, addr: int, value: int) -> None:
        """Note a pointer inside the image."""
        self._count()
        self.rebases.append((addr, value))

    def bind(self, found: Import) -> None:
        """Note a pointer out of the image."""
        self._count()
        self.imports.append(found)

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise ImageError("more fixups than there are pointers in the file")


class Memory:
    """The segments' bytes while fixups are put into them, by preferred address."""

    def __init__(self, executable: Executable) -> None:
        """Copy what the file has of each segment."""
        self.segments = [s for s in executable.segments if s.size]
        self.order = sorted(self.segments, key=lambda s: s.addr)
        self.starts = [s.addr for s in self.order]
        self.bytes = {
            s.addr: bytearray(executable.data[s.offset : s.offset + s.filesize]) for s in self.order
        }

    def _place(self, addr: int) -> tuple[MachSegment, int]:
        i = bisect.bisect_right(self.starts, addr) - 1
        segment = self.order[i] if i >= 0 else None
        if segment is None or not 0 <= addr - segment.addr <= segment.filesize - U64.size:
            raise ImageError(f"a fixup at {addr:#x} is outside the file's part of every segment")
        if not segment.prot & _WRITE:
            raise ImageError(f"a fixup at {addr:#x} is in {segment.name}, which is read-only")
        return segment, addr - segment.addr

    def pointer(self, addr: int) -> int:
        """Return the eight bytes at ``addr`` as they stand in the file."""
        segment, offset = self._place(addr)
        value: int = U64.unpack_from(self.bytes[segment.addr], offset)[0]
        return value

    def store(self, addr: int, value: int) -> None:
        """Put a pointer at ``addr``."""
        segment, offset = self._place(addr)
        U64.pack_into(self.bytes[segment.addr], offset, value & _MASK64)
