"""``python -m bench``: all the servers in turn, several rounds, one table."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.load import WORKS, Load, Work, make_site
from bench.plot import svg
from bench.report import OURS, Report, Start
from bench.rivals import RIVALS, ROOT, Rival, RivalError, Site, started
from bench.soak import soak


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the main figures within a minute")
    parser.add_argument("--rounds", type=int, help="how often each server has its turn")
    parser.add_argument("--seconds", type=float, help="how long each load lasts")
    parser.add_argument("--rival", action="append", help="measure this server (may be repeated)")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json")
    parser.add_argument("--plot", type=Path, help="write the rates as an SVG picture")
    options = parser.parse_args(words)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (1.0 if options.quick else 2.0)
    return options


def _turn(
    rival: Rival, site: Site, load: Load, works: list[Work], seconds: float, to: Report
) -> None:
    """Start one server, load it with each work, and stop it."""
    try:
        with started(rival, site) as running:
            start = to.starts.setdefault(rival.name, Start())
            start.startups.append(running.startup)
            for work in works:
                if work.fits(running):
                    to.add(work, rival.name, load.put_on(running, work, seconds=seconds))
            start.memories.append(running.memory())
    except RivalError as why:
        to.left_out[rival.name] = str(why)


def _soak(site: Site, load: Load) -> str:
    ours = next(rival for rival in RIVALS if rival.name == OURS)
    try:
        with started(ours, site) as running:
            return soak(running, load)
    except RivalError as why:
        return f"{OURS}: {why}"


def main(words: list[str] | None = None) -> int:
    """Run the bench; 0 when our own server was measured and made no mistake."""
    options = _arguments(words)
    works = [work for work in WORKS if work.quick or not options.quick]
    rivals = [r for r in RIVALS if not options.rival or r.name in options.rival]
    report = Report()
    with tempfile.TemporaryDirectory() as scratch:
        site = Site(Path(scratch, "site"), Path(scratch))
        make_site(site.root)
        try:
            load = Load(site.scratch, site.root / "www")
        except RivalError as why:
            print(f"bench: {why}", file=sys.stderr)
            return 2
        for number in range(options.rounds):
            for rival in rivals:
                if rival.name not in report.left_out:
                    print(f"round {number + 1} of {options.rounds}: {rival.name}", file=sys.stderr)
                    _turn(rival, site, load, works, options.seconds, report)
        print(report.text(), "", _soak(site, load), sep="\n")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report.data(), indent=2) + "\n")
    if options.plot:
        options.plot.write_text(svg(report))
    ours = [row for (_, name), row in report.rows.items() if name == OURS]
    return 0 if ours and not any(row.faults for row in ours) else 1


if __name__ == "__main__":
    sys.exit(main())
