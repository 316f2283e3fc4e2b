"""``python -m bench.debugged``: what the server loses under the debugger's ``continue``.

The server runs twice, free and under ``ymawky-dbg`` with ten breakpoints in place that no request
reaches.  Both get the same load in turn, many times, so whatever else the machine does disturbs
both alike; what is told is the debugger's share of the free rate, round by round and their median,
by requests a second and by processor time for one request.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from bench.load import Load, Result, Work, make_site
from bench.rivals import RIVALS, Rival, RivalError, Site, started

#: Routines that a GET of a file does not come to.
PLACES = (
    "refuse_brew", "refuse_method", "refuse_unknown", "refuse_header", "serve_put", "serve_delete",
    "serve_listing", "respond_error", "recover_accept", "report_unusable",
)  # fmt: skip

_FREE = next(rival for rival in RIVALS if rival.name == "ymawky-emu")


def _debugger(site: Site, port: int) -> list[str]:
    command = [sys.executable, "-m", "debugger.cli", "--plain", "-nx"]
    command += ["--root", str(site.root), "--port", str(port)]
    for place in PLACES:
        command += ["-ex", f"break {place}"]
    # The end of a child that is followed would be a stop.
    return [*command, "-ex", "follow parent", "-ex", "continue"]


_DEBUGGED = Rival("ymawky-dbg", _debugger, keeps=True, uploads=True)
_WORKS = (
    Work("1 KiB, 8 at once", "1k.html", 8),
    Work("1 KiB, 8 kept connections", "1k.html", 8, keeps=True),
    Work("100 KiB, 8 at once", "100k.bin", 8),
)


def _measured(load: Load, site: Site, work: Work, rounds: int, seconds: float) -> str:
    rates: list[float] = []
    costs: list[float] = []
    last: tuple[Result, Result] | None = None
    with started(_FREE, site) as free, started(_DEBUGGED, site) as held:
        for number in range(rounds + 1):
            last = (
                load.put_on(free, work, seconds=seconds),
                load.put_on(held, work, seconds=seconds),
            )
            if number:
                # The first round makes translations and caches.
                rates.append(last[1].rate / last[0].rate)
                costs.append(last[0].cpu_us / last[1].cpu_us)
    errors = sum(result.errors + result.wrong for result in last or ())
    each = " ".join(f"{rate:.2f}" for rate in rates)
    return (
        f"{work.name:<28} {statistics.median(rates):.2f} of the free rate ({each}), "
        f"{statistics.median(costs):.2f} by processor time" + (f", {errors} errors" * bool(errors))
    )


def main(words: list[str] | None = None) -> int:
    """Print a line for each kind of load; 2 where it cannot be measured."""
    parser = argparse.ArgumentParser(prog="bench.debugged", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as scratch:
        site = Site(Path(scratch, "site"), Path(scratch))
        make_site(site.root)
        try:
            load = Load(site.scratch, site.root / "www")
            for work in _WORKS:
                print(_measured(load, site, work, options.rounds, options.seconds), flush=True)
        except RivalError as why:
            print(f"bench.debugged: {why}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("bench.debugged: interrupted; no server is left running", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
