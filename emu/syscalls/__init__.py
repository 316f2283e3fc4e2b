"""System calls: the table, and a file a theme.  Importing this package fills the table."""

from emu.syscalls import (
    execve,
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
    ulock,
)

__all__ = [
    "execve", "file", "identity", "kevent", "mach", "memory", "path", "pipe", "poll", "proc_info",
    "process", "resource", "signal", "socket", "sysctl", "time", "ulock",
]  # fmt: skip
