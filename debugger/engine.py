"""One run of the guest under control: hooks, gates and an observer of :class:`emu.system.System`.

:meth:`~debugger.running.Run.resume` lets the system run until the goal of a motion is reached or a
stop point stops it, and returns the event.  What may stop the guest stands in four files, each a
class on top of the one before: :mod:`~debugger.running` (the state of a run),
:mod:`~debugger.hooks` (instructions and memory), :mod:`~debugger.gates` (calls, faults and signals
before they happen) and this one, the observer (results of calls, forks, ends, traffic).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from debugger.buffers import bare_name, call_buffers, file_of
from debugger.events import (
    CallExit,
    Ended,
    Executed,
    Forked,
    RequestArrived,
)
from debugger.gates import Gates
from debugger.places import Place, place_of
from debugger.request import PIECE_MAX, RECEIVES, SENDS, STREAM_MAX, Connection, Piece
from debugger.running import Policy, saved_pc
from debugger.unwind import StackSnapshot
from emu.darwin.errno import EINTR, NAMES
from emu.kernel.process import Process
from emu.observer import Observer
from emu.strace.lines import describe_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.files import OpenFile
    from emu.kernel.process import Park
    from emu.kernel.signals import SigInfo
    from emu.syscalls.table import Syscall


__all__ = ["Engine", "Policy", "saved_pc"]

_SOCKET_CALLS = RECEIVES | SENDS | {"listen"}


class Engine(Gates, Observer):
    """One run, from the entry of the first process to the end of the last."""

    def _set_up(self) -> None:
        """Become the system's observer and its gate."""
        super()._set_up()
        #: Sockets that listen, the latest last, and who is told of a new one.
        self.listeners: list[OpenFile] = []
        self.on_listen: Callable[[OpenFile], None] = lambda _file: None
        # It is told by this class, so that a call has one observer and not two.
        self._tracer = self.log.tracer
        self.system.observe(self)
        self.system.gate = self

    def entering(
        self, process: Process, number: int, row: Syscall | None, arguments: tuple[int, ...]
    ) -> None:
        """Let the log of calls take down what the call reads."""
        self._tracer.entering(process, number, row, arguments)

    def delivered(self, process: Process, info: SigInfo, effect: str) -> None:
        """Let the log of calls take down a signal."""
        self._tracer.delivered(process, info, effect)

    def parked(self, process: Process, wait: Park) -> None:
        """Remember that the hooks of the ``svc`` have been seen."""
        self._tracer.parked(process, wait)
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
        self._tracer.returned(process, number, row, arguments, result, error)
        pid = process.pid
        self._calls.pop(pid, None)
        self._passed.pop(pid, None)
        if not error:
            name = bare_name(number)
            if name in _SOCKET_CALLS:
                self._note_traffic(process, number, arguments, result)
            elif name == "execve":
                self._executed(process)
        if self._before:
            for watch, old in self._before.pop(pid, ()):
                self._watch_call(process, watch, old, number, arguments)
        if self._catches:
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

    def _executed(self, process: Process) -> None:
        """Follow a process into another program: labels, lines and breakpoints are those of it."""
        pid, image = process.pid, self.image_of(process)
        self.tree.executed(process, image, self.log.last)
        self.traffic.executed(pid)
        self.trail.forget(pid)
        for table in (self._before, self._held, self._last_pc):
            table.pop(pid, None)
        self._last.clear()
        self._hook_code()
        self._hook_memory()
        place = self._live_place()
        for point in self._catches:
            if point.event == "exec" and point.concerns(pid) and point.count():
                self._spent(point)
                self._halt(process, Executed(pid, place, point.number, process.path))
        if self.stop is None and self.goal.pid == pid and not self.goal.outlives:
            self._halt(process, Executed(pid, place, 0, process.path))
        if self.stop is None:
            self._say(f"process {pid} is executing new program: {process.path}")

    def interrupted(self, process: Process, done: int, *, again: bool) -> None:
        """A signal ended a parked call."""
        self._tracer.interrupted(process, done, again=again)
        found = self._calls.pop(process.pid, None)
        self._passed.pop(process.pid, None)
        self._before.pop(process.pid, None)
        if found is not None and not again:
            self._catch_return(process, found[0], 0 if done else EINTR)

    def forked(self, parent: Process, child: Process) -> None:
        """Enter a child into the tree and follow it where that is wanted."""
        self._tracer.forked(parent, child)
        place = self._live_place()
        self.tree.forked(parent, child, place, self.image_of(child))
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
        self._tracer.ended(process)
        pid = process.pid
        place = place_of(self.image_of(process), self._end_pc(process))
        self.tree.ended(process)
        self.traffic.ended(pid)
        for table in (self._calls, self._passed, self._held, self._before, self._last_pc):
            table.pop(pid, None)
        left = sum(1 for p in self.system.kernel.running if p is not process)
        event = Ended(pid, place, process.status, describe_end(process.status), left)
        self._ended = event
        if process is self.focus or not left or self._catches_exit(process):
            self._halt(process, event)

    def _end_pc(self, process: Process) -> int:
        call = self._calls.get(process.pid)
        if call is not None:
            # The end came in a call: its svc, as behind it there may be no code at all.
            return call[2][9] - 4
        on_cpu = self.running and process is self.system.current
        return self.machine.read("pc") if on_cpu else saved_pc(process)

    def _catches_exit(self, process: Process) -> bool:
        for point in self._catches:
            if point.event == "exit" and point.concerns(process.pid) and point.count():
                self._spent(point)
                return True
        return False

    def _note_traffic(
        self,
        process: Process,
        number: int,
        arguments: tuple[int, ...],
        result: Any,  # noqa: ANN401 - a handler's result
    ) -> None:
        name = bare_name(number)
        file = file_of(process, arguments[0] & 0xFFFFFFFF)
        if file is None or file.kind != "socket":
            return
        if name == "listen":
            self.listeners.append(file)
            self.on_listen(file)
            return
        if type(result) is not int or result <= 0:
            return
        if name in RECEIVES:
            came = call_buffers(process, number, arguments, result)
            self._note_request(process, self.traffic.received(process, file, came))
            return
        connection = self.traffic.connection(process, file)
        if connection.kept < STREAM_MAX:
            sent = call_buffers(process, number, arguments, min(result, PIECE_MAX))
            data = b"".join([d for _, d in sent])
            stack = StackSnapshot(self.image_of(process), process.space, self.machine.save())
            place = self._live_place(arguments[9] - 4)
            connection.add(Piece(data, result, process.pid, name, place, stack))

    def _note_request(self, process: Process, connection: Connection) -> None:
        if process is self.focus:
            self._hook_memory()
        if not self._request_breaks:
            return
        for line in connection.announce():
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
