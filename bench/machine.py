"""The machine: the cores that a server and its load get, and what others do on them meanwhile."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psutil

#: A machine is busy when others take more than this much of a core at a median turn.
BUSY = 0.15


@dataclass(frozen=True)
class Cores:
    """Which cores a server runs on, and which its load."""

    server: tuple[int, ...]
    load: tuple[int, ...]

    @property
    def apart(self) -> bool:
        """Whether the load takes nothing from the server."""
        return not set(self.server) & set(self.load)


def available() -> list[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def shared_out(number: int, cores: Sequence[int]) -> Cores:
    """Give a server so many cores, and its load the others: all of them if none is left."""
    return Cores(tuple(cores[:number]), tuple(cores[number:]) or tuple(cores))


def on_cores(cores: Sequence[int], command: list[str]) -> list[str]:
    """Return ``command`` pinned to these cores, where that can be had."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", ",".join(map(str, cores)), *command] if taskset else command


def _busy() -> float:
    """Return the seconds that our cores were busy, whoever it was for, since the machine began."""
    cores = psutil.cpu_times(percpu=True)
    total = 0.0
    for number in available():
        if number < len(cores):
            times = cores[number]._asdict()
            idle = times["idle"] + times.get("iowait", 0.0)
            # A guest's time is part of the user's.
            guests = times.get("guest", 0.0) + times.get("guest_nice", 0.0)
            total += sum(times.values()) - idle - guests
    return total


class Interval:
    """From its making on: the time, our own processor time, and everybody's."""

    def __init__(self) -> None:
        """Begin."""
        self._clock, self._own, self._all = time.perf_counter(), sum(os.times()[:4]), _busy()

    def others(self, server: float) -> float:
        """Return how much of a core other processes had, if the server took so many seconds."""
        own = sum(os.times()[:4]) - self._own + server
        return max(0.0, _busy() - self._all - own) / self.seconds

    def idle(self) -> float:
        """Return how many of our cores had nothing to do, on average."""
        return max(0.0, len(available()) - (_busy() - self._all) / self.seconds)

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return max(1e-9, time.perf_counter() - self._clock)


@dataclass
class Neighbours:
    """What other processes took of the machine, turn by turn, in cores."""

    shares: list[float] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        """Whether rates cannot be believed."""
        return bool(self.shares) and median(self.shares) > BUSY

    def text(self) -> str:
        """Return what a reader must know before the figures."""
        number = len(available())
        where = f"{number} core{'s' * (number > 1)}"
        where += ": a server has one, its load another" if number > 1 else ", for server and load"
        if not self.shares:
            return f"{where}; what others took of them is not known"
        middle, most = median(self.shares), max(self.shares)
        said = f"{where}; other processes took {middle:.2f} of a core (most: {most:.2f})"
        if self.busy:
            said += "\nTHIS MACHINE IS BUSY: believe ratios and processor times, and no rate"
        return said

    def data(self) -> dict[str, Any]:
        """Return the same for JSON."""
        return {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": len(available()),
            "others_median": median(self.shares) if self.shares else None,
            "others_most": max(self.shares, default=None),
            "busy": self.busy,
        }
