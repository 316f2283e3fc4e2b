"""The types that an expression can name: numbers of the machine and Darwin's structs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from emu.darwin.layout import Layout

__all__ = ["NUMBERS", "Number", "field_of", "structs"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number in memory: size in bytes, and whether it is signed or a float."""

    size: int
    signed: bool = False
    real: bool = False

    def decode(self, data: bytes) -> int | float:
        """Read little-endian bytes."""
        if self.real:
            import struct

            value: float = struct.unpack("<f" if self.size == 4 else "<d", data)[0]
            return value
        return int.from_bytes(data, "little", signed=self.signed)


_SIZES = {"8": 1, "16": 2, "32": 4, "64": 8}
NUMBERS: Final[dict[str, Number]] = {
    **{f"u{bits}": Number(size) for bits, size in _SIZES.items()},
    **{f"i{bits}": Number(size, signed=True) for bits, size in _SIZES.items()},
    "f32": Number(4, real=True),
    "f64": Number(8, real=True),
    "char": Number(1),
    "byte": Number(1),
    "int": Number(4, signed=True),
    "long": Number(8, signed=True),
    "ptr": Number(8),
}


@cache
def structs() -> dict[str, type[Layout]]:
    """Return Darwin's structs by their C names: ``stat64``, ``sockaddr_in``, ``ucontext64``."""
    from emu.darwin import frames
    from emu.darwin import structs as darwin
    from emu.darwin.layout import Layout

    found: dict[str, type[Layout]] = {}
    for module in (frames, darwin):
        for name, value in vars(module).items():
            if isinstance(value, type) and issubclass(value, Layout) and value is not Layout:
                found[_c_name(name)] = value
    return found


def _c_name(name: str) -> str:
    """``SockaddrIn6`` is ``sockaddr_in6`` in C; other names are one word."""
    if name.startswith("Sockaddr"):
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return name.lower()


def field_of(layout: type[Layout], name: str) -> str | None:
    """Return the field that ``name`` means: as declared, or with C's prefix (``st_size``)."""
    if name in layout.OFFSETS:
        return name
    bare = name.partition("_")[2]
    if bare in layout.OFFSETS:
        return bare
    # struct timespec st_mtimespec: the layouts keep seconds under the bare name.
    bare = bare.removesuffix("spec")
    return bare if bare in layout.OFFSETS else None
