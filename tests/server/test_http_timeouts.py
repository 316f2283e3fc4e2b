"""Clients that are slow or silent: a server whose every limit is a second shows them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.server.exchange import Link, Truncated, ask, connect, request
from tests.server.site import HELLO, snapshot
from tests.serving import PATIENCE, Served

#: The limit of all waiting, in seconds.
LIMIT = 1.0


@contextlib.contextmanager
def _drip(link: Link, piece: bytes, first: bytes = b"") -> Iterator[None]:
    """Send ``first``, then a piece every tenth of the limit until the context ends."""
    stop = threading.Event()

    def send() -> None:
        link.send(first)
        while not stop.wait(LIMIT / 10):
            link.send(piece)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def _answered(hasty: Served) -> Iterator[Link]:
    """Connect, and have a request answered; a machine that stalls for the limit tries again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with connect(hasty) as link:
            link.send(request("GET", "/hello.txt"))
            answer = link.answer()
            if answer.status != 408:
                assert (answer.body, answer.persists) == (HELLO, True)
                yield link
                return
        assert time.monotonic() < deadline


@pytest.mark.parametrize("begun", [b"G", b"GET /hello.txt HTTP/1.1\r\nHost: h\r\n", b"\r\n"])
def test_a_header_that_stays_incomplete_gets_408(hasty: Served, begun: bytes) -> None:
    before = time.monotonic()
    with connect(hasty) as link:
        link.send(begun)
        answer = link.answer()
        assert (answer.status, answer.persists) == (408, False)
        assert time.monotonic() - before >= LIMIT
        assert link.ended()


def test_a_header_that_drips_gets_408_all_the_same(hasty: Served) -> None:
    before = time.monotonic()
    with connect(hasty) as link, _drip(link, b"X: y\r\n", b"GET /hello.txt HTTP/1.1\r\n"):
        assert link.answer().status == 408
        assert time.monotonic() - before >= LIMIT


def test_a_later_header_that_drips_gets_408_too(hasty: Served) -> None:
    with _answered(hasty) as link, _drip(link, b"X: y\r\n", b"GET /hello.txt HTTP/1.1\r\n"):
        assert link.answer().status == 408


def test_a_client_that_says_nothing_is_told_408(hasty: Served) -> None:
    with connect(hasty) as link:
        assert link.answer().status == 408
        assert link.ended()


def test_an_idle_connection_is_closed_without_a_word(hasty: Served) -> None:
    before = time.monotonic()
    with _answered(hasty) as link:
        assert link.ended()
        assert time.monotonic() - before >= LIMIT


def _put_stalls(hasty: Served, root: Path, *sent: bytes) -> None:
    before = snapshot(root)
    with connect(hasty) as link:
        link.send(*sent)
        answer = link.answer()
        assert (answer.status, answer.persists) == (408, False)
        assert snapshot(root) == before


def test_a_body_that_stalls_gets_408(hasty: Served, room: Path, root: Path) -> None:
    head = request("PUT", f"/{room.name}/file", "Content-Length: 100")
    _put_stalls(hasty, root, head, b"some")


def test_a_body_that_never_starts_gets_408(hasty: Served, room: Path, root: Path) -> None:
    _put_stalls(hasty, root, request("PUT", f"/{room.name}/file", "Content-Length: 100"))


def test_chunks_that_stall_get_408(hasty: Served, room: Path, root: Path) -> None:
    head = request("PUT", f"/{room.name}/file", "Transfer-Encoding: chunked")
    _put_stalls(hasty, root, head, b"5\r\nhello\r\n5\r\n")


def test_an_expected_body_that_does_not_come_gets_408(
    hasty: Served, room: Path, root: Path
) -> None:
    fields = ("Content-Length: 5", "Expect: 100-continue")
    _put_stalls(hasty, root, request("PUT", f"/{room.name}/file", *fields))


@pytest.mark.parametrize("framing", ["Content-Length: 16384", "Transfer-Encoding: chunked"])
def test_a_body_that_drips_gets_408(hasty: Served, room: Path, root: Path, framing: str) -> None:
    """A byte now and then keeps each receive happy; the rate of all of them is too low."""
    before = snapshot(root)
    piece = b"x" if "Length" in framing else b"1\r\nx\r\n"
    with connect(hasty) as link:
        link.send(request("PUT", f"/{room.name}/file", framing))
        with _drip(link, piece):
            assert link.answer().status == 408
    assert snapshot(root) == before


def _peers(server: psutil.Process) -> set[object]:
    """Return whom the server and its children are connected to."""
    peers: set[object] = set()
    for process in (server, *server.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):  # a child that has just ended
            peers |= {c.raddr for c in process.net_connections()}
    return peers


def _until_gone(served: Served, link: Link) -> None:
    """Wait, without reading, until the server has no part in the connection."""
    server, mine = psutil.Process(served.process.pid), link.socket.getsockname()
    deadline = time.monotonic() + PATIENCE
    while mine in _peers(server):
        assert time.monotonic() < deadline, "never given up"
        time.sleep(0.02)


def test_a_client_that_does_not_read_is_given_up(hasty: Served, room: Path) -> None:
    with (room / "large").open("wb") as file:
        file.truncate(200 << 20)  # more than any system buffers
    with connect(hasty) as link:
        link.send(request("GET", f"/{room.name}/large"))
        link.next_byte()
        _until_gone(hasty, link)
        with pytest.raises(Truncated):
            link.answer()


def test_slow_clients_hold_up_nobody(server: Served) -> None:
    with connect(server) as slow:
        slow.send(b"GET / HT")
        assert ask(server, request("GET", "/hello.txt")).body == HELLO
        # The other answer has not waited for the end of this one's ten seconds.
        slow.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.socket.recv(1)
