"""``python -m tests.native.compare``, with two servers in the emulator in place of a Mac's."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.native.exchanges import REQUESTS
from tests.server.tunables import tuned
from tests.serving import ROOT

AS_DTRUSS = shlex.join([sys.executable, str(Path(__file__).with_name("as_dtruss.py"))])


def compare(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {n: v for n, v in os.environ.items() if n != "GITHUB_ACTIONS"}
    return subprocess.run(
        [sys.executable, "-m", "tests.native.compare", *map(str, arguments)],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def script(program: Path, tmp_path: Path) -> Path:
    """Return a program of this host that serves its working directory."""
    if sys.platform == "win32":
        pytest.skip("a script is no program on Windows")
    run = shlex.join([sys.executable, "-m", "emu.cli", "run", "--quiet", "--root", "."])
    script = tmp_path / "server"
    script.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {run} $TRACE {program} -- "$@"\n'
    )
    script.chmod(0o755)
    return script


def test_the_executable_does_what_the_source_does(program: Path) -> None:
    done = compare("--left", f"emulated:{program}", "--right", "emulated", "--traces")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"the same: {len(REQUESTS)} answers, the access log, the exit status,"
        " and every process's calls\n"
    )


def test_a_server_that_answers_differently_is_caught(tmp_path: Path) -> None:
    source = tuned(tmp_path, ALLOW_LISTING=0)
    done = compare("--left", f"emulated:{source}", "--right", "emulated", "--traces")
    assert done.returncode == 1
    assert "'GET /listed/ HTTP/1.1' is answered differently:" in done.stdout
    assert "-HTTP/1.1 403 Forbidden" in done.stdout
    assert "+HTTP/1.1 200 OK" in done.stdout
    assert done.stdout.count("is answered differently:") == 1
    assert '-127.0.0.1 - - [\\u2026] "GET /listed/ HTTP/1.1" 403' in done.stdout
    assert "+getdirentries64 = " in done.stdout


def test_an_executable_is_traced_with_dtruss(script: Path) -> None:
    done = compare(
        *("--left", script, "--right", "emulated", "--traces", "--tracer", AS_DTRUSS), TRACE=""
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("the same: ")
    assert "every process's calls" in done.stdout


def test_a_dtruss_that_may_not_is_a_warning(script: Path, tmp_path: Path) -> None:
    refusing = tmp_path / "dtruss"
    says = "dtrace: system integrity protection is on, some features will not be available"
    refusing.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    refusing.chmod(0o755)
    for variables, mark in (({}, "warning: "), ({"GITHUB_ACTIONS": "true"}, "::warning::")):
        done = compare(
            *("--left", script, "--right", "emulated", "--traces", "--tracer", refusing),
            **{"TRACE": "", **variables},
        )
        assert done.returncode == 0
        warning, same = done.stdout.splitlines()
        assert warning == f"{mark}{script}: its calls are not compared: {says}"
        assert same == f"the same: {len(REQUESTS)} answers, the access log, the exit status"


def test_what_does_not_start_is_said_in_a_line(tmp_path: Path) -> None:
    done = compare("--left", tmp_path / "nothing", "--right", "emulated")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "nothing" in line
