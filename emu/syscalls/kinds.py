"""Kinds of system-call arguments: how the 64 bits of a register become a Python value.

A handler's annotations *are* its specification: ``read(call, fd: Fd, buf: OutBuf, nbyte:
Size)``.  The table decodes by them, and the tracer prints by them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from emu.memory import AddressSpace

__all__ = [
    "Addr", "Fd", "InBuf", "Int", "Kind", "Long", "OutBuf", "Path", "Pid", "Signal", "Size",
    "UInt",
]  # fmt: skip

#: Longest path that a call takes, its NUL included (MAXPATHLEN).
MAXPATHLEN = 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: its name and how a register is decoded (the address space is for pointers)."""

    name: str
    decode: Callable[[int, AddressSpace], object]


def _int32(value: int, _space: AddressSpace) -> int:
    """The kernel looks at the low half only."""
    return ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


def _uint32(value: int, _space: AddressSpace) -> int:
    return value & 0xFFFFFFFF


def _int64(value: int, _space: AddressSpace) -> int:
    return (value ^ 1 << 63) - (1 << 63)


def _uint64(value: int, _space: AddressSpace) -> int:
    return value


def _path(value: int, space: AddressSpace) -> bytes:
    return space.copyinstr(value, MAXPATHLEN)


Int = Annotated[int, Kind("int", _int32)]
UInt = Annotated[int, Kind("uint", _uint32)]
Long = Annotated[int, Kind("long", _int64)]
Size = Annotated[int, Kind("size", _uint64)]
#: A guest pointer to a struct; the handler reads or writes it.
Addr = Annotated[int, Kind("addr", _uint64)]
#: A guest pointer to bytes that the call reads / fills.
InBuf = Annotated[int, Kind("inbuf", _uint64)]
OutBuf = Annotated[int, Kind("outbuf", _uint64)]
Fd = Annotated[int, Kind("fd", _int32)]
Pid = Annotated[int, Kind("pid", _int32)]
Signal = Annotated[int, Kind("signal", _int32)]
#: A NUL-terminated path, decoded: EFAULT and ENAMETOOLONG come before the handler runs.
Path = Annotated[bytes, Kind("path", _path)]
