"""Why the guest stands still: one frozen event for each stop.

Each event has a ``kind``, the process that it is about, and the :class:`~debugger.places.Place`
where that process stands.  :func:`as_dict` makes plain data of one, for ``--json``;
:func:`summary` says it in one line.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from debugger.places import Place

__all__ = [
    "BreakpointHit",
    "CallEntry",
    "CallExit",
    "Ended",
    "Entry",
    "Executed",
    "Faulted",
    "Forked",
    "Interrupted",
    "RequestArrived",
    "ResponseStarts",
    "Signalled",
    "StepDone",
    "StopEvent",
    "Waiting",
    "WatchpointHit",
    "as_dict",
    "summary",
]


@dataclass(frozen=True, slots=True)
class StopEvent:
    """The base of all: process ``pid`` stands at ``place``."""

    kind: ClassVar[str] = "stop"
    pid: int
    place: Place

    def what(self) -> str:
        """Say what happened, without the process and the place."""
        return self.kind


@dataclass(frozen=True, slots=True)
class Entry(StopEvent):
    """The program has been loaded and stands at its entry."""

    kind: ClassVar[str] = "entry"

    def what(self) -> str:
        """Say that the program has been loaded."""
        return "entry"


@dataclass(frozen=True, slots=True)
class StepDone(StopEvent):
    """A motion has come to where it was asked to go.

    ``motion`` is the command's name; after ``finish`` and ``return``, ``value`` is x0 and
    ``routine`` the routine that was left.
    """

    kind: ClassVar[str] = "step"
    motion: str = "step"
    routine: str = ""
    value: int | None = None

    def what(self) -> str:
        """Say which motion ended, and a routine's result."""
        if self.value is None:
            return self.motion
        return f"{self.motion}: {self.routine} returned x0 = {self.value:#x} ({self.value})"


@dataclass(frozen=True, slots=True)
class BreakpointHit(StopEvent):
    """A breakpoint: its number and how often it has been hit; ``note`` says what is unusual."""

    kind: ClassVar[str] = "breakpoint"
    number: int = 0
    hits: int = 0
    note: str = ""

    def what(self) -> str:
        """Say which breakpoint."""
        return f"breakpoint {self.number}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, slots=True)
class WatchpointHit(StopEvent):
    """A watchpoint: ``old`` and ``new`` are the watched value as an unsigned number.

    ``access`` is "read", "write" or "register"; ``by`` the place of the instruction, or the
    system call, that did it.
    """

    kind: ClassVar[str] = "watchpoint"
    number: int = 0
    expression: str = ""
    access: str = "write"
    old: int = 0
    new: int = 0
    by: str = ""

    def what(self) -> str:
        """Say what changed or was read, and by whom."""
        values = f"{self.old:#x} -> {self.new:#x}" if self.access != "read" else f"{self.new:#x}"
        return f"watchpoint {self.number}: {self.expression} {self.access}: {values}, by {self.by}"


@dataclass(frozen=True, slots=True)
class Executed(StopEvent):
    """``execve`` has started another program, ``path``; it stands at its entry.

    ``number`` is that of a catchpoint, or 0 where a motion waited for something of the program
    before, which is gone.
    """

    kind: ClassVar[str] = "exec"
    number: int = 0
    path: str = ""

    def what(self) -> str:
        """Say which catchpoint and which program."""
        head = f"catchpoint {self.number}: " if self.number else ""
        return f"{head}executing new program: {self.path}"


@dataclass(frozen=True, slots=True)
class CallEntry(StopEvent):
    """A caught system call is about to be run; the pc is on its ``svc``."""

    kind: ClassVar[str] = "call-entry"
    number: int = 0
    name: str = ""
    text: str = ""

    def what(self) -> str:
        """Say which catchpoint and which call."""
        return f"catchpoint {self.number}: call of {self.text}"


@dataclass(frozen=True, slots=True)
class CallExit(StopEvent):
    """A caught system call has returned ``result``, or failed with ``error`` (a name)."""

    kind: ClassVar[str] = "call-exit"
    number: int = 0
    name: str = ""
    text: str = ""
    result: int = 0
    error: str = ""

    def what(self) -> str:
        """Say which catchpoint, which call and its outcome."""
        return f"catchpoint {self.number}: returned from {self.text}"


