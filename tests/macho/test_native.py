"""What ``make`` builds for a Mac, run here: the same answers and the same calls as the source's."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest

from tests.macho.cross import cross_compile
from tests.serving import PATIENCE, ROOT, serving

pytestmark = pytest.mark.timeout(900)  # zig builds what it needs of its own the first time

_CALL = re.compile(r"^\[pid (\d+)\] (\w+)\(", re.MULTILINE)
REQUESTS = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"HEAD /index.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /missing HTTP/1.0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=2-5\r\nConnection: close\r\n\r\n",
)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Mach-O that ``make`` builds where there is no Mac."""
    return cross_compile(ROOT / "ymawky.s", tmp_path_factory.mktemp("native") / "ymawky")


def site(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name in ("www", "err"):
        shutil.copytree(ROOT / name, root / name)
    return root


def exchange(program: Path | None, tmp_path: Path) -> tuple[list[bytes], list[list[str]]]:
    """Return what the server answers, without the date, and the calls of each child."""
    answers = []
    with serving(tmp_path / "root", tmp_path, "--strace", program=program) as served:
        for request in REQUESTS:
            with served.connect() as connection:
                connection.sendall(request)
                answer = b""
                while more := connection.recv(65536):
                    answer += more
            answers.append(re.sub(rb"\r\nDate: [^\r]*", b"", answer))
        deadline = time.monotonic() + PATIENCE
        while not _all_ended(served.words.read_text("utf-8")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    calls: dict[str, list[str]] = {}
    for pid, name in _CALL.findall(served.words.read_text("utf-8")):
        calls.setdefault(pid, []).append(name)
    _parent, *children = calls.values()
    # Whether a child has to wait for its request is chance, and with it these calls.
    return answers, [
        [name for name in names if name not in {"recvfrom", "gettimeofday", "close", "setsockopt"}]
        for names in children
        if "sendto" in names or "writev" in names
    ]


def _all_ended(words: str) -> bool:
    """Tell whether every child has ended: those of the requests, and of who asked if it is up."""
    forked = words.count(" forked by ")
    return forked > 0 and words.count(" exited ") == forked


def test_it_answers_with_the_same_calls_as_the_assembled_source(
    native: Path, tmp_path: Path
) -> None:
    site(tmp_path)
    answers, calls = exchange(None, tmp_path)
    assert answers[0].startswith(b"HTTP/1.1 200 ")
    assert (answers, calls) == exchange(native, tmp_path)
    assert len(calls) >= len(REQUESTS)
