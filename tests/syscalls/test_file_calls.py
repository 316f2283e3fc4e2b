"""Calls on files and names: results, Darwin's errors, bad pointers, and how they wait."""

import os
import struct
import sys
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.structs import Stat64
from emu.image import PAGE_SIZE
from emu.kernel.files import OpenFile
from emu.kernel.process import Park
from tests.callbench import NOWHERE, READ_ONLY, CallBench

CREATE = f.O_RDWR | f.O_CREAT | f.O_TRUNC
AT = f.AT_FDCWD


@pytest.fixture(autouse=True)
def site(tmp_path: Path) -> Path:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "index.html").write_bytes(b"0123456789")
    (tmp_path / "link").symlink_to("www/index.html")
    return tmp_path


def opened(bench: CallBench, path: str, flags: int = f.O_RDONLY) -> int:
    return bench.result("open", bench.path(path), flags, 0o644)


# What cannot be written down before the bench exists.
PATH, MISSING, EMPTY, LONG, LINK, DIR, FD, DIRFD, BUF, WRONLY, IOV = (
    *("PATH", "MISSING", "EMPTY", "LONG", "LINK", "DIR", "FD", "DIRFD", "BUF", "WRONLY", "IOV"),
)


def real(bench: CallBench, argument: int | str) -> int:
    """Turn a name of the tables below into an argument."""
    paths = {PATH: "www/index.html", MISSING: "missing", EMPTY: "", LONG: "x" * 2000}
    paths |= {LINK: "link", DIR: "www"}
    if isinstance(argument, int):
        return argument
    if argument in paths:
        return bench.path(paths[argument])
    if argument == IOV:
        return bench.put(struct.pack("<4Q", bench.buffer, 3, bench.buffer + 100, 4))
    if argument == BUF:
        return bench.buffer
    kinds = {FD: ("www/index.html", f.O_RDONLY), DIRFD: ("www", f.O_RDONLY)}
    path, flags = kinds.get(argument, ("www/index.html", f.O_WRONLY))
    return opened(bench, path, flags)


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("open", (PATH, f.O_RDONLY, 0), 0),
        ("open", (MISSING, f.O_RDONLY, 0), "ENOENT"),
        ("open", (EMPTY, f.O_RDONLY, 0), "ENOENT"),
        ("open", (LONG, f.O_RDONLY, 0), "ENAMETOOLONG"),
        ("open", (NOWHERE, f.O_RDONLY, 0), "EFAULT"),
        ("open", (LINK, f.O_NOFOLLOW, 0), "ELOOP"),
        ("open", (LINK, f.O_NOFOLLOW_ANY, 0), "ELOOP"),
        ("open", (PATH, f.O_ACCMODE, 0), "EINVAL"),
        ("open", (DIR, f.O_RDWR, 0), "EISDIR"),
        ("open", (PATH, f.O_DIRECTORY, 0), "ENOTDIR"),
        ("open", (PATH, f.O_CREAT | f.O_EXCL, 0o644), "EEXIST"),
        ("openat", (AT, PATH, f.O_RDONLY, 0), 0),
        ("openat", (99, PATH, f.O_RDONLY, 0), "EBADF"),
        ("openat", (FD, PATH, f.O_RDONLY, 0), "ENOTDIR"),
        ("close", (99,), "EBADF"),
        ("close", (-1,), "EBADF"),
        ("dup", (99,), "EBADF"),
        ("dup2", (FD, 256), "EBADF"),
        ("dup2", (FD, -1), "EBADF"),
        ("dup2", (99, 1), "EBADF"),
        ("read", (FD, BUF, 4), 4),
        ("read", (FD, BUF, 0), 0),
        ("read", (FD, BUF, 100), 10),
        ("read", (99, BUF, 4), "EBADF"),
        ("read", (WRONLY, BUF, 4), "EBADF"),
        ("read", (DIRFD, BUF, 4), "EISDIR"),
        ("read", (FD, NOWHERE, 4), "EFAULT"),
        ("read", (FD, READ_ONLY, 4), "EFAULT"),
        ("read", (FD, BUF, 1 << 31), "EINVAL"),
        ("read", (FD, BUF, 1 << 30), 10),
        ("readv", (FD, IOV, 2), 7),
        ("readv", (FD, IOV, 0), "EINVAL"),
        ("readv", (FD, IOV, 1025), "EINVAL"),
        ("readv", (FD, NOWHERE, 1), "EFAULT"),
        ("readv", (99, IOV, 1), "EBADF"),
        ("pread", (FD, BUF, 4, 8), 2),
        ("pread", (FD, BUF, 4, -1), "EINVAL"),
        ("pread", (FD, NOWHERE, 4, 0), "EFAULT"),
        ("pread", (DIRFD, BUF, 4, 0), "EISDIR"),
        ("preadv", (FD, IOV, 2, 5), 5),
        ("write", (WRONLY, BUF, 4), 4),
        ("write", (FD, BUF, 4), "EBADF"),
        ("write", (99, BUF, 4), "EBADF"),
        ("write", (WRONLY, NOWHERE, 4), "EFAULT"),
        ("write", (WRONLY, BUF, 1 << 31), "EINVAL"),
        ("write", (WRONLY, NOWHERE, 0), 0),
        ("writev", (WRONLY, IOV, 2), 7),
        ("writev", (WRONLY, NOWHERE, 2), "EFAULT"),
        ("writev", (WRONLY, IOV, -1), "EINVAL"),
        ("pwrite", (WRONLY, BUF, 4, 20), 4),
        ("pwrite", (WRONLY, BUF, 4, -1), "EINVAL"),
        ("pwrite", (FD, BUF, 4, 0), "EBADF"),
        ("pwritev", (WRONLY, IOV, 2, 0), 7),
        ("lseek", (FD, 4, f.SEEK_SET), 4),
        ("lseek", (FD, -2, f.SEEK_END), 8),
        ("lseek", (FD, -1, f.SEEK_SET), "EINVAL"),
        ("lseek", (FD, 0, 9), "EINVAL"),
        ("lseek", (99, 0, f.SEEK_SET), "EBADF"),
        ("ftruncate", (WRONLY, 3), 0),
        ("ftruncate", (WRONLY, -3), "EINVAL"),
        ("ftruncate", (FD, 3), "EINVAL"),
        ("fsync", (FD,), 0),
        ("fsync", (99,), "EBADF"),
        ("stat64", (PATH, BUF), 0),
        ("stat64", (MISSING, BUF), "ENOENT"),
        ("stat64", (NOWHERE, BUF), "EFAULT"),
        ("stat64", (PATH, NOWHERE), "EFAULT"),
        ("stat64", (PATH, READ_ONLY), "EFAULT"),
        ("lstat64", (LINK, BUF), 0),
        ("fstat64", (FD, BUF), 0),
        ("fstat64", (99, BUF), "EBADF"),
        ("fstat64", (FD, NOWHERE), "EFAULT"),
        ("fstatat64", (AT, LINK, BUF, f.AT_SYMLINK_NOFOLLOW), 0),
        ("fstatat64", (AT, LINK, BUF, f.AT_SYMLINK_NOFOLLOW_ANY), "ELOOP"),
        ("fstatat64", (AT, LINK, BUF, 0x4000), "EINVAL"),
        ("fstatat64", (FD, LINK, BUF, 0), "ENOTDIR"),
        ("fstatat64", (99, LINK, BUF, 0), "EBADF"),
        ("getdirentries64", (FD, BUF, 1024, BUF), "EINVAL"),
        ("getdirentries64", (99, BUF, 1024, BUF), "EBADF"),
        ("getdirentries64", (DIRFD, NOWHERE, 1024, BUF), "EFAULT"),
        ("getdirentries64", (DIRFD, BUF, 8, BUF), "EINVAL"),
        ("fcntl", (99, f.F_GETFD, 0), "EBADF"),
        ("fcntl", (FD, f.F_GETFL, 0), 0),
        ("fcntl", (WRONLY, f.F_GETFL, 0), f.O_WRONLY),
        ("fcntl", (FD, f.F_DUPFD, -1), "EINVAL"),
        ("fcntl", (FD, f.F_DUPFD, 256), "EINVAL"),
        ("fcntl", (FD, f.F_DUPFD, 100), 100),
        ("fcntl", (FD, f.F_GETPATH, NOWHERE), "EFAULT"),
        ("fcntl", (FD, f.F_NOCACHE, 1), 0),
        ("unlink", (PATH,), 0),
        ("unlink", (DIR,), "EPERM"),
        ("unlink", (MISSING,), "ENOENT"),
        ("unlink", (NOWHERE,), "EFAULT"),
        ("unlinkat", (AT, DIR, f.AT_REMOVEDIR), "ENOTEMPTY"),
        ("unlinkat", (AT, PATH, 0x4000), "EINVAL"),
        ("unlinkat", (AT, PATH, 0), 0),
        ("rename", (PATH, MISSING), 0),
        ("rename", (MISSING, PATH), "ENOENT"),
        ("rename", (PATH, NOWHERE), "EFAULT"),
        ("rename", (NOWHERE, PATH), "EFAULT"),
        ("renameat", (99, PATH, AT, MISSING), "EBADF"),
        ("renameatx_np", (AT, PATH, AT, LINK, f.RENAME_EXCL), "EEXIST"),
        ("renameatx_np", (AT, PATH, AT, LINK, 6), "EINVAL"),
        ("renameatx_np", (AT, PATH, AT, MISSING, f.RENAME_EXCL), 0),
    ],
)
def test_outcomes(
    bench: CallBench, name: str, arguments: tuple[int | str, ...], outcome: int | str
) -> None:
    assert bench.call(name, *[real(bench, argument) for argument in arguments]) == outcome


