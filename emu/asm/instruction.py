"""One instruction with all symbols known: to its word, or to text for the encoder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emu.asm import relative
from emu.asm.mnemonics import MNEMONICS
from emu.asm.problem import Problem
from emu.asm.suggest import remedy

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.asm.expression import Value
    from emu.asm.operands import Hole, Instruction, Operand
    from emu.asm.relative import Site

__all__ = ["check_mnemonic", "finish"]

_LITERAL_LOADS = frozenset({"ldr", "ldrsw", "prfm"})
_WIDTHS = {"b": 0, "h": 1, "w": 2, "s": 2, "x": 3, "d": 3, "q": 4}
#: Loads and stores with a scaled 12-bit offset; None: by the register.
_SCALES: dict[str, int | None] = {
    **dict.fromkeys(("ldr", "str"), None),
    **dict.fromkeys(("ldrb", "strb", "ldrsb"), 0),
    **dict.fromkeys(("ldrh", "strh", "ldrsh"), 1),
    "ldrsw": 2,
    "prfm": 3,
}
_PLAIN_MOVE = re.compile(r"([wx])(\d+|zr|sp)$|wsp$")


def check_mnemonic(
    mnemonic: str, macros: tuple[str, ...] = (), column: int | None = None, rest: str = ""
) -> None:
    """Raise :class:`Problem` at ``column`` for no mnemonic, with a remedy; ``rest`` follows it."""
    if mnemonic in MNEMONICS:
        return
    stem, _, suffix = mnemonic.partition(".")
    if suffix in _ARRANGEMENTS and stem in MNEMONICS:
        return
    raise Problem(
        f"unknown instruction '{mnemonic[:40]}'",
        column,
        len(mnemonic),
        remedy(mnemonic, rest, (*MNEMONICS, *macros)),
    )


_ARRANGEMENTS = frozenset("16b 8b 4b 2b 8h 4h 2h 4s 2s 2d 1d 1q b h s d q".split())


def finish(instruction: Instruction, site: Site, value: Callable[[Hole], Value]) -> int | str:
    """Return the word of ``instruction`` at ``site``, or bare text for the encoder.

    Raises:
        Problem: for operands that cannot be.
    """

    def evaluate(operand: Operand) -> Value:
        hole = operand.hole
        if hole is None:
            raise Problem("expected a number or a label", operand.column)
        return value(hole)

    mnemonic = instruction.mnemonic
    encoder = relative.ENCODERS.get(mnemonic)
    if encoder is None and mnemonic in _LITERAL_LOADS:
        encoder = relative.literal_load(instruction)
    if encoder is not None:
        return encoder(instruction, site, evaluate)
    if mnemonic == "mov":
        word = _move(instruction, evaluate)
        if word is not None:
            return word
    return _rewritten(_text(instruction, value))


_NEGATED = re.compile(r"(adds?|subs?|cmp|cmn) (.*),#-(\d+)$")
_MIXED = re.compile(r"(?:adds?|subs?|cmp|cmn) (?:x\w+,|sp,)+w\w+,lsl #")
_OPPOSITE = {
    "add": "sub", "sub": "add", "adds": "subs", "subs": "adds", "cmp": "cmn", "cmn": "cmp"
}  # fmt: skip
_PREFETCH = re.compile(r"prfm (\S+),(\[\w+,#(-?\d+)\])$")
_EXCLUSIVE = re.compile(r"(stl?x[rp][bh]?) [wx](\w+),(.*),\[[wx]?(\w+)\]$")


def _rewritten(text: str) -> str:
    """Return the instruction that ``text`` is another name for, where Keystone does not know.

    Raises:
        Problem: for operands whose effect the architecture leaves open.
    """
    if _MIXED.match(text):
        raise Problem(
            "lsl of a 32-bit register cannot be added to a 64-bit one",
            None,
            1,
            "use uxtw or sxtw instead of lsl",
        )
    if match := _NEGATED.match(text):
        return f"{_OPPOSITE[match[1]]} {match[2]},#{match[3]}"
    if match := _PREFETCH.match(text):
        offset = int(match[3])
        if -256 <= offset < 256 and (offset < 0 or offset % 8):
            return f"prfum {match[1]},{match[2]}"
    elif match := _EXCLUSIVE.match(text):
        stored = [register[1:] for register in match[3].split(",")]
        if match[2] in stored or (match[2] == match[4] != "sp"):
            raise Problem(
                f"the status register of '{match[1]}' must differ from its other registers"
            )
    return text


def _text(instruction: Instruction, value: Callable[[Hole], Value]) -> str:
    """Write the instruction with every hole filled."""
    mnemonic = instruction.mnemonic
    written: list[str] = []
    for index, operand in enumerate(instruction.operands):
        pieces: list[str] = []
        for piece in operand.pieces:
            if isinstance(piece, str):
                pieces.append(piece)
                continue
            found = value(piece)
            if found.modifier:
                mnemonic, number = _offset(instruction, index, piece, found)
            elif found.absolute:
                number = found.number
            else:
                raise _misplaced(piece)
            pieces.append(f"{piece.mark}{number}")
        joined = "".join(pieces)
        written.append(joined if mnemonic == instruction.mnemonic else joined.strip("[]"))
    return f"{mnemonic} {','.join(written)}" if written else mnemonic


def _misplaced(hole: Hole) -> Problem:
    return Problem(
        "an address does not fit in here",
        hole.column,
        1,
        "load it with adrp xN, symbol@PAGE and add xN, xN, symbol@PAGEOFF",
    )


def _offset(instruction: Instruction, index: int, hole: Hole, value: Value) -> tuple[str, int]:
    """Return the mnemonic and the number for ``symbol@PAGEOFF`` as operand ``index``."""
    operands = instruction.operands
    modifier, mnemonic = value.modifier, instruction.mnemonic
    if value.minus is not None:
        raise Problem(f"@{modifier} needs a label, not a difference", hole.column)
    low = value.address & 0xFFF
    where = operands[index]
    if modifier == "GOTPAGEOFF":
        return _through_table(instruction, hole, low)
    if modifier == "PAGEOFF":
        if mnemonic == "add" and index == 2 and operands[0].text[:1] in {"x", "s"}:
            if len(operands) == 3 and where.kind != "memory":
                return mnemonic, low
        elif where.kind == "memory" and mnemonic in _SCALES and index == 1 == len(operands) - 1:
            _check_scale(instruction, hole, value, low)
            return mnemonic, low
    msg = f"@{modifier} cannot stand here"
    remedy = "use @PAGE with adrp, @PAGEOFF with add (64-bit) or in the brackets of ldr and str"
    raise Problem(msg, hole.column, 1, remedy)


def _check_scale(instruction: Instruction, hole: Hole, value: Value, low: int) -> None:
    """Refuse an address that the scaled offset of a load or store cannot express."""
    scale = _SCALES[instruction.mnemonic]
    if scale is None:
        scale = _WIDTHS.get(instruction.operands[0].text[:1], 0)
    pieces = instruction.operands[1].pieces
    if len(pieces) != _WITH_OFFSET:
        raise Problem(f"@{value.modifier} must be the whole offset", hole.column)
    if low & ((1 << scale) - 1):
        msg = (
            f"address {value.address:#x} is not aligned to {1 << scale} bytes,"
            f" as '{instruction.mnemonic}' with @PAGEOFF needs"
        )
        raise Problem(msg, hole.column, 1, f"align the label (.p2align {scale}), or use add")


#: Pieces of ``[xN, offset]``.
_WITH_OFFSET = 5


def _through_table(instruction: Instruction, hole: Hole, low: int) -> tuple[str, int]:
    """Turn the load of an address from the linker's table into the address itself.

    All symbols are in the image, so the linker's own relaxation applies: ``ldr xD, [xN,
    symbol@GOTPAGEOFF]`` becomes ``add xD, xN, symbol@PAGEOFF``.
    """
    operands = instruction.operands
    if instruction.mnemonic != "ldr" or operands[0].text[:1] != "x":
        raise Problem("@GOTPAGEOFF can stand in ldr xN, [xM, symbol@GOTPAGEOFF] only", hole.column)
    return "add", low


def _move(instruction: Instruction, evaluate: Callable[[Operand], Value]) -> int | None:
    """Return the word of ``mov`` with an immediate: movz, movn or orr, in this order."""
    operands = instruction.operands
    if len(operands) != 2 or operands[1].kind not in {"immediate", "address"}:
        return None
    register = _PLAIN_MOVE.match(operands[0].text)
    if register is None or len(operands[0].pieces) > 1:
        return None
    value = evaluate(operands[1])
    hole = operands[1].hole
    if not value.absolute:
        if hole is not None:
            raise _misplaced(hole)
        return None
    name = operands[0].text
    stack = name.endswith("sp")
    bits = 32 if name[0] == "w" else 64
    number = 31 if name.endswith(("sp", "zr")) else int(name[1:])
    word = _wide(value.number, bits, number, stack=stack)
    if word is None:
        raise Problem(
            f"immediate {value.number:#x} cannot be moved in one instruction",
            operands[1].column,
            1,
            f"use ldr {name}, ={value.number:#x}, or movk",
        )
    return word


def _wide(value: int, bits: int, register: int, *, stack: bool) -> int | None:
    """Encode a constant for a register; ``stack`` allows only the form that can name sp."""
    if not -(1 << (bits - 1)) <= value < 1 << bits:
        return None
    mask = (1 << bits) - 1
    value &= mask
    width = (bits == 64) << 31
    if not stack:
        for base, number in ((0x52800000, value), (0x12800000, ~value & mask)):
            for shift in range(0, bits, 16):
                if not number & ~(0xFFFF << shift):
                    return base | width | shift // 16 << 21 | number >> shift << 5 | register
    if register == 31 and not stack:
        return None  # in the logical form 31 is the stack pointer
    logical = bitmask(value, bits)
    return None if logical is None else 0x320003E0 | width | logical << 10 | register


def bitmask(value: int, bits: int) -> int | None:
    """Return the N:immr:imms field of a logical immediate, or None if there is none.

    The Arm ARM, DecodeBitMasks: a run of ones, rotated, repeated in elements of 2 to 64 bits.
    """
    mask = (1 << bits) - 1
    value &= mask
    if value in {0, mask}:
        return None
    size = bits
    while size > 2:
        half = size // 2
        if value & ((1 << half) - 1) != (value >> half) & ((1 << half) - 1):
            break
        size = half
    element = value & ((1 << size) - 1)
    ones = element.bit_count()
    run = (1 << ones) - 1
    for rotation in range(size):
        rotated = (run >> rotation | run << (size - rotation)) & ((1 << size) - 1)
        if rotated == element:
            imms = (~(size * 2 - 1) & 0x3F) | (ones - 1)
            return (size == 64) << 12 | rotation << 6 | imms
    return None
