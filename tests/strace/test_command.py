"""``ymawky-emu run --strace``, as a person types it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import PATIENCE, ROOT

PROGRAM = """
.globl _main
_main:  mov x19, x1
        mov x0, #1
        ldr x1, [x19, #8]
        mov x2, #8
        mov x16, #4
        svc #0x80
        mov x0, #0
        ret
"""


def _run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "a.s").write_text(PROGRAM)
    return subprocess.run(
        [sys.executable, "-m", "emu.cli", "run", "--root", str(tmp_path), "--quiet", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_trace_goes_to_stderr_and_the_guest_keeps_its_arguments(tmp_path: Path) -> None:
    done = _run(tmp_path, "--strace", str(tmp_path / "a.s"), "--strace=x")
    assert (done.returncode, done.stdout) == (0, "--strace")
    assert done.stderr.splitlines() == [
        '[pid 100] write(1, "--strace", 8) = 8',
        "[pid 100] exit(0) = ?",
        "[pid 100] +++ exited with 0 +++",
    ]


def test_the_trace_goes_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = _run(
        tmp_path, f"--strace={out}", "--strace-json", "--strace-filter", "%desc", "--strace-size",
        "3", "--strace-time", str(tmp_path / "a.s"), "arguments",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "argument", "")
    first, last = map(json.loads, out.read_text().splitlines())
    assert first["args"] == {"fd": 1, "cbuf": '"arg"...', "nbyte": 8}
    assert first["seconds"] >= 0
    assert last["event"] == "exit"


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--strace=no/such/file", "no/such/file"),
        ("--strace-filter=opn", "did you mean open"),
        ("--strace-size=x", "'x' is no number"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, option: str, says: str) -> None:
    done = _run(tmp_path, "--strace", option, str(tmp_path / "a.s"))
    assert done.returncode == 2
    assert says in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_strict_stops_at_a_call_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "b.s").write_text(".globl _main\n_main: mov x16, #161\n svc #0x80\n ret\n")
    done = _run(tmp_path, "--strict", str(tmp_path / "b.s"))
    assert done.returncode == 3
    assert "call 161 (getfh) is not implemented" in done.stderr
    assert "_main+4" in done.stderr
    assert "b.s:3: svc #0x80" in done.stderr


def test_a_call_that_is_not_there_is_said_with_its_place_and_ends_the_program(
    tmp_path: Path,
) -> None:
    (tmp_path / "c.s").write_text(".globl _main\n_main: mov x16, #161\n svc #0x80\n ret\n")
    done = _run(tmp_path, "--quiet", str(tmp_path / "c.s"))
    assert done.returncode == 128 + 12
    warning = done.stderr.splitlines()[0]
    assert re.search(r"getfh \(161\) at 0x\w+ <_main\+4> \(.*c\.s:3\) is not implemented", warning)
    assert "ENOSYS, SIGSYS" in warning


def test_a_pipe_that_nobody_reads_does_not_hold_the_program_up(tmp_path: Path) -> None:
    calls = ".globl _main\n_main: mov x19, #5000\n1: mov x0, #99\n mov x16, #6\n svc #0x80\n"
    (tmp_path / "a.s").write_text(f"{calls} subs x19, x19, #1\n b.ne 1b\n mov x0, #7\n ret\n")
    command = [sys.executable, "-m", "emu.cli", "run", "--root", str(tmp_path), "--strace"]
    with subprocess.Popen(
        [*command, str(tmp_path / "a.s")], cwd=ROOT, stderr=subprocess.PIPE
    ) as process:
        assert process.wait(PATIENCE) == 7
