"""The operands of an instruction: text to pieces of known shape.

Nothing that this module does not recognise goes on to the encoder: every register, keyword,
bracket and number of an instruction is one of the forms below, and every number is evaluated
here.  What is left are plain pieces of text with holes for the values of expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from emu.asm import expression
from emu.asm.problem import Problem

if TYPE_CHECKING:
    from emu.asm.expression import Expr
    from emu.asm.source import Origin
    from emu.asm.unit import Unit

__all__ = ["CONDITIONS", "Hole", "Instruction", "Operand", "parse", "register"]

CONDITIONS = tuple("eq ne hs lo mi pl vs vc hi ls ge lt gt le al nv cs cc".split())

_REGISTER = re.compile(
    r"""(?:[xw](?:[12]?[0-9]|3[01]|zr)|w?sp|fp|lr|[bhsdq](?:[12]?[0-9]|3[01])
    |v(?:[12]?[0-9]|3[01])(?:\.(?:16b|8b|4b|2b|8h|4h|2h|4s|2s|2d|1d|1q|[bhsd]))?)(?![\w$.?])""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_ALIASES = {"fp": "x29", "lr": "x30", "x31": "xzr", "w31": "wzr"}
_SHIFT = re.compile(
    r"(lsl|lsr|asr|ror|msl|[us]xt[bhwx])(?![\w$.?@])\s*(#)?", re.ASCII | re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z_.$?][A-Za-z0-9_.$?]*(?![@\w])", re.ASCII)
_FLOAT = re.compile(
    r"#?\s*([-+]?(?:[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+))(?![\w.])", re.ASCII
)
_LITERAL = re.compile(r"#?\s*(-?(?:0[xX][0-9a-fA-F]{1,2}|[0-9]{1,3}))\s*$", re.ASCII)

#: Mnemonics whose last operand is a condition.
_CONDITIONAL = frozenset(
    "csel csinc csinv csneg cset csetm cinc cinv cneg ccmp ccmn fcsel fccmp fccmpe".split()
)
#: Mnemonics one of whose operands is a name that the architecture gives.
_NAMING = frozenset("msr mrs dmb dsb isb tsb psb sys sysl dc ic at tlbi prfm prfum bti".split())
#: Index registers and extensions inside brackets, pre-index marks: closing brackets.
_CLOSING = {"[": "]", "{": "}"}


class Hole(NamedTuple):
    """The place of an expression's value; ``mark`` is ``#`` for an immediate, else empty."""

    expr: Expr
    column: int
    mark: str = "#"


class Operand(NamedTuple):
    """One operand: register, immediate, float, memory, list, shift, name or literal."""

    kind: str
    pieces: tuple[str | Hole, ...]
    column: int

    @property
    def text(self) -> str:
        """Return the operand as text if it has no holes, else what stands before the first."""
        first = self.pieces[0]
        return first if isinstance(first, str) else ""

    @property
    def hole(self) -> Hole | None:
        """Return the first hole."""
        for piece in self.pieces:
            if not isinstance(piece, str):
                return piece
        return None


@dataclass(slots=True, eq=False)
class Instruction:
    """One instruction whose operands have been read but perhaps not yet evaluated."""

    mnemonic: str
    operands: tuple[Operand, ...]
    origin: Origin


def parse(unit: Unit, mnemonic: str, text: str, pos: int) -> tuple[Operand, ...]:
    """Read the operands of ``mnemonic`` from ``text[pos:]``.

    Raises:
        Problem: for anything that is not an operand.
    """
    reader = _Reader(unit, mnemonic, text, pos)
    return reader.operands()


def register(unit: Unit, name: str) -> str | None:
    """Return the register ``name`` as the encoder knows it, or None if it is none."""
    reader = _Reader(unit, "", name, 0)
    found = reader.register()
    return found if reader.pos == len(name) else None


