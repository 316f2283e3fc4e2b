"""The calls on files from before 64-bit inode numbers: what they report is cut to fit.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, Errno
from emu.darwin.oldfiles import DIRENT_NAME, Stat, pack_dirent
from emu.host import Directory, HostStat
from emu.syscalls.file import opened_directory, report_at
from emu.syscalls.kinds import AtFlags, DirFd, Fd, LongOut, OldDirentsOut, OldStatOut, Path, UInt
from emu.syscalls.table import Call, syscall

__all__: list[str] = []


@syscall(188)
def stat(call: Call, path: Path, ub: OldStatOut) -> int:
    """Report on a file, following links."""
    return report_at(call, f.AT_FDCWD, path, ub, 0, _pack)


@syscall(190)
def lstat(call: Call, path: Path, ub: OldStatOut) -> int:
    """Report on a file, or on the link itself."""
    return report_at(call, f.AT_FDCWD, path, ub, f.AT_SYMLINK_NOFOLLOW, _pack)


@syscall(189)
def fstat(call: Call, fd: Fd, ub: OldStatOut) -> int:
    """Report on an open file."""
    call.space.copyout(ub, _pack(call.file(fd).handle.stat()))
    return 0


@syscall(469)
def fstatat(call: Call, fd: DirFd, path: Path, ub: OldStatOut, flag: AtFlags) -> int:
    """Report on a file relative to a directory."""
    return report_at(call, fd, path, ub, flag, _pack)


def _pack(known: HostStat) -> bytes:
    return Stat.STRUCT.pack(
        known.dev & 0x7FFFFFFF,
        known.ino & 0xFFFFFFFF,
        known.mode & 0xFFFF,
        min(known.nlink, 0xFFFF),
        known.uid & 0xFFFFFFFF,
        known.gid & 0xFFFFFFFF,
        known.rdev & 0x7FFFFFFF,
        *divmod(known.atime_ns, 1_000_000_000),
        *divmod(known.mtime_ns, 1_000_000_000),
        *divmod(known.ctime_ns, 1_000_000_000),
        known.size,
        known.blocks,
        min(known.blksize, 0x7FFFFFFF),
        known.flags & 0xFFFFFFFF,
        known.gen & 0xFFFFFFFF,
        0,
        b"",
    )


@syscall(196)
def getdirentries(call: Call, fd: Fd, buf: OldDirentsOut, count: UInt, basep: LongOut) -> int:
    """Read entries of a directory; report the position that they begin at."""
    handle = opened_directory(call, fd)
    # What cannot be written is found before the position moves.
    call.space.views(buf, count, f.PROT_WRITE)
    began, entries = handle.position, _take(handle, count)
    call.space.copyout(buf, entries)
    call.space.copyout(basep, struct.pack("<q", began))
    return len(entries)


def _take(handle: Directory, room: int) -> bytes:
    """Return packed entries of at most ``room`` bytes."""
    entries = bytearray()
    while (entry := handle.peek()) is not None:
        if len(entries) + ((DIRENT_NAME + len(entry.name) + 4) & ~3) > room:
            if not entries:
                raise Errno(EINVAL)
            break
        entries += pack_dirent(entry.ino, entry.type, entry.name)
        handle.advance()
    return bytes(entries)
