"""Signal dispositions, masks and pending signals of one process (XNU: ``sigacts``)."""

from typing import Final, NamedTuple

from emu.darwin import flags as f
from emu.record import field, record

__all__ = ["CORE", "DEFAULT", "STOPS", "UNBLOCKABLE", "Action", "SigInfo", "SignalState", "bit"]

# What a signal does by default (bsd/sys/signalvar.h, sigprop); all others terminate.
_IGNORED: Final = {f.SIGURG, f.SIGCONT, f.SIGCHLD, f.SIGIO, f.SIGWINCH, f.SIGINFO}
#: Signals that stop a process unless it catches them.
STOPS: Final = {f.SIGSTOP, f.SIGTSTP, f.SIGTTIN, f.SIGTTOU}
#: Signals whose default action would leave a core file: the emulator prints a crash report.
CORE: Final = {
    f.SIGQUIT, f.SIGILL, f.SIGTRAP, f.SIGABRT, f.SIGEMT, f.SIGFPE, f.SIGBUS, f.SIGSEGV, f.SIGSYS,
}  # fmt: skip


def bit(signal: int) -> int:
    """Return the bit of ``signal`` in a ``sigset_t``."""
    return 1 << (signal - 1)


#: Neither can be caught, ignored or blocked.
UNBLOCKABLE: Final = bit(f.SIGKILL) | bit(f.SIGSTOP)


@record
class Action:
    """One signal's disposition; ``handler`` may be SIG_DFL or SIG_IGN."""

    handler: int = f.SIG_DFL
    tramp: int = 0
    mask: int = 0
    flags: int = 0


DEFAULT: Final = Action()


class SigInfo(NamedTuple):
    """Where a signal came from: the fields of ``siginfo_t``."""

    signal: int
    code: int = f.SI_USER
    pid: int = 0
    uid: int = 0
    status: int = 0
    address: int = 0


@record(frozen=False)
class SignalState:
    """Everything that a process has to do with signals."""

    actions: dict[int, Action] = field(factory=dict)
    mask: int = 0
    #: Set of pending signals as bits, with what is known of each.
    pending: int = 0
    infos: dict[int, SigInfo] = field(factory=dict)
    #: What ``sigsuspend`` replaced; put back once the handler's frame is built.
    suspended_mask: int | None = None
    #: Alternate stack: address, size, SS_* flags.
    altstack: tuple[int, int, int] = (0, 0, f.SS_DISABLE)

    def action(self, signal: int) -> Action:
        """Return the disposition of ``signal``."""
        return self.actions.get(signal, DEFAULT)

    def is_ignored(self, signal: int) -> bool:
        """Tell whether ``signal`` would have no effect, by choice or by default."""
        handler = self.action(signal).handler
        return handler == f.SIG_IGN or (handler == f.SIG_DFL and signal in _IGNORED)

    def stops(self, signal: int) -> bool:
        """Tell whether ``signal`` would stop the process."""
        return signal in STOPS and self.action(signal).handler == f.SIG_DFL

    def post(self, info: SigInfo) -> bool:
        """Make a signal pending unless it is ignored; tells whether it can be delivered now."""
        if self.is_ignored(info.signal):
            return False
        self.pending |= bit(info.signal)
        self.infos[info.signal] = info
        return not self.mask & bit(info.signal)

    def next(self) -> int:
        """Return the lowest signal that is pending and not blocked, or 0."""
        ready = self.pending & ~(self.mask & ~UNBLOCKABLE)
        return (ready & -ready).bit_length()

    def take(self, signal: int) -> SigInfo:
        """Clear a pending signal and return what is known of it."""
        self.pending &= ~bit(signal)
        return self.infos.pop(signal, SigInfo(signal))

    def forget(self, signal: int) -> None:
        """Drop a pending signal: it has become ignored."""
        self.pending &= ~bit(signal)
        self.infos.pop(signal, None)

    def execute(self) -> None:
        """Start another program: handlers are gone, what was ignored still is."""
        kept = {n: Action(f.SIG_IGN) for n, a in self.actions.items() if a.handler == f.SIG_IGN}
        self.actions = kept
        self.altstack = (0, 0, f.SS_DISABLE)

    def fork(self) -> "SignalState":
        """Return the child's state: dispositions and mask, nothing pending."""
        return SignalState(self.actions.copy(), self.mask, altstack=self.altstack)
