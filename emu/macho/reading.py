"""Bounded reads: whatever a file says, no read leaves the file and none is silently short."""

from __future__ import annotations

from struct import Struct
from typing import Any, Final

from emu.errors import ImageError

__all__ = ["U8", "U16", "U32", "U64", "Stream", "cstring", "part", "unpack"]

U8: Final = Struct("<B")
U16: Final = Struct("<H")
U32: Final = Struct("<I")
U64: Final = Struct("<Q")
#: No name of a symbol or file is longer, in bytes.
_LONGEST_NAME = 1 << 15
#: A ULEB128 or SLEB128 number of more bytes than this does not fit in 64 bits.
_LEB_MOST = 10
_MASK64 = (1 << 64) - 1


def unpack(layout: Struct, data: bytes, at: int, what: str) -> tuple[Any, ...]:
    """Return the fields of ``layout`` at offset ``at``.

    Raises:
        ImageError: they reach beyond the end; the message names ``what``.
    """
    if not 0 <= at <= len(data) - layout.size:
        raise ImageError(f"truncated: {what} at {at:#x} lies beyond the end ({len(data):#x})")
    return layout.unpack_from(data, at)


def part(data: bytes, at: int, size: int, what: str) -> bytes:
    """Return ``size`` bytes at offset ``at``, or raise :class:`ImageError`."""
    if at < 0 or size < 0 or at + size > len(data):
        raise ImageError(
            f"truncated: {what} at {at:#x} ({size:#x} bytes) lies beyond the end ({len(data):#x})"
        )
    return data[at : at + size]


def cstring(data: bytes, at: int, what: str) -> str:
    """Return the NUL-terminated string at offset ``at``; undecodable bytes are escaped."""
    end = data.find(b"\0", at, at + _LONGEST_NAME) if 0 <= at < len(data) else -1
    if end < 0:
        raise ImageError(f"truncated: {what} at {at:#x} has no end")
    return data[at:end].decode("utf-8", "backslashreplace")


class Stream:
    """A position in a byte string that only moves forward."""

    __slots__ = ("data", "end", "pos", "what")

    def __init__(self, data: bytes, what: str, pos: int = 0, end: int | None = None) -> None:
        """Read ``data`` from ``pos`` up to ``end``; errors name ``what``."""
        self.data = data
        self.what = what
        self.pos = pos
        self.end = len(data) if end is None else min(end, len(data))

    @property
    def more(self) -> bool:
        """Whether anything is left."""
        return self.pos < self.end

    def _advance(self, size: int) -> int:
        at = self.pos
        if size < 0 or at + size > self.end:
            raise ImageError(f"truncated: {self.what} ends in the middle")
        self.pos = at + size
        return at

    def u8(self) -> int:
        """Read one byte."""
        return self.data[self._advance(1)]

    def u16(self) -> int:
        """Read two bytes, the least significant first."""
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        """Read four bytes, the least significant first."""
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        """Read eight bytes, the least significant first."""
        return int.from_bytes(self.take(8), "little")

    def take(self, size: int) -> bytes:
        """Read ``size`` bytes."""
        at = self._advance(size)
        return self.data[at : self.pos]

    def cstring(self) -> str:
        """Read a NUL-terminated string."""
        end = self.data.find(b"\0", self.pos, self.end)
        if end < 0:
            raise ImageError(f"truncated: a name in {self.what} has no end")
        text = self.data[self.pos : end].decode("utf-8", "backslashreplace")
        self.pos = end + 1
        return text

    def uleb(self) -> int:
        """Read an unsigned LEB128 number, modulo 2⁶⁴."""
        value, shift, byte = 0, 0, 0x80
        while byte & 0x80:
            byte = self.u8()
            if shift >= 7 * _LEB_MOST:
                raise ImageError(f"{self.what}: a number is longer than 64 bits")
            value |= (byte & 0x7F) << shift
            shift += 7
        return value & _MASK64

    def sleb(self) -> int:
        """Read a signed LEB128 number."""
        value, shift, byte = 0, 0, 0x80
        while byte & 0x80:
            byte = self.u8()
            if shift >= 7 * _LEB_MOST:
                raise ImageError(f"{self.what}: a number is longer than 64 bits")
            value |= (byte & 0x7F) << shift
            shift += 7
        return value - (1 << shift) if byte & 0x40 else value
