"""Who a process is: identifiers, users and groups, sessions, its name and priority.

All guest processes belong to one user, who is not root and never becomes another one.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EACCES, EINVAL, EPERM, ESRCH, Errno
from emu.kernel.process import Process
from emu.syscalls.kinds import (
    FilledBuf,
    GroupsIn,
    GroupsOut,
    Int,
    IntOut,
    Path,
    Pid,
    TimespecIn,
    Uid,
    UInt,
)
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_LOGIN = b"guest"
#: An answer to gethostuuid that says what this is: "ymawky", zeroes.
_HOST_UUID = b"ymawky".ljust(16, b"\0")
_NOBODY = 0xFFFFFFFF
_PRIO_MIN, _PRIO_MAX = -20, 20


@syscall(20)
def getpid(call: Call) -> int:
    """Return the caller's pid."""
    return call.process.pid


@syscall(39)
def getppid(call: Call) -> int:
    """Return the parent's pid; 1 (launchd) once the parent has ended."""
    return call.process.ppid


@syscall(24, 25)
def getuid(call: Call) -> int:
    """Return the user id; real and effective are one here."""
    return call.process.uid


@syscall(47, 43)
def getgid(call: Call) -> int:
    """Return the group id; real and effective are one here."""
    return call.process.gid


@syscall(81)
def getpgrp(call: Call) -> int:
    """Return the caller's process group."""
    return call.process.pgid


@syscall(151)
def getpgid(call: Call, pid: Pid) -> int:
    """Return a process's group."""
    return (call.kernel.find(pid) if pid else call.process).pgid


@syscall(327)
def issetugid(_call: Call) -> int:
    """No program here is set-user-id."""
    return 0


@syscall(372)
def thread_selfid(call: Call) -> int:
    """Return a number that no other thread has; a process has one thread."""
    return 0x1000 + call.process.pid


# ---- groups of processes and sessions ----


@syscall(310)
def getsid(call: Call, pid: Pid) -> int:
    """Return a process's session."""
    return (call.kernel.find(pid) if pid else call.process).sid


@syscall(147)
def setsid(call: Call) -> int:
    """Begin a session; EPERM for the leader of a group."""
    process = call.process
    if any(p.pgid == process.pid for p in call.kernel.processes.values()):
        raise Errno(EPERM)
    process.sid = process.pgid = process.pid
    return process.pid


@syscall(82)
def setpgid(call: Call, pid: Pid, pgid: Pid) -> int:
    """Put the caller or a child into a process group of its session."""
    caller = call.process
    target = caller.children.get(pid) if pid not in (0, caller.pid) else caller
    if target is None:
        raise Errno(ESRCH)
    if target is not caller and target.sid != caller.sid:
        raise Errno(EPERM)
    if target is not caller and target.executed:
        raise Errno(EACCES)
    if pgid < 0:
        raise Errno(EINVAL)
    group = pgid or target.pid
    if target.sid == target.pid:
        raise Errno(EPERM)
    if group != target.pid and not _has_group(call, group, target.sid):
        raise Errno(EPERM)
    target.pgid = group
    return 0


def _has_group(call: Call, pgid: int, sid: int) -> bool:
    return any(p.pgid == pgid and p.sid == sid for p in call.kernel.processes.values())


# ---- users and groups ----


@syscall(23, 183, note="the user stays who he is: EPERM for any other")
def setuid(call: Call, uid: Uid) -> int:
    """Set the user id to what it is."""
    if uid != call.process.uid:
        raise Errno(EPERM)
    return 0


@syscall(181, 182, note="the group stays what it is: EPERM for any other")
def setgid(call: Call, gid: Uid) -> int:
    """Set the group id to what it is."""
    if gid != call.process.gid:
        raise Errno(EPERM)
    return 0


@syscall(126, note="the user stays who he is: EPERM for any other")
def setreuid(call: Call, ruid: Uid, euid: Uid) -> int:
    """Set real and effective user id to what they are; -1 leaves one alone."""
    if {ruid, euid} - {_NOBODY, call.process.uid}:
        raise Errno(EPERM)
    return 0


@syscall(127, note="the group stays what it is: EPERM for any other")
def setregid(call: Call, rgid: Uid, egid: Uid) -> int:
    """Set real and effective group id to what they are; -1 leaves one alone."""
    if {rgid, egid} - {_NOBODY, call.process.gid}:
        raise Errno(EPERM)
    return 0


@syscall(79)
def getgroups(call: Call, gidsetsize: UInt, gidset: GroupsOut) -> int:
    """Report the groups: the own one alone; with a size of 0 only their number."""
    if gidsetsize:
        call.space.copyout(gidset, struct.pack("<I", call.process.gid))
    return 1


@syscall(80, note="EPERM: only root may")
def setgroups(_call: Call, gidsetsize: UInt, gidset: GroupsIn) -> int:
    """Refuse: the guest is not root."""
    del gidsetsize, gidset
    raise Errno(EPERM)


@syscall(49)
def getlogin(call: Call, namebuf: FilledBuf, namelen: UInt) -> int:
    """Report the name of the user, as much of it as there is room for."""
    call.space.copyout(namebuf, (_LOGIN + b"\0")[:namelen])
    return 0


@syscall(50, note="EPERM: only root may")
def setlogin(_call: Call, namebuf: Path) -> int:
    """Refuse: the guest is not root."""
    del namebuf
    raise Errno(EPERM)


@syscall(142)
def gethostuuid(call: Call, uuid_buf: FilledBuf, timeoutp: TimespecIn) -> int:
    """Report an identifier of the machine: the same one everywhere."""
    del timeoutp
    call.space.copyout(uuid_buf, _HOST_UUID)
    return 0


@syscall(286)
def gettid(_call: Call, uidp: IntOut, gidp: IntOut) -> int:
    """Answer ESRCH: the thread has no identity but that of its process."""
    del uidp, gidp
    raise Errno(ESRCH)


# ---- priority ----


@syscall(100)
def getpriority(call: Call, which: Int, who: UInt) -> int:
    """Return the best (lowest) nice value among those who are meant."""
    return min(p.nice for p in _meant(call, which, who))


@syscall(96)
def setpriority(call: Call, which: Int, who: UInt, prio: Int) -> int:
    """Set the nice value, which nothing here looks at; only root may lower it."""
    meant = _meant(call, which, who)
    prio = max(_PRIO_MIN, min(prio, _PRIO_MAX))
    for process in meant:
        if prio < process.nice:
            raise Errno(EACCES)
        process.nice = prio
    return 0


def _meant(call: Call, which: int, who: int) -> list[Process]:
    match which:
        case f.PRIO_PROCESS:
            return [call.kernel.find(who) if who else call.process]
        case f.PRIO_PGRP:
            found = [p for p in call.kernel.running if p.pgid == (who or call.process.pgid)]
        case f.PRIO_USER:
            found = [p for p in call.kernel.running if p.uid == (who or call.process.uid)]
        case _:
            raise Errno(EINVAL)
    if not found:
        raise Errno(ESRCH)
    return found
