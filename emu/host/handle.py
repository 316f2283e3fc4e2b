"""What every open thing of the host has in common, and what is known of a file."""

import os
import sys
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, Self

from emu.host.errors import failure
from emu.host.readiness import READABLE, WRITABLE, readiness

__all__ = ["Buffer", "Handle", "HostStat"]

#: What is written from, or read into where it is writable.
Buffer = bytes | bytearray | memoryview


# What this host's stat has: to ask each result for what it lacks costs more than all the rest.
_HAS_BIRTHTIME = hasattr(os.stat_result, "st_birthtime")
_HAS_FLAGS = hasattr(os.stat_result, "st_flags")


def _flags_and_generation(status: Any) -> tuple[int, int]:  # noqa: ANN401 - not on every host
    return status.st_flags, getattr(status, "st_gen", 0)


class HostStat(NamedTuple):
    """What the host knows of a file, as plain numbers.

    A tuple and no dataclass, since one is made for every open and stat and a frozen dataclass of
    this many fields takes four times as long to make. ``mode`` has Darwin's type bits, which all
    hosts share; times are nanoseconds since 1970; ``blocks`` are of 512 bytes.
    """

    dev: int
    ino: int
    mode: int
    nlink: int
    uid: int
    gid: int
    rdev: int
    size: int
    blocks: int
    blksize: int
    atime_ns: int
    mtime_ns: int
    ctime_ns: int
    birthtime_ns: int
    flags: int = 0
    gen: int = 0

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Translate what :func:`os.stat` gives."""
        mtime_ns, ctime_ns, size = status.st_mtime_ns, status.st_ctime_ns, status.st_size
        if sys.platform == "win32":
            rdev, blocks, blksize = 0, -(-size // 512), 4096
        else:
            rdev, blocks, blksize = status.st_rdev, status.st_blocks, status.st_blksize
        return cls(
            status.st_dev,
            status.st_ino,
            status.st_mode,
            status.st_nlink,
            status.st_uid,
            status.st_gid,
            rdev,
            size,
            blocks,
            blksize,
            status.st_atime_ns,
            mtime_ns,
            ctime_ns,
            # Where the host does not keep it, the oldest time that it does keep.
            int(status.st_birthtime * 1_000_000_000)  # type: ignore[attr-defined,unused-ignore]
            if _HAS_BIRTHTIME
            else min(mtime_ns, ctime_ns),
            *(_flags_and_generation(status) if _HAS_FLAGS else ()),
        )


class Handle:
    """An open file, directory, device, socket or stream of the host.

    No operation ever blocks: one that would raises :class:`BlockingIOError`, and the handle can
    then be armed at the poller. All other failures are :class:`OSError`. What a kind of handle
    cannot do fails as Darwin has it fail.

    Attributes:
        kind: ``file``, ``directory``, ``device``, ``socket`` or ``stream``.
        on_close: set by the poller while it watches the handle.
    """

    __slots__ = ("closed", "on_close")
    kind = "file"
    sends = False
    #: What to wait for inside the emulator, where there is nothing of the host to wait on.
    channel: Hashable | None = None

    def __init__(self) -> None:
        self.closed = False
        self.on_close: Callable[[], None] | None = None

    def fileno(self) -> int:
        """Return the host's descriptor to wait on, -1 where the handle is always ready."""
        return -1

    def read_into(self, view: memoryview) -> int:
        """Read up to ``len(view)`` bytes and return how many; 0 is the end."""
        raise failure("EBADF")

    def readv(self, views: Sequence[memoryview]) -> int:
        """Read into several buffers in turn and return the bytes read."""
        total = 0
        for view in views:
            if not len(view):
                continue
            try:
                count = self.read_into(view)
            except BlockingIOError:
                if total:
                    break
                raise
            total += count
            if count < len(view):
                break
        return total

    def write(self, data: Buffer) -> int:
        """Write and return how many bytes were taken, at least one of a non-empty ``data``."""
        raise failure("EBADF")

    def writev(self, buffers: Sequence[Buffer]) -> int:
        """Write several buffers in turn and return the bytes taken."""
        return self.write(b"".join(buffers)) if buffers else 0

    def write_more(self, buffers: Sequence[Buffer]) -> int:
        """Do the same where more will follow at once: a socket may send both together."""
        return self.writev(buffers)

    def stat(self) -> HostStat:
        """Return what the host knows of the open file."""
        raise failure("EBADF")

    def seek(self, offset: int, whence: int) -> int:
        """Move the position; ``whence`` is Darwin's ``SEEK_``. Return the new one."""
        raise failure("ESPIPE")

    def pread_into(self, view: memoryview, offset: int) -> int:
        """Read at ``offset`` without moving the position."""
        raise failure("ESPIPE")

    def pwrite(self, data: Buffer, offset: int) -> int:
        """Write at ``offset`` without moving the position."""
        raise failure("ESPIPE")

    def truncate(self, length: int) -> None:
        """Cut or extend the file to ``length`` bytes."""
        raise failure("EINVAL")

    def sync(self) -> None:
        """Bring the file's content to the disk."""
        raise failure("ENOTSUP")

    def set_append(self, *, on: bool) -> None:
        """Make every write go to the end of the file (F_SETFL); of no meaning elsewhere."""

    def available(self) -> int:
        """Return the bytes that can be read at once (FIONREAD)."""
        return 0

    def readiness(self) -> int:
        """Return what the handle is ready for, as bits of :mod:`emu.host.readiness`."""
        fd = self.fileno()
        return READABLE | WRITABLE if fd < 0 else readiness(fd)

    def terminal_size(self) -> tuple[int, int] | None:
        """Return columns and lines where the handle is a terminal."""
        return None

    def path(self) -> bytes:
        """Return where the file is in the guest's file system (F_GETPATH)."""
        raise failure("EBADF")

    def close(self) -> None:
        """Release the host's descriptor; a second call does nothing."""
        if not self.closed:
            self.closed = True
            if self.on_close is not None:
                self.on_close()
            self._release()

    def _release(self) -> None:
        """Give back what the handle holds."""
