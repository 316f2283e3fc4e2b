"""Calls on open files: open, close, read, write and their kin, stat, entries, fcntl.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct
from collections.abc import Callable

from emu.darwin import flags as f
from emu.darwin.errno import EBADF, EINVAL, ENOTDIR, ENOTSUP, Errno
from emu.darwin.structs import DIRENT_NAME, Stat64, pack_dirent
from emu.host import Directory, FileHandle, Handle, HostStat
from emu.kernel.files import OpenFile
from emu.kernel.process import Park
from emu.syscalls import advice, coherence, record_lock
from emu.syscalls.coherence import cut
from emu.syscalls.kinds import (
    AtFlags,
    DirentsOut,
    DirFd,
    FcntlArg,
    FcntlCmd,
    Fd,
    InBuf,
    Int,
    IovecIn,
    IovecOut,
    Long,
    LongOut,
    Mode,
    OpenFlags,
    OutBuf,
    Path,
    Size,
    StatOut,
    UInt,
    Whence,
)
from emu.syscalls.table import Call, syscall
from emu.syscalls.transfer import Piece, in_pieces, iovecs, out_pieces, outgoing, receive, transmit

__all__ = ["directory_at", "open_file", "opened_directory", "pack_stat", "report_at"]

#: The flags of an open file that F_GETFL shows and F_SETFL sets.
_STATUS_FLAGS = f.O_ACCMODE | f.O_NONBLOCK | f.O_APPEND | f.O_ASYNC | f.O_SYNC | f.O_DSYNC
_SETTABLE = f.O_NONBLOCK | f.O_APPEND | f.O_ASYNC
_STAT_FLAGS = f.AT_SYMLINK_NOFOLLOW | f.AT_SYMLINK_NOFOLLOW_ANY | f.AT_REALDEV | f.AT_FDONLY
_KINDS = {"stream": "fifo"}
#: How long to sleep before a FIFO is tried again.
_FIFO_RETRY_NS = 20_000_000


def directory_at(call: Call, fd: int, path: bytes) -> Directory:
    """Return where ``path`` begins: at ``fd``, in the working directory, or at the root."""
    if path[:1] == b"/":
        return call.host.root
    if fd == f.AT_FDCWD:
        cwd: Directory = call.process.cwd
        return cwd
    handle = call.file(fd).handle
    if not isinstance(handle, Directory):
        raise Errno(ENOTDIR)
    return handle


# ---- opening and closing ----


def open_file(call: Call, at: Directory, path: bytes, flags: int, mode: int) -> int:
    """Open ``path`` and return the caller's new descriptor."""
    if flags & f.O_ACCMODE == f.O_ACCMODE:
        raise Errno(EINVAL)
    process = call.process
    process.files.lowest()  # EMFILE comes before anything is made
    try:
        handle = call.host.files.open(at, path, flags, mode & 0o7777 & ~process.umask)
    except BlockingIOError:
        # A FIFO that nobody reads yet: there is nothing that could be waited on.
        raise Park(deadline=call.now() + _FIFO_RETRY_NS) from None
    kind = _KINDS.get(handle.kind, "vnode")
    file = OpenFile(handle, kind, flags & _STATUS_FLAGS, path.decode(errors="replace"))
    return process.files.add(file, cloexec=bool(flags & f.O_CLOEXEC))


@syscall(5, 398)
def open(call: Call, path: Path, flags: OpenFlags, mode: Mode) -> int:  # noqa: A001 - xnu's name
    """Open a file relative to the working directory."""
    return open_file(call, directory_at(call, f.AT_FDCWD, path), path, flags, mode)


@syscall(463, 464)
def openat(call: Call, fd: DirFd, path: Path, flags: OpenFlags, mode: Mode) -> int:
    """Open a file relative to a directory."""
    return open_file(call, directory_at(call, fd, path), path, flags, mode)


@syscall(216)
def open_dprotected_np(
    call: Call, path: Path, flags: OpenFlags, class_: Int, dpflags: Int, mode: Mode
) -> int:
    """Open a file; a class of data protection is nothing on a Mac's own disk."""
    del class_, dpflags
    return open(call, path, flags, mode)


@syscall(218)
def openat_dprotected_np(
    call: Call, fd: DirFd, path: Path, flags: OpenFlags, class_: Int, dpflags: Int, mode: Mode,
    authfd: Int,
) -> int:  # fmt: skip
    """Open a file relative to a directory, see open_dprotected_np."""
    del class_, dpflags, authfd
    return openat(call, fd, path, flags, mode)


@syscall(6, 399)
def close(call: Call, fd: Fd) -> int:
    """Free a descriptor."""
    if call.kernel.locks:
        record_lock.forget(call, fd)
    call.process.files.close(fd)
    return 0


