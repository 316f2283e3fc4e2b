"""The expressions of ``#if``: integers of 64 bits, all of C's operators but assignment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from emu.asm import lexer
from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emu.asm.cmacro import Token

__all__ = ["evaluate"]

_BITS: Final = 64
_NUMBER: Final = re.compile(r"(0[xX][0-9A-Fa-f]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)([uUlL]*)")
#: Binary operators, by how tightly they bind.
_BINDING: Final = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip
_DEEPEST: Final = 100

#: A value and whether it is unsigned.
_Value = tuple[int, bool]


def evaluate(found: Sequence[Token]) -> int:
    """Return the value of an expression whose macros are expanded; other names are 0.

    Raises:
        Problem: it is malformed.
    """
    reader = _Reader([t for t in found if t.kind != "space"])
    value, _ = reader.conditional(live=True)
    if reader.peek() is not None:
        raise Problem(f"unexpected '{reader.peek()}' in the expression")
    return value


def _wrapped(value: int, *, unsigned: bool) -> _Value:
    value &= (1 << _BITS) - 1
    if not unsigned and value >> (_BITS - 1):
        value -= 1 << _BITS
    return value, unsigned


class _Reader:
    """Precedence climbing; ``live`` is false in what C does not evaluate (``0 && 1/0``)."""

    def __init__(self, found: list[Token]) -> None:
        self.found = found
        self.at = 0
        self.depth = 0

    def peek(self) -> str | None:
        return self.found[self.at].text if self.at < len(self.found) else None

    def take(self, text: str) -> bool:
        if self.peek() != text:
            return False
        self.at += 1
        return True

    def conditional(self, *, live: bool) -> _Value:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Problem("this expression is nested too deep")
        condition = self.binary(1, live=live)
        if self.take("?"):
            yes = self.conditional(live=live and bool(condition[0]))
            if not self.take(":"):
                raise Problem("'?' without ':'")
            no = self.conditional(live=live and not condition[0])
            chosen = yes if condition[0] else no
            condition = _wrapped(chosen[0], unsigned=yes[1] or no[1])
        self.depth -= 1
        return condition

    def binary(self, least: int, *, live: bool) -> _Value:
        left = self.unary(live=live)
        while (operator := self.peek()) and _BINDING.get(operator, 0) >= least:
            self.at += 1
            needed = live and not (
                (operator == "&&" and not left[0]) or (operator == "||" and left[0])
            )
            right = self.binary(_BINDING[operator] + 1, live=needed)
            left = _apply(operator, left, right, live=needed)
        return left

    def unary(self, *, live: bool) -> _Value:
        signs: list[str] = []
        while self.peek() in ("+", "-", "~", "!"):
            signs.append(self.found[self.at].text)
            self.at += 1
        value = self.primary(live=live)
        for sign in reversed(signs):
            number, unsigned = value
            if sign == "!":
                value = int(not number), False
            else:
                changed = {"+": number, "-": -number, "~": ~number}[sign]
                value = _wrapped(changed, unsigned=unsigned)
        return value

    def primary(self, *, live: bool) -> _Value:
        if self.at >= len(self.found):
            raise Problem("the expression ends where a value should stand")
        token = self.found[self.at]
        self.at += 1
        if token.text == "(":
            value = self.conditional(live=live)
            if not self.take(")"):
                raise Problem("'(' without ')'")
            return value
        if token.kind == "name":
            return 0, False
        if token.kind == "string" and token.text[0] == "'":
            return lexer.character(token.text), False
        match = _NUMBER.fullmatch(token.text)
        if match is None:
            raise Problem(f"'{token.text[:30]}' is no integer")
        return _number(match[1], suffix=match[2])


def _number(digits: str, suffix: str) -> _Value:
    octal = digits[0] == "0" and digits.isdigit()
    value = int(digits, 8 if octal else 0)
    if value >> _BITS:
        raise Problem(f"{digits[:40]} does not fit in {_BITS} bits")
    return _wrapped(value, unsigned="u" in suffix.lower() or bool(value >> (_BITS - 1)))


def _apply(operator: str, left: _Value, right: _Value, *, live: bool) -> _Value:
    unsigned = left[1] or right[1]
    a, b = _wrapped(left[0], unsigned=unsigned)[0], _wrapped(right[0], unsigned=unsigned)[0]
    if operator in ("/", "%"):
        if not live:
            return 0, unsigned
        if not b:
            raise Problem("division by zero")
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return _wrapped(quotient if operator == "/" else a - quotient * b, unsigned=unsigned)
    if operator in ("<<", ">>"):
        # A shift keeps the type of its left side; its distance counts modulo the width.
        distance = right[0] & (_BITS - 1)
        shifted = left[0] << distance if operator == "<<" else left[0] >> distance
        return _wrapped(shifted, unsigned=left[1])
    if operator in _ARITHMETIC:
        return _wrapped(_ARITHMETIC[operator](a, b), unsigned=unsigned)
    return int(_COMPARISONS[operator](a, b)), False


_ARITHMETIC: Final[dict[str, Callable[[int, int], int]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}
_COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "&&": lambda a, b: bool(a and b),
    "||": lambda a, b: bool(a or b),
}
