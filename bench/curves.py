"""``python -m bench.curves``: what a request or a fork costs as one thing grows.

The cost is processor time of the server (user and system), in microseconds: it is steadier than a
rate on a machine that has other things to do.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from bench.load import MIB, make_site
from bench.rivals import RIVALS, ROOT, RivalError, Running, Site, started
from bench.tolls import growths, tolls
from emu.host.limits import raise_open_files

REQUESTS = 1500

#: What the curves of tolls.py are drawn over.
TOLLS = {
    "processes": "idle processes",
    "memory": "KiB of writable memory",
    "pages written": "pages of 16 KiB written",
}

#: More connections, and more requests on each, than the server takes as it comes.
TUNABLES = {"MAX_PROCS": 1100, "MAX_REQUESTS": 4000, "IDLE_TIMEOUT": 120}


def ask(connection: socket.socket, path: str, *, filler: int = 0) -> int:
    """Ask for ``path`` with so many bytes of header fields more; returns the answer's bytes."""
    fields = "".join(f"X-{n}: {'x' * 90}\r\n" for n in range(filler // 97))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _received(connection, 1 << 18)
    head = answer.index(b"\r\n\r\n") + 4
    length = re.search(rb"Content-Length: (\d+)", answer[:head])
    if not answer.startswith(b"HTTP/1.1 200") or length is None:
        raise ValueError(f"{path}: {answer.splitlines()[0].decode(errors='replace')}")
    left = head + int(length[1]) - len(answer)
    while left:
        left -= len(_received(connection, min(left, 1 << 18)))
    return head + int(length[1])


def _received(connection: socket.socket, most: int) -> bytes:
    part = connection.recv(most)
    if not part:
        raise ValueError("the server ended the connection before its answer was whole")
    return part


def _ask_for(connection: socket.socket, path: str, _number: int) -> int:
    return ask(connection, path)


def _ask_filled(connection: socket.socket, filler: int, _number: int) -> int:
    return ask(connection, "/1k.html", filler=filler)


def _ask_in_turn(connections: list[socket.socket], number: int) -> int:
    return ask(connections[number % len(connections)], "/1k.html")


def cost(running: Running, request: Callable[[int], object], times: int = REQUESTS) -> float:
    """Return the server's processor time per request, in µs."""
    before = running.process.cpu_times()
    for n in range(times):
        request(n)
    after = running.process.cpu_times()
    return (after.user + after.system - before.user - before.system) / times * 1e6


def processes(running: Running) -> dict[int, tuple[float, ...]]:
    """Cost of a request, and resident MiB, beside so many connections that are kept idle."""
    found: dict[int, tuple[float, ...]] = {}
    kept: list[socket.socket] = []
    for number in (1, 10, 64, 250, 500, 1000):
        while len(kept) < number:
            kept.append(socket.create_connection(("127.0.0.1", running.port), timeout=30))
            ask(kept[-1], "/1k.html")
        spent = cost(running, functools.partial(_ask_in_turn, kept[-4:]))
        found[number] = (spent, running.memory() / MIB)
    for connection in kept:
        connection.close()
    return found


def sizes(running: Running, site: Site) -> dict[int, tuple[float, ...]]:
    """Cost of a request for a file of so many bytes on a kept connection."""
    found: dict[int, tuple[float, ...]] = {}
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
        for size in (1 << 10, 16 << 10, 256 << 10, 4 << 20):
            (site.root / "www" / f"s{size}").write_bytes(bytes(size))
            times = max(50, min(REQUESTS, (200 << 20) // size))
            path = f"/s{size}"
            request = functools.partial(_ask_for, connection, path)
            found[size] = (cost(running, request, times),)
    return found


def headers(running: Running) -> dict[int, tuple[float, ...]]:
    """Cost of a request with so many bytes of header fields on a kept connection."""
    found: dict[int, tuple[float, ...]] = {}
    for size in (0, 970, 1940, 3880):
        with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
            found[size] = (cost(running, functools.partial(_ask_filled, connection, size)),)
    return found


def _tuned(scratch: Path) -> Path:
    text = (ROOT / "ymawky.s").read_text()
    for name, value in TUNABLES.items():
        text = re.sub(rf"^(\.equ {name}), \S+", rf"\1, {value}", text, flags=re.MULTILINE)
    path = scratch / "ymawky.s"
    path.write_text(text)
    return path


def in_flight(running: Running) -> float:
    """Return the resident MiB while 64 answers of 10 MiB are being sent and nobody reads them."""
    request = b"GET /10m.bin HTTP/1.1\r\nHost: x\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(64):
            connection = socket.create_connection(("127.0.0.1", running.port), timeout=30)
            stack.enter_context(connection)
            connection.sendall(request)
            connection.recv(1)  # its answer has begun
        return running.memory() / MIB


@dataclass
class Curves:
    """All the curves: a title, and the values at each point."""

    points: dict[str, dict[int, tuple[float, ...]]] = field(default_factory=dict)
    #: Single figures that goals are about.
    figures: dict[str, float] = field(default_factory=dict)

    def text(self) -> str:
        """Return them as tables."""
        lines = []
        for title, curve in self.points.items():
            lines += ["", title]
            lines += [f"  {x:9,}" + "".join(f" {v:9.1f}" for v in y) for x, y in curve.items()]
        lines += ["", f"64 connections in flight: {self.figures['MiB in flight']:.1f} MiB resident"]
        return "\n".join(lines[1:])


def measure(site: Site) -> Curves:
    """Measure all curves; ``site`` has the files of the bench.

    Raises:
        RivalError: our server or toll.s did not do what it should.
    """
    raise_open_files()
    found = Curves()
    source = _tuned(site.scratch)
    ours = RIVALS[0]
    many = replace(
        ours, command=lambda s, p: [*ours.command(s, p), "--max-procs", "1200", str(source)]
    )
    with started(many, site) as running, _said():
        found.points["bytes of a file: us a request"] = sizes(running, site)
        found.points["bytes of header fields: us a request"] = headers(running)
        beside = processes(running)
    # Started again: with the image in the cache, and no memory of a thousand clients.
    with started(many, site) as running, _said():
        found.figures["MiB in flight"] = in_flight(running)
    found.points["connections, all but 4 idle: us a request, resident MiB"] = beside
    found.figures["MiB idle"] = beside[max(beside)][1]
    costs = tolls(site.scratch)
    found.figures |= growths(costs)
    for title, x in TOLLS.items():
        found.points[f"{x}: us of a fork and its wait, us of a switch"] = dict(costs[title])
    return found


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """Make one line of what a connection can do."""
    try:
        yield
    except (OSError, ValueError) as why:
        raise RivalError(f"{type(why).__name__}: {why}") from why


def main() -> int:
    """Measure all curves, print them, and keep them as JSON."""
    with tempfile.TemporaryDirectory() as name:
        site = Site(Path(name, "site"), Path(name))
        make_site(site.root)
        try:
            found = measure(site)
        except RivalError as why:
            print(f"bench.curves: {why}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("bench.curves: interrupted; nothing is left running", file=sys.stderr)
            return 130
    print(found.text())
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "curves.json").write_text(json.dumps(asdict(found), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
