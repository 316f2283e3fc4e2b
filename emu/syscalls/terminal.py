"""ioctl's requests to terminals: size, settings, and who has them (XNU: ``bsd/kern/tty.c``).

The guest's terminal is the host's, so its settings are too.  Who is in the foreground is the
guest's own matter: to the host, the emulator is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, ENOTSUP, ENOTTY, EPERM, Errno
from emu.darwin.structs import Winsize
from emu.darwin.termios import Termios
from emu.host.stdio import PumpedHandle, StreamHandle
from emu.host.terminal import Attributes

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.host.terminal import Terminal
    from emu.kernel.files import OpenFile
    from emu.syscalls.table import Call

__all__ = ["REQUESTS", "read_timeout"]

#: What a terminal whose settings the host does not tell is said to have: it reads lines, as login
#: leaves it (bsd/sys/ttydefaults.h), at 38400 baud.
_DEFAULTS: Final = Attributes(
    0x6B02, 0x3, 0x4B00, 0x200005CB,
    bytes((4, 255, 255, 127, 23, 21, 18, 255, 3, 28, 26, 25, 17, 19, 22, 15, 1, 0, 20, 255)),
    38400, 38400,
)  # fmt: skip
_FREAD, _FWRITE = 1, 2


def _settings(file: OpenFile) -> Terminal | None:
    """Return the host's terminal behind a file, None where it has no settings."""
    handle = file.handle
    return handle.terminal() if isinstance(handle, StreamHandle | PumpedHandle) else None


def _changeable(file: OpenFile) -> Terminal:
    terminal = _settings(file)
    if terminal is None:
        raise Errno(ENOTSUP)
    return terminal


def read_timeout(file: OpenFile) -> int | None:
    """Return after how many nanoseconds a read of a terminal returns nothing (VMIN 0, VTIME)."""
    terminal = _settings(file)
    seconds = terminal.read_timeout() if terminal is not None else None
    return None if seconds is None else int(seconds * 1e9)


# ---- size and settings ----


def _get_size(call: Call, file: OpenFile, data: int) -> int:
    columns, lines = file.handle.terminal_size()
    call.space.copyout(data, Winsize(lines, columns, 0, 0).pack())
    return 0


def _set_size(call: Call, file: OpenFile, data: int) -> int:
    size = Winsize.unpack(call.space.copyin(data, Winsize.SIZE))
    _changeable(file).resize(size.col, size.row)
    return 0


def _get_attributes(call: Call, file: OpenFile, data: int) -> int:
    terminal = _settings(file)
    known = _DEFAULTS if terminal is None else terminal.attributes()
    call.space.copyout(data, Termios(*known).pack())
    return 0


def _set_attributes(when: str) -> Callable[[Call, OpenFile, int], int]:
    def change(call: Call, file: OpenFile, data: int) -> int:
        new = Termios.unpack(call.space.copyin(data, Termios.SIZE))
        _changeable(file).change(
            Attributes(
                new.iflag,
                new.oflag,
                new.cflag,
                new.lflag,
                new.cc,
                new.ispeed,
                new.ospeed,
            ),
            when,
        )
        return 0

    return change


def _flush(call: Call, file: OpenFile, data: int) -> int:
    (which,) = struct.unpack("<i", call.space.copyin(data, 4))
    which = which & (_FREAD | _FWRITE) if which else _FREAD | _FWRITE
    _changeable(file).flush(read=bool(which & _FREAD), write=bool(which & _FWRITE))
    return 0


def _drain(_call: Call, _file: OpenFile, _data: int) -> int:
    """What was written is the host's already."""
    return 0


def _queued(call: Call, _file: OpenFile, data: int) -> int:
    call.space.copyout(data, struct.pack("<i", 0))
    return 0


# ---- who has it ----


def _check_controlling(call: Call) -> None:
    """Answer ENOTTY to who is of another session."""
    if call.process.sid != call.kernel.session:
        raise Errno(ENOTTY)


def _get_foreground(call: Call, _file: OpenFile, data: int) -> int:
    _check_controlling(call)
    call.space.copyout(data, struct.pack("<i", call.kernel.foreground))
    return 0


def _set_foreground(call: Call, _file: OpenFile, data: int) -> int:
    (group,) = struct.unpack("<i", call.space.copyin(data, 4))
    _check_controlling(call)
    if group < 0:
        raise Errno(EINVAL)
    kernel = call.kernel
    if not any(p.pgid == group and p.sid == kernel.session for p in kernel.processes.values()):
        raise Errno(EPERM)
    kernel.foreground = group
    return 0


def _get_session(call: Call, _file: OpenFile, data: int) -> int:
    _check_controlling(call)
    call.space.copyout(data, struct.pack("<i", call.kernel.session))
    return 0


def _take(call: Call, _file: OpenFile, _data: int) -> int:
    """Make it the session's: the first session has it and keeps it."""
    process = call.process
    if process.pid != process.sid or process.sid != call.kernel.session:
        raise Errno(EPERM)
    return 0


REQUESTS: Final[dict[int, Callable[[Call, OpenFile, int], int]]] = {
    f.TIOCGWINSZ: _get_size,
    f.TIOCSWINSZ: _set_size,
    f.TIOCGETA: _get_attributes,
    f.TIOCSETA: _set_attributes("now"),
    f.TIOCSETAW: _set_attributes("drain"),
    f.TIOCSETAF: _set_attributes("flush"),
    f.TIOCFLUSH: _flush,
    f.TIOCDRAIN: _drain,
    f.TIOCOUTQ: _queued,
    f.TIOCGPGRP: _get_foreground,
    f.TIOCSPGRP: _set_foreground,
    f.TIOCGSID: _get_session,
    f.TIOCSCTTY: _take,
}
