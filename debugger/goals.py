"""Motions: each goal says where the guest is to stop next and what that is called.

The engine asks a goal before instructions (at ``points``, or at ``every`` one) and at accesses
to memory in ``ranges``.  A goal is about one process, and moves with a fork that is followed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from debugger.running import Run
    from emu.kernel.process import Process
    from emu.machine_probe import Access

__all__ = ["Condition", "Continue", "Goal", "Instructions", "RunTo", "Touch"]


@dataclass(slots=True)
class Goal:
    """Go on without an end of its own; the base of all.

    Attributes:
        pid: the process that moves.
        motion: the command's name, for the event.
        every: whether the goal has to be asked before each instruction.
        points: the addresses at which it has to be asked.
        ranges: memory that it wants to know accesses of: (first, last, READ | WRITE).
        routine: the routine that ``finish`` leaves; its x0 is then shown.
        outlives: whether it can still be reached when ``execve`` has started another program.
    """

    pid: int
    motion: str = "continue"
    every: bool = False
    points: frozenset[int] = frozenset()
    ranges: tuple[tuple[int, int, int], ...] = ()
    routine: str = ""
    outlives: bool = False

    def reached(self, engine: Run, process: Process, pc: int) -> bool:
        """Tell whether this is the place; asked before the instruction at ``pc``."""
        del engine, process, pc
        return False

    def touched(self, access: Access) -> bool:
        """Tell whether to stop behind an access to ``ranges``."""
        del access
        return False


@dataclass(slots=True)
class Continue(Goal):
    """Until something else stops the guest."""

    outlives: bool = True


@dataclass(slots=True)
class Instructions(Goal):
    """So many instructions of one process."""

    count: int = 1
    outlives: bool = True

    def reached(self, engine: Run, process: Process, pc: int) -> bool:
        """Count down."""
        del engine, process, pc
        self.count -= 1
        return self.count <= 0


@dataclass(slots=True)
class RunTo(Goal):
    """An address in the same frame or one further out: sp at least ``lowest_sp``."""

    lowest_sp: int = 0

    def reached(self, engine: Run, process: Process, pc: int) -> bool:
        """Compare the stack pointer at the address."""
        del process
        return pc in self.points and engine.machine.read("sp") >= self.lowest_sp


@dataclass(slots=True)
class Condition(Goal):
    """The first instruction for which ``holds(engine, pc)`` says so."""

    every: bool = True
    holds: Callable[[Run, int], bool] = field(default=lambda _engine, _pc: False)

    def reached(self, engine: Run, process: Process, pc: int) -> bool:
        """Ask."""
        del process
        return self.holds(engine, pc)


@dataclass(slots=True)
class Touch(Goal):
    """The first access that begins where a range does: reading ahead into it does not count."""

    def touched(self, access: Access) -> bool:
        """Look where the access begins."""
        return any(access.address == low for low, _, _ in self.ranges)
