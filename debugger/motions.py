"""Moving a guest: each motion returns the event that ended it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from debugger.disassembly import instruction_at
from debugger.engine import Engine, saved_pc
from debugger.events import Entry, StepDone, StopEvent
from debugger.goals import Condition, Continue, Goal, Instructions, RunTo, Touch
from debugger.locations import check_code
from debugger.pointing import Pointing
from debugger.unwind import Frame, caller_registers, frames
from emu.errors import DebugError
from emu.hints import Hints
from emu.kernel.process import Process
from emu.launch import prepare
from emu.loader import EXIT_STUB
from emu.machine import READ, Registers
from emu.report import describe_place

if TYPE_CHECKING:
    from debugger.running import Run

__all__ = ["Motions"]

#: Where ``call LABEL`` makes a routine return to: a ``brk`` that nothing executes.
_TRAP = EXIT_STUB + 8


class Motions(Pointing):
    """Step, next, finish, until, continue and their like."""

    def start(self) -> StopEvent:
        """Begin a new run, ending the present one; the first process stands at its entry."""
        self.close()
        system, first = prepare(self.options, self.program, self._log)
        self._terminal.attach(first, interactive=self._interactive)
        engine = Engine(
            self.program, system, first, self.points, self.policy, self._condition, self._log
        )
        system.describe = lambda process, address: describe_place(
            (process and process.image) or self.program, address
        )
        system.observe(Hints(system, self.program, self._log))
        engine.logpoint = self._logpoint
        engine.on_listen = lambda _file: self._start_clients()
        self._engine = engine
        self._before.clear()
        self.policy.frozen.clear()
        return self._stopped(Entry(first.pid, engine.place(first)))

    def _stopped(self, event: StopEvent) -> StopEvent:
        self.event = event
        return event

    def _move(self, goal: Goal) -> StopEvent:
        engine = self.engine
        for process in engine.system.kernel.running:
            self._before[process.pid] = process.registers
        return self._stopped(engine.resume(goal))

    def run(self) -> StopEvent:
        """Begin a new run and continue."""
        self.start()
        return self.cont()

    def cont(self, times: int = 1) -> StopEvent:
        """Continue until something stops the guest; the ``times``-th hit of the same point."""
        number = getattr(self.event, "number", 0)
        if times > 1 and number:
            self.points.get(number).ignore = times - 1
        return self._move(Continue(self._living().pid))

    def step(self, count: int = 1) -> StopEvent:
        """Execute ``count`` instructions of the focus, into calls and, by policy, into children."""
        return self._move(Instructions(self._living().pid, "step", every=True, count=count))

    def next(self, count: int = 1) -> StopEvent:
        """As :meth:`step`, with a ``bl`` and all that it calls as one instruction."""
        return self._repeat(self._next, count)

    def _next(self) -> StopEvent:
        process = self._living()
        here = self.instruction(saved_pc(process), process)
        if here is None or here.kind != "call":
            return self._move(Instructions(process.pid, "next", every=True))
        sp = self.registers(process.pid).get("sp")
        goal = RunTo(process.pid, "next", points=frozenset({here.address + 4}), lowest_sp=sp)
        return self._move(goal)

    def _repeat(self, motion: Callable[[], StopEvent], count: int) -> StopEvent:
        event = motion()
        for _ in range(count - 1):
            if not isinstance(event, StepDone):
                break
            event = motion()
        return event

    def line(self, *, over: bool = False, count: int = 1) -> StopEvent:
        """Go to the next source line, into calls unless ``over``."""
        return self._repeat(lambda: self._line(over=over), count)

    def _line(self, *, over: bool) -> StopEvent:
        process = self._living()
        start = self.place(process.pid)
        while True:
            event = self._next() if over else self.step()
            here = event.place
            if not isinstance(event, StepDone) or (here.path, here.line) != (
                start.path,
                start.line,
            ):
                break
        if isinstance(event, StepDone):
            event = StepDone(event.pid, event.place, "next line" if over else "step line")
        return self._stopped(event)

    def finish(self) -> StopEvent:
        """Run until the present routine has returned; the event has its x0."""
        process = self._living()
        inner, back = self._frame_to_leave(process)
        goal = RunTo(
            process.pid, "finish", points=frozenset({back}), lowest_sp=inner.sp,
            routine=inner.place.symbol,
        )  # fmt: skip
        return self._move(goal)

    def _frame_to_leave(self, process: Process) -> tuple[Frame, int]:
        inner = frames(self.image, process.space, self.registers(process.pid), 1)[0]
        if not inner.back or process.space.layout.find(inner.back) is None:
            raise DebugError("the outermost routine has nobody to return to")
        return inner, inner.back

    def until(self, location: str = "") -> StopEvent:
        """Run to a higher address in this routine, so out of a loop; or to a location."""
        if location:
            return self.advance(location, "until")
        process = self._living()
        start = saved_pc(process)
        found = self.image.symbol_at(start)
        inner = frames(self.image, process.space, self.registers(process.pid), 1)[0]
        sp = self.registers(process.pid).get("sp")
        symbol = found[0] if found else ""

        def passed(engine: Run, pc: int) -> bool:
            here = self.image.symbol_at(pc)
            if pc == inner.back:
                return engine.machine.read("sp") >= inner.sp
            ahead = pc > start and here is not None and here[0] == symbol
            return ahead and engine.machine.read("sp") >= sp

        return self._move(Condition(process.pid, "until", holds=passed))

    def advance(self, location: str, motion: str = "advance") -> StopEvent:
        """Run to a location, in the process in focus."""
        addresses = self.code_at(location)
        return self._move(RunTo(self._living().pid, motion, points=frozenset(addresses)))

    def to_kind(self, *kinds: str) -> StopEvent:
        """Go to the next instruction of one of these kinds, into calls.

        Kinds are those of :class:`debugger.disassembly.Instruction`: "call", "syscall", and for
        any branch "jump", "conditional", "return", "call".
        """
        process = self._living()
        motion = f"step {'branch' if len(kinds) > 1 else kinds[0]}"

        def is_one(engine: Run, pc: int) -> bool:
            here = instruction_at(engine.system.current.space, pc)
            return here is not None and here.kind in kinds

        return self._move(Condition(process.pid, motion, holds=is_one, outlives=True))

    def to_header_field(self) -> StopEvent:
        """Run until the program reads the first byte of the request's next header field."""
        connection = self.connection()
        span = connection.next_field()
        if span is None:
            raise DebugError("no further header field of this request has been received")
        connection.stepped = span[0]
        first = connection.address_of(span[0])
        if first is None:
            raise DebugError("the next header field is no longer where it was received")
        goal = Touch(self._living().pid, "step header", ranges=((first, first, READ),))
        return self._move(goal)

    def return_now(self, value: int | None = None) -> StopEvent:
        """Leave the present routine without executing the rest of it, with x0 = ``value``."""
        process = self._living()
        registers = self.registers(process.pid)
        wanted = [*(f"x{n}" for n in range(19, 31)), "sp", "pc"]
        now = {name: registers.get(name) for name in wanted}
        routine = self.place(process.pid).symbol
        self._frame_to_leave(process)
        above = caller_registers(self.image, process.space, now)
        if above is None:
            raise DebugError("the caller's registers cannot be found")
        self._before[process.pid] = process.registers
        for name, number in above.items():
            registers.set(name, number)
        if value is not None:
            registers.set("x0", value)
        place = self.place(process.pid)
        done = StepDone(process.pid, place, "return", routine, registers.get("x0"))
        return self._stopped(done)

    def call(self, label: str, arguments: list[int]) -> int | StopEvent:
        """Call a routine of the guest; returns x0, or the event that stopped it on the way.

        All registers are put back when it has returned; what it did to memory stays.
        """
        process = self._living()
        target = self.resolve(label)[0]
        check_code(self.image, target, label)
        if len(arguments) > 8:
            raise DebugError("a call takes 8 arguments at the most: x0 to x7")
        saved = process.registers
        registers = Registers(saved)
        for i, argument in enumerate(arguments):
            registers[f"x{i}"] = argument
        registers["sp"] = (registers["sp"] - 128) & -16
        registers["x30"], registers["pc"] = _TRAP, target
        process.registers = bytes(registers)
        goal = RunTo(process.pid, "call", points=frozenset({_TRAP}))
        event = self.engine.resume(goal)
        if not isinstance(event, StepDone):
            return self._stopped(event)
        value = Registers(process.registers)["x0"]
        process.registers = saved
        return value

    def jump(self, location: str) -> StopEvent:
        """Set the pc to a location; nothing runs."""
        address = self.code_at(location)[0]
        self.set_register("pc", address)
        return self._stopped(StepDone(self.focus.pid, self.place(), "jump"))
