"""Waiting on a word of memory: ulock_wait and ulock_wake, which locks are built on.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin.errno import EFAULT, EINVAL, ENOENT, ETIMEDOUT, Errno
from emu.syscalls.kinds import Addr, Size, UInt
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

#: Operations of bsd/sys/ulock.h: by the bits that are compared, and whether other processes count.
_COMPARE_AND_WAIT, _UNFAIR_LOCK, _SHARED, _WAIT64, _WAIT64_SHARED = 1, 2, 3, 5, 6
_SIZES = {_COMPARE_AND_WAIT: 4, _UNFAIR_LOCK: 4, _SHARED: 4, _WAIT64: 8, _WAIT64_SHARED: 8}
_OPERATION = 0xFF
_WAKE_ALL, _NO_ERRNO = 0x100, 0x1000000
_WAIT_FLAGS = 0x00070000 | _NO_ERRNO
_WAKE_FLAGS = 0x00000700 | _NO_ERRNO


@syscall(515)
def ulock_wait(call: Call, operation: UInt, addr: Addr, value: Size, timeout: UInt) -> int:
    """Wait while ``*addr`` is ``value``, for so many microseconds; 0 is for ever."""
    return _wait(call, operation, addr, value, timeout * 1000)


@syscall(544)
def ulock_wait2(
    call: Call, operation: UInt, addr: Addr, value: Size, timeout: Size, value2: Size
) -> int:
    """Wait while ``*addr`` is ``value``, for so many nanoseconds; 0 is for ever."""
    del value2
    return _wait(call, operation, addr, value, timeout)


def _wait(call: Call, operation: int, addr: int, value: int, timeout_ns: int) -> int:
    size = _size(operation, addr, _WAIT_FLAGS)
    try:
        word = int.from_bytes(call.space.copyin(addr, size), "little")
        channel = _channel(call, operation, addr)
    except Errno as failed:
        return _result(operation, failed)
    if word != value & (1 << 8 * size) - 1 or call.memory.get("woken"):
        return 0
    call.wait(timeout_ns=timeout_ns or None, channels=(channel,), restarts=False)
    return _result(operation, Errno(ETIMEDOUT))


@syscall(516)
def ulock_wake(call: Call, operation: UInt, addr: Addr, wake_value: Size) -> int:
    """Wake one who waits for ``addr``, or with ULF_WAKE_ALL all; ENOENT where nobody does."""
    del wake_value
    _size(operation, addr, _WAKE_FLAGS)
    try:
        channel = _channel(call, operation, addr)
    except Errno as failed:
        return _result(operation, failed)
    waiting = [p for p in call.kernel.scheduler.waiters(channel) if p is not call.process]
    if not waiting:
        return _result(operation, Errno(ENOENT))
    for process in waiting if operation & _WAKE_ALL else waiting[:1]:
        process.memory["woken"] = True
        call.kernel.scheduler.wake(process)
    return 0


def _size(operation: int, addr: int, flags: int) -> int:
    size = _SIZES.get(operation & _OPERATION)
    if size is None or operation & ~(_OPERATION | flags) or addr % size:
        raise Errno(EINVAL)
    return size


def _channel(call: Call, operation: int, addr: int) -> tuple[object, ...]:
    """Return what to wait for: a place in shared memory, or in the caller's own."""
    region = call.space.layout.find(addr)
    if region is None:
        raise Errno(EFAULT)
    kind = operation & _OPERATION
    if kind in (_SHARED, _WAIT64_SHARED) and region.backing.shared:
        return ("ulock", id(region.backing), region.offset + addr - region.start)
    return ("ulock", call.process.pid, addr)


def _result(operation: int, failed: Errno) -> int:
    """Return a failure as ULF_NO_ERRNO wants it, negative and without carry, or raise it."""
    if operation & _NO_ERRNO:
        return -failed.number
    raise failed
