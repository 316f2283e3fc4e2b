"""The calls on files from before 64-bit inode numbers, and those on the file system."""

import struct
import sys
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.oldfiles import Stat, Statfs
from emu.darwin.structs import Fstore, Radvisory, Stat64, Statfs64
from tests.callbench import NOWHERE, READ_ONLY, CallBench

AT = f.AT_FDCWD


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"0123456789")
    (tmp_path / "dir").mkdir()
    for name in ("one", "two", "a-long-name"):
        (tmp_path / "dir" / name).write_bytes(b"")
    return tmp_path


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("old", "new", "arguments"),
    [
        ("stat", "stat64", ("path", "buf")),
        ("lstat", "lstat64", ("path", "buf")),
        ("fstat", "fstat64", ("fd", "buf")),
        ("fstatat", "fstatat64", (AT, "path", "buf", 0)),
        ("fstatat", "fstatat64", ("fd", "path", "buf", f.AT_FDONLY)),
    ],
)
def test_they_tell_what_the_new_ones_tell(
    bench: CallBench, old: str, new: str, arguments: tuple[int | str, ...]
) -> None:
    at = {"path": bench.path("file"), "buf": bench.buffer}
    at["fd"] = bench.result("open", at["path"], 0, 0)
    real = [at[a] if isinstance(a, str) else a for a in arguments]
    assert bench.call(new, *real) == 0
    expected = Stat64.unpack(bench.get(bench.buffer, Stat64.SIZE))
    assert bench.call(old, *real) == 0
    known = Stat.unpack(bench.get(bench.buffer, Stat.SIZE))
    assert known.ino == expected.ino & 0xFFFFFFFF
    for name in ("mode", "nlink", "uid", "size", "mtime", "mtime_nsec", "blocks", "blksize"):
        assert getattr(known, name) == getattr(expected, name)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("stat", ("missing", "buf"), "ENOENT"),
        ("stat", ("file/x", "buf"), "ENOTDIR"),
        ("lstat", ("missing", "buf"), "ENOENT"),
        ("fstat", (99, "buf"), "EBADF"),
        ("fstatat", (99, "file", "buf", 0), "EBADF"),
        ("fstatat", (AT, "file", "buf", 0x4000), "EINVAL"),
        ("statfs", ("missing", "buf"), "ENOENT"),
        ("fstatfs", (99, "buf"), "EBADF"),
        ("getdirentries", (99, "buf", 100, "buf"), "EBADF"),
        ("clonefileat", (AT, "file", AT, "new", 0), "ENOTSUP"),
        ("clonefileat", (AT, "file", AT, "dir", 0), "EEXIST"),
        ("clonefileat", (AT, "missing", AT, "new", 0), "ENOENT"),
        ("clonefileat", (AT, "file", AT, "new", 16), "EINVAL"),
        ("clonefileat", (99, "file", AT, "new", 0), "EBADF"),
        ("fclonefileat", (99, AT, "new", 0), "EBADF"),
        ("open_dprotected_np", ("missing", 0, 1, 0, 0), "ENOENT"),
        ("open_dprotected_np", ("file", f.O_ACCMODE, 1, 0, 0), "EINVAL"),
        ("openat_dprotected_np", (99, "file", 0, 1, 0, 0, 0), "EBADF"),
        ("fchownat", (AT, "missing", 501, 20, 0), "ENOENT"),
        ("fchownat", (AT, "file", 0, 20, 0), "EPERM"),
        ("fchownat", (AT, "file", 501, 0, 0), "EPERM"),
        ("fchownat", (AT, "file", 501, 20, 0x4000), "EINVAL"),
        ("fchownat", (99, "file", 501, 20, 0), "EBADF"),
        ("fchownat", (AT, "file", 501, 20, 0), 0),
    ],
)
def test_outcomes(
    bench: CallBench, name: str, arguments: tuple[int | str, ...], outcome: int | str
) -> None:
    real = [
        bench.buffer if a == "buf" else bench.path(a) if isinstance(a, str) else a
        for a in arguments
    ]
    assert bench.call(name, *real) == outcome


@pytest.mark.usefixtures("site")
def test_entries_of_a_directory(bench: CallBench) -> None:
    fd = bench.result("open", bench.path("dir"), 0, 0)
    base = bench.put(bytes(8))
    names: list[tuple[bytes, int]] = []
    positions: list[int] = []
    while count := bench.result("getdirentries", fd, bench.buffer, 40, base):
        assert count <= 40
        raw, at = bench.get(bench.buffer, count), 0
        while at < count:
            _, length, kind, size = struct.unpack_from("<IHBB", raw, at)
            assert length % 4 == 0
            names.append((raw[at + 8 : at + 8 + size], kind))
            at += length
        positions += struct.unpack("<q", bench.get(base, 8))
    assert sorted(n for n, _ in names) == [b".", b"..", b"a-long-name", b"one", b"two"]
    assert {k for n, k in names if n[:1] != b"."} == {f.DT_REG}
    assert positions == sorted(positions)
    bench.call("lseek", fd, 0, 0)
    assert bench.call("getdirentries", fd, bench.buffer, 4, base) == "EINVAL"
    file = bench.result("open", bench.path("file"), 0, 0)
    assert bench.call("getdirentries", file, bench.buffer, 400, base) == "EINVAL"


