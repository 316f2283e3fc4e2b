"""The commands in surroundings that mean no good: closed streams, full disks, few descriptors."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_run import HELLO, command, environment, program
from tests.serving import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell arranges it")

FULL = Path("/dev/full")


def shell(cwd: Path, redirection: str, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    """Run the command under ``redirection``; what goes to stderr must never be a traceback."""
    text = f'exec "$@" {redirection}'
    done = subprocess.run(
        ["sh", "-c", text, "sh", *command(*arguments)], cwd=cwd, env=environment(),
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr + done.stdout
    assert b"Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize("options", [(), ("--strace", "--stats")])
def test_with_stderr_closed_stdout_is_the_guest_s_alone(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    guest = program(tmp_path, HELLO.format(code=3))
    done = shell(tmp_path, "2>&-", "run", *options, "--root", ".", guest)
    assert (done.returncode, done.stdout) == (3, b"hello\n")


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_closed_streams_leave_the_exit_status_to_the_guest(
    tmp_path: Path, redirection: str
) -> None:
    guest = program(tmp_path, HELLO.format(code=3))
    assert shell(tmp_path, redirection, "run", "--root", ".", guest).returncode == 3


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("options", [(), ("--strace", "--stats")])
def test_a_full_disk_under_stderr_leaves_the_run_alone(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    guest = program(tmp_path, HELLO.format(code=3))
    done = shell(tmp_path, "2>/dev/full", "run", *options, "--root", ".", guest)
    assert (done.returncode, done.stdout) == (3, b"hello\n")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", [("syscalls",), ("asm", "guest.s")])
def test_a_full_disk_under_a_listing_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    program(tmp_path, HELLO.format(code=0))
    done = shell(tmp_path, ">/dev/full", *arguments)
    line = b"ymawky-emu: stdout: cannot write: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, line)


@pytest.mark.parametrize("arguments", [("syscalls",), ("asm", "guest.s")])
def test_a_listing_without_stdout_is_no_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    program(tmp_path, HELLO.format(code=0))
    done = shell(tmp_path, ">&-", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("limit", range(6, 12))
def test_few_descriptors_are_one_line_or_enough(tmp_path: Path, limit: int) -> None:
    guest = program(tmp_path, HELLO.format(code=0))
    arguments = command("run", "--quiet", "--root", ".", guest)
    done = subprocess.run(
        ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh", *arguments], cwd=tmp_path,
        env=environment(), capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    if done.returncode:
        (line,) = done.stderr.decode().splitlines()
        assert done.returncode == 2
        assert line.startswith("ymawky-emu: ")
        assert line.endswith("Too many open files")


def test_an_image_goes_into_a_pipe_and_does_not_replace_it(tmp_path: Path) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    program(tmp_path, HELLO.format(code=0))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = shell(tmp_path, "& exec cat pipe; wait", "asm", "guest.s", "-o", "pipe")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert len(done.stdout) > 100


@pytest.mark.parametrize("output", [".", "", "directory"])
def test_an_image_cannot_be_a_directory(tmp_path: Path, output: str) -> None:
    program(tmp_path, HELLO.format(code=0))
    (tmp_path / "directory").mkdir()
    done = shell(tmp_path, "", "asm", "guest.s", "-o", output)
    assert done.returncode == 2
    assert done.stderr.endswith(b": cannot write: it is a directory\n")


@pytest.mark.parametrize("directive", [".incbin", ".include"])
@pytest.mark.parametrize("path", ["/dev/zero", "pipe"])
def test_sources_cannot_name_what_has_no_end(tmp_path: Path, directive: str, path: str) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    os.mkfifo(tmp_path / "pipe")
    program(tmp_path, f'_main: ret\n{directive} "{path}"\n')
    done = shell(tmp_path, "", "asm", "guest.s")
    assert done.returncode == 2
    assert b"error: cannot find the file" in done.stderr


def test_the_mode_and_times_of_what_was_inherited_are_not_the_guest_s(tmp_path: Path) -> None:
    path = tmp_path / "stdin"
    path.write_bytes(b"")
    path.chmod(0o640)
    os.utime(path, (1, 1))
    root = tmp_path / "root"
    root.mkdir()
    text = "_main: mov x0, #0\n mov x1, #0\n sys 124\n mov x19, x0\n mov x0, #0\n mov x1, #0\n"
    guest = program(tmp_path, f"{text} sys 139\n add x0, x0, x19\n sys 1\n")
    done = shell(tmp_path, "<stdin", "run", "--root", "root", guest)
    assert done.returncode == 2  # EPERM and EPERM
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.stat().st_mtime == 1


#: Runs a command that is interrupted as soon as it assembles.
_INTERRUPTED = """
import signal, sys
from emu.asm import build
from emu.cli import main
assemble = build.assemble_traced
def interrupted(*arguments):
    signal.raise_signal(signal.SIGINT)
    return assemble(*arguments)
build.assemble_traced = interrupted
sys.exit(main(sys.argv[1:]))
"""


def test_an_interrupt_while_assembling_is_no_traceback(tmp_path: Path) -> None:
    guest = program(tmp_path, HELLO.format(code=0))
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED, "asm", str(guest)], cwd=tmp_path, env=environment(),
        capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, b"")


def test_a_working_directory_that_is_gone_does_not_matter(tmp_path: Path) -> None:
    guest = program(tmp_path, HELLO.format(code=3))
    gone = tmp_path / "gone"
    gone.mkdir()
    arguments = command("run", "--quiet", guest)
    done = subprocess.run(
        ["sh", "-c", 'rmdir ../gone; exec "$@"', "sh", *arguments], cwd=gone, env=environment(),
        capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (3, b"hello\n", b"")


def test_a_listing_escapes_what_the_character_set_lacks(tmp_path: Path) -> None:
    source = tmp_path / "guest.s"
    source.write_bytes(b'.globl _main\n_main: ret\n.data\n.ascii "\xc3\xa9"\n')
    done = subprocess.run(
        command("asm", source), cwd=tmp_path, env=environment() | {"PYTHONIOENCODING": "ascii"},
        capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b'.ascii "\\xe9"' in done.stdout
