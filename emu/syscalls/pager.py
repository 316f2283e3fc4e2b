"""Files mapped into guest memory: read page by page, or handed on without being read at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from emu.darwin.flags import PROT_READ

if TYPE_CHECKING:
    from emu.kernel.files import OpenFile
    from emu.memory import AddressSpace

__all__ = ["FilePager", "FilePart", "untouched_file"]


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
