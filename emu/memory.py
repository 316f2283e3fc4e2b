"""Guest address spaces: regions, the host memory behind them, and copy-in/copy-out.

A :class:`Region` is a range of guest addresses with one protection; its :class:`Backing` is
the host memory that the engine maps.  Forked processes share their backings: while a process
runs, its bytes stand in the backing itself; while it does not, a private copy of the *present*
blocks (those ever touched) waits in its :class:`AddressSpace`.  So a fork or a switch costs
what was written, not what was reserved, and host calls read and write guest memory in place.

Every pointer that a guest passes goes through :meth:`AddressSpace.view`, :meth:`copyin` or
:meth:`copyout`, named after XNU's; each checks range and protection first and raises
``Errno(EFAULT)``.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Protocol

from emu.darwin.errno import EFAULT, ENAMETOOLONG, ENOMEM, Errno
from emu.image import PAGE_SIZE
from emu.machine import READ, WRITE
from emu.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["BLOCK", "AddressSpace", "Backing", "Layout", "Pager", "Region", "round_page"]

#: Most memory that one guest process may map, in bytes.
SPACE_LIMIT = 1 << 36
#: Where ``mmap`` without an address starts to look, and where user addresses end (47 bits).
MMAP_BASE, USER_END = 0x3_0000_0000, 1 << 47
#: Bytes by which memory without a file becomes present: the engine's page.
BLOCK = 4096


def round_page(size: int) -> int:
    """Return ``size`` rounded up to whole pages."""
    return -(-size // PAGE_SIZE) * PAGE_SIZE


class Pager(Protocol):
    """Fills blocks of a backing at their first touch: a mapped file."""

    def page_in(self, offset: int, into: memoryview) -> int:
        """Read the file at ``offset`` into ``into``; returns the number of bytes there were."""
        ...


class Backing:
    """``size`` bytes of host memory, in blocks of ``block`` bytes.

    A block is smaller than a guest page, so that a switch copies less of what was not written;
    a file is mapped a page at a time.  ``present`` has a byte for each block, 1 once it has been
    touched.  ``runs`` lists those blocks as (offset, length), merged and sorted; it is a new tuple
    each time it grows, so that identity tells whether a saved copy still fits.
    """

    __slots__ = (
        "_anchor", "address", "block", "buffer", "pager", "present", "runs", "shared",
        "size", "view", "writable",
    )  # fmt: skip

    def __init__(self, size: int, *, shared: bool = False, pager: Pager | None = None) -> None:
        """Reserve ``size`` bytes, a multiple of the page size, that read as zero.

        With a ``pager`` they are reserved at the first use: most files are sent unread.
        """
        if pager is None:
            self._reserve(size)
        self.size = size
        self.shared = shared
        self.pager = pager
        #: True once the guest may have written: until then there is nothing to save.
        self.writable = False
        self.runs: tuple[tuple[int, int], ...] = ()
        self.block = PAGE_SIZE if pager is not None else BLOCK
        self.present = bytearray(size // self.block)

    def _reserve(self, size: int) -> None:
        try:
            self.buffer = mmap.mmap(-1, size)
        except (OSError, OverflowError, ValueError):
            raise Errno(ENOMEM) from None
        self._anchor = ctypes.c_char.from_buffer(self.buffer)
        self.address = ctypes.addressof(self._anchor)
        self.view = memoryview(self.buffer)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - one of three
            """Reserve what has not been reserved, and return the attribute asked for."""
            if name not in {"address", "buffer", "view"}:
                raise AttributeError(name)
            self._reserve(self.size)
            return getattr(self, name)

    @property
    def private(self) -> bool:
        """Whether each process has its own bytes here."""
        return self.writable and not self.shared

    def is_present(self, offset: int) -> bool:
        """Tell whether the page at ``offset`` has been touched."""
        return self.present.find(1, offset // self.block, (offset + PAGE_SIZE) // self.block) >= 0

    def touch(self, offset: int, length: int) -> None:
        """Make the blocks of a range present, reading a mapped file in where there is one."""
        first, last = offset // self.block, (offset + length - 1) // self.block
        if self.present.find(0, first, last + 1) < 0:
            return
        for block in range(first, last + 1):
            if not self.present[block]:
                self._page_in(block)
                self.present[block] = 1
        self.runs = tuple(_runs(self.present, self.block))

    def _page_in(self, block: int) -> None:
        if self.pager is None:
            return
        at = block * self.block
        if not self.pager.page_in(at, self.view[at : at + self.block]):
            # Beyond the end of the file: macOS raises SIGBUS, or EFAULT inside a call.
            raise Errno(EFAULT)

    def save(self) -> Saved:
        """Copy the present blocks."""
        view, runs = self.view, self.runs
        if len(runs) == 1:
            offset, length = runs[0]
            return Saved(runs, view[offset : offset + length].tobytes())
        return Saved(runs, b"".join([view[offset : offset + length] for offset, length in runs]))

    def restore(self, saved: Saved | None) -> None:
        """Put a copy back; blocks that it lacks were untouched then."""
        if saved is None or saved.runs is not self.runs:
            self._empty(() if saved is None else saved.runs)
        if saved is None:
            return
        if len(saved.runs) == 1:
            offset, length = saved.runs[0]
            self.view[offset : offset + length] = saved.copy
            return
        at = 0
        with memoryview(saved.copy) as source:
            for offset, length in saved.runs:
                self.view[offset : offset + length] = source[at : at + length]
                at += length

    def _empty(self, kept: tuple[tuple[int, int], ...]) -> None:
        """Make the present blocks what they were untouched: zeroes, or what the file has there.

        Blocks in the runs ``kept`` get other bytes in any case.
        """
        for offset, length in self.runs:
            ctypes.memset(self.address + offset, 0, length)
        if self.pager is None:
            return
        again = bytearray(self.present)
        for offset, length in kept:
            count = length // self.block
            again[offset // self.block : offset // self.block + count] = bytes(count)
        for offset, length in _runs(again, self.block):
            # Behind the end of a file that has become shorter they stay zero.
            self.pager.page_in(offset, self.view[offset : offset + length])


@record(eq=False)
class Saved:
    """The bytes of a backing's runs, one after the other."""

    runs: tuple[tuple[int, int], ...]
    copy: bytes


