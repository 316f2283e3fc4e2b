"""What a request costs, counted and not timed, so that a busy machine gives the same figures.

A run with a few requests is compared with a run with more of them: what differs, by the number
of requests that differ, is what one costs; the start and the end of a run fall out.
"""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import FrameType

from emu.kernel.scheduler import Scheduler
from emu.launch import Options, prepare
from tests.serving import PATIENCE, free_port

__all__ = ["WORKS", "Cost", "cost_of", "make_site"]

#: The modules whose functions are calls of the host; the clock is read without one.
HOST_MODULES = frozenset({"posix", "nt", "_socket", "select", "mmap", "fcntl"})
FEW, MANY = 3, 43

#: How far a figure may lie above its budget.  A call that had to wait runs twice, and which ones
#: wait is a matter of time: that changes what a call costs, not how many the guest makes.
SLACKS = {
    "instructions": 1.05,
    "calls": 1.05,
    "host_calls_per_call": 1.2,
    "python_calls_per_call": 1.2,
}


@dataclass(frozen=True)
class Work:
    """Requests for one file, on new connections or on one that is kept."""

    path: str
    size: int
    kept: bool = False


WORKS = {
    "1 KiB, a connection each": Work("/1k.bin", 1 << 10),
    "1 KiB, one kept connection": Work("/1k.bin", 1 << 10, kept=True),
    "100 KiB, a connection each": Work("/100k.bin", 100 << 10),
}


@dataclass(frozen=True)
class Cost:
    """What one request costs, and one call of the guest's in it."""

    instructions: float
    calls: float
    host_calls_per_call: float
    python_calls_per_call: float

    def over(self, budget: Cost) -> list[str]:
        """Return a line for each figure that is above its budget and the slack on it."""
        return [
            f"{f.name}: {getattr(self, f.name):.2f}, the budget is {getattr(budget, f.name):.2f}"
            for f in fields(self)
            if getattr(self, f.name) > SLACKS[f.name] * getattr(budget, f.name)
        ]


_PARK = Scheduler.park.__code__


@dataclass
class _Counts:
    """The totals of one run."""

    instructions: int = 0
    calls: int = 0
    host_calls: int = 0
    python_calls: int = 0
    parks: int = 0

    def profile(self, frame: FrameType, event: str, argument: object) -> None:
        """Count an event of :func:`sys.setprofile`."""
        if event == "call":
            self.python_calls += 1
            self.parks += frame.f_code is _PARK
        elif event == "c_call" and _module(argument) in HOST_MODULES:
            self.host_calls += 1


def _module(function: object) -> str:
    """Return the module of a function in C, or of the type that a method belongs to."""
    owner = getattr(function, "__self__", None)
    of_type = owner is not None and not hasattr(owner, "__spec__")
    kind = owner if isinstance(owner, type) else type(owner)
    bases = [base.__module__ for base in kind.__mro__] if of_type else []
    if "_socket" in bases:
        return "_socket"
    return bases[0] if bases else str(getattr(function, "__module__", ""))


def make_site(root: Path) -> None:
    """Write the files that the requests ask for."""
    (root / "www").mkdir(parents=True, exist_ok=True)
    for work in WORKS.values():
        (root / "www" / work.path[1:]).write_bytes(bytes(work.size))


def cost_of(work: Work, root: Path) -> Cost:
    """Return what a request of this kind costs; counting itself must not be counted."""
    few, many = (_run(work, root, n, instructions=True) for n in (FEW, MANY))
    instructions = (many.instructions - few.instructions) / (MANY - FEW)
    few, many = (_run(work, root, n, instructions=False) for n in (FEW, MANY))
    calls = many.calls - few.calls
    return Cost(
        instructions,
        calls / (MANY - FEW),
        (many.host_calls - few.host_calls) / calls,
        (many.python_calls - few.python_calls) / calls,
    )


def _run(work: Work, root: Path, requests: int, *, instructions: bool) -> _Counts:
    """Serve so many requests, and count."""
    port = free_port()
    options = Options(root=root, port=port)
    system, first = prepare(options, options.load(), lambda _line: None)
    counts = _Counts()
    instructions_of = system.machine.count_instructions() if instructions else lambda: 0
    failed: list[BaseException] = []
    client = threading.Thread(
        target=_ask, args=(work, port, requests, system.interrupt, failed), daemon=True
    )
    client.start()
    before = sys.getprofile()
    if not instructions:
        sys.setprofile(counts.profile)
    try:
        system.run(first)
    finally:
        sys.setprofile(before)
        system.host.close()
    client.join()
    assert not failed, failed
    counts.instructions, counts.calls = instructions_of(), system.counters.calls - counts.parks
    return counts


def _ask(
    work: Work,
    port: int,
    requests: int,
    interrupt: Callable[[int], None],
    failed: list[BaseException],
) -> None:
    """Send the requests one after the other, and end the server."""
    try:
        _await_listener(port)
        for group in [[requests]] if work.kept else [[1]] * requests:
            _converse(work, port, group)
    except BaseException as why:  # noqa: BLE001 - the test says it
        failed.append(why)
    finally:
        interrupt(signal.SIGTERM)


def _await_listener(port: int) -> None:
    while True:
        try:
            _converse(WORKS["1 KiB, a connection each"], port, [1])
        except ConnectionRefusedError:
            continue
        return


def _converse(work: Work, port: int, group: Sequence[int]) -> None:
    """Send requests on one connection, each after the answer to the one before; to its end."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        stream = connection.makefile("rb")
        for left in range(group[0], 0, -1):
            way = "close" if left == 1 else "keep-alive"
            connection.sendall(
                f"GET {work.path} HTTP/1.1\r\nHost: x\r\nConnection: {way}\r\n\r\n".encode()
            )
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            while stream.readline() != b"\r\n":
                pass
            assert len(stream.read(work.size)) == work.size
        assert stream.read() == b""
