"""What a fork and a switch cost the emulator, by what else the guest has: toll.s, run and counted.

The cost is processor time of the emulator (user and system), in microseconds: what a run with many
forks or switches takes beyond the same run with none.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.building import HERE, ROOT, RivalError, environment, last_line

#: A page of the guest, in bytes.
PAGE = 0x4000
TIMES = 3000
#: Each run is repeated, and the least counts: what disturbs it only adds.
REPEATS = 2

PROCESSES = (1, 10, 100, 1000)
MEMORY_KIB = (1024, 4096, 16384)
PAGES = (1, 4, 16, 64, 256)


@dataclass(frozen=True)
class Setting:
    """A guest's memory in KiB, how many of its pages it writes, and its idle processes."""

    memory_kib: int = 4096
    pages: int = 4
    idle: int = 0


def program(setting: Setting, *, forks: int = 0, rounds: int = 0) -> str:
    """Return toll.s with its numbers filled in."""
    numbers = {
        "area": setting.memory_kib << 10,
        "pages": setting.pages,
        "idle": setting.idle,
        "forks": forks,
        "rounds": rounds,
    }
    text = (HERE / "toll.s").read_text()
    for name, number in numbers.items():
        text = text.replace(f"{{{name}}}", str(number))
    return text


def _spent(text: str, scratch: Path) -> float:
    """Return the processor seconds of a run, the image cached."""
    source = scratch / "toll.s"
    source.write_text(text)
    command = [sys.executable, "-m", "emu.cli", "run", "--quiet", "--max-procs", "1200"]
    command += ["--root", str(scratch), str(source)]
    least = float("inf")
    for number in range(REPEATS + 1):
        before = os.times()
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
        )
        after = os.times()
        if done.returncode:
            raise RivalError(f"toll.s ended with {done.returncode}: {last_line(done.stderr)}")
        if number:  # the first fills the cache
            least = min(least, sum(after[2:4]) - sum(before[2:4]))
    return least


def _costs(setting: Setting, scratch: Path) -> tuple[float, float]:
    """Return the µs of a fork with its wait, and of a switch."""
    none = _spent(program(setting), scratch)
    forks = _spent(program(setting, forks=TIMES), scratch) - none
    # There and back is two switches, and two calls on either side.
    switches = _spent(program(setting, rounds=TIMES), scratch) - none
    return max(0.0, forks) / TIMES * 1e6, max(0.0, switches) / TIMES / 2 * 1e6


def tolls(scratch: Path) -> dict[str, dict[int, tuple[float, float]]]:
    """Return the curves by their titles: µs of a fork and of a switch at each point."""
    return {
        "processes": {n: _costs(Setting(idle=n), scratch) for n in PROCESSES},
        "memory": {n: _costs(Setting(memory_kib=n), scratch) for n in MEMORY_KIB},
        "pages written": {n: _costs(Setting(pages=n), scratch) for n in PAGES},
    }


def growths(curves: dict[str, dict[int, tuple[float, float]]]) -> dict[str, float]:
    """Return how many times as much each cost is at the end of its curve, as figures by name.

    Memory and processes run over their whole curves, 16 and 1,000 times; pages written are
    taken at the two points that lie 16 times apart.
    """
    found = {}
    for title, curve in curves.items():
        points = sorted(curve)
        first, last = (4, 64) if {4, 64} <= set(points) else (points[0], points[-1])
        for name, low, high in zip(("fork", "switch"), curve[first], curve[last], strict=True):
            if low > 0:
                found[f"growth of {name} by {title}"] = high / low
    return found
