"""``python -m bench``: all the servers in turn, several rounds; then overload, curves and goals."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import overload, scaling
from bench.building import ROOT, RivalError
from bench.curves import Curves, measure
from bench.goals import table, verdicts
from bench.load import WORKS, Load, Work, make_site
from bench.plot import svg
from bench.report import Report
from bench.rivals import OURS, RIVALS, Site, started
from bench.soak import soak
from bench.turns import BREAKDOWNS, Rounds

INTERRUPTED = 128 + signal.SIGINT


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench",
        description=__doc__,
        epilog="Status: 0 when our own server made no mistake, 1 when it made one or was not "
        "measured, 2 when there is no load generator, 130 after Ctrl-C.  A goal that is missed is "
        "no mistake.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="the 1 KiB rows within a minute, nothing else")
    add("--rounds", type=int, metavar="N", help="how often each server has its turn")
    add("--seconds", type=float, metavar="N", help="how long each load lasts")
    names = [rival.name for rival in RIVALS]
    add("--rival", action="append", choices=names, metavar="NAME", help=", ".join(names))
    add("--json", type=Path, metavar="FILE", default=ROOT / "build" / "bench.json")
    add("--plot", type=Path, metavar="FILE", default=ROOT / "build" / "bench.svg")
    options = parser.parse_args(words)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (0.8 if options.quick else 2.0)
    return options


def _works(report: Report, *, quick: bool) -> list[Work]:
    works = [work for work in WORKS if work.quick or not quick]
    if any(work.by_wrk for work in works) and shutil.which("wrk") is None:
        report.left_out["wrk"] = "not on PATH; our own load generator asks alone"
        return [work for work in works if not work.by_wrk]
    return works


def _soak(site: Site, load: Load) -> str:
    try:
        with started(RIVALS[0], site) as running:
            return soak(running, load)
    except BREAKDOWNS as why:
        return f"{OURS}: {why}"


def _curves(site: Site, report: Report) -> Curves | None:
    try:
        curves = measure(site)
    except BREAKDOWNS as why:
        report.broken.append(f"curves: {why}")
        return None
    report.figures |= curves.figures
    return curves


class _Run:
    """One run: what has been found so far, to print and keep however it ends."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.report = Report()
        self.outcomes: list[overload.Outcome] = []
        self.curves: Curves | None = None
        self.soaked = ""

    def measure(self, site: Site, load: Load) -> None:
        """Do everything that was asked for."""
        options = self.options
        works = _works(self.report, quick=options.quick)
        rivals = [r for r in RIVALS if not options.rival or r.name in options.rival]
        rounds = Rounds(site, load, self.report)
        rounds.prepare(rivals)
        rounds.go(rivals, works, options.rounds, options.seconds)
        _say("10,000 requests")
        self.soaked = _soak(site, load)
        if options.quick:
            return
        _say("overload")
        self.outcomes = overload.overload(site, load, options.seconds)
        passed = sum(not outcome.why for outcome in self.outcomes)
        self.report.figures["overload passed"] = passed
        _say("curves")
        self.curves = _curves(site, self.report)

    def print(self) -> None:
        """Print all tables, the goals last."""
        parts = [self.report.text(), scaling.text(self.report)]
        parts += [overload.text(self.outcomes) if self.outcomes else "", self.soaked]
        parts += [self.curves.text() if self.curves else "", table(self.report)]
        print("\n\n".join(part for part in parts if part))

    def keep(self) -> None:
        """Write the JSON and the picture."""
        data = self.report.data() | {
            "goals": verdicts(self.report),
            "overload": [outcome.data() for outcome in self.outcomes],
            "curves": self.curves.points if self.curves else {},
        }
        for path, text in (
            (self.options.json, json.dumps(data, indent=2) + "\n"),
            (self.options.plot, svg(self.report)),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def status(self) -> int:
        """Return 0 when our own server was measured and made no mistake."""
        ours = [row for (_, name), row in self.report.rows.items() if name == OURS]
        failed = any(row.faults for row in ours) or any(outcome.why for outcome in self.outcomes)
        broken = any(line.startswith(OURS) for line in self.report.broken)
        return 1 if not ours or failed or broken or OURS in self.report.left_out else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _ends_by_interrupt() -> Iterator[None]:
    """Make SIGTERM what Ctrl-C is, so that the servers are stopped in either case."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(words: list[str] | None = None) -> int:
    """Run the bench; see the end of its ``--help`` for the status."""
    run = _Run(_arguments(words))
    status = 0
    with _ends_by_interrupt():
        try:
            with tempfile.TemporaryDirectory() as scratch:
                site = Site(Path(scratch, "site"), Path(scratch))
                make_site(site.root)
                run.measure(site, Load(site.scratch, site.root / "www"))
        except RivalError as why:
            _say(f"bench: {why}")
            return 2
        except KeyboardInterrupt:
            _say("bench: interrupted; no server is left running")
            status = INTERRUPTED
    if run.report.rows:
        run.print()
        run.keep()
    return status or run.status()


if __name__ == "__main__":
    sys.exit(main())
