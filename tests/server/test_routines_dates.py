"""The date routines of ``ymawky.s``, called directly."""

from __future__ import annotations

import calendar
import datetime as dt
import time
from email.utils import formatdate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emu.asm import available
from tests.server.contracts_guest import Guest

if not available():
    pytest.skip("nothing can be assembled without Keystone", allow_module_level=True)

pytestmark = pytest.mark.emulator("calls single routines in the emulated processor")

GUEST = Guest()
NOW = 1_795_392_000  # 2026-11-23
LIMIT = 2**63 - 1
FIRST, LAST = -62_135_596_800, 253_402_300_799  # the years 1 to 9999

# -- dates ---------------------------------------------------------------------------------


def parsed_date(data: bytes, now: int = NOW) -> int | None:
    outcome = GUEST.call("parse_http_date", *GUEST.text(data), now)
    assert outcome.kind == "returned"
    return None if outcome.carry else _signed(outcome.x0)


def _signed(word: int) -> int:
    return word - 2**64 if word >> 63 else word


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (b"Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        (b"Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        (b"Sun Nov  6 08:49:37 1994", 784111777),
        (b"Sun Nov 16 08:49:37 1994", 784975777),
        (b"Thu, 01 Jan 1970 00:00:00 GMT", 0),
        (b"Wed, 31 Dec 1969 23:59:59 GMT", -1),
        (b"Tue, 29 Feb 2000 00:00:00 GMT", 951782400),
        (b"Fri, 29 Feb 2008 00:00:00 GMT", 1204243200),
        (b"Mon, 29 Feb 1904 00:00:00 GMT", -2077747200),
        (b"Fri, 31 Dec 9999 23:59:59 GMT", LAST),
        (b"Mon, 01 Jan 0001 00:00:00 GMT", FIRST),
        (b"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800),
    ],
)
def test_dates(data: bytes, seconds: int) -> None:
    assert parsed_date(data) == seconds


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"yesterday",
        b"784111777",
        b"Sun, 06 Nov 1994 08:49:37",
        b"Sun, 06 Nov 1994 08:49:37 UTC",
        b"Sun, 06 Nov 1994 08:49:37 GMT ",
        b"Sun, 06 Nov 1994 08:49:37 GMT+1",
        b"sun, 06 nov 1994 08:49:37 gmt",
        b"Sun, 6 Nov 1994 08:49:37 GMT",
        b"Sun, 06 Nov 94 08:49:37 GMT",
        b"Sunday, 06-Nov-1994 08:49:37 GMT",
        b"Sun, 00 Nov 1994 08:49:37 GMT",
        b"Sun, 31 Nov 1994 08:49:37 GMT",
        b"Sun, 32 Dec 1994 08:49:37 GMT",
        b"Tue, 29 Feb 1900 00:00:00 GMT",
        b"Thu, 29 Feb 2001 00:00:00 GMT",
        b"Sun, 06 Nov 1994 24:00:00 GMT",
        b"Sun, 06 Nov 1994 23:60:00 GMT",
        b"Sun, 06 Nov 1994 23:59:61 GMT",
        b"Sun, 06 Nvo 1994 08:49:37 GMT",
        b"Xyz, 06 Nov 1994 08:49:37 GMT",
        b"Sun Nov 6 08:49:37 1994",
        b"Sun Nov 06 08:49:37 94",
        b"Sun, 06 Nov 10000 08:49:37 GMT",
    ],
)
def test_what_is_no_date(data: bytes) -> None:
    assert parsed_date(data) is None


@pytest.mark.parametrize(
    ("now_year", "short", "year"),
    [
        (2026, 94, 1994),
        (2026, 76, 2076),
        (2026, 77, 1977),
        (2026, 26, 2026),
        (2026, 0, 2000),
        (1999, 49, 1949),
        (2099, 1, 2001),
    ],
)
def test_years_of_two_digits(now_year: int, short: int, year: int) -> None:
    now = calendar.timegm((now_year, 6, 1, 0, 0, 0))
    wanted = calendar.timegm((year, 3, 1, 12, 0, 0))
    assert parsed_date(b"Monday, 01-Mar-%02d 12:00:00 GMT" % short, now) == wanted


@given(st.integers(FIRST, LAST))
@example(FIRST)
@example(LAST)
def test_dates_go_both_ways(seconds: int) -> None:
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)  # noqa: DTZ001
    days, months = calendar.day_abbr[moment.weekday()], calendar.month_abbr[moment.month]
    wanted = f"{days}, {moment.day:02} {months} {moment.year:04} {moment:%H:%M:%S} GMT".encode()
    written = GUEST.appended("append_http_date", seconds)
    assert written == wanted
    assert parsed_date(written) == seconds
    asctime = f"{days} {months} {moment.day:2} {moment:%H:%M:%S} {moment.year:04}".encode()
    assert parsed_date(asctime) == seconds
    log = f"{moment.day:02}/{months}/{moment.year:04}:{moment:%H:%M:%S}".encode()
    assert GUEST.appended("append_log_time", seconds) == log
    short = f"{moment.year:04}-{moment.month:02}-{moment.day:02} {moment:%H:%M}".encode()
    assert GUEST.appended("append_short_time", seconds) == short


@pytest.mark.parametrize("seconds", [FIRST - 1, -(2**63), LAST + 1, LIMIT])
def test_times_out_of_range_become_the_nearest(seconds: int) -> None:
    written = GUEST.appended("append_http_date", seconds)
    assert parsed_date(written) == (FIRST if seconds < 0 else LAST)


def test_the_date_is_what_the_library_writes() -> None:
    now = int(time.time())
    assert GUEST.appended("append_http_date", now) == formatdate(now, usegmt=True).encode()


@given(st.integers(0, 9999), st.integers(1, 12), st.integers(0, 40))
def test_days_of_the_calendar(year: int, month: int, day: int) -> None:
    outcome = GUEST.call("count_days", year, month, day)
    # The calendar repeats itself after 400 years, and the library has no year 0.
    moved = year + 400 if year == 0 else year
    exists = 1 <= day <= calendar.monthrange(moved, month)[1]
    assert outcome.carry is not exists
    if exists:
        days = dt.date(moved, month, day).toordinal() - 719_163
        assert _signed(outcome.x0) == days - (146_097 if year == 0 else 0)
