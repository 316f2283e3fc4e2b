"""Many requests, good and bad: nothing is left behind."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.server.exchange import Link, ask, connect, request
from tests.server.site import HELLO, build, snapshot
from tests.server.subject import serving
from tests.server.tunables import tuned
from tests.serving import PATIENCE, Served

REQUESTS = 20_000
#: Processes of the guest: so few that a leak of one in a thousand requests would be refused.
MAX_PROCS = 16
#: Requests on a connection that none of them ends.
PIPELINED = 25

GOOD = [
    request("GET", "/hello.txt"),
    request("HEAD", "/big.bin"),
    request("GET", "/digits.bin", "Range: bytes=10-19"),
    request("GET", "/digits.bin", "Range: bytes=10000-"),
    request("GET", "/nothing"),
    request("GET", "/../secret.txt"),
    request("GET", "/link.txt"),
    request("GET", "/fifo"),
    request("GET", "/directory"),
    request("GET", "/listed/"),
    request("OPTIONS", "*"),
    request("PUT", "/put.txt", body=b"some bytes"),
    request("PUT", "/put.txt", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
    request("PUT", "/directory", "If-Match: *", "Content-Length: 0"),
    request("DELETE", "/put.txt"),
]
BAD = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
    b"\0\1\2\3\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: h\r\n\r\n",
    b"FETCH / HTTP/1.1\r\nHost: h\r\n\r\n",
    request("POST", "/", body=b"x=y"),
    request("PUT", "/put.txt", "Content-Length: 5", "Transfer-Encoding: chunked") + b"hello",
    request("PUT", "/put.txt", "Transfer-Encoding: chunked") + b"zz\r\n",
    request("PUT", "/nothing/put.txt", body=b"x" * 5000),
    request("GET", "/" + "a" * 5000),
    request("GET", "/", "X: " + "y" * 20_000),
]
#: What a client that goes away amid it leaves behind.
BROKEN = [
    b"",
    b"GET /hel",
    request("PUT", "/put.txt", "Content-Length: 1000") + b"only this",
    request("PUT", "/put.txt", "Transfer-Encoding: chunked") + b"ff\r\nonly this",
    request("GET", "/big.bin"),
]


@dataclass(frozen=True)
class Levels:
    """What the server's process holds."""

    descriptors: int
    children: int
    memory: int

    @property
    def held(self) -> int:
        """Both of what goes with a connection: the native server has a child for each."""
        return self.descriptors + self.children

    @classmethod
    def of(cls, served: Served) -> Levels:
        process = psutil.Process(served.process.pid)
        if sys.platform == "win32":
            descriptors = process.num_handles()
        else:
            descriptors = process.num_fds()
        return cls(descriptors, len(process.children(recursive=True)), process.memory_info().rss)


@pytest.fixture
def enduring(tmp_path: Path) -> Iterator[tuple[Path, Served]]:
    root = tmp_path / "root"
    root.mkdir()
    build(root)
    source = tuned(tmp_path, MAX_PROCS=MAX_PROCS)
    with serving(root, tmp_path, source=source) as served:
        yield root, served


def _one_connection(served: Served, chance: random.Random) -> int:
    """Send good requests, then a bad one or the start of one; return how many there were."""
    good = chance.choices(GOOD, k=PIPELINED)
    last = chance.choice([*BAD, *BROKEN])
    with connect(served) as link:
        link.send(b"".join([*good, last]))
        for sent in good:
            assert link.answer(sent.partition(b" ")[0]).status < 500
        if last in BAD:
            answer = link.answer()
            assert 400 <= answer.status < 500 or answer.status in {501, 505}
    return PIPELINED + 1


def _put_on(served: Served, requests: int, seed: int) -> None:
    chance, done = random.Random(seed), 0
    while done < requests:
        done += _one_connection(served, chance)


def _settled(served: Served, level: Levels) -> Levels:
    """Wait until the last connections are gone; return the levels then, or at the end."""
    deadline = time.monotonic() + PATIENCE
    while (now := Levels.of(served)).held > level.held:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return now


def _served_at_once(served: Served, count: int) -> bool:
    links = [connect(served) for _ in range(count)]
    try:
        return _all_served(links)
    finally:
        for link in links:
            link.socket.close()


def _all_served(links: list[Link]) -> bool:
    for link in links:
        link.send(request("GET", "/hello.txt"))
    return all(link.answer().body == HELLO for link in links)


@pytest.mark.timeout(900)
def test_twenty_thousand_mixed_requests_leave_nothing_behind(
    enduring: tuple[Path, Served],
) -> None:
    root, served = enduring
    idle = Levels.of(served)  # nobody has connected yet
    _put_on(served, REQUESTS // 10, seed=1)  # buffers and caches fill
    before = _settled(served, idle)
    files = snapshot(root)
    _put_on(served, REQUESTS, seed=2)
    after = _settled(served, before)
    assert (after.descriptors, after.children) == (before.descriptors, before.children)
    assert after.memory - before.memory < 4 << 20
    ask(served, request("PUT", "/put.txt", body=b"x"))
    (root / "www" / "put.txt").unlink()
    files.pop("www/put.txt", None)
    assert snapshot(root) == files
    # No process of the guest is left over either: as many as may be are served at once, as soon
    # as the last ones have ended.
    deadline = time.monotonic() + PATIENCE
    while not _served_at_once(served, MAX_PROCS):
        assert time.monotonic() < deadline
    assert served.words.read_bytes() == b""
