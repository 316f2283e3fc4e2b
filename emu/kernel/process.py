"""A guest process and the record of what it waits for, as plain data."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from emu.darwin import flags as f
from emu.kernel.files import FdTable
from emu.kernel.signals import SignalState
from emu.memory import AddressSpace, Backing
from emu.record import field, record

if TYPE_CHECKING:
    from collections.abc import Hashable

    from emu.image import Image

__all__ = ["RLIMITS", "Inheritance", "Limits", "Park", "Process", "State", "Timer"]


class State(Enum):
    """Where a process stands."""

    READY = "ready"
    PARKED = "parked"
    STOPPED = "stopped"
    ZOMBIE = "zombie"
    DEAD = "dead"


class Park(Exception):  # noqa: N818 - an outcome of a call, not an error
    """The call cannot be completed yet; it is run again from the start once something happens.

    Attributes:
        reads, writes: host handles to wait for.
        deadline: monotonic nanoseconds after which to run the call again in any case.
        channels: names inside the kernel (XNU's wait channels) that ``Kernel.wakeup`` calls.
        restarts: whether SA_RESTART applies; the calls that always end in EINTR say False.
    """

    def __init__(
        self,
        *,
        reads: tuple[Any, ...] = (),
        writes: tuple[Any, ...] = (),
        deadline: int | None = None,
        channels: tuple[Hashable, ...] = (),
        restarts: bool = True,
    ) -> None:
        """Say what to wait for."""
        super().__init__()
        self.reads = reads
        self.writes = writes
        self.deadline = deadline
        self.channels = channels
        self.restarts = restarts


@record(frozen=False)
class Timer:
    """An interval timer: ``deadline`` in monotonic ns, 0 when it is not armed."""

    deadline: int = 0
    interval: int = 0

    def advance(self, now: int) -> None:
        """Set the next deadline after ``now``, skipping those that were missed; or disarm."""
        if not self.interval:
            self.deadline = 0
            return
        missed = (now - self.deadline) // self.interval
        self.deadline += self.interval * (1 + missed)


@record(frozen=False)
class Limits:
    """Resource limits that the emulator itself enforces (soft values)."""

    processes: int = 512
    files: int = 256


@record
class Inheritance:
    """What becomes of a range in a child (VM_INHERIT_NONE, or a copy of what is shared).

    ``backing`` tells whether the range still holds what minherit was called for.
    """

    start: int
    end: int
    kind: int
    backing: Backing


INFINITY = f.RLIM_INFINITY

#: Soft and hard limits of a process that a shell starts on macOS, in ``RLIMIT_`` order.
RLIMITS: Final[tuple[tuple[int, int], ...]] = (
    (INFINITY, INFINITY),  # CPU, seconds
    (INFINITY, INFINITY),  # FSIZE, bytes
    (INFINITY, INFINITY),  # DATA
    (8176 << 10, 65520 << 10),  # STACK
    (0, INFINITY),  # CORE
    (INFINITY, INFINITY),  # AS
    (INFINITY, INFINITY),  # MEMLOCK
    (2784, 4176),  # NPROC
    (256, INFINITY),  # NOFILE
)


@record(frozen=False, eq=False)
class Process:
    """One guest process.  ``registers`` is its saved state while it is off the CPU."""

    pid: int
    ppid: int
    name: str
    space: AddressSpace
    pgid: int
    sid: int
    registers: bytes = b""
    files: FdTable = field(factory=FdTable)
    signals: SignalState = field(factory=SignalState)
    state: State = State.READY
    #: A handle of the working directory, a directory of the host's door.
    cwd: Any = None
    umask: int = 0o022
    uid: int = 501
    gid: int = 20
    children: dict[int, Process] = field(factory=dict)
    timer: Timer = field(factory=Timer)
    #: What a parked process waits for, and what its call has to remember until it completes.
    wait: Park | None = None
    memory: dict[str, Any] = field(factory=dict)
    #: wait4's status word once the process has ended.
    status: int = 0
    #: The signal that stopped the process, 0 once a parent has been told; whether it went on.
    stop_signal: int = 0
    continued: bool = False
    #: Host nanoseconds that the process has run, its reaped children too, and when it started.
    used_ns: int = 0
    children_ns: int = 0
    started_ns: int = 0
    #: ITIMER_VIRTUAL, ITIMER_PROF and RLIMIT_CPU, by ``used_ns``: signal to timer.
    cpu_timers: dict[int, Timer] | None = None
    rlimits: tuple[tuple[int, int], ...] = RLIMITS
    #: Memory that a child does not get as it is: what minherit has said.
    inheritance: tuple[Inheritance, ...] = ()
    nice: int = 0
    #: Where its program is in the guest's file system, as far as is known.
    path: str = ""
    #: The image of a program that execve started, None for the one that the run began with.
    image: Image | None = None
    #: Whether it has run execve: its parent may not move it to another group any more.
    executed: bool = False
    #: A program of the host that runs in the place of the guest's.
    host_program: Any = None
    #: The last calls: (number, arguments, result, errno), for crash reports.
    recent: deque[tuple[int, tuple[int, ...], Any, int]] = field(factory=lambda: deque(maxlen=10))

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self.state not in (State.ZOMBIE, State.DEAD)
