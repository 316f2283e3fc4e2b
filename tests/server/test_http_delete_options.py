"""DELETE and OPTIONS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.exchange import ask, connect, request
from tests.server.site import HELLO
from tests.serving import Served

PAST = "Thu, 01 Jan 1970 00:00:00 GMT"
METHODS = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}


def test_a_file_is_deleted(server: Served, room: Path) -> None:
    (room / "file").write_bytes(b"x")
    target = f"/{room.name}/file"
    answer = ask(server, request("DELETE", target))
    assert (answer.status, answer.body) == (204, b"")
    assert not list(room.iterdir())
    assert ask(server, request("DELETE", target)).status == 404
    assert ask(server, request("GET", target)).status == 404


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/nothing", 404),
        ("/nothing/below", 404),
        ("/directory", 403),
        ("/directory/", 403),
        ("/", 403),
        ("/hello.txt/", 404),
        ("/link.txt", 403),
        ("/fifo", 403),
        ("/..", 403),
    ],
)
@pytest.mark.usefixtures("untouched")
def test_what_cannot_be_deleted(server: Served, target: str, status: int) -> None:
    assert ask(server, request("DELETE", target)).status == status


def test_a_body_of_a_deletion_is_not_taken_for_a_request(server: Served, room: Path) -> None:
    (room / "file").write_bytes(b"x")
    with connect(server) as link:
        inner = request("GET", "/secret.txt")
        link.send(request("DELETE", f"/{room.name}/file", body=inner))
        answer = link.answer()
        assert answer.status in {204, 400, 413}
        if answer.persists:
            link.send(request("GET", "/hello.txt"))
            assert link.answer().body == HELLO
        else:
            assert link.ended()


@pytest.mark.parametrize("target", ["*", "/", "/hello.txt", "/directory/", "/nothing"])
def test_options(server: Served, target: str) -> None:
    answer = ask(server, request("OPTIONS", target))
    if target == "/nothing":
        assert answer.status in {204, 404}
    else:
        assert answer.status == 204
    if answer.status == 204:
        assert {m.strip() for m in answer["allow"].split(",")} == METHODS


def test_options_has_no_conditions(server: Served) -> None:
    for field in ('If-Match: "x"', "If-None-Match: *", "If-Unmodified-Since: " + PAST):
        assert ask(server, request("OPTIONS", "/hello.txt", field)).status == 204


def test_options_of_what_nobody_may_have(server: Served) -> None:
    assert ask(server, request("OPTIONS", "/../x")).status == 403
    assert ask(server, request("OPTIONS", "/.ymawky_tmp_7")).status == 403


def test_options_of_the_server_in_absolute_form(server: Served) -> None:
    assert ask(server, request("OPTIONS", "http://example.org")).status == 204
