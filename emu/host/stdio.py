"""The guest's standard input, output and error: streams that were inherited, and never wait.

The descriptions behind descriptors 0-2 are shared with whoever started the emulator, often a
shell, so they cannot be switched to non-blocking mode. What is done instead:

- a regular file or a device that never waits is used as it is;
- a socket takes a flag with every call;
- on Linux a pipe or terminal is opened once more through ``/proc``: a description of our own;
- anything else is pumped by a thread through a socket pair, whose buffer bounds what is on the way.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from emu.host.errors import failure
from emu.host.file import FileHandle
from emu.host.handle import Buffer, Handle, HostStat

if TYPE_CHECKING:
    from emu.host.terminal import Terminal

__all__ = ["TIMING", "PumpedHandle", "StreamHandle", "open_stream"]

#: VMIN and VTIME as the guest has set them, by the device number of a terminal.
TIMING: Final[dict[int, tuple[int, int]]] = {}
#: Seconds that closing waits for a slow reader of the guest's last output.
_DRAIN_S = 5.0
_CHUNK = 65536


def open_stream(fd: int) -> Handle:
    """Return a handle for the inherited descriptor ``fd``, which stays open itself.

    Args:
        fd: 0, 1 or 2; a closed one reads as empty and swallows what is written.
    """
    try:
        status = os.fstat(fd)
    except OSError:
        return InheritedFile(os.open(os.devnull, os.O_RDWR))
    if stat.S_ISREG(status.st_mode) or _is_null(status):
        return InheritedFile(os.dup(fd))
    writes = fd != 0
    if sys.platform == "linux":
        if stat.S_ISSOCK(status.st_mode):
            return InheritedSocket(fd)
        access = os.O_WRONLY if writes else os.O_RDONLY
        if stat.S_ISCHR(status.st_mode):
            access = os.O_RDWR  # a terminal may be read and written through any of the three
        with suppress(OSError):
            own = os.open(
                f"/proc/self/fd/{fd}", access | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            )
            return StreamHandle(own)
    return PumpedHandle(fd, writes=writes)


def _is_null(status: os.stat_result) -> bool:
    """Tell whether a descriptor is the null device."""
    if not stat.S_ISCHR(status.st_mode):
        return False
    return os.path.samestat(status, os.stat(os.devnull))


class InheritedFile(FileHandle):
    """A file or device from outside the guest's file system: only its content is the guest's."""

    __slots__ = ()

    def chmod(self, mode: int) -> None:
        raise failure("EPERM")

    def utime(self, times_ns: tuple[int, int] | None) -> None:
        raise failure("EPERM")


class StreamHandle(Handle):
    """A pipe or terminal whose description is ours alone and does not wait."""

    __slots__ = ("fd",)
    kind = "stream"

    def __init__(self, fd: int) -> None:
        """Own ``fd``."""
        super().__init__()
        self.fd = fd

    def fileno(self) -> int:
        return self.fd

    def read_into(self, view: memoryview) -> int:
        data = os.read(self.fd, len(view))
        view[: len(data)] = data
        return len(data)

    def write(self, data: Buffer) -> int:
        return os.write(self.fd, data)

    def stat(self) -> HostStat:
        return HostStat.of(os.fstat(self.fd))

    def terminal_size(self) -> tuple[int, int] | None:
        """Return columns and lines where the stream is a terminal."""
        return _terminal_size(self.fd)

    def terminal(self) -> Terminal | None:
        """Return the settings where the stream is a terminal."""
        from emu.host.terminal import terminal_at

        return terminal_at(self.fd)

    def _release(self) -> None:
        os.close(self.fd)


class InheritedSocket(Handle):
    """A socket that was inherited as standard stream; each call says that it does not wait."""

    __slots__ = ("_sock",)
    kind = "stream"

    def __init__(self, fd: int) -> None:
        """Use a duplicate of ``fd``."""
        super().__init__()
        self._sock = socket.socket(fileno=os.dup(fd))

    def fileno(self) -> int:
        return self._sock.fileno()

    def read_into(self, view: memoryview) -> int:
        return self._sock.recv_into(view, 0, _DONTWAIT)

    def write(self, data: Buffer) -> int:
        return self._sock.send(data, _DONTWAIT | _NOSIGNAL)

    def stat(self) -> HostStat:
        return HostStat.of(os.fstat(self._sock.fileno()))

    def _release(self) -> None:
        self._sock.close()


_DONTWAIT = getattr(socket, "MSG_DONTWAIT", 0)
_NOSIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)


class PumpedHandle(Handle):
    """A stream that only a thread can wait on.

    The thread sits in the blocking call; this side is a socket, which can be polled anywhere.
    """

    __slots__ = ("_failed", "_far", "_fd", "_near", "_thread", "_writes")
    kind = "stream"

    def __init__(self, fd: int, *, writes: bool) -> None:
        """Pump from ``fd``, or to it with ``writes``; ``fd`` stays the caller's."""
        super().__init__()
        self._fd = fd
        self._writes = writes
        self._failed: OSError | None = None
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._thread = threading.Thread(
            target=self._pump_out if writes else self._pump_in, name=f"stdio {fd}", daemon=True
        )
        self._thread.start()

    def fileno(self) -> int:
        return self._near.fileno()

    def read_into(self, view: memoryview) -> int:
        if self._writes:
            raise failure("EBADF")
        return self._near.recv_into(view)

    def write(self, data: Buffer) -> int:
        if not self._writes:
            raise failure("EBADF")
        if self._failed is not None:
            raise OSError(self._failed.errno, self._failed.strerror)
        try:
            return self._near.send(data)
        except ConnectionError:
            raise OSError(errno.EPIPE, "the reader is gone") from self._failed

    def stat(self) -> HostStat:
        return HostStat.of(os.fstat(self._fd))

    def terminal_size(self) -> tuple[int, int] | None:
        """Return columns and lines where the stream is a terminal."""
        return _terminal_size(self._fd)

    def terminal(self) -> Terminal | None:
        """Return the settings where the stream is a terminal."""
        from emu.host.terminal import terminal_at

        return terminal_at(self._fd)

    def _pump_in(self) -> None:
        """Hand on what is read until the end."""
        with suppress(OSError):
            while data := os.read(self._fd, _CHUNK):
                self._far.sendall(data)
        with suppress(OSError):
            self._far.shutdown(socket.SHUT_WR)

    def _pump_out(self) -> None:
        """Write what is handed on until this side is closed."""
        try:
            while data := self._far.recv(_CHUNK):
                view = memoryview(data)
                while view:
                    view = view[os.write(self._fd, view) :]
        except OSError as exc:
            self._failed = exc
        with suppress(OSError):
            self._far.close()

    def _release(self) -> None:
        if self._writes:
            with suppress(OSError):
                self._near.shutdown(socket.SHUT_WR)
            self._thread.join(_DRAIN_S)
        self._near.close()
        if self._writes or not self._thread.is_alive():
            self._far.close()


def _terminal_size(fd: int) -> tuple[int, int] | None:
    """Return columns and lines where ``fd`` is a terminal."""
    try:
        size = os.get_terminal_size(fd)
    except OSError:
        return None
    return size.columns, size.lines