def test_opening_takes_the_lowest_free_descriptor(bench: CallBench) -> None:
    assert [opened(bench, "www/index.html") for _ in range(3)] == [0, 1, 2]
    assert bench.call("close", 1) == 0
    assert opened(bench, "www") == 1
    assert bench.call("dup", 2) == 3


def test_running_out_of_descriptors_makes_nothing(bench: CallBench, site: Path) -> None:
    for _ in range(256):
        opened(bench, "www/index.html")
    assert bench.call("open", bench.path("new"), CREATE, 0o644) == "EMFILE"
    assert bench.call("dup", 0) == "EMFILE"
    assert not (site / "new").exists()


def test_new_files_have_the_mode_without_the_umask(bench: CallBench, site: Path) -> None:
    bench.process.umask = 0o077
    bench.result("open", bench.path("new"), CREATE, 0o666)
    assert (site / "new").stat().st_mode & 0o777 == 0o600


def test_stat_is_laid_out_as_darwin_has_it(bench: CallBench, site: Path) -> None:
    bench.result("stat64", bench.path("link"), bench.buffer)
    known = Stat64.unpack(bench.get(bench.buffer, Stat64.SIZE))
    host = (site / "www" / "index.html").stat()
    assert (known.size, known.ino, known.mode) == (10, host.st_ino, host.st_mode)
    assert known.mtime * 10**9 + known.mtime_nsec == host.st_mtime_ns
    bench.result("lstat64", bench.path("link"), bench.buffer)
    known = Stat64.unpack(bench.get(bench.buffer, Stat64.SIZE))
    assert known.mode & f.S_IFMT == f.S_IFLNK


