"""Calls on processes: fork, exit, wait4, identifiers, proc_info.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import ECHILD, EINVAL, ESRCH, Errno
from emu.darwin.structs import Rusage, Timeval
from emu.kernel.process import Process, State
from emu.syscalls.kinds import Addr, Int, Pid, RusageOut, UInt, WaitOptions, WaitStatusOut
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_WAIT_OPTIONS = f.WNOHANG | f.WUNTRACED | f.WCONTINUED


@syscall(1)
def exit(call: Call, rval: Int) -> None:  # noqa: A001 - xnu's name
    """End the caller; the parent sees the low eight bits."""
    call.kernel.exit(call.process, (rval & 0xFF) << 8)


@syscall(2)
def fork(call: Call) -> tuple[int, int]:
    """Make a child; the dispatcher gives it (own pid, 1) and runs it first."""
    call.forked = call.kernel.fork(call.process)
    call.forked.started_ns = call.now()
    return call.forked.pid, 0


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


@syscall(7, 400)
def wait4(
    call: Call, pid: Pid, status: WaitStatusOut, options: WaitOptions, rusage: RusageOut
) -> int:
    """Wait for a child to end and reap it.

    Stopped children are reported with WUNTRACED, as on macOS.
    """
    if options & ~_WAIT_OPTIONS:
        raise Errno(EINVAL)
    parent = call.process
    children = [c for c in parent.children.values() if _is_meant(parent, c, pid)]
    if not children:
        raise Errno(ECHILD)
    for child in children:
        if child.state is State.ZOMBIE:
            _report(call, child, status, rusage)
            call.kernel.reap(parent, child)
            return child.pid
    if options & f.WNOHANG:
        return 0
    call.wait(channels=(("child", parent.pid),))
    return 0


def _is_meant(parent: Process, child: Process, pid: int) -> bool:
    if pid > 0:
        return child.pid == pid
    return pid == f.WAIT_ANY or child.pgid == (-pid if pid else parent.pgid)


def _report(call: Call, child: Process, status: int, rusage: int) -> None:
    if status:
        call.space.copyout(status, struct.pack("<i", child.status))
    if rusage:
        used = Timeval(child.used_ns // 10**9, child.used_ns % 10**9 // 1000)
        call.space.copyout(rusage, Rusage(used, Timeval(0, 0)).pack())


@syscall(336, note="call 1 (list of pids) alone")
def proc_info(
    call: Call, callnum: Int, pid: Int, flavor: UInt, arg: Addr, buffer: Addr, buffersize: Int
) -> int:
    """List pids: ``pid`` is the kind of list, ``flavor`` whose; returns bytes written.

    Without a buffer it returns the bytes that would be needed, with room to grow, as xnu.
    """
    del arg
    if callnum != f.PROC_INFO_CALL_LISTPIDS:
        raise Errno(EINVAL)
    pids = [p.pid for p in _listed(call, pid, flavor)]
    if not buffer:
        return 4 * (len(call.kernel.processes) + 20)
    if buffersize < 4:
        raise Errno(EINVAL)
    data = struct.pack(f"<{len(pids)}i", *pids)[: buffersize & ~3]
    call.space.copyout(buffer, data)
    return len(data)


def _listed(call: Call, kind: int, whose: int) -> list[Process]:
    everyone = list(call.kernel.processes.values())
    match kind:
        case f.PROC_ALL_PIDS:
            return everyone
        case f.PROC_PGRP_ONLY:
            return [p for p in everyone if p.pgid == whose]
        case f.PROC_PPID_ONLY:
            parent = call.kernel.processes.get(whose)
            return list(parent.children.values()) if parent else []
        case f.PROC_UID_ONLY | f.PROC_RUID_ONLY:
            return [p for p in everyone if p.uid == whose]
        case f.PROC_TTY_ONLY:
            return []
    raise Errno(EINVAL)


@syscall(310)
def getsid(call: Call, pid: Pid) -> int:
    """Return a process's session."""
    return (call.kernel.find(pid) if pid else call.process).sid


@syscall(82)
def setpgid(call: Call, pid: Pid, pgid: Pid) -> int:
    """Put the caller or a child into a process group."""
    process = call.kernel.find(pid) if pid else call.process
    if pgid < 0:
        raise Errno(EINVAL)
    if process is not call.process and process.pid not in call.process.children:
        raise Errno(ESRCH)
    process.pgid = pgid or process.pid
    return 0
