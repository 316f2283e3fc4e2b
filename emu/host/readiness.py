"""What a descriptor of the host is ready for, asked without waiting."""

from __future__ import annotations

import select
import sys

__all__ = ["BROKEN", "ERROR", "HANGUP", "READABLE", "WRITABLE", "readiness"]

READABLE = 1
WRITABLE = 2
#: The other side has ended what it sends.
HANGUP = 4
ERROR = 8
#: Nothing that is sent will ever be received.
BROKEN = 16

if sys.platform == "win32":

    def readiness(fd: int) -> int:
        """Return the set of bits above that hold for the descriptor ``fd``."""
        reads, writes, failed = select.select([fd], [fd], [fd], 0)
        return READABLE * bool(reads) | WRITABLE * bool(writes) | ERROR * bool(failed)

else:
    _RDHUP: int = getattr(select, "POLLRDHUP", 0)
    _ASKED = select.POLLIN | select.POLLOUT | _RDHUP

    def readiness(fd: int) -> int:
        """Return the set of bits above that hold for the descriptor ``fd``."""
        asked = select.poll()
        asked.register(fd, _ASKED)
        found = 0
        for _, events in asked.poll(0):
            if events & (select.POLLIN | select.POLLHUP | select.POLLERR):
                found |= READABLE
            if events & (select.POLLOUT | select.POLLERR):
                found |= WRITABLE
            if events & (select.POLLHUP | _RDHUP):
                found |= HANGUP
            if events & select.POLLHUP:
                found |= BROKEN
            if events & select.POLLERR:
                found |= ERROR
        return found
