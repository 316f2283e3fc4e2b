"""Chained fixups (``LC_DYLD_CHAINED_FIXUPS``): pointers that also say where the next one is.

The layouts are those of ``mach-o/fixup-chains.h``.  A pointer's signature (arm64e) is left out:
the engine's pointer authentication is switched off, as it is for plain arm64 processes on macOS.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from struct import Struct
from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.macho.fixups import Fixups, Import, Memory
from emu.macho.reading import U16, U32, U64, cstring, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.macho.commands import Executable

__all__ = ["ARM64E", "Format", "read", "walk"]

_HEADER: Final = Struct("<IIIIIII")
_SEGMENT: Final = Struct("<IHHQIH")
_START_NONE: Final = 0xFFFF
_START_MULTI: Final = 0x8000
_START_LAST: Final = 0x8000
_IMPORT, _IMPORT_ADDEND, _IMPORT_ADDEND64 = 1, 2, 3
_IMPORT_SIZES: Final = {_IMPORT: 4, _IMPORT_ADDEND: 8, _IMPORT_ADDEND64: 16}
#: Names that are compressed do not grow beyond this.
_MOST_NAMES: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Format:
    """How a pointer format packs its fields; ``stride`` is the unit of ``next``, in bytes."""

    name: str
    stride: int
    authenticated: bool
    #: Whether a plain rebase holds an offset from the header instead of an address.
    offset: bool
    ordinal_bits: int = 16


ARM64E: Final = Format("ARM64E", 8, authenticated=True, offset=False)
_FORMATS: Final = {
    1: ARM64E,
    2: Format("64", 4, authenticated=False, offset=False),
    6: Format("64_OFFSET", 4, authenticated=False, offset=True),
    7: Format("ARM64E_KERNEL", 4, authenticated=True, offset=True),
    9: Format("ARM64E_USERLAND", 8, authenticated=True, offset=True),
    12: Format("ARM64E_USERLAND24", 8, authenticated=True, offset=True, ordinal_bits=24),
}


def _bits(value: int, low: int, count: int) -> int:
    return value >> low & ((1 << count) - 1)


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def read(executable: Executable, memory: Memory, fixups: Fixups) -> None:
    """Follow all chains of a file into ``fixups``."""
    if executable.chained is None:
        return
    what = "the chained fixups"
    data = executable.linkedit(executable.chained, what)
    if not data:
        return
    _, starts, first, names, count, kind, packed = unpack(_HEADER, data, 0, what)
    imports = _imports(executable, data, (first, names, count, kind), packed=packed)
    segments = unpack(U32, data, starts, what)[0]
    if segments > len(executable.segments):
        raise ImageError(f"{what}: {segments} segments, and the file has fewer")
    for i in range(segments):
        offset = unpack(U32, data, starts + 4 + 4 * i, what)[0]
        if offset:
            for addr, layout in _starts(executable, data, starts + offset):
                walk(memory, fixups, addr, layout, imports, executable.base)


def _starts(executable: Executable, data: bytes, at: int) -> list[tuple[int, Format]]:
    """Return where the chains of one segment begin, page by page."""
    what = "the starts of the chains"
    _, page, kind, segment, _, count = unpack(_SEGMENT, data, at, what)
    layout = _FORMATS.get(kind)
    if layout is None:
        raise ImageError(f"chained fixups: pointer format {kind} is not for arm64 programs")
    table = at + _SEGMENT.size
    base = executable.base + segment
    found = []
    for index in range(count):
        start = unpack(U16, data, table + 2 * index, what)[0]
        if start == _START_NONE:
            continue
        offsets = [start]
        if start & _START_MULTI:
            offsets = _several(data, table, start & ~_START_MULTI)
        found += [(base + index * page + o, layout) for o in offsets]
        if len(found) > len(executable.data):
            raise ImageError("chained fixups: more chains than there are bytes in the file")
    return found


def _several(data: bytes, table: int, index: int) -> list[int]:
    """Return the starts of a page that has more than one chain."""
    offsets = []
    while True:
        start = unpack(U16, data, table + 2 * index, "the starts of the chains")[0]
        offsets.append(start & ~_START_LAST)
        if start & _START_LAST:
            return offsets
        index += 1


def _imports(
    executable: Executable, data: bytes, table: tuple[int, int, int, int], *, packed: int
) -> list[Import]:
    first, names, count, kind = table
    if kind not in _IMPORT_SIZES:
        raise ImageError(f"chained fixups: unknown format of imports: {kind}")
    strings, at = data, names
    if packed:
        strings, at = _inflated(data[names:]), 0
    return [
        _import(executable, data, first + i * _IMPORT_SIZES[kind], kind, (strings, at))
        for i in range(count)
    ]


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_NAMES)
    except zlib.error:
        raise ImageError("chained fixups: the names cannot be decompressed") from None


def _import(
    executable: Executable, data: bytes, at: int, kind: int, names: tuple[bytes, int]
) -> Import:
    what = "an import of the chained fixups"
    addend = 0
    if kind == _IMPORT_ADDEND64:
        word = unpack(U64, data, at, what)[0]
        ordinal, weak, name = _signed(word & 0xFFFF, 16), _bits(word, 16, 1), word >> 32
        addend = _signed(unpack(U64, data, at + 8, what)[0], 64)
    else:
        word = unpack(U32, data, at, what)[0]
        ordinal, weak, name = _signed(word & 0xFF, 8), _bits(word, 8, 1), word >> 9
        if kind == _IMPORT_ADDEND:
            addend = _signed(unpack(U32, data, at + 4, what)[0], 32)
    if ordinal > len(executable.libraries):
        raise ImageError(f"{what}: there is no library {ordinal}")
    library = executable.libraries[ordinal - 1] if ordinal > 0 else ""
    text = cstring(names[0], names[1] + name, "a name of the chained fixups")
    return Import(0, text, addend, library, bool(weak))


def walk(
    memory: Memory,
    fixups: Fixups,
    addr: int,
    layout: Format,
    imports: Sequence[Import],
    base: int,
) -> None:
    """Follow one chain from ``addr`` to its end; ``base`` is the header's address.

    A chain only leads upwards, so it ends at the latest with its segment.
    """
    while True:
        value = memory.pointer(addr)
        if layout.authenticated:
            step = _arm64e(fixups, addr, value, layout, imports, base)
        else:
            step = _plain(fixups, addr, value, layout, imports, base)
        if not step:
            return
        addr += step * layout.stride


def _plain(
    fixups: Fixups, addr: int, value: int, layout: Format, imports: Sequence[Import], base: int
) -> int:
    """DYLD_CHAINED_PTR_64 and _64_OFFSET; returns the distance to the next pointer."""
    if value >> 63:
        _bind(fixups, addr, imports, _bits(value, 0, 24), _bits(value, 24, 8))
    else:
        target = _bits(value, 0, 36) + (base if layout.offset else 0)
        fixups.rebase(addr, target | _bits(value, 36, 8) << 56)
    return _bits(value, 51, 12)


def _arm64e(
    fixups: Fixups, addr: int, value: int, layout: Format, imports: Sequence[Import], base: int
) -> int:
    """All ARM64E formats; returns the distance to the next pointer."""
    signed = value >> 63
    if _bits(value, 62, 1):
        addend = 0 if signed else _signed(_bits(value, 32, 19), 19)
        _bind(fixups, addr, imports, _bits(value, 0, layout.ordinal_bits), addend)
    elif signed:
        fixups.rebase(addr, base + _bits(value, 0, 32))
    else:
        target = _bits(value, 0, 43) + (base if layout.offset else 0)
        fixups.rebase(addr, target | _bits(value, 43, 8) << 56)
    return _bits(value, 51, 11)


def _bind(
    fixups: Fixups, addr: int, imports: Sequence[Import], ordinal: int, addend: int
) -> None:  # fmt: skip
    if ordinal >= len(imports):
        raise ImageError(f"a fixup at {addr:#x} names import {ordinal} of {len(imports)}")
    found = imports[ordinal]
    fixups.bind(replace(found, addr=addr, addend=found.addend + addend))
