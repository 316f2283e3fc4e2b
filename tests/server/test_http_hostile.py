"""File systems that fail, change or hold too much while the server is at work."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.server.exchange import Truncated, ask, connect, request
from tests.server.site import HELLO, build, snapshot
from tests.server.subject import serving
from tests.server.test_http_put import chunked
from tests.serving import PATIENCE, Served

MIB = 1 << 20


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Path, Served]]:
    """A server of a site of its own."""
    root = tmp_path / "root"
    root.mkdir()
    build(root)
    with serving(root, tmp_path) as served:
        yield root, served


@pytest.fixture
def full(tmp_path: Path) -> Iterator[tuple[Path, Served]]:
    """A server whose docroot holds a megabyte, and the docroot as the server sees it."""
    if shutil.which("unshare") is None:
        pytest.skip("a small file system of one's own takes Linux's unshare")
    www = tmp_path / "root" / "www"
    www.mkdir(parents=True)
    mount = f"mount -t tmpfs -o size=1m none {shlex.quote(str(www))}"
    wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*wrapper, mount], cwd=tmp_path, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system of their own")
    wrapper += [f'{mount} && exec "$@"', "sh"]
    with serving(tmp_path / "root", tmp_path, wrapper=wrapper) as served:
        yield Path(f"/proc/{served.process.pid}/root") / str(www).lstrip("/"), served


def test_a_full_disk_gets_507_and_leaves_nothing(full: tuple[Path, Served]) -> None:
    www, served = full
    assert ask(served, request("PUT", "/file", body=b"old")).status == 201
    for data in (
        request("PUT", "/file", body=b"x" * 2 * MIB),
        request("PUT", "/new", "Transfer-Encoding: chunked") + chunked(*[b"x" * 1000] * 2000),
    ):
        assert ask(served, data).status == 507
        assert [p.name for p in www.iterdir()] == ["file"]
    assert ask(served, request("GET", "/file")).body == b"old"
    assert ask(served, request("PUT", "/small", body=b"room again")).status == 201


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_a_file_beyond_the_limit_of_the_system_gets_507_too(own: tuple[Path, Served]) -> None:
    if sys.platform != "linux":  # mypy reads this, not the mark
        return
    import resource

    root, served = own
    target = root / "www" / "hello.txt"
    before = snapshot(root)
    # Files end at a limit: what a disk does when it is full, without filling one.
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (MIB, MIB))
    for data in (
        request("PUT", "/hello.txt", body=b"x" * 2 * MIB),
        request("PUT", "/hello.txt", "Transfer-Encoding: chunked") + chunked(b"x" * 2 * MIB),
    ):
        assert ask(served, data).status == 507
        assert snapshot(root) == before
    assert target.read_bytes() == HELLO
    assert ask(served, request("GET", "/hello.txt")).body == HELLO


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_docroot_that_cannot_be_written(own: tuple[Path, Served]) -> None:
    root, served = own
    (root / "www").chmod(0o555)
    try:
        _is_read_only(root, served)
    finally:
        (root / "www").chmod(0o755)


@pytest.mark.skipif(
    shutil.which("chattr") is None or sys.platform == "win32" or os.geteuid() != 0,
    reason="only root makes a directory immutable",
)
def test_a_docroot_that_even_root_cannot_write(own: tuple[Path, Served]) -> None:
    root, served = own
    if os.system(f"chattr +i '{root}/www' 2>/dev/null"):  # noqa: S605
        pytest.skip("this file system has no immutable directories")
    try:
        _is_read_only(root, served)
    finally:
        os.system(f"chattr -i '{root}/www'")  # noqa: S605


def _is_read_only(root: Path, served: Served) -> None:
    before = snapshot(root)
    for data in (
        request("PUT", "/new.txt", body=b"x"),
        request("PUT", "/hello.txt", body=b"x"),
        request("DELETE", "/hello.txt"),
    ):
        assert ask(served, data).status == 403
    assert snapshot(root) == before
    assert ask(served, request("GET", "/hello.txt")).body == HELLO


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read(own: tuple[Path, Served]) -> None:
    root, served = own
    (root / "www" / "hello.txt").chmod(0)
    assert ask(served, request("GET", "/hello.txt")).status == 403


LARGE = 48 * MIB


def _large(room: Path) -> Path:
    path = room / "large"
    with path.open("wb") as file:
        for i in range(LARGE // MIB):
            file.write(bytes([i]) * MIB)
    return path


def test_a_file_that_is_removed_while_it_is_sent_arrives_whole(server: Served, room: Path) -> None:
    path = _large(room)
    with connect(server) as link:
        link.send(request("GET", f"/{room.name}/large"))
        link.next_byte()
        path.unlink()
        body = link.answer().body
    assert [body[i * MIB] for i in range(LARGE // MIB)] == list(range(LARGE // MIB))
    assert len(body) == LARGE


def test_a_file_that_is_replaced_while_it_is_sent_arrives_whole(server: Served, room: Path) -> None:
    _large(room)
    target = f"/{room.name}/large"
    with connect(server) as link:
        link.send(request("GET", target))
        link.next_byte()
        assert ask(server, request("PUT", target, body=b"another")).status == 204
        body = link.answer().body
    assert (len(body), body[-1]) == (LARGE, LARGE // MIB - 1)
    assert ask(server, request("GET", target)).body == b"another"


def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection(
    server: Served, room: Path
) -> None:
    path = _large(room)
    with connect(server) as link:
        link.send(request("GET", f"/{room.name}/large"))
        link.next_byte()
        os.truncate(path, MIB)
        with pytest.raises(Truncated):
            link.answer()
    assert ask(server, request("GET", "/hello.txt")).body == HELLO


def test_a_file_that_grows_while_it_is_sent_arrives_as_it_was(server: Served, room: Path) -> None:
    path = _large(room)
    with connect(server) as link:
        link.send(request("GET", f"/{room.name}/large") + request("GET", "/hello.txt"))
        link.next_byte()
        with path.open("ab") as file:
            file.write(b"more")
        assert len(link.answer().body) == LARGE
        assert link.answer().body == HELLO


@pytest.mark.timeout(900)
def test_a_directory_of_a_hundred_thousand_entries(server: Served, room: Path) -> None:
    count = 100_000
    for n in range(count):
        os.close(os.open(room / f"entry-{n}", os.O_CREAT | os.O_WRONLY))
    answer = ask(server, request("GET", f"/{room.name}/"))
    assert answer.status == 200
    hrefs = re.findall(rb'href="(entry-\d+)"', answer.body)
    assert len(hrefs) == len(set(hrefs)) == count
    assert ask(server, request("GET", "/hello.txt")).body == HELLO


def test_names_of_255_bytes(server: Served, room: Path) -> None:
    names = [character * (255 // len(character.encode())) for character in "aé&<% 🦊"]
    for name in names:
        data = request(
            "PUT",
            f"/{room.name}/" + "".join(f"%{b:02x}" for b in name.encode()),
            body=name.encode(),
        )
        assert ask(server, data).status == 201
    listing = ask(server, request("GET", f"/{room.name}/")).body.decode()
    hrefs = [h for h in re.findall(r'href="([^"]*)"', listing) if h != "../"]
    assert {unquote(h) for h in hrefs} == set(names)
    for href in hrefs:
        assert ask(server, request("GET", f"/{room.name}/{href}")).body.decode() == unquote(href)


def test_a_name_of_256_bytes_is_not_found(server: Served) -> None:
    assert ask(server, request("GET", "/" + "n" * 256)).status in {404, 414}


def test_a_deep_path(server: Served, room: Path) -> None:
    deep = room
    while len(str(deep.relative_to(room.parent))) < 900:
        deep /= "d" * 50
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"deep")
    target = "/" + str((deep / "file").relative_to(room.parent))
    assert ask(server, request("GET", target)).body == b"deep"
    assert ask(server, request("PUT", target, body=b"deeper")).status == 204
    assert (deep / "file").read_bytes() == b"deeper"


def test_a_directory_that_changes_while_it_is_listed(server: Served, room: Path) -> None:
    for n in range(3000):
        (room / f"entry-{n}").touch()
    done = threading.Event()

    def churn() -> None:
        n = 0
        while not done.is_set():
            (room / f"entry-{n % 3000}").unlink(missing_ok=True)
            (room / f"new-{n % 3000}").touch()
            n += 1

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(5):
            answer = ask(server, request("GET", f"/{room.name}/"))
            assert answer.status == 200
            assert answer.body.rstrip().endswith(b"</html>")
    finally:
        done.set()
        thread.join()


def test_files_left_over_from_another_run_are_passed_by(own: tuple[Path, Served]) -> None:
    root, served = own
    left = [root / "www" / f".ymawky_tmp_{pid}" for pid in range(1, 1000)]
    for path in left:
        path.write_bytes(b"left over")
    assert ask(served, request("PUT", "/new", body=b"new")).status == 201
    assert (root / "www" / "new").read_bytes() == b"new"
    assert all(path.read_bytes() == b"left over" for path in left)
    assert len(list((root / "www").glob(".ymawky_tmp_*"))) == len(left)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once")
def test_a_server_that_is_ended_amid_a_body_leaves_nothing(own: tuple[Path, Served]) -> None:
    root, served = own
    before = snapshot(root)
    with connect(served) as link:
        link.send(request("PUT", "/hello.txt", "Content-Length: 9", "Expect: 100-continue"))
        assert b" 100 " in link.next_byte()
        link.send(b"half")
        deadline = time.monotonic() + PATIENCE
        while snapshot(root) == before:
            assert time.monotonic() < deadline, "the body is never stored"
        served.terminate()
        assert served.process.wait(PATIENCE) == 0
    assert snapshot(root) == before


def test_a_put_whose_directory_vanishes(server: Served, room: Path, root: Path) -> None:
    (room / "inner").mkdir()
    with connect(server) as link:
        link.send(request("PUT", f"/{room.name}/inner/file", "Content-Length: 4"), b"ab")
        ask(server, request("GET", "/hello.txt"))
        (room / "inner").rmdir()
        link.send(b"cd")
        assert link.answer().status in {201, 404, 409}
    assert not [p for p in (root / "www").glob(".ymawky_tmp_*") if p.name != ".ymawky_tmp_7"]
