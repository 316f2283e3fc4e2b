"""A host that has no descriptor left: clients wait, and nobody is hurt."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.serving import PATIENCE, ROOT, serving

#: All that the emulator may have, its own included.
DESCRIPTORS = 64
LIMITED = ("sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh")

if sys.platform == "win32":
    pytest.skip("Windows has no such limit", allow_module_level=True)


def test_clients_beyond_the_descriptors_wait_and_are_served(tmp_path: Path) -> None:
    with serving(ROOT, tmp_path, wrapper=LIMITED) as served:
        process = psutil.Process(served.process.pid)
        with contextlib.ExitStack() as silent, httpx.Client(timeout=PATIENCE) as client:
            held = [silent.enter_context(served.connect()) for _ in range(DESCRIPTORS)]
            with served.connect() as waiting:
                waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                while process.num_fds() < DESCRIPTORS:
                    assert served.process.poll() is None
                for connection in held:
                    connection.close()
                assert waiting.recv(12) == b"HTTP/1.1 200"
            assert client.get(served.url).status_code == 200
        assert "Too many open files" not in served.words.read_text()
