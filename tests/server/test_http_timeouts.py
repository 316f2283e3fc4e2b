"""Clients that are slow or silent: a server whose every limit is a second shows them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.server.exchange import Link, Truncated, ask, connect, request
from tests.server.site import HELLO, snapshot
from tests.serving import Served

#: The limit of all waiting, and what a busy machine may add, in seconds.
LIMIT = 1.0
LEEWAY = 8.0


def _took(action: Callable[[], object]) -> float:
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def _in_time(seconds: float) -> bool:
    return 0.8 * LIMIT < seconds < LIMIT + LEEWAY


def _drip(link: Link, pieces: list[bytes], stop: threading.Event) -> threading.Thread:
    """Send a piece every tenth of the limit until ``stop``."""

    def send() -> None:
        for piece in pieces:
            if stop.wait(LIMIT / 10):
                return
            link.send(piece)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.parametrize("begun", [b"G", b"GET /hello.txt HTTP/1.1\r\nHost: h\r\n", b"\r\n"])
def test_a_header_that_stays_incomplete_gets_408(hasty: Served, begun: bytes) -> None:
    with connect(hasty) as link:
        link.send(begun)
        begin = time.monotonic()
        answer = link.answer()
        assert (answer.status, answer.persists) == (408, False)
        assert _in_time(time.monotonic() - begin)
        assert link.ended()


def test_a_header_that_drips_gets_408_all_the_same(hasty: Served) -> None:
    stop = threading.Event()
    with connect(hasty) as link:
        drip = _drip(link, [b"GET /hello.txt HTTP/1.1\r\n", *[b"X: y\r\n"] * 200], stop)
        begin = time.monotonic()
        assert link.answer().status == 408
        assert _in_time(time.monotonic() - begin)
        stop.set()
        drip.join()


def test_a_later_header_that_drips_gets_408_too(hasty: Served) -> None:
    stop = threading.Event()
    with connect(hasty) as link:
        link.send(request("GET", "/hello.txt"))
        assert link.answer().body == HELLO
        drip = _drip(link, [b"GET /hello.txt HTTP/1.1\r\n", *[b"X: y\r\n"] * 200], stop)
        assert link.answer().status == 408
        stop.set()
        drip.join()


def test_a_client_that_says_nothing_is_told_408(hasty: Served) -> None:
    with connect(hasty) as link:
        assert link.answer().status == 408
        assert link.ended()


def test_an_idle_connection_is_closed_without_a_word(hasty: Served) -> None:
    with connect(hasty) as link:
        link.send(request("GET", "/hello.txt"))
        assert link.answer().persists
        assert _in_time(_took(link.next_byte))
        assert link.ended()


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
    stop = threading.Event()
    piece = b"x" if "Length" in framing else b"1\r\nx\r\n"
    with connect(hasty) as link:
        link.send(request("PUT", f"/{room.name}/file", framing))
        drip = _drip(link, [piece] * 200, stop)
        begin = time.monotonic()
        assert link.answer().status == 408
        assert time.monotonic() - begin < LIMIT + 1 + LEEWAY  # 16 KiB are granted a second
        stop.set()
        drip.join()
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
    deadline = time.monotonic() + 3 * LIMIT + LEEWAY
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


def test_slow_clients_hold_up_nobody(hasty: Served) -> None:
    with connect(hasty) as slow:
        slow.send(b"GET / HT")
        assert _took(lambda: ask(hasty, request("GET", "/hello.txt"))) < LEEWAY
        assert slow.answer().status == 408