@pytest.mark.usefixtures("site")
def test_the_file_system_is_the_same_by_old_and_new_calls(bench: CallBench) -> None:
    path = bench.path("file")
    fd = bench.result("open", path, 0, 0)
    assert bench.call("statfs64", path, bench.buffer) == 0
    new = Statfs64.unpack(bench.get(bench.buffer, Statfs64.SIZE))
    assert bench.call("statfs", path, bench.buffer) == 0
    by_path = bench.get(bench.buffer, Statfs.SIZE)
    old = Statfs.unpack(by_path)
    assert (old.bsize, old.blocks, old.type) == (new.bsize, new.blocks, new.type)
    assert old.fstypename.rstrip(b"\0") == b"apfs"
    assert bench.call("fstatfs", fd, bench.buffer) == 0
    assert bench.get(bench.buffer, 16) == by_path[:16]
    assert bench.call("getfsstat", 0, 0, 0) == 1
    assert bench.call("getfsstat", bench.buffer, Statfs.SIZE, 0) == 1
    assert bench.call("getfsstat", bench.buffer, Statfs.SIZE - 1, 0) == 0


@pytest.mark.usefixtures("site")
@pytest.mark.skipif(sys.platform == "win32", reason="no modes there")
def test_an_open_directory_has_a_mode_and_times(bench: CallBench, site: Path) -> None:
    fd = bench.result("open", bench.path("dir"), 0, 0)
    assert bench.call("fchmod", fd, 0o750) == 0
    assert (site / "dir").stat().st_mode & 0o777 == 0o750
    times = bench.put(struct.pack("<qi4xqi4x", 5, 0, 7, 0))
    assert bench.call("futimes", fd, times) == 0
    assert (site / "dir").stat().st_mtime == 7
    assert bench.call("fchown", fd, 501, 20) == 0


@pytest.mark.usefixtures("site")
def test_opening_with_a_class_of_protection_is_opening(bench: CallBench, site: Path) -> None:
    made = f.O_RDWR | f.O_CREAT
    one = bench.result("open_dprotected_np", bench.path("made"), made, 3, 0, 0o640)
    two = bench.result("openat_dprotected_np", AT, bench.path("made"), f.O_RDONLY, 3, 0, 0, 0)
    assert bench.call("write", one, bench.put(b"abc"), 3) == 3
    assert bench.call("read", two, bench.buffer, 9) == 3
    assert (site / "made").read_bytes() == b"abc"
    ends = bench.call("pipe")
    assert isinstance(ends, tuple)
    assert bench.call("fclonefileat", ends[0], AT, bench.path("new"), 0) == "EINVAL"
    assert bench.call("fclonefileat", one, AT, bench.path("new"), 0) == "ENOTSUP"


@pytest.mark.usefixtures("site")
def test_advice_is_checked(bench: CallBench) -> None:
    writer = bench.result("open", bench.path("file"), f.O_RDWR, 0)
    reader = bench.result("open", bench.path("file"), f.O_RDONLY, 0)
    ends = bench.call("pipe")
    assert isinstance(ends, tuple)

    def preallocate(fd: int, mode: int = f.F_PEOFPOSMODE, offset: int = 0, size: int = 9) -> object:
        at = bench.put(Fstore(4, mode, offset, size, 0).pack())
        outcome = bench.call("fcntl", fd, f.F_PREALLOCATE, at)
        if outcome == 0:
            return Fstore.unpack(bench.get(at, Fstore.SIZE)).bytesalloc
        return outcome

    assert preallocate(writer) == 9
    assert preallocate(writer, f.F_VOLPOSMODE, 5) == 9
    assert preallocate(writer, f.F_VOLPOSMODE) == "EINVAL"
    assert preallocate(writer, offset=1) == "EINVAL"
    assert preallocate(writer, 9) == "EINVAL"
    assert preallocate(writer, size=-1) == "EINVAL"
    assert preallocate(reader) == "EBADF"
    assert preallocate(ends[1]) == "EBADF"
    for command in (f.F_PREALLOCATE, f.F_RDADVISE):
        assert bench.call("fcntl", writer, command, NOWHERE) == "EFAULT"
    assert bench.call("fcntl", writer, f.F_PREALLOCATE, READ_ONLY) in {"EINVAL", "EFAULT"}
    advice = bench.put(Radvisory(0, 10).pack())
    assert bench.call("fcntl", reader, f.F_RDADVISE, advice) == 0
    assert bench.call("fcntl", ends[0], f.F_RDADVISE, advice) == "EBADF"
    assert bench.call("fcntl", reader, f.F_RDADVISE, bench.put(Radvisory(-1, 1).pack())) == "EINVAL"
