"""Event queues as plain data (XNU: ``bsd/kern/kern_event.c``).

A :class:`Knote` is one registered event.  Those on descriptors are looked at when somebody asks;
what processes, signals and timers do is noted when it happens, or computed from the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.host.handle import Handle, HostStat
from emu.host.readiness import READABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from emu.kernel.files import OpenFile

__all__ = ["Knote", "Kqueue"]


@dataclass(slots=True, eq=False)
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


#: The ranks of queues within queues: of the first two that meet, and at the most.
_MIDDLE, _HIGHEST = 3, 6


class Kqueue(Handle):
    """An event queue; the knotes by (filter, ident)."""

    __slots__ = ("_wakeup", "channel", "knotes", "on_release", "rank")
    kind = "kqueue"
    channel: Hashable

    def __init__(self, number: int, wakeup: Callable[[Hashable], None]) -> None:
        """Start without events; ``wakeup`` wakes those who wait for a channel."""
        super().__init__()
        self._wakeup = wakeup
        self.channel = ("kqueue", number)
        self.knotes: dict[tuple[int, int], Knote] = {}
        #: What :meth:`nest` goes by, 0 until then.
        self.rank = 0
        #: Called with the queue once it is closed.
        self.on_release: Callable[[Kqueue], None] | None = None

    def note_process(self, pid: int, note: int, data: int = 0) -> None:
        """Note what process ``pid`` has done: a ``NOTE_`` bit, and data with NOTE_EXIT."""
        knote = self.knotes.get((f.EVFILT_PROC, pid))
        if knote is None or not knote.fflags & note:
            return
        knote.told |= note
        knote.hits += 1
        if note == f.NOTE_EXIT:
            knote.flags |= f.EV_EOF | f.EV_ONESHOT
            if knote.fflags & f.NOTE_EXITSTATUS:
                knote.told |= f.NOTE_EXITSTATUS
                knote.data = data
        self._wakeup(self.channel)

    def note_signal(self, signal: int) -> None:
        """Note that the owner was sent a signal, ignored or not."""
        knote = self.knotes.get((f.EVFILT_SIGNAL, signal))
        if knote is not None:
            knote.hits += 1
            self._wakeup(self.channel)

    def trigger(self, knote: Knote) -> None:
        """Fire a user's event."""
        knote.hits += 1
        self._wakeup(self.channel)

    def readiness(self) -> int:
        """Return READABLE where an event is known to wait; timers are not looked at."""
        waits = any(
            note.enabled
            and (note.hits or (note.filter == f.EVFILT_READ and note.file is not None
                               and note.file.handle.readiness() & READABLE))
            for note in self.knotes.values()
        )  # fmt: skip
        return READABLE if waits else 0

    def nest(self, inner: Kqueue) -> bool:
        """Take in another queue; False where that could close a circle, or lead too deep.

        As in xnu, which does not walk the queues either, each has a rank that it keeps, and
        holds such of lower rank alone.
        """
        rank = self.rank or (_MIDDLE if not inner.rank else inner.rank + 1)
        within = inner.rank or rank - 1
        if not 0 < within < rank <= _HIGHEST:
            return False
        self.rank, inner.rank = rank, within
        return True

    def stat(self) -> HostStat:
        """Return the status of something without content."""
        return HostStat(0, 0, f.S_IFIFO | 0o600, 1, 501, 20, 0, 0, 0, 32, 0, 0, 0, 0)

    def _release(self) -> None:
        self.knotes.clear()
        self._wakeup(self.channel)
        if self.on_release is not None:
            self.on_release(self)
