"""Many clients, idle clients and greedy processes: nobody is hurt and nothing is left."""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from bench.load import Load, Work, make_site
from bench.rivals import RIVALS, Running
from bench.soak import Levels
from tests.serving import PATIENCE, ROOT, Served, serving

REQUESTS = 10_000

#: A guest whose child loops without a call while the parent computes for a while.
GREEDY = """
.globl _main
.equ SYS_exit, 1
.equ SYS_fork, 2
.equ SYS_kill, 37
.equ SIGKILL, 9
_main:
    mov x16, #SYS_fork
    svc #0x80
    cbnz x1, Lchild_loops
    mov x19, x0
    mov x9, #{millions}
    movz x10, #0xf, lsl #16
    mul x9, x9, x10
Lparent_computes:
    subs x9, x9, #1
    b.ne Lparent_computes
    mov x0, x19
    mov x1, #SIGKILL
    mov x16, #SYS_kill
    svc #0x80
    mov x0, #0
    mov x16, #SYS_exit
    svc #0x80
Lchild_loops:
    {child}
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Load]]:
    """Return a server of files of known sizes, and the load generator."""
    if shutil.which("cc") is None or sys.platform != "linux":
        pytest.skip("the load generator needs Linux and a C compiler")
    root = tmp_path_factory.mktemp("load")
    make_site(root)
    scratch = tmp_path_factory.mktemp("scratch")
    with serving(root, scratch, "--quiet") as served:
        yield served, Load(scratch, root / "www")


@pytest.mark.timeout(900)
def test_ten_thousand_requests_leave_nothing_behind(loaded: tuple[Served, Load]) -> None:
    served, load = loaded
    running = Running(RIVALS[0], served.port, psutil.Process(served.process.pid), 0.0)
    work = Work("soak", "1k.html", 64)
    load.put_on(running, work, seconds=PATIENCE, requests=1000)  # buffers and caches fill
    before = Levels.of(running)
    result = load.put_on(running, work, seconds=100, requests=REQUESTS)
    after = Levels.of(running)
    assert (result.errors, result.wrong) == (0, 0)
    assert result.requests >= REQUESTS
    assert (after.descriptors, after.processes) == (before.descriptors, before.processes)
    assert after.memory - before.memory < 4 << 20


def _seconds_a_get(client: httpx.Client, url: str) -> float:
    """Return the median time of a GET on a connection of its own."""
    times = []
    for _ in range(15):
        begin = time.perf_counter()
        assert client.get(url, headers={"Connection": "close"}).status_code == 200
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def test_idle_connections_do_not_slow_the_next_client(sample_server: Served) -> None:
    with httpx.Client(timeout=PATIENCE) as client, contextlib.ExitStack() as idle:
        alone = _seconds_a_get(client, sample_server.url)
        for _ in range(200):
            idle.enter_context(sample_server.connect())
        assert _seconds_a_get(client, sample_server.url) < 3 * alone + 0.02


def test_more_clients_than_processes_get_503_at_once(tmp_path: Path) -> None:
    with (
        serving(ROOT, tmp_path) as served,
        contextlib.ExitStack() as idle,
        httpx.Client(timeout=PATIENCE) as client,
    ):
        held = [idle.enter_context(served.connect()) for _ in range(256)]
        begin = time.perf_counter()
        refused = client.get(served.url)
        assert refused.status_code == 503
        assert "Retry-After" in refused.headers
        assert time.perf_counter() - begin < 2
        for connection in held:
            connection.close()
        _wait_for_200(client, served.url)


def _wait_for_200(client: httpx.Client, url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while client.get(url).status_code != 200:
        assert time.monotonic() < deadline, "the server never recovers"


def _seconds_to_run(source: Path, text: str) -> float:
    source.write_text(text)
    command = [sys.executable, "-m", "emu.cli", "run", "--root", str(source.parent), str(source)]
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, timeout=PATIENCE, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - begin


def test_a_looping_process_takes_no_more_than_its_share(tmp_path: Path) -> None:
    source = tmp_path / "greedy.s"
    ends = "mov x16, #SYS_exit\n    svc #0x80"
    nothing = _seconds_to_run(source, GREEDY.format(millions=0, child=ends).replace("b.ne", "b.hi"))
    alone = _seconds_to_run(source, GREEDY.format(millions=500, child=ends)) - nothing
    shared = _seconds_to_run(source, GREEDY.format(millions=500, child="b .")) - nothing
    assert shared < 3 * alone + 0.5
