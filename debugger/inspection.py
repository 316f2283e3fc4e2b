"""Looking at a guest that stands still, and changing it: registers, memory, expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debugger import registers as names
from debugger.disassembly import Instruction, instruction_at
from debugger.expressions import Value, evaluate, number_of, parse
from debugger.guest import Guest
from debugger.places import Place, place_of, source_text
from debugger.programs import Program, addresses, object_at
from debugger.stopping import Breakpoint
from debugger.unwind import Frame, frames
from emu.errors import DebugError, ExpressionError
from emu.kernel.process import Process
from emu.machine import REGISTERS, STATE_SIZE, Registers
from emu.syscalls.pager import look

if TYPE_CHECKING:
    from debugger.calls import CallRecord
    from debugger.registers import RegisterFile
    from debugger.request import Connection
    from debugger.stopping import StopPoint
    from emu.memory import AddressSpace, Region

__all__ = ["Inspection"]


@dataclass(frozen=True, slots=True)
class _Context:
    """What names in an expression mean in one process (:class:`expressions.Context`)."""

    session: Inspection
    process: Process
    registers: RegisterFile

    def register(self, name: str) -> int | None:
        value = names.read(self.registers, name)
        if value is not None:
            self.session.check_alive(self.process)
        return value

    def memory(self, address: int, size: int) -> bytes | None:
        self.session.check_alive(self.process)
        return look(self.process.space, address, size)

    def symbol(self, name: str) -> int | None:
        symbol = self.session.engine.image_of(self.process).symbols.get(name)
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
        return self.session.engine.image_of(self.process).symbols


class Inspection(Guest):
    """What is where, and what it means."""

    # -- places, registers, memory ----------------------------------------------------------

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
        data = look(self.process(pid).space, address, size)
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
        process = process or self.focus
        return instruction_at(process.space if process.alive else Program(self.image), address)

    def frames(self, pid: int | None = None) -> list[Frame]:
        """Return the backtrace of a process, the innermost frame first."""
        process = self.process(pid)
        image = self.engine.image_of(process)
        return frames(image, process.space, self.registers(process.pid))

    def addresses(self, point: StopPoint) -> tuple[int, ...]:
        """Return where a breakpoint is in the program that the focus runs."""
        return addresses(point, self.image) if isinstance(point, Breakpoint) else ()

    def code_of(self, pid: int) -> Program:
        """Return the code of a process as it was loaded; it may have ended."""
        found = self.engine.tree.records.get(pid)
        return Program(found.programs[-1][1] if found is not None else self.program)

    def place_of_call(self, record: CallRecord) -> Place:
        """Return where a call was made, in the program that its process ran then."""
        found = self.engine.tree.records.get(record.pid)
        return place_of((found and found.image_at(record.sequence)) or self.image, record.pc)

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
        found = traffic.of(self.focus.pid if pid is None else pid)
        if found is None and traffic.connections:
            found = traffic.connections[-1]
        if found is None:
            raise DebugError("nothing has been received from a client yet")
        return found

    # -- expressions ------------------------------------------------------------------------

    def evaluate(self, text: str, pid: int | None = None) -> Value:
        """Return the value of an expression in a process.

        Raises:
            ExpressionError: with the column of what is wrong.
        """
        text = text.strip()
        return self._evaluate_node(parse(text), text, pid)

    def _evaluate_node(self, node: object, text: str, pid: int | None = None) -> Value:
        # Numbers, labels and variables have values without a process too.
        process = self.focus if pid is None else self.process(pid)
        context = _Context(self, process, names.SavedRegisters(process))
        return evaluate(node, context, text)  # type: ignore[arg-type]

    def assign(self, target: str, text: str) -> Value:
        """Do ``set TARGET = TEXT``: a register, a flag, memory, a struct's field, a $variable."""
        value = self.evaluate(text)
        target = target.strip()
        bare = target.removeprefix("$")
        if names.is_register(bare):
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
                return object_at(self.image, name)
            case Field(base=base, name=name):
                found = self._evaluate_node(base, expression)
                address = number_of(self._evaluate_node(Unary(0, "&", node), expression))
                layout = type(found.fields)  # type: ignore[union-attr]
                field = field_of(layout, name) or ""
                later = [o for o in layout.OFFSETS.values() if o > layout.OFFSETS[field]]
                return address, min([*later, layout.SIZE]) - layout.OFFSETS[field]
        return number_of(self._evaluate_node(node, expression)), 8

    def _condition(self, text: str, process: Process, live: RegisterFile) -> int:
        value = evaluate(parse(text), _Context(self, process, live), text)
        return len(value) if isinstance(value, bytes) else number_of(value)

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
