"""Files mapped into guest memory: read page by page, or handed on without being read at all.

A file that is mapped shared and writable has one :class:`~emu.memory.Backing`, which all who map
it use; what was changed there goes back to the file when it is asked for (msync), unmapped, or
read by a call, and what a call writes is put into the backing, so that all see one content.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from emu.darwin.flags import PROT_READ
from emu.image import PAGE_SIZE

if TYPE_CHECKING:
    from emu.kernel.files import OpenFile
    from emu.memory import AddressSpace

__all__ = ["FilePager", "FilePart", "SharedPager", "untouched_file"]


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


class FilePart(NamedTuple):
    """Bytes of a mapped file that the guest has not looked at: a socket sends them unread."""

    #: The host's handle of the file.
    file: Any
    offset: int
    length: int


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
