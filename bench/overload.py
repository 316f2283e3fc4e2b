"""Overload: more clients than processes, descriptors or the backlog, and what comes afterwards.

Each case measures the rate before, overloads the server for a while, and measures again once the
overload is over.  During it every answer must be whole and right, or a 503; no connection breaks,
and nobody waits for long, except for a descriptor where there is none.  Afterwards the server must
be as fast as before, by its rate or, as that swings on a busy machine, by its processor time for a
request.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from bench.building import RivalError
from bench.load import Load, Result, Work
from bench.rivals import RIVALS, Running, Site, started

NORMAL = Work("1 KiB, 8 at once", "1k.html", 8)

#: MAX_PROCS and LISTEN_BACKLOG of ymawky.s.
MAX_PROCS, BACKLOG = 256, 128
#: The limit of descriptors in the case that is about them: the emulator itself needs some 15.
DESCRIPTORS = 64

#: As fast again: at least this much of the rate before.
RECOVERED = 0.8
#: How often that is looked at: what slows the first look down may be somebody else's work.
TRIES = 3
#: Nobody waits longer, in ms.  A connection that found the backlog full is tried again by the
#: client's kernel after 1, 3 and 7 s, which is no stall of the server's.
STALL = 8000.0


Holding = Callable[[Running], contextlib.AbstractContextManager[None]]


@contextmanager
def _nobody(_running: Running) -> Iterator[None]:
    yield


def _silent(number: int) -> Holding:
    """Keep so many connections that say nothing; each takes a process and a descriptor."""

    @contextmanager
    def held(running: Running) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for _ in range(number):
                address = ("127.0.0.1", running.port)
                stack.enter_context(socket.create_connection(address, timeout=30))
            yield

    return held


@dataclass(frozen=True)
class Case:
    """One way to have too many clients."""

    name: str
    clients: int
    holding: Holding = _nobody
    #: Words for ulimit.
    limits: str = ""
    #: Whether somebody must be refused with a 503.
    refuses: bool = False
    #: Whether nobody can be answered: a connection that there is no descriptor for stays in the
    #: backlog, until there is one.
    waits: bool = False


CASES = (
    Case(f"{MAX_PROCS} silent, 8 more, {MAX_PROCS} processes", 8, _silent(MAX_PROCS), refuses=True),
    Case(f"{4 * BACKLOG} clients, backlog of {BACKLOG}", 4 * BACKLOG),
    Case(
        f"{DESCRIPTORS} silent, 64 more, {DESCRIPTORS} descriptors",
        64,
        _silent(DESCRIPTORS),
        limits=f"-n {DESCRIPTORS}",
        waits=True,
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What came of a case; ``why`` is empty where it passed."""

    case: Case
    before: Result | None
    during: Result | None
    after: Result | None
    why: str = ""

    @classmethod
    def judged(cls, case: Case, before: Result, during: Result, after: Result) -> Outcome:
        """Judge the three measurements."""
        return cls(case, before, during, after, _fault(case, before, during, after))

    def data(self) -> dict[str, Any]:
        """Return it for JSON."""
        parts = {"before": self.before, "during": self.during, "after": self.after}
        found = {name: asdict(result) for name, result in parts.items() if result is not None}
        return {"case": self.case.name, "passed": not self.why, "why": self.why, **found}

    def line(self) -> str:
        """Return the row of the table."""
        verdict = f"FAILED: {self.why}" if self.why else "passed"
        if self.before is None or self.during is None or self.after is None:
            return f"  {self.case.name:40} {verdict}"
        refused = self.during.refused / max(self.during.seconds, 1e-9)
        longest = _longest(self.during)
        rates = (self.before.rate, self.during.rate, refused)
        return (
            f"  {self.case.name:40}{''.join(f' {rate:9.0f}' for rate in rates)}"
            f" {self.during.errors:7} {longest:9.0f} {self.after.rate:9.0f}  {verdict}"
        )


def _longest(result: Result) -> float:
    return max(result.max_ms, result.oldest_ms)


def _fault(case: Case, before: Result, during: Result, after: Result) -> str:
    """Return why the case failed, or nothing."""
    if during.wrong:
        return f"{during.wrong} wrong answers"
    if during.errors:
        return f"{during.errors} connections broke"
    if not (case.waits or during.requests + during.refused):
        return "nobody got an answer"
    if case.refuses and not during.refused:
        return "nobody was refused"
    if _longest(during) > STALL:
        return f"a client waited {_longest(during) / 1000:.1f} s"
    if after.errors + after.wrong:
        return f"{after.errors + after.wrong} faults afterwards"
    if not has_recovered(before, after):
        return f"{after.rate / max(before.rate, 1e-9):.2f} of the rate afterwards"
    return ""


def has_recovered(before: Result, after: Result) -> bool:
    """Tell whether a server is as fast as before, by its rate or by its processor time."""
    if after.rate >= RECOVERED * before.rate:
        return True
    return 0 < after.cpu_us * RECOVERED <= before.cpu_us


def _settle(running: Running, level: int) -> None:
    """Wait until the overload's connections are gone, 5 s at most."""
    deadline = time.monotonic() + 5
    while running.descriptors() > level and time.monotonic() < deadline:
        time.sleep(0.05)


def _outcome(case: Case, site: Site, load: Load, seconds: float) -> Outcome:
    crowd = Work(case.name, NORMAL.file, case.clients)
    try:
        with started(RIVALS[0], site, limits=case.limits) as running:
            level = running.descriptors()
            before = load.put_on(running, NORMAL, seconds=seconds)
            with case.holding(running):
                during = load.put_on(running, crowd, seconds=seconds, refusable=True)
            _settle(running, level)
            after = load.put_on(running, NORMAL, seconds=seconds)
            for _ in range(TRIES - 1):
                if has_recovered(before, after):
                    break
                after = load.put_on(running, NORMAL, seconds=seconds)
    except (RivalError, OSError) as why:
        return Outcome(case, None, None, None, str(why))
    return Outcome.judged(case, before, during, after)


def overload(site: Site, load: Load, seconds: float) -> list[Outcome]:
    """Go through all cases, each with a server of its own."""
    return [_outcome(case, site, load, seconds) for case in CASES]


def text(outcomes: Sequence[Outcome]) -> str:
    """Return the table: rates before, during and after, and the verdict."""
    head = "before/s  during/s     503/s  broken    max ms   after/s"
    return "\n".join([f"{'overload':41}  {head}", *(outcome.line() for outcome in outcomes)])
