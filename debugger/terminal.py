"""The guest's own terminal: its output comes to the debugger, its input from there."""

from __future__ import annotations

import os
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from emu.host.handle import Buffer, Handle, HostStat
from emu.host.readiness import READABLE
from emu.kernel.files import OpenFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.process import Process

__all__ = ["INPUT_CHANNEL", "GuestTerminal"]

#: The wait channel of those who read from the terminal.
INPUT_CHANNEL = "debugger terminal input"


class _Output(Handle):
    """What the guest writes is handed to a function."""

    __slots__ = ("_fd", "_written")
    kind = "stream"

    def __init__(self, fd: int, written: Callable[[int, bytes], None]) -> None:
        """Hand all bytes to ``written``, together with the descriptor."""
        super().__init__()
        self._fd, self._written = fd, written

    def write(self, data: Buffer) -> int:
        """Take everything."""
        self._written(self._fd, bytes(data))
        return len(data)

    def stat(self) -> HostStat:
        """Look like a device."""
        return HostStat.of(Path(os.devnull).stat())


class _Input(Handle):
    """What was typed, a line at a time as a terminal gives it.

    An empty line is an end of file (Ctrl-D): one read gets nothing, and the next ones go on.
    Lines may be typed on any thread; nobody of the host has to be waited for.
    """

    __slots__ = ("_lines", "_lock", "_waits")
    kind = "stream"
    channel = INPUT_CHANNEL

    def __init__(self, *, waits: bool) -> None:
        """Begin empty; without ``waits`` that is the end of the input."""
        super().__init__()
        self._lines: deque[bytes] = deque()
        self._lock = threading.Lock()
        self._waits = waits

    def put(self, data: bytes) -> None:
        """Add what was typed, b"" for an end of file."""
        with self._lock:
            self._lines += data.splitlines(keepends=True) or [b""]

    def read_into(self, view: memoryview) -> int:
        """Take the first line, or as much of it as there is room for."""
        with self._lock:
            if not self._lines:
                if self._waits:
                    raise BlockingIOError
                return 0
            line = self._lines.popleft()
            count = min(len(line), len(view))
            view[:count] = line[:count]
            if count < len(line):
                self._lines.appendleft(line[count:])
            return count

    def available(self) -> int:
        """Return the bytes that wait to be read."""
        return sum(map(len, self._lines))

    def readiness(self) -> int:
        """Tell whether a read would not wait."""
        return READABLE if self._lines or not self._waits else 0

    def stat(self) -> HostStat:
        """Look like a device."""
        return HostStat.of(Path(os.devnull).stat())


class GuestTerminal:
    """Descriptors 0, 1 and 2 of the first process."""

    def __init__(self, written: Callable[[int, bytes], None]) -> None:
        """Hand what the guest writes to ``written(descriptor, bytes)``."""
        self._written = written
        self._input: _Input | None = None

    def attach(self, process: Process, *, interactive: bool) -> None:
        """Give ``process`` this terminal; without ``interactive`` its input ends by itself."""
        put = process.files.put
        self._input = _Input(waits=interactive)
        put(0, OpenFile(self._input, "stdio", 0, "stdin"))
        for fd, name in ((1, "stdout"), (2, "stderr")):
            put(fd, OpenFile(_Output(fd, self._written), "stdio", 1, name))

    def type(self, data: bytes) -> bool:
        """Send input to the guest, b"" for an end of file; False where nobody can read it."""
        if self._input is None or self._input.closed:
            return False
        self._input.put(data)
        return True

    def close(self) -> None:
        """Forget the guest."""
        self._input = None
