"""Medians and ratios, as a table to read and as JSON to keep."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.load import MIB, Result, Work

OURS = "ymawky-emu"


@dataclass(frozen=True)
class Goal:
    """At least (or, ``most``, at most) this ratio of our rate to a rival's."""

    work: str
    rival: str
    ratio: float


GOALS = (
    Goal("1 KiB, 8 at once", "forkserver", 1.2),
    Goal("1 KiB, 64 at once", "forkserver", 1.2),
    Goal("1 KiB, 8 at once", "qemu-aarch64", 20),
    Goal("1 KiB, 64 at once", "qemu-aarch64", 20),
    Goal("1 KiB, 8 at once", "http.server", 2),
    Goal("1 KiB, 64 at once", "http.server", 2),
    Goal("100 KiB, 8 at once", "forkserver", 1.0),
    Goal("10 MiB, 1 at once", "nginx", 0.9),
    Goal("10 MiB, 4 at once", "nginx", 0.9),
    Goal("PUT of 10 MiB, 1 at once", "nginx", 0.7),
)


@dataclass
class Row:
    """One server at one work, over the rounds."""

    work: Work
    rival: str
    results: list[Result] = field(default_factory=list)

    def middle(self, name: str) -> float:
        """Return the median over the rounds of one figure of the results."""
        return float(median(getattr(r, name) for r in self.results))

    @property
    def longest_ms(self) -> float:
        """The longest that any request of all rounds waited, answered or not."""
        return max(max(r.max_ms, r.oldest_ms) for r in self.results)

    @property
    def faults(self) -> int:
        """How many answers were missing or wrong, over all rounds."""
        return sum(r.errors + r.wrong for r in self.results)


@dataclass
class Start:
    """What a server costs before and apart from any load."""

    startups: list[float] = field(default_factory=list)
    memories: list[int] = field(default_factory=list)


@dataclass
class Report:
    """All that a run of the bench found."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    starts: dict[str, Start] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, work: Work, rival: str, result: Result) -> None:
        """Take in the result of one round."""
        self.rows.setdefault((work.name, rival), Row(work, rival)).results.append(result)

    def ratio(self, work: str, rival: str) -> float | None:
        """Return our median rate over a rival's, or None where one is missing."""
        ours, theirs = self.rows.get((work, OURS)), self.rows.get((work, rival))
        if ours is None or theirs is None or not theirs.middle("rate"):
            return None
        return ours.middle("rate") / theirs.middle("rate")

    def text(self) -> str:
        """Return the tables."""
        return "\n\n".join(
            "\n".join(part) for part in (self._load(), self._apart(), self._missing()) if part
        )

    def _load(self) -> list[str]:
        lines = []
        head = "rate/s    MiB/s   p50 ms   p99 ms    max ms   cpu us   ours/its"
        for name in dict.fromkeys(work for work, _ in self.rows):
            lines += ["", f"{name:25}      {head}"]
            lines += [self._line(row) for (work, _), row in self.rows.items() if work == name]
        return lines

    def _line(self, row: Row) -> str:
        ratio = self.ratio(row.work.name, row.rival)
        goals = [g for g in GOALS if (g.work, g.rival) == (row.work.name, row.rival)]
        beside = f"{ratio:8.2f} x" if ratio is not None and row.rival != OURS else ""
        if beside and goals and ratio is not None:
            beside += f"  goal {goals[0].ratio:g}{'' if ratio >= goals[0].ratio else ', missed'}"
        faults = f"  {row.faults} FAULTS" if row.faults else ""
        mib = row.middle("bytes_per_second") / MIB
        cpu = self._cpu(row)
        return (
            f"  {row.rival:25} {row.middle('rate'):9.1f} {mib:8.1f} {row.middle('p50_ms'):8.2f}"
            f" {row.middle('p99_ms'):8.2f} {row.longest_ms:9.1f} {cpu:>8} {beside}{faults}"
        ).rstrip()

    @staticmethod
    def _cpu(row: Row) -> str:
        spent = row.middle("cpu_us")
        return f"{spent:.0f}" if spent else "-"

    def _apart(self) -> list[str]:
        lines = [f"{'start and memory':25}    start ms  resident MiB"]
        for rival, start in self.starts.items():
            startup, memory = median(start.startups) * 1000, median(start.memories) / MIB
            lines.append(f"  {rival:25} {startup:9.0f}  {memory:12.1f}")
        return lines

    def _missing(self) -> Iterable[str]:
        return [f"without {rival}: {why}" for rival, why in self.left_out.items()]

    def data(self) -> dict[str, Any]:
        """Return everything as plain data for JSON."""
        return {
            "machine": {"python": platform.python_version(), "system": platform.platform()},
            "works": [
                {
                    "work": row.work.name,
                    "rival": row.rival,
                    "ratio": self.ratio(row.work.name, row.rival),
                    "faults": row.faults,
                    **{
                        n: row.middle(n)
                        for n in ("rate", "bytes_per_second", "p50_ms", "p99_ms", "cpu_us")
                    },
                    "longest_ms": row.longest_ms,
                }
                for row in self.rows.values()
            ],
            "starts": {
                rival: {"startup_s": median(s.startups), "resident_bytes": median(s.memories)}
                for rival, s in self.starts.items()
            },
            "left_out": self.left_out,
        }
