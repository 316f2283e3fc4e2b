"""Which calls a trace shows: ``open,close,%network,!read``."""

from __future__ import annotations

import difflib
from functools import cache

from emu.darwin.numbers import MACH_TRAPS, signatures
from emu.errors import UsageError

__all__ = ["CLASSES", "Selection"]

# Classes by name; %file and %desc follow from the signatures.
_NETWORK = """
socket socketpair bind listen accept connect connectx disconnectx shutdown getpeername getsockname
setsockopt getsockopt sendto sendmsg sendmsg_x recvfrom recvmsg recvmsg_x sendfile peeloff
"""
_PROCESS = """
exit fork vfork execve posix_spawn wait4 waitid kill getpid getppid proc_info ptrace
setsid getsid setpgid getpgid getpgrp bsdthread_create bsdthread_terminate
"""
_SIGNAL = """
kill sigaction sigprocmask sigpending sigsuspend sigaltstack sigreturn setitimer
pthread_kill pthread_sigmask sigwait
"""
_MEMORY = "mmap munmap mprotect madvise msync mincore minherit mlock munlock mlockall munlockall"
_TIME = "gettimeofday settimeofday setitimer getitimer adjtime utimes futimes select poll kevent"
CLASSES = {
    "file": "calls that take a path",
    "desc": "calls that take a descriptor",
    "network": "calls on sockets",
    "process": "processes: fork, exec, wait, exit, groups",
    "signal": "signals and interval timers",
    "memory": "mappings",
    "time": "clocks, timers and waiting",
    "mach": "Mach traps",
}
_DESCRIPTORS = {"fd", "s", "fdes", "fromfd", "tofd", "fd1", "fd2"}


@cache
def _names() -> dict[str, list[int]]:
    """Return the numbers of each call, its ``_nocancel`` twin's among them."""
    found: dict[str, list[int]] = {}
    for call in signatures().values():
        found.setdefault(call.name.removesuffix("_nocancel"), []).append(call.number)
    for number, name in MACH_TRAPS.items():
        found.setdefault(name, []).append(number)
    return found


@cache
def _members(name: str) -> frozenset[int]:
    """Return the numbers of the calls in a class."""
    if name == "mach":
        return frozenset(MACH_TRAPS)
    if name == "file":
        calls = signatures().values()
        return frozenset(c.number for c in calls if any(a.kind == "s" for a in c.arguments))
    if name == "desc":
        return frozenset(
            c.number
            for c in signatures().values()
            if any(a.kind in "iu" and a.name in _DESCRIPTORS for a in c.arguments)
        )
    lists = {
        "network": _NETWORK, "process": _PROCESS, "signal": _SIGNAL, "memory": _MEMORY,
        "time": _TIME,
    }  # fmt: skip
    return frozenset(n for call in lists[name].split() for n in _names().get(call, ()))


class Selection:
    """A parsed filter.  Without one everything is shown."""

    def __init__(self, text: str = "") -> None:
        """Parse names, ``%classes`` and, with ``!`` in front, what is left out.

        Raises:
            UsageError: there is no such call or class.
        """
        wanted: set[int] = set()
        self._unwanted: set[int] = set()
        words = [word.strip() for word in text.split(",") if word.strip()]
        for word in words:
            (self._unwanted if word[0] == "!" else wanted).update(_resolve(word.lstrip("!")))
        self._wanted = wanted if any(word[0] != "!" for word in words) else None

    def __contains__(self, number: object) -> bool:
        """Tell whether call ``number`` is shown."""
        return number not in self._unwanted and (self._wanted is None or number in self._wanted)


def _resolve(word: str) -> frozenset[int]:
    if word.startswith("%"):
        if word[1:] in CLASSES:
            return _members(word[1:])
        raise UsageError(
            f"--strace-filter: there is no class {word}; there are %{', %'.join(CLASSES)}"
        )
    found = _names().get(word.removesuffix("_nocancel"))
    if found is not None:
        return frozenset(found)
    near = difflib.get_close_matches(word, _names(), 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UsageError(f"--strace-filter: there is no call {word!r}{hint}")