@syscall(41)
def dup(call: Call, fd: Fd) -> int:
    """Give a file a second descriptor."""
    return call.process.files.add(call.file(fd))


@syscall(90)
def dup2(call: Call, fd: Fd, to: Fd) -> int:
    """Make ``to`` lead where ``fd`` leads."""
    file = call.file(fd)
    files = call.process.files
    if not 0 <= to < files.limit:
        raise Errno(EBADF)
    if to != fd:
        if call.kernel.locks and to in files:
            record_lock.forget(call, to)
        files.put(to, file)
    return to


# ---- bytes ----


@syscall(3, 396)
def read(call: Call, fd: Fd, cbuf: OutBuf, nbyte: Size) -> int:
    """Read up to ``nbyte`` bytes."""
    file = _readable(call, fd)
    pieces = out_pieces(call.space, cbuf, nbyte)
    if call.kernel.mapped:
        coherence.before_read(call, file)
    handle: Handle = file.handle
    if len(pieces) == 1:
        return receive(call, file, lambda: handle.read_into(pieces[0]))
    return receive(call, file, lambda: handle.readv(pieces))


@syscall(120, 411)
def readv(call: Call, fd: Fd, iovp: IovecOut, iovcnt: UInt) -> int:
    """Read into several buffers in turn."""
    file = _readable(call, fd)
    pieces = [
        piece
        for base, length in iovecs(call.space, iovp, iovcnt)
        for piece in out_pieces(call.space, base, length)
    ]
    if call.kernel.mapped:
        coherence.before_read(call, file)
    handle: Handle = file.handle
    return receive(call, file, lambda: handle.readv(pieces))


@syscall(153, 414)
def pread(call: Call, fd: Fd, buf: OutBuf, nbyte: Size, offset: Long) -> int:
    """Read at ``offset`` without moving the position."""
    return _read_at(call, fd, [(buf, nbyte)], offset)


@syscall(540, 542)
def preadv(call: Call, fd: Fd, iovp: IovecOut, iovcnt: Int, offset: Long) -> int:
    """Read into several buffers at ``offset`` without moving the position."""
    return _read_at(call, fd, iovecs(call.space, iovp, iovcnt), offset)


def _read_at(call: Call, fd: int, buffers: list[tuple[int, int]], offset: int) -> int:
    """Fill ``buffers``, (address, length), from ``offset`` on."""
    file = _readable(call, fd)
    if offset < 0:
        raise Errno(EINVAL)
    pieces = [p for base, size in buffers for p in out_pieces(call.space, base, size)]
    if call.kernel.mapped:
        coherence.before_read(call, file)
    total = 0
    for piece in pieces:
        count: int = file.handle.pread_into(piece, offset + total)
        total += count
        if count < len(piece):
            break
    return total


@syscall(4, 397)
def write(call: Call, fd: Fd, cbuf: InBuf, nbyte: Size) -> int:
    """Write ``nbyte`` bytes."""
    file = call.file(fd)
    return _write_all(call, file, outgoing(call, file, cbuf, nbyte))


@syscall(121, 412)
def writev(call: Call, fd: Fd, iovp: IovecIn, iovcnt: UInt) -> int:
    """Write several buffers in turn."""
    file = call.file(fd)
    buffers = iovecs(call.space, iovp, iovcnt)
    pieces = [p for base, size in buffers if size for p in outgoing(call, file, base, size)]
    return _write_all(call, file, pieces)


def _write_all(call: Call, file: OpenFile, pieces: list[Piece]) -> int:
    if file.kind != "vnode" or not coherence.is_needed(call):
        return transmit(call, file, pieces)
    length = sum(map(len, pieces))

    def write(allowed: int) -> int:
        return transmit(call, file, pieces if allowed == length else cut(pieces, allowed))

    return coherence.written(call, file, None, length, write)


@syscall(154, 415)
def pwrite(call: Call, fd: Fd, buf: InBuf, nbyte: Size, offset: Long) -> int:
    """Write at ``offset`` without moving the position."""
    return _write_at(call, fd, [(buf, nbyte)], offset)


@syscall(541, 543)
def pwritev(call: Call, fd: Fd, iovp: IovecIn, iovcnt: Int, offset: Long) -> int:
    """Write several buffers at ``offset`` without moving the position."""
    return _write_at(call, fd, iovecs(call.space, iovp, iovcnt), offset)


def _write_at(call: Call, fd: int, buffers: list[tuple[int, int]], offset: int) -> int:
    """Write ``buffers``, (address, length), at ``offset``."""
    file = _writable(call, fd)
    if offset < 0:
        raise Errno(EINVAL)
    pieces = [p for base, size in buffers for p in in_pieces(call.space, base, size)]
    data = b"".join(pieces)
    if coherence.is_needed(call):
        return coherence.written(
            call, file, offset, len(data), lambda n: int(file.handle.pwrite(data[:n], offset))
        )
    count: int = file.handle.pwrite(data, offset)
    return count


