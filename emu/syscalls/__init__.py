"""System calls: the table, and a file a theme.  Importing this package fills the table."""

from emu.syscalls import (
    file,
    identity,
    kevent,
    mach,
    memory,
    path,
    pipe,
    poll,
    proc_info,
    process,
    resource,
    signal,
    socket,
    sysctl,
    time,
)

__all__ = [
    "file", "identity", "kevent", "mach", "memory", "path", "pipe", "poll", "proc_info", "process",
    "resource", "signal", "socket", "sysctl", "time",
]  # fmt: skip
