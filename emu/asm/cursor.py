"""The operands of a directive, read from left to right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emu.asm import expression, lexer
from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emu.asm.expression import Expr
    from emu.asm.unit import Unit

__all__ = ["Cursor"]

_SYMBOL = re.compile(r'([A-Za-z_.$?][A-Za-z0-9_.$?]*)|"([^"\\\x00-\x1f]+)"', re.ASCII)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_STRING = re.compile(r'"((?:\\.|[^"\\])*)"')


class Cursor:
    """A position in the text of one statement; every method moves it past what it read.

    All raise :class:`Problem` with the column where they cannot read what they should.
    """

    def __init__(self, unit: Unit, text: str, pos: int) -> None:
        """Start at ``text[pos]``; names mean what they do in ``unit`` at this point."""
        self.unit = unit
        self.text = text
        self.pos = pos

    def blank(self) -> None:
        """Skip white space."""
        text, pos = self.text, self.pos
        while text[pos : pos + 1].isspace():
            pos += 1
        self.pos = pos

    @property
    def at_end(self) -> bool:
        """Tell whether nothing is left."""
        self.blank()
        return self.pos >= len(self.text)

    def peek(self, token: str) -> bool:
        """Tell whether ``token`` comes next."""
        self.blank()
        return self.text.startswith(token, self.pos)

    def take(self, token: str) -> bool:
        """Read ``token`` if it comes next."""
        if self.peek(token):
            self.pos += len(token)
            return True
        return False

    def require(self, token: str) -> None:
        """Read ``token``."""
        if not self.take(token):
            raise Problem(f"expected '{token}'", self.pos)

    def finish(self) -> None:
        """Insist that nothing is left."""
        if not self.at_end:
            left = self.text[self.pos :].rstrip()
            raise Problem(f"unexpected '{left[:30]}' after the operands", self.pos, len(left))

    def rest(self) -> str:
        """Read all that is left."""
        self.blank()
        found = self.text[self.pos :].rstrip()
        self.pos = len(self.text)
        return found

    def symbol(self) -> str:
        """Read the name of a symbol."""
        self.blank()
        match = _SYMBOL.match(self.text, self.pos)
        if match is None:
            raise Problem("expected the name of a symbol", self.pos)
        self.pos = match.end()
        return match[1] or match[2]

    def word(self) -> str:
        """Read a plain word."""
        self.blank()
        match = _WORD.match(self.text, self.pos)
        if match is None:
            raise Problem("expected a word", self.pos)
        self.pos = match.end()
        return match[0]

    def string(self) -> bytes:
        """Read a string constant; return its bytes."""
        self.blank()
        match = _STRING.match(self.text, self.pos)
        if match is None:
            raise Problem("expected a string", self.pos)
        try:
            found = lexer.string(match[1])
        except Problem as problem:
            problem.column, problem.length = self.pos, len(match[0])
            raise
        self.pos = match.end()
        return found

    def expression(self) -> Expr:
        """Read an expression."""
        self.blank()
        expr, self.pos = expression.parse(self.text, self.pos, self.unit.resolve)
        return expr

    def absolute(self, *, forward: bool = False) -> int:
        """Read an expression whose value must be a number now; return it.

        ``forward`` allows symbols that are only defined further down.
        """
        self.blank()
        start = self.pos
        expr = self.expression()
        if isinstance(expr, int):
            return expr
        value = self.unit.value(expr, start, forward=forward)
        if not value.absolute:
            raise Problem(
                "expected a number, and this depends on where the program is placed",
                start,
                self.pos - start,
            )
        return value.number

    def commas(self) -> Iterator[int]:
        """Yield the start of each element of a list separated by commas, to its end."""
        if self.at_end:
            return
        while True:
            self.blank()
            yield self.pos
            if not self.take(","):
                break
        self.finish()
