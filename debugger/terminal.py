"""The guest's own terminal: its output comes to the debugger, its input from there."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from emu.host.file import FileHandle
from emu.host.handle import Buffer, Handle, HostStat
from emu.host.stdio import StreamHandle
from emu.kernel.files import OpenFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.process import Process

__all__ = ["GuestTerminal"]


class _Output(Handle):
    """What the guest writes is handed to a function."""

    __slots__ = ("_fd", "_written")
    kind = "stream"

    def __init__(self, fd: int, written: Callable[[int, bytes], None]) -> None:
        """Hand all bytes to ``written``, together with the descriptor."""
        super().__init__()
        self._fd, self._written = fd, written

    def write(self, data: Buffer) -> int:
        """Take everything."""
        self._written(self._fd, bytes(data))
        return len(data)

    def stat(self) -> HostStat:
        """Look like a device."""
        return HostStat.of(Path(os.devnull).stat())


class GuestTerminal:
    """Descriptors 0, 1 and 2 of the first process."""

    def __init__(self, written: Callable[[int, bytes], None]) -> None:
        """Hand what the guest writes to ``written(descriptor, bytes)``."""
        self._written = written
        self._input = -1

    def attach(self, process: Process, *, interactive: bool) -> None:
        """Give ``process`` this terminal; without ``interactive`` its input is empty."""
        put = process.files.put
        put(0, OpenFile(self._open_input(interactive=interactive), "stdio", 0, "stdin"))
        for fd, name in ((1, "stdout"), (2, "stderr")):
            put(fd, OpenFile(_Output(fd, self._written), "stdio", 1, name))

    def _open_input(self, *, interactive: bool) -> Handle:
        self.close()
        if not interactive or sys.platform == "win32":
            # Windows cannot wait on a pipe.
            return FileHandle(os.open(os.devnull, os.O_RDWR))
        far, self._input = os.pipe()
        os.set_blocking(far, False)
        return StreamHandle(far)

    def type(self, data: bytes) -> bool:
        """Send input to the guest; False where it has none."""
        if self._input < 0:
            return False
        with contextlib.suppress(OSError):
            os.write(self._input, data)
            return True
        return False

    def close(self) -> None:
        """End the guest's input."""
        if self._input >= 0:
            os.close(self._input)
            self._input = -1
