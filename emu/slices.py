"""Time slices: a thread that ends the running process's turn, so that nobody hogs the CPU."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.machine import Machine

__all__ = ["SLICE_S", "Slices"]

#: Length of a slice in seconds: how long a process that makes no call may hold up the others.
SLICE_S = 0.005


class Slices:
    """Sets :attr:`over` at the end of each slice, and stops an engine that does not look.

    The thread sleeps while the emulator waits for the host.  Two ticks without a call or an
    entry into the engine mean that the guest computes: only then is the engine stopped, which
    also lets Python see a Ctrl-C.
    """

    def __init__(self, machine: Machine) -> None:
        """Watch ``machine``; the thread starts with the first slice."""
        self._machine = machine
        self._running = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._busy = False
        #: True once the slice is used up.
        self.over = False

    def begin(self) -> None:
        """Start a process's slice."""
        self.over = False
        if not self._busy:
            self._busy = True
            self._running.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="slices", daemon=True)
                self._thread.start()

    def pause(self) -> None:
        """Nothing runs until the next :meth:`begin`."""
        self._busy = False
        self._running.clear()

    def expire(self) -> None:
        """End the present slice now; any thread may call it."""
        self.over = True
        self._machine.interrupt()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._running.set()
        if self._thread is not None:
            self._thread.join()

    def _tick(self) -> None:
        pause = threading.Event()
        entries = -1
        while not self._closed:
            self._running.wait()
            pause.wait(SLICE_S)
            self.over = True
            if self._machine.entries == entries:
                self._machine.interrupt()
            entries = self._machine.entries
