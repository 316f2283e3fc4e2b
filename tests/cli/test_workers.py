"""``--workers``: several emulators on one socket, with one log, one stop and one ``--stats``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.serving import PATIENCE, ROOT, Served, serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no sockets to share")
REQUEST = b"GET /k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def ask(served: Served) -> bytes:
    with served.connect() as connection:
        connection.sendall(REQUEST)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def workers_of(served: Served) -> list[psutil.Process]:
    return list(psutil.Process(served.process.pid).children())


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "k").write_bytes(b"hello")
    with serving(tmp_path, tmp_path, "--workers", "2", "--stats") as served:
        until(lambda: served.log.read_bytes().count(b"listening") == 2)
        yield served


def test_two_workers_answer_on_one_port_with_one_log_and_one_sum(pair: Served) -> None:
    assert len(workers_of(pair)) == 2
    assert pair.log.read_bytes() == b"ymawky: listening on http://127.0.0.1:%d\n" % pair.port * 2
    for _ in range(10):
        assert ask(pair).endswith(b"\r\n\r\nhello")
    until(lambda: pair.log.read_bytes().count(b'"GET /k HTTP/1.1" 200 5') == 10)
    pair.process.send_signal(signal.SIGTERM)
    assert pair.process.wait(PATIENCE) == 0
    assert pair.words.read_text().count("10 requests, ") == 1


def test_one_stop_ends_all(pair: Served) -> None:
    workers = workers_of(pair)
    pair.process.send_signal(signal.SIGINT)
    assert pair.process.wait(PATIENCE) == 0
    assert not psutil.wait_procs(workers, PATIENCE)[1]


#: Starts workers, and another thread than that which waits for them takes the signal.
_SIGNALLED = """
import signal, sys, threading
from emu.cli import main
from emu.workers import Crew
after, started = Crew._start, threading.Event()
def start(crew, number):
    after(crew, number)
    if number == 2:
        started.set()
def press():
    started.wait()
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
Crew._start = start
threading.Thread(target=press, daemon=True).start()
sys.exit(main(sys.argv[1:]))
"""


def test_a_stop_that_interrupts_nothing_ends_all_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SIGNALLED, "run", "--workers", "2", "--port", "0"],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    # Those that have not come up yet die of it.
    assert done.returncode in {0, 128 + signal.SIGTERM}
    assert "SIGTERM: the workers get it" in done.stderr


def test_a_worker_that_dies_is_started_again(pair: Served) -> None:
    before = workers_of(pair)
    # One that ends at once would not do better the next time, so it has to have lived.
    started = time.monotonic()
    until(lambda: time.monotonic() > started + 1.1)
    before[0].kill()
    until(lambda: "it is started again" in pair.words.read_text())
    until(lambda: len(set(workers_of(pair)) - set(before)) == 1)
    assert ask(pair).endswith(b"hello")


def test_workers_end_when_their_parent_is_killed(pair: Served) -> None:
    workers = workers_of(pair)
    os.kill(pair.process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert not psutil.wait_procs(workers, PATIENCE)[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--strace", "--port", "1"], "--workers: their traces would mix"),
        ([], "--workers: needs --port N or --listen"),
    ],
)
def test_what_cannot_work_is_one_line(
    options: list[str], words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from emu.cli import main

    program = tmp_path / "p.s"
    program.write_text(".globl _main\n_main: mov x0, #0\n ret\n")
    assert main(
        ["run", "--quiet", "--root", str(tmp_path), "--workers", "2", *options, str(program)]
    )
    error = capfd.readouterr().err
    assert words in error
    assert error.count("\n") == 1
