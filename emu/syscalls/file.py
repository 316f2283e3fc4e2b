"""Calls on descriptors: read, write, writev, close, fcntl.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EBADF, EINVAL, Errno
from emu.kernel.files import OpenFile
from emu.syscalls.kinds import Addr, Fd, InBuf, Int, OutBuf, Size
from emu.syscalls.streams import Piece, outgoing, receive, send
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_ACCMODE = 3
#: Most bytes that one read or write moves (INT_MAX) and most buffers of a vector (UIO_MAXIOV).
_IO_MAX, _IOV_MAX = 0x7FFF_FFFF, 1024
_IOVEC = struct.Struct("<QQ")


def readable(call: Call, fd: int) -> OpenFile:
    """Return an open file that may be read, or EBADF."""
    file = call.file(fd)
    if file.flags & _ACCMODE == f.O_WRONLY:
        raise Errno(EBADF)
    return file


def writable(call: Call, fd: int) -> OpenFile:
    """Return an open file that may be written, or EBADF."""
    file = call.file(fd)
    if file.flags & _ACCMODE == f.O_RDONLY:
        raise Errno(EBADF)
    return file


@syscall(3, 396)
def read(call: Call, fd: Fd, cbuf: OutBuf, nbyte: Size) -> int:
    """Read up to ``nbyte`` bytes; 0 is the end."""
    file = readable(call, fd)
    if nbyte > _IO_MAX:
        raise Errno(EINVAL)
    views = call.space.views(cbuf, nbyte, f.PROT_WRITE)
    handle = file.handle
    if len(views) == 1:
        count: int = receive(call, file, lambda: handle.read_into(views[0]))
    else:
        count = receive(call, file, lambda: handle.readv(views))
    return count


@syscall(4, 397)
def write(call: Call, fd: Fd, cbuf: InBuf, nbyte: Size) -> int:
    """Write ``nbyte`` bytes; a descriptor that does not wait may take fewer."""
    file = writable(call, fd)
    if nbyte > _IO_MAX:
        raise Errno(EINVAL)
    return send(call, file, outgoing(call, file, cbuf, nbyte), file.handle.writev)


@syscall(121, 412)
def writev(call: Call, fd: Fd, iovp: Addr, iovcnt: Int) -> int:
    """Write several buffers as one."""
    file = writable(call, fd)
    pieces: list[Piece] = []
    for base, length in iovecs(call, iovp, iovcnt):
        pieces += outgoing(call, file, base, length)
    return send(call, file, pieces, file.handle.writev)


def iovecs(call: Call, iovp: int, iovcnt: int) -> list[tuple[int, int]]:
    """Return the (address, length) pairs of a vector; EINVAL for a bad count or sum."""
    if not 0 < iovcnt <= _IOV_MAX:
        raise Errno(EINVAL)
    vector = list(_IOVEC.iter_unpack(call.space.copyin(iovp, _IOVEC.size * iovcnt)))
    if sum(length for _, length in vector) > _IO_MAX:
        raise Errno(EINVAL)
    return vector


@syscall(6, 399)
def close(call: Call, fd: Fd) -> int:
    """Free a descriptor."""
    call.process.files.close(fd)
    return 0
