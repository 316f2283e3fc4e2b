"""Range and If-Range."""

from __future__ import annotations

import os
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.server.exchange import ask, connect, request
from tests.server.site import BIG, DIGITS, HELLO, MOMENT_DATE
from tests.serving import Served

SIZE = len(DIGITS)

SATISFIABLE = {
    "0-0": (0, 1),
    "0-9": (0, 10),
    "5-14": (5, 15),
    "999-999": (999, 1000),
    "990-": (990, 1000),
    "0-": (0, 1000),
    "-1": (999, 1000),
    "-999": (1, 1000),
    "-1000": (0, 1000),
    "-1001": (0, 1000),
    "0-999": (0, 1000),
    "0-1000": (0, 1000),
    "500-99999": (500, 1000),
    "00000000000000000000000005-0000000000000000000000006": (5, 7),
    "1-9223372036854775807": (1, 1000),
    "1-9223372036854775808": (1, 1000),
    "1-18446744073709551615": (1, 1000),
    "1-18446744073709551616": (1, 1000),
    "1-18446744073709551618": (1, 1000),
    "1-99999999999999999999999999999999999999999": (1, 1000),
    "-9223372036854775808": (0, 1000),
    "-18446744073709551616": (0, 1000),
    "-18446744073709551617": (0, 1000),
    "-340282366920938463463374607431768211457": (0, 1000),
}


@pytest.mark.parametrize(("spec", "span"), SATISFIABLE.items(), ids=SATISFIABLE)
def test_a_range_within_the_file(server: Served, spec: str, span: tuple[int, int]) -> None:
    answer = ask(server, request("GET", "/digits.bin", f"Range: bytes={spec}"))
    assert (answer.status, answer.body) == (206, DIGITS[slice(*span)])
    assert answer["content-range"] == f"bytes {span[0]}-{span[1] - 1}/{SIZE}"
    assert answer["content-type"] == "application/octet-stream"
    assert answer["content-length"] == str(span[1] - span[0])


def test_a_range_carries_the_validators(server: Served) -> None:
    whole = ask(server, request("GET", "/digits.bin"))
    part = ask(server, request("GET", "/digits.bin", "Range: bytes=3-5"))
    for name in ("etag", "last-modified", "content-type", "accept-ranges"):
        assert part[name] == whole[name]


UNSATISFIABLE = [
    "1000-",
    "1000-1000",
    "1001-2000",
    "-0",
    "9223372036854775807-",
    "9223372036854775808-",
    "18446744073709551616-",
    "18446744073709551617-18446744073709551618",
    "340282366920938463463374607431768211456-",
]


@pytest.mark.parametrize("spec", UNSATISFIABLE)
def test_a_range_beyond_the_file_gets_416(server: Served, spec: str) -> None:
    with connect(server) as link:
        link.send(request("GET", "/digits.bin", f"Range: bytes={spec}"))
        answer = link.answer()
        assert answer.status == 416
        assert answer["content-range"] == f"bytes */{SIZE}"
        assert b"416" in answer.body
        link.send(request("GET", "/hello.txt"))
        assert link.answer().body == HELLO


IGNORED = [
    "bytes=",
    "bytes",
    "bytes=-",
    "bytes=a-b",
    "bytes=1",
    "bytes=1-2-3",
    "bytes=--1",
    "bytes=-1-",
    "bytes=+1-2",
    "bytes=1-+2",
    "bytes=0x0-0x1",
    "bytes=9-8",
    "bytes=18446744073709551617-1",
    "bytes=1.5-2",
    "bytes=0-1,3-4",
    "bytes=0-1, 3-4",
    "bytes=-1,0-1",
    "bytes=0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0",
    "bytes =0-1",
    "bytes:0-1",
    "bytes 0-1",
    "bytes=0 -1",
    "bytes=0- 1",
    "bytes=0-1 x",
    "bytes=0-1x",
    "byte=0-1",
    "bytess=0-1",
    "items=0-1",
    "=0-1",
    "0-1",
    "",
]


@pytest.mark.parametrize("value", IGNORED)
def test_any_other_range_is_ignored(server: Served, value: str) -> None:
    answer = ask(server, request("GET", "/digits.bin", f"Range: {value}"))
    assert (answer.status, answer.body) == (200, DIGITS)
    assert "content-range" not in answer


@pytest.mark.parametrize("value", ["Bytes=0-1", "BYTES=0-1"])
def test_the_unit_is_of_any_case(server: Served, value: str) -> None:
    assert ask(server, request("GET", "/digits.bin", f"Range: {value}")).body == b"01"


