"""A debugger's veto: asked before a call is run and before a fault becomes a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from emu.kernel.process import Process
    from emu.kernel.signals import SigInfo
    from emu.syscalls.table import Syscall

__all__ = ["HOLD", "Gate"]

#: The answer "not now": the pc goes back onto the instruction and the process off the CPU.
HOLD: Final = -1


class Gate(Protocol):
    """Decides about each call and each fault of a run (:attr:`emu.system.System.gate`)."""

    def call(
        self, process: Process, number: int, row: Syscall | None, arguments: tuple[int, ...]
    ) -> int:
        """Return 0 to let the call run, :data:`HOLD`, or an errno that it fails with unrun."""
        ...

    def fault(self, process: Process, info: SigInfo) -> int:
        """Return 0 to let the signal be delivered, or :data:`HOLD`."""
        ...

    def signal(self, process: Process, signal: int) -> int:
        """Return 0 to let a pending signal take effect, or :data:`HOLD`."""
        ...
