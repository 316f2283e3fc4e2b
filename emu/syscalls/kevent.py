"""kqueue, kevent, kevent64: waiting for descriptors, files, processes, signals, timers, users.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from collections.abc import Callable
from typing import NamedTuple

from emu.darwin import flags as f
from emu.darwin.errno import EACCES, EBADF, EINVAL, ENOENT, ESRCH, Errno
from emu.darwin.structs import Kevent, Kevent64, Timespec
from emu.host import Directory, FileHandle
from emu.kernel.files import OpenFile
from emu.kernel.knote import Counts, Knote, look, reported, vnode_state
from emu.kernel.kqueue import Kqueue, Waits
from emu.syscalls.kinds import (
    Fd,
    Int,
    Kevents64In,
    Kevents64Out,
    KeventsIn,
    KeventsOut,
    TimespecIn,
    UInt,
)
from emu.syscalls.poll import wait_until
from emu.syscalls.table import Call, syscall
from emu.syscalls.time import MAX_SECONDS

__all__: list[str] = []

_KEVENT_FLAG_IMMEDIATE, _KEVENT_FLAG_ERROR_EVENTS = 0x1, 0x2
_ON_DESCRIPTORS = (f.EVFILT_READ, f.EVFILT_WRITE, f.EVFILT_VNODE)
_KEPT = f.EV_ONESHOT | f.EV_CLEAR | f.EV_DISPATCH
_UNITS = {0: 10**6, f.NOTE_SECONDS: 10**9, f.NOTE_USECONDS: 10**3, f.NOTE_NSECONDS: 1}
_FF_CONTROL, _FF_AND, _FF_OR, _FF_COPY = 0xC0000000, 0x40000000, 0x80000000, 0xC0000000
_FF_MASK = 0xFFFFFF


class _Event(NamedTuple):
    """One change or event, whichever struct it came in."""

    ident: int
    filter: int
    flags: int
    fflags: int
    data: int
    udata: int
    ext: tuple[int, int] = (0, 0)


@syscall(362)
def kqueue(call: Call) -> int:
    """Make an event queue, which children do not inherit."""
    files, kernel = call.process.files, call.kernel
    files.lowest()
    queue = Kqueue(kernel.serial(), kernel.scheduler.wakeup, call.host.monotonic_ns)
    kernel.watch(queue, call.process)
    files.has_kqueue = True
    return files.add(OpenFile(queue, "kqueue", f.O_RDWR, "kqueue"))


@syscall(363, note="no EVFILT_AIO and EVFILT_MACHPORT")
def kevent(
    call: Call,
    fd: Fd,
    changelist: KeventsIn,
    nchanges: Int,
    eventlist: KeventsOut,
    nevents: Int,
    timeout: TimespecIn,
) -> int:
    """Register events and wait for some of those registered."""
    timeout_ns = _timeout(call, timeout)
    raw = call.space.copyin(changelist, Kevent.SIZE * nchanges) if nchanges > 0 else b""
    changes = [_Event(*row) for row in Kevent.STRUCT.iter_unpack(raw)]
    if nevents > 0:
        call.space.views(eventlist, Kevent.SIZE, f.PROT_WRITE)
    found = _kevent(call, fd, changes, nevents, timeout_ns, errors_only=False)
    rows = [Kevent.STRUCT.pack(*event[:6]) for event in found]
    call.space.copyout(eventlist, b"".join(rows))
    return len(found)


@syscall(369, note="no EVFILT_AIO and EVFILT_MACHPORT")
def kevent64(
    call: Call,
    fd: Fd,
    changelist: Kevents64In,
    nchanges: Int,
    eventlist: Kevents64Out,
    nevents: Int,
    flags: UInt,
    timeout: TimespecIn,
) -> int:  # fmt: skip
    """Register events and wait for some of those registered."""
    timeout_ns = 0 if flags & _KEVENT_FLAG_IMMEDIATE else _timeout(call, timeout)
    raw = call.space.copyin(changelist, Kevent64.SIZE * nchanges) if nchanges > 0 else b""
    rows_in = Kevent64.STRUCT.iter_unpack(raw)
    changes = [_Event(*row[:6])._replace(ext=(row[6], row[7])) for row in rows_in]
    if nevents > 0:
        call.space.views(eventlist, Kevent64.SIZE, f.PROT_WRITE)
    errors_only = bool(flags & _KEVENT_FLAG_ERROR_EVENTS)
    found = _kevent(call, fd, changes, nevents, timeout_ns, errors_only=errors_only)
    rows = [Kevent64.STRUCT.pack(*event[:6], *event.ext) for event in found]
    call.space.copyout(eventlist, b"".join(rows))
    return len(found)


def _timeout(call: Call, address: int) -> int | None:
    if not address:
        return None
    value = Timespec.unpack(call.space.copyin(address, Timespec.SIZE))
    if not 0 <= value.nsec < 10**9 or not 0 <= value.sec <= MAX_SECONDS:
        raise Errno(EINVAL)
    return value.sec * 10**9 + value.nsec


def _kevent(
    call: Call,
    fd: int,
    changes: list[_Event],
    nevents: int,
    timeout_ns: int | None,
    *,
    errors_only: bool,
) -> list[_Event]:
    queue = call.file(fd).handle
    if not isinstance(queue, Kqueue):
        raise Errno(EBADF)
    if "changed" not in call.memory:
        answers = _change_all(call, queue, changes, nevents)
        if answers or errors_only or nevents <= 0:
            return answers
        call.memory["changed"] = True
    found = _scan(call, queue, nevents)
    if not found:
        _wait(call, queue, timeout_ns)
    return found


# ---- changes ----


def _change_all(
    call: Call, queue: Kqueue, changes: list[_Event], room: int
) -> list[_Event]:  # fmt: skip
    """Make the changes; returns what failed, and with EV_RECEIPT what did not, as events."""
    answers: list[_Event] = []
    for change in changes:
        number = 0
        try:
            _change(call, queue, change)
        except Errno as failed:
            number = failed.number
            if len(answers) >= room:
                raise
        if number or (change.flags & f.EV_RECEIPT and len(answers) < room):
            flags = change.flags | f.EV_ERROR
            answers.append(change._replace(flags=flags, data=number))
    return answers


def _change(call: Call, queue: Kqueue, change: _Event) -> None:
    if change.filter not in _ATTACH:
        raise Errno(EINVAL)
    ident = change.ident & 0xFFFFFFFF if change.filter in _ON_DESCRIPTORS else change.ident
    key = (change.filter, ident)
    note = queue.knotes.get(key)
    if change.filter in _ON_DESCRIPTORS:
        file = call.file(ident)
        if note is not None and note.file is not file:
            note = None
    if change.flags & f.EV_DELETE:
        if note is None:
            raise Errno(ENOENT)
        del queue.knotes[key]
        return
    if note is None:
        if not change.flags & f.EV_ADD:
            raise Errno(ENOENT)
        note = Knote(ident, change.filter, change.flags & _KEPT)
    note.udata, note.ext = change.udata, change.ext
    if change.flags & f.EV_ADD or change.filter == f.EVFILT_USER:
        _ATTACH[change.filter](call, queue, note, change)
    if change.flags & f.EV_ADD:
        note.flags |= change.flags & _KEPT
    queue.knotes[key] = note
    if change.flags & f.EV_DISABLE:
        note.enabled = False
    elif change.flags & f.EV_ENABLE:
        note.enabled = True
        note.seen = None


def _attach_file(call: Call, queue: Kqueue, note: Knote, change: _Event) -> None:
    file = call.file(note.ident)
    if isinstance(file.handle, Kqueue) and (file.handle is queue or not queue.nest(file.handle)):
        raise Errno(EINVAL)
    note.file = file
    note.fflags, note.data, note.seen = change.fflags, change.data, None


def _attach_vnode(call: Call, _queue: Kqueue, note: Knote, change: _Event) -> None:
    file = call.file(note.ident)
    if not isinstance(file.handle, FileHandle | Directory):
        raise Errno(EINVAL)
    note.file, note.fflags = file, change.fflags
    note.told, note.vnode = 0, vnode_state(file)


def _attach_process(call: Call, _queue: Kqueue, note: Knote, change: _Event) -> None:
    process = call.kernel.find(note.ident)
    if not process.alive:
        raise Errno(ESRCH)
    if change.fflags & f.NOTE_EXITSTATUS and process.ppid != call.process.pid:
        raise Errno(EACCES)
    note.fflags, note.flags = change.fflags, note.flags | f.EV_CLEAR


def _attach_signal(_call: Call, _queue: Kqueue, note: Knote, _change: _Event) -> None:
    if not 0 < note.ident < f.NSIG:
        raise Errno(EINVAL)
    note.flags |= f.EV_CLEAR


def _attach_timer(call: Call, _queue: Kqueue, note: Knote, change: _Event) -> None:
    unit = change.fflags & (f.NOTE_SECONDS | f.NOTE_USECONDS | f.NOTE_NSECONDS)
    if unit not in _UNITS:
        raise Errno(EINVAL)
    time_ns = max(change.data, 0) * _UNITS[unit]
    note.fflags, note.data, note.hits = change.fflags, change.data, 0
    note.flags |= f.EV_CLEAR
    if change.fflags & f.NOTE_ABSOLUTE:
        note.deadline = max(call.now() + time_ns - call.host.realtime_ns(), 1)
        note.interval = 0
        return
    note.deadline = call.now() + time_ns
    note.interval = 0 if change.flags & f.EV_ONESHOT else max(time_ns, 1000)


def _attach_user(_call: Call, queue: Kqueue, note: Knote, change: _Event) -> None:
    new = change.fflags & _FF_MASK
    match change.fflags & _FF_CONTROL:
        case 0x40000000:  # NOTE_FFAND
            note.fflags &= new
        case 0x80000000:  # NOTE_FFOR
            note.fflags |= new
        case 0xC0000000:  # NOTE_FFCOPY
            note.fflags = new
        case _ if change.flags & f.EV_ADD:
            note.fflags = new
    note.data = change.data
    if change.fflags & f.NOTE_TRIGGER:
        queue.trigger(note)


_ATTACH: dict[int, Callable[[Call, Kqueue, Knote, _Event], None]] = {
    f.EVFILT_READ: _attach_file,
    f.EVFILT_WRITE: _attach_file,
    f.EVFILT_VNODE: _attach_vnode,
    f.EVFILT_PROC: _attach_process,
    f.EVFILT_SIGNAL: _attach_signal,
    f.EVFILT_TIMER: _attach_timer,
    f.EVFILT_USER: _attach_user,
}


# ---- events ----


def _scan(call: Call, queue: Kqueue, room: int) -> list[_Event]:
    """Return up to ``room`` events; those reported go behind the others."""
    found: list[_Event] = []
    now, counts = call.now(), Counts()
    for key, note in list(queue.knotes.items()):
        if len(found) >= room:
            break
        if note.file is not None and not _is_open(call, note):
            del queue.knotes[key]
            continue
        news = look(note, now, counts)
        if news is None:
            continue
        found.append(
            _Event(note.ident, note.filter, note.flags | news.flags, news.fflags, news.data,
                   note.udata, note.ext)
        )  # fmt: skip
        reported(note, news)
        del queue.knotes[key]
        if not note.flags & f.EV_ONESHOT:
            queue.knotes[key] = note
        if note.flags & f.EV_DISPATCH:
            note.enabled = False
    return found


def _is_open(call: Call, note: Knote) -> bool:
    """Tell whether the descriptor still leads where it did: closing it ends the event."""
    try:
        return call.file(note.ident) is note.file
    except Errno:
        return False


def _wait(call: Call, queue: Kqueue, timeout_ns: int | None) -> None:
    """Park until something may have happened; returns once the time is over."""
    waits = Waits(call.now())
    waits.queue(queue)
    wait_until(call, waits, timeout_ns)
