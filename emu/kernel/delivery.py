"""Entering a signal handler, and coming back from it (XNU: ``bsd/dev/arm/unix_signal.c``).

The kernel pushes siginfo, ucontext and mcontext below the interrupted frame's red zone and
enters ``sa_tramp``, not the handler; ``sigreturn`` restores from the ucontext.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.darwin.errno import Errno
from emu.darwin.frames import (
    ExceptionState,
    Mcontext64,
    NeonState,
    Siginfo,
    Stack,
    ThreadState,
    Ucontext64,
)
from emu.kernel.signals import UNBLOCKABLE, Action, SigInfo, SignalState, bit
from emu.machine import Registers

if TYPE_CHECKING:
    from emu.memory import AddressSpace

__all__ = ["enter_handler", "leave_handler", "note_altstack"]

#: Bytes below sp that a leaf routine may use without moving sp (C_64_REDZONE_LEN).
_RED_ZONE = 128
_U64 = (1 << 64) - 1
_FRAME = -(-(Mcontext64.SIZE + Siginfo.SIZE + Ucontext64.SIZE) // 16) * 16


def enter_handler(
    signals: SignalState, space: AddressSpace, registers: Registers, info: SigInfo
) -> bool:
    """Change ``registers`` and the stack so that the handler of ``info.signal`` runs next.

    Returns False where the stack cannot take the frame: the process has to die of SIGILL.
    """
    action = signals.action(info.signal)
    top, changes_stack = _stack_top(signals, action, registers["sp"])
    frame = (top - _FRAME) & -16 & _U64
    siginfo = frame + Mcontext64.SIZE
    ucontext = siginfo + Siginfo.SIZE
    old_mask = signals.mask if signals.suspended_mask is None else signals.suspended_mask
    was_on_stack = signals.altstack[2] & f.SS_ONSTACK
    context = Ucontext64(
        was_on_stack, old_mask, Stack(*signals.altstack), 0, Mcontext64.SIZE, frame
    )  # fmt: skip
    try:
        space.copyout(
            frame,
            _mcontext(registers, info).pack() + _siginfo(info).pack() + context.pack(),
        )
    except Errno:
        return False
    registers["x0"] = action.handler
    registers["x1"] = f.UC_FLAVOR if action.flags & f.SA_SIGINFO else f.UC_TRAD
    registers["x2"] = info.signal
    registers["x3"] = siginfo
    registers["x4"] = ucontext
    registers["x5"] = ucontext  # the token that sigreturn may check
    registers["sp"] = frame
    registers["pc"] = action.tramp
    if changes_stack:
        note_altstack(signals, on=True)
    _note_entry(signals, action, info.signal)
    return True


def _stack_top(signals: SignalState, action: Action, sp: int) -> tuple[int, bool]:
    """Return where the frame goes, and whether that is the alternate stack from its start."""
    base, size, flags = signals.altstack
    if action.flags & f.SA_ONSTACK and not flags & (f.SS_DISABLE | f.SS_ONSTACK):
        return base + size, True
    return sp - _RED_ZONE, False


def note_altstack(signals: SignalState, *, on: bool) -> None:
    """Note whether the alternate stack is in use, as xnu does: by what was entered and left."""
    base, size, flags = signals.altstack
    flags = flags | f.SS_ONSTACK if on else flags & ~f.SS_ONSTACK
    signals.altstack = (base, size, flags)


def _note_entry(signals: SignalState, action: Action, signal: int) -> None:
    signals.suspended_mask = None
    signals.mask |= action.mask
    if not action.flags & f.SA_NODEFER:
        signals.mask |= bit(signal)
    signals.mask &= ~UNBLOCKABLE
    if action.flags & f.SA_RESETHAND:
        signals.actions.pop(signal, None)


def _siginfo(info: SigInfo) -> Siginfo:
    return Siginfo(info.signal, 0, info.code, info.pid, info.uid, info.status, info.address)


def _mcontext(r: Registers, info: SigInfo) -> Mcontext64:
    general = ThreadState(
        tuple(r.words[:29]), r["x29"], r["x30"], r["sp"], r["pc"], r["nzcv"] & 0xFFFFFFFF
    )
    vectors = b"".join(r[f"q{n}"].to_bytes(16, "little") for n in range(32))
    neon = NeonState(vectors, r["fpsr"] & 0xFFFFFFFF, r["fpcr"] & 0xFFFFFFFF)
    return Mcontext64(ExceptionState(far=info.address), general, neon)


def leave_handler(signals: SignalState, space: AddressSpace, address: int) -> Registers:
    """Return the registers that the ucontext at ``address`` holds, and restore the mask.

    Raises:
        Errno: EFAULT where the ucontext or its mcontext cannot be read.
    """
    context = Ucontext64.unpack(space.copyin(address, Ucontext64.SIZE))
    saved = Mcontext64.unpack(space.copyin(context.mcontext, Mcontext64.SIZE))
    r = Registers()
    r.words[:29] = saved.ss.x
    r["x29"], r["x30"], r["sp"], r["pc"] = saved.ss.fp, saved.ss.lr, saved.ss.sp, saved.ss.pc
    # Only the condition flags are the user's to set.
    r["nzcv"] = saved.ss.cpsr & 0xF0000000
    r["fpsr"], r["fpcr"] = saved.ns.fpsr, saved.ns.fpcr
    for n in range(32):
        r[f"q{n}"] = int.from_bytes(saved.ns.v[16 * n : 16 * n + 16], "little")
    signals.mask = context.sigmask & ~UNBLOCKABLE
    note_altstack(signals, on=bool(context.onstack & f.SS_ONSTACK))
    return r
