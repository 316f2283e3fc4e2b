"""The pages of errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.exchange import Answer, ask, connect, request
from tests.server.site import build
from tests.server.subject import serving
from tests.serving import Served

HTML = "text/html; charset=utf-8"


def _is_a_page(answer: Answer) -> bool:
    return (
        answer["content-type"] == HTML
        and answer["content-length"] == str(len(answer.body))
        and answer.body.lower().startswith(b"<!doctype html>")
        and f"{answer.status} {answer.reason}".encode() in answer.body
    )


def test_an_error_without_a_page_of_its_own_has_a_small_one(server: Served) -> None:
    for data, status in (
        (request("GET", "/.."), 403),
        (request("POST", "/"), 405),
        (request("BREW", "/"), 418),
        (request("PUT", "/x"), 411),
        (request("FETCH", "/"), 501),
        (b"x\r\n\r\n", 400),
    ):
        answer = ask(server, data)
        assert answer.status == status
        assert _is_a_page(answer)


def test_an_error_has_the_owners_page(server: Served) -> None:
    answer = ask(server, request("GET", "/nothing"))
    assert (answer.status, answer["content-type"]) == (404, HTML)
    assert b"our own 404" in answer.body


def test_the_page_for_head_has_no_body(server: Served) -> None:
    with connect(server) as link:
        link.send(request("HEAD", "/nothing") + request("HEAD", "/.."))
        assert link.answer(b"HEAD")["content-type"] == HTML
        answer = link.answer(b"HEAD")
        assert (answer.status, answer.body) == (403, b"")
        assert int(answer["content-length"]) > 0


def test_an_error_has_no_validators(server: Served) -> None:
    answer = ask(server, request("GET", "/nothing"))
    assert "etag" not in answer
    assert "last-modified" not in answer


@pytest.fixture
def odd(tmp_path: Path) -> tuple[Path, Path]:
    root = tmp_path / "root"
    root.mkdir()
    build(root)
    return root, tmp_path


def test_a_page_that_is_no_file_is_not_sent(odd: tuple[Path, Path]) -> None:
    root, scratch = odd
    (root / "err" / "404.html").unlink()
    (root / "err" / "404.html").symlink_to(root / "secret.txt")
    (root / "err" / "403.html").mkdir()
    (root / "err" / "405.html").write_bytes(b"x" * 100_000)
    with serving(root, scratch) as served:
        for target, status in (("/nothing", 404), ("/..", 403)):
            answer = ask(served, request("GET", target))
            assert answer.status == status
            assert b"not for you" not in answer.body
            assert _is_a_page(answer)
        large = ask(served, request("POST", "/"))
        assert (large.status, large.body) == (405, b"x" * 100_000)


def test_a_docroot_that_vanishes_and_comes_back(odd: tuple[Path, Path]) -> None:
    root, scratch = odd
    with serving(root, scratch) as served:
        (root / "www").rename(root / "away")
        (root / "err").rename(root / "gone")
        for method in ("GET", "HEAD", "DELETE"):
            assert ask(served, request(method, "/hello.txt")).status == 404
        assert ask(served, request("GET", "/")).status == 404
        assert ask(served, request("PUT", "/new", body=b"x")).status in {404, 409}
        assert not (root / "www").exists()
        (root / "away").rename(root / "www")
        assert ask(served, request("GET", "/hello.txt")).status == 200
