"""Flags and extended attributes of files: there are none, as on a plain UFS volume.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.darwin.errno import ENOATTR, ENOTSUP, Errno
from emu.syscalls.file import directory_at
from emu.syscalls.kinds import Fd, InBuf, Int, OutBuf, Path, Size, UInt
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_NONE = "files have none"


def _look_up(call: Call, path: bytes) -> None:
    call.host.files.stat(directory_at(call, f.AT_FDCWD, path), path)


@syscall(34, note="0 alone")
def chflags(call: Call, path: Path, flags: Int) -> int:
    """Set the flags of a file: to none."""
    _look_up(call, path)
    if flags:
        raise Errno(ENOTSUP)
    return 0


@syscall(35, note="0 alone")
def fchflags(call: Call, fd: Fd, flags: Int) -> int:
    """Set the flags of an open file: to none."""
    call.file(fd)
    if flags:
        raise Errno(ENOTSUP)
    return 0


@syscall(234, note=_NONE)
def getxattr(
    call: Call, path: Path, attrname: Path, value: OutBuf, size: Size, position: UInt, options: Int
) -> int:
    """Report an attribute: ENOATTR."""
    del attrname, value, size, position, options
    _look_up(call, path)
    raise Errno(ENOATTR)


@syscall(235, note=_NONE)
def fgetxattr(
    call: Call, fd: Fd, attrname: Path, value: OutBuf, size: Size, position: UInt, options: Int
) -> int:
    """Report an attribute of an open file: ENOATTR."""
    del attrname, value, size, position, options
    call.file(fd)
    raise Errno(ENOATTR)


@syscall(236, note=_NONE)
def setxattr(
    call: Call, path: Path, attrname: Path, value: InBuf, size: Size, position: UInt, options: Int
) -> int:
    """Set an attribute: ENOTSUP."""
    del attrname, value, size, position, options
    _look_up(call, path)
    raise Errno(ENOTSUP)


@syscall(237, note=_NONE)
def fsetxattr(
    call: Call, fd: Fd, attrname: Path, value: InBuf, size: Size, position: UInt, options: Int
) -> int:
    """Set an attribute of an open file: ENOTSUP."""
    del attrname, value, size, position, options
    call.file(fd)
    raise Errno(ENOTSUP)


@syscall(238, note=_NONE)
def removexattr(call: Call, path: Path, attrname: Path, options: Int) -> int:
    """Remove an attribute: ENOATTR."""
    del attrname, options
    _look_up(call, path)
    raise Errno(ENOATTR)


@syscall(239, note=_NONE)
def fremovexattr(call: Call, fd: Fd, attrname: Path, options: Int) -> int:
    """Remove an attribute of an open file: ENOATTR."""
    del attrname, options
    call.file(fd)
    raise Errno(ENOATTR)


@syscall(240, note=_NONE)
def listxattr(call: Call, path: Path, namebuf: OutBuf, bufsize: Size, options: Int) -> int:
    """List attributes: none."""
    del namebuf, bufsize, options
    _look_up(call, path)
    return 0


@syscall(241, note=_NONE)
def flistxattr(call: Call, fd: Fd, namebuf: OutBuf, bufsize: Size, options: Int) -> int:
    """List the attributes of an open file: none."""
    del namebuf, bufsize, options
    call.file(fd)
    return 0
