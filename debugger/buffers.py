"""Which guest memory a receiving or sending call moves, and which file it is on."""

from __future__ import annotations

import struct
from functools import cache, partial
from typing import TYPE_CHECKING

from emu.darwin.numbers import name_of
from emu.syscalls.pager import look

if TYPE_CHECKING:
    from emu.kernel.files import OpenFile
    from emu.kernel.process import Process

__all__ = ["bare_name", "call_buffers", "file_of"]


@cache
def bare_name(number: int) -> str:
    """Return a call's name; a ``_nocancel`` twin has that of the call."""
    return (name_of(number) or "").removesuffix("_nocancel")


def file_of(process: Process, descriptor: int) -> OpenFile | None:
    """Return the open file of a descriptor, or None."""
    return process.files.get(descriptor) if descriptor in process.files else None


def call_buffers(
    process: Process, number: int, arguments: tuple[int, ...], limit: int
) -> list[tuple[int, bytes]]:
    """Return up to ``limit`` bytes of what a call receives into or sends from: (address, data)."""
    name = bare_name(number)
    peek = partial(look, process.space)
    if name in {"readv", "writev"}:
        vectors = _iovecs(peek(arguments[1], 16 * min(arguments[2], 64)))
    elif name in {"recvmsg", "sendmsg"}:
        header = peek(arguments[1], 32) or bytes(32)
        base, count = struct.unpack_from("<Qi", header, 16)
        vectors = _iovecs(peek(base, 16 * min(count, 64)))
    else:
        vectors = [(arguments[1], arguments[2])]
    out = []
    for base, size in vectors:
        part = min(size, limit)
        data = peek(base, part) if part else None
        if data:
            out.append((base, data))
        limit -= part
    return out


def _iovecs(raw: bytes | None) -> list[tuple[int, int]]:
    return list(struct.iter_unpack("<QQ", raw)) if raw else []
