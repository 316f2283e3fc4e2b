"""A call that is being shown, and the small change of printing: strings, numbers, names, bits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from emu.darwin import flags as f
from emu.darwin.errno import Errno
from emu.machine import READ
from emu.syscalls.pager import look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from emu.darwin.layout import Layout
    from emu.memory import AddressSpace

__all__ = [
    "Shown", "bits", "fetch", "fields", "given", "int32", "int64", "name_or_number", "named",
    "pointer", "quote", "quote_start", "signal_name", "signal_set", "string_at", "struct_at",
    "taken",
]  # fmt: skip

_NULL = "NULL"
#: Longest C string that is looked for.
_STRING_MAX = 1024

_ESCAPES = {
    **{n: f"\\{n:03o}" for n in (*range(32), *range(127, 256))},
    0: "\\0", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\",
}  # fmt: skip


class Shown:
    """What printing an argument may look at.

    ``values`` are the registers from x0 on; ``result`` is the handler's and ``error`` the
    errno, both meaningful only once the call has returned.  ``limit`` is the most bytes of a
    string that are printed.
    """

    values: tuple[int, ...]
    space: AddressSpace
    limit: int
    result: Any = None
    error: int = 0

    def __init__(self, values: tuple[int, ...], space: AddressSpace, limit: int) -> None:
        self.values = values
        self.space = space
        self.limit = limit

    def count(self) -> int:
        """Return the result as a number of bytes or things, 0 for a call that failed."""
        result = self.result
        return result if type(result) is int and result > 0 and not self.error else 0


# ---- memory ----


def fetch(space: AddressSpace, address: int, length: int) -> bytes | None:
    """Return guest memory, or None where it cannot be read."""
    region = space.layout.find(address)
    if region is None:
        return None
    backing = region.backing
    if address + length <= region.end and backing.pager is None and space.saved is None:
        at = address - region.start + region.offset
        return backing.buffer[at : at + length]
    if backing.pager is not None:
        # To print what is sent must not change how it is sent.
        return look(space, address, length)
    try:
        return bytes(space.view(address, length, READ))
    except (Errno, OSError):
        # Two regions, no permission to read, or a mapped file that the host cannot read.
        return space.peek(address, length)


def string_at(space: AddressSpace, address: int, limit: int) -> str:
    """Show the C string at ``address``, quoted, or the pointer where there is none."""
    if not address:
        return _NULL
    region = space.layout.find(address)
    if region is not None and region.backing.pager is None and space.saved is None:
        shift = region.offset - region.start
        buffer = region.backing.buffer
        limit_at = min(address + _STRING_MAX, region.end) + shift
        end = buffer.find(b"\0", address + shift, limit_at)
        if end >= 0:
            return quote_start(buffer[address + shift : end], limit)
    try:
        return quote_start(space.copyinstr(address, _STRING_MAX), limit)
    except (Errno, OSError):
        return hex(address)


# ---- structs ----


def struct_at(shown: Shown, address: int, layout: type[Layout], show: Callable[..., str]) -> str:
    """Show the struct at ``address`` by ``show``, or the pointer where it cannot be read."""
    data = fetch(shown.space, address, layout.SIZE) if address else None
    return pointer(address) if data is None else show(layout.unpack(data))


def taken(layout: type[Layout], show: Callable[..., str]) -> Callable[[Shown, int], str]:
    """Return the printer of a pointer to a struct that the call reads."""
    return lambda shown, i: struct_at(shown, shown.values[i], layout, show)


def given(layout: type[Layout], show: Callable[..., str]) -> Callable[[Shown, int], str]:
    """Return the printer of a pointer to a struct that the call writes if it succeeds."""

    def show_given(shown: Shown, i: int) -> str:
        address = shown.values[i]
        return pointer(address) if shown.error else struct_at(shown, address, layout, show)

    return show_given


# ---- strings and numbers ----


def quote(data: bytes) -> str:
    """Quote bytes as a C string; what is not ASCII is octal."""
    # Python's own notation is the same but for quotes and hexadecimal, and ten times as fast.
    text = repr(data)
    if text[1] == "'" and '"' not in text and "\\x" not in text and "\\'" not in text:
        return f'"{text[2:-1]}"'
    return f'"{data.decode("latin-1").translate(_ESCAPES)}"'


def quote_start(data: bytes, limit: int) -> str:
    """Quote at the most ``limit`` bytes; an ellipsis stands for the rest."""
    return quote(data) if len(data) <= limit else quote(data[:limit]) + "..."


def pointer(value: int) -> str:
    """Show an address that leads nowhere else."""
    return hex(value) if value else _NULL


def int32(value: int) -> int:
    """Return the low half of a register as an ``int``."""
    return ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


def int64(value: int) -> int:
    """Return a register as a signed number."""
    return (value ^ 1 << 63) - (1 << 63)


def fields(pairs: Iterable[tuple[str, object]]) -> str:
    """Show a struct: ``{name=value, …}``."""
    return "{" + ", ".join(f"{name}={value}" for name, value in pairs) + "}"


# ---- names ----


@cache
def named(prefix: str, *skip: str) -> dict[int, str]:
    """Return the constants of :mod:`emu.darwin.flags` that begin with ``prefix``, by value."""
    return f.names_with(prefix, skip=skip)


def name_or_number(names: dict[int, str], value: int) -> str:
    """Show a constant by its name, another number as it is."""
    return names.get(value) or (str(value) if -10 < value < 10 else hex(value))


def bits(names: dict[int, str], value: int) -> str:
    """Show a set of flags: ``A|B|0x40``."""
    return names.get(value) or f.decode_bits(value, names)


def signal_name(number: int) -> str:
    """Show a signal."""
    return f.SIGNAL_NAMES.get(number) or str(number)


def signal_set(mask: int) -> str:
    """Show a ``sigset_t``: ``[INT TERM]``, and ``~[KILL]`` where most are in it."""
    numbers = [n for n in range(1, 33) if mask >> (n - 1) & 1]
    sign = ""
    if len(numbers) > 20:
        sign, numbers = "~", [n for n in range(1, f.NSIG) if n not in numbers]
    return f"{sign}[{' '.join(signal_name(n).removeprefix('SIG') for n in numbers)}]"
