"""System calls: the table, and a file a theme.  Importing this package fills the table.

The files of calls that few programs make are imported at the first use (:mod:`emu.syscalls.rare`).
"""

from emu.syscalls import (
    file,
    mach,
    path,
    process,
    rare,
    resource,
    signal,
    socket,
)

__all__ = ["file", "mach", "path", "process", "rare", "resource", "signal", "socket"]

rare.enter()
