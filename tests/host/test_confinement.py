"""Nothing leads out of the root: not dots, not links, not races."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.host.filesystem import FileSystem
from tests.host.conftest import content, open_descriptors, outcome


@pytest.mark.parametrize(
    "path",
    [
        b"../secret",
        b"/../secret",
        b"www/../../secret",
        b"www/sub/../../../../../../secret",
        b"/www/../../../outside/secret",
        b"./.././../secret",
    ],
)
def test_dots_end_at_the_root(files: FileSystem, path: bytes) -> None:
    assert outcome(files.open, files.root, path, f.O_RDONLY) == "ENOENT"
    assert outcome(files.stat, files.root, path) == "ENOENT"


def test_dots_at_the_root_are_the_root(files: FileSystem, root: Path) -> None:
    (root / "secret").write_bytes(b"the guest's own")
    handle = files.open(files.root, b"../../secret", f.O_RDONLY)
    assert content(handle) == b"the guest's own"
    assert files.stat(files.root, b"/..").ino == files.stat(files.root, b"/").ino


@pytest.mark.parametrize("target", ["{out}/secret", "../secret", "../../secret", "/../secret"])
def test_links_that_point_out_mean_a_place_inside(
    files: FileSystem, root: Path, tmp_path: Path, target: str
) -> None:
    (root / "link").symlink_to(target.format(out=tmp_path))
    assert outcome(files.open, files.root, b"link", f.O_RDONLY) == "ENOENT"
    assert outcome(files.stat, files.root, b"link") == "ENOENT"
    assert outcome(files.access, files.root, b"link", f.R_OK) == "ENOENT"
    assert outcome(files.chmod, files.root, b"link", 0o600) == "ENOENT"
    assert outcome(files.truncate, files.root, b"link", 0) == "ENOENT"
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_a_linked_directory_outside_is_not_entered(
    files: FileSystem, root: Path, tmp_path: Path
) -> None:
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "up").symlink_to("..")
    before = sorted(tmp_path.rglob("*"))
    for path in (b"out/secret", b"up/secret", b"www/../up/outside/secret", b"out/new"):
        assert outcome(files.open, files.root, path, f.O_RDWR | f.O_CREAT) in {"ENOENT", "ok"}
        assert outcome(files.unlink, files.root, path) in {"ENOENT", "ok"}
    assert outcome(files.mkdir, files.root, b"out/dir", 0o755) == "ENOENT"
    assert outcome(files.rename, files.root, b"www/index.html", files.root, b"out/x") == "ENOENT"
    assert sorted(tmp_path.rglob("*")) == before


def test_absolute_links_start_at_the_root(files: FileSystem, root: Path) -> None:
    (root / "abs").symlink_to("/www/index.html")
    (root / "dir").symlink_to("/www")
    assert content(files.open(files.root, b"abs", f.O_RDONLY)) == b"hello"
    assert content(files.open(files.root, b"dir/sub/../index.html", f.O_RDONLY)) == b"hello"


def test_creating_through_a_link_stays_inside(
    files: FileSystem, root: Path, tmp_path: Path
) -> None:
    (root / "made").symlink_to("/../new")
    files.open(files.root, b"made", f.O_WRONLY | f.O_CREAT).close()
    assert (root / "new").is_file()
    assert not (tmp_path / "new").exists()


def test_thirty_two_links_are_followed_and_no_more(files: FileSystem, root: Path) -> None:
    (root / "l0").symlink_to("www/index.html")
    for i in range(1, 33):
        (root / f"l{i}").symlink_to(f"l{i - 1}")
    (root / "loop").symlink_to("loop")
    assert content(files.open(files.root, b"l31", f.O_RDONLY)) == b"hello"
    assert outcome(files.open, files.root, b"l32", f.O_RDONLY) == "ELOOP"
    assert outcome(files.open, files.root, b"loop", f.O_RDONLY) == "ELOOP"
    assert outcome(files.stat, files.root, b"loop/x") == "ELOOP"


@pytest.mark.parametrize("path", [b"link", b"dir/index.html", b"dir/", b"www/back/index.html"])
def test_nofollow_any_refuses_every_link(files: FileSystem, root: Path, path: bytes) -> None:
    (root / "link").symlink_to("www/index.html")
    (root / "dir").symlink_to("www")
    (root / "www" / "back").symlink_to(".")
    assert outcome(files.open, files.root, path, f.O_NOFOLLOW_ANY) == "ELOOP"
    assert outcome(files.stat, files.root, path, deny_links=True) == "ELOOP"
    assert outcome(files.open, files.root, path, 0) == "ok"


def test_nofollow_refuses_the_last_link_alone(files: FileSystem, root: Path) -> None:
    (root / "link").symlink_to("www/index.html")
    (root / "dir").symlink_to("www")
    assert outcome(files.open, files.root, b"link", f.O_NOFOLLOW) == "ELOOP"
    assert outcome(files.open, files.root, b"dir", f.O_NOFOLLOW | f.O_DIRECTORY) == "ELOOP"
    assert outcome(files.open, files.root, b"dir/index.html", f.O_NOFOLLOW) == "ok"


def test_a_working_directory_moved_out_leads_no_further_up(root: Path, tmp_path: Path) -> None:
    files = FileSystem(root, os.urandom)
    at = files.open(files.root, b"www/sub", f.O_RDONLY)
    (root / "www" / "sub").rename(tmp_path / "outside" / "moved")
    assert outcome(files.open, at, b"../secret", f.O_RDONLY) == "ENOENT"
    assert outcome(files.stat, at, b"../../secret") == "ENOENT"
    at.close()
    files.close()


@pytest.mark.parametrize("path", [b"dir/secret", b"dir/../secret", b"dir"])
def test_a_link_exchanged_during_the_walk_never_leads_out(
    root: Path, tmp_path: Path, path: bytes
) -> None:
    files = FileSystem(root, os.urandom)
    real, link = root / "real", root / "link"
    real.mkdir()
    link.symlink_to(tmp_path / "outside")
    (root / "dir").mkdir()
    done = threading.Event()

    def exchange() -> None:
        while not done.is_set():
            (root / "dir").rename(root / "kept")
            link.rename(root / "dir")
            (root / "dir").rename(link)
            (root / "kept").rename(root / "dir")

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        for _ in range(2000):
            try:
                handle = files.open(files.root, path, f.O_RDONLY)
            except OSError:
                continue
            assert handle.kind == "directory"
            assert handle.stat().ino != (tmp_path / "outside").stat().st_ino
            handle.close()
    finally:
        done.set()
        thread.join()
        files.close()


@pytest.mark.parametrize(
    "path",
    [b"", b"x" * 1024, b"x" * 256, b"www/" + b"x" * 256, b"www/index.html/x", b"missing/x", b"y"],
)
def test_failed_walks_leave_no_descriptor_open(files: FileSystem, path: bytes) -> None:
    before = open_descriptors()
    for _ in range(50):
        assert outcome(files.open, files.root, path, f.O_RDONLY) in {
            *("ENOENT", "ENAMETOOLONG", "ENOTDIR"),
        }
        outcome(files.stat, files.root, b"www/sub/../../" + path)
    assert open_descriptors() == before


def test_running_out_of_descriptors_is_emfile_and_passes(root: Path) -> None:
    resource = pytest.importorskip("resource")
    files = FileSystem(root, os.urandom)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = open_descriptors()
    opened = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (before + 8, hard))
    try:
        for _ in range(200):
            try:
                opened.append(files.open(files.root, b"www/index.html", f.O_RDONLY))
            except OSError:
                break
        assert 0 < len(opened) < 200
        assert outcome(files.open, files.root, b"www/index.html", f.O_RDONLY) == "EMFILE"
        assert outcome(files.stat, files.root, b"www/sub/..") == "EMFILE"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for handle in opened:
        handle.close()
    assert open_descriptors() == before
    assert outcome(files.open, files.root, b"www/index.html", f.O_RDONLY) == "ok"
    files.close()
