"""Printing time: since 1970, until something, and that of timers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from emu.darwin.structs import Itimerval, Timespec, Timeval, Timezone
from emu.strace.shown import fetch, fields, given, pointer, taken

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.strace.shown import Shown

__all__ = ["FORMATS", "timeval"]


def timeval(t: Timeval) -> str:
    """Show seconds and microseconds."""
    return fields((("tv_sec", t.sec), ("tv_usec", t.usec)))


def _timespec(t: Timespec) -> str:
    return fields((("tv_sec", t.sec), ("tv_nsec", t.nsec)))


def _timezone(t: Timezone) -> str:
    return fields((("tz_minuteswest", t.minuteswest), ("tz_dsttime", t.dsttime)))


def _timebase(shown: Shown, i: int) -> str:
    """Show how long a tick is, as a fraction of nanoseconds."""
    address = shown.values[i]
    data = None if shown.error or shown.count() else fetch(shown.space, address, 8)
    if data is None:
        return pointer(address)
    numer, denom = struct.unpack("<2I", data)
    return fields((("numer", numer), ("denom", denom)))


def _mach_timespec(shown: Shown, i: int) -> str:
    """Show seconds and nanoseconds as Mach has them."""
    address = shown.values[i]
    data = None if shown.error or shown.count() else fetch(shown.space, address, 8)
    if data is None:
        return pointer(address)
    sec, nsec = struct.unpack("<2I", data)
    return fields((("tv_sec", sec), ("tv_nsec", nsec)))


def _itimerval(t: Itimerval) -> str:
    return fields((("it_interval", timeval(t.interval)), ("it_value", timeval(t.value))))


def _timevals(shown: Shown, i: int) -> str:
    """Show the two times of utimes."""
    address = shown.values[i]
    data = fetch(shown.space, address, 2 * Timeval.SIZE) if address else None
    if data is None:
        return pointer(address)
    return f"[{timeval(Timeval.unpack(data))}, {timeval(Timeval.unpack(data, Timeval.SIZE))}]"


FORMATS: Final[dict[str, Callable[[Shown, int], str | None]]] = {
    "timeval_in": taken(Timeval, timeval),
    "timeval_out": given(Timeval, timeval),
    "timevals_in": _timevals,
    "timespec_in": taken(Timespec, _timespec),
    "timezone_in": taken(Timezone, _timezone),
    "timezone_out": given(Timezone, _timezone),
    "timebase_out": _timebase,
    "mach_timespec_out": _mach_timespec,
    "itimerval_in": taken(Itimerval, _itimerval),
    "itimerval_out": given(Itimerval, _itimerval),
}
