"""A debugger's probe in the engine: exact stops before instructions and behind accesses.

Three facts of the engine shape this file.  A code hook that stops leaves the pc on the
instruction, which has not been executed.  A memory hook that stops leaves the pc on the
instruction too, its registers unchanged but memory already written: the write is undone and
the instruction executed once more as a whole, so that atomics and pairs are right as well.
An instruction that faults because its page is not in the engine's map yet is entered twice,
and its hooks must not see it twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emu.engine import const
from emu.machine import _MEM_HOOK, CODE_HOOK, EXEC, READ, WRITE, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from emu.machine import Machine

__all__ = ["Access", "Probe"]

_NOWHERE = -1
_STOPPED = Stop("stopped")
_WRITES = (const.UC_MEM_WRITE, const.UC_MEM_WRITE_PROT, const.UC_MEM_WRITE_UNMAPPED)


class Access(NamedTuple):
    """One access of an instruction to memory: READ or WRITE, guest address, size in bytes."""

    kind: int
    address: int
    size: int


class Probe:
    """Code and memory hooks of one machine, for one debugger."""

    def __init__(self, machine: Machine) -> None:
        """Attach to ``machine``; nothing is hooked yet."""
        self._machine = machine
        self._code: list[int] = []
        self._memory: list[int] = []
        self._blocks: list[int] = []
        self._muted = False
        #: The pc of an instruction that its hook has seen and that a fault kept from execution.
        self._unexecuted = _NOWHERE
        #: The same of an instruction that a stop, of whatever thread, kept from execution.
        self._stopped_at = _NOWHERE
        #: Told of such a stop; its process may leave the CPU and come back later.
        self.on_stopped_at: Callable[[int], None] = lambda _pc: None
        self._touched_at = _NOWHERE
        self._undo: list[tuple[int, bytes]] = []
        machine.after_run = self._after_run

    # -- code -----------------------------------------------------------------------------

    def watch_code(self, addresses: Collection[int] | None, reached: Callable[[int], None]) -> None:
        """Call ``reached(pc)`` before the instructions at ``addresses`` (None: all) alone.

        What was asked for before is replaced.  A callback that calls ``machine.stop()`` keeps
        the instruction from being executed.
        """
        machine = self._machine

        def entered(_uc: int, address: int, _size: int, _data: int) -> None:
            if self._muted or machine.locating:
                return
            if address == self._unexecuted:
                self._unexecuted = _NOWHERE
                return
            self._unexecuted = _NOWHERE
            try:
                reached(address)
            except BaseException as failed:  # noqa: BLE001 - run() raises it
                machine.fail(failed)
            self._stopped_at = address if machine.stopping else _NOWHERE

        self._drop(self._code)
        hook, kind = CODE_HOOK(entered), const.UC_HOOK_CODE
        if addresses is None:
            self._code.append(self._machine.add_hook(kind, hook))
        else:
            self._code += [self._machine.add_hook(kind, hook, a, a) for a in sorted(addresses)]
        self._machine.forget_all_code()

    def watch_blocks(self, entered: Callable[[int, int], None] | None) -> None:
        """Call ``entered(address, size)`` at each block of straight-line code, or no longer."""
        self._drop(self._blocks)
        if entered is not None:

            def reached(_uc: int, address: int, size: int, _data: int) -> None:
                if not (self._muted or self._machine.locating):
                    entered(address, size)

            self._blocks.append(self._machine.add_hook(const.UC_HOOK_BLOCK, CODE_HOOK(reached)))
        self._machine.forget_all_code()

    # -- memory ---------------------------------------------------------------------------

    def watch_memory(
        self,
        ranges: Sequence[tuple[int, int, int]],
        touched: Callable[[Access], bool],
    ) -> None:
        """Ask ``touched`` about each access to ``ranges``: (first, last, READ | WRITE).

        It is asked before the access, inside the engine; where it answers True the machine stops
        with "stopped" behind the instruction.  What was asked for before is replaced.
        """
        machine = self._machine

        def accessed(_uc: int, kind: int, address: int, size: int, _value: int, _data: int) -> bool:
            if self._muted or machine.locating:
                return True
            access = Access(WRITE if kind in _WRITES else READ, address, size)
            try:
                stops = touched(access)
            except BaseException as failed:  # noqa: BLE001 - run() raises it
                machine.fail(failed)
                return True
            if stops:
                if access.kind == WRITE:
                    self._keep(access)
                self._touched_at = machine.read("pc")
                machine.stop()
            return True

        self._drop(self._memory)
        hook = _MEM_HOOK(accessed)
        for first, last, access in ranges:
            kinds = (const.UC_HOOK_MEM_READ if access & READ else 0) | (
                const.UC_HOOK_MEM_WRITE if access & WRITE else 0
            )
            self._memory.append(machine.add_hook(kinds, hook, first, last))
        machine.forget_all_code()

    def _keep(self, access: Access) -> None:
        old = self._machine.read_memory(access.address, access.size)
        if old is not None:
            self._undo.append((access.address, old))

    def _drop(self, hooks: list[int]) -> None:
        for hook in hooks:
            self._machine.delete_hook(hook)
        hooks.clear()

    # -- behind each run ------------------------------------------------------------------

    def _after_run(self, stop: Stop) -> Stop:
        if self._muted:
            return stop
        touched_at, self._touched_at = self._touched_at, _NOWHERE
        if touched_at != _NOWHERE:
            stop = self._complete(stop, touched_at)
        stopped_at, self._stopped_at = self._stopped_at, _NOWHERE
        if stopped_at != _NOWHERE and self._machine.read("pc") == stopped_at:
            self.on_stopped_at(stopped_at)
        # An instruction that cannot be fetched has not reached its hooks.
        seen = stop.kind == "fault" and stop.access != EXEC
        self._unexecuted = self._machine.read("pc") if seen else _NOWHERE
        return stop

    def _complete(self, stop: Stop, pc: int) -> Stop:
        """Execute the instruction whose access stopped the machine, as if for the first time."""
        undo, self._undo = self._undo, []
        if stop.kind != "stopped" or self._machine.read("pc") != pc:
            # It went through in spite of the stop, or faulted and will be entered again.
            return stop
        for address, old in reversed(undo):
            self._machine.write_memory(address, old)
        return self.step()

    def step(self) -> Stop:
        """Execute one instruction exactly, past all hooks; "stopped" if nothing else happened."""
        start, entered = self._machine.read("pc"), 0

        def count(_pc: int) -> None:
            nonlocal entered
            entered += 1
            if entered > 1:
                self._machine.stop()

        self._muted = True
        remove = self._machine.hook_code(count)
        try:
            stop = _STOPPED
            # A time slice that ends just now stops the machine before the instruction.
            while stop.kind == "stopped" and entered < 2 and self._machine.read("pc") == start:
                entered = 0
                stop = self._machine.run()
        finally:
            remove()
            self._muted = False
        return stop
