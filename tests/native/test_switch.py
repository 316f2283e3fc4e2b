"""``YMAWKY_NATIVE`` has the server's tests start an executable by itself, as on a Mac.

There may be no Mac, so the executable is a script here; for the tests it is a program like any
other, started in its directory with the port as its argument.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT

TESTS = (
    "test_http_get.py::test_the_fields_of_a_file",
    "test_http_get.py::test_the_root_has_no_parent",
    "test_http_put.py::test_an_empty_body",
    "test_http_errors.py::test_a_docroot_that_vanishes_and_comes_back",
    "test_http_start.py::test_a_bad_argument_gets_the_usage[--help]",
    "test_http_start.py::test_a_port_in_use",
    "test_http_start.py::test_a_signal_ends_the_server_cleanly[SIGTERM]",
    "test_http_start.py::test_with_d_it_ends_after_one_connection",
    "test_http_hostile.py::test_a_server_that_is_ended_amid_a_body_leaves_nothing",
    # Those with other limits are built on the way.
    "test_http_get.py::test_without_listings_a_directory_is_forbidden",
)
ABOUT_THE_EMULATOR = "test_routines_dates.py"


def _conformance(program: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    # Nothing of the run that this is a part of: neither its worker's name nor its options.
    environment = {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_")}
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly"),
            *(f"tests/server/{test}" for test in tests),
        ],
        cwd=ROOT,
        env=environment | {"YMAWKY_NATIVE": str(program)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def script(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a program that takes no options of the emulator's, and has its words in a log."""
    if sys.platform == "win32":
        pytest.skip("a script is no program on Windows")
    scratch = tmp_path_factory.mktemp("switch")
    run = [sys.executable, "-m", "emu.cli", "run", "--quiet", "--root", ".", str(program), "--"]
    script = scratch / "server"
    script.write_text(
        "#!/bin/sh\n"
        f'echo "$PWD" "$@" >> {shlex.quote(str(scratch / "starts"))}\n'
        f'PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.join(run)} "$@"\n'
    )
    script.chmod(0o755)
    return script


def test_the_servers_tests_run_on_an_executable(script: Path) -> None:
    done = _conformance(script, TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"server: {script}\n" in done.stdout
    assert f"{len(TESTS)} passed" in done.stdout
    starts = script.with_name("starts").read_text().splitlines()
    # Where the server was asked for pages, it got its port and the directory that it serves.
    assert [line for line in starts if re.fullmatch(r"/\S*root\S* (?:127\.0\.0\.1:)?\d+", line)]
    assert len(starts) >= 7


def test_what_is_about_the_emulator_is_skipped_and_says_so(script: Path) -> None:
    done = _conformance(script, (ABOUT_THE_EMULATOR,))
    assert done.returncode == 0, done.stdout
    assert "passed" not in done.stdout.splitlines()[-1]
    assert "about the emulator: calls single routines" in done.stdout or "Keystone" in done.stdout
