"""The one table of system calls, and what a handler gets and may do.

A handler is a function in the file of its theme::

    @syscall(3)
    def read(call: Call, fd: Fd, buf: OutBuf, nbyte: Size) -> int:

It has three outcomes: it returns the result (x0, or a pair for x0 and x1), raises
``Errno(EBADF)``, or raises ``Park(...)``.  A parked call is run again from the start when it
wakes, so it must have no side effect before it parks other than what it keeps in
``call.memory``.  An ``OSError`` of the host is translated by name in one place, the
dispatcher; handlers let it pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from emu.kernel.process import Park
from emu.syscalls.kinds import INLINE, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.host import Host
    from emu.kernel.files import OpenFile
    from emu.kernel.kernel import Kernel
    from emu.kernel.process import Process
    from emu.memory import AddressSpace

__all__ = ["REPLACING", "TABLE", "Call", "Syscall", "syscall"]

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Call:
    """What a handler may use: the calling process, the kernel and the host's door.

    One object serves all calls; its fields are set before each.
    """

    __slots__ = ("arguments", "forked", "host", "kernel", "process", "replaced", "space", "warn")

    #: The caller and its memory; set before each call.
    process: Process
    space: AddressSpace

    def __init__(self, kernel: Kernel, host: Host, warn: Callable[[str], None]) -> None:
        """Start with no caller."""
        self.kernel = kernel
        self.host = host
        self.arguments: tuple[int, ...] = ()
        #: Set by a fork: the child, which runs next.
        self.forked: Process | None = None
        #: Set by sigreturn and execve: a whole register state that replaces the present one.
        self.replaced: bytes | None = None
        #: Says one line to the person who runs the emulator.
        self.warn = warn

    @property
    def memory(self) -> dict[str, Any]:
        """What this call keeps while it is parked; empty again once it completes."""
        return self.process.memory

    def file(self, fd: int) -> OpenFile:
        """Return the caller's open file, or EBADF."""
        return self.process.files.get(fd)

    def now(self) -> int:
        """Return the host's monotonic clock in nanoseconds."""
        now: int = self.host.monotonic_ns()
        return now

    def deadline(self, timeout_ns: int) -> int:
        """Return when a wait of ``timeout_ns`` from the call's first run ends."""
        memory = self.process.memory
        if "deadline" not in memory:
            memory["deadline"] = self.now() + timeout_ns
        deadline: int = memory["deadline"]
        return deadline

    def wait(self, *, timeout_ns: int | None = None, **what: Any) -> None:  # noqa: ANN401 - handed on
        """Park until something of ``what`` happens; returns once ``timeout_ns`` has passed.

        ``what`` are the keywords of :class:`Park`.
        """
        if timeout_ns is None:
            raise Park(**what)
        deadline = self.deadline(timeout_ns)
        if self.now() < deadline:
            raise Park(deadline=deadline, **what)


class Syscall:
    """A row: number, name, handler, the kinds of its arguments, how well it is supported."""

    __slots__ = ("handler", "invoke", "kinds", "name", "note", "number", "parameters")

    def __init__(self, number: int, name: str, handler: Callable[..., Any], note: str) -> None:
        """Resolve the handler's annotations into decoders."""
        self.number = number
        self.name = name
        self.handler = handler
        #: Empty for a call that is supported in full, else what is missing.
        self.note = note
        hints = dict(handler.__annotations__)
        hints.pop("return", None)
        # The first parameter is the call itself.
        self.parameters = tuple(hints)[1:]
        self.kinds: tuple[Kind, ...] = tuple(_kind(handler, hints[p]) for p in self.parameters)
        #: Decodes the arguments and runs the handler: ``invoke(call, arguments)``.
        self.invoke: Callable[[Call, tuple[int, ...]], Any] = self._invoke_first

    def _invoke_first(self, call: Call, arguments: tuple[int, ...]) -> Any:  # noqa: ANN401
        """Put the decoders together at the first call: most rows are never used in a run."""
        self.invoke = _compiled(self.handler, self.kinds)
        return self.invoke(call, arguments)


def _compiled(
    handler: Callable[..., Any], kinds: Sequence[Kind]
) -> Callable[[Call, tuple[int, ...]], Any]:
    """Return a function that decodes by ``kinds``; a loop over them takes three times as long."""
    names: dict[str, Any] = {"handler": handler}
    values = []
    for i, kind in enumerate(kinds):
        names[f"decode{i}"] = kind.decode
        values.append(INLINE.get(kind.decode, f"decode{i}({{}}, call.space)").format(f"a[{i}]"))
    source = f"lambda call, a: handler({', '.join(['call', *values])})"
    compiled: Callable[[Call, tuple[int, ...]], Any] = eval(source, names)  # noqa: S307 - all ours
    return compiled


def _kind(handler: Callable[..., Any], hint: object) -> Kind:
    for part in getattr(hint, "__metadata__", ()):
        if isinstance(part, Kind):
            return part
    raise TypeError(f"{handler.__name__}: {hint!r} is no kind of argument")


#: Number to row.
TABLE: Final[dict[int, Syscall]] = {}
#: The calls that may replace all registers or the memory: the engine has to be left for them.
REPLACING: Final[set[int]] = set()


def syscall(
    *numbers: int, name: str = "", note: str = "", replaces: bool = False
) -> Callable[[Handler], Handler]:
    """Enter a handler into the table under ``numbers`` (the call and its ``_nocancel`` twin).

    ``note`` says what is missing where the call is supported in part only; ``replaces`` that it
    sets :attr:`Call.replaced`.
    """
    if replaces:
        REPLACING.update(numbers)

    def enter(handler: Handler) -> Handler:
        for number in numbers:
            if type(TABLE.get(number)) is Syscall:
                raise ValueError(f"two handlers for call {number}")
            TABLE[number] = Syscall(number, name or handler.__name__, handler, note)
        return handler

    return enter
