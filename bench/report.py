"""Medians and ratios, as a table to read and as JSON to keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.load import MIB, Result, Work
from bench.machine import Neighbours
from bench.rivals import OURS

#: The figures of a row that JSON keeps.
FIGURES = ("rate", "bytes_per_second", "p50_ms", "p99_ms", "cpu_us", "load_us", "idle")


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

    @property
    def startup(self) -> float:
        """Median seconds from the start of the command to the first answer."""
        return float(median(self.startups))

    @property
    def memory(self) -> float:
        """Median resident bytes after the loads, 0 where no load was over."""
        return float(median(self.memories)) if self.memories else 0.0


@dataclass
class Report:
    """All that a run of the bench found."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    starts: dict[str, Start] = field(default_factory=dict)
    #: What was measured by other means than the rounds, by name.
    figures: dict[str, float] = field(default_factory=dict)
    neighbours: Neighbours = field(default_factory=Neighbours)
    #: Why a server was not measured, or no further.
    left_out: dict[str, str] = field(default_factory=dict)
    #: Works that a server broke down at, a line each.
    broken: list[str] = field(default_factory=list)

    def add(self, work: Work, rival: str, result: Result) -> None:
        """Take in the result of one round."""
        self.rows.setdefault((work.name, rival), Row(work, rival)).results.append(result)
        if result.others is not None:
            self.neighbours.shares.append(result.others)

    def middle(self, work: str, rival: str, figure: str) -> float | None:
        """Return a median, or None where it was not measured."""
        row = self.rows.get((work, rival))
        return (row.middle(figure) or None) if row else None

    def ratio(self, work: str, rival: str) -> float | None:
        """Return our median rate over a rival's, or None where one is missing."""
        ours, theirs = (self.middle(work, name, "rate") for name in (OURS, rival))
        return ours / theirs if ours and theirs else None

    def text(self) -> str:
        """Return the tables."""
        parts = [self.neighbours.text(), *self._load(), self._apart(), self._missing()]
        return "\n\n".join(part for part in parts if part)

    def _load(self) -> list[str]:
        head = "rate/s    MiB/s   p50 ms   p99 ms    max ms   cpu us   ours/its"
        return [
            "\n".join(
                [f"{name:25}      {head}"]
                + [self._line(row) for (work, _), row in self.rows.items() if work == name]
            )
            for name in dict.fromkeys(work for work, _ in self.rows)
        ]

    def _line(self, row: Row) -> str:
        ratio = self.ratio(row.work.name, row.rival)
        beside = f"{ratio:8.2f} x" if ratio is not None and row.rival != OURS else ""
        faults = f"  {row.faults} FAULTS" if row.faults else ""
        mib = row.middle("bytes_per_second") / MIB
        spent = row.middle("cpu_us")
        cpu = f"{spent:.0f}" if spent else "-"
        return (
            f"  {row.rival:25} {row.middle('rate'):9.1f} {mib:8.1f} {row.middle('p50_ms'):8.2f}"
            f" {row.middle('p99_ms'):8.2f} {row.longest_ms:9.1f} {cpu:>8} {beside}{faults}"
        ).rstrip()

    def _apart(self) -> str:
        lines = [f"{'start and memory':25}    start ms  resident MiB"] if self.starts else []
        for rival, start in self.starts.items():
            startup, memory = start.startup * 1000, start.memory / MIB
            lines.append(f"  {rival:25} {startup:9.0f}  {memory:12.1f}")
        return "\n".join(lines)

    def _missing(self) -> str:
        lines = [f"without {rival}: {why}" for rival, why in self.left_out.items()]
        return "\n".join([*lines, *self.broken])

    def data(self) -> dict[str, Any]:
        """Return everything as plain data for JSON."""
        return {
            "machine": self.neighbours.data(),
            "works": [
                {
                    "work": row.work.name,
                    "rival": row.rival,
                    "ratio": self.ratio(row.work.name, row.rival),
                    "faults": row.faults,
                    **{name: row.middle(name) for name in FIGURES},
                    "longest_ms": row.longest_ms,
                }
                for row in self.rows.values()
            ],
            "starts": {
                rival: {"startup_s": start.startup, "resident_bytes": start.memory}
                for rival, start in self.starts.items()
            },
            "figures": self.figures,
            "left_out": self.left_out,
            "broken": self.broken,
        }
