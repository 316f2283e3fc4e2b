"""From what happens in a run to what a trace shows, in strace's order.

A call is shown once it has returned; that it began matters only where something else comes in
between, which :mod:`emu.strace.lines` sees to.  What a call reads is formatted when it begins,
since it may be gone when it returns; what it writes, when it has returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from emu.darwin.errno import EINTR
from emu.observer import Observer
from emu.strace.selection import Selection
from emu.strace.shapes import Shape, shape_of
from emu.strace.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.process import Park, Process
    from emu.kernel.signals import SigInfo
    from emu.memory import AddressSpace
    from emu.syscalls.table import Syscall

__all__ = ["Pending", "Renderer", "Tracer"]

#: Bytes of a string that are shown, as in strace.
DEFAULT_SIZE = 32


class Pending(Shown):
    """A call between its beginning and its end.

    ``texts`` are its arguments as far as they are formatted, with None for those that the
    call does not take.  ``special`` says that anything but returning happened to the call, or
    that there is a clock.  ``cut`` says that its line is already out, unfinished; ``outcome`` is
    "returned", "restarts" (a signal's handler runs first) or "gone" (the process has ended).
    Times are in nanoseconds, 0 without a clock.
    """

    # What most calls never change stands in the class: one is made for every call.
    result: Any = None
    error = 0
    special = False
    parked = False
    cut = False
    outcome = "returned"
    child = 0
    began = 0
    ended = 0

    def __init__(
        self, pid: int, shape: Shape, values: tuple[int, ...], space: AddressSpace, limit: int
    ) -> None:
        self.values = values
        self.space = space
        self.limit = limit
        self.pid = pid
        self.shape = shape
        self.texts: list[str | None] = shape.begin(self, values)


class Renderer(Protocol):
    """Turns what the tracer saw into output; times are nanoseconds, 0 without a clock."""

    def parked(self, call: Pending) -> None:
        """Note that ``call`` waits: from now on other lines may come in between."""

    def finished(self, call: Pending) -> None:
        """Show a call with its outcome."""

    def signal(self, pid: int, info: SigInfo, effect: str, now: int) -> None:
        """Show a signal that takes effect."""

    def forked(self, parent: int, child: int, now: int) -> None:
        """Show a new process."""

    def ended(self, pid: int, status: int, now: int) -> None:
        """Show the end of a process; ``status`` is wait4's word."""


class Tracer(Observer):
    """Follows all processes of a system."""

    def __init__(
        self,
        renderer: Renderer,
        *,
        selection: Selection | None = None,
        size: int = DEFAULT_SIZE,
        clock: Callable[[], int] | None = None,
    ) -> None:
        """Show by ``renderer`` what ``selection`` lets through.

        ``size`` is how many bytes of strings are shown; ``clock`` gives nanoseconds.
        """
        self._renderer = renderer
        self._selection = selection or Selection()
        self._size = size
        self._clock = clock
        self._pending: dict[int, Pending] = {}
        self._shapes: dict[int, Shape | None] = {}

    def _now(self) -> int:
        return self._clock() if self._clock is not None else 0

    def _shape(self, number: int, row: Syscall | None) -> Shape | None:
        shape = shape_of(number, row) if number in self._selection else None
        if len(self._shapes) < 1024:
            # A guest may make up any number of numbers.
            self._shapes[number] = shape
        return shape

    # -- calls ----------------------------------------------------------------------------

    def entering(
        self, process: Process, number: int, row: Syscall | None, arguments: tuple[int, ...]
    ) -> None:
        """Format what the call reads, unless this is a parked call that is run again."""
        pid = process.pid
        if pid in self._pending:
            return
        shape = self._shapes[number] if number in self._shapes else self._shape(number, row)
        if shape is None:
            return
        call = self._pending[pid] = Pending(pid, shape, arguments, process.space, self._size)
        if self._clock is not None:
            call.began = self._clock()
            call.special = True

    def returned(
        self,
        process: Process,
        number: int,
        row: Syscall | None,
        arguments: tuple[int, ...],
        result: Any,  # noqa: ANN401 - a handler's result
        error: int,
    ) -> None:
        """Format what the call wrote, and show it."""
        del number, row, arguments
        call = self._pending.pop(process.pid, None)
        if call is None:
            return
        call.result = result
        call.error = error
        if call.special:
            self._finish(call)
            return
        if call.shape.rest:
            call.texts += call.shape.end(call, call.values)
        self._renderer.finished(call)

    def _finish(self, call: Pending) -> None:
        if call.shape.rest and call.outcome == "returned":
            call.texts += call.shape.end(call, call.values)
        if self._clock is not None:
            call.ended = self._clock()
        self._renderer.finished(call)
        if call.child:
            self._renderer.forked(call.pid, call.child, call.ended)

    def parked(self, process: Process, wait: Park) -> None:
        """Let other lines come in between."""
        del wait
        call = self._pending.get(process.pid)
        if call is not None and not call.parked:
            call.parked = call.special = True
            self._renderer.parked(call)

    def interrupted(self, process: Process, done: int, *, again: bool) -> None:
        """Show how a signal ended a parked call."""
        call = self._pending.pop(process.pid, None)
        if call is None:
            return
        call.special = True
        if again:
            call.outcome = "restarts"
        else:
            call.result, call.error = done, 0 if done else EINTR
        self._finish(call)

    # -- processes and signals --------------------------------------------------------------

    def delivered(self, process: Process, info: SigInfo, effect: str) -> None:
        """Show a signal; a call that it ends together with the process comes first."""
        if effect in ("terminate", "core"):
            self._drop(process)
        self._renderer.signal(process.pid, info, effect, self._now())

    def forked(self, parent: Process, child: Process) -> None:
        """Note a child, which is shown behind the call that made it."""
        call = self._pending.get(parent.pid)
        if call is not None:
            call.child = child.pid
            call.special = True
        else:
            self._renderer.forked(parent.pid, child.pid, self._now())

    def ended(self, process: Process) -> None:
        """Show the end, behind the call in which it came."""
        self._drop(process)
        self._renderer.ended(process.pid, process.status, self._now())

    def _drop(self, process: Process) -> None:
        call = self._pending.pop(process.pid, None)
        if call is not None:
            call.outcome = "gone"
            call.special = True
            self._finish(call)