def _runs(present: bytearray, block: int) -> Iterator[tuple[int, int]]:
    start = present.find(1)
    while start >= 0:
        end = present.find(0, start)
        end = len(present) if end < 0 else end
        yield start * block, (end - start) * block
        start = present.find(1, end)


@record(eq=False)
class Region:
    """Guest addresses ``start`` up to ``end``, backed from ``offset`` on."""

    start: int
    end: int
    prot: int
    backing: Backing
    offset: int
    name: str

    def cut(self, start: int, end: int) -> Region:
        """Return the part between two addresses inside the region."""
        return replace(self, start=start, end=end, offset=self.offset + start - self.start)


class Layout:
    """An immutable, sorted list of regions that do not overlap."""

    __slots__ = ("_private", "first_free", "regions", "size", "starts")

    def __init__(self, regions: Iterable[Region] = ()) -> None:
        """Take the regions in any order."""
        self.regions = tuple(sorted(regions, key=lambda r: r.start))
        self.starts = [r.start for r in self.regions]
        self.size = sum(r.end - r.start for r in self.regions)
        #: The lowest address from MMAP_BASE on that nothing is mapped at.
        self.first_free = self._free_from(MMAP_BASE)
        self._private: tuple[Backing, ...] | None = None

    @property
    def private(self) -> tuple[Backing, ...]:
        """The backings of which each process has its own bytes."""
        if self._private is None:
            backings = dict.fromkeys(r.backing for r in self.regions)
            self._private = tuple(b for b in backings if b.private)
        return self._private

    def find(self, address: int) -> Region | None:
        """Return the region that holds ``address``."""
        i = bisect_right(self.starts, address) - 1
        if i >= 0 and address < self.regions[i].end:
            return self.regions[i]
        return None

    def _range(self, start: int, end: int) -> tuple[int, int]:
        """Return which of the regions share an address with start…end: first, behind the last."""
        first = bisect_right(self.starts, start) - 1
        if first < 0 or self.regions[first].end <= start:
            first += 1
        return first, max(bisect_left(self.starts, end), first)

    def overlapping(self, start: int, end: int) -> tuple[Region, ...]:
        """Return the regions that share an address with start…end."""
        first, behind = self._range(start, end)
        return self.regions[first:behind]

    def replaced(self, start: int, end: int, parts: Sequence[Region] = ()) -> Layout:
        """Return the layout with ``parts`` alone, sorted and within, at start…end.

        The rest is taken over as it is: a program with thousands of mappings makes one more in
        microseconds.
        """
        first, behind = self._range(start, end)
        gone = self.regions[first:behind]
        left = [r.cut(r.start, start) for r in gone[:1] if r.start < start]
        right = [r.cut(end, r.end) for r in gone[-1:] if r.end > end]
        new = [*left, *parts, *right]
        made = Layout()
        made.regions = (*self.regions[:first], *new, *self.regions[behind:])
        made.starts = [*self.starts[:first], *(r.start for r in new), *self.starts[behind:]]
        made.size = self.size + _bytes(new) - _bytes(gone)
        made.first_free = made._free_from(min(self.first_free, max(start, MMAP_BASE)))
        made._private = None
        return made

    def _free_from(self, address: int) -> int:
        """Return the lowest address from ``address`` on that nothing is mapped at."""
        i = max(bisect_right(self.starts, address) - 1, 0)
        for region in itertools.islice(self.regions, i, None):
            if region.start > address:
                break
            address = max(address, region.end)
        return address

    def gap(self, size: int) -> int:
        """Return the lowest address from MMAP_BASE on with ``size`` free bytes, or ENOMEM."""
        at = self.first_free
        for r in self.regions[bisect_left(self.starts, at) :]:
            if r.start >= at + size:
                break
            at = r.end
        if at + size > USER_END:
            raise Errno(ENOMEM)
        return at


