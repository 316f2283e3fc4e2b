"""The compilation directories of a program's units: all that is read of ``.debug_info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.macho.reading import Stream, cstring

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["compilation_directories"]

_WHAT: Final = "the debug information"
_STMT_LIST, _COMP_DIR = 0x10, 0x1B
_IMPLICIT_CONST, _INDIRECT, _STRP, _LINE_STRP = 0x21, 0x16, 0x0E, 0x1F
_STRING, _SEC_OFFSET, _REF_ADDR, _ADDR = 0x08, 0x17, 0x10, 0x01
#: Bytes that a form of fixed size takes.
_SIZES: Final = {
    0x05: 2, 0x06: 4, 0x07: 8, 0x0B: 1, 0x0C: 1, 0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8, 0x19: 0,
    0x1E: 16, 0x20: 8, 0x21: 0, 0x25: 1, 0x26: 2, 0x27: 3, 0x28: 4, 0x29: 1, 0x2A: 2, 0x2B: 3,
    0x2C: 4,
}  # fmt: skip
_ULEBS: Final = frozenset({0x0D, 0x0F, 0x15, 0x1A, 0x1B, 0x22, 0x23})
#: Bytes of the length in front of a block, 0 for a ULEB128.
_BLOCKS: Final = {0x03: 2, 0x04: 4, 0x09: 0, 0x0A: 1, 0x18: 0}


def compilation_directories(sections: Mapping[str, bytes]) -> dict[int, str]:
    """Return, by the offset of its line program, the directory that a unit was compiled in."""
    stream = Stream(sections.get("__debug_info", b""), _WHAT)
    found: dict[int, str] = {}
    while stream.more:
        size = stream.u32()
        wide = size == 0xFFFFFFFF
        if wide:
            size = stream.u64()
        if size > stream.end - stream.pos:
            raise ImageError(f"truncated: {_WHAT} ends in the middle")
        unit = Stream(stream.data, _WHAT, stream.pos, stream.pos + size)
        stream.pos = unit.end
        _read_unit(unit, sections, found, wide=wide)
    return found


def _read_unit(
    unit: Stream, sections: Mapping[str, bytes], found: dict[int, str], *, wide: bool
) -> None:
    version = unit.u16()
    kind = unit.u8() if version >= 5 else 1
    address = unit.u8() if version >= 5 else 0
    offset = unit.u64() if wide else unit.u32()
    if version < 5:
        address = unit.u8()
    if kind != 1 or not unit.more:  # DW_UT_compile alone has a line program of its own
        return
    code = unit.uleb()
    values: dict[int, int | str | None] = {}
    for attribute, form in _abbreviation(sections.get("__debug_abbrev", b""), offset, code):
        values[attribute] = _value(unit, form, sections, address, wide=wide)
    program, directory = values.get(_STMT_LIST), values.get(_COMP_DIR)
    if isinstance(program, int) and isinstance(directory, str):
        found[program] = directory


def _abbreviation(data: bytes, offset: int, wanted: int) -> list[tuple[int, int]]:
    """Return the (attribute, form) pairs of abbreviation ``wanted``."""
    stream = Stream(data, "the abbreviations", offset)
    while stream.more and (code := stream.uleb()):
        stream.uleb()  # tag
        stream.u8()  # whether it has children
        pairs = []
        while True:
            attribute, form = stream.uleb(), stream.uleb()
            if form == _IMPLICIT_CONST:
                stream.sleb()
            if not attribute and not form:
                break
            pairs.append((attribute, form))
        if code == wanted:
            return pairs
    return []


def _value(
    unit: Stream, form: int, sections: Mapping[str, bytes], address: int, *, wide: bool
) -> int | str | None:
    """Read an attribute: offsets and strings have a value, the rest is passed over."""
    if form == _INDIRECT:
        form = unit.uleb()
    if form in (_STRP, _LINE_STRP):
        name = "__debug_str" if form == _STRP else "__debug_line_str"
        offset = unit.u64() if wide else unit.u32()
        return cstring(sections.get(name, b""), offset, f"a name in {name}")
    if form == _STRING:
        return unit.cstring()
    if form in (_SEC_OFFSET, _REF_ADDR):
        return unit.u64() if wide else unit.u32()
    if form in _ULEBS:
        return unit.uleb()
    if form in _BLOCKS:
        length = _BLOCKS[form]
        unit.take(int.from_bytes(unit.take(length), "little") if length else unit.uleb())
        return None
    if form != _ADDR and form not in _SIZES:
        raise ImageError(f"{_WHAT} uses an unknown form {form:#x}")
    return int.from_bytes(unit.take(address if form == _ADDR else _SIZES[form]), "little")
