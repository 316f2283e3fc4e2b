"""Many requests on one server: none fails, and nothing is left behind."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.load import MIB, Load, Work
from bench.rivals import Running

REQUESTS = 10_000
WORK = Work("1 KiB, 64 at once", "1k.html", 64)

#: Seconds after which the soak gives up.
PATIENCE = 120.0

#: So many equal measurements in a row are a level.
SETTLED = 5


@dataclass(frozen=True)
class Levels:
    """What a server holds at one moment."""

    descriptors: int
    processes: int
    memory: int

    @classmethod
    def of(cls, running: Running) -> Levels:
        """Measure a server once its last connections are over: when nothing changes any more."""
        levels, same = cls._now(running), 0
        while same < SETTLED:
            time.sleep(0.05)
            before, levels = levels, cls._now(running)
            same = same + 1 if before == levels else 0
        return levels

    @classmethod
    def _now(cls, running: Running) -> Levels:
        return cls(running.descriptors(), len(running.processes()), running.memory())

    def __str__(self) -> str:
        """Return the levels in words."""
        return (
            f"{self.descriptors} descriptors, {self.processes} process(es), "
            f"{self.memory / MIB:.1f} MiB"
        )


def soak(running: Running, load: Load) -> str:
    """Send :data:`REQUESTS` requests, 64 at once, and return what came of them."""
    load.put_on(running, WORK, seconds=PATIENCE, requests=500)  # buffers and caches fill
    before = Levels.of(running)
    result = load.put_on(running, WORK, seconds=PATIENCE, requests=REQUESTS)
    after = Levels.of(running)
    return (
        f"{result.requests:,} requests of 1 KiB, 64 at once: "
        f"{result.errors} errors, {result.wrong} wrong answers, {result.rate:,.0f}/s\n"
        f"  before: {before}\n  after:  {after}"
    )
