"""What a GET or HEAD of a file must be answered with: RFC 9110, sections 13 and 14, in Python.

Written from the RFC and SERVER's table alone, in no hurry and without limits on numbers: the
server is held against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Expected", "Resource", "expected", "parse_date"]

_BYTES = re.compile(r"bytes=(\d*)-(\d*)", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?"[!#-~\x80-\xff]*"')

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)"
_DATES = [
    re.compile(rf"{_DAY}, (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} GMT"),
    re.compile(rf"{_LONG_DAY}, (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} GMT"),
    re.compile(rf"{_DAY} {_MONTH} (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})"),
]


@dataclass(frozen=True)
class Resource:
    """A file as the server sees it."""

    data: bytes
    #: Seconds since 1970; more than a minute ago, so that it is a strong validator.
    modified: int
    etag: str


@dataclass(frozen=True)
class Expected:
    """The part of an answer that conditions and ranges decide."""

    status: int
    body: bytes = b""
    content_range: str | None = None


def parse_date(text: str) -> int | None:
    """Return the seconds since 1970 of an HTTP-date in any of its three forms, or None."""
    match = next(filter(None, (form.fullmatch(text) for form in _DATES)), None)
    if match is None:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 2000
        if year > datetime.now(UTC).year + 50:
            year -= 100
    month = _MONTHS.index(match["month"]) + 1
    clock = (int(match["h"]), int(match["m"]), min(int(match["s"]), 59))
    try:
        return int(datetime(year, month, int(match["day"]), *clock, tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _tags(value: str) -> list[str]:
    return _TAG.findall(value)


def _opaque(tag: str) -> str:
    return tag.removeprefix("W/")


def _precondition(resource: Resource, fields: Mapping[str, str]) -> int | None:
    """Return the status that the conditions of RFC 9110, 13.2.2, ask for."""
    since = parse_date(fields.get("If-Unmodified-Since", ""))
    if "If-Match" in fields:
        value = fields["If-Match"]
        if value != "*" and resource.etag not in _tags(value):
            return 412
    elif since is not None and resource.modified > since:
        return 412
    since = parse_date(fields.get("If-Modified-Since", ""))
    if "If-None-Match" in fields:
        value = fields["If-None-Match"]
        if value == "*" or _opaque(resource.etag) in map(_opaque, _tags(value)):
            return 304
    elif since is not None and resource.modified <= since:
        return 304
    return None


def _range(resource: Resource, value: str) -> tuple[int, int] | None:
    """Return the first byte and the one after the last; None when the field is ignored.

    An empty span is one that cannot be satisfied.
    """
    match = _BYTES.fullmatch(value)
    if match is None or match[1] == match[2] == "":
        return None
    size = len(resource.data)
    if match[1] == "":
        count = int(match[2])
        if size == 0 and count > 0:
            return None
        return max(0, size - count), size
    first, last = int(match[1]), int(match[2] or size)
    if match[2] and last < first:
        return None
    return min(first, size), min(last + 1, size)


def _range_applies(resource: Resource, fields: Mapping[str, str]) -> bool:
    value = fields.get("If-Range")
    if value is None:
        return True
    return value == resource.etag or parse_date(value) == resource.modified


def expected(resource: Resource, method: str, fields: Mapping[str, str]) -> Expected:
    """Return what a request with ``fields`` must be answered with."""
    status = _precondition(resource, fields)
    if status is not None:
        return Expected(status)
    span = None
    if method == "GET" and "Range" in fields and _range_applies(resource, fields):
        span = _range(resource, fields["Range"])
    if span is None:
        return Expected(200, resource.data)
    size = len(resource.data)
    if span[0] >= span[1]:
        return Expected(416, content_range=f"bytes */{size}")
    return Expected(206, resource.data[slice(*span)], f"bytes {span[0]}-{span[1] - 1}/{size}")
