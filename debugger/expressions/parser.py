"""Tokens to a syntax tree, by precedence climbing with C's precedences."""

from __future__ import annotations

from functools import lru_cache

from debugger.expressions.lexer import Token, tokens
from debugger.expressions.syntax import (
    Binary,
    Cast,
    Choice,
    Field,
    Literal,
    Memory,
    Name,
    Node,
    Sizeof,
    Unary,
    Variable,
)
from debugger.expressions.types import NUMBERS, structs
from emu.asm.suggest import nearest
from emu.errors import ExpressionError

__all__ = ["parse"]

_PRECEDENCE = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, "<=": 7, ">": 7,
    ">=": 7, "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip
_UNARY = frozenset("-~!+*&")
#: Deepest nesting: no text that somebody types comes near, and Python's stack stays safe.
_DEPTH = 64


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """Return the tree of ``text``.

    Raises:
        ExpressionError: it is no expression; the column says where.
    """
    parser = _Parser(text)
    node = parser.choice()
    parser.expect("end", "")
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def accept(self, operator: str) -> bool:
        if self.next.kind == "operator" and self.next.text == operator:
            self.at += 1
            return True
        return False

    def expect(self, kind: str, text: str) -> Token:
        token = self.next
        if token.kind != kind or (text and token.text != text):
            wanted = repr(text)
            if not text:
                wanted = "an operator or the end" if kind == "end" else f"a {kind}"
            raise self.error(f"{wanted} is expected here", token)
        return self.take()

    def error(self, message: str, token: Token) -> ExpressionError:
        return ExpressionError(message, self.text, token.column)

    def choice(self) -> Node:
        self.depth += 1
        if self.depth > _DEPTH:
            raise self.error("this is nested too deeply", self.next)
        condition = self.binary(1)
        if self.accept("?"):
            yes = self.choice()
            self.expect("operator", ":")
            condition = Choice(condition.column, condition, yes, self.choice())
        self.depth -= 1
        return condition

    def binary(self, lowest: int) -> Node:
        left = self.unary()
        while self.next.kind == "operator":
            token = self.next
            precedence = _PRECEDENCE.get(token.text, 0)
            if precedence < lowest:
                break
            self.take()
            left = Binary(token.column, token.text, left, self.binary(precedence + 1))
        return left

    def unary(self) -> Node:
        token = self.next
        if token.kind == "operator" and token.text in _UNARY:
            self.depth += 1
            if self.depth > _DEPTH:
                raise self.error("this is nested too deeply", token)
            self.take()
            node = Unary(token.column, token.text, self.unary())
            self.depth -= 1
            return node
        return self.fields(self.primary())

    def fields(self, node: Node) -> Node:
        while self.next.kind == "operator" and self.next.text in {".", "->"}:
            self.take()
            name = self.expect("name", "")
            node = Field(name.column, node, name.text)
        return node

    def primary(self) -> Node:
        token = self.take()
        match token.kind:
            case "number" | "text":
                return Literal(token.column, token.value)
            case "variable":
                return Variable(token.column, token.text[1:])
            case "name":
                return self.named(token)
        if token.text == "(":
            return self.parenthesis(token)
        what = "the expression ends here" if token.kind == "end" else f"{token.text!r}"
        raise self.error(f"a value is expected here, not {what}" if token.kind != "end" else what,
                         token)  # fmt: skip

    def named(self, token: Token) -> Node:
        if token.text == "sizeof" and self.accept("("):
            name = self.expect("name", "")
            self.expect("operator", ")")
            return Sizeof(token.column, name.text)
        if not self.accept("["):
            return Name(token.column, token.text)
        address = self.choice()
        length = self.choice() if self.accept(",") else None
        self.expect("operator", "]")
        return Memory(token.column, token.text, address, length)

    def parenthesis(self, token: Token) -> Node:
        """A cast where a type's name stands alone in it, else grouping."""
        name, close = self.tokens[self.at], self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        if name.kind == "name" and close.text == ")" and (
            name.text in NUMBERS or name.text in structs() or name.text == "str"
        ):  # fmt: skip
            self.at += 2
            # C would take the field of the operand first; here that could not mean anything.
            operand = self.operand_of_cast()
            return self.fields(Cast(token.column, name.text, operand))
        node = self.choice()
        self.expect("operator", ")")
        if isinstance(node, Name) and self.next.kind in {"name", "number", "variable"}:
            remedy = nearest(node.name, [*NUMBERS, *structs()])
            raise ExpressionError(
                f"no type {node.name!r}" + (f"; {remedy}" if remedy else ""), self.text, node.column
            )
        return node

    def operand_of_cast(self) -> Node:
        token = self.next
        if token.kind == "operator" and token.text in _UNARY:
            return self.unary()
        return self.primary()
