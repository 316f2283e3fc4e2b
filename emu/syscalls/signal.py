"""Calls on signals: kill, sigaction, sigprocmask, sigpending, sigsuspend, sigaltstack, sigreturn.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EFAULT, EINVAL, ENOMEM, EPERM, ESRCH, Errno
from emu.darwin.frames import Stack
from emu.darwin.structs import OldSigaction, Sigaction
from emu.kernel.delivery import leave_handler, note_altstack
from emu.kernel.signals import UNBLOCKABLE, Action, SigInfo, bit
from emu.syscalls.kinds import (
    Addr,
    Int,
    IntOut,
    Pid,
    SigactionIn,
    SigactionOut,
    SigHow,
    Signal,
    SigSet,
    SigSetIn,
    SigSetOut,
    StackIn,
    StackOut,
    UInt,
)
from emu.syscalls.mach import THREAD_SELF
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

#: The smallest stack that sigaltstack takes (OLDMINSIGSTKSZ; MINSIGSTKSZ is what programs see).
_MINIMUM = 8192


@syscall(37)
def kill(call: Call, pid: Pid, signum: Signal, posix: Int) -> int:
    """Send a signal to a process, a group (0, negative) or everyone (-1); 0 only looks."""
    del posix
    if not 0 <= signum < f.NSIG:
        raise Errno(EINVAL)
    if pid == 1:
        raise Errno(EPERM)
    for target in call.kernel.targets(call.process, pid):
        if signum:
            info = SigInfo(signum, f.SI_USER, call.process.pid, call.process.uid)
            call.kernel.post(target, info)
    return 0


@syscall(46)
def sigaction(call: Call, signum: Signal, nsa: SigactionIn, osa: SigactionOut) -> int:
    """Change and report what a signal does; the old action has no trampoline."""
    if not 0 < signum < f.NSIG:
        raise Errno(EINVAL)
    signals, space = call.process.signals, call.space
    old = signals.action(signum)
    new = Sigaction.unpack(space.copyin(nsa, Sigaction.SIZE)) if nsa else None
    if new is not None and bit(signum) & UNBLOCKABLE:
        raise Errno(EINVAL)
    if osa:
        space.copyout(osa, OldSigaction(old.handler, old.mask, old.flags).pack())
    if new is not None:
        mask = new.mask & ~UNBLOCKABLE
        signals.actions[signum] = Action(new.handler, new.tramp, mask, new.flags)
        if signals.is_ignored(signum):
            signals.forget(signum)
    return 0


@syscall(48, 329, name="sigprocmask")
def sigprocmask(call: Call, how: SigHow, mask: SigSetIn, omask: SigSetOut) -> int:
    """Change and report the set of blocked signals; ``how`` counts only with a new set."""
    signals, space = call.process.signals, call.space
    old = signals.mask
    if mask:
        (new,) = struct.unpack("<I", space.copyin(mask, 4))
        match how:
            case f.SIG_BLOCK:
                new |= old
            case f.SIG_UNBLOCK:
                new = old & ~new
            case f.SIG_SETMASK:
                pass
            case _:
                raise Errno(EINVAL)
        signals.mask = new & ~UNBLOCKABLE
    if omask:
        space.copyout(omask, struct.pack("<I", old))
    return 0


@syscall(52)
def sigpending(call: Call, osv: SigSetOut) -> int:
    """Report the signals that wait until they are unblocked."""
    call.space.copyout(osv, struct.pack("<I", call.process.signals.pending))
    return 0


@syscall(111, 410)
def sigsuspend(call: Call, mask: SigSet) -> int:
    """Replace the mask and wait for a signal; always ends in EINTR."""
    signals = call.process.signals
    if signals.suspended_mask is None:
        signals.suspended_mask = signals.mask
        signals.mask = mask & ~UNBLOCKABLE
    call.wait(restarts=False)
    raise Errno(EINVAL)  # pragma: no cover - wait() without a timeout does not return


@syscall(330, 422)
def __sigwait(call: Call, set_: SigSetIn, sig: IntOut) -> int:
    """Wait for a signal of the set and take it; they should be blocked."""
    signals, space = call.process.signals, call.space
    (wanted,) = struct.unpack("<I", space.copyin(set_, 4))
    wanted &= ~UNBLOCKABLE
    if not wanted:
        raise Errno(EINVAL)
    space.views(sig, 4, f.PROT_WRITE)
    found = signals.pending & wanted
    if not found:
        call.wait(restarts=False, channels=(("signal", call.process.pid),))
    number = (found & -found).bit_length()
    signals.take(number)
    space.copyout(sig, struct.pack("<i", number))
    return 0


@syscall(328)
def __pthread_kill(call: Call, thread_port: UInt, sig: Signal) -> int:
    """Send a signal to the own thread, the only one; 0 only looks."""
    if thread_port != THREAD_SELF:
        raise Errno(ESRCH)
    if not 0 <= sig < f.NSIG:
        raise Errno(EINVAL)
    if sig:
        call.kernel.post(call.process, SigInfo(sig, f.SI_USER, call.process.pid, call.process.uid))
    return 0


@syscall(331)
def __disable_threadsignal(_call: Call, value: Int) -> int:
    """Do nothing: a process has one thread, which gets its signals."""
    del value
    return 0


@syscall(53)
def sigaltstack(call: Call, nss: StackIn, oss: StackOut) -> int:
    """Set and report the stack on which SA_ONSTACK handlers run; not while it is in use."""
    signals, space = call.process.signals, call.space
    old = signals.altstack
    if oss:
        space.copyout(oss, Stack(*old).pack())
    if not nss:
        return 0
    new = Stack.unpack(space.copyin(nss, Stack.SIZE))
    in_use = old[2] & f.SS_ONSTACK
    if new.flags & ~f.SS_DISABLE:
        raise Errno(EINVAL)
    if new.flags & f.SS_DISABLE:
        if in_use:
            raise Errno(EINVAL)
        signals.altstack = (*old[:2], f.SS_DISABLE)
        return 0
    if in_use:
        raise Errno(EPERM)
    if new.size < _MINIMUM:
        raise Errno(ENOMEM)
    signals.altstack = (new.sp, new.size, 0)
    return 0


@syscall(184, replaces=True)
def sigreturn(call: Call, uctx: Addr, infostyle: UInt, token: Addr) -> int:
    """Go back to where the signal came, or note that longjmp changes the stack."""
    del token
    if infostyle in (f.UC_SET_ALT_STACK, f.UC_RESET_ALT_STACK):
        note_altstack(call.process.signals, on=infostyle == f.UC_SET_ALT_STACK)
        return 0
    if not uctx:
        raise Errno(EFAULT)
    call.replaced = bytes(leave_handler(call.process.signals, call.space, uctx))
    return 0
