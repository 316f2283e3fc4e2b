"""The trace in the README is what the tool prints."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving import PATIENCE, ROOT, Served, serving

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n\r\n"
_LINE = re.compile(r"\[pid (\d+)\] (.*)")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")


def _calls(trace: str) -> dict[str, list[str]]:
    """Return the lines of each process without what differs from run to run.

    Who goes on first differs, and with it whether a call that waits is cut in two: it is one here.
    """
    found: dict[str, list[str]] = {}
    began: dict[str, str] = {}
    for pid, line in _LINE.findall(trace):
        head, unfinished, _ = line.partition("<unfinished ...>")
        if unfinished:
            began[pid] = head
            continue
        resumed = _RESUMED.fullmatch(line)
        whole = began.pop(pid, f"{resumed[1]}(0, ") + resumed[2] if resumed else line
        found.setdefault(pid, []).append(re.sub(r"0x[0-9a-f]+|\d+", "0", whole))
    return found


@contextmanager
def _held(served: Served) -> Iterator[None]:
    """Keep the server from running, so that all comes before it looks."""
    os.kill(served.process.pid, signal.Signals["SIGSTOP"])
    try:
        yield
    finally:
        os.kill(served.process.pid, signal.Signals["SIGCONT"])


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be held there")
@pytest.mark.parametrize("page", ["README.md", "docs/tracing.md"])
def test_the_trace_of_a_get_is_real(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    (block,) = [b for b in text.split("```")[1::2] if "accept(" in b]
    root = tmp_path / "root"
    (root / "www").mkdir(parents=True)
    (root / "www" / "index.html").write_bytes((ROOT / "www" / "index.html").read_bytes())
    trace = tmp_path / "trace"
    with serving(root, tmp_path, "--quiet", f"--strace={trace}") as served:
        with _held(served):
            connection = served.connect()
            connection.sendall(REQUEST)
            connection.shutdown(1)
        with connection:
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
            _until_idle(trace)
        (parent, child), (promised_parent, promised_child) = (
            _calls(t).values() for t in (trace.read_text(), block)
        )
    assert child == promised_child
    assert parent[-len(promised_parent) :] == promised_parent


def _until_idle(trace: Path) -> None:
    """Wait until the child has ended and its parent has let go of the connection."""
    deadline = time.monotonic() + PATIENCE
    while True:
        text = trace.read_text()
        if "+++ exited" in text and "[pid 100] close(4) = 0" in text:
            return
        assert time.monotonic() < deadline, text
        time.sleep(0.01)
