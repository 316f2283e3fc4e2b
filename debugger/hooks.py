"""Code and memory hooks of an engine: breakpoints, goals, watchpoints, the trail, requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from debugger.buffers import bare_name, call_buffers
from debugger.events import (
    BreakpointHit,
    StepDone,
    WatchpointHit,
)
from debugger.places import Place, place_of
from debugger.programs import addresses, extent
from debugger.registers import LiveRegisters
from debugger.registers import read as read_register
from debugger.request import SENDS
from debugger.running import Run, saved_pc
from debugger.stopping import (
    Breakpoint,
    Catchpoint,
    RequestBreak,
    StatusBreak,
    Watchpoint,
)
from emu.darwin.numbers import name_of
from emu.kernel.process import Process
from emu.machine import READ, WRITE
from emu.machine_probe import Access, Probe
from emu.syscalls.pager import look

if TYPE_CHECKING:
    from emu.image import Image

__all__ = ["Hooks"]

_ACCESS = {"write": WRITE, "read": READ, "access": READ | WRITE}
_NONE: Final[dict[int, list[Breakpoint]]] = {}
#: How much of what a call sends is looked at for watched memory.
_SENT_MAX = 1 << 30


class Hooks(Run):
    """Asks stop points and the goal before instructions and at accesses to memory."""

    def _set_up(self) -> None:
        """Attach the probe; nothing is hooked yet."""
        super()._set_up()
        self._probe = Probe(self.machine)
        self._probe.on_stopped_at = self._preempted
        #: Breakpoints by program and address.
        self._by_address: dict[int, dict[int, list[Breakpoint]]] = {}
        self._watches: list[Watchpoint] = []
        self._register_watches: list[Watchpoint] = []
        self._catches: list[Catchpoint] = []
        self._request_breaks: list[RequestBreak] = []
        self._status_breaks: list[StatusBreak] = []
        self._hooked: object = None
        self._hooked_memory: object = ()
        self._hooked_blocks = False
        #: Values of watched registers by (watchpoint, pid), and where each process was last.
        self._last: dict[tuple[int, int], int] = {}
        self._last_pc: dict[int, int] = {}

    # -- what is hooked -------------------------------------------------------------------

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
        if not self._request_breaks:
            # Nobody has looked at them; what has come before a break is set is not stopped at.
            for connection in self.traffic.connections:
                connection.announce()
        self._request_breaks = self.points.of(RequestBreak)
        self._status_breaks = self.points.of(StatusBreak)
        self._last.clear()
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

    def _images(self) -> list[Image]:
        """Return the programs that processes run."""
        images = {id(i): i for i in map(self.image_of, self.system.kernel.running)}
        return list(images.values())

    def _hook_code(self) -> None:
        self._by_address = {}
        for image in self._images():
            table = self._by_address[id(image)] = {}
            for point in self.points.of(Breakpoint):
                for address in addresses(point, image):
                    table.setdefault(address, []).append(point)
        every = self.goal.every or bool(self._register_watches)
        wanted = None if every else self.goal.points.union(*self._by_address.values())
        if self._hooked is None or self._hooked != (wanted,):
            self._probe.watch_code(wanted, self._reached)
            self._hooked = (wanted,)

    def _hook_memory(self) -> None:
        ranges = [
            (found[0], found[0] + found[1] - 1, _ACCESS[w.access])
            for w in self._watches
            for found in dict.fromkeys(extent(w, image) for image in self._images())
            if found is not None
        ]
        ranges += self.goal.ranges
        connection = self.traffic.of(self.focus.pid)
        span = connection.span() if connection is not None else None
        if span is not None:
            ranges.append((*span, READ))
        wanted = tuple(ranges)
        if wanted != self._hooked_memory:
            self._probe.watch_memory(wanted, self._touched)
            self._hooked_memory = wanted

    def _reached(self, pc: int) -> None:
        """Look at the instruction at ``pc`` before it is executed (in a code hook)."""
        process = self.system.current
        pid = process.pid
        if self._register_watches:
            self._check_registers(process, pc)
        if self._passed.pop(pid, -1) == pc and self.stop is None:
            return
        points = self._by_address.get(id(process.image or self.image), _NONE).get(pc)
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

    def _check_registers(self, process: Process, pc: int) -> None:
        """Compare the watched registers with what they were one instruction ago."""
        live = LiveRegisters(self.machine)
        pid = process.pid
        by = place_of(self.image_of(process), self._last_pc.get(pid, pc))
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

    def _value(self, process: Process, watch: Watchpoint) -> int:
        found = extent(watch, self.image_of(process))
        data = look(process.space, *found) if found is not None else None
        return int.from_bytes(data or b"", "little")

    def _covers(self, process: Process, watch: Watchpoint, address: int, size: int) -> bool:
        """Tell whether an access to memory touches what is watched."""
        found = extent(watch, self.image_of(process))
        return found is not None and address < sum(found) and found[0] < address + size

    def _touched(self, access: Access) -> bool:
        """Note an access to a watched range (in a memory hook); True stops behind it."""
        process = self.system.current
        pid = process.pid
        if access.kind == READ and pid == self.focus.pid:
            self.traffic.looked(pid, access.address, access.size)
        before = len(self._touches)
        pc = -1
        for watch in self._watches:
            if (
                watch.concerns(pid)
                and _ACCESS[watch.access] & access.kind
                and self._covers(process, watch, access.address, access.size)
            ):
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
            by = str(place_of(self.image_of(process), pc))
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
        elif watch.access != "write" and bare_name(number) in SENDS:
            buffers = call_buffers(process, number, arguments, _SENT_MAX)
            if any(self._covers(process, watch, base, len(data)) for base, data in buffers):
                self._watch_hit(process, watch, "read", old, by)

    def _where(self, process: Process) -> Place:
        """Return where ``process`` stands, on the CPU or off it."""
        on_cpu = process is self.system.current and not self.system.paused
        return self._live_place() if on_cpu else self.place(process)


def _inside(access: Access, ranges: tuple[tuple[int, int, int], ...]) -> bool:
    last = access.address + access.size - 1
    return any(
        access.address <= high and low <= last and kind & access.kind for low, high, kind in ranges
    )
