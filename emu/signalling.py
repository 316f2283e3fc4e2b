"""Signals taking effect: what a fault becomes, handlers entered, processes stopped and ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.darwin.errno import EINTR
from emu.gate import HOLD
from emu.kernel.delivery import enter_handler
from emu.kernel.signals import CORE, SigInfo
from emu.machine import Registers
from emu.mmu import untagged

if TYPE_CHECKING:
    from emu.kernel.process import Park, Process
    from emu.machine import Stop
    from emu.system import System

__all__ = ["SignalDelivery"]

_CARRY, _FLAGS = 1 << 29, 0xF0000000
#: What a Mach trap that a signal interrupts returns in x0.
_KERN_ABORTED = 14


class SignalDelivery:
    """Acts on the signals of the process that has the CPU."""

    def __init__(self, system: System) -> None:
        """Deliver for ``system``."""
        self._system = system
        self._machine = system.machine

    def fault_info(self, process: Process, stop: Stop) -> SigInfo:
        """Translate a CPU exception as xnu's ``handle_user_abort`` and its siblings do."""
        pc = self._machine.read("pc")
        match stop.kind:
            case "brk":
                return SigInfo(f.SIGTRAP, f.TRAP_BRKPT, address=pc)
            case "undefined" if pc & 3 == 0:
                return SigInfo(f.SIGILL, f.ILL_ILLOPC, address=pc)
            case "misaligned":
                return SigInfo(f.SIGBUS, f.BUS_ADRALN, address=stop.address)
            case "fault":
                address = untagged(stop)
                region = process.space.layout.find(address)
                if region is None:
                    return SigInfo(f.SIGSEGV, f.SEGV_MAPERR, address=stop.address)
                if region.prot & stop.access == stop.access:
                    # Mapped and allowed, yet there is nothing: a file has become shorter.
                    return SigInfo(f.SIGBUS, f.BUS_ADRERR, address=address)
                return SigInfo(f.SIGBUS, f.SEGV_ACCERR, address=address)
        return SigInfo(f.SIGBUS, f.BUS_ADRALN, address=pc)

    def force(self, process: Process, info: SigInfo) -> bool:
        """Deliver a signal that the guest's own instruction caused: it cannot be put off."""
        signals = process.signals
        blocked = signals.mask & (1 << (info.signal - 1))
        if blocked or signals.is_ignored(info.signal):
            self._kill(process, info)
            return False
        signals.post(info)
        return self.deliver(process)

    def deliver(self, process: Process) -> bool:
        """Act on the signals that can be delivered; False once the process leaves the CPU."""
        wait, process.wait = process.wait, None
        while signal := process.signals.next():
            if self._system.gate is not None and self._system.gate.signal(process, signal) == HOLD:
                process.wait = wait
                self._system.paused = True
                return True
            info = process.signals.take(signal)
            if process.signals.is_ignored(signal):
                continue
            if process.signals.stops(signal):
                self._tell_delivered(process, info, "stop")
                self._stop(process, wait, signal)
                return False
            if process.signals.action(signal).handler == f.SIG_DFL:
                self._kill(process, info)
                return False
            if not self._enter(process, info, wait):
                return False
            wait = None
        return True

    def _enter(self, process: Process, info: SigInfo, wait: Park | None) -> bool:
        """Build the handler's frame; an interrupted call ends or will run again behind it."""
        registers = Registers(self._machine.save())
        if wait is not None:
            action = process.signals.action(info.signal)
            done = process.memory.get("done", 0)
            again = bool(action.flags & f.SA_RESTART and wait.restarts and not done)
            if not again:
                _end_interrupted(registers, done)
            process.memory.clear()
            if self._system.observer is not None:
                self._system.observer.interrupted(process, done, again=again)
        self._tell_delivered(process, info, "handler")
        if not enter_handler(process.signals, process.space, registers, info):
            self._kill(process, SigInfo(f.SIGILL))
            return False
        self._machine.load(bytes(registers))
        return True

    def _tell_delivered(self, process: Process, info: SigInfo, effect: str) -> None:
        if self._system.observer is not None:
            self._system.observer.delivered(process, info, effect)

    def _stop(self, process: Process, wait: Park | None, signal: int) -> None:
        process.registers = self._machine.save()
        process.wait = wait
        self._system.kernel.stop(process, signal)

    def _kill(self, process: Process, info: SigInfo) -> None:
        core = info.signal in CORE
        self._tell_delivered(process, info, "core" if core else "terminate")
        if core:
            process.registers = self._machine.save()
            if self._system.observer is not None:
                self._system.observer.crashed(process, info)
        self._system.kernel.exit(process, info.signal)


def _end_interrupted(registers: Registers, done: int) -> None:
    """Make the call that a signal interrupted return: what it has done so far, or EINTR."""
    registers["pc"] += 4
    if registers["x16"] & 1 << 31:
        registers["x0"] = _KERN_ABORTED
        return
    registers["x0"] = done or EINTR
    registers["x1"] = 0
    flags = registers["nzcv"] & _FLAGS
    registers["nzcv"] = flags & ~_CARRY if done else flags | _CARRY
