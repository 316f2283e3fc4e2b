"""System calls: the table, and a file a theme.  Importing this package fills the table.

The files of calls that few programs make are imported at the first use (:mod:`emu.syscalls.rare`).
"""

from emu.syscalls import (
    execve,
    file,
    identity,
    mach,
    memory,
    path,
    pipe,
    posix_spawn,
    proc_info,
    process,
    rare,
    resource,
    signal,
    socket,
    time,
)

__all__ = [
    "execve", "file", "identity", "mach", "memory", "path", "pipe", "posix_spawn", "proc_info",
    "process", "rare", "resource", "signal", "socket", "time",
]  # fmt: skip

rare.enter()
