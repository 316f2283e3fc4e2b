"""Where the lines of a trace go: a file or stderr, written by a thread of its own.

The run never waits for whoever reads: lines queue up to :data:`QUEUE_MAX` bytes, further ones are
dropped and counted.  What goes wrong with the file is said in one line, and the run goes on.
"""

from __future__ import annotations

import stat
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from emu.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["QUEUE_MAX", "STDERR", "Sink"]

#: The name of a sink that writes to stderr.
STDERR = "stderr"

#: Most bytes that wait to be written.
QUEUE_MAX = 1 << 24
#: How long lines are gathered before they are written, in seconds.
_GATHER_S = 0.02


class Sink:
    """Takes lines without ever blocking."""

    def __init__(
        self, target: Path | BinaryIO, say: Callable[[str], None], *, name: str = ""
    ) -> None:
        """Write to a path, or to a binary stream that is not closed.

        A file is made at once; a pipe is opened by the thread, since that waits for a reader.

        Raises:
            UsageError: the file cannot be made.
        """
        self._say = say
        self._target: BinaryIO | None = None
        self._path: Path | None = None
        if isinstance(target, Path):
            self._path = target
            if not _is_pipe(target):
                self._target = _make(target)
        else:
            self._target = target
        #: Whether the lines stand where the emulator's own do.
        self.on_stderr = name == STDERR
        self._name = name or str(target)
        self._queue: deque[str] = deque()
        self._some = threading.Event()
        self._hurry = threading.Event()
        self._entered = self._written = 0
        self._lost = 0
        self._closed = self._failed = False
        self._thread = threading.Thread(target=self._run, name="trace", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Queue a line, its newline included."""
        if self._failed:
            return
        if self._entered - self._written > QUEUE_MAX:
            self._lost += 1
            return
        self._entered += len(line)
        self._queue.append(line)
        if not self._some.is_set():
            self._some.set()

    def close(self, timeout: float = 2.0) -> None:
        """Write what is left, for at the most ``timeout`` seconds, and say what was lost."""
        self._closed = True
        self._some.set()
        self._hurry.set()
        self._thread.join(timeout)
        if self._failed:
            return
        lost = self._lost + len(self._queue)
        if self._thread.is_alive() and not lost:
            lost = 1
        if lost:
            self._say(f"trace: {lost} lines are lost: {self._name} does not take them fast enough")

    # -- the thread -----------------------------------------------------------------------

    def _run(self) -> None:
        try:
            if self._target is None and self._path is not None:
                self._target = self._path.open("wb", buffering=0)
            while not (self._closed and not self._queue):
                self._some.wait()
                self._hurry.wait(0 if self._closed else _GATHER_S)
                self._hurry.clear()
                self._some.clear()
                self._drain()
        except (OSError, ValueError) as error:
            self._give_up(error)
        if self._path is not None and self._target is not None:
            self._target.close()

    def _drain(self) -> None:
        """Write all that is queued."""
        lines = []
        while self._queue:
            lines.append(self._queue.popleft())
        text = "".join(lines)
        self._write(text.encode(errors="backslashreplace"))
        self._written += len(text)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left and self._target is not None:
            # A raw stream may take a part only; one in non-blocking mode nothing at all.
            taken = self._target.write(left)
            if not taken:
                self._hurry.wait(_GATHER_S)
                continue
            left = left[taken:]
        if self._target is not None:
            self._target.flush()

    def _give_up(self, error: Exception) -> None:
        self._failed = True
        reason = getattr(error, "strerror", None) or str(error)
        self._say(f"trace: {self._name}: {reason}; the run goes on without a trace")
        self._queue.clear()


def _is_pipe(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False


def _make(path: Path) -> BinaryIO:
    try:
        return path.open("wb", buffering=0)
    except OSError as error:
        raise UsageError(f"--strace={path}: cannot write: {error.strerror}") from None
