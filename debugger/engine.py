"""One run of the guest under control: hooks, gates and observers around :class:`emu.system.System`.

:meth:`Engine.resume` lets the system run until the goal of a motion is reached or a stop point
stops it, and returns the event.  Everything that may stop the guest meets in this file: code
hooks (breakpoints, goals, register watchpoints), memory hooks (watchpoints, what the program
reads of a request), the gate (calls, faults, signals) and the observer (forks, ends, results).
"""

from __future__ import annotations

import struct
import threading
from typing import TYPE_CHECKING, Any

from debugger.calls import CallLog
from debugger.events import (
    BreakpointHit,
    CallEntry,
    CallExit,
    Ended,
    Faulted,
    Forked,
    Interrupted,
    RequestArrived,
    ResponseStarts,
    Signalled,
    StepDone,
    StopEvent,
    Waiting,
    WatchpointHit,
)
from debugger.goals import Goal
from debugger.places import Place, place_of
from debugger.processes import ProcessTree
from debugger.registers import LiveRegisters, SavedRegisters
from debugger.registers import read as read_register
from debugger.request import RECEIVES, SENDS, STREAM_MAX, Connection, Piece, Traffic
from debugger.stopping import (
    Breakpoint,
    Catchpoint,
    RequestBreak,
    StatusBreak,
    StopPoint,
    StopPoints,
    Watchpoint,
)
from debugger.trail import Trail
from emu.darwin import flags as f
from emu.darwin.errno import EINTR, NAMES
from emu.darwin.numbers import name_of
from emu.errors import DebugError, ExpressionError
from emu.gate import HOLD
from emu.kernel.process import Process, State
from emu.kernel.signals import CORE
from emu.machine import READ, REGISTERS, WRITE
from emu.machine_probe import Access, Probe
from emu.observer import Observer
from emu.report import crash_report
from emu.strace.lines import describe_end
from emu.strace.selection import Selection
from emu.strace.shapes import shape_of
from emu.strace.tracer import Pending

if TYPE_CHECKING:
    from collections.abc import Callable

    from debugger.registers import RegisterFile
    from emu.image import Image
    from emu.kernel.files import OpenFile
    from emu.kernel.signals import SigInfo
    from emu.machine import Machine
    from emu.syscalls.table import Syscall
    from emu.system import System

__all__ = ["Engine", "Policy", "saved_pc"]

_PC = 8 * REGISTERS["pc"]
_ACCESS = {"write": WRITE, "read": READ, "access": READ | WRITE}
#: How much of a send is looked at for its status line.
_STATUS_LINE = 64
_SOCKET_CALLS = RECEIVES | SENDS | {"listen"}


def saved_pc(process: Process) -> int:
    """Return the pc of a process that is off the CPU."""
    if not process.registers:
        return 0
    pc: int = struct.unpack_from("<Q", process.registers, _PC)[0]
    return pc


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


