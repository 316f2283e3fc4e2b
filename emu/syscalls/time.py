"""Calls on time and randomness: clocks, interval timers, sleeping, getentropy.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, EPERM, ETIMEDOUT, Errno
from emu.darwin.structs import Itimerval, Timeval
from emu.kernel.commpage import stamp
from emu.kernel.process import Process, Timer
from emu.syscalls.kinds import (
    FilledBuf,
    Int,
    ItimervalIn,
    ItimervalOut,
    ItimerWhich,
    Long,
    LongOut,
    Size,
    TimevalIn,
    TimevalOut,
    TimezoneIn,
    TimezoneOut,
)
from emu.syscalls.mach import TIMEBASE, ticks
from emu.syscalls.table import Call, syscall

__all__ = ["MAX_SECONDS", "duration"]

#: Largest number of seconds that a wait or timer takes (itimerfix).
MAX_SECONDS = 100_000_000
_NS = 10**9
#: Most bytes that getentropy gives at once.
_ENTROPY_MAX = 256
#: Longest sleep, some 31 years: more would not fit xnu's clocks either.
_FOREVER_NS = 10**18
_TIMEVAL = struct.Struct("<qi4x")


@syscall(116)
def gettimeofday(call: Call, tp: TimevalOut, tzp: TimezoneOut, mach_absolute_time: LongOut) -> int:
    """Report the time of day; the time zone is always UTC.

    The commpage gets it too, as in xnu, so that the next second needs no call.
    """
    if tp:
        now = call.host.realtime_ns()
        stamp(call.now(), now)
        seconds, ns = divmod(now, _NS)
        call.space.copyout(tp, _TIMEVAL.pack(seconds, ns // 1000))
    if tzp:
        call.space.copyout(tzp, bytes(8))
    if mach_absolute_time:
        call.space.copyout(mach_absolute_time, struct.pack("<Q", ticks(call)))
    return 0


@syscall(122, note="EPERM: only root may")
def settimeofday(_call: Call, tv: TimevalIn, tzp: TimezoneIn) -> int:
    """Refuse: the guest is not root."""
    del tv, tzp
    raise Errno(EPERM)


# ---- interval timers ----

#: ITIMER_VIRTUAL and ITIMER_PROF count used time and send these.
_CPU_TIMERS = {f.ITIMER_VIRTUAL: f.SIGVTALRM, f.ITIMER_PROF: f.SIGPROF}


def duration(value: Timeval) -> int:
    """Return nanoseconds; EINVAL where xnu's itimerfix refuses the time."""
    if not 0 <= value.usec < 1_000_000 or not 0 <= value.sec <= MAX_SECONDS:
        raise Errno(EINVAL)
    return value.to_ns()


@syscall(83)
def setitimer(call: Call, which: ItimerWhich, itv: ItimervalIn, oitv: ItimervalOut) -> int:
    """Arm or disarm an interval timer; a null ``itv`` only reports.

    The two that count used time are looked at when a time slice ends, every 5 ms.
    """
    process = call.process
    _check_which(which)
    new = Itimerval.unpack(call.space.copyin(itv, Itimerval.SIZE)) if itv else None
    if new is not None:
        value, interval = duration(new.value), duration(new.interval)
    if oitv:
        _report(call, process, which, oitv)
    if new is None:
        return 0
    timer = Timer(_clock(call, which) + value if value else 0, interval)
    if which == f.ITIMER_REAL:
        process.timer = timer
        call.kernel.scheduler.arm(process)
    else:
        process.cpu_timers = {**(process.cpu_timers or {}), _CPU_TIMERS[which]: timer}
    return 0


@syscall(86)
def getitimer(call: Call, which: ItimerWhich, itv: ItimervalOut) -> int:
    """Report what is left of an interval timer."""
    _check_which(which)
    _report(call, call.process, which, itv)
    return 0


def _check_which(which: int) -> None:
    if which > f.ITIMER_PROF:
        raise Errno(EINVAL)


def _clock(call: Call, which: int) -> int:
    return call.now() if which == f.ITIMER_REAL else call.process.used_ns


def _report(call: Call, process: Process, which: int, address: int) -> None:
    timer = process.timer
    if which != f.ITIMER_REAL:
        timer = (process.cpu_timers or {}).get(_CPU_TIMERS[which], Timer())
    left = max(timer.deadline - _clock(call, which), 1000) if timer.deadline else 0
    value = Itimerval(_timeval(timer.interval), _timeval(left))
    call.space.copyout(address, value.pack())


def _timeval(ns: int) -> Timeval:
    return Timeval(ns // _NS, ns % _NS // 1000)


# ---- sleeping ----


@syscall(334, 423, note="without semaphores: a time-out alone, which is how libc sleeps")
def __semwait_signal(
    call: Call,
    cond_sem: Int,
    mutex_sem: Int,
    timeout: Int,
    relative: Int,
    tv_sec: Long,
    tv_nsec: Int,
) -> int:
    """Sleep; ends in ETIMEDOUT when the time has passed, in EINTR for a signal's handler."""
    if cond_sem or mutex_sem:
        raise Errno(EINVAL)
    if not timeout:
        call.wait(restarts=False)
    if not 0 <= tv_nsec < _NS or tv_sec < 0:
        raise Errno(EINVAL)
    timeout_ns = min(tv_sec * _NS + tv_nsec, _FOREVER_NS)
    if not relative:
        timeout_ns -= call.host.realtime_ns()
    call.wait(timeout_ns=timeout_ns, restarts=False)
    raise Errno(ETIMEDOUT)


# ---- randomness ----


@syscall(500)
def getentropy(call: Call, buffer: FilledBuf, size: Size) -> int:
    """Fill up to 256 bytes with random ones; more is EINVAL."""
    if size > _ENTROPY_MAX:
        raise Errno(EINVAL)
    call.space.copyout(buffer, call.host.entropy(size))
    return 0


@syscall(482)
def thread_selfusage(call: Call) -> int:
    """Return the processor time that the thread has used, in ticks of the clock."""
    numerator, denominator = TIMEBASE
    return call.process.used_ns * denominator // numerator
