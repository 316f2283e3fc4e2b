"""Expressions: text to tree, and tree to value.

A tree is a plain ``int``, or one of the nodes below.  A value is a number that may count from
the start of one section part and may have the start of another taken off, which is all that a
Mach-O relocation can say; what is neither is refused.

Operators, precedence and results are those of LLVM for Mach-O, lowest first: ``&& ||``,
``| ^ &``, ``== != <> < <= > >=``, ``<< >>``, ``+ -``, ``* / %``.  All are left-associative,
arithmetic is that of 64 bits, ``>>`` shifts zeros in, a comparison that holds is -1, ``&&``,
``||`` and ``!`` give 0 or 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from emu.asm import lexer
from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.asm.sections import Part

__all__ = ["MODIFIERS", "Binary", "Expr", "Here", "Name", "Unary", "Value", "evaluate", "parse"]

#: What may follow ``@`` behind a symbol.
MODIFIERS = frozenset({"PAGE", "PAGEOFF", "GOTPAGE", "GOTPAGEOFF"})

_THREAD_LOCAL = frozenset({"TLVPPAGE", "TLVPPAGEOFF"})
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Name:
    """A symbol, with the relocation modifier that was written behind it."""

    name: str
    modifier: str = ""
    column: int = 0
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """A place that is known by its offset into a section part: ``.`` and numeric labels."""

    part: Part
    offset: int


@dataclass(frozen=True, slots=True)
class Unary:
    """An operator before its operand."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between its operands; ``column`` is the operator's."""

    operator: str
    left: Expr
    right: Expr
    column: int = 0


Expr: TypeAlias = "int | Name | Here | Unary | Binary"


