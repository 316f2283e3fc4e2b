"""Open regular files and FIFOs."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emu.darwin.flags import SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET
from emu.host.errors import failure
from emu.host.handle import Buffer, Handle, HostStat

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from emu.host.walk import Tree

__all__ = ["FifoHandle", "FileHandle"]

_WHENCE = {
    SEEK_SET: os.SEEK_SET,
    SEEK_CUR: os.SEEK_CUR,
    SEEK_END: os.SEEK_END,
    SEEK_HOLE: getattr(os, "SEEK_HOLE", -1),
    SEEK_DATA: getattr(os, "SEEK_DATA", -1),
}


class FileHandle(Handle):
    """A regular file. It is always ready: reading and writing it never waits.

    Attributes:
        fd: the host's descriptor.
        sends: whether :meth:`send_to` works on this host.
    """

    __slots__ = ("_tree", "fd")
    sends = sys.platform != "win32"

    def __init__(self, fd: int, tree: Tree[Any] | None = None) -> None:
        """Own ``fd``; ``tree`` knows where the file is in the guest's file system."""
        super().__init__()
        self.fd = fd
        self._tree = tree

    def stat(self) -> HostStat:
        return HostStat.of(os.fstat(self.fd))

    def seek(self, offset: int, whence: int) -> int:
        how = _WHENCE.get(whence, -1)
        if how < 0:
            raise failure("EINVAL")
        return os.lseek(self.fd, offset, how)

    def available(self) -> int:
        """Return the bytes from the position to the end."""
        return max(0, os.fstat(self.fd).st_size - os.lseek(self.fd, 0, os.SEEK_CUR))

    def truncate(self, length: int) -> None:
        """Cut or extend the file to ``length`` bytes."""
        os.ftruncate(self.fd, length)

    def sync(self) -> None:
        """Bring the file's content to the disk."""
        os.fsync(self.fd)

    def utime(self, times_ns: tuple[int, int] | None) -> None:
        """Set the times of access and change of content, to now where None."""
        if os.utime not in os.supports_fd:
            raise failure("ENOTSUP")
        if times_ns is None:
            os.utime(self.fd)
        else:
            os.utime(self.fd, ns=times_ns)

    def path(self) -> bytes:
        if self._tree is None:
            raise failure("EBADF")
        return self._tree.fd_path(self.fd)

    def _release(self) -> None:
        os.close(self.fd)

    if sys.platform != "win32":

        def read_into(self, view: memoryview) -> int:
            return os.readv(self.fd, [view])

        def readv(self, views: Sequence[memoryview]) -> int:
            return os.readv(self.fd, views)

        def pread_into(self, view: memoryview, offset: int) -> int:
            """Read at ``offset`` without moving the position."""
            return os.preadv(self.fd, [view], offset)

        def write(self, data: Buffer) -> int:
            return os.write(self.fd, data)

        def writev(self, buffers: Sequence[Buffer]) -> int:
            return os.writev(self.fd, buffers)

        def pwrite(self, data: Buffer, offset: int) -> int:
            """Write at ``offset`` without moving the position."""
            return os.pwrite(self.fd, data, offset)

        def chmod(self, mode: int) -> None:
            """Set the permissions."""
            os.fchmod(self.fd, mode)

        def set_append(self, *, on: bool) -> None:
            """Make every write go to the end of the file, or to the position (F_SETFL)."""
            flags = fcntl.fcntl(self.fd, fcntl.F_GETFL) & ~os.O_APPEND
            fcntl.fcntl(self.fd, fcntl.F_SETFL, flags | (os.O_APPEND if on else 0))

        def flock(self, operation: int) -> None:
            """Lock or unlock the whole file; ``operation`` is Darwin's ``LOCK_`` bits.

            Raises:
                BlockingIOError: somebody else holds it. No poller can wait for it: try again.
            """
            fcntl.flock(self.fd, operation | fcntl.LOCK_NB)

        def send_to(self, descriptor: int, offset: int, count: int) -> int:
            """Send up to ``count`` bytes from ``offset`` to a socket within the host.

            Returns:
                The bytes taken, 0 at the end of the file.
            """
            return os.sendfile(descriptor, self.fd, offset, count)

    else:

        def read_into(self, view: memoryview) -> int:
            data = os.read(self.fd, len(view))
            view[: len(data)] = data
            return len(data)

        def pread_into(self, view: memoryview, offset: int) -> int:
            """Read at ``offset`` without moving the position."""
            position = os.lseek(self.fd, 0, os.SEEK_CUR)
            try:
                os.lseek(self.fd, offset, os.SEEK_SET)
                return self.read_into(view)
            finally:
                os.lseek(self.fd, position, os.SEEK_SET)

        def write(self, data: Buffer) -> int:
            return os.write(self.fd, data)

        def pwrite(self, data: Buffer, offset: int) -> int:
            """Write at ``offset`` without moving the position."""
            position = os.lseek(self.fd, 0, os.SEEK_CUR)
            try:
                os.lseek(self.fd, offset, os.SEEK_SET)
                return os.write(self.fd, data)
            finally:
                os.lseek(self.fd, position, os.SEEK_SET)

        def chmod(self, mode: int) -> None:
            """Set the permissions."""
            raise failure("ENOTSUP")

        def set_append(self, *, on: bool) -> None:
            """Make every write go to the end of the file (F_SETFL)."""
            if on:
                raise failure("ENOTSUP")

        def flock(self, operation: int) -> None:
            """Lock or unlock the whole file."""
            raise failure("ENOTSUP")

        def send_to(self, descriptor: int, offset: int, count: int) -> int:
            """Send bytes to a socket within the host."""
            raise failure("ENOTSUP")


class FifoHandle(FileHandle):
    """A FIFO, always opened without waiting for the other side.

    A guest that did not ask for O_NONBLOCK would have slept in ``open`` until a writer comes;
    here it sleeps in its first ``read`` instead.
    """

    __slots__ = ("_wait_for_writer",)
    kind = "stream"

    def __init__(self, fd: int, tree: Tree[Any], *, wait_for_writer: bool) -> None:
        """Own ``fd``; with ``wait_for_writer``, reading before anyone wrote is not the end."""
        super().__init__(fd, tree)
        self._wait_for_writer = wait_for_writer

    def fileno(self) -> int:
        return self.fd

    def seek(self, offset: int, whence: int) -> int:
        raise failure("ESPIPE")

    def available(self) -> int:
        return 0

    def read_into(self, view: memoryview) -> int:
        count = super().read_into(view)
        if count:
            self._wait_for_writer = False
        elif self._wait_for_writer and len(view) and not self._hung_up():
            raise BlockingIOError(failure("EAGAIN").errno, "no writer yet")
        return count

    def readv(self, views: Sequence[memoryview]) -> int:
        return Handle.readv(self, views)

    def _hung_up(self) -> bool:
        """Tell whether there was a writer and he is gone."""
        if sys.platform == "win32":
            return True
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        return any(events & select.POLLHUP for _, events in poll.poll(0))
