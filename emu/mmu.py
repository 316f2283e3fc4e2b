"""What the one engine sees: the running process's address space, mapped piece by piece.

The engine's map is filled lazily.  A block enters it at the guest's first touch, so memory
that is only reserved costs nothing at a fork or a switch; between processes with the same
layout nothing is mapped or unmapped at all.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Final

from emu.darwin.errno import Errno
from emu.machine import EXEC, WRITE
from emu.memory import BLOCK
from emu.record import record

if TYPE_CHECKING:
    from emu.machine import Machine, Stop
    from emu.memory import AddressSpace, Backing, Layout, Region

__all__ = ["Mmu", "untagged"]

_ADDRESS: Final = (1 << 56) - 1
#: Bytes of memory that cannot be written that enter the engine's map together.
_PROGRAM: Final = 1 << 18


@record(eq=False)
class _Piece:
    """One mapping in the engine; holding the backing keeps its host memory alive."""

    start: int
    end: int
    host: int
    prot: int
    backing: Backing


class Mmu:
    """Keeps the machine's memory map in step with the running process."""

    def __init__(self, machine: Machine) -> None:
        """Start with an empty map."""
        self._machine = machine
        self._space: AddressSpace | None = None
        #: The layout that the engine's map was last checked against.
        self.layout: Layout | None = None
        self._pieces: list[_Piece] = []

    @property
    def space(self) -> AddressSpace | None:
        """The address space whose bytes stand in the backings."""
        return self._space

    def activate(self, space: AddressSpace) -> None:
        """Make ``space`` the running one: save the bytes of the last, put its own in place."""
        last = self._space
        if space is not last:
            if last is not None and last.saved is None:
                last.save()
            space.restore()
            self._space = space
            self._forget_private_code()
        if space.layout is not self.layout:
            self.sync()

    def adopt(self, space: AddressSpace) -> None:
        """Make ``space``, a fresh fork of the running one, the running one: nothing moves."""
        self._space = space

    def release(self, space: AddressSpace) -> None:
        """Forget a space that is gone, so that its bytes are not saved."""
        if self._space is space:
            self._space = None

    def sync(self) -> None:
        """Take out of the engine's map what the running layout has otherwise or not at all."""
        assert self._space is not None  # noqa: S101 - activate() set it
        last, layout = self.layout, self._space.layout
        self.layout = layout
        gone = set(last.regions).difference(layout.regions) if last is not None else ()
        if not any(region.backing.runs for region in gone):
            return
        for piece in [p for p in self._pieces if _is_stale(layout, p)]:
            self._pieces.remove(piece)
            self._machine.unmap(piece.start, piece.end - piece.start)

    def fault(self, stop: Stop) -> bool:
        """Handle an access that the engine refused; False where the guest is at fault."""
        assert self._space is not None  # noqa: S101 - something was running
        address = untagged(stop)
        if self._piece_at(address) is not None:
            # It is there, so an unaligned access ran on into what follows.
            address = (address & -BLOCK) + BLOCK
        region = self._space.layout.find(address)
        if region is None or region.prot & stop.access != stop.access:
            return False
        return self._piece_at(address) is None and self._map(region, address)

    def _piece_at(self, address: int) -> _Piece | None:
        i = bisect.bisect_right(self._pieces, address, key=lambda p: p.start) - 1
        if i >= 0 and address < self._pieces[i].end:
            return self._pieces[i]
        return None

    def _map(self, region: Region, address: int) -> bool:
        backing, offset = region.backing, region.offset - region.start
        address &= -backing.block
        start, end = self._extent(region, address)
        try:
            backing.touch(offset + start, end - start)
        except Errno:
            # A mapped file is shorter than that: take what was asked for, or fault.
            start, end = address, address + backing.block
            try:
                backing.touch(offset + start, end - start)
            except Errno:
                return False
        host = backing.address + offset + start
        self._machine.map(start, end - start, region.prot, host)
        bisect.insort(self._pieces, _Piece(start, end, host, region.prot, backing), key=_start)
        return True

    def _extent(self, region: Region, address: int) -> tuple[int, int]:
        """Return the range to map for a fault: the more is there, the more is added.

        Each mapping makes the engine rebuild its map (some 30 µs), so a guest that walks
        through megabytes gets them in pieces that grow by a half; a stack grows downward.
        """
        block = region.backing.block
        first = bisect.bisect_left(self._pieces, region.start, key=_start)
        behind = bisect.bisect_left(self._pieces, region.end, key=_start)
        mine = self._pieces[first:behind]
        size = max(sum(p.end - p.start for p in mine) // 2 & -block, block)
        if not region.prot & WRITE:
            # It is never copied, so the whole program comes at once.
            size = max(size, _PROGRAM)
        above = min((p.start for p in mine if p.start > address), default=region.end)
        below = max((p.end for p in mine if p.end <= address), default=region.start)
        if above == address + block < region.end:
            return max(address + block - size, below, region.start), address + block
        return address, min(address + size, above, region.end)

    def _forget_private_code(self) -> None:
        """Drop translations of code that may differ between processes: it was writable.

        Piece by piece: the engine drops nothing of a range whose start is not in its map.
        """
        for piece in self._pieces:
            if piece.prot & EXEC and piece.backing.private:
                self._machine.forget_code(piece.start, piece.end - piece.start)


def untagged(stop: Stop) -> int:
    """Return the address of a fault without the top byte, which data may be tagged with (TBI)."""
    return stop.address if stop.access == EXEC else stop.address & _ADDRESS


def _start(piece: _Piece) -> int:
    return piece.start


def _is_stale(layout: Layout, piece: _Piece) -> bool:
    region = layout.find(piece.start)
    if region is None or piece.end > region.end or region.prot != piece.prot:
        return True
    return region.backing.address + region.offset + piece.start - region.start != piece.host
