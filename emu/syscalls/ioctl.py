"""ioctl: flags of descriptors, what can be read, and terminals.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct
from collections.abc import Callable

from emu.darwin import flags as f
from emu.darwin.errno import ENOTTY, Errno
from emu.kernel.files import OpenFile
from emu.syscalls import terminal
from emu.syscalls.kinds import Fd, IoctlArg, IoctlRequest
from emu.syscalls.table import Call, syscall

__all__: list[str] = []


@syscall(54, note="descriptors and terminals; nothing of networks and devices")
def ioctl(call: Call, fd: Fd, com: IoctlRequest, data: IoctlArg) -> int:
    """Ask a terminal or a descriptor, or change its flags; ENOTTY for what is not known."""
    file = call.file(fd)
    if com in _DESCRIPTORS:
        return _DESCRIPTORS[com](call, file, fd, data)
    if com not in terminal.REQUESTS or file.handle.terminal_size() is None:
        raise Errno(ENOTTY)
    return terminal.REQUESTS[com](call, file, data)


def _set_cloexec(call: Call, fd: int, *, on: bool) -> int:
    call.process.files.set_cloexec(fd, on=on)
    return 0


def _available(call: Call, file: OpenFile, _fd: int, data: int) -> int:
    if file.kind == "kqueue":
        raise Errno(ENOTTY)
    count = min(file.handle.available(), 0x7FFF_FFFF)
    call.space.copyout(data, struct.pack("<i", count))
    return 0


def _set_flag(bit: int) -> Callable[[Call, OpenFile, int, int], int]:
    def change(call: Call, file: OpenFile, _fd: int, data: int) -> int:
        (on,) = struct.unpack("<i", call.space.copyin(data, 4))
        file.flags = file.flags | bit if on else file.flags & ~bit
        return 0

    return change


_DESCRIPTORS: dict[int, Callable[[Call, OpenFile, int, int], int]] = {
    f.FIOCLEX: lambda call, _file, fd, _data: _set_cloexec(call, fd, on=True),
    f.FIONCLEX: lambda call, _file, fd, _data: _set_cloexec(call, fd, on=False),
    f.FIONREAD: _available,
    f.FIONBIO: _set_flag(f.O_NONBLOCK),
    f.FIOASYNC: _set_flag(f.O_ASYNC),
}
