"""System calls called one by one, without a CPU: arguments in, result or errno's name out.

A test writes what a guest would put into its memory with :meth:`CallBench.put` and calls by
name::

    bench.call("read", fd, bench.buffer, 10)      # -> 10
    bench.call("read", 99, bench.buffer, 10)      # -> "EBADF"
    bench.call("read", fd, 0xdead, 10)            # -> "EFAULT"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import emu.syscalls  # noqa: F401 - fills the table
from emu.darwin.errno import NAMES, Errno
from emu.darwin.numbers import number_of
from emu.host.errors import darwin_errno
from emu.image import PAGE_SIZE
from emu.kernel.kernel import FIRST_PID, Kernel
from emu.kernel.process import Limits, Park, Process
from emu.machine import EXEC, READ, WRITE
from emu.memory import AddressSpace, Backing, Region
from emu.syscalls.table import TABLE, Call

if TYPE_CHECKING:
    from emu.host import Host

__all__ = ["NOWHERE", "READ_ONLY", "CallBench"]

#: Pointers that no call may follow: unmapped, and mapped without write permission.
NOWHERE, READ_ONLY = 0xDEAD_0000, 0x2_0000_0000
_DATA = 0x1_0000_0000
_M64 = (1 << 64) - 1


class CallBench:
    """One guest process whose calls a test makes."""

    def __init__(self, host: Host, limits: Limits | None = None) -> None:
        self.host = host
        self.warnings: list[str] = []
        self.kernel = Kernel(limits)
        self.process = self._process()
        self.kernel.add(self.process)
        self._call = Call(self.kernel, host, self.warnings.append)
        #: 16 pages of guest memory: free for buffers; put() fills from the far end.
        self.buffer = _DATA
        self._next = _DATA + 8 * PAGE_SIZE

    def _process(self) -> Process:
        space = AddressSpace()
        for start, pages, prot in ((_DATA, 16, READ | WRITE), (READ_ONLY, 1, READ | EXEC)):
            end = start + pages * PAGE_SIZE
            space.map(Region(start, end, prot, Backing(pages * PAGE_SIZE), 0, "test"))
        return Process(FIRST_PID, 1, "test", space, FIRST_PID, FIRST_PID, cwd=self.host.root)

    def put(self, data: bytes) -> int:
        """Write ``data`` into guest memory and return its address."""
        address, self._next = self._next, (self._next + len(data) + 15) & -16
        self.process.space.copyout(address, data)
        return address

    def path(self, text: str | bytes) -> int:
        """Write a NUL-terminated path and return its address."""
        return self.put((text.encode() if isinstance(text, str) else text) + b"\0")

    def get(self, address: int, length: int) -> bytes:
        """Return guest memory."""
        return self.process.space.copyin(address, length)

    def call(self, name: str, *arguments: int) -> int | tuple[int, int] | str | Park:
        """Call by name: the result, the name of the errno, or what the call waits for."""
        number = number_of(name)
        assert number is not None, name
        row, call = TABLE[number], self._call
        call.process, call.space = self.process, self.process.space
        padded = tuple(a & _M64 for a in arguments) + (0,) * (8 - len(arguments))
        try:
            result = row.invoke(call, padded)
        except Errno as failed:
            self.process.memory.clear()
            return NAMES[failed.number]
        except OSError as failed:
            self.process.memory.clear()
            return NAMES[darwin_errno(failed)]
        except Park as wait:
            return wait
        self.process.memory.clear()
        if call.forked is not None:
            call.forked = None
        outcome: int | tuple[int, int] = result or 0
        return outcome

    def result(self, name: str, *arguments: int) -> int:
        """Call by name and insist on a plain result."""
        outcome = self.call(name, *arguments)
        assert isinstance(outcome, int), f"{name}: {outcome}"
        return outcome

    def close(self) -> None:
        """Close what the guest left open."""
        self.process.files.close_all()
        self.host.close()
