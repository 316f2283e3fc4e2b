"""Events as lines of text, in the notation of strace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.darwin.errno import MESSAGES, NAMES
from emu.strace.formats import result_text
from emu.strace.shown import pointer, signal_name

if TYPE_CHECKING:
    from emu.kernel.signals import SigInfo
    from emu.strace.sink import Sink
    from emu.strace.tracer import Pending

__all__ = ["ERRORS", "Lines", "describe_end", "signal_code"]

#: Errno to what stands behind ``=``.
ERRORS = {number: f"-1 {name} ({MESSAGES[name]})" for number, name in NAMES.items()}

_RESTARTS = "? ERESTART (to be run again after the signal's handler)"
_CHILD_CODES = {
    f.CLD_EXITED: "CLD_EXITED", f.CLD_KILLED: "CLD_KILLED", f.CLD_DUMPED: "CLD_DUMPED",
    f.CLD_TRAPPED: "CLD_TRAPPED", f.CLD_STOPPED: "CLD_STOPPED", f.CLD_CONTINUED: "CLD_CONTINUED",
}  # fmt: skip
_SENDER_CODES = {f.SI_USER: "SI_USER", f.SI_QUEUE: "SI_QUEUE", f.SI_TIMER: "SI_TIMER"}
_FAULT_CODES = {
    f.SIGSEGV: {f.SEGV_MAPERR: "SEGV_MAPERR", f.SEGV_ACCERR: "SEGV_ACCERR"},
    f.SIGBUS: {f.BUS_ADRALN: "BUS_ADRALN", f.BUS_ADRERR: "BUS_ADRERR"},
    f.SIGILL: {f.ILL_ILLOPC: "ILL_ILLOPC"},
    f.SIGTRAP: {f.TRAP_BRKPT: "TRAP_BRKPT"},
    f.SIGCHLD: _CHILD_CODES,
}


class Lines:
    """One line a call, a signal, a fork, an end."""

    def __init__(self, sink: Sink) -> None:
        """Write to ``sink``."""
        self._write = sink.write
        #: Calls that wait and whose line is not out yet, by pid.
        self._open: dict[int, Pending] = {}

    def parked(self, call: Pending) -> None:
        """Remember a call that the next line of another process cuts."""
        self._open[call.pid] = call

    def finished(self, call: Pending) -> None:
        """Write a call whole, or the part of it that is not out yet."""
        shape = call.shape
        if self._open or not shape.plain or call.special or call.error:
            self._finish(call)
            return
        # Nearly all lines are of this kind, and what they cost is what a trace costs.
        texts = filter(None, call.texts) if shape.optional else call.texts
        self._write(
            f"[pid {call.pid}] {shape.name}({', '.join(texts)}) = {call.result or 0}\n"  # type: ignore[arg-type]  # no None is left
        )

    def _finish(self, call: Pending) -> None:
        pid, shape = call.pid, call.shape
        name = shape.name
        if self._open:
            self._open.pop(pid, None)
            self._cut()
        if call.cut:
            shown = ", ".join(filter(None, call.texts[len(shape.before) :]))
            head = f"<... {name} resumed>{shown}"
        else:
            texts = filter(None, call.texts) if shape.optional else call.texts
            head = f"{name}({', '.join(texts)}"  # type: ignore[arg-type]  # no None is left
        if call.began:
            self._write(
                f"{_clock(call.ended if call.cut else call.began)} [pid {pid}] {head}) = "
                f"{_outcome(call)} <{(call.ended - call.began) / 1e9:.6f}>\n"
            )
        else:
            self._write(f"[pid {pid}] {head}) = {_outcome(call)}\n")

    def _cut(self) -> None:
        """Write the beginnings of all calls that wait."""
        for call in self._open.values():
            call.cut = True
            texts = list(filter(None, call.texts))
            more = ", " if call.shape.rest else " "
            head = f"{call.shape.name}({', '.join(texts)}{more if texts else ''}<unfinished ...>"
            self._write(f"{_clock(call.began)}{' ' * bool(call.began)}[pid {call.pid}] {head}\n")
        self._open.clear()

    def _note(self, pid: int, text: str, now: int) -> None:
        if self._open:
            self._cut()
        self._write(f"{_clock(now)}{' ' * bool(now)}[pid {pid}] {text}\n")

    def signal(self, pid: int, info: SigInfo, effect: str, now: int) -> None:
        """Write ``--- SIGCHLD {...} ---``."""
        pairs = [f"si_signo={signal_name(info.signal)}", f"si_code={signal_code(info)}"]
        if info.address or (info.signal in (f.SIGSEGV, f.SIGBUS) and not info.pid):
            pairs.append(f"si_addr={pointer(info.address)}")
        if info.pid:
            pairs += [f"si_pid={info.pid}", f"si_uid={info.uid}"]
        if info.signal == f.SIGCHLD and info.pid:
            shown = str(info.status) if info.code == f.CLD_EXITED else signal_name(info.status)
            pairs.append(f"si_status={shown}")
        self._note(pid, f"--- {signal_name(info.signal)} {{{', '.join(pairs)}}} ---", now)
        if effect == "stop":
            self._note(pid, f"--- stopped by {signal_name(info.signal)} ---", now)

    def forked(self, parent: int, child: int, now: int) -> None:
        """Write that a process begins."""
        self._note(child, f"+++ forked by {parent} +++", now)

    def ended(self, pid: int, status: int, now: int) -> None:
        """Write how a process ended."""
        self._note(pid, f"+++ {describe_end(status)} +++", now)


def _outcome(call: Pending) -> str:
    shape = call.shape
    if call.outcome == "returned" and not call.error and shape.plain:
        return str(call.result or 0)
    if call.outcome == "restarts":
        return _RESTARTS
    if call.outcome == "gone" or not call.shape.comes_back:
        return "?"
    if call.error and call.shape.number < 0:
        # Mach traps know no errno: whatever is wrong is an invalid argument here.
        return "4 (KERN_INVALID_ARGUMENT)"
    if call.error:
        return ERRORS.get(call.error) or f"-1 errno {call.error}"
    text = result_text(shape.name, shape.returns, call)
    if shape.after is not None and call.result:
        changed = shape.after(call)
        return f"{text} ({changed})" if changed else text
    return text


def signal_code(info: SigInfo) -> str:
    """Show ``si_code`` by the names that the signal has for it."""
    codes = _FAULT_CODES.get(info.signal, {})
    return _SENDER_CODES.get(info.code) or codes.get(info.code) or str(info.code)


def describe_end(status: int) -> str:
    """Say how a process ended, by wait4's status word."""
    if status & 0x7F:
        return f"killed by {signal_name(status & 0x7F)}"
    return f"exited with {status >> 8 & 0xFF}"


def _clock(ns: int) -> str:
    """Show the time of day with microseconds; nothing without a clock."""
    if not ns:
        return ""
    seconds, rest = divmod(ns, 10**9)
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{rest // 1000:06d}"
