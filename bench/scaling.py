"""What two workers do that one does not, and how much of it this machine can show."""

from __future__ import annotations

from bench.machine import available
from bench.report import Report, Row
from bench.rivals import OURS, WORKERS

__all__ = ["WORK", "speedup", "text"]

WORK = "1 KiB, 64 at once"

#: Two workers and the load.
ENOUGH = 3


def by_rate(one: Row, two: Row) -> float:
    """Return how many times as many requests two workers answered in a second."""
    return two.middle("rate") / max(one.middle("rate"), 1e-9)


def by_processor(one: Row, two: Row) -> float:
    """Return how many times as many they would have answered with two cores to themselves.

    Two cores give twice the time for what a request costs; less by what the two cores idled, for
    that is what one worker has too little and the other too much to do.
    """
    used = 1 - min(two.middle("idle"), 2.0) / 2
    return 2 * used * one.middle("cpu_us") / max(two.middle("cpu_us"), 1e-9)


def speedup(one: Row, two: Row, cores: int) -> float | None:
    """Return the rate over one worker's, on two cores what it would be, on one core nothing."""
    if cores >= ENOUGH:
        return by_rate(one, two)
    return by_processor(one, two) if cores == 2 else None


def _each(row: Row) -> str:
    cost = row.middle("cpu_us")
    return f"{cost:.0f} us a request, {1e6 / max(cost, 1e-9):,.0f} requests in a core's second"


def _bound(one: Row, two: Row, cores: int) -> list[str]:
    """Return what the machine allows, where that is less than all."""
    if cores >= ENOUGH:
        return []
    if cores == 1:
        return ["  one core cannot show what two workers are for: the goal is not judged"]
    load = two.middle("load_us")
    most = 2 * one.middle("cpu_us") / max(two.middle("cpu_us") + load, 1e-9)
    return [
        f"  two cores are shared with the load, which takes {load:.0f} us a request:",
        f"  on a quiet machine the rate shows {most:.2f} x at most, so the goal is judged by",
        "  processor time and by what the cores idled",
    ]


def text(report: Report) -> str:
    """Return the speed-up by rate and by processor time, and what the machine allows to be seen."""
    one, two = report.rows.get((WORK, OURS)), report.rows.get((WORK, WORKERS))
    if one is None or two is None:
        return ""
    by_clock, by_time = by_rate(one, two), by_processor(one, two)
    lines = [
        f"{WORKERS}, {WORK}: {by_clock:.2f} x one worker's rate, {by_time:.2f} x by processor time",
        f"  one worker: {_each(one)}",
        f"  two: {_each(two)}; {two.middle('idle'):.2f} of a core idled",
        *_bound(one, two, len(available())),
    ]
    return "\n".join(lines)
