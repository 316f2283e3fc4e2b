"""Calls on names: unlink, rename, link, mkdir and their kin, modes, times, the working directory.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.darwin.errno import EBADF, EINVAL, ENOTDIR, ENOTSUP, EPERM, Errno
from emu.darwin.structs import Timeval
from emu.host import Directory, FileHandle
from emu.kernel.process import Park
from emu.syscalls.file import directory_at
from emu.syscalls.kinds import (
    AccessMode,
    AtFlags,
    DirFd,
    Fd,
    FlockOp,
    Int,
    Long,
    Mode,
    OutBuf,
    Path,
    RenameFlags,
    Size,
    TimevalsIn,
    UInt,
)
from emu.syscalls.table import Call, syscall
from emu.syscalls.transfer import INT_MAX

__all__: list[str] = []

_HERE = f.AT_FDCWD
#: How long to sleep before a lock that another open file holds is tried again.
_LOCK_RETRY_NS = 10_000_000
_NOBODY = 0xFFFFFFFF


# ---- removing and renaming ----


@syscall(10)
def unlink(call: Call, path: Path) -> int:
    """Remove a name."""
    return unlinkat(call, _HERE, path, 0)


@syscall(472)
def unlinkat(call: Call, fd: DirFd, path: Path, flag: AtFlags) -> int:
    """Remove a name, or with AT_REMOVEDIR an empty directory."""
    if flag & ~(f.AT_REMOVEDIR | f.AT_SYMLINK_NOFOLLOW_ANY):
        raise Errno(EINVAL)
    files = call.host.files
    remove = files.rmdir if flag & f.AT_REMOVEDIR else files.unlink
    deny = bool(flag & f.AT_SYMLINK_NOFOLLOW_ANY)
    remove(directory_at(call, fd, path), path, deny_links=deny)
    return 0


@syscall(137)
def rmdir(call: Call, path: Path) -> int:
    """Remove an empty directory."""
    return unlinkat(call, _HERE, path, f.AT_REMOVEDIR)


@syscall(128)
def rename(call: Call, source: Path, to: Path) -> int:
    """Rename, replacing what is there."""
    return renameatx_np(call, _HERE, source, _HERE, to, 0)


@syscall(465)
def renameat(call: Call, fromfd: DirFd, source: Path, tofd: DirFd, to: Path) -> int:
    """Rename relative to directories, replacing what is there."""
    return renameatx_np(call, fromfd, source, tofd, to, 0)


@syscall(488)
def renameatx_np(
    call: Call, fromfd: DirFd, source: Path, tofd: DirFd, to: Path, flags: RenameFlags
) -> int:
    """Rename without replacing (RENAME_EXCL), or exchange (RENAME_SWAP)."""
    call.host.files.rename(
        directory_at(call, fromfd, source), source, directory_at(call, tofd, to), to, flags
    )
    return 0


# ---- making ----


@syscall(136)
def mkdir(call: Call, path: Path, mode: Mode) -> int:
    """Make a directory."""
    return mkdirat(call, _HERE, path, mode)


@syscall(475)
def mkdirat(call: Call, fd: DirFd, path: Path, mode: Mode) -> int:
    """Make a directory relative to a directory."""
    permissions = mode & 0o777 & ~call.process.umask
    call.host.files.mkdir(directory_at(call, fd, path), path, permissions)
    return 0


@syscall(132)
def mkfifo(call: Call, path: Path, mode: Mode) -> int:
    """Make a FIFO."""
    return mkfifoat(call, _HERE, path, mode)


@syscall(553)
def mkfifoat(call: Call, fd: DirFd, path: Path, mode: Mode) -> int:
    """Make a FIFO relative to a directory."""
    permissions = mode & 0o777 & ~call.process.umask
    call.host.files.mkfifo(directory_at(call, fd, path), path, permissions)
    return 0


@syscall(9)
def link(call: Call, path: Path, link: Path) -> int:
    """Make a second name for a file."""
    return linkat(call, _HERE, path, _HERE, link, f.AT_SYMLINK_FOLLOW)


@syscall(471)
def linkat(
    call: Call, fd1: DirFd, path: Path, fd2: DirFd, link: Path, flag: AtFlags
) -> int:  # fmt: skip
    """Make a second name for a file, or for a link itself."""
    if flag & ~(f.AT_SYMLINK_FOLLOW | f.AT_SYMLINK_NOFOLLOW_ANY):
        raise Errno(EINVAL)
    call.host.files.link(
        directory_at(call, fd1, path),
        path,
        directory_at(call, fd2, link),
        link,
        follow=bool(flag & f.AT_SYMLINK_FOLLOW),
    )
    return 0


@syscall(57)
def symlink(call: Call, path: Path, link: Path) -> int:
    """Make a symbolic link."""
    return symlinkat(call, path, _HERE, link)


@syscall(474)
def symlinkat(call: Call, path1: Path, fd: DirFd, path2: Path) -> int:
    """Make a symbolic link relative to a directory."""
    call.host.files.symlink(path1, directory_at(call, fd, path2), path2)
    return 0


@syscall(58)
def readlink(call: Call, path: Path, buf: OutBuf, count: Size) -> int:
    """Report where a symbolic link points, without a NUL."""
    return readlinkat(call, _HERE, path, buf, count)


@syscall(473)
def readlinkat(call: Call, fd: DirFd, path: Path, buf: OutBuf, bufsize: Size) -> int:
    """Report where a symbolic link points, relative to a directory."""
    if bufsize > INT_MAX:
        raise Errno(EINVAL)
    target = call.host.files.readlink(directory_at(call, fd, path), path)[:bufsize]
    call.space.copyout(buf, target)
    return len(target)


# ---- asking and changing ----


@syscall(33)
def access(call: Call, path: Path, flags: AccessMode) -> int:
    """Check that a file may be used."""
    return faccessat(call, _HERE, path, flags, 0)


@syscall(466)
def faccessat(call: Call, fd: DirFd, path: Path, amode: AccessMode, flag: AtFlags) -> int:
    """Check that a file may be used, relative to a directory."""
    known = f.AT_EACCESS | f.AT_SYMLINK_NOFOLLOW | f.AT_SYMLINK_NOFOLLOW_ANY
    if flag & ~known:
        raise Errno(EINVAL)
    call.host.files.access(
        directory_at(call, fd, path), path, amode, follow=not flag & f.AT_SYMLINK_NOFOLLOW
    )
    return 0


@syscall(15)
def chmod(call: Call, path: Path, mode: Mode) -> int:
    """Set permissions."""
    return fchmodat(call, _HERE, path, mode, 0)


@syscall(467, note="links themselves have no mode")
def fchmodat(call: Call, fd: DirFd, path: Path, mode: Mode, flag: AtFlags) -> int:
    """Set permissions relative to a directory."""
    if flag & ~(f.AT_SYMLINK_NOFOLLOW | f.AT_SYMLINK_NOFOLLOW_ANY):
        raise Errno(EINVAL)
    if flag:
        raise Errno(ENOTSUP)
    call.host.files.chmod(directory_at(call, fd, path), path, mode & 0o7777)
    return 0


@syscall(124)
def fchmod(call: Call, fd: Fd, mode: Mode) -> int:
    """Set the permissions of an open file or directory."""
    handle = _vnode(call, fd)
    if isinstance(handle, Directory):
        call.host.files.chmod(handle, b".", mode & 0o7777)
    else:
        handle.chmod(mode & 0o7777)
    return 0


@syscall(200)
def truncate(call: Call, path: Path, length: Long) -> int:
    """Cut or extend a file."""
    if length < 0:
        raise Errno(EINVAL)
    call.host.files.truncate(directory_at(call, _HERE, path), path, length)
    return 0


@syscall(138)
def utimes(call: Call, path: Path, tptr: TimevalsIn) -> int:
    """Set the times of access and change of content; null means now."""
    times = _times(call, tptr)
    call.host.files.utimes(directory_at(call, _HERE, path), path, times)
    return 0


@syscall(139)
def futimes(call: Call, fd: Fd, tptr: TimevalsIn) -> int:
    """Set the times of an open file or directory; null means now."""
    handle = _vnode(call, fd)
    times = _times(call, tptr)
    if isinstance(handle, Directory):
        call.host.files.utimes(handle, b".", times)
    else:
        handle.utime(times)
    return 0


def _times(call: Call, tptr: int) -> tuple[int, int] | None:
    """Read two times; EINVAL where one has too many microseconds."""
    if not tptr:
        return None
    raw = call.space.copyin(tptr, 2 * Timeval.SIZE)
    times = [Timeval.unpack(raw, offset) for offset in (0, Timeval.SIZE)]
    if any(not 0 <= time.usec < 1_000_000 for time in times):
        raise Errno(EINVAL)
    return times[0].to_ns(), times[1].to_ns()


def _vnode(call: Call, fd: int) -> FileHandle | Directory:
    """Return an open file that has an inode, or EBADF, or EINVAL."""
    handle = call.file(fd).handle
    if not isinstance(handle, FileHandle | Directory):
        raise Errno(EINVAL)
    return handle


@syscall(131)
def flock(call: Call, fd: Fd, how: FlockOp) -> int:
    """Lock or unlock a whole file."""
    handle = call.file(fd).handle
    if not isinstance(handle, FileHandle):
        raise Errno(ENOTSUP)
    if how & ~f.LOCK_NB not in {f.LOCK_SH, f.LOCK_EX, f.LOCK_UN}:
        # xnu takes any set of bits and answers EBADF for those that name no operation.
        raise Errno(EBADF)
    try:
        handle.flock(how)
    except BlockingIOError:
        if how & f.LOCK_NB:
            raise
        # The host has nothing that could be waited on.
        raise Park(deadline=call.now() + _LOCK_RETRY_NS) from None
    return 0


# ---- the working directory ----


@syscall(12)
def chdir(call: Call, path: Path) -> int:
    """Change the working directory."""
    at = directory_at(call, _HERE, path)
    handle = call.host.files.open(at, path, f.O_RDONLY | f.O_DIRECTORY)
    if not isinstance(handle, Directory):
        handle.close()
        raise Errno(ENOTDIR)
    call.process.cwd = handle
    return 0


@syscall(13)
def fchdir(call: Call, fd: Fd) -> int:
    """Make an open directory the working directory."""
    handle = call.file(fd).handle
    if not isinstance(handle, Directory):
        raise Errno(ENOTDIR)
    # A handle of its own: this one closes with its descriptors.
    call.process.cwd = call.host.files.open(handle, b".", f.O_RDONLY | f.O_DIRECTORY)
    return 0


@syscall(60)
def umask(call: Call, newmask: Mode) -> int:
    """Set the permissions that new files do not get, and return the old ones."""
    old, call.process.umask = call.process.umask, newmask & 0o777
    return old


# ---- owners, file systems, limits of names ----


@syscall(16, note="the owner stays who he is: EPERM for any other")
def chown(call: Call, path: Path, uid: Int, gid: Int) -> int:
    """Set the owner to what it is; -1 leaves one alone."""
    call.host.files.stat(directory_at(call, _HERE, path), path)
    return _check_owner(call, uid, gid)


@syscall(364, note="the owner stays who he is: EPERM for any other")
def lchown(call: Call, path: Path, owner: UInt, group: UInt) -> int:
    """Set the owner of a link itself to what it is; -1 leaves one alone."""
    call.host.files.stat(directory_at(call, _HERE, path), path, follow=False)
    return _check_owner(call, owner, group)


@syscall(468, note="the owner stays who he is: EPERM for any other")
def fchownat(call: Call, fd: DirFd, path: Path, uid: UInt, gid: UInt, flag: AtFlags) -> int:
    """Set the owner of a file relative to a directory to what it is; -1 leaves one alone."""
    if flag & ~(f.AT_SYMLINK_NOFOLLOW | f.AT_SYMLINK_NOFOLLOW_ANY):
        raise Errno(EINVAL)
    call.host.files.stat(
        directory_at(call, fd, path),
        path,
        follow=not flag & f.AT_SYMLINK_NOFOLLOW,
        deny_links=bool(flag & f.AT_SYMLINK_NOFOLLOW_ANY),
    )
    return _check_owner(call, uid, gid)


@syscall(123, note="the owner stays who he is: EPERM for any other")
def fchown(call: Call, fd: Fd, uid: Int, gid: Int) -> int:
    """Set the owner of an open file to what it is; -1 leaves one alone."""
    _vnode(call, fd)
    return _check_owner(call, uid, gid)


def _check_owner(call: Call, uid: int, gid: int) -> int:
    process = call.process
    if uid & _NOBODY not in (_NOBODY, process.uid) or gid & _NOBODY not in (_NOBODY, process.gid):
        raise Errno(EPERM)
    return 0


@syscall(36)
def sync(_call: Call) -> int:
    """Return at once: the host writes its caches back by itself."""
    return 0


@syscall(89)
def getdtablesize(call: Call) -> int:
    """Return how many descriptors the caller may have."""
    limit: int = call.process.files.limit
    return limit
