"""``ldr xN, =value``: small constants become ``movz``, others go to a literal pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.asm.expression import Name
from emu.asm.operands import Hole, Operand
from emu.asm.problem import Problem
from emu.asm.sections import Fixup
from emu.asm.unit import Pool

if TYPE_CHECKING:
    from emu.asm.expression import Expr
    from emu.asm.sections import Part
    from emu.asm.unit import Unit

__all__ = ["flush", "literal"]


def literal(
    unit: Unit, mnemonic: str, operands: tuple[Operand, ...]
) -> tuple[str, tuple[Operand, ...]]:
    """Return the mnemonic and operands that stand for ``ldr register, =value``.

    Raises:
        Problem: for another instruction, another register, or a value too large for it.
    """
    where = operands[-1]
    hole = where.hole
    register = operands[0].text if len(operands) == 2 else ""
    if mnemonic != "ldr" or hole is None or register[:1] not in {"w", "x"}:
        raise Problem("'=' can stand in ldr xN, =value only, with a general register", where.column)
    size = 8 if register[0] == "x" else 4
    expr = hole.expr
    if isinstance(expr, int):
        value = expr & ((1 << 64) - 1)
        shift = 0
        while value > 0xFFFF and not value & 0xFFFF:
            value, shift = value >> 16, shift + 16
        if value <= 0xFFFF and shift < 8 * size:
            return "movz", _movz(operands[0], value, shift, where.column)
        if size == 4 and not -(1 << 31) <= expr < 1 << 32:
            raise Problem(f"{expr:#x} does not fit in a 32-bit register", where.column)
    place = _entry(unit, expr, size, where.column)
    return "ldr", (operands[0], Operand("address", (Hole(place, where.column),), where.column))


def _movz(register: Operand, value: int, shift: int, column: int) -> tuple[Operand, ...]:
    found = (register, Operand("immediate", (f"#{value}",), column))
    return (*found, Operand("shift", (f"lsl #{shift}",), column)) if shift else found


def _entry(unit: Unit, expr: Expr, size: int, column: int) -> Name:
    """Return the label of the pool entry for ``expr``, shared with equal ones before it."""
    pool = unit.pools.setdefault(unit.part, Pool())
    plain = expr if isinstance(expr, int) else expr.name if isinstance(expr, Name) else None
    if isinstance(expr, Name) and expr.modifier:
        raise Problem(f"@{expr.modifier} cannot stand in a literal", column)
    key = None if plain is None else (plain, size)
    if key is not None and key in pool.known:
        return pool.known[key]
    unit.literals += 1
    label = Name(f"\x01pool\x01{unit.literals}", "", column, "=value")
    pool.entries.append((label, expr, size, unit.origin, column))
    if key is not None:
        pool.known[key] = label
    return label


def flush(unit: Unit, part: Part | None = None) -> None:
    """Put out the pool of ``part``, or all pools at the end of a source."""
    for where in unit.pools if part is None else [part] if part in unit.pools else []:
        entries, unit.pools[where].entries = unit.pools[where].entries, []
        for label, expr, size, origin, column in entries:
            unit.origin = origin
            where.align_to(size.bit_length() - 1, b"\0")
            unit.define_label(label.name, column, where)
            offset = where.append(bytes(size))
            where.lines.append((offset, size, origin))
            where.fixups.append(Fixup(offset, size, expr, origin, column))
