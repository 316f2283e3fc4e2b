"""The rounds: every server in turn, each with all the works that it can do."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import psutil

from bench.building import RivalError
from bench.load import Load, Work
from bench.report import Report, Start
from bench.rivals import OURS, Rival, Running, Site, started

#: So many starts more a turn, for those whose start is compared.
STARTS = 2
COMPARED = {OURS, "http.server"}

#: What a server that breaks down can make of a measurement.
BREAKDOWNS = (RivalError, OSError, psutil.Error, json.JSONDecodeError)


def _one_line(why: BaseException) -> str:
    return " ".join(f"{why}".split())[:300] or type(why).__name__


class Rounds:
    """Goes through the servers again and again, and puts what it finds into a report."""

    def __init__(self, site: Site, load: Load, report: Report) -> None:
        """Serve ``site``, load with ``load``, and tell ``report``."""
        self._site, self._load, self._report = site, load, report
        self._broken: set[tuple[str, str]] = set()

    def prepare(self, rivals: Sequence[Rival]) -> None:
        """Start each once, which fills caches and builds programs; leave out those that fail."""
        for rival in rivals:
            try:
                with started(rival, self._site):
                    pass
            except BREAKDOWNS as why:
                self._leave_out(rival.name, _one_line(why))

    def go(
        self, rivals: Sequence[Rival], works: Sequence[Work], number: int, seconds: float
    ) -> None:
        """Let each server have its turn, so many times over; each load lasts ``seconds``."""
        for n in range(number):
            for rival in rivals:
                own = [work for work in works if work.fits(rival)]
                if own and rival.name not in self._report.left_out:
                    _say(f"round {n + 1} of {number}: {rival.name}")
                    self._turn(rival, own, seconds)

    def _turn(self, rival: Rival, works: Sequence[Work], seconds: float) -> None:
        """Start one server, load it with each work, and stop it; a breakdown is noted."""
        start = self._report.starts.setdefault(rival.name, Start())
        left = list(works)
        try:
            for _ in range(STARTS if rival.name in COMPARED else 0):
                with started(rival, self._site) as running:
                    start.startups.append(running.startup)
            while left:  # started again where a breakdown has ended it
                with started(rival, self._site) as running:
                    start.startups.append(running.startup)
                    while left and running.alive():
                        self._work(running, left.pop(0), seconds)
                    start.memories.append(running.memory())
        except BREAKDOWNS as why:
            self._leave_out(rival.name, _one_line(why))
        if not start.startups:
            del self._report.starts[rival.name]

    def _work(self, running: Running, work: Work, seconds: float) -> None:
        """Have one work done; one that the server breaks down at is not tried again."""
        name = running.rival.name
        if (name, work.name) in self._broken:
            return
        try:
            result = self._load.put_on(running, work, seconds=seconds)
        except BREAKDOWNS as why:
            self._broken.add((name, work.name))
            self._report.broken.append(f"{name} broke down: {_one_line(why)}")
            _say(self._report.broken[-1])
        else:
            self._report.add(work, name, result)

    def _leave_out(self, name: str, why: str) -> None:
        self._report.left_out[name] = why
        _say(f"without {name}: {why}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
