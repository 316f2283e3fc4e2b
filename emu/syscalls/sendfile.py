"""sendfile: a file, with something before and behind it, to a socket.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EAGAIN, EINVAL, ENOTCONN, ENOTSOCK, ENOTSUP, Errno
from emu.host import FileHandle, SocketHandle
from emu.syscalls import coherence
from emu.syscalls.kinds import Fd, HdtrIn, Int, LenInOut, Long
from emu.syscalls.pager import FilePart
from emu.syscalls.table import Call, syscall
from emu.syscalls.transfer import Piece, in_pieces, iovecs, transmit

__all__: list[str] = []

#: ``struct sf_hdtr``: headers and their number, trailers and theirs.
_HDTR = struct.Struct("<Qi4xQi4x")


@syscall(337)
def sendfile(
    call: Call, fd: Fd, s: Fd, offset: Long, nbytes: LenInOut, hdtr: HdtrIn, flags: Int
) -> int:
    """Send ``*nbytes`` bytes, headers included, or with 0 all; ``*nbytes`` is what was sent."""
    file, out = call.file(fd), call.file(s)
    if type(file.handle) is not FileHandle:
        raise Errno(ENOTSUP)
    if not isinstance(out.handle, SocketHandle):
        raise Errno(ENOTSOCK)
    if out.handle.type != f.SOCK_STREAM or offset < 0 or flags:
        raise Errno(EINVAL)
    (wanted,) = struct.unpack("<q", call.space.copyin(nbytes, 8))
    call.space.views(nbytes, 8, f.PROT_WRITE)
    if wanted < 0:
        raise Errno(EINVAL)
    before, behind = _around(call, hdtr)
    length = max(0, file.handle.stat().size - offset)
    if wanted:
        head = sum(map(len, before))
        before = coherence.cut(before, wanted)
        length = min(length, max(0, wanted - head))
    coherence.before_read(call, file)
    pieces = [*before, *_content(file.handle, offset, length), *behind]
    total = sum(p.length if isinstance(p, FilePart) else len(p) for p in pieces)
    sent = 0
    try:
        out.handle.getpeername()
        sent = transmit(call, out, pieces) if total else 0
    except Errno as failed:
        if failed.number != EAGAIN:
            raise
    except OSError as failed:
        if isinstance(failed, BrokenPipeError):
            raise
        raise Errno(ENOTCONN) from None
    call.space.copyout(nbytes, struct.pack("<q", sent))
    if sent < total:
        raise Errno(EAGAIN)
    return 0


def _around(call: Call, hdtr: int) -> tuple[list[Piece], list[Piece]]:
    """Return what goes before the file and behind it."""
    if not hdtr:
        return [], []
    headers, header_count, trailers, trailer_count = _HDTR.unpack(
        call.space.copyin(hdtr, _HDTR.size)
    )
    return _gather(call, headers, header_count), _gather(call, trailers, trailer_count)


def _gather(call: Call, address: int, count: int) -> list[Piece]:
    if not address or not count:
        return []
    buffers = iovecs(call.space, address, count)
    return [piece for base, size in buffers for piece in in_pieces(call.space, base, size)]


def _content(handle: FileHandle, offset: int, length: int) -> list[Piece]:
    """Return a part of a file, read only where the host cannot send it by itself."""
    if not length:
        return []
    if handle.sends:
        return [FilePart(handle, offset, length)]
    data = memoryview(bytearray(length))
    return [data[: handle.pread_into(data, offset)]]
