"""Opening, asking and changing files: what Darwin answers."""

from __future__ import annotations

import itertools
import os
import socket
import sys
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.host import FileHandle, Host
from emu.host.directory import Directory
from emu.host.filesystem import FileSystem
from tests.host.conftest import content, open_descriptors, outcome

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has none")


@pytest.mark.parametrize(
    ("path", "flags", "expected"),
    [
        (b"www/index.html", f.O_RDONLY, "ok"),
        (b"/www//./index.html", f.O_RDONLY, "ok"),
        (b"www", f.O_RDONLY, "ok"),
        (b"www/", f.O_DIRECTORY, "ok"),
        (b"/", f.O_RDONLY, "ok"),
        (b".", f.O_RDONLY, "ok"),
        (b"www/..", f.O_RDONLY, "ok"),
        (b"", f.O_RDONLY, "ENOENT"),
        (b"missing", f.O_RDONLY, "ENOENT"),
        (b"missing/x", f.O_RDONLY | f.O_CREAT, "ENOENT"),
        (b"www/index.html/", f.O_RDONLY, "ENOTDIR"),
        (b"www/index.html/.", f.O_RDONLY, "ENOTDIR"),
        (b"www/index.html/x", f.O_RDONLY, "ENOTDIR"),
        (b"www/index.html", f.O_DIRECTORY, "ENOTDIR"),
        (b"www", f.O_WRONLY, "EISDIR"),
        (b"www", f.O_RDWR, "EISDIR"),
        (b"new/", f.O_WRONLY | f.O_CREAT, "ENOENT"),
        (b"new", f.O_WRONLY | f.O_CREAT, "ok"),
        (b"www/index.html", f.O_WRONLY | f.O_CREAT | f.O_EXCL, "EEXIST"),
        (b"www", f.O_RDONLY | f.O_CREAT | f.O_EXCL, "EEXIST"),
        (b"x" * 255, f.O_RDONLY, "ENOENT"),
        (b"x" * 256, f.O_RDONLY, "ENAMETOOLONG"),
        (b"/".join([b"d"] * 511) + b"/", f.O_RDONLY, "ENOENT"),
        (b"/".join([b"d"] * 513), f.O_RDONLY, "ENAMETOOLONG"),
    ],
)
def test_open(files: FileSystem, path: bytes, flags: int, expected: str) -> None:
    assert outcome(files.open, files.root, path, flags, 0o644) == expected


def test_names_are_bytes(files: FileSystem, root: Path) -> None:
    name = "ü €".encode() + (b"\xff\x80" if sys.platform == "linux" else b"")
    handle = files.open(files.root, name, f.O_WRONLY | f.O_CREAT | f.O_EXCL, 0o600)
    handle.write(b"x")
    handle.close()
    assert name in os.listdir(os.fsencode(root))  # noqa: PTH208 - names as bytes
    assert files.stat(files.root, name).size == 1


def test_a_relative_path_begins_at_the_directory(files: FileSystem) -> None:
    at = files.open(files.root, b"www/sub", f.O_DIRECTORY)
    assert isinstance(at, Directory)
    assert content(files.open(at, b"../index.html", f.O_RDONLY)) == b"hello"
    assert content(files.open(at, b"/www/index.html", f.O_RDONLY)) == b"hello"
    at.close()


def test_create_truncate_append_exclusive(files: FileSystem, root: Path) -> None:
    handle = files.open(files.root, b"f", f.O_RDWR | f.O_CREAT, 0o640)
    assert isinstance(handle, FileHandle)
    assert handle.write(b"abcdef") == 6
    assert handle.seek(1, f.SEEK_SET) == 1
    buffer = memoryview(bytearray(3))
    assert handle.read_into(buffer) == 3
    assert bytes(buffer) == b"bcd"
    assert handle.pread_into(buffer, 4) == 2
    assert handle.available() == 2
    handle.truncate(2)
    assert handle.stat().size == 2
    handle.close()
    handle = files.open(files.root, b"f", f.O_WRONLY | f.O_APPEND)
    handle.writev([b"x", b"y"])
    handle.close()
    assert (root / "f").read_bytes() == b"abxy"
    files.open(files.root, b"f", f.O_WRONLY | f.O_TRUNC).close()
    assert (root / "f").read_bytes() == b""
    if sys.platform != "win32":
        assert (root / "f").stat().st_mode & 0o777 == 0o640


