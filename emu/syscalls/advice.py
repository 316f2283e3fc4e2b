"""fcntl's advice on how a file will be used: it is checked, and changes nothing here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.darwin.errno import EBADF, EINVAL, Errno
from emu.darwin.structs import Fstore, Radvisory
from emu.host import FileHandle

if TYPE_CHECKING:
    from emu.kernel.files import OpenFile
    from emu.syscalls.table import Call

__all__ = ["preallocate", "read_ahead"]


def _vnode(call: Call, fd: int) -> OpenFile:
    file = call.file(fd)
    if not isinstance(file.handle, FileHandle):
        raise Errno(EBADF)
    return file


def preallocate(call: Call, fd: int, arg: int) -> int:
    """Say that room was reserved (F_PREALLOCATE): the host finds it when something is written."""
    file = _vnode(call, fd)
    if file.flags & f.O_ACCMODE == f.O_RDONLY:
        raise Errno(EBADF)
    wanted = Fstore.unpack(call.space.copyin(arg, Fstore.SIZE))
    match wanted.posmode:
        case f.F_PEOFPOSMODE if wanted.offset == 0:
            pass
        case f.F_VOLPOSMODE if wanted.offset > 0:
            pass
        case _:
            raise Errno(EINVAL)
    if wanted.length < 0:
        raise Errno(EINVAL)
    done = Fstore(wanted.flags, wanted.posmode, wanted.offset, wanted.length, wanted.length)
    call.space.copyout(arg, done.pack())
    return 0


def read_ahead(call: Call, fd: int, arg: int) -> int:
    """Take note of what will be read (F_RDADVISE)."""
    _vnode(call, fd)
    wanted = Radvisory.unpack(call.space.copyin(arg, Radvisory.SIZE))
    if wanted.offset < 0 or wanted.count < 0:
        raise Errno(EINVAL)
    return 0
