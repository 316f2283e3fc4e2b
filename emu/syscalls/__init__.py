"""System calls: the table, and a file a theme.  Importing this package fills the table."""

from emu.syscalls import (
    attribute,
    clone,
    execve,
    file,
    filesystem,
    identity,
    inheritance,
    kevent,
    mach,
    memory,
    oldfiles,
    path,
    pipe,
    poll,
    posix_ipc,
    posix_spawn,
    privileged,
    proc_info,
    process,
    reason,
    resource,
    sendfile,
    signal,
    socket,
    sysctl,
    time,
    ulock,
)

__all__ = [
    "attribute", "clone", "execve", "file", "filesystem", "identity", "inheritance", "kevent",
    "mach", "memory", "oldfiles", "path", "pipe", "poll", "posix_ipc", "posix_spawn",
    "privileged", "proc_info", "process", "reason", "resource", "sendfile", "signal", "socket",
    "sysctl", "time", "ulock",
]  # fmt: skip
