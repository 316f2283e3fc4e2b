"""The table of processes: fork, exit, wait, kill and timers, on plain data."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

from emu.darwin import flags as f
from emu.darwin.errno import EAGAIN, ESRCH, Errno
from emu.kernel.locks import RecordLocks
from emu.kernel.mapped import MappedFiles
from emu.kernel.process import RLIMITS, Limits, Process, State
from emu.kernel.scheduler import Scheduler
from emu.kernel.signals import CORE, STOPS, SigInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emu.kernel.files import OpenFile
    from emu.kernel.kqueue import Kqueue
    from emu.kernel.semaphore import Semaphore
    from emu.kernel.shared_memory import SharedMemory

__all__ = ["FIRST_PID", "Kernel", "Watcher"]

#: The first guest process; 1 is launchd, which adopts orphans.
FIRST_PID, LAUNCHD = 100, 1
_JOB_CONTROL = {f.SIGCONT, f.SIGKILL, *STOPS}
#: Where process identifiers start over, as in xnu (PID_MAX).
PID_MAX = 99999


class Watcher(Protocol):
    """Told what happens to processes: the tracer, the debugger, the statistics."""

    def forked(self, parent: Process, child: Process) -> None:
        """Note that ``parent`` has a new child."""

    def ended(self, process: Process) -> None:
        """Note that ``process`` ended with ``process.status``."""


class Kernel:
    """All guest processes and how they relate."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Start without processes."""
        self.limits = limits or Limits()
        self.processes: dict[int, Process] = {}
        self.scheduler = Scheduler()
        self.watchers: list[Watcher] = []
        self._last_pid = FIRST_PID - 1
        self._serials = itertools.count(1)
        #: Open files that were sent through a socket and not received yet, by their token.
        self.in_flight: dict[bytes, list[OpenFile]] = {}
        self.mapped = MappedFiles()
        self.locks = RecordLocks(self.scheduler.wakeup)
        #: What shm_open and sem_open have made, by name.
        self.shared_memory: dict[bytes, SharedMemory] = {}
        self.semaphores: dict[bytes, Semaphore] = {}
        #: The session whose terminal the standard streams are, and the group in its foreground.
        self.session = self.foreground = 0
        #: Event queues that live, and whose they are.
        self._queues: dict[Kqueue, Process] = {}

    def add(self, process: Process) -> None:
        """Enter a process that no other one forked."""
        self._last_pid = max(self._last_pid, process.pid)
        self.processes[process.pid] = process
        if not self.session:
            self.session, self.foreground = process.sid, process.pgid

    def find(self, pid: int) -> Process:
        """Return a process that has not been reaped, or ESRCH."""
        try:
            return self.processes[pid]
        except KeyError:
            raise Errno(ESRCH) from None

    def serial(self) -> int:
        """Return a number that nothing else of the kernel has: an inode, a port."""
        return next(self._serials)

    @property
    def running(self) -> Iterator[Process]:
        """The processes that have not ended."""
        return (p for p in list(self.processes.values()) if p.alive)

    def _new_pid(self, parent: Process) -> int:
        limit = self.limits.processes
        if parent.rlimits is not RLIMITS:
            limit = min(limit, parent.rlimits[f.RLIMIT_NPROC][0])
        if len(self.processes) >= limit:
            raise Errno(EAGAIN)
        pid = self._last_pid + 1
        while pid > PID_MAX or pid in self.processes:
            pid = FIRST_PID if pid >= PID_MAX else pid + 1
        return pid

    def prepare(self, parent: Process) -> Process:
        """Return a child that is none of the processes yet, with the parent's memory.

        EAGAIN at the limit.  No pending signals and no interval timers are inherited.
        """
        return Process(
            self._new_pid(parent), parent.pid, parent.name, parent.space, parent.pgid, parent.sid,
            files=parent.files.fork(), signals=parent.signals.fork(), cwd=parent.cwd,
            umask=parent.umask, uid=parent.uid, gid=parent.gid, rlimits=parent.rlimits,
            nice=parent.nice, path=parent.path, image=parent.image,
        )  # fmt: skip

    def enter(self, parent: Process, child: Process) -> None:
        """Make a prepared child one of the processes."""
        self._last_pid = child.pid
        self.processes[child.pid] = parent.children[child.pid] = child
        if self._queues:
            self._note(parent, f.NOTE_FORK)
        for watcher in self.watchers:
            watcher.forked(parent, child)

    def fork(self, parent: Process) -> Process:
        """Return a child that shares the parent's bytes; EAGAIN at the limit.

        The memory stands in place for the child, and the parent's is saved.
        """
        child = self.prepare(parent)
        child.space = parent.space.fork()
        self.enter(parent, child)
        return child

    # -- event queues ---------------------------------------------------------------------

    def watch(self, queue: Kqueue, owner: Process) -> None:
        """Tell ``queue`` from now on what processes do and what signals its owner is sent."""
        self._queues[queue] = owner
        queue.on_release = self._unwatch

    def _unwatch(self, queue: Kqueue) -> None:
        self._queues.pop(queue, None)

    def _note(self, process: Process, note: int, data: int = 0) -> None:
        for queue in list(self._queues):
            queue.note_process(process.pid, note, data)

    def _note_signal(self, process: Process, signal: int) -> None:
        for queue, owner in list(self._queues.items()):
            queue.note_process(process.pid, f.NOTE_SIGNAL, signal)
            if owner is process:
                queue.note_signal(signal)

    def executed(self, process: Process) -> None:
        """Note that a process runs another program now."""
        self._note(process, f.NOTE_EXEC)

    # -- the end --------------------------------------------------------------------------

    def exit(self, process: Process, status: int) -> None:
        """End a process: ``status`` is wait4's word (exit code << 8, or a signal's number)."""
        self.scheduler.unpark(process)
        process.state = State.ZOMBIE
        process.status = status
        process.wait = None
        process.memory.clear()
        process.timer.deadline = 0
        process.cpu_timers = None
        if self.mapped:
            self.mapped.release(p for p in self.running if p is not process)
        if process.host_program is not None:
            process.host_program.close()
            process.host_program = None
        if self.locks:
            self.locks.release(process.pid)
        process.files.close_all()
        for watcher in self.watchers:
            watcher.ended(process)
        if self._queues:
            self._note(process, f.NOTE_EXIT, status)
        self._orphan(process)
        self._tell_parent(process)

    def _orphan(self, process: Process) -> None:
        for child in process.children.values():
            child.ppid = LAUNCHD
            if child.state is State.ZOMBIE:
                self._bury(child)
        process.children.clear()

    def _tell_parent(self, process: Process) -> None:
        parent = self.processes.get(process.ppid)
        if parent is None or not parent.alive:
            self._bury(process)
            return
        action = parent.signals.action(f.SIGCHLD)
        if action.handler == f.SIG_IGN or action.flags & f.SA_NOCLDWAIT:
            self.reap(parent, process)
        self.scheduler.wakeup(("child", parent.pid))
        if parent.signals.is_ignored(f.SIGCHLD) and not self._queues:
            return
        code, status = f.CLD_EXITED, process.status >> 8
        if process.status & 0x7F:
            signal = process.status & 0x7F
            code, status = f.CLD_DUMPED if signal in CORE else f.CLD_KILLED, signal
        self.post(parent, SigInfo(f.SIGCHLD, code, process.pid, process.uid, status))

    def reap(self, parent: Process, child: Process) -> None:
        """Forget a child that has ended; its times are the parent's now."""
        parent.children_ns += child.used_ns + child.children_ns
        parent.children.pop(child.pid, None)
        self._bury(child)

    def _bury(self, process: Process) -> None:
        process.state = State.DEAD
        self.processes.pop(process.pid, None)

    # -- signals --------------------------------------------------------------------------

    def post(self, process: Process, info: SigInfo) -> None:
        """Send a signal; a parked or stopped process that must look at it wakes."""
        if not process.alive:
            return
        if info.signal in _JOB_CONTROL:
            self._note_job_control(process, info.signal)
        if self._queues:
            self._note_signal(process, info.signal)
        if process.signals.post(info):
            self.scheduler.wake(process)
        elif process.signals.pending:
            # Blocked, but sigwait may wait for it.
            self.scheduler.wakeup(("signal", process.pid))

    def _note_job_control(self, process: Process, signal: int) -> None:
        """Let a stopped process go on; a stop and SIGCONT that wait cancel each other."""
        if signal in STOPS:
            process.signals.forget(f.SIGCONT)
            return
        if signal == f.SIGCONT:
            for stop in STOPS:
                process.signals.forget(stop)
        if process.state is not State.STOPPED:
            return
        self.scheduler.ready(process)
        if signal == f.SIGCONT:
            process.stop_signal, process.continued = 0, True
            self._tell_job_control(process, f.CLD_CONTINUED, f.SIGCONT)

    def stop(self, process: Process, signal: int) -> None:
        """Take a process out of the run queue until SIGCONT, and tell its parent."""
        process.state = State.STOPPED
        process.stop_signal, process.continued = signal, False
        self._tell_job_control(process, f.CLD_STOPPED, signal)

    def _tell_job_control(self, process: Process, code: int, signal: int) -> None:
        parent = self.processes.get(process.ppid)
        if parent is None or not parent.alive:
            return
        if not parent.signals.action(f.SIGCHLD).flags & f.SA_NOCLDSTOP:
            self.post(parent, SigInfo(f.SIGCHLD, code, process.pid, process.uid, signal))
        self.scheduler.wakeup(("child", parent.pid))

    def targets(self, sender: Process, pid: int) -> list[Process]:
        """Return the processes that ``kill(pid)`` means, or ESRCH."""
        if pid > 0:
            return [self.find(pid)]
        group = sender.pgid if pid == 0 else -pid
        every = pid == -1
        found = [p for p in self.running if (every and p is not sender) or p.pgid == group]
        if not found:
            raise Errno(ESRCH)
        return found

    def charge(self, process: Process) -> None:
        """Signal a process whose timers by used time are due, or that used up its CPU time."""
        for signal, timer in (process.cpu_timers or {}).items():
            if timer.deadline and timer.deadline <= process.used_ns:
                timer.advance(process.used_ns)
                self.post(process, SigInfo(signal))

    def run_timers(self, now: int) -> None:
        """Wake and signal everyone whose time has come (``now`` in monotonic ns)."""
        for process in self.scheduler.expire(now):
            process.timer.advance(now)
            self.scheduler.arm(process)
            self.post(process, SigInfo(f.SIGALRM))
