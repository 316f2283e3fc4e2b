"""Medians, tables, JSON and the picture."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from bench.machine import Neighbours, shared_out
from bench.overload import CASES, Outcome, text
from bench.plot import svg
from bench.report import Report
from bench.rivals import OURS
from bench.tolls import growths
from tests.bench import samples

NEW = "1 KiB, 8 at once"


def test_rows_have_the_median_of_the_rounds_and_the_longest_wait() -> None:
    report = Report()
    for rate, longest in ((100.0, 5.0), (900.0, 70.0), (200.0, 6.0)):
        report.add(samples.work(NEW), OURS, samples.result(rate=rate, oldest_ms=longest))
    row = report.rows[NEW, OURS]
    assert row.middle("rate") == 200
    assert row.longest_ms == 70


def test_the_table_shows_ratios_faults_and_what_is_missing() -> None:
    report = samples.report(
        {(NEW, OURS): {"rate": 500.0}, (NEW, "nginx"): {"rate": 1000.0, "wrong": 3}}
    )
    report.left_out["qemu-aarch64"] = "no qemu-aarch64 on PATH"
    report.broken.append("forkserver broke down: 1 KiB, 64 at once: connect: Connection refused")
    lines = report.text().splitlines()
    assert any("nginx" in line and "0.50 x" in line and "3 FAULTS" in line for line in lines)
    assert lines[-2] == "without qemu-aarch64: no qemu-aarch64 on PATH"
    assert lines[-1].startswith("forkserver broke down: ")


def test_everything_goes_into_json() -> None:
    report = samples.report({(NEW, OURS): {"others": 0.5}})
    report.starts[OURS] = samples.start(0.25)
    data = json.loads(json.dumps(report.data()))
    assert data["machine"]["busy"] is True
    assert data["works"][0]["rate"] == 1000
    assert data["starts"][OURS] == {"startup_s": 0.25, "resident_bytes": 10 << 20}


@pytest.mark.parametrize("rows", [{}, {(NEW, OURS): {}, (NEW, "nginx"): {"rate": 0.0}}])
def test_the_picture_is_well_formed(rows: dict[tuple[str, str], dict[str, float]]) -> None:
    assert ET.fromstring(svg(samples.report(rows))).tag.endswith("svg")  # noqa: S314


@pytest.mark.parametrize(
    ("shares", "busy"), [([], False), ([0.01, 0.02, 3.0], False), ([0.5, 0.4], True)]
)
def test_a_busy_machine_is_said(shares: list[float], *, busy: bool) -> None:
    neighbours = Neighbours(shares)
    assert neighbours.busy is busy
    assert ("THIS MACHINE IS BUSY" in neighbours.text()) is busy
    assert ("not known" in neighbours.text()) is (not shares)


@pytest.mark.parametrize(
    ("number", "cores", "server", "load", "apart"),
    [
        (1, [0], (0,), (0,), False),
        (1, [0, 1], (0,), (1,), True),
        (2, [0, 1], (0, 1), (0, 1), False),
        (2, [2, 3, 5], (2, 3), (5,), True),
    ],
)
def test_cores_are_shared_out(
    number: int, cores: list[int], server: tuple[int, ...], load: tuple[int, ...], *, apart: bool
) -> None:
    shares = shared_out(number, cores)
    assert (shares.server, shares.load, shares.apart) == (server, load, apart)


# ---- overload --------------------------------------------------------------------------------

NOTHING = {"requests": 0, "rate": 0.0, "refused": 0}
REFUSED = {"requests": 0, "rate": 0.0, "refused": 10}


@pytest.mark.parametrize(
    ("number", "during", "after", "why"),
    [
        (0, REFUSED, {}, ""),
        (0, {}, {}, "nobody was refused"),
        (1, {}, {}, ""),
        (1, NOTHING, {}, "nobody got an answer"),
        (1, {"errors": 2}, {}, "2 connections broke"),
        (1, {"wrong": 1}, {}, "1 wrong answers"),
        (1, {"oldest_ms": 9000.0}, {}, "a client waited 9.0 s"),
        (1, {}, {"wrong": 1}, "1 faults afterwards"),
        (1, {}, {"rate": 500.0, "cpu_us": 400.0}, "0.50 of the rate afterwards"),
        # Another's work took the rate: a request costs what it did.
        (1, {}, {"rate": 500.0}, ""),
        (2, NOTHING, {}, ""),
    ],
)
def test_overload_is_judged(
    number: int, during: dict[str, float], after: dict[str, float], why: str
) -> None:
    outcome = Outcome.judged(
        CASES[number], samples.result(), samples.result(**during), samples.result(**after)
    )
    assert outcome.why == why
    assert outcome.data()["passed"] is not bool(why)
    assert text([outcome]).endswith(f"FAILED: {why}" if why else "passed")


def test_a_server_that_ends_fails_its_case() -> None:
    outcome = Outcome(CASES[0], None, None, None, "the server ended")
    assert text([outcome]).endswith("FAILED: the server ended")
    assert "before" not in outcome.data()


# ---- curves ----------------------------------------------------------------------------------


def test_growth_is_over_the_whole_curve_or_sixteen_times_the_pages() -> None:
    curves = {
        "processes": {1: (10.0, 20.0), 1000: (15.0, 20.0)},
        "pages written": {1: (1.0, 0.0), 4: (2.0, 0.0), 64: (8.0, 5.0), 256: (99.0, 5.0)},
    }
    assert growths(curves) == {
        "growth of fork by processes": 1.5,
        "growth of switch by processes": 1.0,
        "growth of fork by pages written": 4.0,
    }