def entries(data: bytes) -> dict[bytes, tuple[int, int]]:
    """Take a buffer of getdirentries64 apart: name → (inode, type)."""
    found = {}
    while data:
        ino, _, reclen, namlen, kind = struct.unpack_from("<QQHHB", data)
        assert reclen % 8 == 0
        assert data[21 + namlen] == 0
        found[data[21 : 21 + namlen]] = (ino, kind)
        data = data[reclen:]
    return found


def test_entries_are_read_in_parts_and_the_end_is_told(bench: CallBench, site: Path) -> None:
    for i in range(40):
        (site / "www" / f"file{i:03}").touch()
    fd = opened(bench, "www")
    position = bench.put(bytes(8))
    found: dict[bytes, tuple[int, int]] = {}
    while count := bench.result("getdirentries64", fd, bench.buffer, 1024, position):
        assert count <= 1020
        found |= entries(bench.get(bench.buffer, count))
        ended = struct.unpack("<I", bench.get(bench.buffer + 1020, 4))[0]
    assert ended == f.GETDIRENTRIES64_EOF
    assert len(found) == 43
    assert found[b"index.html"] == ((site / "www" / "index.html").stat().st_ino, f.DT_REG)
    assert found[b"."][1] == found[b".."][1] == f.DT_DIR
    assert struct.unpack("<q", bench.get(position, 8)) == (43,)
    assert bench.call("lseek", fd, 0, f.SEEK_SET) == 0
    small = bench.result("getdirentries64", fd, bench.buffer, 100, position)
    assert list(entries(bench.get(bench.buffer, small)))[:2] == [b".", b".."]


