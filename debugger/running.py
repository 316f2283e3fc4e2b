"""The ground floor of an engine: the state of a run, letting it run, and stopping it."""

from __future__ import annotations

import signal
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from debugger.calls import CallLog
from debugger.events import (
    Ended,
    Interrupted,
    StopEvent,
    Waiting,
)
from debugger.goals import Goal
from debugger.places import Place, place_of
from debugger.processes import ProcessTree
from debugger.registers import LiveRegisters, SavedRegisters
from debugger.request import Traffic
from debugger.stopping import (
    StopPoint,
    StopPoints,
    Watchpoint,
)
from debugger.terminal import INPUT_CHANNEL
from debugger.trail import Trail
from emu.errors import DebugError, ExpressionError
from emu.kernel.process import Process, State
from emu.machine import REGISTERS
from emu.machine_probe import Access

if TYPE_CHECKING:
    from collections.abc import Callable

    from debugger.registers import RegisterFile
    from emu.host.poller import Poller
    from emu.image import Image
    from emu.machine import Machine
    from emu.system import System

__all__ = ["Policy", "Run", "saved_pc"]

_PC = 8 * REGISTERS["pc"]


def saved_pc(process: Process) -> int:
    """Return the pc of a process that is off the CPU."""
    if not process.registers:
        return 0
    pc: int = struct.unpack_from("<Q", process.registers, _PC)[0]
    return pc


