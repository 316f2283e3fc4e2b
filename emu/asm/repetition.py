"""Bodies between a directive and its end, and the repetitions made of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emu.asm import macros
from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from emu.asm.cursor import Cursor
    from emu.asm.lexer import Statement
    from emu.asm.unit import Unit

__all__ = ["collect", "unroll"]

_FIRST = re.compile(r"(?:\s*[A-Za-z_.$?0-9][A-Za-z0-9_.$?@\\()]*\s*:)*\s*(\.[A-Za-z]+)", re.ASCII)

#: More statements than this at once are a mistake.
_MOST = 300_000


def collect(
    unit: Unit, openers: AbstractSet[str], closers: AbstractSet[str]
) -> tuple[list[Statement], bool]:
    """Take statements from the current input up to the closer that matches.

    The second result is False if the input ends first.
    """
    body: list[Statement] = []
    depth = 0
    for statement in unit.inputs[-1].statements:
        match = _FIRST.match(statement[2]) if "." in statement[2] else None
        word = match[1].lower() if match else ""
        if word in openers:
            depth += 1
        elif word in closers:
            if not depth:
                return body, True
            depth -= 1
        body.append(statement)
    return body, False


def unroll(unit: Unit, name: str, cursor: Cursor, body: list[Statement]) -> list[Statement]:
    """Return the statements that ``.rept``, ``.irp`` or ``.irpc`` makes of ``body``."""
    if name in {".rept", ".rep"}:
        cursor.blank()
        column = cursor.pos
        count = cursor.absolute()
        cursor.finish()
        if count < 0:
            raise Problem(f"the number of repetitions is negative: {count}", column)
        _check(count, body, column)
        return body * count
    column = cursor.pos
    parameter = cursor.symbol()
    cursor.require(",")
    values = _values(name, cursor)
    _check(len(values), body, column)
    found: list[Statement] = []
    for value in values:
        found += macros.substitute(body, {parameter: value}, unit.expansions)
    return found


def _values(name: str, cursor: Cursor) -> list[str]:
    if name == ".irp":
        found = [a for _, a, _ in macros.split_arguments(cursor.text, cursor.pos)]
        while found and not found[-1]:
            found.pop()
        return found
    found = [a for _, a, _ in macros.split_arguments(cursor.text, cursor.pos)]
    if len(found) > 1:
        raise Problem("'.irpc' takes one text", cursor.pos)
    return list(found[0]) if found else []


def _check(count: int, body: list[Statement], column: int) -> None:
    if count * len(body) > _MOST:
        raise Problem(f"{count} repetitions of {len(body)} statements are too many", column)
