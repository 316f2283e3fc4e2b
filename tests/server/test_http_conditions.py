"""If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.exchange import Answer, ask, connect, request
from tests.server.site import HELLO, MOMENT_DATE
from tests.serving import Served

EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"

#: In each: {tag} is the entity tag of the file.
MATCHES = {
    "*": True,
    "{tag}": True,
    '"x", {tag}': True,
    '{tag},"x"': True,
    ' , ,"x" , {tag} , ': True,
    '"a,b", {tag}': True,
    'W/"x", {tag}': True,
    "W/{tag}": False,
    '"x"': False,
    '"x", "y"': False,
    '"*"': False,
    '""': False,
}


@pytest.fixture(scope="module")
def tag(server: Served) -> str:
    return ask(server, request("HEAD", "/hello.txt"))["etag"]


def _get(server: Served, *fields: str, method: str = "GET") -> Answer:
    return ask(server, request(method, "/hello.txt", *fields))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("value", "matches"), MATCHES.items(), ids=MATCHES)
def test_if_match(server: Served, tag: str, method: str, value: str, matches: bool) -> None:  # noqa: FBT001
    answer = _get(server, f"If-Match: {value.format(tag=tag)}", method=method)
    assert answer.status == (200 if matches else 412)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("value", "matches"), MATCHES.items(), ids=MATCHES)
def test_if_none_match(server: Served, tag: str, method: str, value: str, matches: bool) -> None:  # noqa: FBT001
    answer = _get(server, f"If-None-Match: {value.format(tag=tag)}", method=method)
    # This comparison is the weak one.
    assert answer.status == (304 if matches or value == "W/{tag}" else 200)


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_a_list_may_come_in_several_fields(server: Served, tag: str, name: str) -> None:
    answer = _get(server, f'{name}: "x"', f"{name}: {tag}", f'{name}: "y"')
    assert answer.status == (200 if name == "If-Match" else 304)


@pytest.mark.parametrize("value", ["x", '"x', "W/", 'w/"x"', '"x" "y"', ","])
def test_what_is_no_tag_matches_nothing(server: Served, value: str) -> None:
    assert _get(server, f"If-None-Match: {value}").status in {200, 400}
    assert _get(server, f"If-Match: {value}").status in {412, 400}


def test_not_modified_has_what_200_would_have_and_no_body(server: Served, tag: str) -> None:
    with connect(server) as link:
        link.send(request("GET", "/hello.txt", f"If-None-Match: {tag}"))
        answer = link.answer()
        assert (answer.status, answer.body, answer["etag"]) == (304, b"", tag)
        if "content-length" in answer:
            assert answer["content-length"] == str(len(HELLO))
        link.send(request("GET", "/hello.txt"))
        assert link.answer().body == HELLO


DATES = {
    MOMENT_DATE: 0,
    EARLIER: -1,
    LATER: 1,
    "Sunday, 06-Nov-94 08:49:37 GMT": 0,
    "Sunday, 06-Nov-94 08:49:36 GMT": -1,
    "Sun Nov  6 08:49:37 1994": 0,
    "Sun Nov  6 08:49:36 1994": -1,
    "Sun Nov 06 08:49:38 1994": None,
    "Thu, 01 Jan 1970 00:00:00 GMT": -1,
    "Mon, 01 Jan 1601 00:00:00 GMT": -1,
    "Tue, 29 Feb 2000 12:00:00 GMT": 1,
    "Fri, 31 Dec 9999 23:59:59 GMT": 1,
    "Monday, 01-Jan-70 00:00:00 GMT": None,
    "Friday, 31-Dec-93 23:59:59 GMT": -1,
    "Wednesday, 01-Jan-20 00:00:00 GMT": 1,
    "Sat, 31 Dec 2016 23:59:60 GMT": 1,
}
NO_DATES = [
    "",
    "0",
    "784111777",
    "now",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 06 Nov 1994 08:49:37 GMT x",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun, 06-Nov-1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 8:49:37 GMT",
    "Sun, 06 Nov 1994 08:49 GMT",
    "Sun, 32 Nov 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Wed, 31 Nov 1994 08:49:37 GMT",
    "Wed, 29 Feb 1995 08:49:37 GMT",
    "Wed, 29 Feb 1900 08:49:37 GMT",
    "Sun, 06 Nop 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "1994-11-06T08:49:37Z",
    "99999999999999999999999999999999999999999999",
]


@pytest.mark.parametrize(
    ("date", "order"), [(d, o) for d, o in DATES.items() if o is not None], ids=str
)
def test_a_date_in_any_form(server: Served, date: str, order: int) -> None:
    modified = _get(server, f"If-Modified-Since: {date}")
    assert modified.status == (200 if order < 0 else 304)
    unmodified = _get(server, f"If-Unmodified-Since: {date}")
    assert unmodified.status == (412 if order < 0 else 200)


@pytest.mark.parametrize("date", NO_DATES)
def test_what_is_no_date_is_ignored(server: Served, date: str) -> None:
    assert _get(server, f"If-Modified-Since: {date}").body == HELLO
    assert _get(server, f"If-Unmodified-Since: {date}").body == HELLO


def test_two_dates_are_none(server: Served) -> None:
    fields = (f"If-Modified-Since: {LATER}", f"If-Modified-Since: {LATER}")
    assert _get(server, *fields).status in {200, 304}


ORDER = {
    "a match outweighs a date": (("If-Match: {tag}", f"If-Unmodified-Since: {EARLIER}"), 200),
    "no match, whatever the date": (('If-Match: "x"', f"If-Unmodified-Since: {LATER}"), 412),
    "If-Match comes before If-None-Match": (('If-Match: "x"', "If-None-Match: {tag}"), 412),
    "both match": (("If-Match: {tag}", "If-None-Match: {tag}"), 304),
    "a tag outweighs a date": (('If-None-Match: "x"', f"If-Modified-Since: {LATER}"), 200),
    "a known tag outweighs a date": (
        ("If-None-Match: {tag}", f"If-Modified-Since: {EARLIER}"),
        304,
    ),
    "412 before 304": ((f"If-Unmodified-Since: {EARLIER}", f"If-Modified-Since: {LATER}"), 412),
    "412 before a range": (('If-Match: "x"', "Range: bytes=0-1"), 412),
    "412 before 416": (('If-Match: "x"', "Range: bytes=999-"), 412),
    "304 before a range": (("If-None-Match: {tag}", "Range: bytes=0-1"), 304),
    "304 before 416": (("If-None-Match: {tag}", "Range: bytes=999-"), 304),
    "a condition that holds, and a range": (("If-Match: {tag}", "Range: bytes=0-1"), 206),
    "a condition and If-Range": (("If-Match: {tag}", "Range: bytes=0-1", 'If-Range: "x"'), 200),
}


@pytest.mark.parametrize(("fields", "status"), ORDER.values(), ids=ORDER)
def test_the_order_of_conditions(
    server: Served, tag: str, fields: tuple[str, ...], status: int
) -> None:
    assert _get(server, *(f.format(tag=tag) for f in fields)).status == status


@pytest.mark.parametrize(
    ("target", "status"), [("/nothing", 404), ("/directory", 301), ("/link.txt", 403)]
)
def test_conditions_do_not_change_what_is_no_success(
    server: Served, target: str, status: int
) -> None:
    for field in (
        "If-Match: *",
        'If-Match: "x"',
        "If-None-Match: *",
        f"If-Modified-Since: {LATER}",
    ):
        assert ask(server, request("GET", target, field)).status == status


WRITES = {
    "If-Match: *": True,
    "If-Match: {tag}": True,
    'If-Match: "x"': False,
    "If-Match: W/{tag}": False,
    "If-None-Match: *": False,
    "If-None-Match: {tag}": False,
    'If-None-Match: "x"': True,
    f"If-Unmodified-Since: {LATER}": None,
    f"If-Unmodified-Since: {EARLIER}": False,
    "If-Unmodified-Since: some day": True,
    f"If-Modified-Since: {LATER}": True,
}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(("field", "holds"), WRITES.items(), ids=WRITES)
def test_conditions_hold_for_writing(
    server: Served,
    room: Path,
    method: str,
    field: str,
    holds: bool | None,  # noqa: FBT001
) -> None:
    path, target = room / "file", f"/{room.name}/file"
    path.write_bytes(b"old")
    if holds is None:
        field, holds = "If-Unmodified-Since: Fri, 31 Dec 9999 23:59:59 GMT", True
    tag = ask(server, request("HEAD", target))["etag"]
    body = b"new" if method == "PUT" else b""
    answer = ask(server, request(method, target, field.format(tag=tag), body=body))
    assert answer.status == (204 if holds else 412)
    after = path.read_bytes() if path.exists() else None
    assert after == ((body or None) if holds else b"old")
    assert [p.name for p in room.iterdir()] == ([] if after is None else ["file"])


def test_if_match_asks_for_a_file_that_is_there(server: Served, room: Path) -> None:
    data = request("PUT", f"/{room.name}/new", "If-Match: *", body=b"x")
    assert ask(server, data).status == 412
    assert not list(room.iterdir())


def test_if_none_match_asks_for_a_file_that_is_not_there(server: Served, room: Path) -> None:
    data = request("PUT", f"/{room.name}/new", "If-None-Match: *", body=b"x")
    assert ask(server, data).status == 201
    assert ask(server, data).status == 412
    assert (room / "new").read_bytes() == b"x"


def test_a_condition_that_fails_is_told_before_the_body_is_asked_for(
    server: Served, room: Path
) -> None:
    with connect(server) as link:
        link.send(
            request(
                "PUT",
                f"/{room.name}/new",
                "If-Match: *",
                "Expect: 100-continue",
                "Content-Length: 5",
            )
        )
        answer = link.answer()
        assert (answer.status, answer.informational) == (412, ())
    assert not list(room.iterdir())
