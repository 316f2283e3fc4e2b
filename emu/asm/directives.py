"""The directives that fill sections, move between them and name things: one table."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from emu.asm.problem import Problem
from emu.asm.sections import ATTRIBUTES, LARGEST, STANDARD, TYPES, Fixup
from emu.asm.source import read_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.asm.cursor import Cursor
    from emu.asm.unit import Unit

    Handler: TypeAlias = Callable[[Unit, Cursor, str], None]

__all__ = ["DIRECTIVES", "FOREIGN", "assign", "find_file", "fits", "move_to"]

DIRECTIVES: dict[str, Handler] = {}


def directive(*names: str) -> Callable[[Handler], Handler]:
    """Register a handler: it gets the unit, the cursor behind the name, and the name."""

    def register(handler: Handler) -> Handler:
        DIRECTIVES.update(dict.fromkeys(names, handler))
        return handler

    return register


# -- data --------------------------------------------------------------------------------

_SIZES = {
    **dict.fromkeys((".byte", ".dc.b"), 1),
    **dict.fromkeys((".short", ".hword", ".2byte", ".value", ".dc.w"), 2),
    **dict.fromkeys((".word", ".long", ".4byte", ".int", ".inst", ".dc.l"), 4),
    **dict.fromkeys((".quad", ".xword", ".8byte", ".dword"), 8),
}


def fits(number: int, size: int) -> bool:
    """Tell whether ``number`` can be stored in ``size`` bytes, signed or unsigned."""
    return -(1 << (8 * size - 1)) <= number < 1 << (8 * size)


@directive(*_SIZES)
def _data(unit: Unit, cursor: Cursor, name: str) -> None:
    size = _SIZES[name]
    part = unit.part
    start = part.size
    for column in cursor.commas():
        expr = cursor.expression()  # in which `.` is the place of this very element
        number = expr if isinstance(expr, int) else 0
        if not fits(number, size):
            what = f"{number} does not fit in {size} byte{'s' * (size != 1)}"
            raise Problem(what, column, cursor.pos - column)
        offset = part.append((number & ((1 << (8 * size)) - 1)).to_bytes(size, "little"))
        if not isinstance(expr, int):
            part.fixups.append(Fixup(offset, size, expr, unit.origin, column))
    if part.size > start:
        part.lines.append((start, part.size - start, unit.origin))


@directive(".octa")
def _octa(unit: Unit, cursor: Cursor, _name: str) -> None:
    found = bytearray()
    for column in cursor.commas():
        digits = _literal(cursor)
        number = int(digits, 0) if _WIDE.fullmatch(digits) else -1
        if not 0 <= number < 1 << 128:
            raise Problem("expected a number of up to 128 bits", column, max(1, len(digits)))
        found += number.to_bytes(16, "little")
    unit.emit(bytes(found))


_WIDE = re.compile(r"0[xX][0-9a-fA-F]{1,40}|0|[1-9][0-9]{0,40}", re.ASCII)
_FLOATS = {".float": "<f", ".single": "<f", ".double": "<d"}
_DECIMAL = re.compile(r"[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf(inity)?)", re.ASCII | re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[-+]?0x[0-9a-f]+\.?[0-9a-f]*(p[-+]?\d+)?", re.ASCII | re.IGNORECASE)


def _literal(cursor: Cursor) -> str:
    """Read up to the next comma."""
    start = cursor.pos
    comma = cursor.text.find(",", start)
    cursor.pos = len(cursor.text) if comma < 0 else comma
    return cursor.text[start : cursor.pos].strip()


@directive(*_FLOATS)
def _float(unit: Unit, cursor: Cursor, name: str) -> None:
    found = bytearray()
    for column in cursor.commas():
        text = _literal(cursor)
        try:
            found += _packed(text, _FLOATS[name])
        except (ValueError, OverflowError):
            what = f"'{text[:40]}' is not a floating-point number of this size"
            raise Problem(what, column, max(1, len(text))) from None
    unit.emit(bytes(found))


def _packed(text: str, size: str) -> bytes:
    """Return a floating-point constant as bytes; ``nan`` has all its bits set but the sign."""
    if text.lower() == "nan":
        return b"\xff" * (struct.calcsize(size) - 1) + b"\x7f"
    if _HEXADECIMAL.fullmatch(text):
        return struct.pack(size, float.fromhex(text))
    if _DECIMAL.fullmatch(text):
        return struct.pack(size, float(text))
    raise ValueError(text)


@directive(".uleb128", ".sleb128")
def _leb128(unit: Unit, cursor: Cursor, name: str) -> None:
    found = bytearray()
    for _ in cursor.commas():
        number = cursor.absolute()
        if name == ".uleb128":
            number %= 1 << 64
        while True:
            byte, number = number & 0x7F, number >> 7
            done = number == 0 and (name == ".uleb128" or not byte & 0x40)
            done = done or (name == ".sleb128" and number == -1 and byte & 0x40 != 0)
            found.append(byte | (0 if done else 0x80))
            if done:
                break
    unit.emit(bytes(found))


@directive(".ascii", ".asciz", ".string")
def _ascii(unit: Unit, cursor: Cursor, name: str) -> None:
    found = bytearray()
    for _ in cursor.commas():
        found += cursor.string()
        while name == ".ascii" and cursor.peek('"'):
            found += cursor.string()
        if name != ".ascii":
            found.append(0)
    unit.emit(bytes(found))


@directive(".space", ".skip", ".zero")
def _space(unit: Unit, cursor: Cursor, name: str) -> None:
    cursor.blank()
    column = cursor.pos
    count = cursor.absolute(forward=True)
    value = cursor.absolute() if name != ".zero" and cursor.take(",") else 0
    if name == ".zero" and cursor.take(","):
        value = cursor.absolute()
    cursor.finish()
    if count < 0:
        raise Problem(f"the number of bytes is negative: {count}", column)
    _pad(unit, count, bytes((value & 0xFF,)), column)


@directive(".fill")
def _fill(unit: Unit, cursor: Cursor, _name: str) -> None:
    cursor.blank()
    column = cursor.pos
    count, size, value = cursor.absolute(forward=True), 1, 0
    if cursor.take(","):
        size = cursor.absolute()
        if cursor.take(","):
            value = cursor.absolute()
    cursor.finish()
    if not 0 <= size <= 8:
        raise Problem(f"the size of a filled element is 0 to 8 bytes, not {size}", column)
    if size > 4:
        value &= 0xFFFFFFFF
    pattern = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    _pad(unit, max(count, 0), pattern, column)


def _pad(unit: Unit, count: int, pattern: bytes, column: int) -> None:
    """Add ``pattern`` ``count`` times where the current statement stands."""
    part = unit.part
    offset = part.size
    if count > LARGEST and not part.zerofill:
        raise Problem(f"{count} is more than a section can hold", column)
    part.fill(count, pattern)
    if part.size > offset:
        part.lines.append((offset, part.size - offset, unit.origin))


@directive(".align", ".p2align", ".p2alignw", ".p2alignl")
def _align(unit: Unit, cursor: Cursor, name: str) -> None:
    if cursor.at_end:
        return  # as the others have it
    column = cursor.pos
    power = cursor.absolute()
    if not 0 <= power <= 15:
        raise Problem(
            f"an alignment is a power of two from 0 to 15, not {power}", column, cursor.pos - column
        )
    _pad_to(unit, cursor, power, {".p2alignw": 2, ".p2alignl": 4}.get(name, 1))


@directive(".balign", ".balignw", ".balignl")
def _balign(unit: Unit, cursor: Cursor, name: str) -> None:
    cursor.blank()
    column = cursor.pos
    size = cursor.absolute() or 1
    if size < 1 or size & (size - 1) or size > 1 << 15:
        raise Problem(
            f"alignment must be a power of two up to 32768, and {size} is none",
            column,
            cursor.pos - column,
        )
    _pad_to(unit, cursor, size.bit_length() - 1, {".balignw": 2, ".balignl": 4}.get(name, 1))


def _pad_to(unit: Unit, cursor: Cursor, power: int, width: int) -> None:
    fill, most = None, 0
    if cursor.take(","):
        if not cursor.peek(",") and not cursor.at_end:
            value = cursor.absolute()
            fill = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")
        if cursor.take(","):
            most = cursor.absolute()
    cursor.finish()
    unit.part.align_to(power, fill, most)


@directive(".org")
def _org(unit: Unit, cursor: Cursor, _name: str) -> None:
    cursor.blank()
    column = cursor.pos
    expr = cursor.expression()
    fill = cursor.absolute() if cursor.take(",") else 0
    cursor.finish()
    move_to(unit, expr, column, fill)


def move_to(unit: Unit, expr: object, column: int, fill: int = 0) -> None:
    """Pad up to the offset ``expr`` of the current section."""
    value = unit.value(expr, column, forward=True)  # type: ignore[arg-type]
    part = unit.part
    if value.minus is not None or value.modifier or value.plus not in {None, part}:
        raise Problem("the new place must be in the current section", column)
    missing = value.number - part.size
    if missing < 0:
        raise Problem(f"cannot move back from offset {part.size} to {value.number}", column)
    _pad(unit, missing, bytes((fill & 0xFF,)), column)


def find_file(unit: Unit, name: str) -> Path:
    """Return the path of an included file: beside the file that asks, then by ``-I``."""
    source = unit.origin.source
    for directory in (Path(source.directory), *unit.options.include_dirs):
        candidate = directory / name
        if candidate.is_file():
            return candidate
        unit.note_read(candidate, None)
    raise Problem(f"cannot find the file '{name}'")


@directive(".incbin")
def _incbin(unit: Unit, cursor: Cursor, _name: str) -> None:
    name = cursor.string().decode("utf-8", "surrogateescape")
    skip, count = 0, -1
    if cursor.take(","):
        skip = cursor.absolute()
        if cursor.take(","):
            count = cursor.absolute()
    cursor.finish()
    if skip < 0:
        raise Problem("the number of bytes to skip is negative")
    path = find_file(unit, name)
    try:
        data = read_source(path)
    except OSError as error:
        raise Problem(f"cannot read {path}: {error.strerror}") from None
    unit.note_read(path, data)
    unit.emit(data[skip : skip + count if count >= 0 else LARGEST])


# -- sections ----------------------------------------------------------------------------


@directive(*STANDARD)
def _standard(unit: Unit, cursor: Cursor, name: str) -> None:
    cursor.finish()
    unit.switch(unit.select(*STANDARD[name]))


@directive(".section")
def _section(unit: Unit, cursor: Cursor, _name: str) -> None:
    cursor.blank()
    column = cursor.pos
    fields = [f.strip() for f in cursor.rest().split(",")]
    if len(fields) < 2:
        raise Problem(
            "expected '.section SEGMENT,SECTION'",
            column,
            1,
            ".section __TEXT,__const is an example",
        )
    segment, name, *more = fields
    for what, given in (("segment", segment), ("section", name)):
        if not 1 <= len(given) <= 16 or not given.isprintable():
            raise Problem(f"the name of a {what} has 1 to 16 characters", column)
    kind = more[0] if more else ""
    if kind and kind not in TYPES:
        known = "is not supported" if kind.startswith("thread_local") else "is unknown"
        raise Problem(f"section type '{kind[:40]}' {known}", column)
    attributes = more[1] if len(more) > 1 else ""
    for attribute in filter(None, attributes.split("+")):
        if attribute not in ATTRIBUTES:
            raise Problem(f"section attribute '{attribute[:40]}' is unknown", column)
    unit.switch(unit.select(segment, name, kind, 0, attributes))


@directive(".pushsection")
def _push(unit: Unit, cursor: Cursor, name: str) -> None:
    unit.entered.append(unit.part)
    _section(unit, cursor, name)


@directive(".popsection")
def _pop(unit: Unit, cursor: Cursor, _name: str) -> None:
    cursor.finish()
    if not unit.entered:
        raise Problem(".popsection without .pushsection")
    unit.switch(unit.entered.pop())


@directive(".previous")
def _previous(unit: Unit, cursor: Cursor, _name: str) -> None:
    cursor.finish()
    if unit.previous is None:
        raise Problem(".previous without a section before")
    unit.switch(unit.previous)


def _size_and_align(cursor: Cursor) -> tuple[int, int]:
    column = cursor.pos
    size, align = cursor.absolute(), 0
    if cursor.take(","):
        align = cursor.absolute()
    cursor.finish()
    if size < 0 or not 0 <= align <= 15:
        raise Problem(
            "the size may not be negative, and the alignment is a power of two from 0 to 15", column
        )
    return size, align


@directive(".zerofill", ".lcomm")
def _zerofill(unit: Unit, cursor: Cursor, name: str) -> None:
    segment, section = "__DATA", "__bss"
    if name == ".zerofill":
        segment = cursor.symbol()
        cursor.require(",")
        section = cursor.symbol()
        part = unit.select(segment, section, "zerofill")
        if not part.zerofill:
            raise Problem(f"section {segment},{section} is not zero-filled")
        if cursor.at_end:
            return
        cursor.require(",")
    part = unit.select(segment, section, "zerofill")
    cursor.blank()
    column = cursor.pos
    symbol = cursor.symbol()
    cursor.require(",")
    size, align = _size_and_align(cursor)
    part.align_to(align)
    unit.define_label(symbol, column, part)
    if size:
        part.lines.append((part.size, size, unit.origin))
        part.fill(size)


@directive(".comm")
def _comm(unit: Unit, cursor: Cursor, _name: str) -> None:
    cursor.blank()
    column = cursor.pos
    symbol = unit.symbol(cursor.symbol())
    cursor.require(",")
    size, align = _size_and_align(cursor)
    if symbol.kind not in {"undefined", "common"}:
        raise unit.redefinition(symbol, column)
    symbol.kind, symbol.external, symbol.defined = "common", True, unit.origin
    symbol.size, symbol.align = max(size, symbol.size), max(align, symbol.align)


# -- symbols -----------------------------------------------------------------------------


@directive(".set", ".equ", ".equiv")
def _set(unit: Unit, cursor: Cursor, name: str) -> None:
    cursor.blank()
    column = cursor.pos
    symbol = cursor.symbol()
    cursor.require(",")
    cursor.blank()
    where = cursor.pos
    expr = cursor.expression()
    cursor.finish()
    if symbol == ".":
        move_to(unit, expr, where)
        return
    assign(unit, symbol, expr, column, final=name == ".equiv")


def assign(unit: Unit, name: str, expr: object, column: int, *, final: bool = False) -> None:
    """Set a variable, to a number at once if its value can be known here."""
    if not isinstance(expr, int):
        try:
            value = unit.value(expr, column)  # type: ignore[arg-type]
        except Problem:
            pass
        else:
            if value.absolute:
                expr = value.number
    unit.assign(name, expr, column, final=final)  # type: ignore[arg-type]


_FLAGS = {
    ".globl": "external",
    ".global": "external",
    ".private_extern": "private",
    ".weak_definition": "weak",
    ".weak_def_can_be_hidden": "weak",
    ".weak_reference": "weak_reference",
    ".reference": "",
    ".no_dead_strip": "",
    ".alt_entry": "",
    ".lazy_reference": "",
    ".symbol_resolver": "",
    ".cold": "",
}


@directive(*_FLAGS)
def _flag(unit: Unit, cursor: Cursor, name: str) -> None:
    flag = _FLAGS[name]
    for _ in cursor.commas():
        symbol = unit.symbol(cursor.symbol())
        if flag:
            setattr(symbol, flag, True)
        symbol.external = symbol.external or flag == "private"


_IGNORED = """
.build_version .subsections_via_symbols .cfi_startproc .cfi_endproc .cfi_def_cfa
.cfi_def_cfa_offset .cfi_def_cfa_register .cfi_adjust_cfa_offset .cfi_offset .cfi_rel_offset
.cfi_restore .cfi_same_value .cfi_undefined .cfi_register .cfi_personality .cfi_lsda
.cfi_remember_state .cfi_restore_state .cfi_sections .cfi_return_column .cfi_escape
.cfi_signal_frame .cfi_window_save .cfi_negate_ra_state .cfi_b_key_frame .loc .file .line
.data_region .end_data_region .loh .ident .desc .linker_option .macosx_version_min
.ios_version_min .tvos_version_min .watchos_version_min .arch .cpu .arch_extension
.secure_log_unique .secure_log_reset .dump .load .indirect_symbol .addrsig .addrsig_sym
.macros_on .macros_off .variant_pcs .pseudoprobe
"""


@directive(*_IGNORED.split())
def _ignore(_unit: Unit, cursor: Cursor, _name: str) -> None:
    cursor.rest()


@directive(".req")
def _req(_unit: Unit, _cursor: Cursor, _name: str) -> None:
    raise Problem(
        "'.req' stands behind the new name of the register", None, 1, "as in: counter .req x19"
    )


@directive(".unreq")
def _unreq(unit: Unit, cursor: Cursor, _name: str) -> None:
    unit.registers.pop(cursor.symbol().lower(), None)
    cursor.finish()


#: What programs for other systems use, and what to write instead.
FOREIGN = {
    ".type": "a directive of ELF: leave it out",
    ".size": "a directive of ELF: leave it out",
    ".hidden": "a directive of ELF: use .private_extern",
    ".weak": "a directive of ELF: use .weak_definition or .weak_reference",
    ".rodata": "a directive of ELF: use .const",
    ".code64": "leave it out",
    ".thumb": "32-bit code cannot run here",
    ".arm": "32-bit code cannot run here",
    ".tbss": "thread-local variables are not supported",
    ".tdata": "thread-local variables are not supported",
    ".tlv": "thread-local variables are not supported",
    ".altmacro": "not supported",
}
