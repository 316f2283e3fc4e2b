"""One registered event of a queue, and whether there is something to report of it.

:func:`look` changes nothing that a program could see, so a queue within a queue is looked at the
same way; :func:`reported` then notes what was taken.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emu.darwin import flags as f
from emu.host.handle import HostStat
from emu.host.readiness import BROKEN, HANGUP, READABLE, WRITABLE
from emu.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.files import OpenFile

__all__ = ["Counts", "Knote", "News", "look", "reported", "vnode_state"]

#: How many events wait in queues that were looked at already: each is looked at once.
Counts = dict[Any, int]
#: The room that a socket or pipe is said to have.
_ROOM: Final = 0x20000


class VnodeState(NamedTuple):
    """What EVFILT_VNODE compares: where a file is and what is known of it."""

    path: bytes
    stat: HostStat


@record(frozen=False, eq=False)
class Knote:
    """One event that somebody wants to hear of.

    ``fflags`` and ``data`` are what was asked for; ``hits`` and ``told`` count or collect what
    has happened since it was last reported.
    """

    ident: int
    filter: int
    flags: int
    fflags: int = 0
    data: int = 0
    udata: int = 0
    ext: tuple[int, int] = (0, 0)
    #: The descriptor's open file, for those on descriptors.
    file: OpenFile | None = None
    enabled: bool = True
    hits: int = 0
    told: int = 0
    #: Monotonic nanoseconds of a timer's next end, 0 for none.
    deadline: int = 0
    interval: int = 0
    #: EV_CLEAR on a descriptor: what was there, and what had been taken, when it was reported.
    seen: tuple[int, int] | None = None
    #: The file as it was when it was last compared, for EVFILT_VNODE.
    vnode: VnodeState | None = None


class News(NamedTuple):
    """What an event is reported with: fflags, data, and flags beside those of the knote."""

    fflags: int = 0
    data: int = 0
    flags: int = 0


def look(note: Knote, now: int, counts: Counts) -> News | None:
    """Return what there is to report of an event at ``now`` (monotonic ns), None for nothing."""
    return _LOOK[note.filter](note, now, counts) if note.enabled else None


def _readable(note: Knote, now: int, counts: Counts) -> News | None:
    file = note.file
    assert file is not None  # noqa: S101 - it was given when the event was registered
    handle = file.handle
    if file.kind == "kqueue":
        data = handle.waiting(now, counts)
        ready = READABLE if data else 0
    else:
        ready = handle.readiness()
        data = handle.available() if ready & (READABLE | HANGUP) else 0
    if not ready & (READABLE | HANGUP):
        note.seen = None
        return None
    ended = f.EV_EOF if ready & HANGUP else 0
    if file.kind == "vnode" and not data:
        return None
    if note.fflags & f.NOTE_LOWAT and data < note.data and not ended:
        return None
    if note.flags & f.EV_CLEAR and note.seen is not None:
        # Reported once already: is there more?
        had, taken = note.seen
        if not (data + file.taken - taken > had or (not data and file.taken != taken)):
            return None
    is_listener = file.kind == "socket" and not data and not ended
    return News(0, int(is_listener) or data, ended)


def _writable(note: Knote, _now: int, _counts: Counts) -> News | None:
    file = note.file
    assert file is not None  # noqa: S101 - it was given when the event was registered
    ready = file.handle.readiness()
    if not ready & (WRITABLE | BROKEN):
        note.seen = None
        return None
    if note.flags & f.EV_CLEAR and note.seen == (0, file.filled):
        return None
    return News(0, _ROOM, f.EV_EOF if ready & BROKEN else 0)


def _process(note: Knote, _now: int, _counts: Counts) -> News | None:
    return News(note.told, note.data) if note.hits else None


def _signal(note: Knote, _now: int, _counts: Counts) -> News | None:
    return News(0, note.hits) if note.hits else None


def _timer(note: Knote, now: int, _counts: Counts) -> News | None:
    """Return how often a timer has ended since it was last reported."""
    if not note.deadline or now < note.deadline:
        return None
    return News(0, 1 + ((now - note.deadline) // note.interval if note.interval else 0))


def _user(note: Knote, _now: int, _counts: Counts) -> News | None:
    return News(note.fflags, note.data) if note.hits else None


# ---- files ----


_GONE: Final = HostStat(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def vnode_state(file: OpenFile) -> VnodeState:
    """Return a file as it is now; without a link where the host has lost it."""
    stat, path = _GONE, b""
    with suppress(OSError):
        stat = file.handle.stat()
        path = file.handle.path() if stat.nlink else b""
    return VnodeState(path, stat)


def _vnode(note: Knote, _now: int, _counts: Counts) -> News | None:
    """Collect what has become of a file since it was last compared."""
    assert note.file is not None  # noqa: S101 - it was given when the event was registered
    assert note.vnode is not None  # noqa: S101 - likewise
    old, new = note.vnode, vnode_state(note.file)
    if new != old:
        note.told |= _changes(old, new) & note.fflags
        note.vnode = new
    return News(note.told) if note.told else None


def _changes(old: VnodeState, new: VnodeState) -> int:
    """Return the NOTE_ bits for what differs; reading is no change."""
    was, now = old.stat, new.stat
    if was.nlink and not now.nlink:
        return f.NOTE_DELETE
    notes = 0
    if now.nlink != was.nlink:
        notes |= f.NOTE_LINK
    if old.path and new.path and new.path != old.path:
        notes |= f.NOTE_RENAME
    if now.size > was.size:
        notes |= f.NOTE_EXTEND
    if (now.mtime_ns, now.size) != (was.mtime_ns, was.size):
        notes |= f.NOTE_WRITE
    attributes = (now.mode, now.uid, now.gid, now.flags)
    if attributes != (was.mode, was.uid, was.gid, was.flags) or (
        not notes and now.ctime_ns != was.ctime_ns
    ):
        notes |= f.NOTE_ATTRIB
    return notes


_LOOK: Final[dict[int, Callable[[Knote, int, Counts], News | None]]] = {
    f.EVFILT_READ: _readable,
    f.EVFILT_WRITE: _writable,
    f.EVFILT_VNODE: _vnode,
    f.EVFILT_PROC: _process,
    f.EVFILT_SIGNAL: _signal,
    f.EVFILT_TIMER: _timer,
    f.EVFILT_USER: _user,
}


def reported(note: Knote, news: News) -> None:
    """Note that a program has been given ``news``."""
    clears = bool(note.flags & f.EV_CLEAR)
    match note.filter:
        case f.EVFILT_READ if clears and note.file is not None:
            note.seen = (news.data, note.file.taken)
        case f.EVFILT_WRITE if clears and note.file is not None:
            note.seen = (0, note.file.filled)
        case f.EVFILT_VNODE if clears:
            note.told = 0
        case f.EVFILT_PROC | f.EVFILT_SIGNAL:
            note.told = note.hits = 0
        case f.EVFILT_TIMER:
            note.deadline = note.deadline + news.data * note.interval if note.interval else 0
        case f.EVFILT_USER if note.flags & (f.EV_CLEAR | f.EV_DISPATCH):
            note.hits = 0
