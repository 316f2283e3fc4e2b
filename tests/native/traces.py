"""Which calls each process made, and with what result: two traces brought to one form.

A trace is read from what ``ymawky-emu run --strace-json`` writes, or from dtruss's output
(:mod:`tests.native.dtruss`).  What may differ between two good runs is taken out:

- numbers of processes and descriptors, and addresses: what came back is named, not counted;
- ``_nocancel`` twins, and ``exit`` and ``sigreturn``, which do not return and which dtruss
  therefore does not show; the child's own return from ``fork``;
- what the loader calls before the program starts;
- that a call found nothing yet (EAGAIN), and the time of day: whether a request is there
  when the child looks is chance.  So is when the child lets go of the listening socket and
  sets how long it waits: ``close`` and ``setsockopt`` count on a process's own descriptors.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Call", "Trace", "differences", "of_strace"]

_DESCRIPTOR = frozenset({"accept", "dup", "dup2", "kqueue", "open", "openat", "socket"})
_PROCESS = frozenset({"fork", "getpgrp", "getpid", "getppid", "vfork", "wait4"})
_ADDRESS = frozenset({"mmap"})
_LEFT_OUT = frozenset({"exit", "gettimeofday", "sigreturn"})
_OF_CHANCE = frozenset({"close", "setsockopt"})
#: So many calls tell where a program begins, behind what its loader did.
_OPENING = 3


@dataclass(frozen=True)
class Call:
    """One call that returned; ``error`` is the name or number of its errno, or empty."""

    name: str
    first: int | None
    result: int | None
    error: str = ""

    @property
    def plain_name(self) -> str:
        """The name without what only pthreads cares about."""
        return self.name.removesuffix("_nocancel")

    def __str__(self) -> str:
        """Return the call as it is compared."""
        name = self.plain_name
        if self.error:
            return f"{name} fails: {self.error}"
        if name in _DESCRIPTOR:
            return f"{name} = a descriptor"
        if name in _PROCESS:
            return f"{name} = a process"
        return f"{name} = an address" if name in _ADDRESS else f"{name} = {self.result}"


#: The calls of each process, by its number, in the order in which the processes came.
Trace = dict[int, list[Call]]


def of_strace(lines: Iterable[str]) -> Trace:
    """Return the trace that ``--strace-json`` wrote."""
    trace: Trace = {}
    for line in lines:
        event = json.loads(line)
        if event["event"] == "call" and ("result" in event or "error" in event):
            trace.setdefault(event["pid"], []).append(_call(event))
    return trace


def _call(event: dict[str, Any]) -> Call:
    first = next(iter(event["args"].values()), None)
    result = event.get("result")
    return Call(
        event["name"],
        first if isinstance(first, int) else None,
        result[0] if isinstance(result, list) else result,
        event.get("error", ""),
    )


def differences(left: Trace, right: Trace, names: tuple[str, str]) -> list[str]:
    """Return the lines of a unified diff, a process after the other; none when all is the same.

    Processes that answered nothing are left out: who looks whether the server is up makes some.
    """
    ours, theirs = _processes(left), _processes(right)
    opening = [_name(line) for line in (ours[:1] or [[]])[0][:_OPENING]]
    if theirs:
        theirs[0] = _from(theirs[0], opening)
    if ours and theirs:
        ours[0] = _from(ours[0], [_name(line) for line in theirs[0][:_OPENING]])
    found: list[str] = []
    for number in range(max(len(ours), len(theirs))):
        a, b = (side[number] if number < len(side) else [] for side in (ours, theirs))
        if number == 0:
            a, b = _without_idle(a), _without_idle(b)
        whose = [f"{name}, process {number + 1}" for name in names]
        found += difflib.unified_diff(a, b, whose[0], whose[1], lineterm="", n=2)
    return found


def _processes(trace: Trace) -> list[list[str]]:
    """Return the calls of the first process, and of each child that answered."""
    first, *children = ([str(c) for c in _kept(calls)] for calls in trace.values())
    return [first, *(lines for lines in children if any(map(_ANSWER.match, lines)))]


_ANSWER = re.compile(r"(?:sendto|writev|sendfile) ")


def _kept(calls: Iterable[Call]) -> Iterator[Call]:
    """Yield the calls that two good runs have in common."""
    own: set[int | None] = set()
    for call in calls:
        name = call.plain_name
        if name in _LEFT_OUT or call.error in {"EAGAIN", "EINTR"}:
            continue
        if name in {"fork", "vfork"} and call.result == 0:
            continue
        if name in _DESCRIPTOR and not call.error:
            own.add(call.result)
        if name not in _OF_CHANCE or call.first in own:
            yield call
        if name == "close":
            own.discard(call.first)


def _name(line: str) -> str:
    return line.partition(" ")[0]


def _from(lines: list[str], opening: list[str]) -> list[str]:
    """Return the part of ``lines`` from the first run of these calls on, or all."""
    names = [_name(line) for line in lines]
    for at in range(len(names) - len(opening) + 1):
        if opening and names[at : at + len(opening)] == opening:
            return lines[at:]
    return lines


def _without_idle(lines: list[str]) -> list[str]:
    """Leave out how often the parent accepts, forks and closes: that counts the curious too."""
    return [line for line in lines if _name(line) not in {"accept", "close", "fork"}]