@syscall(199)
def lseek(call: Call, fd: Fd, offset: Long, whence: Whence) -> int:
    """Move the position of a file, or of a directory's entries."""
    position: int = call.file(fd).handle.seek(offset, whence)
    return position


@syscall(201)
def ftruncate(call: Call, fd: Fd, length: Long) -> int:
    """Cut or extend a file."""
    file = call.file(fd)
    if length < 0 or file.flags & f.O_ACCMODE == f.O_RDONLY:
        raise Errno(EINVAL)
    if coherence.is_needed(call):
        coherence.truncated(call, file, length)
    else:
        file.handle.truncate(length)
    return 0


@syscall(95, 408, name="fsync")
@syscall(187)
def fdatasync(call: Call, fd: Fd) -> int:
    """Bring a file's content to the disk."""
    call.file(fd).handle.sync()
    return 0


def _readable(call: Call, fd: int) -> OpenFile:
    """Return a file that was opened for reading, or EBADF."""
    file = call.file(fd)
    if file.flags & f.O_ACCMODE == f.O_WRONLY:
        raise Errno(EBADF)
    return file


def _writable(call: Call, fd: int) -> OpenFile:
    """Return a file that was opened for writing, or EBADF."""
    file = call.file(fd)
    if file.flags & f.O_ACCMODE == f.O_RDONLY:
        raise Errno(EBADF)
    return file


# ---- what is known of a file ----


def pack_stat(known: HostStat) -> bytes:
    """Return ``struct stat64``; what does not fit its field is cut, as on every 32-bit dev_t."""
    return Stat64.STRUCT.pack(
        known.dev & 0x7FFFFFFF,
        known.mode & 0xFFFF,
        min(known.nlink, 0xFFFF),
        known.ino & 0xFFFFFFFFFFFFFFFF,
        known.uid & 0xFFFFFFFF,
        known.gid & 0xFFFFFFFF,
        known.rdev & 0x7FFFFFFF,
        *divmod(known.atime_ns, 1_000_000_000),
        *divmod(known.mtime_ns, 1_000_000_000),
        *divmod(known.ctime_ns, 1_000_000_000),
        *divmod(known.birthtime_ns, 1_000_000_000),
        known.size,
        known.blocks,
        min(known.blksize, 0x7FFFFFFF),
        known.flags & 0xFFFFFFFF,
        known.gen & 0xFFFFFFFF,
        0,
        b"",
    )


@syscall(338)
def stat64(call: Call, path: Path, ub: StatOut) -> int:
    """Report on a file, following links."""
    return report_at(call, f.AT_FDCWD, path, ub, 0)


@syscall(340)
def lstat64(call: Call, path: Path, ub: StatOut) -> int:
    """Report on a file, or on the link itself."""
    return report_at(call, f.AT_FDCWD, path, ub, f.AT_SYMLINK_NOFOLLOW)


@syscall(339)
def fstat64(call: Call, fd: Fd, ub: StatOut) -> int:
    """Report on an open file."""
    call.space.copyout(ub, pack_stat(call.file(fd).handle.stat()))
    return 0


@syscall(470)
def fstatat64(call: Call, fd: DirFd, path: Path, ub: StatOut, flag: AtFlags) -> int:
    """Report on a file relative to a directory."""
    return report_at(call, fd, path, ub, flag)


def report_at(
    call: Call,
    fd: int,
    path: bytes,
    ub: int,
    flag: int,
    pack: Callable[[HostStat], bytes] = pack_stat,
) -> int:
    """Report on ``path`` as ``pack`` lays it out: what all of stat's kin do with a path."""
    if flag & ~_STAT_FLAGS:
        raise Errno(EINVAL)
    if flag & f.AT_FDONLY:
        known = call.file(fd).handle.stat()
    else:
        known = call.host.files.stat(
            directory_at(call, fd, path),
            path,
            follow=not flag & f.AT_SYMLINK_NOFOLLOW,
            deny_links=bool(flag & f.AT_SYMLINK_NOFOLLOW_ANY),
        )
    call.space.copyout(ub, pack(known))
    return 0


# ---- directories ----


@syscall(344)
def getdirentries64(call: Call, fd: Fd, buf: DirentsOut, bufsize: Size, position: LongOut) -> int:
    """Read entries of a directory; report the position that they begin at.

    A buffer of 1024 bytes and more keeps its last four for a word that tells the end.
    """
    handle = opened_directory(call, fd)
    size = min(bufsize, 1 << 27)
    # What cannot be written is found before the position moves.
    call.space.views(buf, size, f.PROT_WRITE)
    began = handle.position
    flagged = size >= f.GETDIRENTRIES64_EXTENDED_BUFSIZE
    entries, ended = _take_entries(handle, size - 4 if flagged else size)
    if flagged:
        call.space.copyout(buf + size - 4, struct.pack("<I", ended))
    call.space.copyout(buf, entries)
    call.space.copyout(position, struct.pack("<q", began))
    return len(entries)


