"""The server, started for real: ``ymawky-emu run`` in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Seconds until what does not come about is a failure: bounds of hangs, never of speed.
PATIENCE = 60.0

_LISTENING = re.compile(rb"listening on http://127\.0\.0\.1:(\d+)\s")


@dataclass(frozen=True)
class Served:
    """A server that takes connections."""

    port: int
    process: subprocess.Popen[bytes]
    #: What the guest writes to stdout: its access log.
    log: Path
    #: What the emulator says on stderr.
    words: Path
    #: Whether the process leads a group of its own, in which its children are.
    leads: bool = False

    @property
    def url(self) -> str:
        """The address of the first page."""
        return f"http://127.0.0.1:{self.port}/"

    def connect(self) -> socket.socket:
        """Return a new connection; no operation on it takes longer than :data:`PATIENCE`."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def terminate(self) -> None:
        """Ask the server and its children to end, as Ctrl-C in a terminal does."""
        if sys.platform != "win32" and self.leads and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        else:
            self.process.terminate()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    root: Path | None,
    scratch: Path,
    *options: str,
    program: Path | None = None,
    package: Path = ROOT,
    wrapper: Sequence[str] = (),
) -> Iterator[Served]:
    """Serve ``root/www`` with ``ymawky-emu run OPTIONS``; end the server afterwards.

    Without ``root`` it serves what it finds by itself in the empty directory ``scratch``;
    ``program`` is a server other than the package's own, ``package`` is the directory that
    the emulator is imported from, and ``wrapper`` is a command that starts the emulator.
    """
    command = [*wrapper, sys.executable, "-m", "emu.cli", "run", *options]
    command += [] if root is None else ["--root", str(root)]
    command += ["--port", "0", *([] if program is None else [str(program)])]
    variables = {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(package)}
    with started(command, 0, scratch, environment=variables) as served:
        yield served


@contextmanager
def started(
    command: Sequence[str],
    port: int,
    scratch: Path,
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    leads: bool = False,
) -> Iterator[Served]:
    """Run ``command``, which serves ``port``, in ``cwd`` or ``scratch``; end it afterwards.

    Port 0 is one that the server chooses, and says when it listens: nobody else can take it in
    between, and no connection has to be made to see that it is up.  The output goes to files in
    ``scratch``; ``environment`` is added to our own, and ``leads`` gives the server a process
    group, which it ends with.
    """
    log, words = scratch / "stdout", scratch / "stderr"
    with log.open("wb") as out, words.open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=cwd or scratch,
            env=os.environ | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=leads,
        )
    served = Served(port, process, log, words, leads)
    try:
        yield _await(served)
    finally:
        served.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("the server does not end at SIGTERM") from None


def _await(served: Served) -> Served:
    """Wait until the server takes connections; returns it with its port."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ended = served.process.poll() is not None
        if served.port:
            if _answers(served):
                return served
        elif listening := _LISTENING.search(served.log.read_bytes()):
            return replace(served, port=int(listening[1]))
        if ended:
            break
        time.sleep(0.01)
    said = served.words.read_text(errors="replace")
    raise AssertionError(f"the server does not come up: {said}")


def _answers(served: Served) -> bool:
    try:
        served.connect().close()
    except ConnectionRefusedError:
        return False
    return True
