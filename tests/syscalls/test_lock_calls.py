"""Record locks among processes, file systems, owners and the limits of names."""

from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.structs import Flock, Statfs64
from emu.kernel.process import Park, Process
from tests.callbench import NOWHERE, READ_ONLY, CallBench


@pytest.fixture
def fd(bench: CallBench, tmp_path: Path) -> int:
    (tmp_path / "file").write_bytes(b"0123456789")
    return bench.result("open", bench.path("file"), f.O_RDWR, 0)


@pytest.fixture
def child(bench: CallBench, fd: int) -> Process:
    assert fd == 0
    made = bench.kernel.fork(bench.process)
    bench.process.space.restore()
    return made


def lock(
    bench: CallBench, fd: int, kind: int, start: int = 0, length: int = 0, cmd: int = f.F_SETLK
) -> object:
    at = bench.put(Flock(start, length, 0, kind, f.SEEK_SET).pack())
    return bench.call("fcntl", fd, cmd, at)


def as_child(bench: CallBench, child: Process) -> Process:
    """Make the child the caller; it works in the parent's memory here."""
    parent, bench.process = bench.process, child
    child.space = parent.space
    return parent


def asked(bench: CallBench, fd: int, kind: int, start: int, length: int) -> Flock:
    at = bench.put(Flock(start, length, 0, kind, f.SEEK_SET).pack())
    assert bench.call("fcntl", fd, f.F_GETLK, at) == 0
    return Flock.unpack(bench.get(at, Flock.SIZE))


def test_a_write_lock_keeps_others_out(bench: CallBench, fd: int, child: Process) -> None:
    assert lock(bench, fd, f.F_WRLCK, 10, 5) == 0
    assert lock(bench, fd, f.F_WRLCK, 12, 1) == 0  # one's own is no obstacle
    parent = as_child(bench, child)
    assert lock(bench, fd, f.F_RDLCK, 14, 1) == "EAGAIN"
    assert lock(bench, fd, f.F_RDLCK, 15, 1) == 0
    found = asked(bench, fd, f.F_RDLCK, 0, 0)
    assert (found.type, found.start, found.len, found.pid) == (f.F_WRLCK, 10, 2, parent.pid)
    assert asked(bench, fd, f.F_WRLCK, 0, 10).type == f.F_UNLCK


def test_readers_share_and_a_writer_waits(bench: CallBench, fd: int, child: Process) -> None:
    lock(bench, fd, f.F_RDLCK)
    parent = as_child(bench, child)
    assert lock(bench, fd, f.F_RDLCK) == 0
    wait = lock(bench, fd, f.F_WRLCK, cmd=f.F_SETLKW)
    assert isinstance(wait, Park)
    bench.kernel.scheduler.park(child, wait)
    bench.process = parent
    assert lock(bench, fd, f.F_WRLCK, cmd=f.F_SETLKW) == "EDEADLK"
    bench.kernel.scheduler.wake(child)  # as a signal does: its wait is over
    assert bench.kernel.scheduler.next() is child
    assert isinstance(lock(bench, fd, f.F_WRLCK, cmd=f.F_SETLKW), Park)
    bench.process.memory.clear()
    bench.kernel.scheduler.park(child, wait)
    assert lock(bench, fd, f.F_UNLCK) == 0
    assert bench.kernel.scheduler.next() is child


def test_unlocking_the_middle_leaves_the_rest(bench: CallBench, fd: int, child: Process) -> None:
    lock(bench, fd, f.F_WRLCK, 0, 30)
    lock(bench, fd, f.F_UNLCK, 10, 10)
    as_child(bench, child)
    assert lock(bench, fd, f.F_WRLCK, 10, 10) == 0
    assert lock(bench, fd, f.F_WRLCK, 9, 1) == "EAGAIN"
    assert lock(bench, fd, f.F_WRLCK, 20, 1) == "EAGAIN"
    assert lock(bench, fd, f.F_WRLCK, 30) == 0


def test_closing_any_descriptor_and_exiting_free_the_locks(
    bench: CallBench, fd: int, child: Process
) -> None:
    other = bench.result("open", bench.path("file"), f.O_RDONLY, 0)
    lock(bench, fd, f.F_WRLCK)
    bench.call("close", other)
    parent = as_child(bench, child)
    assert lock(bench, fd, f.F_WRLCK) == 0
    bench.process = parent
    assert lock(bench, fd, f.F_WRLCK) == "EAGAIN"
    bench.kernel.exit(child, 0)
    assert lock(bench, fd, f.F_WRLCK) == 0
    assert bench.call("dup2", bench.result("dup", fd), fd) == fd
    assert not bench.kernel.locks


def test_where_a_lock_begins(bench: CallBench, fd: int, child: Process) -> None:
    bench.call("lseek", fd, 4, f.SEEK_SET)
    for whence, start, length in ((f.SEEK_CUR, 1, 1), (f.SEEK_END, -5, 1), (f.SEEK_SET, 6, -1)):
        raw = Flock(start, length, 0, f.F_WRLCK, whence).pack()
        assert bench.call("fcntl", fd, f.F_SETLK, bench.put(raw)) == 0
        parent = as_child(bench, child)
        found = asked(bench, fd, f.F_RDLCK, 0, 0)
        assert (found.start, found.len) == (5, 1)
        bench.process = parent
        lock(bench, fd, f.F_UNLCK)


