"""Calls on memory: mmap, munmap, mprotect, madvise, msync.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.darwin.errno import EACCES, EINVAL, ENODEV, ENOMEM, Errno
from emu.image import PAGE_SIZE
from emu.kernel.files import OpenFile
from emu.memory import MMAP_BASE, USER_END, Backing, Region, round_page
from emu.syscalls.kinds import Addr, Advice, Fd, Long, MapFlags, Prot, Size
from emu.syscalls.pager import FilePager
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_PROT = 7
_ACCMODE = 3


@syscall(197, note="file mappings are private; MAP_SHARED is for anonymous memory")
def mmap(
    call: Call, addr: Addr, length: Size, prot: Prot, flags: MapFlags, fd: Fd, pos: Long
) -> int:  # fmt: skip
    """Map anonymous memory or a file."""
    size = round_page(length)
    if not length or length > USER_END or pos & (PAGE_SIZE - 1) or prot & ~_PROT:
        raise Errno(EINVAL)
    if not flags & (f.MAP_SHARED | f.MAP_PRIVATE):
        raise Errno(EINVAL)
    backing = (
        Backing(size, shared=bool(flags & f.MAP_SHARED))
        if flags & f.MAP_ANON
        else _map_file(call.file(fd), size, prot, flags, pos)
    )
    start = _place(call, addr, size, flags)
    name = "mmap" if flags & f.MAP_ANON else "file"
    call.space.map(Region(start, start + size, prot, backing, 0, name))
    return start


def _place(call: Call, addr: int, size: int, flags: int) -> int:
    layout = call.space.layout
    if flags & f.MAP_FIXED:
        if addr & (PAGE_SIZE - 1) or not PAGE_SIZE <= addr <= USER_END - size:
            raise Errno(EINVAL)
        return addr
    hint = addr & -PAGE_SIZE
    if PAGE_SIZE <= hint <= USER_END - size and not layout.overlapping(hint, hint + size):
        return hint
    return layout.gap(size, MMAP_BASE)


def _map_file(file: OpenFile, size: int, prot: int, flags: int, pos: int) -> Backing:
    if file.kind != "vnode":
        raise Errno(ENODEV)
    mode = file.flags & _ACCMODE
    if mode == f.O_WRONLY:
        raise Errno(EACCES)
    shared_write = flags & f.MAP_SHARED and prot & f.PROT_WRITE
    if shared_write:
        raise Errno(EACCES if mode != f.O_RDWR else ENODEV)
    if pos < 0:
        raise Errno(EINVAL)
    return Backing(size, pager=FilePager(file, pos))


@syscall(73)
def munmap(call: Call, addr: Addr, length: Size) -> int:
    """Remove mappings; holes in the range are no error."""
    start, end = _range(addr, length)
    call.space.unmap(start, end)
    return 0


@syscall(74)
def mprotect(call: Call, addr: Addr, length: Size, prot: Prot) -> int:
    """Change a protection; a hole in the range is ENOMEM."""
    if not length:
        return 0
    start, end = _range(addr, length)
    if prot & ~_PROT:
        raise Errno(EINVAL)
    call.space.protect(start, end, prot)
    return 0


def _range(addr: int, length: int) -> tuple[int, int]:
    end = addr + round_page(length)
    if addr & (PAGE_SIZE - 1) or not length or end > USER_END:
        raise Errno(EINVAL)
    return addr, end


@syscall(75)
def madvise(call: Call, addr: Addr, length: Size, behav: Advice) -> int:
    """Check the range; advice changes nothing here."""
    if not f.MADV_NORMAL <= behav <= f.MADV_FREE:
        raise Errno(EINVAL)
    start = addr & -PAGE_SIZE
    if length and call.space.layout.find(start) is None:
        raise Errno(ENOMEM)
    return 0
