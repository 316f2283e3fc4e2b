"""Which calls the calls panel shows: ``open %network fd 4 pid 101 failed``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emu.errors import DebugError
from emu.strace.selection import Selection

if TYPE_CHECKING:
    from debugger.calls import CallRecord
    from debugger.session import Session

__all__ = ["CallsFilter", "parse_filter"]


@dataclass(frozen=True, slots=True)
class CallsFilter:
    """Names and %classes, a descriptor (-1: any), a process (0: the one in focus, -1: all)."""

    names: tuple[str, ...] = ()
    fd: int = -1
    pid: int = 0
    failed: bool = False

    def __str__(self) -> str:
        """Return the words that :func:`parse_filter` takes."""
        words = [*self.names]
        if self.fd >= 0:
            words.append(f"fd {self.fd}")
        if self.pid:
            words.append("all" if self.pid < 0 else f"pid {self.pid}")
        if self.failed:
            words.append("failed")
        return " ".join(words)

    def chosen(self, records: list[CallRecord], focus: int) -> list[CallRecord]:
        """Return the records that are shown, in their order."""
        selection = Selection(",".join(self.names)) if self.names else None
        pid = self.pid or focus
        return [
            r
            for r in records
            if (pid < 0 or r.pid == pid)
            and (not self.failed or r.failed)
            and (self.fd < 0 or r.fd == self.fd)
            and (selection is None or (r.kind == "call" and r.number in selection))
        ]


def parse_filter(session: Session, text: str) -> CallsFilter:
    """Read a filter.

    Raises:
        DebugError: a word is no call and no class; says the nearest.
    """
    names: list[str] = []
    fd, pid, failed = -1, 0, False
    words = text.split()
    while words:
        word = words.pop(0)
        if word == "failed":
            failed = True
        elif word == "all":
            pid = -1
        elif word in {"fd", "pid"}:
            value = words.pop(0) if words else ""
            if not value.isdecimal():
                raise DebugError(f"{word}: a number is expected, not {value!r}")
            fd, pid = (int(value), pid) if word == "fd" else (fd, int(value))
        else:
            names.append(word)
    return CallsFilter(session.check_calls(names), fd, pid, failed)