@pytest.mark.parametrize("value", ["bytes=0-1,", "bytes=,0-1", "bytes= 0-1"])
def test_empty_elements_of_a_list_do_no_harm(server: Served, value: str) -> None:
    answer = ask(server, request("GET", "/digits.bin", f"Range: {value}"))
    assert (answer.status, answer.body) in {(206, b"01"), (200, DIGITS)}


def test_two_range_fields_are_ignored(server: Served) -> None:
    data = request("GET", "/digits.bin", "Range: bytes=0-1", "Range: bytes=5-6")
    assert ask(server, data).body == DIGITS


def test_a_range_is_for_get_alone(server: Served) -> None:
    answer = ask(server, request("HEAD", "/digits.bin", "Range: bytes=0-1"))
    assert (answer.status, answer["content-length"]) == (200, str(SIZE))


def test_a_range_far_into_a_large_file(server: Served) -> None:
    first = len(BIG) - 70_001
    answer = ask(server, request("GET", "/big.bin", f"Range: bytes={first}-{first + 70_000}"))
    assert answer.body == BIG[first:]
    answer = ask(server, request("GET", "/big.bin", "Range: bytes=16383-49152"))
    assert answer.body == BIG[16383:49153]


def test_a_range_beyond_four_gigabytes(server: Served, room: Path) -> None:
    size = (1 << 32) + 10
    with (room / "sparse").open("wb") as file:
        file.seek(size - 1)
        file.write(b"!")
    target = f"/{room.name}/sparse"
    assert ask(server, request("HEAD", target))["content-length"] == str(size)
    answer = ask(server, request("GET", target, f"Range: bytes={size - 3}-"))
    assert answer.body == b"\0\0!"
    assert answer["content-range"] == f"bytes {size - 3}-{size - 1}/{size}"


@pytest.mark.parametrize(
    ("spec", "statuses"),
    [("-1", {200}), ("-1000", {200}), ("0-", {416}), ("0-0", {416}), ("-0", {200, 416})],
)
def test_an_empty_file(server: Served, spec: str, statuses: set[int]) -> None:
    answer = ask(server, request("GET", "/empty.txt", f"Range: bytes={spec}"))
    assert answer.status in statuses
    if answer.status == 416:
        assert answer["content-range"] == "bytes */0"
    else:
        assert answer.body == b""


def test_a_range_of_a_listing_or_an_error_is_ignored(server: Served) -> None:
    assert ask(server, request("GET", "/listed/", "Range: bytes=0-1")).status == 200
    assert ask(server, request("GET", "/nothing", "Range: bytes=0-1")).status == 404
    assert ask(server, request("GET", "/directory", "Range: bytes=0-1")).status == 301


def _with_if_range(server: Served, value: str) -> int:
    data = request("GET", "/digits.bin", "Range: bytes=0-1", f"If-Range: {value}")
    return ask(server, data).status


def test_if_range_with_the_entity_tag(server: Served) -> None:
    tag = ask(server, request("HEAD", "/digits.bin"))["etag"]
    assert _with_if_range(server, tag) == 206
    assert _with_if_range(server, f"W/{tag}") == 200
    assert _with_if_range(server, '"other"') == 200
    assert _with_if_range(server, tag[:-1]) == 200
    assert _with_if_range(server, tag.upper() if tag.upper() != tag else '"x"') == 200
    assert _with_if_range(server, f"{tag}, {tag}") == 200


def test_if_range_with_a_date(server: Served) -> None:
    assert _with_if_range(server, MOMENT_DATE) == 206
    assert _with_if_range(server, "Sunday, 06-Nov-94 08:49:37 GMT") == 206
    assert _with_if_range(server, "Sun Nov  6 08:49:37 1994") == 206
    assert _with_if_range(server, "Sun, 06 Nov 1994 08:49:36 GMT") == 200
    assert _with_if_range(server, "Sun, 06 Nov 1994 08:49:38 GMT") == 200
    assert _with_if_range(server, "some day") == 200
    assert _with_if_range(server, "") == 200


def test_if_range_with_the_date_of_a_file_that_may_still_change(server: Served, room: Path) -> None:
    """Within its second a date names two versions: it is weak (RFC 9110, 8.8.2.2)."""
    path = room / "fresh"
    path.write_bytes(DIGITS)
    soon = int(time.time()) + 30
    os.utime(path, (soon, soon))
    fields = ("Range: bytes=0-1", f"If-Range: {formatdate(soon, usegmt=True)}")
    assert ask(server, request("GET", f"/{room.name}/fresh", *fields)).status == 200


def test_if_range_without_range_means_nothing(server: Served) -> None:
    answer = ask(server, request("GET", "/digits.bin", 'If-Range: "x"'))
    assert (answer.status, answer.body) == (200, DIGITS)
