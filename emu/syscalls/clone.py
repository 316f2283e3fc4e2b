"""clonefileat and fclonefileat: the guest's file system cannot share blocks between files.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin.errno import EEXIST, EINVAL, ENOTSUP, Errno
from emu.host import FileHandle
from emu.syscalls.file import directory_at
from emu.syscalls.kinds import DirFd, Fd, Path, UInt
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_NOTE = "ENOTSUP, as on a disk that cannot clone: the caller copies"
_CLONE_NOFOLLOW, _CLONE_FLAGS = 0x1, 0xF


@syscall(462, note=_NOTE)
def clonefileat(
    call: Call, src_dirfd: DirFd, src: Path, dst_dirfd: DirFd, dst: Path, flags: UInt
) -> int:
    """Refuse once the source is known to be there and the destination not to be."""
    if flags & ~_CLONE_FLAGS:
        raise Errno(EINVAL)
    at = directory_at(call, src_dirfd, src)
    call.host.files.stat(at, src, follow=not flags & _CLONE_NOFOLLOW)
    return _refuse(call, dst_dirfd, dst)


@syscall(517, note=_NOTE)
def fclonefileat(call: Call, src_fd: Fd, dst_dirfd: DirFd, dst: Path, flags: UInt) -> int:
    """Refuse for an open file as well."""
    if flags & ~_CLONE_FLAGS or not isinstance(call.file(src_fd).handle, FileHandle):
        raise Errno(EINVAL)
    return _refuse(call, dst_dirfd, dst)


def _refuse(call: Call, dst_dirfd: int, dst: bytes) -> int:
    try:
        call.host.files.stat(directory_at(call, dst_dirfd, dst), dst, follow=False)
    except FileNotFoundError:
        raise Errno(ENOTSUP) from None
    raise Errno(EEXIST)
