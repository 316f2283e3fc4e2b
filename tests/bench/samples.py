"""Results and reports to try the bench's own logic on."""

from __future__ import annotations

from dataclasses import replace

from bench.load import WORKS, Result, Work
from bench.report import Report, Start

RESULT = Result(
    requests=1000,
    rate=1000.0,
    bytes_per_second=1e6,
    p50_ms=1.0,
    p99_ms=1.5,
    max_ms=3.0,
    oldest_ms=2.0,
    errors=0,
    wrong=0,
    seconds=1.0,
    cpu_us=200.0,
    load_us=50.0,
)


def result(**figures: float) -> Result:
    """Return a faultless result with some figures changed."""
    return replace(RESULT, **figures)  # type: ignore[arg-type]


def work(name: str) -> Work:
    return next(work for work in WORKS if work.name == name)


def report(rows: dict[tuple[str, str], dict[str, float]]) -> Report:
    """Return a report of one round: figures by work and rival."""
    made = Report()
    for (name, rival), figures in rows.items():
        made.add(work(name), rival, result(**figures))
    return made


def start(seconds: float) -> Start:
    return Start([seconds], [10 << 20])
