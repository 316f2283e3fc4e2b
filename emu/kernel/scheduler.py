"""Who runs next, who waits for what, and which timer is due: data only, no clock of its own."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import TYPE_CHECKING

from emu.kernel.process import Park, Process, State

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Scheduler"]

_COMPACT = 256


class Scheduler:
    """A run queue in two parts that take turns: those set first, and all others as they came.

    A server that forks for each connection goes on before all others once its child is done,
    and there is always the next connection: without turns a child that waited for its request,
    or whose slice ended, would go on only when no connection is left.
    """

    def __init__(self) -> None:
        """Start with nobody."""
        self._first: deque[Process] = deque()
        self._queue: deque[Process] = deque()
        self._firsts_turn = False
        self._channels: dict[Hashable, dict[Process, Park]] = {}
        self._timers: list[tuple[int, int, Process, Park | None]] = []
        self._order = itertools.count()
        self.parked = 0
        #: A debugger's choice of who may run; those who may not keep their place.
        self.may_run: Callable[[Process], bool] | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody is ready to run."""
        return not (self._first or self._queue)

    def next(self) -> Process | None:
        """Take the process that runs next."""
        if self.may_run is not None:
            return self._next_allowed(self.may_run)
        while self._first or self._queue:
            chosen = self._first or self._queue
            if self._first and self._queue:
                self._firsts_turn = not self._firsts_turn
                chosen = self._first if self._firsts_turn else self._queue
            process = chosen.popleft()
            if process.state is State.READY:
                return process
        return None

    def _next_allowed(self, may_run: Callable[[Process], bool]) -> Process | None:
        for queue in (self._first, self._queue):
            for process in list(queue):
                if process.state is not State.READY:
                    queue.remove(process)
                elif may_run(process):
                    queue.remove(process)
                    return process
        return None

    def ready(self, process: Process, *, first: bool = False) -> None:
        """Queue a process that can run: at the end, or ``first``."""
        process.state = State.READY
        if first:
            self._first.appendleft(process)
        else:
            self._queue.append(process)

    def park(self, process: Process, wait: Park) -> None:
        """Set a process aside until :meth:`wake`, a channel or its deadline."""
        process.state = State.PARKED
        process.wait = wait
        self.parked += 1
        for channel in wait.channels:
            self._channels.setdefault(channel, {})[process] = wait
        if wait.deadline is not None:
            self._push(wait.deadline, process, wait)

    def wake(self, process: Process) -> bool:
        """Make a parked process ready; tells whether it was parked.

        ``process.wait`` stays until the process runs, which shows what it waited for.
        """
        if process.state is not State.PARKED:
            return False
        self.unpark(process)
        self.ready(process)
        return True

    def unpark(self, process: Process) -> None:
        """Take a process out of all waiting lists: it wakes, stops or ends."""
        if process.state is not State.PARKED:
            return
        self.parked -= 1
        for channel in process.wait.channels if process.wait else ():
            waiters = self._channels.get(channel)
            if waiters is not None:
                waiters.pop(process, None)
                if not waiters:
                    del self._channels[channel]

    def wakeup(self, channel: Hashable) -> None:
        """Wake all processes that wait for ``channel``."""
        for process in list(self._channels.get(channel, ())):
            self.wake(process)

    def waiters(self, channel: Hashable) -> list[Process]:
        """Return who waits for ``channel``, the longest first."""
        return list(self._channels.get(channel, ()))

    # -- timers ---------------------------------------------------------------------------

    def arm(self, process: Process) -> None:
        """Note that ``process.timer`` has been set."""
        if process.timer.deadline:
            self._push(process.timer.deadline, process, None)

    def _push(self, deadline: int, process: Process, wait: Park | None) -> None:
        heapq.heappush(self._timers, (deadline, next(self._order), process, wait))
        if len(self._timers) > _COMPACT and len(self._timers) > 4 * self._count_live():
            self._timers = [t for t in self._timers if _is_live(t)]
            heapq.heapify(self._timers)

    def _count_live(self) -> int:
        # Counting costs as much as compacting, so it is tried at powers of two only.
        n = len(self._timers)
        return n if n & (n - 1) else sum(map(_is_live, self._timers))

    def next_deadline(self) -> int | None:
        """Return when the next timer is due (monotonic ns), or None."""
        while self._timers and not _is_live(self._timers[0]):
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def expire(self, now: int) -> list[Process]:
        """Wake the processes whose wait is over; return those whose interval timer is due."""
        due = []
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)
            if not _is_live(timer):
                continue
            if timer[3] is None:
                due.append(timer[2])
            else:
                self.wake(timer[2])
        return due


def _is_live(timer: tuple[int, int, Process, Park | None]) -> bool:
    deadline, _, process, wait = timer
    if wait is not None:
        return process.state is State.PARKED and process.wait is wait
    return process.alive and process.timer.deadline == deadline
