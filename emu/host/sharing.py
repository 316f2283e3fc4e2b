"""What emulators of one run share: a listening socket, and a line between parent and worker."""

from __future__ import annotations

import os
import socket
import sys

__all__ = ["Line", "adopted", "bound_listener", "bound_port", "can_share", "wakeup_pair"]


def can_share() -> bool:
    """Tell whether a listening socket can be handed to other processes here."""
    return sys.platform != "win32" and hasattr(os, "dup2")


def bound_listener(address: tuple[str, int]) -> socket.socket:
    """Return a socket that is bound to ``address``, for workers to listen on.

    Raises:
        OSError: the address cannot be had.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def bound_port(fd: int) -> int:
    """Return the port that the socket on descriptor ``fd`` is bound to."""
    with socket.socket(fileno=os.dup(fd)) as listener:
        port: int = listener.getsockname()[1]
        return port


def adopted(fd: int) -> socket.socket:
    """Return the listener that was handed on as descriptor ``fd``; it does not wait."""
    listener = socket.socket(fileno=fd)
    listener.setblocking(False)
    return listener


def wakeup_pair() -> tuple[socket.socket, int]:
    """Return what to read wake-ups from, and a descriptor for :func:`signal.set_wakeup_fd`."""
    near, far = socket.socketpair()
    far.setblocking(False)
    return near, far.detach()


class Line:
    """One end of a line between parent and worker; it breaks when either of them ends."""

    def __init__(self, fd: int) -> None:
        """Take the end that was handed on as descriptor ``fd``."""
        self._socket = socket.socket(fileno=fd)

    @classmethod
    def pair(cls) -> tuple[Line, Line]:
        """Return both ends of a new line."""
        one, other = socket.socketpair()
        return cls(one.detach()), cls(other.detach())

    def fileno(self) -> int:
        """Return the descriptor to hand on."""
        return self._socket.fileno()

    def send(self, data: bytes) -> None:
        """Send all of ``data``; nobody may be there to read it."""
        try:
            self._socket.sendall(data)
        except OSError:
            return

    def receive(self) -> bytes:
        """Return all that is sent until the other end is closed."""
        parts = []
        try:
            while part := self._socket.recv(4096):
                parts.append(part)
        except OSError:
            pass
        return b"".join(parts)

    def close(self) -> None:
        """Break the line."""
        self._socket.close()
