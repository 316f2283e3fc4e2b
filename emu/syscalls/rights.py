"""Descriptors sent through Unix-domain sockets (SCM_RIGHTS).

What travels through the host's socket is a token; the open files themselves wait in the kernel
until the message is received.  Files whose message is thrown away unread wait for ever.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, EMSGSIZE, ENOTSUP, Errno
from emu.darwin.structs import Cmsghdr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.darwin.structs import Msghdr
    from emu.host import Buffer, SocketHandle
    from emu.kernel.files import OpenFile
    from emu.syscalls.table import Call

__all__ = ["copyin_rights", "send_rights", "take_rights"]

#: Most bytes of control messages (MLEN is what fits one mbuf; xnu takes one cluster).
_CONTROL_MAX = 2048


def copyin_rights(call: Call, header: Msghdr) -> list[OpenFile]:
    """Return the open files whose descriptors stand in the control messages.

    Raises:
        Errno: EINVAL for a malformed or another kind of control message, EBADF.
    """
    if not header.control or not header.controllen:
        return []
    if header.controllen > _CONTROL_MAX:
        raise Errno(EMSGSIZE)
    raw = call.space.copyin(header.control, header.controllen)
    found: list[OpenFile] = []
    at = 0
    while at + Cmsghdr.SIZE <= len(raw):
        head = Cmsghdr.unpack(raw, at)
        if not Cmsghdr.SIZE <= head.len <= len(raw) - at or head.level != f.SOL_SOCKET:
            raise Errno(EINVAL)
        if head.type != f.SCM_RIGHTS or (head.len - Cmsghdr.SIZE) % 4:
            raise Errno(EINVAL)
        fds = struct.iter_unpack("<i", raw[at + Cmsghdr.SIZE : at + head.len])
        found += [call.file(fd) for (fd,) in fds]
        at += head.len + 3 & ~3
    if any(file.kind == "kqueue" for file in found):
        raise Errno(ENOTSUP)
    return found


def send_rights(
    call: Call, handle: SocketHandle, data: Buffer, flags: int, files: Sequence[OpenFile]
) -> int:
    """Send bytes with descriptors beside them."""
    token = call.kernel.serial().to_bytes(8, "little")
    count = handle.send_token(data, flags, token)
    call.kernel.in_flight[token] = [file.hold() for file in files]
    return count


def take_rights(call: Call, tokens: Sequence[bytes], room: int) -> tuple[bytes, bool]:
    """Give the caller the descriptors that came with a message.

    Returns:
        The control message, and whether some were dropped: there was too little room for them
        in ``room`` bytes, or in the table of descriptors.
    """
    files = [file for token in tokens for file in call.kernel.in_flight.pop(token, ())]
    if not files:
        return b"", False
    fds: list[int] = []
    places = max(0, (room - Cmsghdr.SIZE) // 4)
    cut = False
    for file in files:
        try:
            if len(fds) < places:
                fds.append(call.process.files.add(file))
            else:
                cut = True
        except Errno:
            cut = True
        file.release()
    if not fds:
        return b"", cut
    head = Cmsghdr(Cmsghdr.SIZE + 4 * len(fds), f.SOL_SOCKET, f.SCM_RIGHTS)
    return head.pack() + struct.pack(f"<{len(fds)}i", *fds), cut
