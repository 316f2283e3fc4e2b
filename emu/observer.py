"""Watching a run: what a tracer, the statistics and a debugger are told of it.

An :class:`Observer` overrides the methods that it is interested in and is added with
:meth:`emu.system.System.observe`.  A run that nobody watches pays one ``is None`` per event, and
one in which nobody follows the calls no more than that per call.
Observers look; they may stop the run by :meth:`emu.slices.Slices.expire`, but change nothing.

A call is reported as ``entering`` once for each time that it is run: once, and again after each
``parked`` and ``resumed``.  Then comes ``returned``, unless the process ended inside the call.
A fork goes ``entering`` (parent), ``forked``, ``returned`` (parent); the child runs next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.kernel.process import Park, Process
    from emu.kernel.signals import SigInfo
    from emu.syscalls.table import Syscall

__all__ = ["Observer", "Observers"]


class Observer:
    """Does nothing with anything; the base of all that watch.

    ``arguments`` are x0…x7, x16, the pc behind the ``svc`` and the flags, for an indirect
    call with the arguments moved down; ``row`` is None where no handler is known.
    """

    def follows_calls(self) -> bool:
        """Tell whether ``entering`` or ``returned`` do anything: those come for every call."""
        own = type(self)
        return own.entering is not Observer.entering or own.returned is not Observer.returned

    def entering(
        self, process: Process, number: int, row: Syscall | None, arguments: tuple[int, ...]
    ) -> None:
        """A call is about to be run, for the first time or again after a park."""

    def returned(
        self,
        process: Process,
        number: int,
        row: Syscall | None,
        arguments: tuple[int, ...],
        result: Any,  # noqa: ANN401 - a handler's result
        error: int,
    ) -> None:
        """A call returned ``result`` (an int, a pair, None) or failed with ``error``.

        The guest's registers hold the outcome, except those of an ``execve`` that succeeded.
        """

    def parked(self, process: Process, wait: Park) -> None:
        """A call waits; its process has left the CPU."""

    def resumed(self, process: Process, wait: Park) -> None:
        """A process whose call waited has the CPU again; signals are delivered next."""

    def odd_number(self, process: Process, arguments: tuple[int, ...]) -> None:
        """A call's number is 0, negative or wider than 16 bits: indirect, a Mach trap, a slip."""

    def unimplemented(self, process: Process, number: int) -> None:
        """A call has no handler; it is going to fail with ENOSYS.  The registers are saved."""

    def failed(self, process: Process, number: int, arguments: tuple[int, ...], error: int) -> None:
        """A call failed with ``error``; the registers say so."""

    def interrupted(self, process: Process, done: int, *, again: bool) -> None:
        """A signal's handler cut a parked call short.

        It returns ``done`` or, with 0, EINTR; with ``again`` (SA_RESTART) it is run again
        behind the handler.
        """

    def faulted(self, process: Process, info: SigInfo) -> None:
        """An instruction cannot be executed; ``info`` is the signal that this means."""

    def delivered(self, process: Process, info: SigInfo, effect: str) -> None:
        """A signal takes effect: "handler", "stop", "terminate" or "core"."""

    def crashed(self, process: Process, info: SigInfo) -> None:
        """A signal of the kind that leaves a core file is about to end ``process``.

        Its registers are saved and its memory is still there.
        """

    def forked(self, parent: Process, child: Process) -> None:
        """``child`` has come to be; neither has its result yet."""

    def ended(self, process: Process) -> None:
        """``process`` ended with ``process.status``; its memory is still there."""


class Observers(Observer):
    """Several observers as one, told in the order in which they came."""

    def __init__(self, several: Sequence[Observer]) -> None:
        """Tell ``several``."""
        self.several = tuple(several)

    @staticmethod
    def of(several: Sequence[Observer]) -> Observer | None:
        """Return one observer for ``several``, which may be none."""
        if len(several) > 1:
            return Observers(several)
        return several[0] if several else None

    def entering(
        self, process: Process, number: int, row: Syscall | None, arguments: tuple[int, ...]
    ) -> None:
        """Hand on."""
        for one in self.several:
            one.entering(process, number, row, arguments)

    def returned(
        self,
        process: Process,
        number: int,
        row: Syscall | None,
        arguments: tuple[int, ...],
        result: Any,  # noqa: ANN401 - a handler's result
        error: int,
    ) -> None:
        """Hand on."""
        for one in self.several:
            one.returned(process, number, row, arguments, result, error)

    def parked(self, process: Process, wait: Park) -> None:
        """Hand on."""
        for one in self.several:
            one.parked(process, wait)

    def resumed(self, process: Process, wait: Park) -> None:
        """Hand on."""
        for one in self.several:
            one.resumed(process, wait)

    def odd_number(self, process: Process, arguments: tuple[int, ...]) -> None:
        """Hand on."""
        for one in self.several:
            one.odd_number(process, arguments)

    def unimplemented(self, process: Process, number: int) -> None:
        """Hand on."""
        for one in self.several:
            one.unimplemented(process, number)

    def failed(self, process: Process, number: int, arguments: tuple[int, ...], error: int) -> None:
        """Hand on."""
        for one in self.several:
            one.failed(process, number, arguments, error)

    def interrupted(self, process: Process, done: int, *, again: bool) -> None:
        """Hand on."""
        for one in self.several:
            one.interrupted(process, done, again=again)

    def faulted(self, process: Process, info: SigInfo) -> None:
        """Hand on."""
        for one in self.several:
            one.faulted(process, info)

    def delivered(self, process: Process, info: SigInfo, effect: str) -> None:
        """Hand on."""
        for one in self.several:
            one.delivered(process, info, effect)

    def crashed(self, process: Process, info: SigInfo) -> None:
        """Hand on."""
        for one in self.several:
            one.crashed(process, info)

    def forked(self, parent: Process, child: Process) -> None:
        """Hand on."""
        for one in self.several:
            one.forked(parent, child)

    def ended(self, process: Process) -> None:
        """Hand on."""
        for one in self.several:
            one.ended(process)
