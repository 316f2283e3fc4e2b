"""The whole machine: one CPU, its kernel and the host's door, run by one event loop.

:meth:`System.run` takes the next ready process, lets it run until it parks, ends or has used
its slice, and asks the host's poller what has become ready.  System calls are handled
between two entries into the engine: decode, run the handler, write x0, x1 and the carry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import emu.syscalls  # noqa: F401 - fills the table
from emu.darwin import flags as f
from emu.darwin.errno import ENOSYS, Errno
from emu.gate import HOLD
from emu.host.errors import darwin_errno
from emu.interpreter import Interpreter
from emu.kernel.commpage import GOOD_NS, stamp
from emu.kernel.kernel import Kernel
from emu.kernel.process import Limits, Park, Process, State
from emu.kernel.signals import SigInfo
from emu.machine import Machine
from emu.mmu import Mmu
from emu.observer import Observers
from emu.record import record
from emu.signalling import SignalDelivery
from emu.slices import Slices
from emu.syscalls.table import REPLACING, TABLE, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.gate import Gate
    from emu.host import Host
    from emu.machine import Stop
    from emu.observer import Observer

__all__ = ["Counters", "System"]

_U64 = (1 << 64) - 1
_CARRY = 1 << 29
_FLAGS = 0xF0000000
#: How long a process that makes calls may go on, in nanoseconds, before others have their turn:
#: a few requests, so that nobody waits long for a connection that always has the next one.
_TURN_NS = 1_000_000
#: Fewer calls than this are no turn, however long a busy host takes for them.
_TURN_CALLS = 32
_NZV = _FLAGS & ~_CARRY
#: The state of the process that has the CPU, and of those in the queue for it.
_READY = State.READY
#: The numbers that are plain calls.
_NUMBERS = 0xFFFF
#: What a Mach trap that is not there returns in x0.
_KERN_INVALID_ARGUMENT = 4


@record(frozen=False)
class Counters:
    """What a run did, for ``--stats``."""

    calls: int = 0
    switches: int = 0
    forks: int = 0
    faults: int = 0


class System:
    """Everything that one run of the emulator consists of."""

    def __init__(
        self,
        host: Host,
        *,
        limits: Limits | None = None,
        warn: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Put the parts together; ``warn`` gets lines for the person who runs this."""
        self.host = host
        self.kernel = Kernel(limits)
        self.machine = Machine()
        self.interpreter = Interpreter(self.machine)
        self.mmu = Mmu(self.machine)
        self.slices = Slices(self.machine)
        self.counters = Counters()
        self.warn = warn
        #: Who is told of each event, and who of each call too: set by :meth:`observe`.
        self.observer: Observer | None = None
        self.follower: Observer | None = None
        self._observers: list[Observer] = []
        #: What an address is called, for people; launching a program knows more.
        self.describe: Callable[[Process | None, int], str] = lambda _process, at: hex(at)
        #: A debugger's veto, asked before a call is run or a faulting instruction is punished.
        self.gate: Gate | None = None
        #: Set by :meth:`pause`: the running process leaves the CPU as it stands.
        self.paused = False
        #: When the host was last asked who is ready.
        self._polled_ns = 0
        #: Whether the process goes on that made the call just handled inside the engine, and how
        #: many calls there had been when the engine was entered.
        self._goes_on = True
        self._entered = 0
        self.machine.on_call = self._call_inside
        #: When the time of day in the commpage is renewed.
        self._stale_ns = 0
        #: Signals from outside that wait to be given to every guest process.
        self._from_outside: list[int] = []
        self._unknown: set[int] = set()
        self._call = Call(self.kernel, host, warn)
        self._signals = SignalDelivery(self)
        self._deliver = self._signals.deliver
        self.kernel.watchers.append(self)

    def observe(self, observer: Observer) -> None:
        """Tell ``observer`` of each event from now on, after those who came before."""
        self._observers.append(observer)
        self.observer = Observers.of(self._observers)
        self.follower = Observers.of([o for o in self._observers if o.follows_calls()])

    # -- the outside ----------------------------------------------------------------------

    def interrupt(self, signal: int) -> None:
        """Send a signal to all guest processes; signal handlers and threads may call it."""
        self._from_outside.append(signal)
        self.slices.expire()
        self.host.poller.wake()

    def forked(self, parent: Process, child: Process) -> None:
        """Count a fork (:class:`emu.kernel.kernel.Watcher`)."""
        self.counters.forks += 1
        if self.observer is not None:
            self.observer.forked(parent, child)

    def ended(self, process: Process) -> None:
        """Give a dead process's memory back (:class:`emu.kernel.kernel.Watcher`)."""
        if self.observer is not None:
            self.observer.ended(process)
        self._disarm(process)
        self.mmu.release(process.space)
        process.space.drop()

    def pause(self) -> None:
        """Take the running process off the CPU as it stands; it will be the first to go on.

        Nothing runs until :attr:`paused` is cleared.  Observers, gates and hooks may call it.
        """
        self.paused = True
        self.machine.stop()

    @property
    def current(self) -> Process:
        """The process that has the CPU, or had it last."""
        return self._call.process

    # -- the loop -------------------------------------------------------------------------

    def run(self, first: Process) -> int:
        """Run until the last process has ended; returns ``first``'s wait status."""
        self.start(first)
        try:
            while self.step():
                pass
        finally:
            self.slices.close()
        return first.status

    def start(self, first: Process) -> None:
        """Make ``first`` ready to run; :meth:`step` then runs it."""
        self.kernel.add(first)
        first.started_ns = self.host.monotonic_ns()
        self.kernel.scheduler.ready(first)
        self._call.process, self._call.space = first, first.space

    def step(self) -> bool:
        """Run one process for a while or wait for one; False when none is left."""
        if self._from_outside:
            self._post_outside()
        process = self.kernel.scheduler.next()
        if process is not None:
            self._run(process)
            idle = self.kernel.scheduler.idle
            if idle or self.host.monotonic_ns() - self._polled_ns > _TURN_NS:
                self._poll(0)
            return True
        if not any(self.kernel.running):
            return False
        self._poll(None)
        return True

    def _post_outside(self) -> None:
        signals, self._from_outside = self._from_outside, []
        for signal in signals:
            for process in list(self.kernel.running):
                self.kernel.post(process, SigInfo(signal))

    def _poll(self, timeout: float | None) -> None:
        """Wake who has something to do; ``timeout`` None waits until there is something."""
        scheduler, host = self.kernel.scheduler, self.host
        due = scheduler.next_deadline()
        if timeout is None:
            timeout = self._time_left(due)
            self.slices.pause()
        for process in host.poller.poll(timeout):
            scheduler.wake(process)  # type: ignore[arg-type]  # tokens are what _park() armed
        self._polled_ns = now = host.monotonic_ns()
        if due is not None:
            self.kernel.run_timers(now)

    def _time_left(self, due: int | None) -> float | None:
        if self._from_outside:
            return 0
        if due is None:
            return None
        return max(due - self.host.monotonic_ns(), 0) / 1e9

    # -- one process on the CPU -----------------------------------------------------------

    def _switch_to(self, process: Process) -> bool:
        """Give a process the CPU; False where a signal has taken it off again."""
        self.counters.switches += 1
        self._disarm(process)
        self.mmu.activate(process.space)
        self.machine.load(process.registers)
        call = self._call
        call.process, call.space = process, process.space
        if self.observer is not None and process.wait is not None:
            self.observer.resumed(process, process.wait)
        return self._deliver(process)

    def _run(self, process: Process) -> None:
        """Let a process run until it parks, ends, or has had its turn."""
        if not self._switch_to(process):
            return
        self.slices.begin()
        clock = self.host.monotonic_ns
        began = turn = clock()
        if began > self._stale_ns:
            self._stamp(began)
        first = self.counters.calls
        while True:
            process = self.current
            if self.paused:
                process.registers = self.machine.save()
                self.kernel.scheduler.ready(process, first=True)
                break
            goes_on = self._advance()
            process = self.current
            if not goes_on:
                break
            calls = self.counters.calls - first
            if self.slices.over or (calls > _TURN_CALLS and clock() - turn > _TURN_NS):
                began = self._charge(process, began)
                if self._gives_way():
                    process.registers = self.machine.save()
                    self.kernel.scheduler.ready(process)
                    break
                turn, first = clock(), self.counters.calls
        self._charge(process, began)

    def _charge(self, process: Process, began: int) -> int:
        """Count the time since ``began`` as the process's, and return the time now."""
        now = self.host.monotonic_ns()
        process.used_ns += now - began
        if now > self._stale_ns:
            self._stamp(now)
        if process.cpu_timers is not None:
            self.kernel.charge(process)
        return now

    def _stamp(self, now: int) -> None:
        """Renew the time of day in the commpage, as other programs' calls do on a Mac."""
        stamp(now, self.host.realtime_ns())
        self._stale_ns = now + GOOD_NS

    def _gives_way(self) -> bool:
        """Tell whether the running process has to let others run: the host is asked for them."""
        self.slices.over = False
        self._poll(0)
        return not self.kernel.scheduler.idle or bool(self._from_outside) or self.paused

    def _advance(self) -> bool:
        """Run to the next event and handle it; False once the process leaves the CPU.

        After a fork the child has the CPU, and is the one that goes on.
        """
        call = self._call
        if call.space.layout is not self.mmu.layout:
            self.mmu.sync()
        self._entered = self.counters.calls
        stop = self.machine.run()
        process = call.process
        if stop.kind == "called":
            goes_on = self._goes_on
        elif stop.kind == "svc":
            goes_on = self._system_call(process, self.machine.read_call())
        else:
            goes_on = self._handle_stop(process, stop)
        if goes_on and process.signals.pending and call.process is process and not self.paused:
            return self._deliver(process)
        return goes_on

    def _handle_stop(self, process: Process, stop: Stop) -> bool:
        if stop.kind == "stopped":
            return True
        if stop.kind == "fault" and self.mmu.fault(stop):
            self.counters.faults += 1
            return True
        info = self._signals.fault_info(process, stop)
        if self.gate is not None and self.gate.fault(process, info) == HOLD:
            self.paused = True
            return True
        if self.observer is not None:
            self.observer.faulted(process, info)
        return self._signals.force(process, info)

    # -- calls ----------------------------------------------------------------------------

    def _call_inside(self) -> bool | None:
        """Handle a call without leaving the engine (:attr:`emu.machine.Machine.on_call`)."""
        arguments = self.machine.read_call()
        if arguments[8] in REPLACING or not 0 < arguments[8] <= _NUMBERS:
            return None
        call = self._call
        goes_on = self._goes_on = self._system_call(call.process, arguments)
        process = call.process
        return (
            goes_on
            and not process.signals.pending
            and not self.paused
            and not self.slices.over
            and process.space.layout is self.mmu.layout
            and self.counters.calls - self._entered < _TURN_CALLS
        )

    def _system_call(  # noqa: C901, PLR0912 - the hot path
        self, process: Process, arguments: tuple[int, ...]
    ) -> bool:
        """Handle the ``svc`` that the guest stands behind; False if the process parked or ended."""
        number = arguments[8]
        self.counters.calls += 1
        call = self._call
        if not 0 < number <= _NUMBERS:
            if self.observer is not None:
                self.observer.odd_number(process, arguments)
            number, arguments = _odd_number(number, arguments)
        row = TABLE.get(number)
        veto = 0 if self.gate is None else self.gate.call(process, number, row, arguments)
        if veto == HOLD:
            return self._hold(arguments[9])
        follower = self.follower
        if follower is not None:
            follower.entering(process, number, row, arguments)
        error, result = 0, None
        try:
            if row is None or veto:
                raise self._refusal(process, number, veto, arguments[9])
            result = row.invoke(call, arguments)
        except Park as wait:
            self._park(process, wait, arguments[9])
            return False
        except Errno as failed:
            error = failed.number
        except OSError as failed:
            error = darwin_errno(failed)
        if process.memory:
            process.memory.clear()
        process.recent.append((number, arguments, result, error))
        if type(result) is int and number > 0 and call.replaced is None:
            # Nearly all calls end here; _answer() knows the rest.
            self.machine.write_result(result & _U64, 0, arguments[10] & _NZV)
        else:
            self._answer(process, number, arguments, result, error)
        alive = process.state is _READY
        if follower is not None and alive:
            follower.returned(process, number, row, arguments, result, error)
        if call.forked is not None:
            self._start_child(process, arguments[10])
        return alive

    def _answer(
        self,
        process: Process,
        number: int,
        arguments: tuple[int, ...],
        result: Any,  # noqa: ANN401 - a handler's result
        error: int,
    ) -> None:
        """Write what a call returned into the registers: x0, x1 and the carry, or all."""
        call, flags = self._call, arguments[10] & _FLAGS
        if call.replaced is not None:
            if process.space is not call.space:
                self._replace_memory(process)
            self.machine.load(call.replaced)
            call.replaced = None
        elif number < 0:
            # A Mach trap: x0 is its kern_return_t or value, and nothing else changes.
            value = _KERN_INVALID_ARGUMENT if error else result & _U64
            self.machine.write_result(value, arguments[1], flags)
        elif error:
            self.machine.write_result(error, 0, flags | _CARRY)
            if self.observer is not None:
                self.observer.failed(process, number, arguments, error)
        else:
            first, second = result if type(result) is tuple else (result or 0, 0)
            self.machine.write_result(first & _U64, second, flags & ~_CARRY)

    def _replace_memory(self, process: Process) -> None:
        """Give back what a process had before execve, and map what it has now."""
        call = self._call
        self.mmu.release(call.space)
        call.space.drop()
        call.space = process.space
        self.mmu.activate(process.space)

    def _hold(self, pc: int) -> bool:
        """Put the pc back onto the ``svc``: the debugger wants to look first."""
        self.machine.write("pc", pc - 4)
        self.paused = True
        return True

    def _refusal(self, process: Process, number: int, veto: int, pc: int) -> Errno:
        if veto:
            return Errno(veto)
        if number not in self._unknown:
            self._unknown.add(number)
            self.warn(_unknown_text(process, number, self.describe(process, pc - 4)))
        if self.observer is not None:
            process.registers = self.machine.save()
            self.observer.unimplemented(process, number)
        # xnu's nosys() does both: a process that ignores, blocks or catches it sees the ENOSYS.
        self.kernel.post(process, SigInfo(f.SIGSYS))
        return Errno(ENOSYS)

    def _park(self, process: Process, wait: Park, pc: int) -> None:
        """Set the process aside with its pc back on the ``svc``."""
        # The wait is kept as data: the frames that raised it would be kept with it.
        wait.__traceback__ = wait.__context__ = None
        self.machine.write("pc", pc - 4)
        process.registers = self.machine.save()
        if wait.reads or wait.writes:
            arm = self.host.poller.arm
            for handle in wait.reads:
                arm(handle, read=True, token=process)
            for handle in wait.writes:
                arm(handle, write=True, token=process)
        self.kernel.scheduler.park(process, wait)
        if process.signals.pending and process.signals.next():
            # The call has unblocked what was pending: sigsuspend, pselect.
            self.kernel.scheduler.wake(process)
        if self.observer is not None:
            self.observer.parked(process, wait)

    def _disarm(self, process: Process) -> None:
        """Stop waiting for handles: the process runs again, or has ended."""
        wait = process.wait
        if wait is not None and (wait.reads or wait.writes):
            self.host.poller.disarm(process)

    def _start_child(self, parent: Process, flags: int) -> None:
        """Let a child go on in the parent's place, with x0 = its pid and x1 = 1."""
        call = self._call
        assert call.forked is not None  # noqa: S101 - the caller looked
        child, call.forked = call.forked, None
        parent.registers = self.machine.save()
        self.kernel.scheduler.ready(parent, first=True)
        self.mmu.adopt(child.space)
        self.machine.write_result(child.pid, 1, flags & _NZV)
        call.process, call.space = child, child.space


def _odd_number(number: int, arguments: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Resolve what is not a plain call number: Mach traps (negative) and indirect calls (0)."""
    signed = ((number & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
    if signed < 0:
        return signed, arguments
    code = number & 0xFFFF
    if code:
        return code, arguments
    return arguments[0] & 0xFFFF, (*arguments[1:8], 0, *arguments[8:])


def _unknown_text(process: Process, number: int, where: str) -> str:
    from emu.darwin.numbers import name_of

    name = name_of(number)
    what = f"{name} ({number})" if name else f"number {number}"
    error = "ENOSYS" if number > 0 else "KERN_INVALID_ARGUMENT"
    return f"[pid {process.pid}] system call {what} at {where} is not implemented: {error}, SIGSYS"
