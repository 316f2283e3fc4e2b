"""A clock for guests in tests: time passes only while every process waits for it.

So what a program does first does not depend on the speed of the machine, and no test sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import TYPE_CHECKING

from emu.kernel.commpage import stamp

if TYPE_CHECKING:
    from emu.system import System

__all__ = ["Hourglass"]


class Hourglass:
    """The monotonic clock of one system, and its slices: none ends before a process waits.

    The program must not wait for a timer by computing, nor for somebody outside who is late.
    """

    def __init__(self, system: System) -> None:
        """Take the place of the host's clock in ``system``, which has not run yet."""
        self.now_ns = time.monotonic_ns()
        self._poll = system.host.poller.poll
        system.host.monotonic_ns = self._read
        system.host.poller.poll = self._wait  # type: ignore[method-assign]
        system.slices.begin = self._begin  # type: ignore[method-assign]

    def _begin(self) -> None:
        # The guest computes the time of day from the host's counter, which does not stand still.
        stamp(time.monotonic_ns(), time.time_ns())

    def _read(self) -> int:
        return self.now_ns

    def _wait(self, timeout_s: float | None) -> list[Hashable]:
        if timeout_s is None:
            return self._poll(None)
        ready = self._poll(0)
        if not ready:
            self.now_ns += round(timeout_s * 1e9)
        return ready
