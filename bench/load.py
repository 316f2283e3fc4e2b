"""The kinds of work, and the load generator that asks for them."""

from __future__ import annotations

import json
import os
import random
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.building import HERE, RivalError, build, found, last_line
from bench.machine import Interval, available, on_cores, shared_out
from bench.rivals import Rival, Running

KIB, MIB = 1 << 10, 1 << 20

#: The files of the site that is served, and their sizes in bytes.
FILES = {"1k.html": KIB, "100k.bin": 100 * KIB, "10m.bin": 10 * MIB}


@dataclass(frozen=True)
class Work:
    """One kind of load."""

    name: str
    file: str
    connections: int
    keeps: bool = False
    uploads: bool = False
    #: wrk asks, where it is installed, and not our own load generator.
    by_wrk: bool = False
    #: Part of the quick run, too.
    quick: bool = False

    def fits(self, rival: Rival) -> bool:
        """Tell whether the server can do this, and is asked to."""
        can = (rival.keeps or not self.keeps) and (rival.uploads or not self.uploads)
        return can and (not rival.only or self.name in rival.only)


WORKS = (
    Work("1 KiB, 8 at once", "1k.html", 8, quick=True),
    Work("1 KiB, 64 at once", "1k.html", 64, quick=True),
    Work("1 KiB, 8 kept connections", "1k.html", 8, keeps=True, quick=True),
    Work("100 KiB, 8 at once", "100k.bin", 8),
    Work("10 MiB, 1 at once", "10m.bin", 1),
    Work("10 MiB, 4 at once", "10m.bin", 4),
    Work("PUT of 10 MiB, 1 at once", "10m.bin", 1, uploads=True),
    Work("1 KiB, 8 at once, by wrk", "1k.html", 8, by_wrk=True),
)


@dataclass(frozen=True)
class Result:
    """What one run of the load generator found; rates per second, times in ms."""

    requests: int
    rate: float
    bytes_per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    #: The longest wait of a request without an answer yet: a stall has no other trace.
    oldest_ms: float
    errors: int
    wrong: int
    #: Answers with the status 503, where the load takes one for an answer.
    refused: int = 0
    #: How long it was, without the warm-up.
    seconds: float = 0.0
    #: Processor time of the server for one request: steadier than a rate on a busy machine.
    #: 0 where it is not known.
    cpu_us: float = 0.0
    #: Processor time of the load generator for one request.
    load_us: float = 0.0
    #: How many of our cores idled meanwhile.
    idle: float = 0.0
    #: How much of a core the rest of the machine took meanwhile; None where it is not known.
    others: float | None = None


def make_site(root: Path) -> None:
    """Write the files to serve; their bytes are random, and the same in every run."""
    www = root / "www"
    www.mkdir(parents=True)
    source = random.Random(1)  # noqa: S311  # not cryptography
    for name, size in FILES.items():
        (www / name).write_bytes(source.randbytes(size))


class Load:
    """The load generator, built once."""

    def __init__(self, scratch: Path, www: Path) -> None:
        """Build it into ``scratch``; the bodies are checked against the files in ``www``."""
        self._www = www
        self._originals = scratch / "bodies"
        self._originals.mkdir()
        for name in FILES:
            (self._originals / name).write_bytes((www / name).read_bytes())
        self._binary = build("loadgen.c")

    def put_on(
        self,
        running: Running,
        work: Work,
        *,
        seconds: float,
        requests: int | None = None,
        refusable: bool = False,
    ) -> Result:
        """Load a server for ``seconds``, or up to ``requests``.

        With ``refusable`` a 503 is counted by itself, as no fault.

        Raises:
            RivalError: there is no result; it says why.
        """
        command = self._command(running.port, work, seconds, requests)
        cores = shared_out(running.rival.cores, available()).load
        before, own = running.cpu(), os.times()
        interval = Interval()
        said = _run(on_cores(cores, [*command, *["-r"] * refusable]), work, seconds + 30)
        if not running.alive():
            raise RivalError(f"{work.name}: the server ended under the load")
        spent = running.cpu() - before
        took, idle, others = interval.seconds, interval.idle(), interval.others(spent)
        load = os.times()
        self._check_upload(work)
        # The last line is the result's: wrk talks before it.
        given: dict[str, Any] = json.loads(last_line(said))
        result = Result(**{n: given[n] for n in Result.__dataclass_fields__ if n in given})
        answers = (result.rate + result.refused / max(result.seconds, 1e-9)) * took
        if running.rival.forks or not answers:
            return result
        asked = load.children_user + load.children_system - own.children_user - own.children_system
        return replace(
            result,
            cpu_us=spent / answers * 1e6,
            load_us=asked / answers * 1e6,
            idle=idle,
            others=others,
        )

    def _command(self, port: int, work: Work, seconds: float, requests: int | None) -> list[str]:
        if work.by_wrk:
            return self._wrk(port, work, seconds)
        target = f"/put-{work.file}" if work.uploads else f"/{work.file}"
        command = [str(self._binary), "-p", str(port), "-t", target, "-s", str(seconds)]
        command += ["-f", str(self._originals / work.file), "-c", str(work.connections)]
        if requests is not None:
            command += ["-n", str(requests), "-w", "0"]
        command += ["-k"] if work.keeps or work.uploads else []
        return [*command, *["-u"] * work.uploads]

    def _wrk(self, port: int, work: Work, seconds: float) -> list[str]:
        """Return the command that has wrk do the same; its script checks the bodies."""
        command = [found("wrk"), "-t1", f"-c{work.connections}", f"-d{max(1, round(seconds))}s"]
        command += ["-s", str(HERE / "wrk.lua")]
        command += [] if work.keeps else ["-H", "Connection: close"]
        url = f"http://127.0.0.1:{port}/{work.file}"
        return [*command, url, "--", str(self._originals / work.file)]

    def _check_upload(self, work: Work) -> None:
        """Compare what a server stored with what was sent to it."""
        if not work.uploads:
            return
        stored = self._www / f"put-{work.file}"
        if not stored.exists():
            raise RivalError(f"{work.name}: nothing was stored")
        if stored.read_bytes() != (self._originals / work.file).read_bytes():
            raise RivalError(f"{work.name}: the stored file differs from the one sent")
        stored.unlink()


def _run(command: list[str], work: Work, patience: float) -> str:
    """Return what the load generator prints; raise one line where it prints nothing."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=patience
        )
    except subprocess.TimeoutExpired:
        raise RivalError(f"{work.name}: the load did not end within {patience:.0f} s") from None
    if not done.stdout:
        raise RivalError(f"{work.name}: {last_line(done.stderr)}")
    return done.stdout
