"""The trace in the README is what the tool prints."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.serving import PATIENCE, ROOT, serving

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n"


def _calls(trace: str) -> list[str]:
    """Return the lines of a trace without what differs from run to run."""
    lines = [line for line in trace.splitlines() if line.startswith("[pid ")]
    return [re.sub(r"0x[0-9a-f]+|\d+", "0", line) for line in lines]


@pytest.mark.parametrize("page", ["README.md", "docs/tracing.md"])
def test_the_trace_of_a_get_is_real(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    (block,) = [b for b in text.split("```")[1::2] if "accept(" in b]
    root = tmp_path / "root"
    (root / "www").mkdir(parents=True)
    (root / "www" / "index.html").write_bytes((ROOT / "www" / "index.html").read_bytes())
    trace = tmp_path / "trace"
    with serving(root, tmp_path, "--quiet", f"--strace={trace}") as served:
        connection = served.connect()
        connection.sendall(REQUEST.replace(b"Connection: close\r\n", b""))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        connection.close()
        served.connect().close()
        deadline = time.monotonic() + PATIENCE
        while trace.read_text().count("+++ exited") < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    seen = set(_calls(trace.read_text()))
    # Which of two processes goes on first, and so which calls wait and are cut in two, differs.
    waits = ("accept", 'recvfrom(0, ""', "resumed")
    promised = [line for line in _calls(block) if not any(w in line for w in waits)]
    assert [line for line in promised if line not in seen] == []
    assert any("accept" in line for line in seen)