def test_reading_a_directory_and_seeking_in_nothing(files: FileSystem) -> None:
    at = files.open(files.root, b"www", f.O_RDONLY)
    assert outcome(at.read_into, memoryview(bytearray(1))) == "EISDIR"
    assert outcome(at.pread_into, memoryview(bytearray(1)), 0) == "EISDIR"
    assert outcome(at.write, b"x") == "EBADF"
    at.close()


def test_stat_tells_the_type_and_the_times(files: FileSystem, root: Path) -> None:
    os.utime(root / "www" / "index.html", ns=(1_000_000_007, 2_000_000_009))
    known = files.stat(files.root, b"www/index.html")
    assert known.mode & f.S_IFMT == f.S_IFREG
    assert (known.size, known.atime_ns, known.mtime_ns) == (5, 1_000_000_007, 2_000_000_009)
    assert files.stat(files.root, b"www").mode & f.S_IFMT == f.S_IFDIR
    (root / "link").symlink_to("www/index.html")
    assert files.stat(files.root, b"link", follow=False).mode & f.S_IFMT == f.S_IFLNK
    assert files.stat(files.root, b"link").ino == known.ino
    assert outcome(files.stat, files.root, b"link/", follow=False) == "ENOTDIR"


def test_names_are_removed_made_and_renamed(files: FileSystem, root: Path) -> None:
    at = files.root
    assert outcome(files.unlink, at, b"www/sub") == "EPERM"
    assert outcome(files.unlink, at, b"www/sub/") == "EPERM"
    assert outcome(files.unlink, at, b".") == "EPERM"
    assert outcome(files.unlink, at, b"www/index.html/") == "ENOTDIR"
    assert outcome(files.unlink, at, b"missing") == "ENOENT"
    assert outcome(files.rmdir, at, b"www") == "ENOTEMPTY"
    assert outcome(files.rmdir, at, b"www/index.html") == "ENOTDIR"
    assert outcome(files.rmdir, at, b"www/.") == "EINVAL"
    assert outcome(files.rmdir, at, b"/") == "EBUSY"
    assert outcome(files.mkdir, at, b"www", 0o755) == "EEXIST"
    assert outcome(files.mkdir, at, b"/", 0o755) == "EEXIST"
    assert outcome(files.mkdir, at, b"a/", 0o755) == "ok"
    assert outcome(files.rmdir, at, b"a/") == "ok"
    assert outcome(files.rename, at, b"www/index.html", at, b"www/sub") == "EISDIR"
    assert outcome(files.rename, at, b"www/index.html", at, b"new/") == "ENOTDIR"
    assert outcome(files.rename, at, b"www", at, b"www/sub/in") == "EINVAL"
    assert outcome(files.rename, at, b".", at, b"x") in {"EINVAL", "EBUSY"}
    assert outcome(files.rename, at, b"www/index.html", at, b"x", 6) == "EINVAL"
    assert outcome(files.rename, at, b"www/index.html", at, b"x") == "ok"
    assert (root / "x").read_bytes() == b"hello"
    assert outcome(files.unlink, at, b"x") == "ok"
    assert outcome(files.rmdir, at, b"www/sub/") == "ok"


def test_renaming_a_link_renames_the_link(files: FileSystem, root: Path) -> None:
    (root / "link").symlink_to("www")
    files.rename(files.root, b"link", files.root, b"renamed")
    assert (root / "renamed").is_symlink()
    files.unlink(files.root, b"renamed")
    assert (root / "www").is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot exchange")
def test_rename_without_replacing_and_exchanging(host: Host, root: Path) -> None:
    files, at = host.files, host.root
    (root / "a").write_bytes(b"a")
    (root / "b").write_bytes(b"b")
    assert outcome(files.rename, at, b"a", at, b"b", f.RENAME_EXCL) == "EEXIST"
    assert outcome(files.rename, at, b"a", at, b"b", f.RENAME_SWAP) == "ok"
    assert ((root / "a").read_bytes(), (root / "b").read_bytes()) == (b"b", b"a")
    assert outcome(files.rename, at, b"a", at, b"c", f.RENAME_EXCL) == "ok"
    assert outcome(files.rename, at, b"a", at, b"c", f.RENAME_SWAP) == "ENOENT"


