"""What a request costs, counted and not timed, so that a busy machine gives the same figures.

A run with a few requests is compared with a run with more of them: what differs, by the number
of requests that differ, is what one costs; the start and the end of a run fall out.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable, Generator, Hashable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from types import FrameType

from emu.darwin import flags as f
from emu.kernel.process import Process
from emu.kernel.scheduler import Scheduler
from emu.launch import Options, prepare
from emu.system import System
from tests.hourglass import Hourglass
from tests.serving import PATIENCE

__all__ = ["WORKS", "Cost", "cost_of", "make_site"]

#: The modules whose functions are calls of the host; the clock is read without one.
HOST_MODULES = frozenset({"posix", "nt", "_socket", "select", "mmap", "fcntl"})
FEW, MANY = 3, 43

#: How far a figure may lie above its budget: the hosts and the versions of Python differ.
SLACKS = {
    "instructions": 1.03,
    "calls": 1.01,
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
            f"{n}: {getattr(self, n):.2f}, the budget is {getattr(budget, n):.2f}"
            for n in (field.name for field in fields(self))
            if getattr(self, n) > SLACKS[n] * getattr(budget, n)
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
        if event == "call" and frame.f_code.co_filename != __file__:
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


def cost_of(work: Work, root: Path, *, idle: int = 0) -> Cost:
    """Return what a request of this kind costs beside so many connections that say nothing.

    Instructions are counted by themselves: counting must not be counted.
    """
    few, many = (_run(work, root, n, idle, instructions=True) for n in (FEW, MANY))
    instructions = (many.instructions - few.instructions) / (MANY - FEW)
    few, many = (_run(work, root, n, idle, instructions=False) for n in (FEW, MANY))
    calls = many.calls - few.calls
    return Cost(
        instructions,
        calls / (MANY - FEW),
        (many.host_calls - few.host_calls) / calls,
        (many.python_calls - few.python_calls) / calls,
    )


def _run(work: Work, root: Path, requests: int, idle: int, *, instructions: bool) -> _Counts:
    """Serve so many requests, and count."""
    options = Options(root=root, port=0)
    system, first = prepare(options, options.load(), lambda _line: None)
    counts = _Counts()
    _Turns(system, counts, lambda: _client(work, _port(first), requests, idle))
    instructions_of = system.machine.count_instructions() if instructions else lambda: 0
    before = sys.getprofile()
    if not instructions:
        sys.setprofile(counts.profile)
    try:
        system.run(first)
    finally:
        sys.setprofile(before)
        first.files.close_all()
        system.host.close()
    counts.instructions, counts.calls = instructions_of(), system.counters.calls - counts.parks
    return counts


class _Turns:
    """Guest and client take turns on one thread: which call has to wait is the same in every run.

    The client goes on, uncounted, where the guest would wait; at its end the guest gets SIGTERM.
    """

    def __init__(
        self, system: System, counts: _Counts, client: Callable[[], Iterator[None]]
    ) -> None:
        self._poll = system.host.poller.poll
        self._system, self._counts, self._client = system, counts, client
        self._conversation: Iterator[None] | None = None
        self._over = False
        Hourglass(system)
        system.host.poller.poll = self._wait  # type: ignore[method-assign]

    def _wait(self, timeout_s: float | None) -> list[Hashable]:
        if timeout_s == 0 or self._over:
            return self._poll(timeout_s)
        profile = sys.getprofile()
        sys.setprofile(None)
        self._counts.host_calls += 1
        try:
            return self._client_s_turn()
        finally:
            sys.setprofile(profile)

    def _client_s_turn(self) -> list[Hashable]:
        self._conversation = self._conversation or self._client()
        ready: list[Hashable] = []
        while not ready and not self._over:
            self._over = next(self._conversation, self) is self
            ready = self._poll(0)
        if self._over:
            self._system.interrupt(f.SIGTERM)
        return ready


def _port(first: Process) -> int:
    """Return the port that the server listens on."""
    port: int = first.files.get(3).handle.sock.getsockname()[1]
    return port


def _client(work: Work, port: int, requests: int, idle: int) -> Iterator[None]:
    """Send the requests one after the other; yields while there is nothing to be read."""
    with contextlib.ExitStack() as silent:
        for _ in range(idle):
            silent.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            yield
        for group in [requests] if work.kept else [1] * requests:
            yield from _converse(work, port, group)


def _converse(work: Work, port: int, requests: int) -> Iterator[None]:
    """Send requests on one connection, each after the answer to the one before; to its end."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setblocking(False)
        for left in range(requests, 0, -1):
            way = "close" if left == 1 else "keep-alive"
            connection.sendall(
                f"GET {work.path} HTTP/1.1\r\nHost: x\r\nConnection: {way}\r\n\r\n".encode()
            )
            answer = yield from _until(
                connection, lambda data: len(data.partition(b"\r\n\r\n")[2]) == work.size
            )
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert (yield from _until(connection, lambda _data: False)) == b""


def _until(
    connection: socket.socket, complete: Callable[[bytes], bool]
) -> Generator[None, None, bytes]:
    """Receive until it is ``complete``, or the server has ended; returns all of it."""
    received = b""
    while not complete(received):
        try:
            more = connection.recv(1 << 17)
        except BlockingIOError:
            yield
            continue
        if not more:
            break
        received += more
    return received