@dataclass(frozen=True, slots=True)
class Forked(StopEvent):
    """``parent`` has forked ``child``; ``pid`` is the one that the debugger follows."""

    kind: ClassVar[str] = "fork"
    number: int = 0
    parent: int = 0
    child: int = 0

    def what(self) -> str:
        """Say who forked whom."""
        return f"fork: {self.parent} has the child {self.child}, following {self.pid}"


@dataclass(frozen=True, slots=True)
class Signalled(StopEvent):
    """A signal is about to take ``effect``: "handler", "stop", "terminate" or "core"."""

    kind: ClassVar[str] = "signal"
    number: int = 0
    signal: str = ""
    effect: str = ""

    def what(self) -> str:
        """Say which signal and what it will do."""
        return f"signal {self.signal}, about to {_EFFECTS.get(self.effect, self.effect)}"


_EFFECTS = {
    "handler": "enter its handler",
    "stop": "stop the process",
    "terminate": "end the process",
    "core": "end the process",
}


@dataclass(frozen=True, slots=True)
class Faulted(StopEvent):
    """An instruction cannot be executed; continuing delivers ``signal``."""

    kind: ClassVar[str] = "fault"
    signal: str = ""
    address: int = 0
    why: str = ""

    def what(self) -> str:
        """Say why."""
        return f"{self.signal}: {self.why}"


@dataclass(frozen=True, slots=True)
class Ended(StopEvent):
    """The process has ended; ``status`` is wait4's word, ``text`` says it in words.

    ``left`` is the number of processes that live on.
    """

    kind: ClassVar[str] = "exit"
    status: int = 0
    text: str = ""
    left: int = 0

    def what(self) -> str:
        """Say how it ended."""
        rest = f"; {self.left} left" if self.left else "; no process is left"
        return f"process {self.pid} {self.text}{rest}"


@dataclass(frozen=True, slots=True)
class Interrupted(StopEvent):
    """Somebody asked for it (Ctrl-C); ``where`` says what the process was waiting for."""

    kind: ClassVar[str] = "interrupted"
    where: str = ""

    def what(self) -> str:
        """Say so."""
        return "interrupted" + (f", waiting in {self.where}" if self.where else "")


@dataclass(frozen=True, slots=True)
class Waiting(StopEvent):
    """Nothing can run: every process waits for the outside, or is frozen."""

    kind: ClassVar[str] = "waiting"
    why: str = ""

    def what(self) -> str:
        """Say who waits for what."""
        return f"waiting: {self.why}"


@dataclass(frozen=True, slots=True)
class RequestArrived(StopEvent):
    """A request that was asked for has been received; ``head`` is its request line."""

    kind: ClassVar[str] = "request"
    number: int = 0
    head: str = ""

    def what(self) -> str:
        """Say which request."""
        head = f"breakpoint {self.number}: " if self.number else ""
        return f"{head}request {self.head}"


@dataclass(frozen=True, slots=True)
class ResponseStarts(StopEvent):
    """A response with a status that was asked for is about to be sent; the pc is on the call.

    ``head`` is its status line.
    """

    kind: ClassVar[str] = "response"
    number: int = 0
    status: int = 0
    head: str = ""

    def what(self) -> str:
        """Say which status."""
        return f"breakpoint {self.number}: response {self.head}"


def as_dict(event: StopEvent) -> dict[str, Any]:
    """Return plain data with a stable order of keys."""
    place = event.place
    data: dict[str, Any] = {
        "kind": event.kind,
        "pid": event.pid,
        "pc": f"{place.pc:#x}",
        "symbol": place.symbol,
        "offset": place.offset,
        "file": place.file,
        "line": place.line,
    }
    for field in dataclasses.fields(event):
        if field.name not in {"pid", "place"}:
            data[field.name] = getattr(event, field.name)
    return data


def summary(event: StopEvent) -> str:
    """Return the stop in one line: ``[100] breakpoint 1 at accept_loop+4 (ymawky.s:120)``."""
    if isinstance(event, Ended):
        return f"[{event.pid}] {event.what()}"
    return f"[{event.pid}] {event.what()} at {event.place}"