def test_links_are_made_and_read(files: FileSystem) -> None:
    at = files.root
    files.link(at, b"www/index.html", at, b"second")
    assert files.stat(at, b"second").nlink == 2
    assert outcome(files.link, at, b"www", at, b"x") == "EPERM"
    assert outcome(files.link, at, b"www/index.html", at, b"second") == "EEXIST"
    files.symlink(b"/etc/passwd", at, b"link")
    assert files.readlink(at, b"link") == b"/etc/passwd"
    assert outcome(files.readlink, at, b"www") == "EINVAL"
    assert outcome(files.symlink, b"", at, b"x") == "ENOENT"
    assert outcome(files.symlink, b"x" * 1024, at, b"x") == "ENAMETOOLONG"
    assert outcome(files.symlink, b"x", at, b"link") == "EEXIST"
    assert outcome(files.symlink, b"x", at, b"new/") == "ENOENT"


def test_modes_times_and_lengths_are_changed(files: FileSystem, root: Path) -> None:
    at = files.root
    (root / "link").symlink_to("www/index.html")
    files.utimes(at, b"link", (1_000_000_000, 2_000_000_000))
    assert (root / "www" / "index.html").stat().st_mtime == 2
    files.truncate(at, b"link", 2)
    assert (root / "www" / "index.html").read_bytes() == b"he"
    assert outcome(files.truncate, at, b"www", 0) == "EISDIR"
    assert outcome(files.access, at, b"link", f.R_OK | f.W_OK) == "ok"
    assert outcome(files.access, at, b"missing", f.F_OK) == "ENOENT"
    assert outcome(files.access, at, b"link", 8) == "EINVAL"
    if sys.platform != "win32":
        files.chmod(at, b"link", 0o604)
        assert (root / "www" / "index.html").stat().st_mode & 0o777 == 0o604


@posix
def test_paths_of_open_files_are_the_guests(host: Host, root: Path) -> None:
    handle = host.files.open(host.root, b"www/../www/index.html", f.O_RDONLY)
    assert handle.path() == b"/www/index.html"
    (root / "www" / "index.html").rename(root / "moved")
    assert handle.path() == b"/moved"
    (root / "moved").unlink()
    assert outcome(handle.path) == "ENOENT"
    handle.close()
    assert host.root.path() == b"/"


def test_entries_come_with_types_and_positions(files: FileSystem, root: Path) -> None:
    (root / "www" / "link").symlink_to("nowhere")
    at = files.open(files.root, b"www", f.O_RDONLY)
    assert isinstance(at, Directory)
    found = {}
    while entry := at.peek():
        found[entry.name] = entry
        at.advance()
    assert {name: entry.type for name, entry in found.items()} == {
        b".": f.DT_DIR,
        b"..": f.DT_DIR,
        b"index.html": f.DT_REG,
        b"sub": f.DT_DIR,
        b"link": f.DT_LNK,
    }
    assert found[b".."].ino == files.root.stat().ino
    assert found[b"index.html"].ino == files.stat(files.root, b"www/index.html").ino
    assert at.position == 5
    assert at.seek(2, f.SEEK_SET) == 2
    third = at.peek()
    assert third is not None
    assert third.name not in {b".", b".."}
    assert outcome(at.seek, -1, f.SEEK_SET) == "EINVAL"
    at.close()