def test_fcntl_on_descriptors_and_files(bench: CallBench) -> None:
    fd = opened(bench, "www/index.html", f.O_RDWR | f.O_APPEND | f.O_CLOEXEC)
    assert bench.call("fcntl", fd, f.F_GETFD) == f.FD_CLOEXEC
    assert bench.call("fcntl", fd, f.F_SETFD, 0) == 0
    assert bench.call("fcntl", fd, f.F_GETFD) == 0
    assert bench.call("fcntl", fd, f.F_GETFL) == f.O_RDWR | f.O_APPEND
    other = bench.result("fcntl", fd, f.F_DUPFD_CLOEXEC, 10)
    assert (other, bench.call("fcntl", other, f.F_GETFD)) == (10, f.FD_CLOEXEC)
    assert bench.call("fcntl", other, f.F_SETFL, f.O_NONBLOCK) == 0
    assert bench.call("fcntl", fd, f.F_GETFL) == f.O_RDWR | f.O_NONBLOCK
    assert bench.call("write", fd, bench.put(b"ab"), 2) == 2
    assert bench.call("pread", fd, bench.buffer, 4, 0) == 4
    assert bench.get(bench.buffer, 4) == b"ab23"
    assert bench.call("fcntl", fd, f.F_GETPATH, bench.buffer) == 0
    assert bench.get(bench.buffer, 16) == b"/www/index.html\0"
    assert bench.call("fcntl", fd, f.F_SETNOSIGPIPE, 1) == 0
    assert bench.call("fcntl", fd, f.F_GETNOSIGPIPE) == 1


def test_forked_descriptors_share_their_position(bench: CallBench) -> None:
    fd = opened(bench, "www/index.html")
    other = bench.result("dup", fd)
    assert bench.call("read", fd, bench.buffer, 4) == 4
    assert bench.call("read", other, bench.buffer, 4) == 4
    assert bench.get(bench.buffer, 4) == b"4567"
    assert bench.call("dup2", fd, 77) == 77
    assert bench.call("close", fd) == 0
    assert bench.call("lseek", 77, 0, f.SEEK_CUR) == 8


def test_a_buffer_over_the_end_of_its_region_takes_what_fits(bench: CallBench) -> None:
    fd = opened(bench, "www/index.html")
    end = bench.buffer + 16 * PAGE_SIZE
    assert bench.call("read", fd, end - 4, 100) == 4
    assert bench.get(end - 4, 4) == b"0123"
    assert bench.call("write", opened(bench, "new", CREATE), end - 4, 100) == "EFAULT"