class _Reader:
    """A position in the operands of one instruction."""

    def __init__(self, unit: Unit, mnemonic: str, text: str, pos: int) -> None:
        self.unit = unit
        self.mnemonic = mnemonic
        self.text = text
        self.pos = pos
        #: Operands read so far.
        self.count = 0
        self.skip()

    def skip(self) -> str:
        """Skip white space; return the next character, empty at the end."""
        text, pos = self.text, self.pos
        while (following := text[pos : pos + 1]).isspace():
            pos += 1
        self.pos = pos
        return following

    def operands(self) -> tuple[Operand, ...]:
        found: list[Operand] = []
        if not self.skip():
            return ()
        while True:
            self.skip()
            found.append(self.operand())
            self.count += 1
            following = self.skip()
            if not following:
                return tuple(found)
            if following != ",":
                raise self.unexpected()
            self.pos += 1

    def unexpected(self) -> Problem:
        rest = self.text[self.pos :].rstrip()
        if not rest:
            return Problem("expected an operand", self.pos)
        if rest[0] == ":":
            return Problem(
                "':name:' is the notation of ELF",
                self.pos,
                1,
                "write symbol@PAGE or symbol@PAGEOFF",
            )
        return Problem(f"unexpected '{rest[:30]}' in the operands", self.pos, len(rest))

    def operand(self) -> Operand:
        column = self.pos
        first = self.text[column : column + 1]
        if first in _CLOSING:
            return self.brackets(first)
        if first == "=":
            self.pos += 1
            return Operand("literal", (self.hole(""),), column)
        register = self.register()
        if register is not None:
            pieces: tuple[str | Hole, ...] = (register,)
            if register[0] == "v" and self.skip() == "[":
                pieces += self.lane()
            return Operand("register", pieces, column)
        if shift := self.shift():
            return Operand("shift", shift, column)
        if name := self.name():
            return Operand("name", (name,), column)
        return self.number(column)

    def register(self) -> str | None:
        """Read a register; return its name as the encoder knows it."""
        match = _REGISTER.match(self.text, self.pos)
        if match is not None:
            self.pos = match.end()
            name = match[0].lower()
            return _ALIASES.get(name, name)
        if self.unit.registers:
            word = _WORD.match(self.text, self.pos)
            if word is not None and word[0].lower() in self.unit.registers:
                self.pos = word.end()
                return self.unit.registers[word[0].lower()]
        return None

    def lane(self) -> tuple[str | Hole, ...]:
        """Read ``[index]`` behind a vector register or a list of them."""
        self.pos += 1
        hole = self.hole("")
        if self.skip() != "]":
            raise self.unexpected()
        self.pos += 1
        return "[", hole, "]"

    def shift(self) -> tuple[str | Hole, ...] | None:
        """Read a shift or extension with its amount, if one comes next."""
        match = _SHIFT.match(self.text, self.pos)
        if match is None:
            return None
        keyword = match[1].lower()
        self.pos = match.end()
        following = self.skip()
        if not match[2] and following in {",", "]", ""}:
            return (keyword,)
        return keyword + " ", self.hole("#")

    def name(self) -> str | None:
        """Read a condition or another name, where the mnemonic has one."""
        if self.mnemonic not in _CONDITIONAL and self.mnemonic not in _NAMING:
            return None
        if self.count and self.mnemonic == "prfm":
            return None  # a label
        match = _WORD.match(self.text, self.pos)
        if match is None:
            return None
        word = match[0].lower()
        if self.mnemonic in _CONDITIONAL and word not in CONDITIONS:
            return None
        if self.mnemonic in _NAMING and word in self.unit.symbols:
            return None
        self.pos = match.end()
        return word

    def number(self, column: int) -> Operand:
        """Read an immediate, a floating-point constant or the address of a symbol."""
        if self.mnemonic[0] in "fm" and (match := _FLOAT.match(self.text, column)):
            self.pos = match.end()
            return Operand("float", ("#" + match[1],), column)
        if self.mnemonic == "fmov" and (match := _LITERAL.match(self.text, column)):
            self.pos = match.end()
            return Operand("float", ("#" + match[1],), column)
        marked = self.text.startswith("#", column)
        if marked:
            self.pos += 1
        elif self.text[column : column + 1] in {",", "]", "}", "!", ""}:
            raise self.unexpected()
        return Operand("immediate" if marked else "address", (self.hole("#"),), column)

    def hole(self, mark: str) -> Hole:
        """Read an expression."""
        following = self.skip()
        if following == ":":
            raise self.unexpected()
        column = self.pos
        expr, self.pos = expression.parse(self.text, self.pos, self.unit.resolve)
        return Hole(expr, column, mark)

    def brackets(self, opening: str) -> Operand:
        """Read a memory operand or a list of vector registers."""
        column = self.pos
        closing = _CLOSING[opening]
        self.pos += 1
        pieces: list[str | Hole] = [opening]
        while True:
            self.skip()
            pieces += self.element(opening)
            following = self.skip()
            if following == closing:
                break
            if following not in {",", "-"} or (following == "-" and opening == "["):
                raise self.unexpected()
            pieces.append(following)
            self.pos += 1
        self.pos += 1
        pieces.append(closing)
        if opening == "{":
            if self.skip() == "[":
                pieces += self.lane()
            return Operand("list", tuple(pieces), column)
        if self.skip() == "!":
            self.pos += 1
            pieces.append("!")
        return Operand("memory", tuple(pieces), column)

    def element(self, opening: str) -> tuple[str | Hole, ...]:
        """Read what stands between two commas inside brackets."""
        register = self.register()
        if register is not None:
            return (register,)
        if opening == "{":
            raise self.unexpected()
        if shift := self.shift():
            return shift
        if self.text.startswith("#", self.pos):
            self.pos += 1
        return (self.hole("#"),)
