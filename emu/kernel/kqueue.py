"""Event queues as plain data (XNU: ``bsd/kern/kern_event.c``).

Events on descriptors are looked at when somebody asks; what processes, signals and timers do is
noted when it happens, or computed from the clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.host.handle import Handle, HostStat
from emu.host.readiness import READABLE
from emu.kernel.knote import Counts, Knote, look

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Kqueue", "Waits"]

#: How soon to look again at what the host cannot announce: a file that grows, more bytes behind
#: those that EV_CLEAR has reported already; and at a file that may change.
_LOOK_AGAIN_NS, _COMPARE_AGAIN_NS = 10_000_000, 50_000_000


class Waits:
    """What has to be waited for so that nothing of some queues and files is missed."""

    def __init__(self, now: int) -> None:
        """Start with nothing; ``now`` is in monotonic nanoseconds."""
        self.reads: list[Handle] = []
        self.writes: list[Handle] = []
        self.channels: list[Hashable] = []
        self.deadline: int | None = None
        self._now = now
        self._queues: set[Kqueue] = set()

    def by(self, deadline: int) -> None:
        """Wait no longer than until ``deadline``."""
        if self.deadline is None or deadline < self.deadline:
            self.deadline = deadline

    def add(self, handle: Handle, *, read: bool, write: bool) -> None:
        """Wait until ``handle`` can be read or written."""
        if isinstance(handle, Kqueue):
            self.queue(handle)
            return
        if handle.channel is not None:
            self.channels.append(handle.channel)
            return
        if read:
            self.reads.append(handle)
        if write:
            self.writes.append(handle)

    def queue(self, queue: Kqueue) -> None:
        """Wait for each event of ``queue``, and of those in it."""
        if queue in self._queues:
            return
        self._queues.add(queue)
        self.channels.append(queue.channel)
        for note in queue.knotes.values():
            if note.enabled:
                self._note(note)

    def _note(self, note: Knote) -> None:
        if note.deadline:
            self.by(note.deadline)
        if note.file is None:
            return
        handle = note.file.handle
        if note.filter == f.EVFILT_VNODE:
            self.by(self._now + _COMPARE_AGAIN_NS)
        elif note.seen is not None or (handle.channel is None and handle.fileno() < 0):
            self.by(self._now + _LOOK_AGAIN_NS)
        else:
            self.add(handle, read=note.filter == f.EVFILT_READ, write=note.filter != f.EVFILT_READ)


#: The ranks of queues within queues: of the first two that meet, and at the most.
_MIDDLE, _HIGHEST = 3, 6


class Kqueue(Handle):
    """An event queue; the knotes by (filter, ident)."""

    __slots__ = ("_clock", "_wakeup", "channel", "knotes", "on_release", "rank")
    kind = "kqueue"
    channel: Hashable

    def __init__(
        self, number: int, wakeup: Callable[[Hashable], None], clock: Callable[[], int]
    ) -> None:
        """Start without events.

        ``wakeup`` wakes those who wait for a channel; ``clock`` gives monotonic nanoseconds.
        """
        super().__init__()
        self._clock = clock
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
        """Return READABLE where an event waits."""
        return READABLE if self.waiting(self._clock(), {}) else 0

    def waiting(self, now: int, counts: Counts) -> int:
        """Return how many events there are to report.

        ``counts`` keeps the answer: queues that hold each other's queues are a tree of which each
        branch is looked at once.
        """
        if self not in counts:
            counts[self] = 0
            notes = (n for n in self.knotes.values() if n.file is None or not n.file.handle.closed)
            counts[self] = sum(look(note, now, counts) is not None for note in notes)
        return counts[self]

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
