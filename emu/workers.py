"""``--workers N``: several emulators on one listening socket, started and watched by their parent.

The parent binds the address and runs no guest.  Each worker is a whole emulator, in a process
group of its own so that Ctrl-C reaches it through the parent alone; the guest's ``bind`` gets
the socket that all share, so the host gives a connection to a worker that is free.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from emu.errors import UsageError
from emu.host.probe import problem_of
from emu.host.sharing import Line, bound_listener, can_share, wakeup_pair
from emu.record import field, record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

__all__ = ["Crew", "Tie"]

#: A worker that ends sooner than so many seconds would not do better if it were started again.
_TOO_SOON_S = 1.0
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Tie:
    """A worker's side: the socket to listen on, and the line to its parent."""

    def __init__(self, text: str) -> None:
        """Take the two descriptors that the parent wrote after ``--worker``."""
        listener, line = text.split(",")
        self.listener = int(listener)
        self._line = Line(int(line))

    def follow(self, end: Callable[[], None]) -> None:
        """Call ``end`` when the parent is gone, from a thread of its own."""

        def wait() -> None:
            self._line.receive()
            end()

        threading.Thread(target=wait, name="parent", daemon=True).start()

    def tell(self, counts: Sequence[int]) -> None:
        """Send the parent what this worker did."""
        self._line.send(json.dumps(list(counts)).encode())


@record(frozen=False, eq=False)
class _Worker:
    number: int
    process: subprocess.Popen[bytes]
    line: Line
    began: float = field(factory=time.monotonic)

    def report(self) -> list[int]:
        """Wait for its end and return what it counted."""
        said = self.line.receive()
        self.process.wait()
        self.line.close()
        return list(map(int, json.loads(said))) if said else []


class Crew:
    """The parent's side: starts the workers, and is there until the last has ended."""

    def __init__(
        self, command: Sequence[str], address: tuple[str, int] | None, say: Callable[[str], None]
    ) -> None:
        """Bind ``address`` for workers that are started by the arguments ``command``.

        Raises:
            UsageError: there is no address, it cannot be had, or the host cannot share it.
        """
        if not can_share():
            raise UsageError("--workers: this system cannot share a listening socket; run without")
        if address is None:
            raise UsageError("--workers: needs --port N or --listen ADDRESS:PORT to share")
        try:
            self._listener = bound_listener(address)
        except OSError as error:
            where = f"{address[0]}:{address[1]}"
            raise UsageError(f"{where}: {problem_of(error)}; choose another with --port") from None
        self._command = [sys.executable, "-m", "emu.cli", *command]
        self._say = say
        self._workers: dict[int, _Worker] = {}
        #: Workers that have ended with their counts, and None where a signal has come.
        self._ended: queue.SimpleQueue[tuple[_Worker, list[int]] | None] = queue.SimpleQueue()
        self._stopping = False
        #: The sums of what the workers counted, where ``--stats`` made them count.
        self.counts: list[int] = []

    def run(self, number: int) -> int:
        """Run so many workers to their end; returns the first exit status that is not 0."""
        for name in _SIGNALS:
            signal.signal(getattr(signal, name), self._forward)
        self._stay_awake()
        for n in range(1, number + 1):
            self._start(n)
        status = 0
        while self._workers:
            ended = self._ended.get()
            if ended is None:
                continue
            worker, counts = ended
            if counts:
                before = self.counts or [0] * len(counts)
                self.counts = [a + b for a, b in zip(before, counts, strict=True)]
            del self._workers[worker.number]
            status = self._after(worker) or status
        self._listener.close()
        return status

    def _stay_awake(self) -> None:
        """Let signals end a wait for workers: else Python acts on them when the wait is over."""
        wakeups, fd = wakeup_pair()
        signal.set_wakeup_fd(fd, warn_on_full_buffer=False)

        def tell() -> None:
            while wakeups.recv(1):
                self._ended.put(None)

        threading.Thread(target=tell, daemon=True).start()

    def _start(self, number: int) -> None:
        line, theirs = Line.pair()
        handed = (self._listener.fileno(), theirs.fileno())
        process = subprocess.Popen(
            [*self._command[:4], f"--worker={handed[0]},{handed[1]}", *self._command[4:]],
            pass_fds=handed,
            process_group=0,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        worker = self._workers[number] = _Worker(number, process, line)
        threading.Thread(
            target=lambda: self._ended.put((worker, worker.report())), daemon=True
        ).start()
        if self._stopping:  # a signal came before this one was among those that get it
            process.send_signal(signal.SIGTERM)

    def _after(self, worker: _Worker) -> int:
        """Start a worker again that ended by itself, or end the others; returns its status."""
        code = worker.process.returncode
        status = code if code >= 0 else 128 - code
        if self._stopping:
            return status
        lived = time.monotonic() - worker.began
        again = bool(status) and lived >= _TOO_SOON_S
        what = "it is started again" if again else "the others are stopped"
        self._say(f"worker {worker.number} ended with status {status}: {what}")
        if again:
            self._start(worker.number)
            return 0
        self._end(signal.SIGTERM)
        return status

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            for worker in self._workers.values():
                worker.process.kill()
            os._exit(128 + number)
        self._say(f"{signal.Signals(number).name}: the workers get it (once more: stop at once)")
        self._end(number)

    def _end(self, number: int) -> None:
        self._stopping = True
        for worker in list(self._workers.values()):
            worker.process.send_signal(number)
