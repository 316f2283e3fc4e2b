"""How each kind of argument is printed: one function a kind, found by the kind's name.

A function takes the call that is shown and the argument's index, and returns its text, or None
for an argument that the call does not take after all (``open`` without O_CREAT has no mode).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.strace import filesystems, pointers, processes, sockets, spawning, times, waiting
from emu.strace.shown import (
    bits,
    fetch,
    int32,
    int64,
    name_or_number,
    named,
    pointer,
    quote,
    signal_name,
    signal_set,
    string_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.strace.shown import Shown

    Format = Callable[[Shown, int], str | None]

__all__ = ["FORMATS", "INLINE", "OPTIONAL", "SPECIAL_RESULTS", "open_flags", "result_text"]

_ACCESS_MODES = ("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")


# ---- numbers ----


def _int(shown: Shown, i: int) -> str:
    value = shown.values[i]
    return str(value if value < 0x80000000 else int32(value))


def _uint(shown: Shown, i: int) -> str:
    return str(shown.values[i] & 0xFFFFFFFF)


def _long(shown: Shown, i: int) -> str:
    return str(int64(shown.values[i]))


def _size(shown: Shown, i: int) -> str:
    return str(shown.values[i])


def _dirfd(shown: Shown, i: int) -> str:
    fd = int32(shown.values[i])
    return "AT_FDCWD" if fd == f.AT_FDCWD else str(fd)


def _signal(shown: Shown, i: int) -> str:
    return signal_name(int32(shown.values[i]))


def _sigset(shown: Shown, i: int) -> str:
    return signal_set(shown.values[i] & 0xFFFFFFFF)


def _octal(value: int) -> str:
    return f"0{value:03o}"


def _mode(shown: Shown, i: int) -> str:
    return _octal(shown.values[i] & 0xFFFF)


def _open_mode(shown: Shown, i: int) -> str | None:
    """Show the permissions of a new file; an ``open`` that makes none takes none."""
    return _octal(shown.values[i] & 0xFFFF) if shown.values[i - 1] & f.O_CREAT else None


def _addr(shown: Shown, i: int) -> str:
    return pointer(shown.values[i])


# ---- names and bits ----


def open_flags(value: int) -> str:
    """Show the flags of ``open``: the access mode is a number, not a bit."""
    text = _ACCESS_MODES[value & 3]
    rest = value & ~3 & 0xFFFFFFFF
    if not rest:
        return text
    return f"{text}|{bits(named('O_', *_ACCESS_MODES, 'O_EXEC', 'O_SEARCH'), rest)}"


_shown_flags: dict[int, str] = {}


def _open_flags(shown: Shown, i: int) -> str:
    value = shown.values[i] & 0xFFFFFFFF
    text = _shown_flags.get(value)
    if text is None:
        # A guest may pass anything: only so many are worth remembering.
        text = open_flags(value)
        if len(_shown_flags) < 256:
            _shown_flags[value] = text
    return text


def _bits(names: Callable[[], dict[int, str]], none: str = "0") -> Format:
    def show(shown: Shown, i: int) -> str:
        value = shown.values[i] & 0xFFFFFFFF
        return bits(names(), value) if value else none

    return show


def _names(names: Callable[[], dict[int, str]]) -> Format:
    def show(shown: Shown, i: int) -> str:
        value = int32(shown.values[i])
        table = names()
        return table.get(value) or name_or_number(table, value & 0xFFFFFFFF if value > 9 else value)

    return show


_AT_FLAGS = {
    getattr(f, name): name
    for name in (
        "AT_EACCESS", "AT_SYMLINK_NOFOLLOW", "AT_SYMLINK_FOLLOW", "AT_REMOVEDIR", "AT_REALDEV",
        "AT_FDONLY", "AT_SYMLINK_NOFOLLOW_ANY",
    )
}  # fmt: skip
_ACCESS = {f.R_OK: "R_OK", f.W_OK: "W_OK", f.X_OK: "X_OK"}
_WAIT = {
    f.WNOHANG: "WNOHANG", f.WUNTRACED: "WUNTRACED", f.WEXITED: "WEXITED",
    f.WSTOPPED: "WSTOPPED", f.WCONTINUED: "WCONTINUED", f.WNOWAIT: "WNOWAIT",
}  # fmt: skip
_WAIT_IDS = {f.P_ALL: "P_ALL", f.P_PID: "P_PID", f.P_PGID: "P_PGID"}
_RLIMITS_SKIP = ("RLIMIT_AS",)


# ---- strings and buffers ----


def _path(shown: Shown, i: int) -> str:
    return string_at(shown.space, shown.values[i], 1024)


def _buffer(shown: Shown, address: int, length: int) -> str:
    if not address:
        return "NULL"
    limit = shown.limit
    data = fetch(shown.space, address, min(length, limit))
    if data is None:
        return hex(address)
    return quote(data) if length <= limit else quote(data) + "..."


def _inbuf(shown: Shown, i: int) -> str:
    return _buffer(shown, shown.values[i], shown.values[i + 1])


def _outbuf(shown: Shown, i: int) -> str:
    """Show what the call wrote: as many bytes as it says, or all where it says none."""
    if shown.error:
        return pointer(shown.values[i])
    return _buffer(shown, shown.values[i], min(shown.count(), shown.values[i + 1]))


def _filledbuf(shown: Shown, i: int) -> str:
    address = shown.values[i]
    return pointer(address) if shown.error else _buffer(shown, address, shown.values[i + 1])


def _sized_out(shown: Shown, i: int) -> str:
    raw = fetch(shown.space, shown.values[i + 1], 4) if not shown.error else None
    if raw is None:
        return pointer(shown.values[i])
    return _buffer(shown, shown.values[i], int.from_bytes(raw, "little"))


def _sysctl_name(shown: Shown, i: int) -> str:
    count = min(shown.values[i + 1] & 0xFFFFFFFF, 12)
    data = fetch(shown.space, shown.values[i], 4 * count)
    if data is None:
        return pointer(shown.values[i])
    return f"[{'.'.join(str(n) for (n,) in struct.iter_unpack('<i', data))}]"


def _strings(shown: Shown, i: int) -> str:
    """Show argv or envp as a list."""
    address = shown.values[i]
    if not address:
        return "NULL"
    out: list[str] = []
    while len(out) < 16:
        raw = fetch(shown.space, address, 8)
        if raw is None:
            return hex(shown.values[i])
        at = int.from_bytes(raw, "little")
        if not at:
            return f"[{', '.join(out)}]"
        out.append(string_at(shown.space, at, shown.limit))
        address += 8
    return f"[{', '.join(out)}, ...]"


# ---- fcntl and ioctl: the command tells what the argument is ----

_FCNTL_NUMBERS = (f.F_DUPFD, f.F_DUPFD_CLOEXEC, f.F_SETOWN, f.F_NOCACHE, f.F_RDAHEAD,
                  f.F_SETNOSIGPIPE)  # fmt: skip
_FCNTL_LOCKS = (f.F_GETLK, f.F_SETLK, f.F_SETLKW)
_FCNTL_PATHS = (f.F_GETPATH, f.F_GETPATH_NOFIRMLINK)


def _fcntl_cmds() -> dict[int, str]:
    return named("F_", "F_OK", "F_RDLCK", "F_UNLCK", "F_WRLCK", "F_PEOFPOSMODE", "F_VOLPOSMODE")


def _fcntl_arg(shown: Shown, i: int) -> str | None:
    command, value = int32(shown.values[i - 1]), shown.values[i]
    if command == f.F_SETFD:
        return "FD_CLOEXEC" if int32(value) == f.FD_CLOEXEC else str(int32(value))
    if command == f.F_SETFL:
        return open_flags(value & 0xFFFFFFFF)
    if command in _FCNTL_NUMBERS:
        return str(int32(value))
    if command in _FCNTL_PATHS:
        return pointer(value) if shown.error else string_at(shown.space, value, 1024)
    if command in _FCNTL_LOCKS:
        return pointers.flock(shown, value)
    if command == f.F_PREALLOCATE:
        return pointers.fstore(shown, value)
    if command == f.F_RDADVISE:
        return pointers.radvisory(shown, value)
    return None if command in _fcntl_cmds() else pointer(value)


_IOCTL_INTS = (
    f.FIONREAD, f.FIONBIO, f.FIOASYNC, f.TIOCFLUSH, f.TIOCOUTQ, f.TIOCGPGRP, f.TIOCSPGRP,
    f.TIOCGSID,
)  # fmt: skip


def _ioctl_requests() -> dict[int, str]:
    return named("FIO") | named("TIOC")


def _ioctl_request(shown: Shown, i: int) -> str:
    return name_or_number(_ioctl_requests(), shown.values[i] & 0xFFFFFFFF)


def _ioctl_arg(shown: Shown, i: int) -> str | None:
    request, value = shown.values[i - 1] & 0xFFFFFFFF, shown.values[i]
    if request in (f.FIOCLEX, f.FIONCLEX, f.TIOCDRAIN, f.TIOCSCTTY):
        return None
    if request in _IOCTL_INTS and not shown.error:
        return pointers.int_at(shown, value)
    if request in (f.TIOCGETA, f.TIOCSETA, f.TIOCSETAW, f.TIOCSETAF) and not shown.error:
        return pointers.termios(shown, value)
    if request in (f.TIOCGWINSZ, f.TIOCSWINSZ) and not shown.error:
        return pointers.winsize(shown, value)
    return pointer(value)


# ---- results ----

#: Calls whose result is no plain number.
SPECIAL_RESULTS = {"mmap", "umask", "fcntl", "fcntl_nocancel", "pipe", "fork", "vfork"}


def result_text(name: str, returns: str, shown: Shown) -> str:
    """Show what a call that succeeded returned."""
    result = shown.result
    if type(result) is tuple:
        return str(result[0]) if name in ("fork", "vfork") else f"[{result[0]}, {result[1]}]"
    value = result or 0
    if returns == "p":
        return hex(value)
    if name == "umask":
        return _octal(value)
    if name.startswith("fcntl") and int32(shown.values[1]) == f.F_GETFL:
        return f"{value:#x} ({open_flags(value)})"
    return str(value)


#: Printers so simple that an expression does them: v is the registers.
INLINE: Final[dict[Format, str]] = {
    _int: "str(v[{0}] if v[{0}] < 0x80000000 else int32(v[{0}]))",
    _uint: "str(v[{0}] & 0xFFFFFFFF)",
    _size: "str(v[{0}])",
    _addr: "(hex(v[{0}]) if v[{0}] else 'NULL')",
}

#: Kinds whose printers may return None.
OPTIONAL = {"mode", "fcntl_arg", "ioctl_arg"}

#: Kind's name to the function that prints it; "a:b" prints a ``b`` that stands behind an ``a``.
FORMATS: Final[dict[str, Format]] = {
    "int": _int, "uint": _uint, "long": _long, "size": _size, "fd": _int, "dirfd": _dirfd,
    "pid": _int, "uid": _int, "signal": _signal, "sigset": _sigset, "mode": _mode,
    "open_flags": _open_flags,
    "at_flags": _bits(lambda: _AT_FLAGS),
    "access_mode": _bits(lambda: _ACCESS, "F_OK"),
    "whence": _names(lambda: named("SEEK_")),
    "flock_op": _bits(lambda: named("LOCK_")),
    "rename_flags": _bits(lambda: named("RENAME_")),
    "fcntl_cmd": _names(_fcntl_cmds), "fcntl_arg": _fcntl_arg,
    "ioctl_request": _ioctl_request, "ioctl_arg": _ioctl_arg,
    "prot": _bits(lambda: named("PROT_"), "PROT_NONE"),
    "map_flags": _bits(lambda: named("MAP_")),
    "msync_flags": _bits(lambda: named("MS_")),
    "advice": _names(lambda: named("MADV_")), "inherit": _names(lambda: named("VM_INHERIT_")),
    "wait_options": _bits(lambda: _WAIT), "wait_idtype": _names(lambda: _WAIT_IDS),
    "itimer_which": _names(lambda: named("ITIMER_")),
    "rusage_who": _names(lambda: named("RUSAGE_")),
    "rlimit_which": _names(lambda: named("RLIMIT_", *_RLIMITS_SKIP)),
    "sig_how": _names(lambda: {1: "SIG_BLOCK", 2: "SIG_UNBLOCK", 3: "SIG_SETMASK"}),
    "addr": _addr, "path": _path, "inbuf": _inbuf, "outbuf": _outbuf, "filledbuf": _filledbuf,
    "strings": _strings, "sized_out": _sized_out, "sysctl_name": _sysctl_name,
    "open_flags:mode": _open_mode,
    **filesystems.FORMATS, **pointers.FORMATS, **processes.FORMATS, **sockets.FORMATS,
    **spawning.FORMATS, **times.FORMATS, **waiting.FORMATS,
}  # fmt: skip
