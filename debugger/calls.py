"""The system calls of a run, as lines of strace with the place that each was made at."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emu.strace.formats import result_text
from emu.strace.lines import ERRORS, describe_end
from emu.strace.shown import signal_name
from emu.strace.tracer import Pending, Tracer

if TYPE_CHECKING:
    from emu.kernel.signals import SigInfo

__all__ = ["CallLog", "CallRecord", "call_text"]

#: Calls that are kept; the oldest go first.
KEPT = 5000


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, signal, fork or end, in the order of their completion.

    ``kind`` is "call", "signal", "fork" or "exit"; ``pc`` the address of the ``svc``, 0 where
    there is none; ``fd`` the descriptor that a call is on, or -1.
    """

    sequence: int
    kind: str
    pid: int
    name: str
    text: str
    outcome: str = ""
    error: int = 0
    number: int = 0
    arguments: tuple[int, ...] = ()
    pc: int = 0
    fd: int = -1

    @property
    def failed(self) -> bool:
        """Whether it is a call that failed."""
        return self.error != 0

    @property
    def line(self) -> str:
        """The record as a line of strace, without the process."""
        return f"{self.text} = {self.outcome}" if self.outcome else self.text


class CallLog:
    """Keeps what the tracer shows (:class:`emu.strace.tracer.Renderer`)."""

    def __init__(self, size: int = 64) -> None:
        """Show ``size`` bytes of strings."""
        self._records: deque[CallRecord] = deque(maxlen=KEPT)
        #: Calls that nobody has asked for yet: (sequence, call, what printing it changed).
        self._fresh: deque[CallRecord | tuple[int, Pending, str]] = deque(maxlen=KEPT)
        self.tracer = Tracer(self, size=size)
        #: Calls that wait, by pid.
        self.waiting: dict[int, Pending] = {}
        #: The number of the latest record.
        self.last = 0

    def parked(self, call: Pending) -> None:
        """Note that a call waits."""
        self.waiting[call.pid] = call

    @property
    def records(self) -> deque[CallRecord]:
        """What has happened, the oldest first."""
        while self._fresh:
            fresh = self._fresh.popleft()
            self._records.append(fresh if isinstance(fresh, CallRecord) else _record(*fresh))
        return self._records

    def finished(self, call: Pending) -> None:
        """Keep a call with its outcome; it becomes a record when somebody looks."""
        self.waiting.pop(call.pid, None)
        changed = call.shape.after(call) if call.shape.after is not None and call.result else ""
        self.last += 1
        self._fresh.append((self.last, call, changed))

    def _add(self, kind: str, pid: int, name: str, text: str, **more: object) -> None:
        self.last += 1
        self._fresh.append(CallRecord(self.last, kind, pid, name, text, **more))  # type: ignore[arg-type]

    def signal(self, pid: int, info: SigInfo, effect: str, now: int) -> None:
        """Keep a signal."""
        del now
        name = signal_name(info.signal)
        sender = f" from {info.pid}" if info.pid else ""
        self._add("signal", pid, name, f"--- {name}{sender}: {effect} ---")

    def forked(self, parent: int, child: int, now: int) -> None:
        """Keep a fork."""
        del now
        self._add("fork", child, "fork", f"+++ forked by {parent} +++")

    def ended(self, pid: int, status: int, now: int) -> None:
        """Keep an end."""
        del now
        self._add("exit", pid, "exit", f"+++ {describe_end(status)} +++")

    def flush(self) -> None:
        """Nothing is kept back."""


def call_text(call: Pending) -> str:
    """Return ``name(arguments)`` as far as they are known."""
    return f"{call.shape.name}({', '.join(filter(None, call.texts))})"


def _record(sequence: int, call: Pending, changed: str) -> CallRecord:
    values, shape = call.values, call.shape
    on_descriptor = bool(shape.parameters) and shape.parameters[0] in {"fd", "s", "fdes"}
    return CallRecord(
        sequence,
        "call",
        call.pid,
        shape.name,
        call_text(call),
        outcome=_outcome(call, changed),
        error=call.error,
        number=shape.number,
        arguments=tuple(values[:8]),
        pc=values[9] - 4,
        fd=values[0] & 0xFFFFFFFF if on_descriptor else -1,
    )


def _outcome(call: Pending, changed: str) -> str:
    if call.outcome == "restarts":
        return "? (run again behind the signal's handler)"
    if call.outcome == "gone" or not call.shape.comes_back:
        return "?"
    if call.error:
        return ERRORS.get(call.error, f"-1 errno {call.error}")
    text = result_text(call.shape.name, call.shape.returns, call)
    return f"{text} ({changed})" if changed else text
