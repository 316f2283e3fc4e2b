"""POSIX shared memory and semaphores: shm_open, sem_open and their kin.

What has a name stays until it is unlinked, or the emulator ends.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.darwin.errno import (
    EAGAIN,
    EBADF,
    EEXIST,
    EINVAL,
    ENAMETOOLONG,
    ENOENT,
    EOVERFLOW,
    Errno,
)
from emu.kernel.files import OpenFile
from emu.kernel.semaphore import Semaphore, SemaphoreHandle
from emu.kernel.shared_memory import SharedMemory, SharedMemoryHandle
from emu.syscalls.kinds import Fd, Mode, OpenFlags, Path, UInt
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

#: Longest name (PSHMNAMLEN, PSEMNAMLEN), and the highest count of a semaphore.
_NAME_MAX, _VALUE_MAX = 31, 32767


def _named(name: bytes) -> bytes:
    if not name:
        raise Errno(EINVAL)
    if len(name) > _NAME_MAX:
        raise Errno(ENAMETOOLONG)
    return name


def _check_new(*, exists: bool, oflag: int) -> None:
    """Answer EEXIST or ENOENT where flags and what there is do not fit."""
    if exists and oflag & f.O_CREAT and oflag & f.O_EXCL:
        raise Errno(EEXIST)
    if not exists and not oflag & f.O_CREAT:
        raise Errno(ENOENT)


# ---- shared memory ----


@syscall(266)
def shm_open(call: Call, name: Path, oflag: OpenFlags, mode: Mode) -> int:
    """Open or make an object of shared memory; the descriptor closes at execve."""
    key, objects = _named(name), call.kernel.shared_memory
    if oflag & f.O_ACCMODE == f.O_ACCMODE:
        raise Errno(EINVAL)
    process = call.process
    process.files.lowest()  # EMFILE comes before anything is made
    memory = objects.get(key)
    _check_new(exists=memory is not None, oflag=oflag)
    if memory is None:
        permissions = mode & 0o777 & ~process.umask
        memory = objects[key] = SharedMemory(call.kernel.serial(), permissions, process.uid)
    text = key.decode(errors="replace")
    file = OpenFile(SharedMemoryHandle(memory), "psxshm", oflag & f.O_ACCMODE, text)
    return process.files.add(file, cloexec=True)


@syscall(267)
def shm_unlink(call: Call, name: Path) -> int:
    """Take an object's name away."""
    if call.kernel.shared_memory.pop(_named(name), None) is None:
        raise Errno(ENOENT)
    return 0


# ---- semaphores ----


@syscall(268)
def sem_open(call: Call, name: Path, oflag: OpenFlags, mode: Mode, value: UInt) -> int:
    """Open or make a semaphore; what libc calls its address is a descriptor."""
    del mode
    key, semaphores = _named(name), call.kernel.semaphores
    if oflag & f.O_CREAT and value > _VALUE_MAX:
        raise Errno(EINVAL)
    files = call.process.files
    files.lowest()  # EMFILE comes before anything is made
    semaphore = semaphores.get(key)
    _check_new(exists=semaphore is not None, oflag=oflag)
    if semaphore is None:
        semaphore = semaphores[key] = Semaphore(call.kernel.serial(), value)
    text = key.decode(errors="replace")
    return files.add(OpenFile(SemaphoreHandle(semaphore), "psxsem", f.O_RDWR, text))


@syscall(270)
def sem_unlink(call: Call, name: Path) -> int:
    """Take a semaphore's name away; who has opened it goes on with it."""
    if call.kernel.semaphores.pop(_named(name), None) is None:
        raise Errno(ENOENT)
    return 0


def _semaphore(call: Call, sem: int) -> Semaphore:
    handle = call.file(sem).handle
    if not isinstance(handle, SemaphoreHandle):
        raise Errno(EBADF)
    return handle.semaphore


@syscall(269)
def sem_close(call: Call, sem: Fd) -> int:
    """Free the descriptor of a semaphore."""
    _semaphore(call, sem)
    call.process.files.close(sem)
    return 0


@syscall(271, 420)
def sem_wait(call: Call, sem: Fd) -> int:
    """Take one, once there is one."""
    semaphore = _semaphore(call, sem)
    if not semaphore.value:
        call.wait(channels=(semaphore.channel,), restarts=False)
    semaphore.value -= 1
    return 0


@syscall(272)
def sem_trywait(call: Call, sem: Fd) -> int:
    """Take one if there is one, else EAGAIN."""
    semaphore = _semaphore(call, sem)
    if not semaphore.value:
        raise Errno(EAGAIN)
    semaphore.value -= 1
    return 0


@syscall(273)
def sem_post(call: Call, sem: Fd) -> int:
    """Give one back, and wake who waits for it."""
    semaphore = _semaphore(call, sem)
    if semaphore.value >= _VALUE_MAX:
        raise Errno(EOVERFLOW)
    semaphore.value += 1
    call.kernel.scheduler.wakeup(semaphore.channel)
    return 0
