"""Many clients, idle clients and greedy processes: nobody is hurt and nothing is left."""

from __future__ import annotations

import contextlib
import shutil
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
from emu.darwin import flags as f
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Process
from tests.guest import prepare_guest
from tests.server.tunables import tuned
from tests.serving import PATIENCE, ROOT, Served, serving

REQUESTS = 10_000
#: Slices of processes that never give way by themselves.
TURNS = 20


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
    idle = Levels.of(running)
    load.put_on(running, work, seconds=300, requests=1000)  # buffers and caches fill
    before = _once_idle(running, idle)
    result = load.put_on(running, work, seconds=600, requests=REQUESTS)
    after = _once_idle(running, idle)
    assert (result.errors, result.wrong) == (0, 0)
    assert result.requests >= REQUESTS
    assert after.memory - before.memory < 4 << 20


def _once_idle(running: Running, idle: Levels) -> Levels:
    """Return the levels as soon as no connection and no process is left over."""
    deadline = time.monotonic() + PATIENCE
    while True:
        now = Levels.of(running)
        if (now.descriptors, now.processes) == (idle.descriptors, idle.processes):
            return now
        assert time.monotonic() < deadline, f"{now} instead of {idle}"


def test_more_clients_than_processes_get_503_at_once(tmp_path: Path) -> None:
    # Those who are served say nothing and may do so for long: nobody makes room by that.
    program = tuned(tmp_path, IDLE_TIMEOUT=1000, HEADER_TIMEOUT=1000)
    with (
        serving(ROOT, tmp_path, program=program) as served,
        contextlib.ExitStack() as idle,
        httpx.Client(timeout=PATIENCE) as client,
    ):
        held = [idle.enter_context(served.connect()) for _ in range(256)]
        refused = client.get(served.url)
        assert refused.status_code == 503
        assert "Retry-After" in refused.headers
        for connection in held:
            connection.close()
        _wait_for_200(client, served.url)


def _wait_for_200(client: httpx.Client, url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while client.get(url).status_code != 200:
        assert time.monotonic() < deadline, "the server never recovers"


def test_processes_that_compute_take_turns(tmp_path: Path) -> None:
    system, process, _ = prepare_guest(tmp_path, "_main: sys 2\n1: b 1b")
    turns: list[int] = []
    run = system._run

    def counted(process: Process) -> None:
        run(process)
        turns.append(system.current.pid)
        if len(turns) == TURNS:
            system.interrupt(f.SIGKILL)

    system._run = counted  # type: ignore[method-assign]
    try:
        system.run(process)
    finally:
        system.host.close()
    # The fork is in the first turn, which the child goes on with.
    assert turns[:TURNS] == [FIRST_PID + 1, FIRST_PID] * (TURNS // 2)
