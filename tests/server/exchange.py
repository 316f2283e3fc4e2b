"""Speaks to the server in raw bytes, and has h11 judge the framing of every answer.

::

    with connect(served) as link:
        link.send(b"GET / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n")
        answer = link.answer()
        assert (answer.status, answer["content-type"]) == (200, "text/html; charset=utf-8")
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import h11

from tests.serving import Served

__all__ = ["Answer", "Link", "Truncated", "ask", "connect", "request"]

#: An answer without these would be wrong whatever was asked (RFC 9110, 6.6.1 and 10.2.4).
ALWAYS = ("date", "server", "connection")

#: More seconds than this between the server's clock and ours are an error.
CLOCK_SLACK = 60


class Truncated(Exception):  # noqa: N818 - it is what happened, and at times what is expected
    """The connection ended before the answer did."""


@dataclass(frozen=True)
class Answer:
    """One answer that h11 found well-formed."""

    status: int
    reason: str
    version: str
    #: Names in lower case, in the order of arrival.
    fields: tuple[tuple[str, str], ...]
    body: bytes
    #: Statuses of the 1xx answers before it.
    informational: tuple[int, ...]

    def __getitem__(self, name: str) -> str:
        """Return the value of a field that came exactly once."""
        values = [v for n, v in self.fields if n == name]
        assert len(values) == 1, f"{name} came {len(values)} times in {self.fields}"
        return values[0]

    def __contains__(self, name: str) -> bool:
        return any(n == name for n, _ in self.fields)

    @property
    def persists(self) -> bool:
        """Whether the server says that the connection stays open."""
        return self["connection"].lower() == "keep-alive"


class Link:
    """A connection to the server."""

    def __init__(self, served: Served) -> None:
        self.socket = served.connect()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pending = b""
        self._since = time.time()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, *pieces: bytes) -> None:
        """Send pieces, each in a packet of its own; the server may have stopped listening."""
        try:
            for piece in pieces:
                self.socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def shut(self) -> None:
        """Send no more."""
        self.socket.shutdown(socket.SHUT_WR)

    def _receive(self) -> bytes:
        try:
            return self.socket.recv(1 << 16)
        except ConnectionResetError:
            return b""

    def answer(self, method: bytes = b"GET") -> Answer:
        """Read one answer to a request by ``method``, the 1xx ones before it included.

        Raises:
            Truncated: the connection ended first.
            h11.RemoteProtocolError: the answer is not HTTP.
        """
        judge = h11.Connection(h11.CLIENT)
        # Whatever was sent, h11 only has to know what tells the length of the answer.
        told = method if method == b"HEAD" else b"GET"
        judge.send(h11.Request(method=told, target="/", headers=[("Host", "h")]))
        judge.send(h11.EndOfMessage())
        if self._pending:  # for h11 no bytes are the end of the connection
            judge.receive_data(self._pending)
        answer = self._judged(judge)
        self._pending = judge.trailing_data[0]
        _check(answer, method, self._since)
        return answer

    def _judged(self, judge: h11.Connection) -> Answer:
        informational: list[int] = []
        body = bytearray()
        head: h11.Response | None = None
        while True:
            try:
                event = judge.next_event()
            except h11.RemoteProtocolError as error:
                if "peer closed" in str(error) or "unexpectedly closed" in str(error):
                    raise Truncated(f"after {head} and {len(body)} bytes") from error
                raise
            if event is h11.NEED_DATA:
                data = self._receive()
                if head is None and not data:
                    raise Truncated("before any answer")
                judge.receive_data(data)
            elif isinstance(event, h11.InformationalResponse):
                informational.append(event.status_code)
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                assert isinstance(event, h11.EndOfMessage), event
                assert head is not None
                return _made(head, bytes(body), tuple(informational))

    def next_byte(self) -> bytes:
        """Return some bytes beyond the last answer; nothing when the server closed."""
        if not self._pending:
            self._pending = self._receive()
        return self._pending

    def ended(self) -> bool:
        """Wait for the server's end of the connection; tell whether nothing came before it."""
        return self.next_byte() == b""


def _made(head: h11.Response, body: bytes, informational: tuple[int, ...]) -> Answer:
    return Answer(
        head.status_code,
        bytes(head.reason).decode("ascii"),
        bytes(head.http_version).decode("ascii"),
        tuple((n.decode("ascii"), v.decode("latin-1")) for n, v in head.headers),
        body,
        informational,
    )


def _check(answer: Answer, method: bytes, since: float) -> None:
    """Assert what holds for every answer on a connection that began at ``since``."""
    for name in ALWAYS:
        assert answer[name], f"no {name} in {answer}"
    assert answer.version == "1.1"
    assert answer["server"] == "ymawky"
    assert answer["connection"] in {"close", "keep-alive"}
    date = parsedate_to_datetime(answer["date"])
    assert answer["date"] == date.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert since - CLOCK_SLACK < date.timestamp() < time.time() + CLOCK_SLACK
    if answer.status < 200 or answer.status == 204:
        assert "content-length" not in answer
        assert "transfer-encoding" not in answer
    elif method != b"HEAD" and "content-length" in answer and answer.status != 304:
        assert int(answer["content-length"]) == len(answer.body)
    assert not ("content-length" in answer and "transfer-encoding" in answer)
    if answer.body:
        assert answer["content-type"]


def connect(served: Served) -> Link:
    """Return a new connection."""
    return Link(served)


def request(
    method: str,
    target: str | bytes,
    *fields: str | bytes,
    body: bytes = b"",
    version: str = "HTTP/1.1",
    host: str | None = "localhost",
) -> bytes:
    """Return the bytes of a request; ``body`` brings its Content-Length."""
    lines = [b"%s %s %s" % (method.encode(), _bytes(target), version.encode())]
    lines += [] if host is None else [f"Host: {host}".encode()]
    lines += [_bytes(field) for field in fields]
    lines += [f"Content-Length: {len(body)}".encode()] if body else []
    return b"\r\n".join([*lines, b"", body])


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


def ask(served: Served, data: bytes, *more: bytes) -> Answer:
    """Send the bytes of a request on a connection of its own and return the answer."""
    with connect(served) as link:
        link.send(data, *more)
        return link.answer(data.lstrip(b"\r\n").partition(b" ")[0])
