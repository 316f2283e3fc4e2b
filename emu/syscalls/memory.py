"""Calls on memory: mmap, munmap, mprotect, madvise, msync, mincore, mlock.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.darwin.errno import EACCES, EINVAL, ENODEV, ENOMEM, ENOSYS, EPERM, Errno
from emu.host import FileHandle
from emu.image import PAGE_SIZE
from emu.kernel.files import OpenFile
from emu.kernel.shared_memory import SharedMemoryHandle
from emu.memory import USER_END, Backing, Region, round_page
from emu.syscalls.coherence import identity
from emu.syscalls.kinds import (
    Addr,
    Advice,
    Fd,
    Int,
    Long,
    MapFlags,
    MsyncFlags,
    Prot,
    ResidencyOut,
    Size,
)
from emu.syscalls.pager import FilePager, SharedPager
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_PROT = 7
_ACCMODE = 3
#: What a file that is mapped shared may grow by before a later mapping no longer fits: it is
#: reserved, which costs nothing.
_GROWTH = 64 << 20
_INCORE = 1


@syscall(197)
def mmap(
    call: Call, addr: Addr, length: Size, prot: Prot, flags: MapFlags, fd: Fd, pos: Long
) -> int:  # fmt: skip
    """Map anonymous memory or a file."""
    size = round_page(length)
    if not length or length > USER_END or pos & (PAGE_SIZE - 1) or prot & ~_PROT:
        raise Errno(EINVAL)
    if not flags & (f.MAP_SHARED | f.MAP_PRIVATE):
        raise Errno(EINVAL)
    if flags & f.MAP_ANON:
        backing, offset, name = Backing(size, shared=bool(flags & f.MAP_SHARED)), 0, "mmap"
    else:
        backing, offset = _map_file(call, call.file(fd), size, prot, flags, pos)
        name = "file"
    start = _place(call, addr, size, flags)
    call.space.map(Region(start, start + size, prot, backing, offset, name))
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
    return layout.gap(size)


def _map_file(
    call: Call, file: OpenFile, size: int, prot: int, flags: int, pos: int
) -> tuple[Backing, int]:  # fmt: skip
    """Return what backs a mapping of ``file``, and where in it the mapping begins."""
    if isinstance(file.handle, SharedMemoryHandle):
        return _map_object(file, size, prot, flags, pos)
    if type(file.handle) is not FileHandle:
        raise Errno(ENODEV)
    mode = file.flags & _ACCMODE
    if mode == f.O_WRONLY:
        raise Errno(EACCES)
    if pos < 0:
        raise Errno(EINVAL)
    if flags & f.MAP_SHARED:
        if prot & f.PROT_WRITE and mode != f.O_RDWR:
            raise Errno(EACCES)
        shared = _shared(call, file, pos + size, make=mode == f.O_RDWR)
        if shared is not None:
            return shared, pos
    return Backing(size, pager=FilePager(file, pos)), 0


def _map_object(
    file: OpenFile, size: int, prot: int, flags: int, pos: int
) -> tuple[Backing, int]:  # fmt: skip
    """Return the memory of an object of shm_open, which is mapped shared and within its size."""
    backing = file.handle.memory.backing
    if not flags & f.MAP_SHARED or backing is None or not 0 <= pos <= backing.size - size:
        raise Errno(EINVAL)
    if prot & f.PROT_WRITE and file.flags & _ACCMODE == f.O_RDONLY:
        raise Errno(EPERM)
    return backing, pos


def _shared(call: Call, file: OpenFile, end: int, *, make: bool) -> Backing | None:
    """Return the backing that all share who map ``file``, None where it cannot be shared.

    Those who only read share it once somebody may write.
    """
    mapped, who = call.kernel.mapped, identity(file)
    backing = mapped.get(who)
    if backing is not None:
        return backing if end <= backing.size else None
    if not make:
        return None
    size = round_page(max(file.handle.stat().size, end)) + _GROWTH
    backing = Backing(size, shared=True, pager=SharedPager(file))
    mapped.add(who, backing)
    return backing


@syscall(73)
def munmap(call: Call, addr: Addr, length: Size) -> int:
    """Remove mappings; holes in the range are no error."""
    start, end = _range(addr, length)
    call.space.unmap(start, end)
    if call.kernel.mapped:
        call.kernel.mapped.release(call.kernel.running)
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


@syscall(65, 405)
def msync(call: Call, addr: Addr, length: Size, flags: MsyncFlags) -> int:
    """Write a shared mapping back to its file; whichever the flags, at once."""
    if addr & (PAGE_SIZE - 1) or (flags & f.MS_ASYNC and flags & f.MS_SYNC):
        raise Errno(EINVAL)
    if not length:
        return 0
    start, end = _range(addr, length)
    _check_mapped(call, start, end)
    call.kernel.mapped.flush(call.space, start, end)
    return 0


def _check_mapped(call: Call, start: int, end: int) -> None:
    """Answer ENOMEM where a range has a hole."""
    regions = call.space.layout.overlapping(start, end)
    if sum(min(r.end, end) - max(r.start, start) for r in regions) != end - start:
        raise Errno(ENOMEM)


@syscall(78)
def mincore(call: Call, addr: Addr, length: Size, vec: ResidencyOut) -> int:
    """Report page by page whether it is in memory: whether it was touched."""
    start, end = addr & -PAGE_SIZE, round_page(addr + length)
    if end > USER_END:
        raise Errno(ENOMEM)
    _check_mapped(call, start, end)
    pages = bytearray()
    for at in range(start, end, PAGE_SIZE):
        region = call.space.layout.find(at)
        assert region is not None  # noqa: S101 - just checked
        pages.append(_INCORE * region.backing.is_present(region.offset + at - region.start))
    call.space.copyout(vec, bytes(pages))
    return 0


@syscall(203)
def mlock(call: Call, addr: Addr, length: Size) -> int:
    """Keep pages in memory, where they are anyway."""
    if addr + length > USER_END:
        raise Errno(EINVAL)
    if length:
        _check_mapped(call, addr & -PAGE_SIZE, round_page(addr + length))
    return 0


@syscall(204)
def munlock(call: Call, addr: Addr, length: Size) -> int:
    """Undo mlock."""
    return mlock(call, addr, length)


@syscall(324)
def mlockall(_call: Call, how: Int) -> int:
    """Answer ENOSYS, which is all that xnu does."""
    del how
    raise Errno(ENOSYS)


@syscall(325)
def munlockall(_call: Call, how: Int) -> int:
    """Answer ENOSYS, which is all that xnu does."""
    del how
    raise Errno(ENOSYS)
