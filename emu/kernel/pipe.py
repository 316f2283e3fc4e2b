"""Pipes between guest processes, as plain data (XNU: ``bsd/kern/sys_pipe.c``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin.flags import S_IFIFO
from emu.host.errors import failure
from emu.host.handle import Buffer, Handle, HostStat
from emu.host.readiness import BROKEN, HANGUP, READABLE, WRITABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

__all__ = ["PIPE_BUF", "PIPE_SIZE", "PipeEnd", "make_pipe"]

#: Bytes that a pipe holds once it has grown, and the largest write that is never divided.
PIPE_SIZE, PIPE_BUF = 64 * 1024, 512


class PipeEnd(Handle):
    """One end of a pipe; both ends share the bytes that are on the way.

    Like every handle it never waits: what would have to raises :class:`BlockingIOError`, and
    :attr:`channel` is woken when it is worth another try.
    """

    __slots__ = ("_data", "_wakeup", "channel", "number", "other", "reads")
    kind = "pipe"
    channel: Hashable

    def __init__(
        self, number: int, data: bytearray, wakeup: Callable[[Hashable], None], *, reads: bool
    ) -> None:
        """Make an end; ``wakeup`` wakes those who wait for a channel."""
        super().__init__()
        self._data = data
        self._wakeup = wakeup
        self.number = number
        self.reads = reads
        self.channel = ("pipe", number, reads)
        #: The other end, None once it is closed.
        self.other: PipeEnd | None = None

    def read_into(self, view: memoryview) -> int:
        """Take bytes out; 0 is the end."""
        if not self.reads:
            raise failure("EBADF")
        data = self._data
        count = min(len(view), len(data))
        if count:
            view[:count] = memoryview(data)[:count]
            del data[:count]
            self._tell_other()
        elif self.other is not None and len(view):
            raise BlockingIOError
        return count

    def write(self, data: Buffer) -> int:
        """Put bytes in, see :meth:`writev`."""
        return self.writev([data])

    def writev(self, buffers: Sequence[Buffer]) -> int:
        """Put bytes in and return how many fitted; up to PIPE_BUF they go together."""
        if self.reads:
            raise failure("EBADF")
        if self.other is None:
            raise BrokenPipeError(failure("EPIPE").errno, "nobody reads the pipe")
        wanted, room = sum(map(len, buffers)), PIPE_SIZE - len(self._data)
        if wanted and (not room or room < wanted <= PIPE_BUF):
            raise BlockingIOError
        left = min(wanted, room)
        taken = left
        for buffer in buffers:
            self._data += memoryview(buffer)[:left]
            left -= min(left, len(buffer))
        self._tell_other()
        return taken

    def available(self) -> int:
        """Return the bytes that wait to be read."""
        return len(self._data) if self.reads else 0

    def readiness(self) -> int:
        """Return what the end is ready for; one whose other end is closed never waits."""
        if self.reads:
            ended = HANGUP if self.other is None else 0
            return ended | (READABLE if self._data or ended else 0)
        if self.other is None:
            return WRITABLE | BROKEN
        return WRITABLE if len(self._data) <= PIPE_SIZE - PIPE_BUF else 0

    def stat(self) -> HostStat:
        """Return the status of a FIFO; its size is what waits in it."""
        size = len(self._data)
        return HostStat(0, self.number, S_IFIFO | 0o660, 1, 501, 20, 0, size, 0, 16384, 0, 0, 0, 0)

    def _tell_other(self) -> None:
        if self.other is not None:
            self._wakeup(self.other.channel)

    def _release(self) -> None:
        other, self.other = self.other, None
        self._wakeup(self.channel)
        if other is not None:
            other.other = None
            self._wakeup(other.channel)


def make_pipe(number: int, wakeup: Callable[[Hashable], None]) -> tuple[PipeEnd, PipeEnd]:
    """Return the reading and the writing end of a new pipe; ``number`` is its inode."""
    data = bytearray()
    reader = PipeEnd(number, data, wakeup, reads=True)
    writer = PipeEnd(number, data, wakeup, reads=False)
    reader.other, writer.other = writer, reader
    return reader, writer