def opened_directory(call: Call, fd: int) -> Directory:
    """Return the directory that ``fd`` reads, or EBADF, EINVAL, ENOTSUP."""
    file = _readable(call, fd)
    if not isinstance(file.handle, Directory):
        raise Errno(EINVAL if file.kind in {"vnode", "fifo"} else ENOTSUP)
    return file.handle


def _take_entries(handle: Directory, room: int) -> tuple[bytes, bool]:
    """Return packed entries of at most ``room`` bytes, and whether they reach the end."""
    entries = bytearray()
    while (entry := handle.peek()) is not None:
        reclen = (DIRENT_NAME + len(entry.name) + 8) & ~7
        if len(entries) + reclen > room:
            if not entries:
                raise Errno(EINVAL)
            return bytes(entries), False
        entries += pack_dirent(entry.ino, handle.position + 1, entry.type, entry.name)
        handle.advance()
    return bytes(entries), True


# -- fcntl ------------------------------------------------------------------------------------


@syscall(92, 406)
def fcntl(call: Call, fd: Fd, cmd: FcntlCmd, arg: FcntlArg) -> int:
    """Duplicate a descriptor, or report and change its flags; EINVAL for another command."""
    call.file(fd)
    if cmd not in _FCNTL:
        raise Errno(EINVAL)
    return _FCNTL[cmd](call, fd, arg)


def _duplicate(call: Call, fd: int, arg: int, *, cloexec: bool = False) -> int:
    files = call.process.files
    if not 0 <= arg < files.limit:
        raise Errno(EINVAL)
    return files.add(files.get(fd), minimum=arg, cloexec=cloexec)


def _set_descriptor_flags(call: Call, fd: int, arg: int) -> int:
    call.process.files.set_cloexec(fd, on=bool(arg & f.FD_CLOEXEC))
    return 0


def _set_file_flags(call: Call, fd: int, arg: int) -> int:
    file = call.file(fd)
    file.flags = file.flags & ~_SETTABLE | arg & _SETTABLE
    if isinstance(file.handle, FileHandle):
        file.handle.set_append(on=bool(arg & f.O_APPEND))
    return 0


def _get_path(call: Call, fd: int, arg: int) -> int:
    call.space.copyout(arg, call.file(fd).handle.path() + b"\0")
    return 0


def _sync(call: Call, fd: int, _arg: int) -> int:
    handle = call.file(fd).handle
    if not isinstance(handle, FileHandle | Directory):
        raise Errno(EINVAL)
    handle.sync()
    return 0


def _set_owner(call: Call, fd: int, arg: int) -> int:
    """Keep who wants SIGIO, which nothing here sends."""
    call.file(fd).options["owner"] = arg & 0xFFFFFFFF
    return 0


def _set_nosigpipe(call: Call, fd: int, arg: int) -> int:
    call.file(fd).options["nosigpipe"] = int(bool(arg))
    return 0


_FCNTL: dict[int, Callable[[Call, int, int], int]] = {
    f.F_DUPFD: _duplicate,
    f.F_DUPFD_CLOEXEC: lambda call, fd, arg: _duplicate(call, fd, arg, cloexec=True),
    f.F_GETFD: lambda call, fd, _: int(call.process.files.cloexec(fd)),
    f.F_SETFD: _set_descriptor_flags,
    f.F_GETFL: lambda call, fd, _: call.file(fd).flags,
    f.F_SETFL: _set_file_flags,
    f.F_GETPATH: _get_path,
    f.F_FULLFSYNC: _sync,
    f.F_GETPATH_NOFIRMLINK: _get_path,
    f.F_BARRIERFSYNC: _sync,
    f.F_NOCACHE: lambda *_: 0,
    f.F_RDAHEAD: lambda *_: 0,
    f.F_RDADVISE: advice.read_ahead,
    f.F_PREALLOCATE: advice.preallocate,
    f.F_GETOWN: lambda call, fd, _: call.file(fd).options.get("owner", 0),
    f.F_SETOWN: _set_owner,
    f.F_GETLK: record_lock.get_lock,
    f.F_SETLK: lambda call, fd, arg: record_lock.set_lock(call, fd, arg, wait=False),
    f.F_SETLKW: lambda call, fd, arg: record_lock.set_lock(call, fd, arg, wait=True),
    f.F_SETNOSIGPIPE: _set_nosigpipe,
    f.F_GETNOSIGPIPE: lambda call, fd, _: call.file(fd).options.get("nosigpipe", 0),
}