@contextmanager
def _awake_to_signals(poller: Poller) -> Iterator[None]:
    """Let a signal end a wait for the host: Python would act on it when the wait is over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.set_wakeup_fd(poller.wakeup_fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)


class Policy:
    """What the user chose about processes; outlives a run.

    Attributes:
        follow: "child", "parent", "both" or "ask": who is followed at a fork.
        locking: "off", "step" (others stand still while one is stepped) or "on".
        frozen: pids that do not run.
        waits: whether to wait when only the outside could wake the guest.
        client_active: tells whether a client of our own is under way.
    """

    def __init__(self) -> None:
        """Follow the child, lock nothing."""
        self.follow = "child"
        self.locking = "off"
        self.frozen: set[int] = set()
        self.waits = True
        self.client_active: Callable[[], bool] = lambda: False


class Run:
    """One run: who has the CPU, who is looked at, and why it stands still."""

    def __init__(
        self,
        image: Image,
        system: System,
        first: Process,
        points: StopPoints,
        policy: Policy,
        evaluate: Callable[[str, Process, RegisterFile], int],
        say: Callable[[str], None],
    ) -> None:
        """Take over ``system``, which has not run yet.

        ``evaluate`` gives a condition's value for a process, ``say`` prints logpoints.
        """
        self.image = image
        self.system = system
        self.machine: Machine = system.machine
        self.points = points
        self.policy = policy
        self.focus = first
        self.tree = ProcessTree(first, image)
        self.traffic = Traffic()
        self.log = CallLog()
        self.trail = Trail()
        self.logpoint: Callable[[str, Process, RegisterFile], None] = lambda t, _p, _r: say(t)
        self.goal = Goal(first.pid)
        self.stop: StopEvent | None = None
        #: Temporary points that have been hit: their command lists still have to run.
        self.spent: list[StopPoint] = []
        self.running = False
        self._evaluate, self._say = evaluate, say
        self._interrupted = threading.Event()
        #: Set when something was typed for the guest.
        self._typed = threading.Event()
        #: By pid: the pc whose hooks have been seen before the process left the CPU.
        self._passed: dict[int, int] = {}
        self._touches: list[tuple[Watchpoint | None, Access, int, int]] = []
        self._ended: Ended | None = None
        self._set_up()
        system.start(first)

    def _set_up(self) -> None:
        """Make what a class adds; the classes above extend it."""

    # -- running --------------------------------------------------------------------------

    def resume(self, goal: Goal) -> StopEvent:
        """Run until something stops the guest; ``focus`` is then the process to look at.

        Raises:
            DebugError: no process is left.
        """
        if not any(self.system.kernel.running):
            raise DebugError("no process is left: 'run' starts the program again")
        self.goal, self.stop, self._ended = goal, None, None
        self._prepare()
        # In this order: whoever sees that it runs may interrupt it.
        self._interrupted.clear()
        self.running = True
        try:
            with _awake_to_signals(self.system.host.poller):
                while self.stop is None:
                    self._turn()
        finally:
            self.running = False
            self.system.slices.pause()
        if not self.focus.alive:
            self.refocus()
        return self.stop

    def _turn(self) -> None:
        """Let the system run one process, or wait."""
        system = self.system
        system.paused = False
        if self._typed.is_set():
            self._typed.clear()
            system.kernel.scheduler.wakeup(INPUT_CHANNEL)
        if self._interrupted.is_set():
            self._stop_interrupted()
        elif reason := self._blocked():
            self.stop = Waiting(self.focus.pid, self.place(self.focus), reason)
        elif not system.step():
            self.stop = self._ended or Waiting(self.focus.pid, self.place(self.focus), "nothing")
        if self._touches:
            self._judge_touches()

    def interrupt(self) -> None:
        """Stop as soon as may be; any thread and any signal handler may call it."""
        self._interrupted.set()
        self.system.paused = True
        self.system.slices.expire()
        self.system.host.poller.wake()

    def wake_readers(self) -> None:
        """Let those go on who wait for what is typed; any thread may call it."""
        self._typed.set()
        self.system.paused = True
        self.system.slices.expire()
        self.system.host.poller.wake()

    def _stop_interrupted(self) -> None:
        process = self.focus if self.focus.alive else next(self.system.kernel.running)
        waiting = self.log.waiting.get(process.pid)
        where = waiting.shape.name if waiting and process.state is State.PARKED else ""
        self.focus = process
        self.stop = Interrupted(process.pid, self.place(process), where)

    def refocus(self) -> None:
        """Look at the parent of a process that has ended, else at any that lives."""
        kernel = self.system.kernel
        record = self.tree.records.get(self.focus.pid)
        parent = kernel.processes.get(record.parent) if record else None
        if parent is not None and parent.alive:
            self.focus = parent
        else:
            self.focus = next(kernel.running, self.focus)

    def _blocked(self) -> str:
        """Say why nothing can ever run, or "" ."""
        scheduler, policy = self.system.kernel.scheduler, self.policy
        if scheduler.may_run is None and not scheduler.idle:
            return ""
        alive = list(self.system.kernel.running)
        if any(p.state is State.READY and self._may_run(p) for p in alive):
            return ""
        may = [p for p in alive if self._may_run(p)]
        if not may and alive:
            return "every process is frozen; see 'thaw' and 'set schedule-locking'"
        # The server's timers wake its children; only a wait without a deadline has no end.
        if policy.waits or policy.client_active() or scheduler.next_deadline() is not None:
            return ""
        return "; ".join(f"{p.pid} in {self.waits_for(p) or p.state.value}" for p in alive)

    def waits_for(self, process: Process) -> str:
        """Return the call that a parked process waits in, or ""."""
        waiting = self.log.waiting.get(process.pid)
        return waiting.shape.name if waiting and process.state is State.PARKED else ""

    def _may_run(self, process: Process) -> bool:
        if process.pid in self.policy.frozen:
            return False
        locking = self.policy.locking
        locked = locking == "on" or (locking == "step" and self.goal.motion != "continue")
        return not locked or process.pid == self.goal.pid

    def image_of(self, process: Process) -> Image:
        """Return the program that a process runs: ``execve`` may have started another."""
        return process.image or self.image

    def place(self, process: Process) -> Place:
        """Return where a process that is off the CPU stands."""
        return place_of(self.image_of(process), saved_pc(process))

    # -- stopping -------------------------------------------------------------------------

    def _halt(self, process: Process, event: StopEvent) -> None:
        """Stop everything for ``event``; the first one wins."""
        if self.stop is None:
            self.stop = event
            if process.alive:
                self.focus = process
        self.system.pause()

    def _live_place(self, pc: int | None = None) -> Place:
        image = self.image_of(self.system.current)
        return place_of(image, self.machine.read("pc") if pc is None else pc)

    def _holds(self, point: StopPoint, process: Process) -> str | None:
        """Return None where ``point`` does not apply, else what is to be said about its condition.

        A condition that cannot be evaluated stops: going on might miss what was looked for.
        """
        if not point.concerns(process.pid):
            return None
        if not point.condition:
            return ""
        try:
            true = self._evaluate(point.condition, process, self._registers(process))
        except ExpressionError as error:
            return f"condition {error.text!r}: {error.message}"
        return "" if true else None

    def _registers(self, process: Process) -> RegisterFile:
        if process is self.system.current:
            return LiveRegisters(self.machine)
        return SavedRegisters(process)

    def _spent(self, point: StopPoint) -> None:
        if point.temporary:
            # The tables of this run may still hold it.
            point.enabled = False
            self.points.delete(point.number)
            self.spent.append(point)

    # -- what the classes above add ---------------------------------------------------------

    def _prepare(self) -> None:
        """Bring the hooks in step with the stop points and the goal."""
        raise NotImplementedError

    def _judge_touches(self) -> None:
        """Decide about the accesses to watched memory since the last turn."""
        raise NotImplementedError
