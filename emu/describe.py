"""Addresses and protections in words, for reports, hints and the debugger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.machine import EXEC, READ, WRITE

if TYPE_CHECKING:
    from emu.image import Image

__all__ = ["describe_address", "describe_place", "describe_prot"]


def describe_prot(prot: int) -> str:
    """Return ``rw-`` and the like."""
    return "".join(c if prot & b else "-" for b, c in ((READ, "r"), (WRITE, "w"), (EXEC, "x")))


def describe_address(image: Image, address: int) -> str:
    """Return an address with the nearest label: ``0x100003f40 <parse_target+8>``."""
    found = image.symbol_at(address)
    if found is None:
        return f"{address:#x}"
    name, offset = found
    return f"{address:#x} <{name}+{offset}>" if offset else f"{address:#x} <{name}>"


def describe_place(image: Image, address: int) -> str:
    """Return an address with label and source line: ``0x100003f40 <open_log+8> (log.s:12)``."""
    entry = image.lines.at(address)
    line = "" if entry is None else f" ({entry.outermost.path}:{entry.outermost.line})"
    return describe_address(image, address) + line
