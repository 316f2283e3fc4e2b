"""Conditional assembly: ``.if`` and its relatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.asm.cursor import Cursor
    from emu.asm.unit import Unit

__all__ = ["CONDITIONALS", "skipping"]

_COMPARISONS: dict[str, Callable[[int], bool]] = {
    ".if": lambda n: n != 0,
    ".ifne": lambda n: n != 0,
    ".ifeq": lambda n: n == 0,
    ".ifge": lambda n: n >= 0,
    ".ifgt": lambda n: n > 0,
    ".ifle": lambda n: n <= 0,
    ".iflt": lambda n: n < 0,
}


def _blank(unit: Unit, cursor: Cursor, name: str) -> bool:
    del unit
    return (cursor.rest() == "") == (name == ".ifb")


def _defined(unit: Unit, cursor: Cursor, name: str) -> bool:
    symbol = unit.symbols.get(cursor.symbol())
    cursor.finish()
    known = symbol is not None and symbol.kind != "undefined"
    return known == (name == ".ifdef")


def _same_text(unit: Unit, cursor: Cursor, name: str) -> bool:
    del unit
    column = cursor.pos
    text = cursor.rest()
    first, comma, second = _first_argument(text)
    if not comma:
        msg = f"'{name}' needs two texts, separated by a comma"
        raise Problem(msg, column)
    return (first.strip() == second.strip()) == (name == ".ifc")


def _first_argument(text: str) -> tuple[str, str, str]:
    """Cut ``text`` at its first comma."""
    return text.partition(",")


def _same_string(unit: Unit, cursor: Cursor, name: str) -> bool:
    del unit
    first = cursor.string()
    cursor.require(",")
    second = cursor.string()
    cursor.finish()
    return (first == second) == (name == ".ifeqs")


def _compared(unit: Unit, cursor: Cursor, name: str) -> bool:
    del unit
    number = cursor.absolute()
    cursor.finish()
    return _COMPARISONS[name](number)


_TESTS: dict[str, Callable[[Unit, Cursor, str], bool]] = {
    **dict.fromkeys(_COMPARISONS, _compared),
    **dict.fromkeys((".ifb", ".ifnb"), _blank),
    **dict.fromkeys((".ifdef", ".ifndef", ".ifnotdef"), _defined),
    **dict.fromkeys((".ifc", ".ifnc"), _same_text),
    **dict.fromkeys((".ifeqs", ".ifnes"), _same_string),
}


def skipping(unit: Unit) -> bool:
    """Tell whether statements are being left out."""
    return bool(unit.conditionals) and not unit.conditionals[-1][0]


# A frame is [taken now, some branch was taken, the .else has been seen].


def _open(unit: Unit, cursor: Cursor, name: str) -> None:
    if skipping(unit):
        unit.conditionals.append([False, True, False])
        return
    unit.conditionals.append([False, True, False])  # stands if the test cannot be made
    taken = _TESTS[name](unit, cursor, name)
    unit.conditionals[-1] = [taken, taken, False]


def _innermost(unit: Unit, name: str) -> list[bool]:
    base = unit.inputs[-1].conditionals if unit.inputs else 0
    if len(unit.conditionals) <= base:
        msg = f"'{name}' without '.if'"
        raise Problem(msg)
    return unit.conditionals[-1]


def _else_if(unit: Unit, cursor: Cursor, name: str) -> None:
    frame = _innermost(unit, name)
    if frame[2]:
        msg = "'.elseif' after '.else'"
        raise Problem(msg)
    outer = len(unit.conditionals) < 2 or unit.conditionals[-2][0]
    frame[0] = False
    if frame[1] or not outer:
        return
    frame[1] = True  # stands if the test cannot be made
    frame[0] = frame[1] = cursor.absolute() != 0
    cursor.finish()


def _else(unit: Unit, cursor: Cursor, name: str) -> None:
    frame = _innermost(unit, name)
    if frame[2]:
        msg = "a second '.else'"
        raise Problem(msg)
    cursor.finish()
    outer = len(unit.conditionals) < 2 or unit.conditionals[-2][0]
    frame[0] = outer and not frame[1]
    frame[1] = frame[2] = True


def _end(unit: Unit, cursor: Cursor, name: str) -> None:
    _innermost(unit, name)
    unit.conditionals.pop()
    cursor.finish()


CONDITIONALS: dict[str, Callable[[Unit, Cursor, str], None]] = {
    **dict.fromkeys(_TESTS, _open),
    ".elseif": _else_if,
    ".else": _else,
    ".endif": _end,
}
