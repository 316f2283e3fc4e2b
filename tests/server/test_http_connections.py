"""Which connections go on, in which order answers come, and how connections end."""

from __future__ import annotations

import pytest

from tests.server.exchange import Link, ask, connect, request
from tests.server.site import BIG, DIGITS, HELLO
from tests.serving import Served

MAX_REQUESTS = 100

GOES_ON = {
    "1.1": ("HTTP/1.1", (), True),
    "1.1 close": ("HTTP/1.1", ("Connection: close",), False),
    "1.1 CLOSE": ("HTTP/1.1", ("Connection: CLOSE",), False),
    "1.1 keep-alive": ("HTTP/1.1", ("Connection: keep-alive",), True),
    "1.1 among others": ("HTTP/1.1", ("Connection: TE, close , x",), False),
    "1.1 in a second field": ("HTTP/1.1", ("Connection: TE", "Connection: close"), False),
    "1.1 both": ("HTTP/1.1", ("Connection: keep-alive, close",), False),
    "1.1 a longer word": ("HTTP/1.1", ("Connection: closed",), True),
    "1.1 an empty list": ("HTTP/1.1", ("Connection: ,,",), True),
    "1.7": ("HTTP/1.7", (), True),
    "1.0": ("HTTP/1.0", (), False),
    "1.0 keep-alive": ("HTTP/1.0", ("Connection: keep-alive",), True),
    "1.0 Keep-Alive": ("HTTP/1.0", ("Connection: Keep-Alive",), True),
    "1.0 close": ("HTTP/1.0", ("Connection: close",), False),
    "1.0 both": ("HTTP/1.0", ("Connection: keep-alive, close",), False),
}


@pytest.mark.parametrize(("version", "fields", "on"), GOES_ON.values(), ids=GOES_ON)
def test_whether_a_connection_goes_on(
    server: Served,
    version: str,
    fields: tuple[str, ...],
    on: bool,  # noqa: FBT001
) -> None:
    with connect(server) as link:
        link.send(request("GET", "/hello.txt", *fields, version=version))
        answer = link.answer()
        assert (answer.body, answer.persists) == (HELLO, on)
        if not on:
            assert link.ended()
            return
        link.send(request("GET", "/digits.bin"))
        assert link.answer().body == DIGITS


def test_errors_do_not_end_a_connection_whose_framing_is_known(server: Served) -> None:
    with connect(server) as link:
        for target, status in (("/nothing", 404), ("/..", 403), ("/link.txt", 403)):
            link.send(request("GET", target))
            assert link.answer().status == status
        link.send(request("GET", "/hello.txt"))
        assert link.answer().body == HELLO


def test_a_request_that_cannot_be_delimited_ends_the_connection(server: Served) -> None:
    with connect(server) as link:
        link.send(b"GET / HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n" + request("GET", "/hello.txt"))
        answer = link.answer()
        assert (answer.status, answer.persists) == (400, False)
        assert link.ended()


def test_pipelined_requests_are_answered_in_order(server: Served) -> None:
    targets = [("/hello.txt", HELLO), ("/digits.bin", DIGITS), ("/big.bin", BIG)] * 3
    with connect(server) as link:
        link.send(b"".join(request("GET", target) for target, _ in targets))
        for _, body in targets:
            assert link.answer().body == body


def test_pipelined_requests_of_any_size(server: Served) -> None:
    data = [request("GET", "/hello.txt", f"X: {'x' * (n * 37)}") for n in range(MAX_REQUESTS)]
    with connect(server) as link:
        link.send(b"".join(data))
        for _ in data:
            assert link.answer().body == HELLO


def test_pipelined_requests_of_every_kind(server: Served) -> None:
    with connect(server) as link:
        link.send(
            request("HEAD", "/hello.txt")
            + request("GET", "/nothing")
            + b"\r\n"
            + request("GET", "/listed/")
            + request("OPTIONS", "*")
            + request("GET", "/digits.bin", "Range: bytes=0-4")
            + request("GET", "/hello.txt", "Connection: close")
            + request("GET", "/never-answered")
        )
        assert link.answer(b"HEAD").status == 200
        assert [link.answer().status for _ in range(5)] == [404, 200, 204, 206, 200]
        assert link.ended()


def test_a_request_may_come_byte_by_byte(server: Served) -> None:
    data = request("GET", "/hello.txt", "Range: bytes=0-4") + request("HEAD", "/digits.bin")
    with connect(server) as link:
        link.send(*(data[i : i + 1] for i in range(len(data))))
        assert link.answer().body == HELLO[:5]
        assert link.answer(b"HEAD")["content-length"] == str(len(DIGITS))


def test_a_body_of_get_is_skipped_or_ends_the_connection(server: Served) -> None:
    inner = request("GET", "/digits.bin")
    with connect(server) as link:
        link.send(request("GET", "/hello.txt", body=inner) + request("HEAD", "/hello.txt"))
        answer = link.answer()
        assert answer.body == HELLO
        if answer.persists:
            assert link.answer(b"HEAD")["content-length"] == str(len(HELLO))
        else:
            assert link.ended()


def _count(link: Link, most: int) -> int:
    for number in range(1, most + 1):
        link.send(request("GET", "/hello.txt"))
        answer = link.answer()
        assert answer.body == HELLO
        if not answer.persists:
            assert link.ended()
            return number
    return most


def test_a_connection_has_a_hundred_requests(server: Served) -> None:
    with connect(server) as link:
        assert _count(link, 2 * MAX_REQUESTS) == MAX_REQUESTS


def test_the_number_of_requests_can_be_tuned(strict: Served) -> None:
    with connect(strict) as link:
        assert _count(link, 10) == 3


def test_more_pipelined_than_allowed_are_not_answered(strict: Served) -> None:
    with connect(strict) as link:
        link.send(request("GET", "/hello.txt") * 10)
        assert [link.answer().persists for _ in range(3)] == [True, True, False]
        assert link.ended()


def test_half_a_close_still_gets_its_answers(server: Served) -> None:
    with connect(server) as link:
        link.send(request("GET", "/big.bin") + request("GET", "/hello.txt"))
        link.shut()
        assert link.answer().body == BIG
        assert link.answer().body == HELLO
        assert link.ended()


def test_a_client_that_reads_nothing_and_goes_hurts_nobody(server: Served) -> None:
    for _ in range(20):
        with connect(server) as link:
            link.send(request("GET", "/big.bin") * 3)
    assert ask(server, request("GET", "/hello.txt")).body == HELLO


def test_connections_do_not_wait_for_each_other(server: Served) -> None:
    with connect(server) as first, connect(server) as second:
        first.send(b"GET /hello.txt HTTP/1.1\r\nHo")
        second.send(request("GET", "/digits.bin"))
        assert second.answer().body == DIGITS
        first.send(b"st: h\r\n\r\n")
        assert first.answer().body == HELLO


def test_the_sixth_client_of_four_gets_503(strict: Served) -> None:
    """The server of this test has four processes at most."""
    links = [connect(strict) for _ in range(4)]
    try:
        for link in links:
            link.send(request("GET", "/hello.txt"))
            assert link.answer().body == HELLO
        refused = ask(strict, request("GET", "/hello.txt"))
        assert refused.status == 503
        assert int(refused["retry-after"]) > 0
        assert not refused.persists
        # Those who are in are served all the same.
        links[0].send(request("GET", "/hello.txt"))
        assert links[0].answer().body == HELLO
    finally:
        for link in links:
            link.socket.close()
