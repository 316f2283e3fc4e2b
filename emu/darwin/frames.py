"""What the kernel pushes for a signal handler on arm64: siginfo, ucontext, mcontext.

Layouts of ``bsd/sys/signal.h``, ``bsd/arm/_mcontext.h`` and ``osfmk/mach/arm/_structs.h``.
"""

from typing import Annotated

from emu.darwin.layout import I32, I64, U32, U64, Layout, characters, layout, numbers

__all__ = [
    "ExceptionState",
    "Mcontext64",
    "NeonState",
    "Siginfo",
    "Stack",
    "ThreadState",
    "Ucontext64",
]


@layout
class Siginfo(Layout):
    """Why a signal was sent."""

    signo: I32
    errno: I32 = 0
    code: I32 = 0
    pid: I32 = 0
    uid: U32 = 0
    status: I32 = 0
    addr: U64 = 0
    value: U64 = 0
    band: I64 = 0
    pad: Annotated[bytes, characters(56, 8)] = b""


@layout
class Stack(Layout):
    """``stack_t``: the alternate signal stack."""

    sp: U64
    size: U64
    flags: I32


@layout
class Ucontext64(Layout):
    """What sigreturn restores; ``mcontext`` points at a :class:`Mcontext64`."""

    onstack: I32
    sigmask: U32
    stack: Stack
    link: U64
    mcsize: U64
    mcontext: U64


@layout
class ExceptionState(Layout):
    """``arm_exception_state64``: fault address and syndrome."""

    far: U64 = 0
    esr: U32 = 0
    exception: U32 = 0


@layout
class ThreadState(Layout):
    """``arm_thread_state64``: the general registers."""

    x: Annotated[tuple[int, ...], numbers(29, "Q")]
    fp: U64
    lr: U64
    sp: U64
    pc: U64
    cpsr: U32
    flags: U32 = 0


@layout
class NeonState(Layout):
    """``arm_neon_state64``: v0-v31 as 16 bytes each, little endian."""

    v: Annotated[bytes, characters(512, 16)]
    fpsr: U32
    fpcr: U32


@layout
class Mcontext64(Layout):
    """The machine context, 16-byte aligned on the stack."""

    es: ExceptionState
    ss: ThreadState
    ns: NeonState