class Engine(Observer):
    """One run, from the entry of the first process to the end of the last."""

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
        self.tree = ProcessTree(first)
        self.traffic = Traffic()
        self.log = CallLog()
        self.trail = Trail()
        self.backtrace: Callable[[Process, RegisterFile], list[Place]] = lambda _p, _r: []
        self.logpoint: Callable[[str, Process, RegisterFile], None] = lambda t, _p, _r: say(t)
        #: Sockets that listen, the latest last, and who is told of a new one.
        self.listeners: list[OpenFile] = []
        self.on_listen: Callable[[OpenFile], None] = lambda _file: None
        self.goal = Goal(first.pid)
        self.stop: StopEvent | None = None
        #: Temporary points that have been hit: their command lists still have to run.
        self.spent: list[StopPoint] = []
        self.injections: list[tuple[int, str, int]] = []
        self.running = False
        self._evaluate, self._say = evaluate, say
        self._probe = Probe(self.machine)
        self._probe.on_stopped_at = self._preempted
        self._interrupted = threading.Event()
        self._by_address: dict[int, list[Breakpoint]] = {}
        self._watches: list[Watchpoint] = []
        self._register_watches: list[Watchpoint] = []
        self._catches: list[Catchpoint] = []
        self._request_breaks: list[RequestBreak] = []
        self._status_breaks: list[StatusBreak] = []
        self._hooked: object = None
        self._hooked_memory: object = ()
        self._hooked_blocks = False
        #: By pid: the pc whose hooks have been seen before the process left the CPU.
        self._passed: dict[int, int] = {}
        self._touches: list[tuple[Watchpoint | None, Access, int, int]] = []
        self._last: dict[tuple[int, int], int] = {}
        self._last_pc: dict[int, int] = {}
        #: By pid: the call that is under way, and the ``svc`` on which a catchpoint stopped.
        self._calls: dict[int, tuple[int, Syscall | None, tuple[int, ...]]] = {}
        self._held: dict[int, int] = {}
        self._held_signals: set[tuple[int, int]] = set()
        self._before: dict[int, list[tuple[Watchpoint, int]]] = {}
        self._ended: Ended | None = None
        system.observe(self.log.tracer)
        system.observe(self)
        system.gate = self
        system.start(first)

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
        self.running = True
        self._interrupted.clear()
        try:
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
        self.system.pause()
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

    def place(self, process: Process) -> Place:
        """Return where a process that is off the CPU stands."""
        return place_of(self.image, saved_pc(process))

    # -- hooks ----------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Bring the engine's hooks in step with the stop points and the goal."""
        self._passed = {
            p.pid: pc
            for p in self.system.kernel.running
            if (pc := self._passed.get(p.pid)) is not None and pc == saved_pc(p)
        }
        # The instruction that the user looks at is not stopped at again.
        self._passed[self.focus.pid] = saved_pc(self.focus)
        watches = self.points.of(Watchpoint)
        self._watches = [w for w in watches if not w.register]
        self._register_watches = [w for w in watches if w.register]
        self._catches = self.points.of(Catchpoint)
        self._request_breaks = self.points.of(RequestBreak)
        self._status_breaks = self.points.of(StatusBreak)
        self._last.clear()
        self._by_address = {}
        for point in self.points.of(Breakpoint):
            for address in point.addresses:
                self._by_address.setdefault(address, []).append(point)
        locked = self.policy.frozen or self.policy.locking != "off"
        self.system.kernel.scheduler.may_run = self._may_run if locked else None
        self._hook_code()
        self._hook_memory()
        self._hook_blocks()

    def _hook_blocks(self) -> None:
        """Keep a trail while somebody waits for a status: it costs a microsecond a block."""
        wanted = bool(self._status_breaks)
        if wanted == self._hooked_blocks:
            return
        self._hooked_blocks = wanted
        note = self.trail.blocks.append
        system = self.system

        def entered(address: int, size: int) -> None:
            note((system.current.pid, address, size))

        self._probe.watch_blocks(entered if wanted else None)

    def _hook_code(self) -> None:
        every = self.goal.every or bool(self._register_watches)
        wanted = None if every else frozenset(self._by_address) | self.goal.points
        if self._hooked is None or self._hooked != (wanted,):
            self._probe.watch_code(wanted, self._reached)
            self._hooked = (wanted,)

    def _hook_memory(self) -> None:
        ranges = [(w.address, w.address + w.size - 1, _ACCESS[w.access]) for w in self._watches]
        ranges += self.goal.ranges
        connection = self.traffic.of(self.focus.pid)
        span = connection.span() if connection is not None else None
        if span is not None:
            ranges.append((*span, READ))
        wanted = tuple(ranges)
        if wanted != self._hooked_memory:
            self._probe.watch_memory(wanted, self._touched)
            self._hooked_memory = wanted

    def _halt(self, process: Process, event: StopEvent) -> None:
        """Stop everything for ``event``; the first one wins."""
        if self.stop is None:
            self.stop = event
            if process.alive:
                self.focus = process
        self.system.pause()

    def _live_place(self, pc: int | None = None) -> Place:
        return place_of(self.image, self.machine.read("pc") if pc is None else pc)

    # -- code -----------------------------------------------------------------------------

    def _reached(self, pc: int) -> None:
        """Look at the instruction at ``pc`` before it is executed (in a code hook)."""
        process = self.system.current
        pid = process.pid
        if self._register_watches:
            self._check_registers(process, pc)
        if self._passed.pop(pid, -1) == pc and self.stop is None:
            return
        points = self._by_address.get(pc)
        if points and self.stop is None:
            self._hit(process, pc, points)
        goal = self.goal
        if self.stop is None and goal.pid == pid and goal.reached(self, process, pc):
            self._halt(process, self._step_done(process, pc))
        if self.stop is not None:
            self._passed[pid] = pc
            self.system.pause()

    def _preempted(self, pc: int) -> None:
        """A time slice ended when the hooks had seen an instruction that was not executed yet."""
        self._passed[self.system.current.pid] = pc

    def _step_done(self, process: Process, pc: int) -> StepDone:
        goal = self.goal
        value = self.machine.read("x0") if goal.routine else None
        return StepDone(process.pid, self._live_place(pc), goal.motion, goal.routine, value)

    def _hit(self, process: Process, pc: int, points: list[Breakpoint]) -> None:
        for point in points:
            note = self._holds(point, process)
            if note is None or not point.count():
                continue
            if point.log is not None:
                self.logpoint(point.log, process, LiveRegisters(self.machine))
                continue
            self._spent(point)
            event = BreakpointHit(process.pid, self._live_place(pc), point.number, point.hits, note)
            self._halt(process, event)

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

    def _check_registers(self, process: Process, pc: int) -> None:
        """Compare the watched registers with what they were one instruction ago."""
        live = LiveRegisters(self.machine)
        pid = process.pid
        by = place_of(self.image, self._last_pc.get(pid, pc))
        self._last_pc[pid] = pc
        for watch in self._register_watches:
            new = read_register(live, watch.register) or 0
            old = self._last.get((watch.number, pid), new)
            self._last[watch.number, pid] = new
            if new == old or self._holds(watch, process) is None or not watch.count():
                continue
            self._spent(watch)
            event = WatchpointHit(
                pid, self._live_place(pc), watch.number, watch.expression, "register", old, new,
                str(by),
            )  # fmt: skip
            self._halt(process, event)

    # -- memory ---------------------------------------------------------------------------

    def _value(self, process: Process, watch: Watchpoint) -> int:
        data = process.space.peek(watch.address, watch.size)
        return int.from_bytes(data or b"", "little")

    def _touched(self, access: Access) -> bool:
        """Note an access to a watched range (in a memory hook); True stops behind it."""
        process = self.system.current
        pid = process.pid
        if access.kind == READ and pid == self.focus.pid:
            self.traffic.looked(pid, access.address, access.size)
        before = len(self._touches)
        pc = -1
        for watch in self._watches:
            if watch.concerns(pid) and watch.covers(access.address, access.size) and (
                _ACCESS[watch.access] & access.kind
            ):  # fmt: skip
                pc = self.machine.read("pc") if pc < 0 else pc
                self._touches.append((watch, access, self._value(process, watch), pc))
        goal = self.goal
        wanted = pid == goal.pid and _inside(access, goal.ranges)
        if wanted and goal.touched(access):
            self._touches.append((None, access, 0, self.machine.read("pc")))
        if len(self._touches) == before:
            return False
        self.system.pause()
        return True

    def _judge_touches(self) -> None:
        """Decide about the accesses of an instruction that is now complete."""
        process = self.system.current
        touches, self._touches = self._touches, []
        for watch, access, old, pc in touches:
            if watch is None:
                if self.stop is None:
                    place = self.place(process)
                    self._halt(process, StepDone(process.pid, place, self.goal.motion))
                continue
            by = str(place_of(self.image, pc))
            self._watch_hit(process, watch, "read" if access.kind == READ else "write", old, by)

    def _watch_hit(
        self, process: Process, watch: Watchpoint, access: str, old: int, by: str
    ) -> None:
        new = self._value(process, watch)
        if watch.access == "write" and new == old:
            return
        if self.stop is not None or self._holds(watch, process) is None or not watch.count():
            return
        self._spent(watch)
        event = WatchpointHit(
            process.pid, self._where(process), watch.number, watch.expression, access, old, new, by
        )
        self._halt(process, event)

    def _watch_call(
        self,
        process: Process,
        watch: Watchpoint,
        old: int,
        number: int,
        arguments: tuple[int, ...],
    ) -> None:
        """Judge what a call did to watched memory: it wrote other bytes, or sent these."""
        by = f"the call {name_of(number)}"
        if watch.access != "read" and self._value(process, watch) != old:
            self._watch_hit(process, watch, "write", old, by)
        elif watch.access != "write" and _bare_name(number) in SENDS:
            buffers = self._buffers(process, number, arguments, watch.address + watch.size)
            if any(watch.covers(base, len(data)) for base, data in buffers):
                self._watch_hit(process, watch, "read", old, by)

    def _where(self, process: Process) -> Place:
        """Return where ``process`` stands, on the CPU or off it."""
        on_cpu = process is self.system.current and not self.system.paused
        return self._live_place() if on_cpu else self.place(process)

    # -- the gate -------------------------------------------------------------------------

    def call(
        self, process: Process, number: int, row: Syscall | None, arguments: tuple[int, ...]
    ) -> int:
        """Hold a call that is caught, or make it fail as asked (:class:`emu.gate.Gate`)."""
        pid = process.pid
        if pid in self._calls:
            return 0
        pc = arguments[9] - 4
        if self._held.pop(pid, -1) != pc:
            event = self._call_event(process, number, row, arguments)
            if event is not None:
                self._held[pid] = self._passed[pid] = pc
                self._halt(process, event)
                return HOLD
        self._calls[pid] = (number, row, arguments)
        if self._watches:
            self._before[pid] = [(w, self._value(process, w)) for w in self._watches]
        return self._injected(process, name_of(number) or "")

    def _call_event(
        self, process: Process, number: int, row: Syscall | None, arguments: tuple[int, ...]
    ) -> StopEvent | None:
        if not self._catches and not self._status_breaks:
            return None
        place = self._live_place(arguments[9] - 4)
        for point in self._catches:
            if (
                point.event == "syscall"
                and not point.errno
                and point.edge in {"entry", "both"}
                and self._means(point, number)
                and self._holds(point, process) is not None
                and point.count()
            ):
                if point.edge == "entry":
                    self._spent(point)
                pending = Pending(process.pid, shape_of(number, row), arguments, process.space, 64)
                texts = ", ".join(filter(None, pending.texts))
                name = pending.shape.name
                return CallEntry(process.pid, place, point.number, name, f"{name}({texts})")
        return self._status_event(process, number, arguments, place)

    def _status_event(
        self, process: Process, number: int, arguments: tuple[int, ...], place: Place
    ) -> StopEvent | None:
        points = self._status_breaks
        if not points or _bare_name(number) not in SENDS:
            return None
        data = b"".join(d for _, d in self._buffers(process, number, arguments, _STATUS_LINE))
        if data[:7] != b"HTTP/1.":
            return None
        line = data.partition(b"\r")[0].decode("latin-1")
        status = line[9:12]
        for point in points:
            if point.matches(status) and self._holds(point, process) is not None and point.count():
                self._spent(point)
                code = int(status) if status.isdigit() else 0
                return ResponseStarts(process.pid, place, point.number, code, line)
        return None

    def _means(self, point: Catchpoint, number: int) -> bool:
        return not point.names or number in Selection(",".join(point.names))

    def _injected(self, process: Process, name: str) -> int:
        for i, (pid, call, error) in enumerate(self.injections):
            if pid in {0, process.pid} and (not call or call == name.removesuffix("_nocancel")):
                del self.injections[i]
                self._say(f"[{process.pid}] {name} fails with {NAMES.get(error, error)}, injected")
                return error
        return 0

    def fault(self, process: Process, info: SigInfo) -> int:
        """Stop at an instruction that cannot be executed, once (:class:`emu.gate.Gate`)."""
        pc = self.machine.read("pc")
        if self._held.pop(process.pid, -1) == pc:
            return 0
        process.registers = self.machine.save()
        why = crash_report(self.image, process, info)[0].partition(": ")[2]
        self._held[process.pid] = self._passed[process.pid] = pc
        name = f.SIGNAL_NAMES.get(info.signal, str(info.signal))
        self._halt(process, Faulted(process.pid, self._live_place(pc), name, info.address, why))
        return HOLD

    def signal(self, process: Process, signal: int) -> int:
        """Stop before a caught signal takes effect (:class:`emu.gate.Gate`)."""
        signals = process.signals
        if signals.is_ignored(signal) or (process.pid, signal) in self._held_signals:
            self._held_signals.discard((process.pid, signal))
            return 0
        name = f.SIGNAL_NAMES.get(signal, str(signal))
        for point in self._catches:
            if (
                point.event == "signal"
                and (not point.names or name in point.names)
                and self._holds(point, process) is not None
                and point.count()
            ):
                self._held_signals.add((process.pid, signal))
                effect = _effect(process, signal)
                place = self._live_place()
                self._halt(process, Signalled(process.pid, place, point.number, name, effect))
                return HOLD
        return 0

    # -- the observer ---------------------------------------------------------------------

    def parked(self, process: Process, wait: object) -> None:
        """Remember that the hooks of the ``svc`` have been seen."""
        del wait
        self._passed[process.pid] = saved_pc(process)

    def returned(
        self,
        process: Process,
        number: int,
        row: Syscall | None,
        arguments: tuple[int, ...],
        result: Any,  # noqa: ANN401 - a handler's result
        error: int,
    ) -> None:
        """Look at what a call did: bytes that came or went, watched memory, catchpoints."""
        del row
        pid = process.pid
        self._calls.pop(pid, None)
        self._passed.pop(pid, None)
        name = _bare_name(number)
        if not error and name in _SOCKET_CALLS:
            self._note_traffic(process, number, arguments, result)
        for watch, old in self._before.pop(pid, ()):
            self._watch_call(process, watch, old, number, arguments)
        self._catch_return(process, number, error)

    def _catch_return(self, process: Process, number: int, error: int) -> None:
        for point in self._catches:
            if point.event != "syscall" or point.edge == "entry" or not self._means(point, number):
                continue
            if point.errno and (not error or point.errno not in {"any", NAMES.get(error)}):
                continue
            if self._holds(point, process) is None or not point.count():
                continue
            self._spent(point)
            record = self.log.records[-1]
            event = CallExit(
                process.pid, self._live_place(), point.number, record.name, record.line,
                self.machine.read("x0"), NAMES.get(error, "") if error else "",
            )  # fmt: skip
            self._halt(process, event)

    def interrupted(self, process: Process, done: int, *, again: bool) -> None:
        """A signal ended a parked call."""
        found = self._calls.pop(process.pid, None)
        self._passed.pop(process.pid, None)
        self._before.pop(process.pid, None)
        if found is not None and not again:
            self._catch_return(process, found[0], 0 if done else EINTR)

    def forked(self, parent: Process, child: Process) -> None:
        """Enter a child into the tree and follow it where that is wanted."""
        place = self._live_place()
        self.tree.forked(parent, child, place)
        self.traffic.forked(parent.pid, child.pid)
        if parent is self.focus:
            self._follow(parent, child, place)
        for point in self._catches:
            if point.event == "fork" and point.concerns(parent.pid) and point.count():
                self._spent(point)
                event = Forked(self.focus.pid, place, point.number, parent.pid, child.pid)
                self._halt(self.focus, event)
        if self.system.kernel.scheduler.may_run is not None and not self._may_run(child):
            # The child would run at once; the scheduler is to choose instead.
            self.system.pause()

    def _follow(self, parent: Process, child: Process, place: Place) -> None:
        follow = self.policy.follow
        if follow in {"child", "both"}:
            self.focus = child
            if self.goal.pid == parent.pid:
                self.goal.pid = child.pid
        if follow in {"both", "ask"}:
            self._halt(self.focus, Forked(self.focus.pid, place, 0, parent.pid, child.pid))

    def ended(self, process: Process) -> None:
        """Note an end; that of the process in focus stops, and so does the last."""
        pid = process.pid
        self.tree.ended(process)
        self.traffic.ended(pid)
        for table in (self._calls, self._passed, self._held, self._before, self._last_pc):
            table.pop(pid, None)
        left = sum(1 for p in self.system.kernel.running if p is not process)
        place = place_of(self.image, self._end_pc(process))
        event = Ended(pid, place, process.status, describe_end(process.status), left)
        self._ended = event
        if process is self.focus or not left or self._catches_exit(process):
            self._halt(process, event)

    def _end_pc(self, process: Process) -> int:
        on_cpu = self.running and process is self.system.current
        return self.machine.read("pc") if on_cpu else saved_pc(process)

    def _catches_exit(self, process: Process) -> bool:
        for point in self._catches:
            if point.event == "exit" and point.concerns(process.pid) and point.count():
                self._spent(point)
                return True
        return False

    # -- what came and went ---------------------------------------------------------------

    def _note_traffic(
        self,
        process: Process,
        number: int,
        arguments: tuple[int, ...],
        result: Any,  # noqa: ANN401 - a handler's result
    ) -> None:
        name = _bare_name(number)
        file = _file(process, arguments[0] & 0xFFFFFFFF)
        if file is None or file.kind != "socket":
            return
        if name == "listen":
            self.listeners.append(file)
            self.on_listen(file)
            return
        if type(result) is not int or result <= 0:
            return
        pieces = self._buffers(process, number, arguments, result)
        if name in RECEIVES:
            self._note_request(process, self.traffic.received(process, file, pieces))
            return
        connection = self.traffic.connection(process, file)
        if sum(len(p.data) for p in connection.pieces) < STREAM_MAX:
            data = b"".join(d for _, d in pieces)
            chain = tuple(self.backtrace(process, LiveRegisters(self.machine)))
            place = self._live_place(arguments[9] - 4)
            connection.pieces.append(Piece(data, process.pid, name, place, chain))

    def _note_request(self, process: Process, connection: Connection) -> None:
        if process is self.focus:
            self._hook_memory()
        lines = [r.line for r in connection.requests if r.line]
        fresh, connection.announced = lines[connection.announced :], len(lines)
        for line in fresh:
            method, _, rest = line.partition(" ")
            target = rest.partition(" ")[0]
            for point in self._request_breaks:
                if (
                    point.matches(method, target)
                    and self._holds(point, process) is not None
                    and point.count()
                ):
                    self._spent(point)
                    event = RequestArrived(process.pid, self._live_place(), point.number, line)
                    self._halt(process, event)

    def _buffers(
        self, process: Process, number: int, arguments: tuple[int, ...], limit: int
    ) -> list[tuple[int, bytes]]:
        """Return up to ``limit`` bytes of what a call receives into or sends from."""
        name = _bare_name(number)
        peek = process.space.peek
        if name in {"readv", "writev"}:
            vectors = _iovecs(peek(arguments[1], 16 * min(arguments[2], 64)))
        elif name in {"recvmsg", "sendmsg"}:
            header = peek(arguments[1], 32) or bytes(32)
            base, count = struct.unpack_from("<Qi", header, 16)
            vectors = _iovecs(peek(base, 16 * min(count, 64)))
        else:
            vectors = [(arguments[1], arguments[2])]
        out = []
        for base, size in vectors:
            part = min(size, limit)
            data = peek(base, part) if part else None
            if data:
                out.append((base, data))
            limit -= part
        return out


def _file(process: Process, descriptor: int) -> OpenFile | None:
    return next((file for fd, file in process.files if fd == descriptor), None)


def _iovecs(raw: bytes | None) -> list[tuple[int, int]]:
    return list(struct.iter_unpack("<QQ", raw)) if raw else []


def _bare_name(number: int) -> str:
    return (name_of(number) or "").removesuffix("_nocancel")


def _inside(access: Access, ranges: tuple[tuple[int, int, int], ...]) -> bool:
    last = access.address + access.size - 1
    return any(
        access.address <= high and low <= last and kind & access.kind for low, high, kind in ranges
    )


def _effect(process: Process, signal: int) -> str:
    if process.signals.stops(signal):
        return "stop"
    if process.signals.action(signal).handler != f.SIG_DFL:
        return "handler"
    return "core" if signal in CORE else "terminate"
