"""What reading and writing share over files, pipes, sockets and the terminal: waiting.

A blocking read waits until there is something; a blocking write goes on until everything is
taken.  What a parked write has sent already stands in ``call.memory["done"]``, which is also
what the call returns when a signal interrupts it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from emu.darwin import flags as f
from emu.darwin.errno import EAGAIN, EFAULT, EPIPE, Errno
from emu.host.errors import darwin_errno
from emu.kernel.files import OpenFile
from emu.kernel.signals import SigInfo
from emu.memory import Region
from emu.syscalls.memory import FilePager
from emu.syscalls.table import Call

__all__ = [
    "NO_SIGPIPE", "RECEIVE_TIMEOUT", "SEND_TIMEOUT", "FilePart", "Piece", "outgoing", "receive",
    "send", "set_nosigpipe",
]  # fmt: skip

#: SO_SNDTIMEO and SO_RCVTIMEO as OpenFile.options keep them, in nanoseconds.
RECEIVE_TIMEOUT, SEND_TIMEOUT, NO_SIGPIPE = "rcvtimeo", "sndtimeo", "nosigpipe"


class FilePart(NamedTuple):
    """Bytes of a mapped file that the guest has never looked at: sent without a copy."""

    file: Any
    offset: int
    length: int


Piece = memoryview | FilePart


def receive(call: Call, file: OpenFile, attempt: Callable[[], Any], *, nowait: bool = False) -> Any:  # noqa: ANN401
    """Return ``attempt()``, waiting for input as long as it would block.

    Raises:
        Errno: EAGAIN for a file that does not wait, or at the end of its receive time-out.
    """
    try:
        return attempt()
    except BlockingIOError:
        if nowait or file.flags & f.O_NONBLOCK:
            raise Errno(EAGAIN) from None
    call.wait(timeout_ns=file.options.get(RECEIVE_TIMEOUT), reads=(file.handle,))
    raise Errno(EAGAIN)


def send(
    call: Call,
    file: OpenFile,
    pieces: Sequence[Piece],
    attempt: Callable[[Sequence[memoryview]], int],
    *,
    nowait: bool = False,
) -> int:
    """Write all of ``pieces`` by ``attempt``, waiting where it would block; returns the bytes.

    Raises:
        Errno: EAGAIN as :func:`receive`; EPIPE, after SIGPIPE, where nobody will read.
    """
    done: int = call.memory.get("done", 0)
    left = _after(pieces, done) if done else list(pieces)
    try:
        while left:
            count = _write_some(file, left, attempt)
            done += count
            left = _after(left, count)
    except BlockingIOError:
        if nowait or file.flags & f.O_NONBLOCK:
            if done:
                return done
            raise Errno(EAGAIN) from None
    except OSError as failed:
        return _broken(call, file, failed, done)
    if left:
        call.memory["done"] = done
        call.wait(timeout_ns=file.options.get(SEND_TIMEOUT), writes=(file.handle,))
        if not done:
            raise Errno(EAGAIN)
    return done


def set_nosigpipe(file: OpenFile, *, on: bool) -> None:
    """Choose whether writing where nobody reads raises SIGPIPE."""
    if on:
        file.options[NO_SIGPIPE] = 1
    else:
        file.options.pop(NO_SIGPIPE, None)


def _write_some(
    file: OpenFile, pieces: list[Piece], attempt: Callable[[Sequence[memoryview]], int]
) -> int:
    first = pieces[0]
    if isinstance(first, FilePart):
        count: int = first.file.send_to(file.handle.fileno(), first.offset, first.length)
        if not count:
            # The file has become shorter than its mapping: copyin would fault there.
            raise Errno(EFAULT)
        return count
    views = []
    for piece in pieces:
        if isinstance(piece, FilePart):
            break
        views.append(piece)
    return attempt(views)


def _broken(call: Call, file: OpenFile, failed: OSError, done: int) -> int:
    number = darwin_errno(failed)
    if number == EPIPE and NO_SIGPIPE not in file.options:
        call.kernel.post(call.process, SigInfo(f.SIGPIPE, pid=call.process.pid))
    if done:
        return done
    raise Errno(number)


def _after(pieces: Sequence[Piece], count: int) -> list[Piece]:
    """Return what is left of ``pieces`` behind the first ``count`` bytes."""
    left: list[Piece] = []
    for piece in pieces:
        size = piece.length if isinstance(piece, FilePart) else len(piece)
        if count >= size:
            count -= size
        elif isinstance(piece, FilePart):
            left.append(FilePart(piece.file, piece.offset + count, size - count))
            count = 0
        else:
            left.append(piece[count:])
            count = 0
    return left


def outgoing(call: Call, file: OpenFile, address: int, length: int) -> list[Piece]:
    """Return the guest's bytes to write, or EFAULT; untouched mapped files as parts of a file.

    Only a socket takes parts of a file; anything else gets the bytes.
    """
    if not length:
        return []
    if file.kind == "socket":
        region = call.space.layout.find(address)
        if region is not None and isinstance(region.backing.pager, FilePager):
            part = _file_part(region, address, length)
            if part is not None:
                return [part]
    return list(call.space.views(address, length, f.PROT_READ))


def _file_part(region: Region, address: int, length: int) -> FilePart | None:
    offset = region.offset + address - region.start
    pager = region.backing.pager
    if address + length > region.end or region.backing.runs or not region.prot & f.PROT_READ:
        return None
    handle = pager.file.handle  # type: ignore[union-attr]
    return FilePart(handle, pager.offset + offset, length)  # type: ignore[union-attr]
