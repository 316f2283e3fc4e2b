"""Each goal has a figure from the report, a limit, and says whether it is met."""

from __future__ import annotations

import pytest

from bench import scaling
from bench.goals import GOALS, table, verdicts
from bench.report import Report
from bench.rivals import OURS, TRACED, WORKERS
from tests.bench import samples

NEW, MANY, KEPT = "1 KiB, 8 at once", "1 KiB, 64 at once", "1 KiB, 8 kept connections"


def _found(report: Report, part: str) -> tuple[float | None, bool | None]:
    row = next(row for row in verdicts(report) if part in row["goal"])
    return row["found"], row["met"]


@pytest.mark.parametrize(("rate", "met"), [(1200.0, True), (1199.0, False)])
def test_a_rate_is_compared_with_a_rivals(rate: float, *, met: bool) -> None:
    rows = {(NEW, OURS): {"rate": rate}, (NEW, "forkserver"): {"rate": 1000.0}}
    assert _found(samples.report(rows), "native forking") == (rate / 1000, met)


@pytest.mark.parametrize(("cost", "met"), [(150.0, True), (151.0, False)])
def test_tracing_may_take_half_as_long_again(cost: float, *, met: bool) -> None:
    rows = {(NEW, OURS): {"cpu_us": 100.0}, (NEW, TRACED): {"cpu_us": cost}}
    assert _found(samples.report(rows), "--strace")[1] is met


@pytest.mark.parametrize(("p99", "met"), [(2.0, True), (2.1, False)])
def test_the_tail_is_compared_with_the_median(p99: float, *, met: bool) -> None:
    rows = {(MANY, OURS): {"p50_ms": 1.0, "p99_ms": p99}}
    assert _found(samples.report(rows), "p99") == (p99, met)


def test_kept_connections_are_compared_with_our_own_new_ones() -> None:
    rows = {(NEW, OURS): {"rate": 100.0}, (KEPT, OURS): {"rate": 310.0}}
    found, met = _found(samples.report(rows), "kept")
    assert found == pytest.approx(3.1)
    assert met is True


def test_starts_are_compared_where_both_are_known() -> None:
    report = Report(starts={OURS: samples.start(0.2)})
    assert _found(report, "first answer") == (None, None)
    report.starts["http.server"] = samples.start(0.1)
    assert _found(report, "first answer") == (2.0, False)


@pytest.mark.parametrize(
    ("figure", "part", "good", "bad"),
    [
        ("MiB in flight", "in flight", 64.0, 65.0),
        ("MiB idle", "idle connections", 200.0, 201.0),
        ("growth of fork by processes", "a fork, 1,000 idle", 1.1, 3.0),
        ("growth of switch by memory", "a switch, 16 x", 1.0, 1.6),
        ("growth of fork by pages written", "pages written", 15.0, 17.0),
        ("overload passed", "overload", 3, 2),
    ],
)
def test_figures_measured_apart_are_judged(figure: str, part: str, good: float, bad: float) -> None:
    assert _found(Report(figures={figure: good}), part) == (good, True)
    assert _found(Report(figures={figure: bad}), part) == (bad, False)


def test_the_table_has_a_line_for_each_goal_and_counts_them() -> None:
    rows = {
        (NEW, OURS): {"rate": 1000.0},
        (NEW, "forkserver"): {"rate": 500.0},
        (NEW, "http.server"): {"rate": 900.0},
    }
    lines = table(samples.report(rows)).splitlines()
    assert len(lines) == len(GOALS) + 2
    assert lines[1].endswith("2.00 x   met")
    assert [line for line in lines if line.endswith("MISSED")] == [lines[5]]
    assert lines[-1] == f"1 met, 1 missed, {len(GOALS) - 2} not measured"


def test_a_rival_without_an_answer_is_no_figure() -> None:
    rows = {(NEW, OURS): {"rate": 1000.0}, (NEW, "forkserver"): {"rate": 0.0}}
    assert _found(samples.report(rows), "native forking") == (None, None)


# ---- two workers -----------------------------------------------------------------------------


def _both(**two: float) -> Report:
    return samples.report({(MANY, OURS): {}, (MANY, WORKERS): two})


def test_workers_with_cores_of_their_own_are_judged_by_the_rate() -> None:
    rows = _both(rate=1900.0, cpu_us=400.0).rows
    one, two = rows[MANY, OURS], rows[MANY, WORKERS]
    assert scaling.speedup(one, two, 3) == pytest.approx(1.9)


@pytest.mark.parametrize(("idle", "found"), [(0.0, 2.0), (0.5, 1.5), (1.0, 1.0)])
def test_workers_that_share_with_the_load_are_judged_by_what_idles(
    idle: float, found: float
) -> None:
    rows = _both(rate=1200.0, idle=idle).rows
    one, two = rows[MANY, OURS], rows[MANY, WORKERS]
    assert scaling.speedup(one, two, 2) == pytest.approx(found)
    assert scaling.speedup(one, two, 1) is None


def test_what_the_machine_allows_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "available", lambda: [0, 1])
    said = scaling.text(_both())
    # 200 us for one, and for two as much, and 50 us of the load.
    assert "shared with the load, which takes 50 us" in said
    assert "1.60 x at most" in said
    monkeypatch.setattr(scaling, "available", lambda: [0])
    assert "the goal is not judged" in scaling.text(_both())
    monkeypatch.setattr(scaling, "available", lambda: [0, 1, 2])
    assert "shared" not in scaling.text(_both())


def test_without_workers_nothing_is_said() -> None:
    assert scaling.text(samples.report({(MANY, OURS): {}})) == ""