def test_a_hundred_thousand_entries_are_not_read_at_once(
    files: FileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = itertools.count()
    last = -1

    class Many:
        def __iter__(self) -> Many:
            return self

        def __next__(self) -> os.DirEntry[str]:
            nonlocal last
            last = next(asked)
            return entry

        def close(self) -> None:
            pass

    with os.scandir(".") as some:
        entry = next(some)
    at = files.open(files.root, b"www", f.O_RDONLY)
    assert isinstance(at, Directory)
    monkeypatch.setattr(os, "scandir", lambda _node: Many())
    for _ in range(10):
        at.advance()
    assert last < 10
    assert at.seek(100_000, f.SEEK_SET) == 100_000
    at.close()


def test_a_directory_of_the_root_is_its_own_parent(files: FileSystem) -> None:
    at = files.open(files.root, b"/", f.O_RDONLY)
    assert isinstance(at, Directory)
    at.advance()
    parent = at.peek()
    assert parent is not None
    assert (parent.name, parent.ino) == (b"..", at.stat().ino)
    assert outcome(files.open, at, b"../secret", f.O_RDONLY) == "ENOENT"
    at.close()


def test_devices_are_the_guests_own(files: FileSystem, root: Path) -> None:
    (root / "dev").mkdir()
    (root / "dev" / "tty").write_bytes(b"not a device")
    buffer = memoryview(bytearray(b"x" * 8))
    null = files.open(files.root, b"/dev/null", f.O_RDWR)
    assert (null.read_into(buffer), null.write(b"abc")) == (0, 3)
    zero = files.open(files.root, b"www/../dev/./zero", f.O_RDONLY)
    assert zero.read_into(buffer) == 8
    assert bytes(buffer) == bytes(8)
    random = files.open(files.root, b"dev/urandom", f.O_RDONLY)
    assert random.read_into(buffer) == 8
    assert bytes(buffer) != bytes(8)
    assert null.stat().mode & f.S_IFMT == f.S_IFCHR
    assert files.stat(files.root, b"/dev/null").rdev == 0x3000002
    assert outcome(files.open, files.root, b"/dev/tty", f.O_RDONLY) == "ENOENT"
    assert outcome(files.open, files.root, b"/dev/new", f.O_WRONLY | f.O_CREAT) == "EPERM"
    assert outcome(files.open, files.root, b"/dev/null/x", f.O_RDONLY) == "ENOTDIR"
    assert outcome(files.open, files.root, b"/dev/../dev/null", f.O_RDONLY) == "ok"
    assert outcome(files.unlink, files.root, b"/dev/null") == "EPERM"
    at = files.open(files.root, b"/dev", f.O_RDONLY)
    assert isinstance(at, Directory)
    assert outcome(files.open, at, b"null", f.O_RDONLY) == "ok"
    assert outcome(files.open, at, b"../www/index.html", f.O_RDONLY) == "ok"
    names = set()
    while entry := at.peek():
        names.add(entry.name)
        at.advance()
    assert names == {b".", b"..", b"null", b"zero", b"random", b"urandom"}
    at.close()


@posix
def test_fifos_and_sockets_never_wait(host: Host, root: Path) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    files, at = host.files, host.root
    files.mkfifo(at, b"fifo", 0o600)
    reader = files.open(at, b"fifo", f.O_RDONLY | f.O_NONBLOCK)
    buffer = memoryview(bytearray(8))
    assert reader.read_into(buffer) == 0
    writer = files.open(at, b"fifo", f.O_WRONLY)
    assert outcome(reader.read_into, buffer) == "EAGAIN"
    host.poller.arm(reader, read=True, token="reader")
    writer.write(b"abc")
    assert host.poller.poll(5) == ["reader"]
    assert reader.read_into(buffer) == 3
    writer.close()
    assert reader.read_into(buffer) == 0
    reader.close()
    assert outcome(files.open, at, b"fifo", f.O_WRONLY | f.O_NONBLOCK) == "ENXIO"
    assert outcome(files.open, at, b"fifo", f.O_WRONLY) == "EAGAIN"
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(root)
        made.bind("sock")
    assert outcome(files.open, at, b"sock", f.O_RDONLY) == "EOPNOTSUPP"
    assert files.stat(at, b"sock").mode & f.S_IFMT == f.S_IFSOCK


@posix
def test_a_fifo_without_a_writer_yet_is_not_at_its_end(host: Host) -> None:
    host.files.mkfifo(host.root, b"fifo", 0o600)
    reader = host.files.open(host.root, b"fifo", f.O_RDONLY)
    buffer = memoryview(bytearray(8))
    assert outcome(reader.read_into, buffer) == "EAGAIN"
    host.poller.arm(reader, read=True, token=1)
    assert host.poller.poll(0) == []
    host.files.open(host.root, b"fifo", f.O_WRONLY).close()
    assert host.poller.poll(5) == [1]
    assert reader.read_into(buffer) == 0
    reader.close()


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="only root makes nodes")
def test_a_device_of_the_host_is_not_opened(host: Host, root: Path) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    try:
        os.mknod(root / "node", 0o600 | f.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("no device nodes here")
    before = open_descriptors()
    assert outcome(host.files.open, host.root, b"node", f.O_RDONLY) == "ENXIO"
    assert open_descriptors() == before


@posix
def test_locks_do_not_wait(host: Host) -> None:
    one = host.files.open(host.root, b"www/index.html", f.O_RDONLY)
    other = host.files.open(host.root, b"www/index.html", f.O_RDONLY)
    assert isinstance(one, FileHandle)
    assert isinstance(other, FileHandle)
    one.flock(f.LOCK_EX)
    assert outcome(other.flock, f.LOCK_EX) == "EAGAIN"
    one.flock(f.LOCK_UN)
    assert outcome(other.flock, f.LOCK_EX) == "ok"
    one.close()
    other.close()
