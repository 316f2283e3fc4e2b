"""Instructions that count from their own address: encoded here, with their ranges checked.

Keystone wraps branches that reach too far, counts the base of ``adrp`` twice, and ends the
process on some ``tbz``.  Encodings are those of the Arm Architecture Reference Manual, C6.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from emu.asm.operands import CONDITIONS
from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.asm.expression import Value
    from emu.asm.operands import Instruction, Operand
    from emu.asm.sections import Part

    Evaluate: TypeAlias = Callable[[Operand], Value]
    Encoder: TypeAlias = "Callable[[Instruction, Site, Evaluate], int]"

__all__ = ["ENCODERS", "Site", "literal_load"]


class Site(NamedTuple):
    """Where an instruction stands."""

    part: Part
    pc: int


#: Instructions for which Mach-O has relocations.
_FAR = frozenset({"b", "bl"})
#: Kinds of operands that are one expression.
_NUMBERS = frozenset({"address", "immediate"})


_CODES = {name: i for i, name in enumerate(CONDITIONS[:16])} | {"cs": 2, "cc": 3}
_GENERAL = re.compile(r"([wx])(\d+|zr)$")
_SCALAR = re.compile(r"([sdq])(\d+)$")

_PREFETCH = {
    f"{kind}l{level}{policy}": base + 2 * (level - 1) + (policy == "strm")
    for kind, base in (("pld", 0), ("pli", 8), ("pst", 16))
    for level in (1, 2, 3)
    for policy in ("keep", "strm")
}


def _general(operand: Operand) -> tuple[str, int]:
    """Return the width letter and number of a general register."""
    match = _GENERAL.match(operand.text) if operand.kind == "register" else None
    if match is None or len(operand.pieces) > 1:
        raise Problem("expected a general register", operand.column, max(1, len(operand.text)))
    return match[1], 31 if match[2] == "zr" else int(match[2])


def _count(instruction: Instruction, count: int) -> None:
    if len(instruction.operands) != count:
        plural = "s" * (count != 1)
        msg = (
            f"'{instruction.mnemonic}' takes {count} operand{plural},"
            f" not {len(instruction.operands)}"
        )
        raise Problem(msg)


def _distance(
    what: str, operand: Operand, site: Site, evaluate: Evaluate, bits: int, scale: int = 4
) -> int:
    """Return the field for a target: ``bits`` wide, signed, counted in units of ``scale``."""
    if operand.kind not in _NUMBERS:
        raise Problem(f"'{what}' needs a label", operand.column, max(1, len(operand.text)))
    value = evaluate(operand)
    if value.modifier:
        raise Problem(f"'{what}' takes no @{value.modifier}", operand.column)
    if value.minus is not None:
        raise Problem(
            f"'{what}' needs a label, not a difference of labels in two sections", operand.column
        )
    if value.plus is not None and value.plus is not site.part and what not in _FAR:
        raise Problem(
            f"'{what}' reaches only labels in the same section of the same source",
            operand.column,
            1,
            "use adrp and add" if what == "adr" else "use b or bl, or adrp and a load",
        )
    distance = value.number if value.absolute else value.address - site.pc
    if distance % scale:
        raise Problem(
            f"target of '{what}' is {distance} bytes away, which is no multiple of {scale}",
            operand.column,
        )
    reach = scale << (bits - 1)
    if not -reach <= distance < reach:
        raise Problem(
            f"target of '{what}' is {distance} bytes away, out of range (±{_size(reach)})",
            operand.column,
        )
    return (distance // scale) & ((1 << bits) - 1)


def _size(count: int) -> str:
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >> shift:
            return f"{count >> shift} {unit}"
    return f"{count} bytes"


def _branch(base: int) -> Encoder:
    def encode(instruction: Instruction, site: Site, evaluate: Evaluate) -> int:
        _count(instruction, 1)
        target = instruction.operands[0]
        return base | _distance(instruction.mnemonic, target, site, evaluate, 26)

    return encode


def _conditional(code: int) -> Encoder:
    def encode(instruction: Instruction, site: Site, evaluate: Evaluate) -> int:
        _count(instruction, 1)
        target = instruction.operands[0]
        return 0x54000000 | _distance(instruction.mnemonic, target, site, evaluate, 19) << 5 | code

    return encode


def _compare(base: int) -> Encoder:
    def encode(instruction: Instruction, site: Site, evaluate: Evaluate) -> int:
        _count(instruction, 2)
        register, target = instruction.operands
        width, number = _general(register)
        field = _distance(instruction.mnemonic, target, site, evaluate, 19)
        return base | (width == "x") << 31 | field << 5 | number

    return encode


def _test(base: int) -> Encoder:
    def encode(instruction: Instruction, site: Site, evaluate: Evaluate) -> int:
        _count(instruction, 3)
        register, bit, target = instruction.operands
        width, number = _general(register)
        index = evaluate(bit) if bit.kind in _NUMBERS else None
        top = 63 if width == "x" else 31
        if index is None or not index.absolute or not 0 <= index.number <= top:
            raise Problem(
                f"'{instruction.mnemonic}' needs a bit number from 0 to {top}", bit.column
            )
        field = _distance(instruction.mnemonic, target, site, evaluate, 14)
        high, low = index.number >> 5, index.number & 31
        return base | high << 31 | low << 19 | field << 5 | number

    return encode


def _adr(instruction: Instruction, site: Site, evaluate: Evaluate) -> int:
    _count(instruction, 2)
    register, target = instruction.operands
    width, number = _general(register)
    if width != "x":
        raise Problem("'adr' needs a 64-bit register", register.column, len(register.text))
    field = _distance("adr", target, site, evaluate, 21, 1)
    return 0x10000000 | (field & 3) << 29 | (field >> 2) << 5 | number


def _adrp(instruction: Instruction, site: Site, evaluate: Evaluate) -> int:
    _count(instruction, 2)
    register, target = instruction.operands
    width, number = _general(register)
    if width != "x":
        raise Problem("'adrp' needs a 64-bit register", register.column, len(register.text))
    if target.kind not in _NUMBERS:
        raise Problem("'adrp' needs symbol@PAGE", target.column)
    value = evaluate(target)
    if value.modifier in {"PAGE", "GOTPAGE"} and value.minus is None:
        pages = (value.address >> 12) - (site.pc >> 12)
    elif value.absolute:
        pages, rest = divmod(value.number, 4096)
        if rest:
            raise Problem("'adrp' needs a multiple of 4096", target.column)
    else:
        raise Problem("'adrp' needs symbol@PAGE", target.column, 1, "write @PAGE behind the symbol")
    if not -(1 << 20) <= pages < 1 << 20:
        raise Problem(
            f"target of 'adrp' is {pages} pages away, out of range (±4 GiB)", target.column
        )
    field = pages & 0x1FFFFF
    return 0x90000000 | (field & 3) << 29 | (field >> 2) << 5 | number


def literal_load(instruction: Instruction) -> Encoder | None:
    """Return the encoder for a load from a label, or None if this is another form."""
    operands = instruction.operands
    if len(operands) != 2 or operands[1].kind not in _NUMBERS:
        return None
    return _load


def _load(instruction: Instruction, site: Site, evaluate: Evaluate) -> int:
    what, first = instruction.mnemonic, instruction.operands[0]
    field = _distance(what, instruction.operands[1], site, evaluate, 19) << 5
    if what == "prfm":
        return 0xD8000000 | field | _prefetch(first, evaluate)
    if what == "ldr" and (scalar := _SCALAR.match(first.text)):
        return 0x1C000000 | "sdq".index(scalar[1]) << 30 | field | int(scalar[2])
    width, number = _general(first)
    if what == "ldrsw":
        if width == "w":
            raise Problem("'ldrsw' needs a 64-bit register", first.column, len(first.text))
        return 0x98000000 | field | number
    return 0x18000000 | (width == "x") << 30 | field | number


def _prefetch(operand: Operand, evaluate: Evaluate) -> int:
    if operand.text in _PREFETCH:
        return _PREFETCH[operand.text]
    value = evaluate(operand) if operand.kind in _NUMBERS else None
    if value is None or not value.absolute or not 0 <= value.number <= 31:
        raise Problem(
            "expected a prefetch operation or a number from 0 to 31",
            operand.column,
            max(1, len(operand.text)),
        )
    return value.number


ENCODERS: dict[str, Encoder] = {
    "b": _branch(0x14000000),
    "bl": _branch(0x94000000),
    "cbz": _compare(0x34000000),
    "cbnz": _compare(0x35000000),
    "tbz": _test(0x36000000),
    "tbnz": _test(0x37000000),
    "adr": _adr,
    "adrp": _adrp,
    **{f"b.{name}": _conditional(code) for name, code in _CODES.items()},
    **{f"b{name}": _conditional(code) for name, code in _CODES.items()},
}
