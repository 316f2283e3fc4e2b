"""Asks two servers the same and compares what comes back: ``python -m tests.native.compare``.

``--left ./ymawky --right emulated`` is what a Mac has to say about the emulator; ``emulated:FILE``
runs an executable in the emulator.  Compared are the bytes of all answers but for dates, the
access logs and how the servers end; with ``--traces`` the calls of each process as well, which
natively takes dtruss, and with it a system without System Integrity Protection.

The exit status is 0 when all is the same, 1 when not, and 2 when a server cannot be started.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.native import dtruss, traces
from tests.native.exchanges import REQUESTS, answer, comparable_log
from tests.server.site import build
from tests.serving import PATIENCE, ROOT, Served, free_port, started

#: What starts a program and prints its calls to stderr, in :mod:`tests.native.dtruss`'s format.
TRACER = "sudo -n dtruss -f"
#: Longest part of a line that is shown of a difference, in characters.
_SHOWN = 200
#: How a line of the access log begins, alone or amid a trace.
_LOGGED = re.compile(rb"^127\.0\.0\.1 - - \[", re.MULTILINE)


@dataclass
class Outcome:
    """What a server did."""

    answers: list[bytes] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    status: int | None = None
    #: The calls of each process, or None when nobody could trace them, and why.
    trace: traces.Trace | None = None
    untraced: str = ""


@dataclass(frozen=True)
class Side:
    """A server to compare: ``emulated``, ``emulated:FILE``, or an executable of this host."""

    name: str

    @property
    def is_emulated(self) -> bool:
        """Whether the emulator runs it."""
        return self.name.partition(":")[0] == "emulated"

    def command(self, root: Path, port: int, trace: Path | None) -> list[str]:
        """Return what starts it in ``root``."""
        if not self.is_emulated:
            return [str(Path(self.name).resolve()), str(port)]
        run = [sys.executable, "-m", "emu.cli", "run", "--quiet", "--root", str(root)]
        run += ["--port", str(port)]
        run += [] if trace is None else [f"--strace={trace}", "--strace-json"]
        program = self.name.partition(":")[2]
        return [*run, *([str(Path(program).resolve())] if program else [])]


def observe(side: Side, root: Path, scratch: Path, tracer: Sequence[str] = ()) -> Outcome:
    """Ask ``side`` everything; with ``tracer`` its calls are traced, as far as that is possible."""
    if not tracer:
        return _asked(side, root, scratch, None)
    if side.is_emulated:
        outcome = _asked(side, root, scratch, scratch / "trace")
        with (scratch / "trace").open(encoding="utf-8") as lines:
            outcome.trace = traces.of_strace(lines)
        return outcome
    outcome = _asked(side, root, scratch, None)
    outcome.trace, outcome.untraced = _natively_traced(side, root, scratch, tracer)
    return outcome


def _asked(side: Side, root: Path, scratch: Path, trace: Path | None) -> Outcome:
    variables = {"PYTHONPATH": str(ROOT)} if side.is_emulated else {}
    with started(
        side.command(root, 0, trace), 0, scratch, cwd=root, environment=variables, leads=True
    ) as served:
        answers = [answer(served, request) for request in REQUESTS]
        _until(lambda: _all_logged(served.log))
    log = comparable_log(served.log.read_text("utf-8", "replace"), served.port)
    return Outcome(answers, log, served.process.returncode)


def _until(reached: Callable[[], bool]) -> bool:
    """Wait for a condition; tell whether it came true in time."""
    deadline = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _all_logged(*outputs: Path) -> bool:
    """Tell whether every request has its line: a child writes it behind its answer."""
    return sum(len(_LOGGED.findall(path.read_bytes())) for path in outputs) > len(REQUESTS)


def _natively_traced(
    side: Side, root: Path, scratch: Path, tracer: Sequence[str]
) -> tuple[traces.Trace | None, str]:
    """Return the trace of another run under ``tracer``, or None and why there is none.

    The tracer prints late and all that is left when its program ends, and it mixes the
    program's output into its own.
    """
    port = free_port()
    words = scratch / "stderr"
    command = [*tracer, *side.command(root, port, None)]
    try:
        with started(command, port, scratch, cwd=root) as served:
            for request in REQUESTS:
                answer(served, request)
            _until(lambda: _all_logged(served.log, words))
            _end_traced(served, tracer)
    except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
        return None, dtruss.refusal(_lines(words)) or str(error)
    calls = dtruss.parse(_lines(words))
    return (calls, "") if calls else (None, dtruss.refusal(_lines(words)) or "it said nothing")


def _end_traced(served: Served, tracer: Sequence[str]) -> None:
    """End the server, which need not be ours, and with it its tracer."""
    _until(lambda: bool(dtruss.parse(_lines(served.words))) or served.process.poll() is not None)
    pids = [str(pid) for pid in dtruss.parse(_lines(served.words))][:1]
    privilege = ["sudo", "-n"] if tracer[0] == "sudo" else []
    for pid in pids or [str(served.process.pid)]:
        subprocess.run([*privilege, "kill", pid], check=False)
    served.process.wait(PATIENCE)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").splitlines()


def compare(left: Outcome, right: Outcome, names: tuple[str, str]) -> list[str]:
    """Return the lines that say what is different; none when nothing is."""
    found: list[str] = []
    for request, ours, theirs in zip(REQUESTS, left.answers, right.answers, strict=True):
        if ours != theirs:
            what = request.partition(b"\r\n")[0][:60].decode("latin-1")
            found += [f"{what!r} is answered differently:"]
            found += _diff(_text(ours), _text(theirs), names)
    if left.log != right.log:
        found += ["the access logs differ:", *_diff(left.log, right.log, names)]
    if left.status != right.status:
        found.append(f"{names[0]} ended with {left.status}, {names[1]} with {right.status}")
    if left.trace is not None and right.trace is not None:
        lines = traces.differences(left.trace, right.trace, names)
        found += ["the calls differ:", *lines] if lines else []
    return found


def _text(data: bytes) -> list[str]:
    return data.decode("latin-1").splitlines()


def _diff(left: list[str], right: list[str], names: tuple[str, str]) -> list[str]:
    lines = difflib.unified_diff(left, right, *names, lineterm="", n=1)
    return [line.encode("unicode_escape").decode()[:_SHOWN] for line in lines]


def main(argv: Sequence[str] | None = None) -> int:
    """Compare as the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.native.compare", description=__doc__)
    for side in ("left", "right"):
        parser.add_argument(f"--{side}", required=True, type=Side, metavar="SERVER")
    parser.add_argument("--traces", action="store_true", help="compare the calls as well")
    parser.add_argument("--tracer", default=TRACER, help=f"traces an executable ({TRACER})")
    options = parser.parse_args(argv)
    tracer = shlex.split(options.tracer) if options.traces else []
    outcomes = []
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        root.mkdir()
        build(root)  # one for both: an ETag tells the inode
        for name in ("left", "right"):
            place = Path(scratch) / name
            place.mkdir()
            try:
                outcomes.append(observe(getattr(options, name), root, place, tracer))
            except (AssertionError, OSError) as error:
                print(f"--{name} {getattr(options, name).name}: {error}", file=sys.stderr)
                return 2
    return _told(outcomes[0], outcomes[1], (options.left.name, options.right.name))


def _told(left: Outcome, right: Outcome, names: tuple[str, str]) -> int:
    for outcome, name in zip((left, right), names, strict=True):
        if outcome.untraced:
            # GitHub shows such a line beside the job.
            mark = "::warning::" if os.environ.get("GITHUB_ACTIONS") else "warning: "
            print(f"{mark}{name}: its calls are not compared: {outcome.untraced}")
    found = compare(left, right, names)
    print("\n".join(found or [_same(left, right)]))
    return 1 if found else 0


def _same(left: Outcome, right: Outcome) -> str:
    traced = left.trace is not None and right.trace is not None
    calls = ", and every process's calls" if traced else ""
    return f"the same: {len(left.answers)} answers, the access log, the exit status{calls}"


if __name__ == "__main__":
    sys.exit(main())
