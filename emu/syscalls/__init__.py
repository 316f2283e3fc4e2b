"""System calls: the table, and a file a theme.  Importing this package fills the table."""

from emu.syscalls import (
    attribute,
    execve,
    file,
    identity,
    inheritance,
    kevent,
    mach,
    memory,
    path,
    pipe,
    poll,
    posix_spawn,
    proc_info,
    process,
    resource,
    sendfile,
    signal,
    socket,
    sysctl,
    time,
    ulock,
)

__all__ = [
    "attribute", "execve", "file", "identity", "inheritance", "kevent", "mach", "memory", "path",
    "pipe", "poll", "posix_spawn", "proc_info", "process", "resource", "sendfile", "signal",
    "socket", "sysctl", "time", "ulock",
]  # fmt: skip
