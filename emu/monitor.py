"""The exclusive monitor of the one CPU, which ``ldxr`` sets and ``stxr`` asks.

Every return from the kernel clears it: ``stxr`` fails behind a call, a signal, another process.
The engine enters no kernel, and only ``clrex`` clears its monitor: so that is what it executes.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from typing import TYPE_CHECKING, Final

from emu.engine import check

if TYPE_CHECKING:
    from emu.engine import Engine

__all__ = ["Monitor"]

#: ``clrex``, and an ``svc`` that stops the engine.
_CODE: Final = struct.pack("<2I", 0xD5033F5F, 0xD4001001)
#: Where they stand: beyond all that a guest can map.
_ADDRESS: Final = 0xF_5EED_C0DE_0000
_SIZE: Final = 0x4000
_READ_EXEC: Final = 5


class Monitor:
    """Two instructions in the engine's map: to enter it at :attr:`address` clears the monitor."""

    def __init__(self, engine: Engine) -> None:
        """Map them."""
        self.address = _ADDRESS
        self._page = mmap.mmap(-1, _SIZE)
        self._page[: len(_CODE)] = _CODE
        self._anchor = ctypes.c_char.from_buffer(self._page)
        host = ctypes.addressof(self._anchor)
        check(engine.mem_map_ptr(engine.handle, _ADDRESS, _SIZE, _READ_EXEC, host), "mem_map_ptr")
