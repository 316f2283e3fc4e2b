"""The headless debugger: one object to start, move and look at a guest.

::

    with Session(Options(program=Path("hello.s"))) as session:
        session.start()                      # an Entry event
        session.break_at("print_line")
        event = session.cont()               # a BreakpointHit event
        session.evaluate("str[x1]")
        session.step()                       # one instruction, into calls

Every motion returns the frozen event that ended it (:mod:`debugger.events`); all else is looking
and changing.  Motions block: run them on a thread and call :meth:`Session.interrupt` from another.
What a user can do wrong raises :class:`emu.errors.DebugError` with one clear line.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from debugger import registers as names
from debugger.client import Client, ClientRequest
from debugger.disassembly import Instruction, instruction_at
from debugger.engine import Engine, Policy, saved_pc
from debugger.events import Entry, StepDone, StopEvent
from debugger.expressions import Value, evaluate, number_of, parse
from debugger.goals import Condition, Continue, Goal, Instructions, RunTo, Touch
from debugger.locations import check_code, resolve
from debugger.places import Place, place_of, source_text
from debugger.stopping import (
    Breakpoint,
    Catchpoint,
    RequestBreak,
    StatusBreak,
    StopPoints,
    Watchpoint,
)
from debugger.terminal import GuestTerminal
from debugger.unwind import Frame, caller_registers, frames
from emu.asm.suggest import nearest
from emu.darwin import errno
from emu.darwin.numbers import name_of
from emu.darwin.numbers import number_of as call_number
from emu.errors import DebugError, ExpressionError, UsageError
from emu.kernel.process import Process
from emu.launch import Options, prepare
from emu.loader import EXIT_STUB
from emu.machine import EXEC, READ, REGISTERS, STATE_SIZE, Registers
from emu.strace.selection import Selection

if TYPE_CHECKING:
    from types import TracebackType

    from debugger.calls import CallRecord
    from debugger.processes import ProcessRecord
    from debugger.registers import RegisterFile
    from debugger.request import Connection
    from debugger.running import Run
    from emu.image import Image
    from emu.memory import AddressSpace, Region

__all__ = ["Session", "signal_name"]

#: Where ``call LABEL`` makes a routine return to: a ``brk`` that nothing executes.
_TRAP = EXIT_STUB + 8
_FOLLOW = ("child", "parent", "both", "ask")
_LOCKING = ("off", "step", "on")


@dataclass(frozen=True, slots=True)
class _Context:
    """What names in an expression mean in one process (:class:`expressions.Context`)."""

    session: Session
    process: Process
    registers: RegisterFile

    def register(self, name: str) -> int | None:
        return names.read(self.registers, name)

    def memory(self, address: int, size: int) -> bytes | None:
        return self.process.space.peek(address, size)

    def symbol(self, name: str) -> int | None:
        symbol = self.session.image.symbols.get(name)
        return symbol.value if symbol is not None else None

    def variable(self, name: str) -> Value | None:
        if name == "pid":
            return self.process.pid
        if name == "ppid":
            return self.process.ppid
        if name == "errno":
            return self.process.recent[-1][3] if self.process.recent else 0
        return self.session.variables.get(name)

    def names(self) -> Iterable[str]:
        return self.session.image.symbols


class Session:
    """A program under the debugger.  Stop points and settings outlive its runs.

    Attributes:
        image: the program.
        points: breakpoints, watchpoints and catchpoints (:mod:`debugger.stopping`).
        policy: who is followed at a fork, who is frozen (:class:`debugger.engine.Policy`).
        variables: what ``set $name`` made.
        event: the last stop.
        clients: the clients that the debugger plays, in the order of their start.
        on_output: called with (descriptor, bytes) when the guest writes to its terminal.
        on_note: called with a line that the debugger itself has to say meanwhile.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        image: Image | None = None,
        on_output: Callable[[int, bytes], None] | None = None,
        on_note: Callable[[str], None] | None = None,
        interactive: bool = False,
    ) -> None:
        """Load the program; nothing runs before :meth:`start`.

        Args:
            options: program, root, port and limits as of ``ymawky-emu run``.
            image: a program that has been loaded already.
            on_output: see above.
            on_note: see above.
            interactive: whether the guest's standard input is open (:meth:`type`).

        Raises:
            UsageError, ImageError: there is no such program, or it is none.
        """
        self.options = options or Options()
        self.image = image or self.options.load()
        self.points = StopPoints()
        self.policy = Policy()
        self.policy.client_active = lambda: any(c.active for c in self.clients)
        self.variables: dict[str, Value] = {}
        self.event: StopEvent | None = None
        self.clients: list[Client] = []
        self.on_output = on_output or (lambda _fd, _data: None)
        self.on_note = on_note or (lambda _line: None)
        self._interactive = interactive
        self._engine: Engine | None = None
        self._terminal = GuestTerminal(self._written)
        #: By pid: the registers at the stop before this one.
        self._before: dict[int, bytes] = {}

    def __enter__(self) -> Self:
        """Return the session itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the guest."""
        self.close()

    # -- life -----------------------------------------------------------------------------

    @property
    def engine(self) -> Engine:
        """The present run.

        Raises:
            DebugError: nothing has been started.
        """
        if self._engine is None:
            raise DebugError("the program has not been started: 'run' or 'start' does")
        return self._engine

    @property
    def started(self) -> bool:
        """Whether there is a run to look at."""
        return self._engine is not None

    @property
    def running(self) -> bool:
        """Whether a motion is under way (on another thread)."""
        return self._engine is not None and self._engine.running

    @property
    def alive(self) -> bool:
        """Whether any process lives."""
        return self._engine is not None and any(self._engine.system.kernel.running)

    def start(self) -> StopEvent:
        """Begin a new run, ending the present one; the first process stands at its entry."""
        self.close()
        system, first = prepare(self.options, self.image, self._log)
        self._terminal.attach(first, interactive=self._interactive)
        engine = Engine(
            self.image, system, first, self.points, self.policy, self._condition, self._log
        )
        engine.logpoint = self._logpoint
        engine.backtrace = lambda process, live: [
            frame.place for frame in frames(self.image, process.space, live)
        ]
        engine.on_listen = lambda _file: self._start_clients()
        self._engine = engine
        self._before.clear()
        self.policy.frozen.clear()
        return self._stopped(Entry(first.pid, engine.place(first)))

    def close(self) -> None:
        """End the guest and its clients; stop points and settings stay."""
        for client in self.clients:
            client.close()
        self.clients.clear()
        engine, self._engine = self._engine, None
        if engine is None:
            return
        system = engine.system
        system.observer = system.gate = None
        for process in list(system.kernel.running):
            system.kernel.exit(process, 9)
        system.slices.close()
        self._terminal.close()
        with contextlib.suppress(OSError):
            system.host.close()

    def interrupt(self) -> None:
        """Stop the running guest at once; any thread and any signal handler may call it."""
        if self._engine is not None:
            self._engine.interrupt()

    def type(self, data: bytes) -> bool:
        """Send input to the guest's terminal; False where it is not open."""
        return self._terminal.type(data)

    def _stopped(self, event: StopEvent) -> StopEvent:
        self.event = event
        return event

    def _move(self, goal: Goal) -> StopEvent:
        engine = self.engine
        for process in engine.system.kernel.running:
            self._before[process.pid] = process.registers
        return self._stopped(engine.resume(goal))

    # -- motion ---------------------------------------------------------------------------

    def run(self) -> StopEvent:
        """Begin a new run and continue."""
        self.start()
        return self.cont()

    def cont(self, times: int = 1) -> StopEvent:
        """Continue until something stops the guest; the ``times``-th hit of the same point."""
        number = getattr(self.event, "number", 0)
        if times > 1 and number:
            self.points.get(number).ignore = times - 1
        return self._move(Continue(self.focus.pid))

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
        addresses = self.resolve(location)
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

        return self._move(Condition(process.pid, motion, holds=is_one))

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
        address = self.resolve(location)[0]
        self.set_register("pc", address)
        return self._stopped(StepDone(self.focus.pid, self.place(), "jump"))

    def inject(self, error: str, call: str = "") -> None:
        """Make the next call of the focus (named ``call``, if given) fail with ``error``.

        Raises:
            DebugError: there is no such error or call.
        """
        number = getattr(errno, error, None) if error.startswith("E") else None
        if not isinstance(number, int):
            remedy = nearest(error, errno.MESSAGES)
            raise DebugError(f"no error {error!r}" + (f"; {remedy}" if remedy else ""))
        if call:
            self.check_calls([call])
        self.engine.injections.append((self.focus.pid, call, number))

    # -- processes ------------------------------------------------------------------------

    @property
    def focus(self) -> Process:
        """The process that commands are about."""
        return self.engine.focus

    def _living(self) -> Process:
        process = self.focus
        if not process.alive:
            raise DebugError(f"process {process.pid} has ended: 'run' starts the program again")
        return process

    def process(self, pid: int | None = None) -> Process:
        """Return a process that lives, the focus for None.

        Raises:
            DebugError: there is none.
        """
        if pid is None or pid == self.focus.pid:
            return self.focus
        found = self.engine.system.kernel.processes.get(pid)
        if found is None or not found.alive:
            record = self.engine.tree.records.get(pid)
            end = f"process {pid} {record.end}" if record else f"no process {pid}"
            raise DebugError(f"{end}: see 'info processes'")
        return found

    def processes(self) -> list[tuple[int, ProcessRecord]]:
        """Return (depth, record) for all processes of the run, parents before children."""
        return self.engine.tree.walk()

    def switch(self, pid: int) -> Process:
        """Look at another process."""
        self.engine.focus = self.process(pid)
        return self.engine.focus

    def freeze(self, pid: int | None = None) -> int:
        """Let a process stand still whatever runs; returns its pid."""
        pid = self.process(pid).pid
        self.policy.frozen.add(pid)
        return pid

    def thaw(self, pid: int | None = None) -> int:
        """Let a process run again; returns its pid."""
        pid = self.process(pid).pid
        if pid not in self.policy.frozen:
            raise DebugError(f"process {pid} is not frozen")
        self.policy.frozen.discard(pid)
        return pid

    def follow(self, who: str) -> None:
        """Choose who is followed at a fork: child, parent, both or ask."""
        self.policy.follow = _choice(who, _FOLLOW, "follow")

    def lock(self, how: str) -> None:
        """Choose whether others run while one is moved: off, step or on."""
        self.policy.locking = _choice(how, _LOCKING, "schedule-locking")

    # -- stop points ----------------------------------------------------------------------

    def resolve(self, location: str) -> tuple[int, ...]:
        """Return the addresses of a location (:func:`debugger.locations.resolve`)."""
        here = self.place().path if self._engine is not None else ""
        if location.strip().startswith("*") or location.strip().startswith("$"):
            return (number_of(self.evaluate(location.strip().lstrip("*"))),)
        return resolve(self.image, location, here)

    def break_at(
        self,
        location: str = "",
        *,
        condition: str = "",
        temporary: bool = False,
        pid: int | None = None,
        ignore: int = 0,
        log: str | None = None,
    ) -> Breakpoint:
        """Set a breakpoint, by default where the focus stands; ``log`` makes it a logpoint.

        Raises:
            DebugError: the location is unknown or is data; the condition is no expression.
        """
        text = location.strip() or self.place().label
        addresses = self.resolve(text)
        for address in addresses:
            if not (self._engine is not None and self._is_mapped_code(address)):
                check_code(self.image, address, text)
        if condition:
            parse(condition)
        point = Breakpoint(
            location=text, addresses=addresses, condition=condition, temporary=temporary,
            pid=pid, ignore=ignore, log=log,
        )  # fmt: skip
        return self.points.add(point)

    def _is_mapped_code(self, address: int) -> bool:
        """Code outside the image: mapped by the guest itself, or dyld's stub."""
        inside = any(s.addr <= address < s.addr + s.size for s in self.image.segments)
        region = self.focus.space.layout.find(address)
        return not inside and region is not None and bool(region.prot & EXEC) and address % 4 == 0

    def break_on_request(
        self, method: str = "", target: str = "", *, temporary: bool = False
    ) -> RequestBreak:
        """Stop where a request has been received whose line matches."""
        return self.points.add(RequestBreak(method=method, target=target, temporary=temporary))

    def break_on_status(self, status: str, *, temporary: bool = False) -> StatusBreak:
        """Stop where a response with this status is about to be sent; ``x`` is any digit.

        Raises:
            DebugError: it is no status.
        """
        status = status.lower()
        if len(status) != 3 or status[0] not in "12345x" or not set(status) <= set("0123456789x"):
            raise DebugError(f"{status!r} is no status: three digits, or 'x' for any (4xx)")
        return self.points.add(StatusBreak(status=status, temporary=temporary))

    def watch(
        self, expression: str, access: str = "write", *, condition: str = "", pid: int | None = None
    ) -> Watchpoint:
        """Watch a register, a label's object or memory: ``x19``, ``buffer``, ``u32[x0+8]``.

        ``access`` is "write" (the value changes), "read" or "access".

        Raises:
            DebugError: it has no address, or the address is not mapped.
        """
        if condition:
            parse(condition)
        expression = expression.strip()
        made = {"expression": expression, "access": access, "condition": condition, "pid": pid}
        if names.read(names.SavedRegisters(self.focus), expression.lstrip("$")) is not None:
            if access != "write":
                raise DebugError("a register can be watched for changes only: 'watch'")
            register = expression.lstrip("$")
            return self.points.add(Watchpoint(register=register, **made))  # type: ignore[arg-type]
        address, size = self._object(expression)
        if self.focus.space.peek(address, size) is None:
            raise DebugError(f"{expression}: nothing is mapped at {address:#x}")
        return self.points.add(
            Watchpoint(address=address, size=size, **made)  # type: ignore[arg-type]
        )

    def _object(self, expression: str) -> tuple[int, int]:
        """Return address and size of what an expression names."""
        from debugger.expressions.syntax import Field, Memory, Name, Unary
        from debugger.expressions.types import NUMBERS, field_of, structs

        node = parse(expression)
        match node:
            case Memory(type=kind, address=inner):
                address = number_of(self._evaluate_node(inner, expression))
                if kind in NUMBERS:
                    return address, NUMBERS[kind].size
                if kind == "bytes" and node.length is not None:
                    return address, number_of(self._evaluate_node(node.length, expression))
                return address, structs()[kind].SIZE if kind in structs() else 8
            case Unary(operator="*", operand=inner):
                return number_of(self._evaluate_node(inner, expression)), 8
            case Name(name=name) if name in self.image.symbols:
                return self.image.symbols[name].value, self.object_size(name)
            case Field(base=base, name=name):
                found = self._evaluate_node(base, expression)
                address = number_of(self._evaluate_node(Unary(0, "&", node), expression))
                layout = type(found.fields)  # type: ignore[union-attr]
                field = field_of(layout, name) or ""
                later = [o for o in layout.OFFSETS.values() if o > layout.OFFSETS[field]]
                return address, min([*later, layout.SIZE]) - layout.OFFSETS[field]
        return number_of(self._evaluate_node(node, expression)), 8

    def object_size(self, name: str) -> int:
        """Return the bytes from a label to the next one in its section, 8 where none follows.

        At the most 8 are watched as one value; a larger object is watched whole all the same.
        """
        symbol = self.image.symbols[name]
        behind = [s.value for s in self.image.symbols.values() if s.value > symbol.value]
        ends = [
            s.addr + s.size for s in self.image.sections if s.addr <= symbol.value < s.addr + s.size
        ]
        return min([*behind, *ends], default=symbol.value + 8) - symbol.value or 8

    def catch(
        self,
        event: str,
        wanted: Iterable[str] = (),
        *,
        edge: str = "both",
        error: str = "",
        temporary: bool = False,
    ) -> Catchpoint:
        """Stop at an event: "syscall", "fork", "signal", "exit" or "fault".

        ``wanted`` are calls and ``%groups``, or signals; ``error`` an errno's name or "any".

        Raises:
            DebugError: there is no such event, call, group, signal or error.
        """
        wanted = tuple(wanted)
        _choice(event, ("syscall", "fork", "signal", "exit", "fault"), "catch")
        if event == "syscall":
            wanted = self.check_calls(wanted)
        if error and error != "any" and error not in errno.MESSAGES:
            remedy = nearest(error, errno.MESSAGES)
            raise DebugError(f"no error {error!r}" + (f"; {remedy}" if remedy else ""))
        if event == "signal":
            wanted = tuple(signal_name(name) for name in wanted)
        point = Catchpoint(event=event, names=wanted, edge=edge, errno=error, temporary=temporary)
        return self.points.add(point)

    def check_calls(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Return names of calls and groups as the tracer's filter takes them, or say the nearest.

        Numbers stand for calls; a group may be written without its ``%``.
        """
        from emu.strace.selection import CLASSES

        out = []
        for word in wanted:
            name = (name_of(int(word)) or word) if word.isdecimal() else word
            if name in CLASSES and call_number(name) is None:
                name = f"%{name}"
            try:
                Selection(name)
            except UsageError as error:
                raise DebugError(str(error).partition(": ")[2]) from None
            out.append(name)
        return tuple(out)

    # -- looking --------------------------------------------------------------------------

    def place(self, pid: int | None = None) -> Place:
        """Return where a process stands."""
        return self.engine.place(self.process(pid))

    def place_of(self, address: int) -> Place:
        """Return what is known of an address."""
        return place_of(self.image, address)

    def source(self, path: str, line: int) -> str:
        """Return a source line, or ""."""
        return source_text(self.image, path, line)

    def registers(self, pid: int | None = None) -> names.SavedRegisters:
        """Return the registers of a process that stands still."""
        return names.SavedRegisters(self.process(pid))

    def changed(self, pid: int | None = None) -> set[str]:
        """Return the names of the registers that the last motion changed, "nzcv" among them."""
        process = self.process(pid)
        before = self._before.get(process.pid, b"")
        if len(before) != STATE_SIZE or len(process.registers) != STATE_SIZE:
            return set()
        old, new = Registers(before), Registers(process.registers)
        return {name for name in REGISTERS if old[name] != new[name]}

    def set_register(self, name: str, value: int, pid: int | None = None) -> None:
        """Change a register or a flag."""
        names.write(self.registers(pid), name, value)

    def read_memory(self, address: int, size: int, pid: int | None = None) -> bytes:
        """Return guest memory.

        Raises:
            DebugError: not all of it is mapped.
        """
        data = self.process(pid).space.peek(address, size)
        if data is None:
            raise DebugError(f"nothing is mapped at {address:#x} ({size} bytes)")
        return data

    def write_memory(self, address: int, data: bytes, pid: int | None = None) -> None:
        """Change guest memory, whatever its protection; code too.

        Raises:
            DebugError: nothing is mapped there.
        """
        process, system = self.process(pid), self.engine.system
        system.mmu.activate(process.space)
        if not process.space.poke(address, data):
            raise DebugError(f"nothing is mapped at {address:#x} ({len(data)} bytes)")
        system.machine.forget_code(address & -4, len(data) + 4)

    def search(self, needle: bytes, pid: int | None = None) -> Iterable[tuple[int, str]]:
        """Yield (address, name of the region) of all places where ``needle`` stands."""
        space = self.process(pid).space
        for region in space.layout.regions:
            for start, data in _touched_runs(space, region):
                at = data.find(needle)
                while at >= 0:
                    yield start + at, region.name
                    at = data.find(needle, at + 1)

    def instruction(self, address: int, process: Process | None = None) -> Instruction | None:
        """Return the instruction at an address, or None where nothing is mapped."""
        return instruction_at((process or self.focus).space, address)

    def frames(self, pid: int | None = None) -> list[Frame]:
        """Return the backtrace of a process, the innermost frame first."""
        process = self.process(pid)
        return frames(self.image, process.space, self.registers(process.pid))

    def evaluate(self, text: str, pid: int | None = None) -> Value:
        """Return the value of an expression in a process.

        Raises:
            ExpressionError: with the column of what is wrong.
        """
        text = text.strip()
        return self._evaluate_node(parse(text), text, pid)

    def _evaluate_node(self, node: object, text: str, pid: int | None = None) -> Value:
        process = self.process(pid)
        context = _Context(self, process, names.SavedRegisters(process))
        return evaluate(node, context, text)  # type: ignore[arg-type]

    def assign(self, target: str, text: str) -> Value:
        """Do ``set TARGET = TEXT``: a register, a flag, memory, a struct's field, a $variable."""
        value = self.evaluate(text)
        target = target.strip()
        bare = target.removeprefix("$")
        if names.read(names.SavedRegisters(self.focus), bare) is not None:
            self.set_register(bare, number_of(value))
            return value
        if target.startswith("$"):
            self.variables[bare] = value
            return value
        if isinstance(value, bytes):
            self.write_memory(number_of(self.evaluate(f"&({target})")), value)
            return value
        try:
            address, size = self._object(target)
        except KeyError:
            raise ExpressionError("this cannot be assigned to", target, 0) from None
        number = number_of(value) & ((1 << 8 * size) - 1)
        self.write_memory(address, number.to_bytes(size, "little"))
        return value

    def calls(self) -> list[CallRecord]:
        """Return the calls, signals, forks and ends of the run so far."""
        return list(self.engine.log.records)

    def connections(self) -> list[Connection]:
        """Return the clients' connections of the run so far."""
        return list(self.engine.traffic.connections)

    def connection(self, pid: int | None = None) -> Connection:
        """Return the connection that a process works on, or else the latest of all.

        Raises:
            DebugError: nothing has been received from any client.
        """
        traffic = self.engine.traffic
        found = traffic.of(self.process(pid).pid)
        if found is None and traffic.connections:
            found = traffic.connections[-1]
        if found is None:
            raise DebugError("nothing has been received from a client yet")
        return found

    # -- clients --------------------------------------------------------------------------

    def play(self, request: ClientRequest) -> Client:
        """Be a client of the guest: connects once it listens, sends, and reads the answer."""
        client = Client(request, self._client_ended)
        self.clients.append(client)
        self._start_clients()
        return client

    def _client_ended(self) -> None:
        """Let a run that waits for this client look again whether anybody else may come."""
        engine = self._engine
        if engine is not None:
            with contextlib.suppress(OSError):
                engine.system.host.poller.wake()

    def _start_clients(self) -> None:
        if self._engine is None or not self._engine.listeners:
            return
        address = self._engine.listeners[-1].handle.host_address()
        for client in self.clients:
            client.start(address.host, address.port)

    # -- for the engine -------------------------------------------------------------------

    def _condition(self, text: str, process: Process, live: RegisterFile) -> int:
        value = evaluate(parse(text), _Context(self, process, live), text)
        return len(value) if isinstance(value, bytes) else number_of(value)

    def _written(self, descriptor: int, data: bytes) -> None:
        self.on_output(descriptor, data)

    def _log(self, text: str) -> None:
        self.on_note(text)

    def _logpoint(self, text: str, process: Process, live: RegisterFile) -> None:
        """Print a logpoint's text with its ``{expressions}`` evaluated."""

        def value(found: re.Match[str]) -> str:
            expression, _, style = found[1].partition(":")
            try:
                result = evaluate(parse(expression), _Context(self, process, live), expression)
            except ExpressionError as error:
                return f"<{error.message}>"
            if isinstance(result, bytes):
                return result.decode("latin-1")
            return f"{number_of(result):#x}" if style == "x" else str(result)

        self._log(f"[{process.pid}] {re.sub(r'[{]([^{}]*)[}]', value, text)}")


def _touched_runs(space: AddressSpace, region: Region) -> Iterable[tuple[int, bytes]]:
    """Yield the parts of a region that anybody has touched: the rest reads as zero."""
    for offset, length in region.backing.runs:
        low = max(region.start, region.start + offset - region.offset)
        high = min(region.end, region.start + offset + length - region.offset)
        data = space.peek(low, high - low) if low < high else None
        if data:
            yield low, data


def _choice(word: str, choices: tuple[str, ...], what: str) -> str:
    if word not in choices:
        remedy = nearest(word, choices)
        raise DebugError(f"{what}: {word!r} is none of {', '.join(choices)}"
                         + (f"; {remedy}" if remedy else ""))  # fmt: skip
    return word


def signal_name(name: str) -> str:
    """Return a signal's full name: ``alrm``, ``SIGALRM`` and ``14`` are one.

    Raises:
        DebugError: there is none; says the nearest.
    """
    from emu.darwin import flags

    wanted = name.upper() if name.upper().startswith("SIG") else f"SIG{name.upper()}"
    known = set(flags.SIGNAL_NAMES.values())
    if name.isdecimal() and int(name) in flags.SIGNAL_NAMES:
        return flags.SIGNAL_NAMES[int(name)]
    if wanted not in known:
        remedy = nearest(wanted, known)
        raise DebugError(f"no signal {name!r}" + (f"; {remedy}" if remedy else ""))
    return wanted