def test_a_fifo_parks_its_opener_and_its_readers(bench: CallBench, site: Path) -> None:
    mkfifo = getattr(os, "mkfifo", None)
    if mkfifo is None:
        pytest.skip("no FIFOs here")
    mkfifo(site / "fifo")
    waiting = bench.call("open", bench.path("fifo"), f.O_WRONLY, 0)
    assert isinstance(waiting, Park)
    assert waiting.deadline
    assert bench.call("open", bench.path("fifo"), f.O_WRONLY | f.O_NONBLOCK, 0) == "ENXIO"
    reader = opened(bench, "fifo")
    writer = opened(bench, "fifo", f.O_WRONLY)
    waiting = bench.call("read", reader, bench.buffer, 4)
    assert isinstance(waiting, Park)
    assert waiting.reads == (bench.process.files.get(reader).handle,)
    assert bench.call("write", writer, bench.put(b"abc"), 3) == 3
    assert bench.call("read", reader, bench.buffer, 4) == 3
    bench.call("fcntl", reader, f.F_SETFL, f.O_NONBLOCK)
    assert bench.call("read", reader, bench.buffer, 4) == "EAGAIN"
    bench.call("close", writer)
    assert bench.call("read", reader, bench.buffer, 4) == 0


def test_a_blocking_write_goes_on_where_it_stopped(bench: CallBench) -> None:
    class Slow:
        """Takes three bytes, then wants to be waited for."""

        channel = None

        def __init__(self) -> None:
            self.taken = b""
            self.ready = True

        def write(self, data: memoryview) -> int:
            return self.writev([data])

        def writev(self, pieces: list[memoryview]) -> int:
            if not self.ready:
                self.ready = True
                raise BlockingIOError
            self.ready = False
            self.taken += bytes(pieces[0][:3])
            return min(3, len(pieces[0]))

        def close(self) -> None:
            pass

    slow = Slow()
    fd = bench.process.files.add(OpenFile(slow, "fifo", f.O_WRONLY))
    text = bench.put(b"abcdefgh")
    parks = 0
    while isinstance(outcome := bench.call("write", fd, text, 8), Park):
        parks += 1
        assert outcome.writes == (slow,)
        assert bench.process.memory["done"] == 3 * parks
    assert (outcome, parks, slow.taken) == (8, 2, b"abcdefgh")
    bench.call("fcntl", fd, f.F_SETFL, f.O_NONBLOCK)
    slow.ready = True
    assert bench.call("write", fd, text, 8) == 3
    assert bench.call("write", fd, text, 8) == "EAGAIN"


def test_devices_and_the_root(bench: CallBench) -> None:
    null = opened(bench, "/dev/null", f.O_RDWR)
    assert bench.call("write", null, bench.put(b"abc"), 3) == 3
    assert bench.call("read", null, bench.buffer, 3) == 0
    assert bench.call("open", bench.path("../../../../etc/passwd"), 0, 0) == "ENOENT"
    assert bench.call("open", bench.path("/dev/tty"), 0, 0) == "ENOENT"


# ---- sendfile, attributes ----


def connected(bench: CallBench) -> tuple[int, int]:
    at = bench.put(bytes(8))
    assert bench.call("socketpair", f.AF_UNIX, f.SOCK_STREAM, 0, at) == 0
    one, other = struct.unpack("<2i", bench.get(at, 8))
    return one, other


