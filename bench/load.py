"""The kinds of work, and the load generator that asks for them."""

from __future__ import annotations

import json
import random
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.rivals import CLIENT_CORE, RivalError, Running, build, on_core

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
    #: Part of the quick run, too.
    quick: bool = False

    def fits(self, running: Running) -> bool:
        """Tell whether the server can do this at all."""
        rival = running.rival
        return (rival.keeps or not self.keeps) and (rival.uploads or not self.uploads)


WORKS = (
    Work("1 KiB, 8 at once", "1k.html", 8, quick=True),
    Work("1 KiB, 64 at once", "1k.html", 64, quick=True),
    Work("1 KiB, 8 kept connections", "1k.html", 8, keeps=True),
    Work("100 KiB, 8 at once", "100k.bin", 8),
    Work("10 MiB, 1 at once", "10m.bin", 1),
    Work("10 MiB, 4 at once", "10m.bin", 4),
    Work("PUT of 10 MiB, 1 at once", "10m.bin", 1, uploads=True),
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
    #: Processor time of the server for one request: steadier than a rate on a busy machine.
    #: 0 where it is not known.
    cpu_us: float = 0.0


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
        self, running: Running, work: Work, *, seconds: float, requests: int | None = None
    ) -> Result:
        """Load a server for ``seconds``, or up to ``requests``; raise if there is no result."""
        target = f"/put-{work.file}" if work.uploads else f"/{work.file}"
        command = [str(self._binary), "-p", str(running.port), "-t", target]
        command += ["-f", str(self._originals / work.file), "-c", str(work.connections)]
        command += ["-s", str(seconds)]
        if requests is not None:
            command += ["-n", str(requests), "-w", "0"]
        command += ["-k"] if work.keeps or work.uploads else []
        command += ["-u"] if work.uploads else []
        began, spent = time.perf_counter(), running.cpu()
        done = subprocess.run(
            on_core(CLIENT_CORE, command),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + 30,
        )
        if not done.stdout:
            raise RivalError(f"{work.name}: {done.stderr.strip()}")
        share = (running.cpu() - spent) / (time.perf_counter() - began)
        self._check_upload(work)
        found: dict[str, Any] = json.loads(done.stdout)
        named = {name: found[name] for name in Result.__dataclass_fields__ if name in found}
        known = named["rate"] and not running.rival.forks
        return Result(**named, cpu_us=share / named["rate"] * 1e6 if known else 0.0)

    def _check_upload(self, work: Work) -> None:
        """Compare what a server stored with what was sent to it."""
        if not work.uploads:
            return
        stored = self._www / f"put-{work.file}"
        if stored.read_bytes() != (self._originals / work.file).read_bytes():
            raise RivalError(f"{work.name}: the stored file differs from the one sent")
        stored.unlink()
