"""PUT: bodies by length and in chunks, expectations, whole replacement or none."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest

from tests.server.exchange import Answer, Truncated, ask, connect, request
from tests.server.site import HELLO, snapshot
from tests.serving import Served

MIB = 1 << 20
GIB = 1 << 30


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    """Return chunks as they go over the wire, with the last one."""
    return b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n" + trailer + b"\r\n"


def _put(target: str, coded: bytes, *fields: str) -> bytes:
    return request("PUT", target, "Transfer-Encoding: chunked", *fields) + coded


@pytest.mark.parametrize("size", [1, 100, 4096, 16384, 65536, 65537, 300_000, 3 * MIB])
def test_a_body_by_length(server: Served, room: Path, size: int) -> None:
    data = bytes(i * 7 & 255 for i in range(size))
    answer = ask(server, request("PUT", f"/{room.name}/file", body=data))
    assert (answer.status, answer["location"]) == (201, f"/{room.name}/file")
    assert (room / "file").read_bytes() == data
    got = ask(server, request("GET", f"/{room.name}/file"))
    assert (got.body, got["etag"]) == (data, answer["etag"])


def test_an_empty_body(server: Served, room: Path) -> None:
    answer = ask(server, request("PUT", f"/{room.name}/file", "Content-Length: 0"))
    assert answer.status == 201
    assert (room / "file").read_bytes() == b""


def test_replacing_gets_204_and_a_new_tag(server: Served, room: Path) -> None:
    target = f"/{room.name}/file"
    first = ask(server, request("PUT", target, body=b"first"))
    second = ask(server, request("PUT", target, body=b"second"))
    assert (first.status, second.status) == (201, 204)
    assert first["etag"] != second["etag"]
    got = ask(server, request("GET", target))
    assert (got.body, got["etag"]) == (b"second", second["etag"])


def test_location_is_escaped(server: Served, room: Path) -> None:
    answer = ask(server, request("PUT", f"/{room.name}/a%20b%3f%C3%A4", body=b"x"))
    assert answer["location"].lower() == f"/{room.name}/a%20b%3f%c3%a4"
    assert (room / "a b?ä").read_bytes() == b"x"


def test_new_files_can_be_read_by_others(server: Served, room: Path) -> None:
    ask(server, request("PUT", f"/{room.name}/file", body=b"x"))
    assert (room / "file").stat().st_mode & 0o777 == 0o644


def test_requests_go_on_behind_a_body(server: Served, room: Path) -> None:
    target = f"/{room.name}/file"
    with connect(server) as link:
        link.send(
            request("PUT", target, body=b"one")
            + _put(target, chunked(b"two", b" three"))
            + request("GET", target)
        )
        assert link.answer().status == 201
        assert link.answer().status == 204
        assert link.answer().body == b"two three"


CHUNKED = {
    "one chunk": (chunked(b"hello"), b"hello"),
    "no chunk": (chunked(), b""),
    "many chunks": (chunked(*[b"x" * n for n in range(1, 300)]), b"x" * (299 * 150)),
    "a large chunk": (chunked(b"y" * 200_000), b"y" * 200_000),
    "upper-case hex": (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    "leading zeros": (b"0000000000000000000000005\r\nhello\r\n000\r\n\r\n", b"hello"),
    "an extension": (b"5;name=value\r\nhello\r\n0;last\r\n\r\n", b"hello"),
    "a quoted extension": (b'5;name="a;b c"\r\nhello\r\n0\r\n\r\n', b"hello"),
    "a trailer": (chunked(b"hello", trailer=b"X-Sum: 1\r\nX-More: 2\r\n"), b"hello"),
    "CR LF in the data": (chunked(b"\r\n0\r\n\r\n"), b"\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize(("coded", "data"), CHUNKED.values(), ids=CHUNKED)
def test_a_body_in_chunks(server: Served, room: Path, coded: bytes, data: bytes) -> None:
    with connect(server) as link:
        link.send(_put(f"/{room.name}/file", coded) + request("GET", "/hello.txt"))
        assert link.answer().status == 201
        assert link.answer().body == HELLO
    assert (room / "file").read_bytes() == data


def test_a_body_may_come_byte_by_byte(server: Served, room: Path) -> None:
    data = _put(f"/{room.name}/file", chunked(b"hello", b", world", trailer=b"X: y\r\n"))
    with connect(server) as link:
        link.send(*(data[i : i + 1] for i in range(len(data))))
        assert link.answer().status == 201
    assert (room / "file").read_bytes() == b"hello, world"


BAD_CHUNKS = {
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "no hex": b"g\r\nhello\r\n0\r\n\r\n",
    "a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "minus": b"-5\r\nhello\r\n0\r\n\r\n",
    "0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "an underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "a blank in front": b" 5\r\nhello\r\n0\r\n\r\n",
    "an extension alone": b";x\r\nhello\r\n0\r\n\r\n",
    "a bare LF": b"5\nhello\r\n0\r\n\r\n",
    "a bare CR": b"5\rhello\r\n0\r\n\r\n",
    "a bare LF in an extension": b"5;x\ny\r\nhello\r\n0\r\n\r\n",
    "NUL in an extension": b"5;x\0\r\nhello\r\n0\r\n\r\n",
    "more data than told": b"4\r\nhello\r\n0\r\n\r\n",
    "less data than told": b"6\r\nhello\r\n0\r\n\r\n",
    "no end of the data": b"5\r\nhello0\r\n\r\n",
    "a bare LF behind the data": b"5\r\nhello\n0\r\n\r\n",
    "a size that wraps": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "a bad trailer": b"5\r\nhello\r\n0\r\nno colon\r\n\r\n",
    "a bare LF in a trailer": b"5\r\nhello\r\n0\r\nX: y\n\r\n",
    "a blank before the colon of a trailer": b"5\r\nhello\r\n0\r\nX : y\r\n\r\n",
}
TOO_LARGE = {
    "beyond the largest body": b"40000001\r\nhello\r\n",
    "the largest size": b"7fffffffffffffff\r\nhello\r\n",
    "the largest word": b"ffffffffffffffff\r\nhello\r\n",
    "a size that wraps to five": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "digits without end": b"f" * 3000 + b"\r\nhello\r\n",
}
ENDLESS = {
    "a size line without end": b"5;" + b"x" * 70_000,
    "zeros without end": b"0" * 70_000,
    "trailers without end": b"0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    "extensions without end": (b"1;" + b"x" * 1000 + b"\r\nx\r\n") * 100 + b"0\r\n\r\n",
}


def _refused(server: Served, room: Path, data: bytes) -> Answer:
    """Send a PUT that has to fail; return its answer once everything is as before."""
    (room / "file").write_bytes(b"old")
    before = snapshot(room)
    with connect(server) as link:
        link.send(data)
        answer = link.answer()
        assert not answer.persists
        link.shut()
        assert link.ended()
    assert snapshot(room) == before
    assert ask(server, request("GET", "/hello.txt")).body == HELLO
    return answer


@pytest.mark.parametrize("coded", BAD_CHUNKS.values(), ids=BAD_CHUNKS)
def test_bad_chunks(server: Served, room: Path, coded: bytes) -> None:
    answer = _refused(server, room, _put(f"/{room.name}/file", coded))
    assert answer.status in ({400, 413} if b"10000" in coded else {400})


@pytest.mark.parametrize("coded", TOO_LARGE.values(), ids=TOO_LARGE)
def test_chunks_beyond_the_largest_body(server: Served, room: Path, coded: bytes) -> None:
    answer = _refused(server, room, _put(f"/{room.name}/file", coded))
    assert answer.status in ({400, 413} if len(coded) > 30 else {413})


@pytest.mark.parametrize("coded", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_cut_off(server: Served, room: Path, coded: bytes) -> None:
    assert _refused(server, room, _put(f"/{room.name}/file", coded)).status in {400, 413, 431}


FRAMING = {
    "no length": ((), 411),
    "a negative length": (("Content-Length: -1",), 400),
    "a sign": (("Content-Length: +1",), 400),
    "no digits": (("Content-Length: x",), 400),
    "an empty length": (("Content-Length:",), 400),
    "hex": (("Content-Length: 0x1",), 400),
    "a fraction": (("Content-Length: 1.0",), 400),
    "a blank amid": (("Content-Length: 1 1",), 400),
    "an underscore": (("Content-Length: 1_1",), 400),
    "two lengths": (("Content-Length: 1", "Content-Length: 2"), 400),
    "two lengths in one": (("Content-Length: 1, 2",), 400),
    "a length that wraps to one": (("Content-Length: 18446744073709551617",), {400, 413}),
    "a length that wraps twice": (
        ("Content-Length: 340282366920938463463374607431768211457",),
        {400, 413},
    ),
    "a length of 63 bits": (("Content-Length: 9223372036854775808",), 413),
    "beyond the largest body": ((f"Content-Length: {GIB + 1}",), 413),
    "both": (("Content-Length: 1", "Transfer-Encoding: chunked"), 400),
    "both the other way round": (("Transfer-Encoding: chunked", "Content-Length: 1"), 400),
    "another coding": (("Transfer-Encoding: gzip",), 501),
    "another coding first": (("Transfer-Encoding: gzip, chunked",), 501),
    "another coding last": (("Transfer-Encoding: chunked, gzip",), {400, 501}),
    "identity": (("Transfer-Encoding: identity",), 501),
    "an almost chunked coding": (("Transfer-Encoding: xchunked",), 501),
    "a coding with parameters": (("Transfer-Encoding: chunked;q=1",), {400, 501}),
    "chunked twice": (("Transfer-Encoding: chunked, chunked",), 400),
    "chunked in two fields": (("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400),
    "no coding": (("Transfer-Encoding:",), 400),
    "an expectation": (("Expect: a-cookie", "Content-Length: 1"), 417),
    "two expectations": (("Expect: 100-continue, x", "Content-Length: 1"), 417),
    "a part": (("Content-Range: bytes 0-0/5", "Content-Length: 1"), 400),
}


@pytest.mark.parametrize(("fields", "status"), FRAMING.values(), ids=FRAMING)
def test_framing(
    server: Served, room: Path, fields: tuple[str, ...], status: int | set[int]
) -> None:
    answer = _refused(server, room, request("PUT", f"/{room.name}/file", *fields) + b"x")
    assert answer.status in (status if isinstance(status, set) else {status})


def test_equal_lengths_may_be_repeated(server: Served, room: Path) -> None:
    data = request("PUT", f"/{room.name}/file", "Content-Length: 2", "Content-Length: 2")
    assert ask(server, data + b"ab").status == 201
    assert (room / "file").read_bytes() == b"ab"


@pytest.mark.parametrize("coding", ["Chunked", "CHUNKED", " \tchunked\t", ", chunked ,"])
def test_the_name_of_the_coding_is_of_any_case(server: Served, room: Path, coding: str) -> None:
    data = request("PUT", f"/{room.name}/file", f"Transfer-Encoding: {coding}") + chunked(b"x")
    assert ask(server, data).status == 201


def test_a_coding_in_1_0_is_refused(server: Served, room: Path) -> None:
    data = request("PUT", f"/{room.name}/f", "Transfer-Encoding: chunked", version="HTTP/1.0")
    assert _refused(server, room, data + chunked(b"x")).status == 400


def test_a_client_that_expects_100_gets_it_once(server: Served, room: Path) -> None:
    fields = ("Expect: 100-Continue", "Content-Length: 5")
    with connect(server) as link:
        link.send(request("PUT", f"/{room.name}/file", *fields))
        assert link.next_byte() == b"HTTP/1.1 100 Continue\r\n\r\n"
        link.send(b"hello")
        answer = link.answer()
        assert (answer.status, answer.informational) == (201, (100,))
    assert (room / "file").read_bytes() == b"hello"


def test_the_largest_body_is_welcome(server: Served, room: Path) -> None:
    fields = (f"Content-Length: {GIB}", "Expect: 100-continue")
    with connect(server) as link:
        link.send(request("PUT", f"/{room.name}/file", *fields))
        assert link.next_byte() == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert not list(room.iterdir())


def test_a_body_that_is_there_already_needs_no_100(server: Served, room: Path) -> None:
    data = request("PUT", f"/{room.name}/file", "Expect: 100-continue", body=b"hello")
    assert ask(server, data).status == 201


def test_expect_means_nothing_in_1_0(server: Served, room: Path) -> None:
    with connect(server) as link:
        data = request("PUT", f"/{room.name}/f", "Expect: 100-continue", version="HTTP/1.0")
        link.send(data.removesuffix(b"\r\n") + b"Content-Length: 1\r\n\r\n", b"x")
        answer = link.answer()
        assert (answer.status, answer.informational) == (201, ())


def test_expect_without_a_body_is_no_reason_for_100(server: Served) -> None:
    answer = ask(server, request("GET", "/hello.txt", "Expect: 100-continue"))
    assert (answer.status, answer.informational) == (200, ())


REFUSED_WITHOUT_100 = {
    "a directory": ("/listed/", 409),
    "a directory without a slash": ("/directory", 409),
    "no parent": ("/nothing/file", 409),
    "a trailing slash": ("/new/", 409),
    "the root": ("/", 409),
    "below a file": ("/hello.txt/x", 409),
    "dots": ("/../file", 403),
    "a link": ("/link.txt", 403),
    "below a link": ("/link/new", 403),
    "a fifo": ("/fifo", 403),
    "a name that is too long": ("/" + "n" * 256, 0),
}


@pytest.mark.parametrize(
    ("target", "status"), REFUSED_WITHOUT_100.values(), ids=REFUSED_WITHOUT_100
)
@pytest.mark.usefixtures("untouched")
def test_what_cannot_be_replaced_is_told_before_the_body(
    server: Served, target: str, status: int
) -> None:
    with connect(server) as link:
        link.send(request("PUT", target, "Expect: 100-continue", "Content-Length: 100"))
        answer = link.answer()
    assert answer.informational == ()
    assert answer.status in ({status} if status else {403, 404, 409, 414})


def test_a_body_that_was_refused_is_drained_so_that_the_client_sees_why(server: Served) -> None:
    body = b"z" * (5 * MIB)
    with connect(server) as link:
        sender = threading.Thread(
            target=link.send, args=(request("PUT", "/nothing/file", body=body),)
        )
        sender.start()
        assert link.answer().status == 409
        sender.join()


@pytest.mark.parametrize("sent", [b"", b"abc", b"z" * 100_000])
def test_a_client_that_goes_away_leaves_nothing(
    server: Served, room: Path, root: Path, sent: bytes
) -> None:
    (room / "file").write_bytes(b"old")
    before = snapshot(root)
    with connect(server) as link:
        link.send(request("PUT", f"/{room.name}/file", "Content-Length: 200000") + sent)
        link.shut()
        with contextlib.suppress(Truncated):
            assert link.answer().status == 400
    assert snapshot(root) == before


def test_a_client_that_goes_away_amid_chunks_leaves_nothing(
    server: Served, room: Path, root: Path
) -> None:
    before = snapshot(root)
    with connect(server) as link:
        link.send(_put(f"/{room.name}/file", b"5\r\nhello\r\n5\r\nhe"))
        link.shut()
        with contextlib.suppress(Truncated):
            assert link.answer().status == 400
    assert snapshot(root) == before


def test_a_reader_sees_the_old_file_or_the_new_one(server: Served, room: Path) -> None:
    target = f"/{room.name}/file"
    versions = [bytes([65 + n]) * 150_000 for n in range(2)]
    assert ask(server, request("PUT", target, body=versions[0])).status == 201
    done = threading.Event()

    def write() -> None:
        for n in range(12):
            ask(server, request("PUT", target, body=versions[n % 2]))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    with connect(server) as link:
        count = 0
        while not done.is_set() and count < 90:
            link.send(request("GET", target))
            assert link.answer().body in versions
            count += 1
    writer.join()
    assert [p.name for p in room.iterdir()] == ["file"]


def test_a_body_that_is_not_complete_yet_is_not_seen(server: Served, room: Path) -> None:
    target = f"/{room.name}/file"
    (room / "file").write_bytes(b"old")
    with connect(server) as link:
        link.send(request("PUT", target, "Content-Length: 4", "Expect: 100-continue"))
        assert b" 100 " in link.next_byte()
        link.send(b"ne")
        assert ask(server, request("GET", target)).body == b"old"
        link.send(b"w!")
        assert link.answer().status == 204
    assert ask(server, request("GET", target)).body == b"new!"


def test_many_may_write_at_once(server: Served, room: Path) -> None:
    def write(n: int) -> None:
        results.append(ask(server, request("PUT", f"/{room.name}/{n}", body=b"%d" % n * 9999)))

    results: list[Answer] = []
    threads = [threading.Thread(target=write, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [a.status for a in results] == [201] * 16
    assert {int(p.name): p.read_bytes() for p in room.iterdir()} == {
        n: b"%d" % n * 9999 for n in range(16)
    }


def test_a_small_limit_holds_for_both_ways(strict: Served, room: Path) -> None:
    """The server of this test takes bodies of 1000 bytes."""
    target = f"/{room.name}/file"
    assert ask(strict, request("PUT", target, body=b"x" * 1000)).status == 201
    assert ask(strict, request("PUT", target, body=b"y" * 1001)).status == 413
    assert ask(strict, _put(target, chunked(b"x" * 500, b"x" * 500))).status == 204
    assert ask(strict, _put(target, chunked(b"y" * 500, b"y" * 501))).status == 413
    assert (room / "file").read_bytes() == b"x" * 1000
    assert [p.name for p in room.iterdir()] == ["file"]