@pytest.mark.skipif(sys.platform == "win32", reason="socket pairs are of AF_INET there")
@pytest.mark.parametrize(
    ("offset", "count", "around", "sent"),
    [
        (0, 0, False, b"0123456789"),
        (4, 3, False, b"456"),
        (8, 99, False, b"89"),
        (99, 0, False, b""),
        (2, 0, True, b"<<23456789>>"),
        (2, 5, True, b"<<234>>"),
        (0, 1, True, b"<>>"),
    ],
)
def test_sendfile(bench: CallBench, offset: int, count: int, *, around: bool, sent: bytes) -> None:
    one, other = connected(bench)
    fd = opened(bench, "www/index.html")
    length = bench.put(struct.pack("<q", count))
    hdtr = 0
    if around:
        vectors = [bench.put(struct.pack("<2Q", bench.put(t), 2)) for t in (b"<<", b">>")]
        hdtr = bench.put(struct.pack("<Qi4xQi4x", vectors[0], 1, vectors[1], 1))
    assert bench.call("sendfile", fd, one, offset, length, hdtr, 0) == 0
    assert bench.get(length, 8) == struct.pack("<q", len(sent))
    bench.call("close", one)
    assert bench.call("read", other, bench.buffer, 99) == len(sent)
    assert bench.get(bench.buffer, len(sent)) == sent


def test_sendfile_refuses(bench: CallBench) -> None:
    one, _ = connected(bench)
    fd, zero = opened(bench, "www/index.html"), bench.put(bytes(8))
    lonely = bench.result("socket", f.AF_INET, f.SOCK_STREAM, 0)
    dgram = bench.result("socket", f.AF_INET, f.SOCK_DGRAM, 0)
    assert bench.call("sendfile", 99, one, 0, zero, 0, 0) == "EBADF"
    assert bench.call("sendfile", fd, 99, 0, zero, 0, 0) == "EBADF"
    assert bench.call("sendfile", one, one, 0, zero, 0, 0) == "ENOTSUP"
    assert bench.call("sendfile", fd, fd, 0, zero, 0, 0) == "ENOTSOCK"
    assert bench.call("sendfile", fd, dgram, 0, zero, 0, 0) == "EINVAL"
    assert bench.call("sendfile", fd, one, -1, zero, 0, 0) == "EINVAL"
    assert bench.call("sendfile", fd, one, 0, zero, 0, 1) == "EINVAL"
    assert bench.call("sendfile", fd, one, 0, bench.put(b"\xff" * 8), 0, 0) == "EINVAL"
    assert bench.call("sendfile", fd, lonely, 0, zero, 0, 0) == "ENOTCONN"


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("chflags", (PATH, 0), 0),
        ("chflags", (PATH, 2), "ENOTSUP"),
        ("chflags", (MISSING, 0), "ENOENT"),
        ("fchflags", (FD, 0), 0),
        ("fchflags", (FD, 2), "ENOTSUP"),
        ("fchflags", (99, 0), "EBADF"),
        ("getxattr", (PATH, PATH, 0, 0, 0, 0), "ENOATTR"),
        ("getxattr", (MISSING, PATH, 0, 0, 0, 0), "ENOENT"),
        ("fgetxattr", (FD, PATH, 0, 0, 0, 0), "ENOATTR"),
        ("fgetxattr", (99, PATH, 0, 0, 0, 0), "EBADF"),
        ("setxattr", (PATH, PATH, 0, 0, 0, 0), "ENOTSUP"),
        ("fsetxattr", (FD, PATH, 0, 0, 0, 0), "ENOTSUP"),
        ("removexattr", (PATH, PATH, 0), "ENOATTR"),
        ("fremovexattr", (FD, PATH, 0), "ENOATTR"),
        ("listxattr", (PATH, 0, 0, 0), 0),
        ("flistxattr", (FD, 0, 0, 0), 0),
        ("flistxattr", (99, 0, 0, 0), "EBADF"),
        ("fdatasync", (FD,), 0),
        ("fdatasync", (99,), "EBADF"),
        ("mkfifoat", (AT, MISSING, 0o644), 0),
        ("mkfifoat", (AT, PATH, 0o644), "EEXIST"),
        ("mkfifoat", (99, MISSING, 0o644), "EBADF"),
    ],
)
def test_attributes_and_others(
    bench: CallBench, name: str, arguments: tuple[int | str, ...], outcome: int | str
) -> None:
    assert bench.call(name, *(real(bench, a) for a in arguments)) == outcome
