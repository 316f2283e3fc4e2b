"""Calls on file systems: the guest has one.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.darwin import oldfiles
from emu.darwin.errno import EBADF, EINVAL, Errno
from emu.darwin.structs import Statfs64
from emu.host import Directory, FileHandle
from emu.syscalls.file import directory_at
from emu.syscalls.kinds import Fd, Int, OldStatfsOut, Path, StatfsOut
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_HERE = f.AT_FDCWD
#: What statfs calls the guest's root: the type and flags of a Mac's own volume.
_APFS, _MNT_LOCAL, _MNT_ROOTFS = 0x1A, 0x1000, 0x4000
_FSID = 0x01000010
#: ``_PC_`` names (bsd/sys/unistd.h): links, lines, names, paths, pipes, chown, truncation, ^@.
_PATHCONF = {1: 32767, 2: 1024, 3: 1024, 4: 255, 5: 1024, 6: 512, 7: 1, 8: 1, 9: 255}


@syscall(345)
def statfs64(call: Call, path: Path, buf: StatfsOut) -> int:
    """Report on the file system of a file: the guest has one."""
    call.host.files.stat(directory_at(call, _HERE, path), path)
    call.space.copyout(buf, _statfs(call))
    return 0


@syscall(346)
def fstatfs64(call: Call, fd: Fd, buf: StatfsOut) -> int:
    """Report on the file system of an open file."""
    _check_vnode(call, fd)
    call.space.copyout(buf, _statfs(call))
    return 0


@syscall(347)
def getfsstat64(call: Call, buf: StatfsOut, bufsize: Int, flags: Int) -> int:
    """Report on all file systems: on one.  Without a buffer it returns their number."""
    del flags
    if buf and bufsize >= Statfs64.SIZE:
        call.space.copyout(buf, _statfs(call))
        return 1
    return 0 if buf else 1


def _check_vnode(call: Call, fd: int) -> None:
    if not isinstance(call.file(fd).handle, FileHandle | Directory):
        raise Errno(EBADF)


def _statfs(call: Call) -> bytes:
    size = call.host.files.size()
    return Statfs64(
        size.block, 1 << 20, size.blocks, size.free, size.available, size.files, size.files_free,
        _FSID, _APFS, call.process.uid, _APFS, _MNT_LOCAL | _MNT_ROOTFS, 0,
        b"apfs", b"/", b"/dev/disk1s1",
    ).pack()  # fmt: skip


# ---- the same with short names ----


@syscall(157)
def statfs(call: Call, path: Path, buf: OldStatfsOut) -> int:
    """Report on the file system of a file."""
    call.host.files.stat(directory_at(call, _HERE, path), path)
    call.space.copyout(buf, _old_statfs(call))
    return 0


@syscall(158)
def fstatfs(call: Call, fd: Fd, buf: OldStatfsOut) -> int:
    """Report on the file system of an open file."""
    _check_vnode(call, fd)
    call.space.copyout(buf, _old_statfs(call))
    return 0


@syscall(18)
def getfsstat(call: Call, buf: OldStatfsOut, bufsize: Int, flags: Int) -> int:
    """Report on all file systems: on one.  Without a buffer it returns their number."""
    del flags
    if buf and bufsize >= oldfiles.Statfs.SIZE:
        call.space.copyout(buf, _old_statfs(call))
        return 1
    return 0 if buf else 1


def _old_statfs(call: Call) -> bytes:
    size = call.host.files.size()
    return oldfiles.Statfs(
        0, 0, size.block, 1 << 20, size.blocks, size.free, size.available, size.files,
        size.files_free, _FSID, _APFS, call.process.uid, 0, _APFS, _MNT_LOCAL | _MNT_ROOTFS,
        b"", b"apfs", b"/", b"/dev/disk1s1",
    ).pack()  # fmt: skip


# ---- limits ----


@syscall(191)
def pathconf(call: Call, path: Path, name: Int) -> int:
    """Report a limit that goes with a file."""
    call.host.files.stat(directory_at(call, _HERE, path), path)
    return _limit_of(name)


@syscall(192)
def fpathconf(call: Call, fd: Fd, name: Int) -> int:
    """Report a limit that goes with an open file."""
    call.file(fd)
    return _limit_of(name)


def _limit_of(name: int) -> int:
    if name not in _PATHCONF:
        raise Errno(EINVAL)
    return _PATHCONF[name]
