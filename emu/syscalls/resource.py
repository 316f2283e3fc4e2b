"""Limits and usage of resources.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, EPERM, Errno
from emu.darwin.structs import Rlimit, Rusage, Timeval
from emu.kernel.process import RLIMITS, Process, Timer
from emu.syscalls.kinds import RlimitIn, RlimitOut, RlimitWhich, RusageOut, RusageWho
from emu.syscalls.table import Call, syscall

__all__ = ["usage"]

#: libc sets this bit to ask for the behaviour of POSIX.
_POSIX = 0x1000


def usage(used_ns: int, resident: int = 0) -> Rusage:
    """Return ``struct rusage``: all time counts as the user's."""
    return Rusage(Timeval.from_ns(used_ns), Timeval(0, 0), resident)


@syscall(117)
def getrusage(call: Call, who: RusageWho, rusage: RusageOut) -> int:
    """Report the time used by the caller, to the last time slice, or by reaped children."""
    process = call.process
    if who == f.RUSAGE_SELF:
        found = usage(process.used_ns, _resident(process))
    elif who == f.RUSAGE_CHILDREN:
        found = usage(process.children_ns)
    else:
        raise Errno(EINVAL)
    call.space.copyout(rusage, found.pack())
    return 0


def _resident(process: Process) -> int:
    """Return the bytes of memory that were touched."""
    backings = {region.backing for region in process.space.layout.regions}
    return sum(length for backing in backings for _, length in backing.runs)


def _limit(call: Call, which: int) -> Rlimit:
    soft, hard = call.process.rlimits[which]
    if which == f.RLIMIT_NOFILE:
        soft = call.process.files.limit
    elif which == f.RLIMIT_NPROC:
        soft = min(soft, call.kernel.limits.processes)
    return Rlimit(soft, hard)


@syscall(194)
def getrlimit(call: Call, which: RlimitWhich, rlp: RlimitOut) -> int:
    """Report a limit."""
    which &= ~_POSIX
    if which >= len(RLIMITS):
        raise Errno(EINVAL)
    call.space.copyout(rlp, _limit(call, which).pack())
    return 0


@syscall(195, note="DATA, STACK, CORE, AS and MEMLOCK are kept but limit nothing")
def setrlimit(call: Call, which: RlimitWhich, rlp: RlimitIn) -> int:
    """Set a limit; a hard limit is never raised again."""
    posix, which = which & _POSIX, which & ~_POSIX
    new = Rlimit.unpack(call.space.copyin(rlp, Rlimit.SIZE))
    if which >= len(RLIMITS) or new.cur > new.max:
        raise Errno(EINVAL)
    process, soft = call.process, new.cur
    hard = process.rlimits[which][1]
    if new.max > hard:
        raise Errno(EPERM)
    if which == f.RLIMIT_NOFILE:
        if soft > f.OPEN_MAX:
            if posix:
                raise Errno(EINVAL)
            soft = f.OPEN_MAX
        process.files.limit = soft
    elif which == f.RLIMIT_CPU:
        _limit_time(process, soft)
    limits = list(process.rlimits)
    limits[which] = (soft, new.max)
    process.rlimits = tuple(limits)
    return 0


def _limit_time(process: Process, seconds: int) -> None:
    """Send SIGXCPU once so much time is used, and each second after."""
    timers = process.cpu_timers = process.cpu_timers or {}
    deadline = 0 if seconds == f.RLIM_INFINITY else max(seconds * 10**9, 1)
    timers[f.SIGXCPU] = Timer(deadline, 10**9)
