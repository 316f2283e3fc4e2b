"""Calls on names, modes, times and the working directory."""

import struct
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.structs import Timeval
from emu.kernel.process import Park
from tests.callbench import NOWHERE, READ_ONLY, CallBench

AT = f.AT_FDCWD


@pytest.fixture(autouse=True)
def site(tmp_path: Path) -> Path:
    (tmp_path / "dir" / "sub").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"0123456789")
    (tmp_path / "link").symlink_to("file")
    return tmp_path


def real(bench: CallBench, argument: int | str) -> int:
    """Turn a name of the table below into an argument; anything else is a path."""
    match argument:
        case int():
            return argument
        case "BUF":
            return bench.buffer
        case "FD":
            return bench.result("open", bench.path("file"), f.O_RDWR, 0)
        case "DIRFD":
            return bench.result("open", bench.path("dir"), 0, 0)
        case "TIMES":
            return bench.put(Timeval(1, 2).pack() + Timeval(3, 4).pack())
        case "BAD_TIMES":
            return bench.put(Timeval(1, 1_000_000).pack() + Timeval(3, 4).pack())
    return bench.path(argument)


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("rmdir", ("dir/sub",), 0),
        ("rmdir", ("dir",), "ENOTEMPTY"),
        ("rmdir", ("file",), "ENOTDIR"),
        ("rmdir", (NOWHERE,), "EFAULT"),
        ("mkdir", ("new", 0o755), 0),
        ("mkdir", ("dir", 0o755), "EEXIST"),
        ("mkdir", ("missing/new", 0o755), "ENOENT"),
        ("mkdir", (NOWHERE, 0o755), "EFAULT"),
        ("mkdirat", ("DIRFD", "new", 0o755), 0),
        ("mkdirat", ("FD", "new", 0o755), "ENOTDIR"),
        ("mkdirat", (99, "new", 0o755), "EBADF"),
        ("link", ("file", "second"), 0),
        ("link", ("file", "link"), "EEXIST"),
        ("link", ("dir", "second"), "EPERM"),
        ("link", ("missing", "second"), "ENOENT"),
        ("link", ("file", NOWHERE), "EFAULT"),
        ("linkat", (AT, "link", AT, "second", 0), 0),
        ("linkat", (AT, "link", AT, "second", 1), "EINVAL"),
        ("symlink", ("anything", "new"), 0),
        ("symlink", ("anything", "file"), "EEXIST"),
        ("symlink", (NOWHERE, "new"), "EFAULT"),
        ("symlinkat", ("anything", "DIRFD", "new"), 0),
        ("readlink", ("link", "BUF", 100), 4),
        ("readlink", ("link", "BUF", 2), 2),
        ("readlink", ("file", "BUF", 2), "EINVAL"),
        ("readlink", ("link", NOWHERE, 4), "EFAULT"),
        ("readlink", ("link", READ_ONLY, 4), "EFAULT"),
        ("readlinkat", (AT, "missing", "BUF", 4), "ENOENT"),
        ("access", ("link", f.R_OK), 0),
        ("access", ("missing", f.F_OK), "ENOENT"),
        ("access", ("file", 8), "EINVAL"),
        ("access", (NOWHERE, 0), "EFAULT"),
        ("faccessat", (AT, "link", 0, 0x4000), "EINVAL"),
        ("faccessat", ("DIRFD", "sub", f.X_OK, 0), 0),
        ("chmod", ("missing", 0o644), "ENOENT"),
        ("chmod", ("link", 0o600), 0),
        ("fchmodat", (AT, "link", 0o600, f.AT_SYMLINK_NOFOLLOW), "ENOTSUP"),
        ("fchmodat", (AT, "link", 0o600, 1), "EINVAL"),
        ("fchmod", ("FD", 0o600), 0),
        ("fchmod", (99, 0o600), "EBADF"),
        ("truncate", ("link", 4), 0),
        ("truncate", ("file", -1), "EINVAL"),
        ("truncate", ("dir", 4), "EISDIR"),
        ("utimes", ("link", "TIMES"), 0),
        ("utimes", ("link", 0), 0),
        ("utimes", ("link", "BAD_TIMES"), "EINVAL"),
        ("utimes", ("link", NOWHERE), "EFAULT"),
        ("futimes", ("FD", "TIMES"), 0),
        ("futimes", (99, "TIMES"), "EBADF"),
        ("flock", ("FD", f.LOCK_EX | f.LOCK_NB), 0),
        ("flock", ("FD", 0), "EBADF"),
        ("flock", (99, f.LOCK_EX), "EBADF"),
        ("flock", ("DIRFD", f.LOCK_EX), "ENOTSUP"),
        ("mkfifo", ("new", 0o600), 0),
        ("mkfifo", ("file", 0o600), "EEXIST"),
        ("chdir", ("dir",), 0),
        ("chdir", ("file",), "ENOTDIR"),
        ("chdir", ("missing",), "ENOENT"),
        ("chdir", (NOWHERE,), "EFAULT"),
        ("fchdir", ("FD",), "ENOTDIR"),
        ("fchdir", (99,), "EBADF"),
        ("umask", (0o77,), 0o22),
    ],
)
def test_outcomes(
    bench: CallBench, name: str, arguments: tuple[int | str, ...], outcome: int | str
) -> None:
    assert bench.call(name, *[real(bench, argument) for argument in arguments]) == outcome


def test_the_working_directory_is_where_paths_begin(bench: CallBench, site: Path) -> None:
    assert bench.call("chdir", bench.path("dir/sub")) == 0
    assert bench.call("mkdir", bench.path("here"), 0o755) == 0
    assert (site / "dir" / "sub" / "here").is_dir()
    assert bench.call("access", bench.path("../../file"), 0) == 0
    assert bench.call("chdir", bench.path("../../../../../..")) == 0
    assert bench.call("access", bench.path("file"), 0) == 0
    fd = bench.result("open", bench.path("dir"), f.O_RDONLY, 0)
    assert bench.call("fchdir", fd) == 0
    assert bench.call("close", fd) == 0
    assert bench.call("access", bench.path("sub"), 0) == 0
    fd = bench.result("open", bench.path("."), f.O_RDONLY, 0)
    assert bench.call("fcntl", fd, f.F_GETPATH, bench.buffer) == 0
    assert bench.get(bench.buffer, 5) == b"/dir\0"


def test_times_are_set_to_the_microsecond(bench: CallBench, site: Path) -> None:
    times = bench.put(struct.pack("<qi4xqi4x", 1, 2, 3, 4))
    assert bench.call("utimes", bench.path("link"), times) == 0
    known = (site / "file").stat()
    assert (known.st_atime_ns, known.st_mtime_ns) == (1_000_002_000, 3_000_004_000)


def test_the_umask_is_taken_from_new_directories(bench: CallBench, site: Path) -> None:
    bench.call("umask", 0o077)
    bench.call("mkdir", bench.path("private"), 0o777)
    assert (site / "private").stat().st_mode & 0o777 == 0o700


def test_a_lock_held_elsewhere_is_waited_for(bench: CallBench) -> None:
    one, other = (bench.result("open", bench.path("file"), f.O_RDWR, 0) for _ in range(2))
    assert bench.call("flock", one, f.LOCK_EX) == 0
    assert bench.call("flock", other, f.LOCK_EX | f.LOCK_NB) == "EAGAIN"
    waiting = bench.call("flock", other, f.LOCK_SH)
    assert isinstance(waiting, Park)
    assert waiting.deadline
    assert bench.call("flock", one, f.LOCK_UN) == 0
    assert bench.call("flock", other, f.LOCK_SH) == 0