@pytest.mark.parametrize("cmd", [f.F_GETLK, f.F_SETLK, f.F_SETLKW])
def test_bad_locks(bench: CallBench, fd: int, cmd: int) -> None:
    def refused(start: int, length: int, kind: int, whence: int) -> object:
        raw = Flock(start, length, 0, kind, whence).pack()
        return bench.call("fcntl", fd, cmd, bench.put(raw))

    assert bench.call("fcntl", fd, cmd, NOWHERE) == "EFAULT"
    assert refused(0, 0, 9, f.SEEK_SET) == "EINVAL"
    assert refused(0, 0, f.F_RDLCK, 9) == "EINVAL"
    assert refused(-1, 0, f.F_RDLCK, f.SEEK_SET) == "EINVAL"
    assert refused(1 << 62, 1 << 62, f.F_RDLCK, f.SEEK_SET) == 0
    assert refused(1 << 62, (1 << 62) + 1, f.F_RDLCK, f.SEEK_SET) == "EOVERFLOW"
    pipe = bench.call("pipe")
    assert isinstance(pipe, tuple)
    raw = bench.put(Flock(0, 0, 0, f.F_RDLCK, 0).pack())
    assert bench.call("fcntl", pipe[0], cmd, raw) == "EBADF"


def test_getlk_needs_memory_that_can_be_written(bench: CallBench, fd: int) -> None:
    # READ_ONLY holds zeroes, which are no kind of lock.
    assert bench.call("fcntl", fd, f.F_GETLK, READ_ONLY) == "EINVAL"


def test_a_lock_needs_the_access_that_it_guards(bench: CallBench, fd: int) -> None:
    assert fd == 0
    reads = bench.result("open", bench.path("file"), f.O_RDONLY, 0)
    writes = bench.result("open", bench.path("file"), f.O_WRONLY, 0)
    assert lock(bench, reads, f.F_WRLCK) == "EBADF"
    assert lock(bench, writes, f.F_RDLCK) == "EBADF"
    assert lock(bench, writes, f.F_WRLCK) == 0


# ---- file systems, owners, limits ----


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("statfs64", ("PATH", NOWHERE), "EFAULT"),
        ("statfs64", ("PATH", READ_ONLY), "EFAULT"),
        ("statfs64", (NOWHERE, 0), "EFAULT"),
        ("statfs64", ("MISSING", 0), "ENOENT"),
        ("fstatfs64", (99, 0), "EBADF"),
        ("fstatfs64", (0, NOWHERE), "EFAULT"),
        ("fstatfs64", (0, READ_ONLY), "EFAULT"),
        ("getfsstat64", (0, 0, 0), 1),
        ("getfsstat64", (NOWHERE, 1, 0), 0),
        ("getfsstat64", (NOWHERE, 4096, 0), "EFAULT"),
        ("chown", ("PATH", -1, 20), 0),
        ("chown", ("PATH", 0, -1), "EPERM"),
        ("chown", ("MISSING", -1, -1), "ENOENT"),
        ("chown", (NOWHERE, -1, -1), "EFAULT"),
        ("lchown", ("PATH", 501, -1), 0),
        ("lchown", (NOWHERE, 501, -1), "EFAULT"),
        ("fchown", (0, 0, 0), "EPERM"),
        ("fchown", (0, 501, 20), 0),
        ("fchown", (99, 501, 20), "EBADF"),
        ("pathconf", ("PATH", 4), 255),
        ("pathconf", ("PATH", 99), "EINVAL"),
        ("pathconf", ("MISSING", 4), "ENOENT"),
        ("pathconf", (NOWHERE, 4), "EFAULT"),
        ("fpathconf", (0, 6), 512),
        ("fpathconf", (99, 6), "EBADF"),
        ("fpathconf", (0, 0), "EINVAL"),
        ("getdtablesize", (), 256),
        ("sync", (), 0),
        ("mknod", ("MISSING", 0, 0), "EPERM"),
        ("mknod", (NOWHERE, 0, 0), "EFAULT"),
        ("chroot", ("PATH",), "EPERM"),
        ("chroot", (NOWHERE,), "EFAULT"),
        ("fcntl", (0, f.F_GETOWN, 0), 0),
        ("fcntl", (0, f.F_SETOWN, 100), 0),
        ("fcntl", (0, f.F_BARRIERFSYNC, 0), 0),
    ],
)
def test_outcomes(
    bench: CallBench, fd: int, name: str, arguments: tuple[int | str, ...], outcome: int | str
) -> None:
    assert fd == 0
    paths = {"PATH": "file", "MISSING": "missing"}
    real = [bench.path(paths[a]) if isinstance(a, str) else a for a in arguments]
    assert bench.call(name, *real) == outcome


def test_statfs_tells_of_one_volume(bench: CallBench, fd: int) -> None:
    assert bench.call("fstatfs64", fd, bench.buffer) == 0
    found = Statfs64.unpack(bench.get(bench.buffer, Statfs64.SIZE))
    assert found.blocks >= found.bfree > 0
    assert found.fstypename.rstrip(b"\0") == b"apfs"
    assert found.mntonname.rstrip(b"\0") == b"/"
    assert bench.call("getfsstat64", bench.buffer, 4096, 0) == 1
