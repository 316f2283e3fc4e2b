"""Files mapped into guest memory: read page by page, or handed on without being read at all.

A file that is mapped shared and writable has one :class:`~emu.memory.Backing`, which all who map
it use; what was changed there goes back to the file when it is asked for (msync), unmapped, or
read by a call, and what a call writes is put into the backing, so that all see one content.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from emu.darwin.flags import PROT_READ
from emu.image import PAGE_SIZE
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.files import OpenFile
    from emu.memory import AddressSpace, Region

__all__ = ["FilePager", "FilePart", "SharedPager", "look", "untouched_file"]


class FilePager:
    """Fills pages of a mapping from a file that stays open as long as the mapping lives."""

    __slots__ = ("file", "offset")

    def __init__(self, file: OpenFile, offset: int) -> None:
        """Map ``file`` from ``offset`` on (bytes)."""
        self.file = file.hold()
        self.offset = offset

    def page_in(self, offset: int, into: memoryview) -> int:
        """Read one page; the rest behind the end of the file stays zero."""
        count: int = self.file.handle.pread_into(into, self.offset + offset)
        return count

    def __del__(self) -> None:
        """Let go of the file with the last mapping."""
        self.file.release()


class SharedPager(FilePager):
    """Fills the pages of a shared mapping, and knows which of them the guest has changed.

    The engine does not say what it writes, so a copy of each page tells.
    """

    __slots__ = ("_clean",)

    def __init__(self, file: OpenFile) -> None:
        """Map ``file``, which was opened for writing, from its beginning."""
        super().__init__(file, 0)
        self._clean: dict[int, bytes] = {}

    def page_in(self, offset: int, into: memoryview) -> int:
        """Read one page and remember it."""
        count = super().page_in(offset, into)
        self._clean[offset] = bytes(into)
        return count

    def flush(self, view: memoryview, start: int, end: int) -> None:
        """Write what was changed between two offsets back; the file does not become longer."""
        size = self.file.handle.stat().size
        for offset, clean in self._clean.items():
            if not start <= offset < end:
                continue
            page = view[offset : offset + PAGE_SIZE]
            if page == clean:
                continue
            new = bytes(page)
            first = next(i for i in range(PAGE_SIZE) if new[i] != clean[i])
            last = next(i for i in range(PAGE_SIZE, 0, -1) if new[i - 1] != clean[i - 1])
            last = min(last, size - offset)
            if first < last:
                # A full disk loses the change, as it does on macOS: nobody is there to be told.
                with suppress(OSError):
                    self.file.handle.pwrite(new[first:last], offset + first)
            self._clean[offset] = new

    def refresh(self, view: memoryview, start: int, end: int) -> None:
        """Read the present pages between two offsets again: a call has changed the file."""
        for offset in self._clean:
            if offset < end and offset + PAGE_SIZE > start:
                page = view[offset : offset + PAGE_SIZE]
                count = super().page_in(offset, page)
                page[count:] = bytes(PAGE_SIZE - count)
                self._clean[offset] = bytes(page)


def look(space: AddressSpace, address: int, length: int) -> bytes | None:
    """Return guest memory as the guest would find it, or None where nothing is mapped.

    No page of a mapped file is read in for it: one that the guest has not looked at stays
    untouched, and a socket sends it as before.  It works for saved processes too.
    """
    first = space.layout.find(address)
    if first is None:
        return None
    backing = first.backing
    if address + length <= first.end and backing.pager is None:
        if space.saved is not None:
            return space.peek(address, length)
        at = address - first.start + first.offset
        return bytes(backing.view[at : at + length])
    out = bytearray()
    end = address + length
    while address < end:
        region = space.layout.find(address)
        if region is None:
            return None
        part = min(region.end, end) - address
        ours = isinstance(region.backing.pager, FilePager)
        out += _of_file(space, region, address, part) if ours else space.peek(address, part) or b""
        address += part
    return bytes(out)


def _of_file(space: AddressSpace, region: Region, address: int, length: int) -> bytes:
    """Return part of a mapped file: pages that the guest has touched, and the others as they are.

    Memory that nobody has touched is not even reserved for it.
    """
    backing, offset = region.backing, region.offset + address - region.start
    saved = space.saved.get(backing) if space.saved is not None and backing.private else None
    live = space.saved is None or not backing.private
    runs = backing.runs if live else saved.runs if saved is not None else ()
    present = space.peek(address, length) if runs else None
    out = bytearray(present or length)
    at, end = offset, offset + length
    while at < end:
        part = min(PAGE_SIZE - at % PAGE_SIZE, end - at)
        if not any(start <= at < start + size for start, size in runs):
            with suppress(OSError), memoryview(out)[at - offset : at - offset + part] as page:
                backing.pager.file.handle.pread_into(page, backing.pager.offset + at)  # type: ignore[union-attr]
        at += part
    return bytes(out)


@record
class FilePart:
    """Bytes of a mapped file that the guest has not looked at: a socket sends them unread."""

    #: The host's handle of the file.
    file: Any
    offset: int
    length: int

    def __len__(self) -> int:
        """Return how many bytes it is."""
        return self.length


def untouched_file(space: AddressSpace, address: int, length: int) -> FilePart | None:
    """Return what stands at ``address`` as a part of a file, where it is one and unread."""
    region = space.layout.find(address)
    if region is None or not isinstance(region.backing.pager, FilePager):
        return None
    if address + length > region.end or region.backing.runs or not region.prot & PROT_READ:
        return None
    pager = region.backing.pager
    if not pager.file.handle.sends:
        return None
    offset = pager.offset + region.offset + address - region.start
    return FilePart(pager.file.handle, offset, length)
