"""Record locks between guest processes, as plain data (XNU: ``bsd/kern/kern_lockf.c``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["MAX_OFFSET", "RecordLock", "RecordLocks"]

#: Last byte that a lock can reach: one to the end of the file ends here.
MAX_OFFSET = (1 << 63) - 1


@record
class RecordLock:
    """Bytes ``start`` to ``end``, both included, that process ``pid`` has locked."""

    pid: int
    kind: int  # F_RDLCK or F_WRLCK
    start: int
    end: int

    def conflicts(self, other: RecordLock) -> bool:
        """Tell whether two locks cannot be held at once."""
        return (
            self.pid != other.pid
            and f.F_WRLCK in (self.kind, other.kind)
            and self.start <= other.end
            and other.start <= self.end
        )


class RecordLocks:
    """The locks by the files' identity (device, inode); false while there are none."""

    __slots__ = ("_held", "_waiting", "_wakeup")

    def __init__(self, wakeup: Callable[[Hashable], None]) -> None:
        """Start with none; ``wakeup`` wakes those who wait for a channel."""
        self._held: dict[tuple[int, int], list[RecordLock]] = {}
        #: Which lock's owner each process waits for.
        self._waiting: dict[int, int] = {}
        self._wakeup = wakeup

    def __len__(self) -> int:
        """Return how many files are locked."""
        return len(self._held)

    def blocking(self, identity: tuple[int, int], wanted: RecordLock) -> RecordLock | None:
        """Return the first lock that ``wanted`` conflicts with."""
        found = [lock for lock in self._held.get(identity, ()) if lock.conflicts(wanted)]
        return min(found, key=lambda lock: lock.start, default=None)

    def put(self, identity: tuple[int, int], new: RecordLock) -> None:
        """Lock, or with F_UNLCK free, in the place of what the process held there."""
        self._waiting.pop(new.pid, None)
        kept: list[RecordLock] = []
        for lock in self._held.get(identity, ()):
            if lock.pid != new.pid or lock.end < new.start or lock.start > new.end:
                kept.append(lock)
                continue
            if lock.start < new.start:
                kept.append(replace(lock, end=new.start - 1))
            if lock.end > new.end:
                kept.append(replace(lock, start=new.end + 1))
        if new.kind != f.F_UNLCK:
            kept.append(new)
        if kept:
            self._held[identity] = kept
        else:
            self._held.pop(identity, None)
        self._wakeup(("lock", identity))

    def release(self, pid: int, identity: tuple[int, int] | None = None) -> None:
        """Free what a process holds on one file, which it closes, or on all."""
        for which in [identity] if identity is not None else list(self._held):
            if any(lock.pid == pid for lock in self._held.get(which, ())):
                self.put(which, RecordLock(pid, f.F_UNLCK, 0, MAX_OFFSET))
        self._waiting.pop(pid, None)

    def waits(self, pid: int, owner: int, still_waits: Callable[[int], bool]) -> bool:
        """Note that a process waits for another; False where that would be for ever (EDEADLK).

        ``still_waits`` tells whether a process really does: a signal may have ended its call.
        """
        at: int | None = owner
        while at is not None:
            if at == pid:
                return False
            at = self._waiting.get(at) if still_waits(at) else None
        self._waiting[pid] = owner
        return True
