"""System calls: the table, and a file a theme.  Importing this package fills the table."""

from emu.syscalls import file, memory, path, pipe, poll, process, signal, socket, time

__all__ = ["file", "memory", "path", "pipe", "poll", "process", "signal", "socket", "time"]
