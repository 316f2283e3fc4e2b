"""The ground floor of a session: the program, its run, its processes and its clients."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from debugger.client import Client, ClientRequest
from debugger.engine import Engine, Policy
from debugger.events import StopEvent
from debugger.expressions import Value
from debugger.stopping import (
    StopPoints,
)
from debugger.terminal import GuestTerminal
from emu.asm.suggest import nearest
from emu.errors import DebugError
from emu.kernel.process import Process
from emu.launch import Options

if TYPE_CHECKING:
    from types import TracebackType

    from debugger.processes import ProcessRecord
    from emu.image import Image

__all__ = ["Guest", "choice"]

_FOLLOW = ("child", "parent", "both", "ask")
_LOCKING = ("off", "step", "on")


class Guest:
    """A program, and the present run of it if there is one."""

    # -- life -----------------------------------------------------------------------------

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
            interactive: whether a read of the guest waits for what is typed (:meth:`type`);
                without it the input ends behind what has been typed already.

        Raises:
            UsageError, ImageError: there is no such program, or it is none.
        """
        self.options = options or Options()
        #: What runs start with; ``execve`` may start something else.
        self.program = image or self.options.load()
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
    def image(self) -> Image:
        """The program that the process in focus runs."""
        engine = self._engine
        return self.program if engine is None else engine.image_of(engine.focus)

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
        """Send input to the guest's terminal, b"" for an end of file; any thread may.

        Returns False where nobody can read it: no run, or its standard input is closed.
        """
        if self._engine is None or not self._terminal.type(data):
            return False
        self._engine.wake_readers()
        return True

    # -- processes ------------------------------------------------------------------------

    @property
    def focus(self) -> Process:
        """The process that commands are about."""
        return self.engine.focus

    def _living(self) -> Process:
        return self.process()

    def process(self, pid: int | None = None) -> Process:
        """Return a process that lives, the focus for None.

        Raises:
            DebugError: there is none; says what is left to be looked at.
        """
        if pid is None or pid == self.focus.pid:
            self.check_alive(self.focus)
            return self.focus
        found = self.engine.system.kernel.processes.get(pid)
        if found is None or not found.alive:
            record = self.engine.tree.records.get(pid)
            end = f"process {pid} {record.end}" if record else f"no process {pid}"
            raise DebugError(f"{end}: see 'info processes'")
        return found

    def check_alive(self, process: Process) -> None:
        """Refuse to look at what a process no longer has.

        Raises:
            DebugError: it has ended; says what is left to be looked at.
        """
        if process.alive:
            return
        record = self.engine.tree.records.get(process.pid)
        end = record.end if record is not None else "has ended"
        raise DebugError(
            f"the program is not being run: process {process.pid} {end}; the source, 'calls', "
            "'request', 'response' and 'info processes' are left, and 'run' starts it again"
        )

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
        self.policy.follow = choice(who, _FOLLOW, "follow")

    def lock(self, how: str) -> None:
        """Choose whether others run while one is moved: off, step or on."""
        self.policy.locking = choice(how, _LOCKING, "schedule-locking")

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

    def _written(self, descriptor: int, data: bytes) -> None:
        self.on_output(descriptor, data)

    def _log(self, text: str) -> None:
        self.on_note(text)


def choice(word: str, choices: tuple[str, ...], what: str) -> str:
    """Return ``word`` if it is one of ``choices``.

    Raises:
        DebugError: it is not; lists them for ``what``, and says the nearest.
    """
    if word not in choices:
        remedy = nearest(word, choices)
        raise DebugError(f"{what}: {word!r} is none of {', '.join(choices)}"
                         + (f"; {remedy}" if remedy else ""))  # fmt: skip
    return word
