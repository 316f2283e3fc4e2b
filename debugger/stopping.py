"""What the guest stops at: breakpoints, watchpoints, catchpoints, request and status breaks.

Plain records; :mod:`debugger.engine` asks them at each event.  All kinds share one row of
numbers and the same attributes, so ``delete 3``, ``disable 3`` and ``condition 3 …`` work on any.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from emu.errors import DebugError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emu.image import Image

__all__ = [
    "Breakpoint",
    "Catchpoint",
    "RequestBreak",
    "StatusBreak",
    "StopPoint",
    "StopPoints",
    "Watchpoint",
]


@dataclass(slots=True, kw_only=True)
class StopPoint:
    """What all kinds have.

    Attributes:
        number: by which commands name it.
        enabled, temporary: a temporary one is deleted when it is hit.
        condition: an expression that must be true, or "".
        ignore: how many further hits are passed over.
        hits: how often it was reached with its condition true.
        pid: the only process that it holds for, or None.
        commands: run by the console when it is hit.
    """

    number: int = 0
    enabled: bool = True
    temporary: bool = False
    condition: str = ""
    ignore: int = 0
    hits: int = 0
    pid: int | None = None
    commands: list[str] = field(default_factory=list)

    def concerns(self, pid: int) -> bool:
        """Tell whether it is on for process ``pid``."""
        return self.enabled and self.pid in {None, pid}

    def count(self) -> bool:
        """Count a hit; tells whether it is one to stop at."""
        self.hits += 1
        if self.ignore:
            self.ignore -= 1
            return False
        return True

    @property
    def kind(self) -> str:
        """What ``info breakpoints`` calls it."""
        name = type(self).__name__.lower()
        return "breakpoint" if name.endswith("break") else name

    def describe(self) -> str:
        """Return what it is, as one would type it."""
        return ""

    def line(self) -> str:
        """Return the command that makes it again, for ``save breakpoints``."""
        return self.describe()


@dataclass(slots=True, kw_only=True)
class Breakpoint(StopPoint):
    """One or more addresses of code; ``log`` makes it a logpoint, which prints and goes on.

    ``addresses`` are those in the program that it was set in, ``image``; for another program,
    started by ``execve``, see :func:`debugger.programs.addresses`.
    """

    location: str
    addresses: tuple[int, ...]
    log: str | None = None
    image: Image | None = field(default=None, repr=False, compare=False)

    def describe(self) -> str:
        """Return the location, or the logpoint's text."""
        return self.location if self.log is None else f"{self.location}, logs {self.log!r}"

    def line(self) -> str:
        """Return ``break LOCATION`` or ``logpoint LOCATION TEXT``."""
        if self.log is not None:
            return f"logpoint {self.location} {self.log}"
        return f"{'tbreak' if self.temporary else 'break'} {self.location}"


@dataclass(slots=True, kw_only=True)
class Watchpoint(StopPoint):
    """A range of memory, or a register; ``access`` is "write" (a change), "read" or "access".

    ``address`` and ``size`` hold in the program that it was set in, ``image``; for another one
    see :func:`debugger.programs.extent`.
    """

    expression: str
    access: str
    address: int = 0
    size: int = 8
    register: str = ""
    image: Image | None = field(default=None, repr=False, compare=False)

    def describe(self) -> str:
        """Return the expression and how it is watched."""
        return f"{self.expression} ({self.access})"

    def line(self) -> str:
        """Return ``watch EXPRESSION`` and its siblings."""
        name = {"write": "watch", "read": "rwatch", "access": "awatch"}[self.access]
        return f"{name} {self.expression}"


@dataclass(slots=True, kw_only=True)
class Catchpoint(StopPoint):
    """An event: "syscall", "fork", "exec", "signal", "exit" or "fault".

    ``names`` are the calls, groups of calls or signals that are meant, empty for all.
    ``edge`` is "entry", "exit" or "both"; with ``errno`` (a name, or "any") only calls that fail.
    """

    event: str
    names: tuple[str, ...] = ()
    edge: str = "both"
    errno: str = ""

    def describe(self) -> str:
        """Return what follows ``catch``."""
        words = [self.event, *self.names]
        if self.errno:
            words += ["errno"] + ([self.errno] if self.errno != "any" else [])
        elif self.edge != "both":
            words.append(self.edge)
        return " ".join(words)

    def line(self) -> str:
        """Return ``catch EVENT …``."""
        return f"catch {self.describe()}"


@dataclass(slots=True, kw_only=True)
class RequestBreak(StopPoint):
    """A request whose method and target match; ``*`` and ``?`` are wildcards, "" is any."""

    method: str = ""
    target: str = ""

    def matches(self, method: str, target: str) -> bool:
        """Tell whether a request line is meant."""
        return (not self.method or method == self.method) and (
            not self.target or fnmatch.fnmatchcase(target, self.target)
        )

    def describe(self) -> str:
        """Return what follows ``break on``."""
        return f"on {self.method or 'request'} {self.target}".rstrip()

    def line(self) -> str:
        """Return ``break on …``."""
        return f"{'tbreak' if self.temporary else 'break'} {self.describe()}"


@dataclass(slots=True, kw_only=True)
class StatusBreak(StopPoint):
    """A response whose status matches: three characters, ``x`` stands for any digit."""

    status: str

    def matches(self, status: str) -> bool:
        """Tell whether a status line's code is meant."""
        return len(status) == len(self.status) and all(
            w in {c, "x"} for w, c in zip(self.status, status, strict=True)
        )

    def describe(self) -> str:
        """Return what follows ``break``."""
        return f"on status {self.status}"

    def line(self) -> str:
        """Return ``break on status …``."""
        return f"{'tbreak' if self.temporary else 'break'} {self.describe()}"


Kind = TypeVar("Kind", bound=StopPoint)


class StopPoints:
    """All of a session, by number; they outlive the guest."""

    def __init__(self) -> None:
        """Start with none."""
        self._points: dict[int, StopPoint] = {}
        self._last = 0

    def __iter__(self) -> Iterator[StopPoint]:
        """Yield all in the order of their numbers."""
        return iter(list(self._points.values()))

    def add(self, point: Kind) -> Kind:
        """Give ``point`` the next number and keep it."""
        self._last += 1
        point.number = self._last
        self._points[point.number] = point
        return point

    def get(self, number: int) -> StopPoint:
        """Return one by its number.

        Raises:
            DebugError: there is none.
        """
        try:
            return self._points[number]
        except KeyError:
            raise DebugError(f"no breakpoint number {number}: see 'info breakpoints'") from None

    def delete(self, number: int) -> None:
        """Forget one."""
        self.get(number)
        del self._points[number]

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Return those of one kind that are enabled."""
        return [p for p in self._points.values() if isinstance(p, kind) and p.enabled]
