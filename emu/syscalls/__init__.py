"""System calls: the table, and a file a theme.  Importing this package fills the table."""

from emu.syscalls import (
    file,
    identity,
    memory,
    path,
    pipe,
    poll,
    proc_info,
    process,
    resource,
    signal,
    socket,
    time,
)

__all__ = [
    "file", "identity", "memory", "path", "pipe", "poll", "proc_info", "process", "resource",
    "signal", "socket", "time",
]  # fmt: skip
