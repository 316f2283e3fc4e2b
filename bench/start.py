"""``python -m bench.start [RUNS]``: from the start of the command to the first answer.

Ours and ``http.server`` take turns.  The processor time of each run (user and system, up to the
answer and the end by SIGKILL) depends less on what else the machine does than the clock.
"""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.building import environment
from bench.rivals import PATIENCE, RIVALS, Rival, Site, free_port

__all__ = ["main"]

RUNS = 20
#: Seconds between two tries to connect.
PAUSE = 0.0005
FILE = "1k.html"


def _answered(port: int) -> bool:
    """Ask for the file; False while nobody listens."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            client.sendall(f"GET /{FILE} HTTP/1.0\r\n\r\n".encode())
            with client.makefile("rb") as answer:
                return b" 200 " in answer.read()
    except ConnectionError:
        return False


def _run(rival: Rival, site: Site) -> tuple[float, float]:
    """Return the processor time and the time of one start, in milliseconds."""
    if sys.platform == "win32":
        sys.exit("bench.start: Windows has no wait4, which tells what a process has used")
    port = free_port()
    began = time.perf_counter()
    server = subprocess.Popen(
        rival.command(site, port),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answered(port):
            if time.perf_counter() - began > PATIENCE or server.poll() is not None:
                sys.exit(f"{rival.name} does not answer")
            time.sleep(PAUSE)
        passed = time.perf_counter() - began
    finally:
        server.send_signal(signal.SIGKILL)
    _, _, usage = os.wait4(server.pid, 0)
    server.returncode = -signal.SIGKILL
    return 1000 * (usage.ru_utime + usage.ru_stime), 1000 * passed


def main(arguments: list[str]) -> None:
    """Print least and median of both times for both servers, and the ratios."""
    runs = int(arguments[0]) if arguments else RUNS
    rivals = [r for r in RIVALS if r.name in {"ymawky-emu", "http.server"}]
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "www").mkdir()
        (Path(root) / "www" / FILE).write_bytes(bytes(1024))
        site = Site(Path(root), Path(root))
        for rival in rivals:
            _run(rival, site)
        found = [[_run(rival, site) for rival in rivals] for _ in range(runs)]
    print(f"{runs} starts each; milliseconds, least and median")
    figures = []
    for rival, times in zip(rivals, zip(*found, strict=True), strict=True):
        processor, passed = zip(*times, strict=True)
        figures.append([f(t) for t in (processor, passed) for f in (min, statistics.median)])
        print(
            f"{rival.name:12} processor {{:6.1f}} {{:6.1f}}  clock {{:6.1f}} {{:6.1f}}".format(
                *figures[-1]
            )
        )
    ratios = [ours / theirs for ours, theirs in zip(*figures, strict=True)]
    print("{:12} processor {:6.2f} {:6.2f}  clock {:6.2f} {:6.2f}".format("ratio", *ratios))


if __name__ == "__main__":
    main(sys.argv[1:])
