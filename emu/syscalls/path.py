"""Calls on names in the file system: open, stat, unlink, rename, getdirentries64.

Every path leads through :class:`emu.host.filesystem.FileSystem`, which confines it to the
guest's root.  Annotations are evaluated when the table is built, so they are not postponed.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EBADF, EINVAL, ENOTDIR, Errno
from emu.darwin.structs import DIRENT_NAME, Stat64, pack_dirent
from emu.host import Directory, HostStat
from emu.kernel.files import OpenFile
from emu.kernel.process import Park
from emu.syscalls.kinds import Addr, Fd, Int, OutBuf, Path, Size, UInt
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_ACCMODE = 3
#: How long to wait before a FIFO is tried again that nobody reads yet, in nanoseconds.
_FIFO_RETRY = 20_000_000
#: From this size on getdirentries64 keeps the buffer's last 4 bytes for a flag word.
_FLAG_WORD_FROM = 1024
_END_OF_DIRECTORY = 1


def directory_at(call: Call, fd: int, path: bytes) -> Directory:
    """Return where ``path`` begins: a descriptor's directory, or the working directory."""
    cwd: Directory = call.process.cwd
    if fd == f.AT_FDCWD or path[:1] == b"/":
        return cwd
    handle = call.file(fd).handle
    if not isinstance(handle, Directory):
        raise Errno(ENOTDIR)
    return handle


# -- opening ----------------------------------------------------------------------------------


@syscall(5, 398)
def open(call: Call, path: Path, flags: Int, mode: Int) -> int:  # noqa: A001 - xnu's name
    """Open a file of the guest's file system."""
    return _open(call, f.AT_FDCWD, path, flags, mode)


@syscall(463, 464)
def openat(call: Call, fd: Fd, path: Path, flags: Int, mode: Int) -> int:
    """Open a file relative to a directory."""
    return _open(call, fd, path, flags, mode)


def _open(call: Call, at: int, path: bytes, flags: int, mode: int) -> int:
    if flags & _ACCMODE == _ACCMODE:
        raise Errno(EINVAL)
    files = call.process.files
    fd = files.lowest()
    start = directory_at(call, at, path)
    permissions = mode & 0o7777 & ~call.process.umask
    try:
        handle = call.host.files.open(start, path, flags, permissions)
    except BlockingIOError:
        raise Park(deadline=call.now() + _FIFO_RETRY) from None
    name = path.decode(errors="backslashreplace")
    kept = flags & (_ACCMODE | f.O_NONBLOCK | f.O_APPEND)
    files.put(fd, OpenFile(handle, "vnode", kept, name), cloexec=bool(flags & f.O_CLOEXEC))
    return fd


# -- asking -----------------------------------------------------------------------------------


def _put_stat(call: Call, address: int, s: HostStat) -> int:
    packed = Stat64(
        s.dev & 0x7FFFFFFF, s.mode & 0xFFFF, s.nlink & 0xFFFF, s.ino, s.uid, s.gid,
        s.rdev & 0x7FFFFFFF, *divmod(s.atime_ns, 10**9), *divmod(s.mtime_ns, 10**9),
        *divmod(s.ctime_ns, 10**9), *divmod(s.birthtime_ns, 10**9), s.size, s.blocks, s.blksize,
        s.flags & 0xFFFFFFFF, s.gen & 0xFFFFFFFF,
    ).pack()  # fmt: skip
    call.space.copyout(address, packed)
    return 0


@syscall(338)
def stat64(call: Call, path: Path, ub: Addr) -> int:
    """Report on a file, following links."""
    return _put_stat(call, ub, call.host.files.stat(call.process.cwd, path))


@syscall(340)
def lstat64(call: Call, path: Path, ub: Addr) -> int:
    """Report on a file or on a link itself."""
    return _put_stat(call, ub, call.host.files.stat(call.process.cwd, path, follow=False))


@syscall(339)
def fstat64(call: Call, fd: Fd, ub: Addr) -> int:
    """Report on an open file."""
    return _put_stat(call, ub, call.file(fd).handle.stat())


@syscall(470)
def fstatat64(call: Call, fd: Fd, path: Path, ub: Addr, flag: Int) -> int:
    """Report on a file relative to a directory."""
    known = f.AT_SYMLINK_NOFOLLOW | f.AT_SYMLINK_NOFOLLOW_ANY
    if flag & ~known:
        raise Errno(EINVAL)
    status = call.host.files.stat(
        directory_at(call, fd, path),
        path,
        follow=not flag & known,
        deny_links=bool(flag & f.AT_SYMLINK_NOFOLLOW_ANY),
    )
    return _put_stat(call, ub, status)


@syscall(344)
def getdirentries64(call: Call, fd: Fd, buf: OutBuf, bufsize: Size, position: Addr) -> int:
    """Read whole entries into the buffer; 0 at the end, EINVAL where not one fits."""
    file = call.file(fd)
    directory = file.handle
    if file.flags & _ACCMODE == f.O_WRONLY:
        raise Errno(EBADF)
    if not isinstance(directory, Directory):
        raise Errno(EINVAL)
    room = min(bufsize, 1 << 20)
    flagged = bufsize >= _FLAG_WORD_FROM
    before = directory.position
    data = _entries(directory, room - 4 * flagged)
    try:
        call.space.copyout(buf, data)
        if flagged:
            end = _END_OF_DIRECTORY if directory.peek() is None else 0
            call.space.copyout(buf + bufsize - 4, struct.pack("<I", end))
        if position:
            call.space.copyout(position, struct.pack("<q", before))
    except Errno:
        directory.seek(before, f.SEEK_SET)
        raise
    return len(data)


def _entries(directory: Directory, room: int) -> bytes:
    parts: list[bytes] = []
    while (entry := directory.peek()) is not None:
        reclen = (DIRENT_NAME + len(entry.name) + 1 + 7) & -8
        if reclen > room:
            if not parts:
                raise Errno(EINVAL)
            break
        room -= reclen
        directory.advance()
        parts.append(pack_dirent(entry.ino, directory.position, entry.type, entry.name))
    return b"".join(parts)


# -- changing ---------------------------------------------------------------------------------


@syscall(10)
def unlink(call: Call, path: Path) -> int:
    """Remove a name; EPERM for a directory."""
    call.host.files.unlink(call.process.cwd, path)
    return 0


@syscall(472)
def unlinkat(call: Call, fd: Fd, path: Path, flag: Int) -> int:
    """Remove a name, or with AT_REMOVEDIR an empty directory, relative to a directory."""
    if flag & ~(f.AT_REMOVEDIR | f.AT_SYMLINK_NOFOLLOW_ANY):
        raise Errno(EINVAL)
    remove = call.host.files.rmdir if flag & f.AT_REMOVEDIR else call.host.files.unlink
    deny = bool(flag & f.AT_SYMLINK_NOFOLLOW_ANY)
    remove(directory_at(call, fd, path), path, deny_links=deny)
    return 0


@syscall(128)
def rename(call: Call, from_: Path, to: Path) -> int:
    """Rename, replacing what is there."""
    call.host.files.rename(call.process.cwd, from_, call.process.cwd, to)
    return 0


@syscall(488)
def renameatx_np(call: Call, fromfd: Fd, from_: Path, tofd: Fd, to: Path, flags: UInt) -> int:
    """Rename relative to directories, with RENAME_SWAP, RENAME_EXCL or RENAME_NOFOLLOW_ANY."""
    source, target = directory_at(call, fromfd, from_), directory_at(call, tofd, to)
    call.host.files.rename(source, from_, target, to, flags)
    return 0
