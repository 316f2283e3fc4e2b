"""Conditional assembly: ``.if`` and its relatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.asm.cursor import Cursor
    from emu.asm.source import Origin
    from emu.asm.unit import Unit

__all__ = ["CONDITIONALS", "Branch", "skipping"]


@dataclass(slots=True)
class Branch:
    """An open conditional: is this branch assembled, was one already, was this the ``.else``.

    Inside a conditional that is left out ``done`` is set from the start.
    """

    origin: Origin
    taken: bool = False
    done: bool = True
    last: bool = False


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
    first, comma, second = text.partition(",")
    if not comma:
        raise Problem(f"'{name}' needs two texts, separated by a comma", column)
    return (first.strip() == second.strip()) == (name == ".ifc")


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
    return bool(unit.conditionals) and not unit.conditionals[-1].taken


def _open(unit: Unit, cursor: Cursor, name: str) -> None:
    left_out = skipping(unit)
    branch = Branch(unit.origin)
    unit.conditionals.append(branch)  # as it is, it stands if the test cannot be made
    if not left_out:
        branch.taken = branch.done = _TESTS[name](unit, cursor, name)


def _innermost(unit: Unit, name: str) -> Branch:
    base = next((i.conditionals for i in reversed(unit.inputs) if i.kind == "file"), 0)
    if len(unit.conditionals) <= base:
        raise Problem(f"'{name}' without '.if'")
    return unit.conditionals[-1]


def _else_if(unit: Unit, cursor: Cursor, name: str) -> None:
    branch = _innermost(unit, name)
    if branch.last:
        raise Problem("'.elseif' after '.else'")
    branch.taken = False
    if branch.done:
        return
    branch.done = True  # stands if the test cannot be made
    number = cursor.absolute()
    cursor.finish()
    branch.taken = branch.done = number != 0


def _else(unit: Unit, cursor: Cursor, name: str) -> None:
    branch = _innermost(unit, name)
    if branch.last:
        raise Problem("a second '.else'")
    cursor.finish()
    branch.taken = not branch.done
    branch.done = branch.last = True


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
