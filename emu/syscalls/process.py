"""Calls on processes: fork, exit, waiting for children.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct
from collections.abc import Callable

from emu.darwin import flags as f
from emu.darwin.errno import ECHILD, EINVAL, EPERM, Errno
from emu.darwin.frames import Siginfo
from emu.kernel.process import Process, State
from emu.kernel.signals import CORE
from emu.syscalls.kinds import (
    Addr,
    Int,
    Pid,
    RusageOut,
    SiginfoOut,
    UInt,
    WaitIdType,
    WaitOptions,
    WaitStatusOut,
)
from emu.syscalls.resource import usage
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_PT_DENY_ATTACH = 31
_WAIT_OPTIONS = f.WNOHANG | f.WUNTRACED | f.WCONTINUED


@syscall(1)
def exit(call: Call, rval: Int) -> None:  # noqa: A001 - xnu's name
    """End the caller; the parent sees the low eight bits."""
    call.kernel.exit(call.process, (rval & 0xFF) << 8)


@syscall(2)
def fork(call: Call) -> tuple[int, int]:
    """Make a child; the dispatcher gives it (own pid, 1) and runs it first."""
    child = call.forked = call.kernel.fork(call.process)
    child.started_ns = call.now()
    if call.process.inheritance:
        from emu.syscalls.inheritance import inherit

        inherit(call.process, child)
    return child.pid, 0


@syscall(66)
def vfork(call: Call) -> tuple[int, int]:
    """Do what fork does: xnu has made it the same call."""
    return fork(call)


@syscall(26, note="PT_DENY_ATTACH alone: nobody can attach anyway")
def ptrace(call: Call, req: Int, pid: Pid, addr: Addr, data: Int) -> int:
    """Refuse to be traced; to trace is EPERM, or ESRCH."""
    del addr, data
    if req == _PT_DENY_ATTACH:
        return 0
    if pid:
        call.kernel.find(pid)
    raise Errno(EPERM)


# ---- waiting ----


@syscall(7, 400)
def wait4(
    call: Call, pid: Pid, status: WaitStatusOut, options: WaitOptions, rusage: RusageOut
) -> int:
    """Wait for a child to end and reap it, or with WUNTRACED or WCONTINUED to stop or go on."""
    if options & ~_WAIT_OPTIONS:
        raise Errno(EINVAL)
    parent = call.process
    kinds = options & (f.WUNTRACED | f.WCONTINUED) | f.WEXITED
    child = _find(call, lambda c: _is_meant(parent, c, pid), kinds, options)
    if child is None:
        return 0
    if status:
        call.space.copyout(status, struct.pack("<i", _status(child)))
    if rusage:
        call.space.copyout(rusage, usage(child.used_ns + child.children_ns).pack())
    _told(call, child, keep=False)
    return child.pid


@syscall(173, 416)
def waitid(
    call: Call, idtype: WaitIdType, id_: UInt, infop: SiginfoOut, options: WaitOptions
) -> int:
    """Wait for a child to end, stop or go on; WNOWAIT leaves it to be waited for again."""
    known = f.WEXITED | f.WSTOPPED | f.WCONTINUED
    if options & ~(known | f.WNOHANG | f.WNOWAIT) or not options & known:
        raise Errno(EINVAL)
    kinds = options & known
    if kinds & f.WSTOPPED:
        kinds = kinds & ~f.WSTOPPED | f.WUNTRACED
    child = _find(call, _chosen(idtype, id_), kinds, options)
    call.space.copyout(infop, (Siginfo(0) if child is None else _siginfo(child)).pack())
    if child is not None:
        _told(call, child, keep=bool(options & f.WNOWAIT))
    return 0


def _chosen(idtype: int, id_: int) -> Callable[[Process], bool]:
    match idtype:
        case f.P_ALL:
            return lambda _: True
        case f.P_PID:
            return lambda child: child.pid == id_
        case f.P_PGID:
            return lambda child: child.pgid == id_
    raise Errno(EINVAL)


def _find(
    call: Call, is_meant: Callable[[Process], bool], kinds: int, options: int
) -> Process | None:
    """Return a child of which there is news, None with WNOHANG; or ECHILD.

    The youngest comes first, as in xnu, where pinsertchild puts a child at the head of the list;
    so a short-lived one is found at once, beside however many others.
    """
    parent = call.process
    has_any = False
    for child in reversed(parent.children.values()):
        if is_meant(child):
            if _news(child) & kinds:
                return child
            has_any = True
    if not has_any:
        raise Errno(ECHILD)
    if not options & f.WNOHANG:
        call.wait(channels=(("child", parent.pid),))
    return None


def _news(child: Process) -> int:
    """Return which wait option would report the child now."""
    if child.state is State.ZOMBIE:
        return f.WEXITED
    if child.state is State.STOPPED and child.stop_signal:
        return f.WUNTRACED
    return f.WCONTINUED if child.continued else 0


def _told(call: Call, child: Process, *, keep: bool) -> None:
    """Reap a child that has been reported, or forget that there was news of it."""
    if keep:
        return
    if child.state is State.ZOMBIE:
        call.kernel.reap(call.process, child)
    child.stop_signal, child.continued = 0, False


def _status(child: Process) -> int:
    """Return wait4's word (W_STOPCODE for a child that stopped or went on)."""
    if child.state is State.ZOMBIE:
        return child.status
    return (child.stop_signal or f.SIGCONT) << 8 | f.WSTOPPED_STATUS


def _siginfo(child: Process) -> Siginfo:
    code, status = f.CLD_CONTINUED, f.SIGCONT
    if child.state is State.ZOMBIE:
        signal = child.status & 0x7F
        code, status = f.CLD_EXITED, child.status >> 8
        if signal:
            code, status = f.CLD_DUMPED if signal in CORE else f.CLD_KILLED, signal
    elif child.stop_signal:
        code, status = f.CLD_STOPPED, child.stop_signal
    return Siginfo(f.SIGCHLD, 0, code, child.pid, child.uid, status)


def _is_meant(parent: Process, child: Process, pid: int) -> bool:
    if pid > 0:
        return child.pid == pid
    return pid == f.WAIT_ANY or child.pgid == (-pid if pid else parent.pgid)