def _bytes(regions: Iterable[Region]) -> int:
    return sum(r.end - r.start for r in regions)


#: Immutable, so that all who have no memory left may share it.
_NOTHING = Layout()


class AddressSpace:
    """One process's memory.  ``saved`` is None while its bytes stand in the backings."""

    __slots__ = ("layout", "saved")

    def __init__(self, layout: Layout | None = None) -> None:
        """Start with ``layout``; its backings hold this space's bytes."""
        self.layout = layout or Layout()
        self.saved: dict[Backing, Saved] | None = None

    # -- changing the layout --------------------------------------------------------------

    def map(self, region: Region) -> None:
        """Add a region, replacing what was there (MAP_FIXED)."""
        if region.prot & WRITE:
            region.backing.writable = True
        layout = self.layout.replaced(region.start, region.end, (region,))
        if layout.size > SPACE_LIMIT:
            raise Errno(ENOMEM)
        self.layout = layout

    def unmap(self, start: int, end: int) -> None:
        """Remove start…end; parts that are not mapped are passed over, as on macOS."""
        if self.layout.overlapping(start, end):
            self.layout = self.layout.replaced(start, end)

    def protect(self, start: int, end: int, prot: int) -> None:
        """Change the protection of a range that must be mapped throughout (ENOMEM)."""
        parts = self.layout.overlapping(start, end)
        if sum(min(r.end, end) - max(r.start, start) for r in parts) != end - start:
            raise Errno(ENOMEM)
        changed = [
            replace(_own(r, prot).cut(max(r.start, start), min(r.end, end)), prot=prot)
            for r in parts
        ]
        for r in changed:
            if prot & WRITE:
                r.backing.writable = True
        self.layout = self.layout.replaced(start, end, changed)

    def fork(self) -> AddressSpace:
        """Return a space with the same bytes and layout, which takes over the backings.

        The caller runs the child first; this space's bytes are saved.
        """
        child = AddressSpace(self.layout)
        self.save()
        return child

    def save(self) -> None:
        """Copy the private bytes out of the backings before another process runs."""
        self.saved = {b: b.save() for b in self.layout.private}

    def restore(self) -> None:
        """Put the private bytes back into the backings."""
        saved, self.saved = self.saved, None
        if saved is not None:
            for backing in self.layout.private:
                backing.restore(saved.get(backing))

    def drop(self) -> None:
        """Forget the memory: the process has ended."""
        self.saved = None
        self.layout = _NOTHING

    # -- copy-in and copy-out -------------------------------------------------------------

    def view(self, address: int, length: int, prot: int) -> memoryview:
        """Return guest memory in place; EFAULT unless one region holds it with ``prot``.

        Only for the running process.  The view is good until the next change of process.
        """
        view = self._view(address, length, prot)
        if view is None:
            raise Errno(EFAULT)
        return view

    def _view(self, address: int, length: int, prot: int) -> memoryview | None:
        """Return memory that one region holds with ``prot``; None where none does.

        Every call comes through here several times, so it looks for itself instead of asking
        :meth:`Layout.find` and :meth:`Backing.touch` unless it has to.
        """
        if not length:
            return memoryview(bytearray())
        layout = self.layout
        i = bisect_right(layout.starts, address) - 1
        if i < 0:
            return None
        region = layout.regions[i]
        if address + length > region.end or region.prot & prot != prot:
            return None
        backing = region.backing
        offset = region.offset + address - region.start
        end = offset + length
        block = backing.block
        if length > block or not (
            backing.present[offset // block] and backing.present[(end - 1) // block]
        ):
            backing.touch(offset, length)
        return backing.view[offset:end]

    def views(self, address: int, length: int, prot: int) -> list[memoryview]:
        """Return guest memory in place, in as many pieces as regions hold it; or EFAULT."""
        view = self._view(address, length, prot)
        if view is not None:
            return [view]
        pieces = []
        while length:
            region = self.layout.find(address)
            if region is None:
                raise Errno(EFAULT)
            part = min(length, region.end - address)
            pieces.append(self.view(address, part, prot))
            address, length = address + part, length - part
        return pieces

    def copyin(self, address: int, length: int) -> bytes:
        """Return ``length`` bytes at ``address``, or EFAULT."""
        view = self._view(address, length, READ)
        return bytes(view) if view is not None else b"".join(self.views(address, length, READ))

    def copyout(self, address: int, data: bytes) -> None:
        """Write ``data`` at ``address``, or EFAULT with nothing written."""
        view = self._view(address, len(data), WRITE)
        if view is not None:
            view[:] = data
            return
        at = 0
        for piece in self.views(address, len(data), WRITE):
            piece[:] = data[at : at + len(piece)]
            at += len(piece)

    def copyinstr(self, address: int, limit: int) -> bytes:
        """Return the NUL-terminated string at ``address`` without its NUL.

        EFAULT where it leaves the mapped memory, ENAMETOOLONG when no NUL is among the
        first ``limit`` bytes.
        """
        parts: list[bytes] = []
        left = limit
        while left:
            region = self.layout.find(address)
            if region is None or not region.prot & READ:
                raise Errno(EFAULT)
            view = self.view(address, min(left, region.end - address, PAGE_SIZE), READ)
            data = bytes(view)
            end = data.find(b"\0")
            if end >= 0:
                return b"".join([*parts, data[:end]])
            parts.append(data)
            address, left = address + len(data), left - len(data)
        raise Errno(ENAMETOOLONG)

    # -- for loaders, debuggers and reports: no protection is asked --------------------------

    def peek(self, address: int, length: int) -> bytes | None:
        """Return bytes of the running or of a saved process, or None where nothing is mapped."""
        out = bytearray()
        while length > 0:
            region = self.layout.find(address)
            if region is None:
                return None
            part = min(length, region.end - address)
            out += self._peek(region, address, part)
            address, length = address + part, length - part
        return bytes(out)

    def _peek(self, region: Region, address: int, length: int) -> bytes:
        offset, backing = region.offset + address - region.start, region.backing
        if self.saved is None or not backing.private:
            return bytes(backing.view[offset : offset + length])
        out = bytearray(length)
        saved, at = self.saved.get(backing), 0
        for start, size in saved.runs if saved else ():
            low, high = max(start, offset), min(start + size, offset + length)
            if saved and low < high:
                out[low - offset : high - offset] = saved.copy[at + low - start : at + high - start]
            at += size
        return bytes(out)

    def poke(self, address: int, data: bytes) -> bool:
        """Write bytes whatever the protection; the process must be the running one."""
        region = self.layout.find(address)
        if region is None or address + len(data) > region.end:
            return False
        offset = region.offset + address - region.start
        region.backing.touch(offset, max(len(data), 1))
        region.backing.view[offset : offset + len(data)] = data
        return True


def _own(region: Region, prot: int) -> Region:
    """Give a region that was never writable its own copy before it becomes so.

    Other processes run on the shared bytes and have no saved copy of them.
    """
    old = region.backing
    if not prot & WRITE or old.writable or old.shared:
        return region
    new = Backing(old.size, pager=old.pager)
    # What has been read of a file is not read again: the file may be shorter by now.
    new.present[:], new.runs = old.present, old.runs
    for offset, length in old.runs:
        new.view[offset : offset + length] = old.view[offset : offset + length]
    return replace(region, backing=new)
