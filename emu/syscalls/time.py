"""Calls on time and randomness: gettimeofday, setitimer, getitimer, getentropy.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, Errno
from emu.darwin.structs import Itimerval, Timeval
from emu.kernel.process import Process, Timer
from emu.syscalls.kinds import (
    Addr,
    FilledBuf,
    ItimervalIn,
    ItimervalOut,
    ItimerWhich,
    LongOut,
    Size,
    TimevalOut,
)
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_NS, _US = 10**9, 10**6
#: Largest number of seconds that an interval timer takes (itimerfix).
_MAX_SECONDS = 100_000_000
#: Most bytes that getentropy gives at once.
_ENTROPY_MAX = 256
_TIMEVAL = struct.Struct("<qi4x")


@syscall(116)
def gettimeofday(call: Call, tp: TimevalOut, tzp: Addr, mach_absolute_time: LongOut) -> int:
    """Report the time of day; the time zone is always UTC."""
    if tp:
        seconds, ns = divmod(call.host.realtime_ns(), _NS)
        call.space.copyout(tp, _TIMEVAL.pack(seconds, ns // 1000))
    if tzp:
        call.space.copyout(tzp, bytes(8))
    if mach_absolute_time:
        call.space.copyout(mach_absolute_time, struct.pack("<Q", call.now()))
    return 0


@syscall(83, note="ITIMER_REAL alone")
def setitimer(call: Call, which: ItimerWhich, itv: ItimervalIn, oitv: ItimervalOut) -> int:
    """Arm or disarm the interval timer; a null ``itv`` only reports."""
    process = call.process
    _check_which(which)
    new = Itimerval.unpack(call.space.copyin(itv, Itimerval.SIZE)) if itv else None
    if new is not None:
        value, interval = _nanoseconds(new.value), _nanoseconds(new.interval)
    if oitv:
        _report(call, process, oitv)
    if new is not None:
        process.timer = Timer(call.now() + value if value else 0, interval)
        call.kernel.scheduler.arm(process)
    return 0


@syscall(86, note="ITIMER_REAL alone")
def getitimer(call: Call, which: ItimerWhich, itv: ItimervalOut) -> int:
    """Report what is left of the interval timer."""
    _check_which(which)
    _report(call, call.process, itv)
    return 0


def _check_which(which: int) -> None:
    if which != f.ITIMER_REAL:
        raise Errno(EINVAL)


def _nanoseconds(value: Timeval) -> int:
    if not 0 <= value.usec < _US or not 0 <= value.sec <= _MAX_SECONDS:
        raise Errno(EINVAL)
    return value.sec * _NS + value.usec * 1000


def _report(call: Call, process: Process, address: int) -> None:
    timer = process.timer
    left = max(timer.deadline - call.now(), 1000) if timer.deadline else 0
    value = Itimerval(_timeval(timer.interval), _timeval(left))
    call.space.copyout(address, value.pack())


def _timeval(ns: int) -> Timeval:
    return Timeval(ns // _NS, ns % _NS // 1000)


@syscall(500)
def getentropy(call: Call, buffer: FilledBuf, size: Size) -> int:
    """Fill up to 256 bytes with random ones; more is EINVAL."""
    if size > _ENTROPY_MAX:
        raise Errno(EINVAL)
    call.space.copyout(buffer, call.host.entropy(size))
    return 0
