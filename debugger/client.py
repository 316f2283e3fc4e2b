"""The debugger plays the client itself, on a thread: no second terminal.

A client connects, sends its bytes in one piece and reads until the server has answered; the
guest sees an ordinary connection of loopback.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emu.errors import DebugError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Client", "ClientRequest", "get", "put", "raw", "request_file"]

#: Seconds that a client waits for the next bytes: longer than any of the server's time limits.
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """Bytes to send, and what to call them."""

    data: bytes
    label: str


def get(target: str) -> ClientRequest:
    """Return a GET of ``target`` that closes the connection behind it."""
    target = target if target.startswith(("/", "http:", "*")) else f"/{target}"
    head = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ymawky-dbg\r\n"
    return ClientRequest((head + "Connection: close\r\n\r\n").encode(), f"GET {target}")


def put(target: str, path: Path) -> ClientRequest:
    """Return a PUT of a file's content to ``target``.

    Raises:
        DebugError: the file cannot be read.
    """
    target = target if target.startswith("/") else f"/{target}"
    body = _content(path)
    head = (
        f"PUT {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ymawky-dbg\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return ClientRequest(head.encode() + body, f"PUT {target}")


def request_file(path: Path) -> ClientRequest:
    """Return the bytes of a file as they are.

    Raises:
        DebugError: the file cannot be read.
    """
    return ClientRequest(_content(path), f"the request in {path.name}")


def raw(data: bytes) -> ClientRequest:
    """Return these bytes as they are."""
    line = data.partition(b"\r")[0].partition(b"\n")[0]
    return ClientRequest(data, line.decode("latin-1")[:60])


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DebugError(f"{path}: {error.strerror}") from None


class Client:
    """One connection.

    Attributes:
        response: the bytes that came back so far.
        state: "waiting", "connected", "done" or "failed"; ``problem`` says what failed.
    """

    def __init__(self, request: ClientRequest, ended: Callable[[], None] = lambda: None) -> None:
        """Keep the request; :meth:`start` sends it, and ``ended`` is called when all is over."""
        self.request = request
        self._ended = ended
        self.response = b""
        self.state = "waiting"
        self.problem = ""
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    @property
    def active(self) -> bool:
        """Whether something may still come of it."""
        return self.state in {"waiting", "connected"} and not self._closed.is_set()

    def start(self, host: str, port: int) -> None:
        """Connect to the guest's listening socket."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._play, args=(host, port), name="client", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Vanish, as a client may at any moment."""
        self._closed.set()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join(1.0)

    def _play(self, host: str, port: int) -> None:
        try:
            with socket.create_connection((host, port), PATIENCE) as connection:
                self._socket = connection
                self.state = "connected"
                connection.sendall(self.request.data)
                while data := connection.recv(65536):
                    self.response += data
            self.state = "done"
        except OSError as error:
            # What came before a reset is an answer all the same.
            self.state = "done" if self.response else "failed"
            self.problem = error.strerror or str(error)
        finally:
            self._socket = None
            self._ended()