class Value(NamedTuple):
    """``number``, plus the address of ``plus``, less the address of ``minus``."""

    number: int
    plus: Part | None = None
    minus: Part | None = None
    modifier: str = ""

    @property
    def absolute(self) -> bool:
        """Tell whether this is a number whatever the layout."""
        return self.plus is None and self.minus is None and not self.modifier

    @property
    def address(self) -> int:
        """Return the number after layout; the modifier is left to the caller."""
        number = self.number
        if self.plus is not None:
            number += self.plus.addr
        if self.minus is not None:
            number -= self.minus.addr
        return number


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>0[xX][0-9a-fA-F]+|0[bB][01]+(?![0-9])|[0-9]+)(?P<tail>[A-Za-z0-9_.$]*)
    |(?P<name>[A-Za-z_.$?][A-Za-z0-9_.$?]*)(?P<modifier>@[A-Za-z0-9_]*)?
    |"(?P<quoted>[^"\\\x00-\x1f]+)"(?P<modifier2>@[A-Za-z0-9_]*)?
    |(?P<character>'(?:\\.|[^\\])')
    |(?P<operator>\|\||&&|<<|>>|==|!=|<>|<=|>=|[-+*/%|^&<>!~()])
    )""",
    re.VERBOSE | re.ASCII,
)
_PLAIN = re.compile(r"\s*(0[xX][0-9a-fA-F]{1,15}|[1-9][0-9]{0,17}|0)\s*(?=$|[],}])", re.ASCII)

_PRECEDENCE = {
    **dict.fromkeys(("&&", "||"), 1),
    **dict.fromkeys(("|", "^", "&"), 2),
    **dict.fromkeys(("==", "!=", "<>", "<", "<=", ">", ">="), 3),
    **dict.fromkeys(("<<", ">>"), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}
_LIMIT = 1 << 64


def wrap(number: int) -> int:
    """Return ``number`` as a signed one of 64 bits."""
    number &= _LIMIT - 1
    return number - _LIMIT if number >> 63 else number


@dataclass(slots=True)
class _Parser:
    """A precedence climber over one text; ``resolve`` turns a name into a tree."""

    text: str
    pos: int
    resolve: Callable[[Name], Expr]
    depth: int = 0
    nodes: int = 0

    def binary(self, lowest: int) -> Expr:
        """Parse operators that bind at least as tightly as ``lowest``."""
        left = self.unary()
        while True:
            match = _TOKEN.match(self.text, self.pos)
            operator = match["operator"] if match else None
            strength = _PRECEDENCE.get(operator or "", 0)
            if match is None or operator is None or not strength or strength < lowest:
                return left
            self.pos = match.end()
            right = self.binary(strength + 1)
            left = _join(operator, left, right, match.start("operator"))
            self.nodes += not isinstance(left, int)
            if self.nodes > _DEEPEST:
                raise Problem(
                    f"expression has more than {_DEEPEST} operators", match.start("operator")
                )

    def unary(self) -> Expr:
        """Parse one operand with the operators before it."""
        match = _TOKEN.match(self.text, self.pos)
        if match is None:
            rest = self.text[self.pos :].lstrip()
            msg = "expected an expression" if rest else "expected an expression before the end"
            raise Problem(msg, min(len(self.text.rstrip()), len(self.text) - len(rest)))
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Problem(f"expression is nested more than {_DEEPEST} deep", self.pos)
        result = self.primary(match)
        self.depth -= 1
        return result

    def primary(self, match: re.Match[str]) -> Expr:
        """Parse what ``match`` begins."""
        self.pos = match.end()
        if match["number"]:
            return self.number(match)
        if match["name"] or match["quoted"] is not None:
            return self.name(match)
        if match["character"]:
            return lexer.character(match["character"])
        operator = match["operator"]
        if operator == "(":
            inner = self.binary(1)
            close = _TOKEN.match(self.text, self.pos)
            if close is None or close["operator"] != ")":
                raise Problem("expected ')'", min(self.pos, len(self.text)))
            self.pos = close.end()
            return inner
        if operator in {"-", "+", "~", "!"}:
            operand = self.unary()
            return (
                _apply(operator, operand) if isinstance(operand, int) else Unary(operator, operand)
            )
        raise Problem(
            f"expected an operand before '{operator}'", match.start("operator"), len(operator)
        )

    def number(self, match: re.Match[str]) -> Expr:
        """Return the value of a literal, or the place of a numeric label such as ``1f``."""
        digits, tail = match["number"], match["tail"]
        column = match.start("number")
        if tail in {"f", "b"} and digits.isdigit() and len(digits) <= 18:
            return self.resolve(Name(digits + tail, "", column))
        if not tail:
            base = 16 if digits[1:2] in {"x", "X"} else 2 if digits[1:2] in {"b", "B"} else 0
            octal = not base and digits[0] == "0" and len(digits) > 1
            if len(digits) < _LIMIT.bit_length() + 2 and not (octal and re.search("[89]", digits)):
                value = int(digits, base or (8 if octal else 10))
                if value < _LIMIT:
                    return wrap(value)
                raise Problem(f"number {digits} does not fit in 64 bits", column, len(digits))
        raise Problem(f"invalid number '{(digits + tail)[:40]}'", column, len(digits + tail))

    def name(self, match: re.Match[str]) -> Expr:
        """Return the tree that a symbol stands for."""
        group = "name" if match["name"] else "quoted"
        modifier = ((match["modifier"] or match["modifier2"]) or "")[1:].upper()
        column = match.start(group)
        at_sign = match["modifier"] or match["modifier2"]
        if at_sign and modifier not in MODIFIERS:
            problem = "thread-local variables are not supported"
            if modifier not in _THREAD_LOCAL:
                problem = f"unknown relocation '{at_sign}'"
            raise Problem(problem, match.end() - len(at_sign), len(at_sign))
        return self.resolve(Name(match[group], modifier, column))


def parse(text: str, pos: int, resolve: Callable[[Name], Expr]) -> tuple[Expr, int]:
    """Parse an expression in ``text`` from ``pos``; return its tree and the end position.

    Raises:
        Problem: where there is no expression.
    """
    if plain := _PLAIN.match(text, pos):
        return int(plain[1], 0), plain.end()
    parser = _Parser(text, pos, resolve)
    return parser.binary(1), parser.pos


def _join(operator: str, left: Expr, right: Expr, column: int) -> Expr:
    if isinstance(left, int) and isinstance(right, int):
        return _calculate(operator, left, right, column)
    return Binary(operator, left, right, column)


def _apply(operator: str, number: int) -> int:
    if operator == "-":
        return wrap(-number)
    if operator == "~":
        return ~number
    return number if operator == "+" else int(number == 0)


_SIMPLE: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: -(a == b),
    "!=": lambda a, b: -(a != b),
    "<>": lambda a, b: -(a != b),
    "<": lambda a, b: -(a < b),
    "<=": lambda a, b: -(a <= b),
    ">": lambda a, b: -(a > b),
    ">=": lambda a, b: -(a >= b),
    "&&": lambda a, b: int(a != 0 and b != 0),
    "||": lambda a, b: int(a != 0 or b != 0),
}


def _calculate(operator: str, left: int, right: int, column: int = 0) -> int:
    if simple := _SIMPLE.get(operator):
        return wrap(simple(left, right))
    if operator in {"<<", ">>"}:
        if not 0 <= right < _LIMIT.bit_length() - 1:
            raise Problem(f"shift by {right} is not between 0 and 63", column, 2)
        return wrap(left << right) if operator == "<<" else wrap((left % _LIMIT) >> right)
    if right == 0:
        raise Problem("division by zero", column)
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return wrap(quotient) if operator == "/" else left - quotient * right


def evaluate(expr: Expr, lookup: Callable[[Name], Value]) -> Value:
    """Return the value of ``expr``; ``lookup`` knows the symbols.

    Raises:
        Problem: for what is neither a number nor an address plus or minus something.
    """
    if isinstance(expr, int):
        return Value(expr)
    if isinstance(expr, Name):
        return lookup(expr)
    if isinstance(expr, Here):
        part, offset = expr.part.place(expr.offset)
        return Value(offset, part)
    if isinstance(expr, Unary):
        value = evaluate(expr.operand, lookup)
        if expr.operator == "+":
            return value
        if expr.operator == "-" and not value.modifier:
            return Value(wrap(-value.number), value.minus, value.plus)
        return Value(_apply(expr.operator, _number(value, 0)))
    left, right = evaluate(expr.left, lookup), evaluate(expr.right, lookup)
    if expr.operator in {"+", "-"}:
        return _sum(expr, left, right)
    column = expr.column
    return Value(_calculate(expr.operator, _number(left, column), _number(right, column), column))


def _number(value: Value, column: int) -> int:
    if not value.absolute:
        raise Problem("only + and - work on addresses", column)
    return value.number


def _sum(expr: Binary, left: Value, right: Value) -> Value:
    number, plus, minus = right.number, right.plus, right.minus
    if expr.operator == "-":
        number, plus, minus = -number, minus, plus
    ups = [p for p in (left.plus, plus) if p is not None]
    downs = [p for p in (left.minus, minus) if p is not None]
    for part in tuple(ups):
        if part in downs:
            ups.remove(part)
            downs.remove(part)
    both = left.modifier and right.modifier
    if len(ups) > 1 or len(downs) > 1 or both or (right.modifier and expr.operator == "-"):
        raise Problem(
            "this mix of addresses has no meaning: at most one may be added and one taken off",
            expr.column,
        )
    return Value(
        wrap(left.number + number),
        ups[0] if ups else None,
        downs[0] if downs else None,
        left.modifier or right.modifier,
    )
