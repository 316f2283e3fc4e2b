"""Moves bytes between guest memory and handles, and makes waiting out of never waiting.

The host's handles never wait.  Where the guest's file does, an operation that would have to
parks the call, and the call runs again when the handle is ready.  A write that went in part
keeps the bytes sent in ``call.memory["done"]`` and goes on behind them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from emu.darwin import flags as f
from emu.darwin.errno import EAGAIN, EBADF, EFAULT, EINVAL, Errno
from emu.host.stdio import TIMING
from emu.kernel.signals import SigInfo
from emu.syscalls.pager import FilePart, untouched_file

if TYPE_CHECKING:
    from emu.host import Handle
    from emu.kernel.files import OpenFile
    from emu.memory import AddressSpace
    from emu.syscalls.table import Call

__all__ = [
    "INT_MAX", "Piece", "in_pieces", "iovecs", "out_pieces", "outgoing", "receive", "transmit",
    "waits_for",
]  # fmt: skip

Result = TypeVar("Result")

#: Most bytes that one call moves; xnu answers EINVAL above it.
INT_MAX = 0x7FFF_FFFF

Piece = memoryview | FilePart


def in_pieces(space: AddressSpace, address: int, length: int) -> list[memoryview]:
    """Return the guest's bytes in place; EFAULT unless all of them can be read."""
    if length > INT_MAX:
        raise Errno(EINVAL)
    return space.views(address, length, f.PROT_READ)


def outgoing(call: Call, file: OpenFile, address: int, length: int) -> list[Piece]:
    """Return the guest's bytes to write to ``file``; a socket gets unread files as such."""
    if file.kind == "socket" and length:
        part = untouched_file(call.space, address, length)
        if part is not None:
            return [part]
    return [*in_pieces(call.space, address, length)]


def out_pieces(space: AddressSpace, address: int, length: int) -> list[memoryview]:
    """Return guest memory to be filled, in place.

    A buffer that ends in nothing gives its first part: what is read may fit there, and xnu
    looks no further either.  EFAULT where it begins in nothing.
    """
    if length > INT_MAX:
        raise Errno(EINVAL)
    try:
        return space.views(address, length, f.PROT_WRITE)
    except Errno:
        region = space.layout.find(address)
        if region is None or region.end - address >= length:
            raise
        return space.views(address, region.end - address, f.PROT_WRITE)


def iovecs(space: AddressSpace, address: int, count: int) -> list[tuple[int, int]]:
    """Read an array of ``struct iovec`` as (base, length); EINVAL for a bad count or sum."""
    if not 0 < count <= f.IOV_MAX:
        raise Errno(EINVAL)
    flat = struct.unpack(f"<{2 * count}Q", space.copyin(address, 16 * count))
    if sum(flat[1::2]) > INT_MAX:
        raise Errno(EINVAL)
    return list(zip(flat[::2], flat[1::2], strict=True))


def waits_for(handle: Handle, *, write: bool = False) -> dict[str, Any]:
    """Return the keywords of ``call.wait`` for a handle to become ready."""
    if handle.channel is not None:
        return {"channels": (handle.channel,)}
    return {"writes" if write else "reads": (handle,)}


def receive(
    call: Call, file: OpenFile, attempt: Callable[[], Result], *, dont_wait: bool = False
) -> Result:
    """Return what ``attempt`` gives; park, or fail with EAGAIN, where it has to wait."""
    try:
        result = attempt()
    except BlockingIOError:
        if dont_wait or file.flags & f.O_NONBLOCK:
            raise Errno(EAGAIN) from None
        if TIMING and file.kind == "stdio":
            # Whoever has set a time has had this file imported.
            from emu.syscalls.terminal import read_timeout

            timeout_ns = read_timeout(file)
            if timeout_ns is not None:
                call.wait(timeout_ns=timeout_ns, **waits_for(file.handle))
                return 0  # type: ignore[return-value]  # only read and readv come here
        call.wait(timeout_ns=file.options.get("rcvtimeo"), **waits_for(file.handle))
        raise Errno(EAGAIN) from None
    # What an EV_CLEAR event looks at: whether anything was taken since it was reported.
    file.taken += result if isinstance(result, int) else 1
    return result


def transmit(
    call: Call,
    file: OpenFile,
    pieces: Sequence[Piece],
    send: Callable[[Sequence[memoryview]], int] | None = None,
    *,
    dont_wait: bool = False,
    no_signal: bool = False,
) -> int:
    """Write all of ``pieces`` as a blocking call does, or what fits as a non-blocking one.

    Args:
        call: the running call.
        file: what is written to.
        pieces: guest memory.
        send: how to write; the handle's own way by default.
        dont_wait: as if the file were O_NONBLOCK (MSG_DONTWAIT).
        no_signal: no SIGPIPE (MSG_NOSIGNAL).
    """
    if file.flags & f.O_ACCMODE == f.O_RDONLY:
        raise Errno(EBADF)
    total = sum(map(_length, pieces))
    done: int = call.memory.get("done", 0)
    while True:
        left = _behind(pieces, done) if done else pieces
        try:
            done += _send_first(file, left, send or file.handle.writev)
        except BlockingIOError:
            file.filled += 1
            if dont_wait or file.flags & f.O_NONBLOCK:
                return _some(done)
            call.memory["done"] = done
            call.wait(timeout_ns=file.options.get("sndtimeo"), **waits_for(file.handle, write=True))
            return _some(done)
        except (OSError, Errno) as exc:
            if done:
                return done
            if isinstance(exc, BrokenPipeError) and not no_signal:
                _signal_broken_pipe(call, file)
            raise
        if done >= total or dont_wait or file.flags & f.O_NONBLOCK:
            return done


def _send_first(
    file: OpenFile, pieces: Sequence[Piece], send: Callable[[Sequence[memoryview]], int]
) -> int:
    """Write the memory that ``pieces`` begin with, or the part of a file; returns the bytes."""
    first = pieces[0] if pieces else None
    if isinstance(first, FilePart):
        count: int = first.file.send_to(file.handle.fileno(), first.offset, first.length)
        if not count:
            # The file has become shorter than its mapping: copyin would fault there.
            raise Errno(EFAULT)
        return count
    views: list[memoryview] = []
    for piece in pieces:
        if isinstance(piece, FilePart):
            begun: int = file.handle.write_more(views)
            return begun
        views.append(piece)
    return send(views)


def _length(piece: Piece) -> int:
    return piece.length if isinstance(piece, FilePart) else len(piece)


def _some(done: int) -> int:
    """Return the bytes that went, or fail with EAGAIN where none did."""
    if not done:
        raise Errno(EAGAIN)
    return done


def _behind(pieces: Sequence[Piece], done: int) -> list[Piece]:
    """Return ``pieces`` without their first ``done`` bytes."""
    left: list[Piece] = []
    for piece in pieces:
        size = _length(piece)
        if done < size:
            if isinstance(piece, FilePart):
                left.append(FilePart(piece.file, piece.offset + done, size - done))
            else:
                left.append(piece[done:])
        done = max(0, done - size)
    return left


def _signal_broken_pipe(call: Call, file: OpenFile) -> None:
    """Send SIGPIPE to the writer unless the file says that it wants none."""
    if not file.options.get("nosigpipe"):
        call.kernel.post(call.process, SigInfo(f.SIGPIPE))
