"""The session in the README is what the debugger prints."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

from tests.serving import PATIENCE, ROOT


def _shape(text: str) -> list[list[str]]:
    """Return the lines with all numbers alike: the source goes on growing.

    Whether the child had to wait for its request is chance, and with it a receive that failed.
    """
    lines = [line for line in text.strip().splitlines() if "EAGAIN" not in line]
    return [re.sub(r"0x[0-9a-f]+|\d+", "0", line).split() for line in lines]


def test_the_session_in_the_readme_is_real() -> None:
    blocks = (ROOT / "README.md").read_text(encoding="utf-8").split("```")[1::2]
    (block,) = [b.strip() for b in blocks if b.startswith("\n$ ymawky-dbg")]
    command, _, promised = block.partition("\n")
    arguments = shlex.split(command)[2:]
    done = subprocess.run(
        [sys.executable, "-m", "debugger.cli", "--port", "0", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert _shape(done.stdout) == _shape(promised)
