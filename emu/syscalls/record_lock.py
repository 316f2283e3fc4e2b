"""The commands of fcntl that lock ranges of bytes among guest processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.darwin.errno import EAGAIN, EBADF, EDEADLK, EINVAL, EOVERFLOW, Errno
from emu.darwin.structs import Flock
from emu.host import FileHandle
from emu.kernel.locks import MAX_OFFSET, RecordLock
from emu.kernel.process import State
from emu.syscalls.coherence import identity

if TYPE_CHECKING:
    from emu.kernel.files import OpenFile
    from emu.syscalls.table import Call

__all__ = ["forget", "get_lock", "set_lock"]


def _file(call: Call, fd: int) -> OpenFile:
    """Return a regular file; what has no bytes to lock is EBADF, as in xnu."""
    file = call.file(fd)
    if type(file.handle) is not FileHandle:
        raise Errno(EBADF)
    return file


def _range(file: OpenFile, raw: Flock) -> tuple[int, int]:
    """Return the first and the last byte that a ``struct flock`` means."""
    match raw.whence:
        case f.SEEK_SET:
            start = raw.start
        case f.SEEK_CUR:
            start = raw.start + file.handle.seek(0, f.SEEK_CUR)
        case f.SEEK_END:
            start = raw.start + file.handle.stat().size
        case _:
            raise Errno(EINVAL)
    end = start + raw.len - 1 if raw.len else MAX_OFFSET
    if raw.len < 0:
        # A negative length means the bytes before ``start``.
        start, end = start + raw.len, start - 1
    if start < 0:
        raise Errno(EINVAL)
    if end > MAX_OFFSET:
        raise Errno(EOVERFLOW)
    return start, end


def set_lock(call: Call, fd: int, arg: int, *, wait: bool) -> int:
    """Lock or free a range; EAGAIN where another process holds it, or wait for him."""
    file = _file(call, fd)
    raw = Flock.unpack(call.space.copyin(arg, Flock.SIZE))
    if raw.type not in (f.F_RDLCK, f.F_WRLCK, f.F_UNLCK):
        raise Errno(EINVAL)
    mode = file.flags & f.O_ACCMODE
    refused = {f.F_RDLCK: f.O_WRONLY, f.F_WRLCK: f.O_RDONLY}
    if refused.get(raw.type) == mode:
        raise Errno(EBADF)
    locks, pid, who = call.kernel.locks, call.process.pid, identity(file)
    new = RecordLock(pid, raw.type, *_range(file, raw))
    held = locks.blocking(who, new) if raw.type != f.F_UNLCK else None
    if held is not None:
        if not wait:
            raise Errno(EAGAIN)
        if not locks.waits(pid, held.pid, lambda other: _waits_for_lock(call, other)):
            raise Errno(EDEADLK)
        call.wait(channels=(("lock", who),))
    locks.put(who, new)
    return 0


def _waits_for_lock(call: Call, pid: int) -> bool:
    process = call.kernel.processes.get(pid)
    if process is None or process.state is not State.PARKED or process.wait is None:
        return False
    return any(isinstance(c, tuple) and c[0] == "lock" for c in process.wait.channels)


def get_lock(call: Call, fd: int, arg: int) -> int:
    """Report the first lock that stands in the way of one, or F_UNLCK."""
    file = _file(call, fd)
    raw = Flock.unpack(call.space.copyin(arg, Flock.SIZE))
    if raw.type not in (f.F_RDLCK, f.F_WRLCK):
        raise Errno(EINVAL)
    wanted = RecordLock(call.process.pid, raw.type, *_range(file, raw))
    held = call.kernel.locks.blocking(identity(file), wanted)
    if held is None:
        answer = Flock(raw.start, raw.len, raw.pid, f.F_UNLCK, raw.whence)
    else:
        length = 0 if held.end == MAX_OFFSET else held.end - held.start + 1
        answer = Flock(held.start, length, held.pid, held.kind, f.SEEK_SET)
    call.space.copyout(arg, answer.pack())
    return 0


def forget(call: Call, fd: int) -> None:
    """Free what the caller holds on the file of ``fd``, which it is about to close."""
    file = call.file(fd)
    if type(file.handle) is FileHandle:
        call.kernel.locks.release(call.process.pid, identity(file))
