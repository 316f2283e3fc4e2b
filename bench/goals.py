"""The goals, each a figure of the report and its limit, and whether they are met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.machine import available
from bench.report import Report
from bench.rivals import OURS, TRACED, WORKERS
from bench.scaling import speedup

__all__ = ["GOALS", "Goal", "table", "verdicts"]

#: A cost that grows by no more than this while what it must not depend on grows 16 or 1,000 times
#: is flat: single points differ by a third from run to run.
FLAT = 1.5

NEW, MANY, KEPT = "1 KiB, 8 at once", "1 KiB, 64 at once", "1 KiB, 8 kept connections"

Measure = Callable[[Report], float | None]


@dataclass(frozen=True)
class Goal:
    """What is compared, the limit, and how the report tells the figure; None: it does not."""

    name: str
    limit: float
    found: Measure
    #: At most the limit, not at least.
    most: bool = False
    unit: str = "x"

    def met(self, report: Report) -> bool | None:
        """Tell whether it is met, or None where nothing was measured."""
        figure = self.found(report)
        if figure is None:
            return None
        return figure <= self.limit if self.most else figure >= self.limit


def _beside(work: str, rival: str) -> Measure:
    return lambda report: report.ratio(work, rival)


def _figure(name: str) -> Measure:
    return lambda report: report.figures.get(name)


def _kept(report: Report) -> float | None:
    kept, new = (report.middle(work, OURS, "rate") for work in (KEPT, NEW))
    return kept / new if kept and new else None


def _start(report: Report) -> float | None:
    ours, theirs = (report.starts.get(name) for name in (OURS, "http.server"))
    return ours.startup / theirs.startup if ours and theirs else None


def _tail(report: Report) -> float | None:
    slow, middle = (report.middle(MANY, OURS, name) for name in ("p99_ms", "p50_ms"))
    return slow / middle if slow and middle else None


def _workers(report: Report) -> float | None:
    one, two = report.rows.get((MANY, OURS)), report.rows.get((MANY, WORKERS))
    return speedup(one, two, len(available())) if one and two else None


def _traced(report: Report) -> float | None:
    """Return by how much a trace adds to a request's processor time, all that it costs."""
    traced, plain = (report.middle(NEW, name, "cpu_us") for name in (TRACED, OURS))
    return traced / plain if traced and plain else None


def _growth(curve: str) -> Measure:
    """Return how many times as much the last point of a curve costs as the first."""
    return _figure(f"growth of {curve}")


GOALS = (
    Goal(
        "1 KiB, new connection, 8 at once / native forking server", 1.2, _beside(NEW, "forkserver")
    ),
    Goal("  the same, 64 at once", 1.2, _beside(MANY, "forkserver")),
    Goal("1 KiB, new connection, 8 at once / qemu-user", 20, _beside(NEW, "qemu-aarch64")),
    Goal("  the same, 64 at once", 20, _beside(MANY, "qemu-aarch64")),
    Goal("1 KiB, new connection, 8 at once / http.server", 2, _beside(NEW, "http.server")),
    Goal("  the same, 64 at once", 2, _beside(MANY, "http.server")),
    Goal("1 KiB, kept connections / our own with new ones, 8 at once", 3, _kept),
    Goal(
        "100 KiB, new connections / native forking server",
        1.0,
        _beside("100 KiB, 8 at once", "forkserver"),
    ),
    Goal("10 MiB, 1 at once / nginx", 0.9, _beside("10 MiB, 1 at once", "nginx")),
    Goal("  the same, 4 at once", 0.9, _beside("10 MiB, 4 at once", "nginx")),
    Goal("PUT of 10 MiB / nginx", 0.7, _beside("PUT of 10 MiB, 1 at once", "nginx")),
    Goal("start of the command to the first answer / http.server", 1.3, _start, most=True),
    Goal("--workers 2 on two cores / one worker", 1.8, _workers),
    Goal(
        "resident memory, 64 connections in flight",
        64,
        _figure("MiB in flight"),
        most=True,
        unit="MiB",
    ),
    Goal(
        "resident memory, 1,000 idle connections", 200, _figure("MiB idle"), most=True, unit="MiB"
    ),
    Goal("a switch, 1,000 idle processes / 1", FLAT, _growth("switch by processes"), most=True),
    Goal("a fork, 1,000 idle processes / 1", FLAT, _growth("fork by processes"), most=True),
    Goal(
        "a switch, 16 x the writable memory, nothing more written",
        FLAT,
        _growth("switch by memory"),
        most=True,
    ),
    Goal(
        "a fork, 16 x the writable memory, nothing more written",
        FLAT,
        _growth("fork by memory"),
        most=True,
    ),
    Goal("a fork, 16 x the pages written", 16, _growth("fork by pages written"), most=True),
    Goal("time with --strace to a file / without", 1.5, _traced, most=True),
    Goal("p99 / median, 64 at once", 2, _tail, most=True),
    Goal("overload: cases that end in order, of 3", 3, _figure("overload passed"), unit=""),
)


def verdicts(report: Report) -> list[dict[str, Any]]:
    """Return each goal with its figure and whether it is met, for JSON."""
    return [
        {
            "goal": goal.name.strip(),
            "limit": goal.limit,
            "at_most": goal.most,
            "found": goal.found(report),
            "met": goal.met(report),
        }
        for goal in GOALS
    ]


def table(report: Report) -> str:
    """Return the goals as lines to read."""
    words = {True: "met", False: "MISSED", None: "not measured"}
    lines = [f"{'goals':62} {'goal':>9}  {'found':>8}"]
    for goal in GOALS:
        figure, met = goal.found(report), goal.met(report)
        limit = f"{'<=' if goal.most else '>='} {goal.limit:g}"
        said = f"{figure:8.2f} {goal.unit:3}" if figure is not None else " " * 12
        lines.append(f"  {goal.name:60} {limit:>9}  {said} {words[met]}")
    counts = [sum(goal.met(report) is met for goal in GOALS) for met in words]
    lines.append(f"{counts[0]} met, {counts[1]} missed, {counts[2]} not measured")
    return "\n".join(lines)
