"""Open files and descriptor tables, as plain data (XNU: ``fileglob`` and ``filedesc``).

A descriptor is a number in one process's table; it leads to an :class:`OpenFile`, which
forked processes and ``dup`` share together with its offset and status flags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.darwin.errno import EBADF, EMFILE, Errno

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OPEN_MAX", "FdTable", "OpenFile"]

#: Descriptors that a process may have: macOS's default soft limit.
OPEN_MAX = 256


class OpenFile:
    """What a descriptor leads to.

    ``handle`` is a handle of :mod:`emu.host` (or of an object inside the emulator with the
    same surface); ``kind`` is "vnode", "socket", "pipe", "kqueue" or "stdio"; ``flags`` are
    the ``O_*`` bits of the open file that ``fcntl(F_GETFL)`` reports.
    """

    __slots__ = (
        "filled", "flags", "handle", "identity", "kind", "name", "options", "references", "taken",
    )  # fmt: skip

    def __init__(
        self,
        handle: Any,  # noqa: ANN401
        kind: str,
        flags: int,
        name: str = "",
    ) -> None:
        """Start with no descriptor that leads here."""
        self.handle = handle
        self.kind = kind
        self.flags = flags
        #: For people: a path, or an address.
        self.name = name
        #: What the emulator itself has to remember, such as "rcvtimeo" in nanoseconds.
        self.options: dict[str, int] = {}
        self.references = 0
        #: How much was read since it was opened, and how often a write found no room.
        self.taken = 0
        self.filled = 0
        #: Device and inode number, once somebody needed them.
        self.identity: tuple[int, int] | None = None

    def hold(self) -> OpenFile:
        """Count one more descriptor or call that uses the file."""
        self.references += 1
        return self

    def release(self) -> None:
        """Count one less; the last one closes the handle."""
        self.references -= 1
        if not self.references:
            self.handle.close()


class FdTable:
    """The descriptors of one process."""

    __slots__ = ("_cloexec", "_files", "has_kqueue", "limit")

    def __init__(self, limit: int = OPEN_MAX) -> None:
        """Start empty; ``limit`` is the soft RLIMIT_NOFILE."""
        self.limit = limit
        #: Whether an event queue was ever among the files: children do not inherit those.
        self.has_kqueue = False
        self._files: dict[int, OpenFile] = {}
        self._cloexec: set[int] = set()

    def __iter__(self) -> Iterator[tuple[int, OpenFile]]:
        """Yield (descriptor, file) in order of the descriptors."""
        return iter(sorted(self._files.items()))

    def __len__(self) -> int:
        """Return the number of open descriptors."""
        return len(self._files)

    def __contains__(self, fd: int) -> bool:
        """Tell whether ``fd`` is open."""
        return fd in self._files

    def get(self, fd: int) -> OpenFile:
        """Return the file of ``fd``, or EBADF."""
        try:
            return self._files[fd]
        except KeyError:
            raise Errno(EBADF) from None

    def lowest(self, minimum: int = 0) -> int:
        """Return the lowest free descriptor from ``minimum`` on, or EMFILE."""
        fd = minimum
        while fd in self._files:
            fd += 1
        if fd >= self.limit:
            raise Errno(EMFILE)
        return fd

    def add(self, file: OpenFile, *, minimum: int = 0, cloexec: bool = False) -> int:
        """Give ``file`` the lowest free descriptor, or EMFILE (the file is left alone)."""
        fd = self.lowest(minimum)
        self.put(fd, file, cloexec=cloexec)
        return fd

    def put(self, fd: int, file: OpenFile, *, cloexec: bool = False) -> None:
        """Make ``fd`` lead to ``file``, closing what it led to."""
        file.hold()
        if fd in self._files:
            self.close(fd)
        self._files[fd] = file
        self.set_cloexec(fd, on=cloexec)

    def close(self, fd: int) -> None:
        """Free ``fd``, or EBADF."""
        file = self.get(fd)
        del self._files[fd]
        self._cloexec.discard(fd)
        file.release()

    def cloexec(self, fd: int) -> bool:
        """Tell whether ``execve`` closes ``fd``."""
        return fd in self._cloexec

    def set_cloexec(self, fd: int, *, on: bool) -> None:
        """Set or clear FD_CLOEXEC."""
        (self._cloexec.add if on else self._cloexec.discard)(fd)

    def close_on_exec(self) -> None:
        """Free the descriptors that have FD_CLOEXEC."""
        for fd in sorted(self._cloexec):
            self.close(fd)

    def fork(self, *, queues: bool = False) -> FdTable:
        """Return a table with the same descriptors; of event queues only with ``queues``."""
        child = FdTable(self.limit)
        child._files = self._files.copy()
        child._cloexec = self._cloexec.copy()
        if queues:
            child.has_kqueue = self.has_kqueue
        elif self.has_kqueue:
            child._files = {n: file for n, file in self._files.items() if file.kind != "kqueue"}
            child._cloexec &= child._files.keys()
        for file in child._files.values():
            file.references += 1
        return child

    def close_all(self) -> None:
        """Free all descriptors: the process has ended."""
        files, self._files = self._files, {}
        self._cloexec = set()
        for file in files.values():
            file.release()
