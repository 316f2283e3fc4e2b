"""A program's stdin may be a file, a pipe or a terminal; its status goes out as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.corpus.programs import HERE
from tests.serving import PATIENCE

CAT = [sys.executable, "-m", "emu.cli", "run", "--quiet", str(HERE / "programs" / "cat.s")]


def test_stdin_is_a_file(tmp_path: Path) -> None:
    text = b"line after line\n" * 2000
    (tmp_path / "in").write_bytes(text)
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("wb") as target:
        subprocess.run(CAT, stdin=source, stdout=target, check=True, timeout=PATIENCE)
    assert (tmp_path / "out").read_bytes() == text


def test_stdin_is_a_pipe_that_speaks_and_waits() -> None:
    with subprocess.Popen(CAT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for word in (b"one", b"two"):
            process.stdin.write(word)
            process.stdin.flush()
            assert process.stdout.read(3) == word
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def test_stdin_is_empty() -> None:
    done = subprocess.run(
        CAT, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_stdin_is_a_terminal() -> None:
    if sys.platform == "win32":
        pytest.skip("no pseudo-terminals there")
    outer, inner = os.openpty()
    with subprocess.Popen(CAT, stdin=inner, stdout=subprocess.PIPE) as process:
        os.close(inner)
        assert process.stdout is not None
        os.write(outer, b"typed\n")
        assert process.stdout.read(6) == b"typed\n"
        os.write(outer, b"\x04")
        assert process.wait(PATIENCE) == 0
    os.close(outer)
