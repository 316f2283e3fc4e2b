"""The gate of an engine (:class:`emu.gate.Gate`): calls, faults and signals before they happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debugger.events import (
    CallEntry,
    Faulted,
    ResponseStarts,
    Signalled,
    StopEvent,
)
from debugger.places import Place
from debugger.request import SENDS
from debugger.stopping import (
    Catchpoint,
    Watchpoint,
)
from emu.darwin import flags as f
from emu.darwin.errno import NAMES
from emu.darwin.numbers import name_of
from emu.gate import HOLD
from emu.kernel.process import Process
from emu.kernel.signals import CORE
from emu.report import crash_report
from emu.strace.selection import Selection
from emu.strace.shapes import shape_of
from emu.strace.tracer import Pending

if TYPE_CHECKING:
    from emu.kernel.signals import SigInfo
    from emu.syscalls.table import Syscall

from debugger.buffers import bare_name, call_buffers
from debugger.hooks import Hooks

__all__ = ["Gates"]

#: How much of a send is looked at for its status line.
_STATUS_LINE = 64


class Gates(Hooks):
    """Holds what is caught, and makes calls fail as asked."""

    def _set_up(self) -> None:
        """Start with nothing held."""
        super()._set_up()
        #: Errors to be injected: (pid or 0, call or "", errno).
        self.injections: list[tuple[int, str, int]] = []
        #: By pid: the call that is under way, and the ``svc`` on which a catchpoint stopped.
        self._calls: dict[int, tuple[int, Syscall | None, tuple[int, ...]]] = {}
        self._held: dict[int, int] = {}
        self._held_signals: set[tuple[int, int]] = set()
        #: By pid: what watched memory held before the call.
        self._before: dict[int, list[tuple[Watchpoint, int]]] = {}

    def call(
        self, process: Process, number: int, row: Syscall | None, arguments: tuple[int, ...]
    ) -> int:
        """Hold a call that is caught, or make it fail as asked (:class:`emu.gate.Gate`)."""
        pid = process.pid
        if pid in self._calls:
            return 0
        if self._catches or self._status_breaks or self._held:
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
        return self._injected(process, name_of(number) or "") if self.injections else 0

    def _call_event(
        self, process: Process, number: int, row: Syscall | None, arguments: tuple[int, ...]
    ) -> StopEvent | None:
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
        if not points or bare_name(number) not in SENDS:
            return None
        data = b"".join(d for _, d in call_buffers(process, number, arguments, _STATUS_LINE))
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
        why = crash_report(self.image_of(process), process, info)[0].partition(": ")[2]
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


def _effect(process: Process, signal: int) -> str:
    if process.signals.stops(signal):
        return "stop"
    if process.signals.action(signal).handler != f.SIG_DFL:
        return "handler"
    return "core" if signal in CORE else "terminate"
