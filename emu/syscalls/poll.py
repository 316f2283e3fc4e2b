"""Waiting for several descriptors: select, pselect, poll.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, Errno
from emu.darwin.structs import Pollfd, Timespec, Timeval
from emu.host.readiness import BROKEN, ERROR, HANGUP, READABLE, WRITABLE
from emu.kernel.files import OpenFile
from emu.kernel.kqueue import Waits
from emu.kernel.process import Park
from emu.kernel.signals import UNBLOCKABLE
from emu.syscalls.kinds import FdSetInOut, Int, PollfdsInOut, SigSetIn, TimespecIn, TimevalIn, UInt
from emu.syscalls.table import Call, syscall
from emu.syscalls.time import MAX_SECONDS, duration

__all__ = ["wait_for", "wait_until"]

_READS = f.POLLIN | f.POLLRDNORM
_WRITES = f.POLLOUT | f.POLLWRBAND
#: What makes poll look at the reading side.
_ASKS_READ = _READS | f.POLLRDBAND | f.POLLPRI | f.POLLHUP


def wait_for(call: Call, files: list[tuple[OpenFile, bool, bool]], timeout_ns: int | None) -> None:
    """Park until one of ``files``, (file, read, write), is ready; returns once the time is over."""
    waits = Waits(call.now())
    for file, read, write in files:
        waits.add(file.handle, read=read, write=write)
    wait_until(call, waits, timeout_ns)


def wait_until(call: Call, waits: Waits, timeout_ns: int | None) -> None:
    """Park until something of ``waits`` may have happened; returns once the time is over."""
    if timeout_ns is not None:
        deadline = call.deadline(timeout_ns)
        if call.now() >= deadline:
            return
        waits.by(deadline)
    raise Park(
        reads=tuple(waits.reads),
        writes=tuple(waits.writes),
        channels=tuple(waits.channels),
        deadline=waits.deadline,
        restarts=False,
    )


# ---- poll ----


@syscall(230, 417)
def poll(call: Call, fds: PollfdsInOut, nfds: UInt, timeout: Int) -> int:
    """Report which of several descriptors are ready; ``timeout`` in milliseconds."""
    if nfds > f.OPEN_MAX or timeout < -1:
        raise Errno(EINVAL)
    raw = call.space.copyin(fds, Pollfd.SIZE * nfds)
    asked = list(struct.iter_unpack("<ihh", raw))
    answers = [_poll_one(call, fd, events) for fd, events, _ in asked]
    ready = sum(map(bool, answers))
    if not ready:
        files = [
            (call.file(fd), bool(events & _ASKS_READ), bool(events & _WRITES))
            for fd, events, _ in asked
            if fd >= 0
        ]
        wait_for(call, files, None if timeout < 0 else timeout * 1_000_000)
    told = [(fd, events, answer) for (fd, events, _), answer in zip(asked, answers, strict=True)]
    call.space.copyout(fds, b"".join(struct.pack("<ihh", *one) for one in told))
    return ready


def _poll_one(call: Call, fd: int, events: int) -> int:
    if fd < 0:
        return 0
    try:
        ready = call.file(fd).handle.readiness()
    except Errno:
        return f.POLLNVAL
    found = 0
    if ready & READABLE:
        found |= events & _READS
    if ready & WRITABLE and not ready & BROKEN:
        found |= events & _WRITES
    if (ready & HANGUP and events & _ASKS_READ) or (ready & BROKEN and events & _WRITES):
        found |= f.POLLHUP
    if ready & ERROR:
        found |= f.POLLERR
    return found


# ---- select ----


@syscall(93, 407)
def select(
    call: Call, nd: Int, in_: FdSetInOut, ou: FdSetInOut, ex: FdSetInOut, tv: TimevalIn
) -> int:
    """Report which of several descriptors are ready; nothing is ever exceptional here."""
    timeout_ns = None
    if tv:
        timeout_ns = duration(Timeval.unpack(call.space.copyin(tv, Timeval.SIZE)))
    return _select(call, nd, (in_, ou, ex), timeout_ns)


@syscall(394, 395)
def pselect(
    call: Call,
    nd: Int,
    in_: FdSetInOut,
    ou: FdSetInOut,
    ex: FdSetInOut,
    ts: TimespecIn,
    mask: SigSetIn,
) -> int:
    """Select with other signals blocked meanwhile."""
    timeout_ns = None
    if ts:
        value = Timespec.unpack(call.space.copyin(ts, Timespec.SIZE))
        if not 0 <= value.nsec < 10**9 or not 0 <= value.sec <= MAX_SECONDS:
            raise Errno(EINVAL)
        timeout_ns = value.sec * 10**9 + value.nsec
    signals = call.process.signals
    if mask and signals.suspended_mask is None:
        (new,) = struct.unpack("<I", call.space.copyin(mask, 4))
        signals.suspended_mask, signals.mask = signals.mask, new & ~UNBLOCKABLE
    try:
        ready = _select(call, nd, (in_, ou, ex), timeout_ns)
    except Errno:
        _unsuspend(call)
        raise
    _unsuspend(call)
    return ready


def _unsuspend(call: Call) -> None:
    """Put the mask back that a call had replaced while it waited."""
    signals = call.process.signals
    if signals.suspended_mask is not None:
        signals.mask, signals.suspended_mask = signals.suspended_mask, None


def _select(call: Call, nd: int, sets: tuple[int, int, int], timeout_ns: int | None) -> int:
    if nd < 0:
        raise Errno(EINVAL)
    # xnu looks no further than its table of descriptors; the limit of 1024 is libc's own.
    nd = min(nd, f.OPEN_MAX)
    size = -(-nd // 32) * 4
    space, every = call.space, (1 << nd) - 1
    asked = [int.from_bytes(space.copyin(at, size), "little") & every if at else 0 for at in sets]
    files = [
        (fd, call.file(fd), bool(asked[0] >> fd & 1), bool(asked[1] >> fd & 1))
        for fd in range(nd)
        if (asked[0] | asked[1] | asked[2]) >> fd & 1
    ]
    found = [0, 0, 0]
    for fd, file, read, write in files:
        ready = file.handle.readiness()
        if read and ready & (READABLE | HANGUP):
            found[0] |= 1 << fd
        if write and ready & (WRITABLE | BROKEN):
            found[1] |= 1 << fd
    if not any(found):
        wait_for(call, [one[1:] for one in files], timeout_ns)
    for at, bits in zip(sets, found, strict=True):
        if at:
            space.copyout(at, bits.to_bytes(size, "little"))
    return sum(bits.bit_count() for bits in found)
