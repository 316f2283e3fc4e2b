"""One source while it is read: its symbols, its sections, its diagnostics."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emu.asm import cache, expression
from emu.asm.expression import Expr, Here, Name, Value
from emu.asm.problem import Problem
from emu.asm.sections import STANDARD, Budget, Part, is_code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from emu.asm.conditionals import Branch
    from emu.asm.macros import Macro
    from emu.asm.source import Input, Origin
    from emu.errors import Diagnostic

__all__ = ["Options", "Pool", "Symbol", "Unit"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller wants besides the sources; see :func:`emu.asm.assemble`."""

    entry: str | None = None
    defines: Mapping[str, int] = field(default_factory=dict)
    include_dirs: tuple[Path, ...] = ()
    layout: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Symbol:
    """A name of one source; ``kind`` is undefined, label, variable or common."""

    name: str
    kind: str = "undefined"
    part: Part | None = None
    offset: int = 0
    expr: Expr = 0
    size: int = 0
    align: int = 0
    external: bool = False
    private: bool = False
    weak: bool = False
    weak_reference: bool = False
    final: bool = False
    defined: Origin | None = None
    used: tuple[Origin, int] | None = None

    @property
    def local(self) -> bool:
        """Tell whether the assembler keeps the name to itself, as it does those with ``L``."""
        return self.name[0] in "L\x01" and not self.external


@dataclass(slots=True, eq=False)
class Pool:
    """The constants of ``ldr xN, =value`` that wait for the next ``.ltorg``."""

    entries: list[tuple[Name, Expr, int, Origin, int]] = field(default_factory=list)
    known: dict[tuple[int | str, int], Name] = field(default_factory=dict)


class Unit:
    """The state of one source file in one pass over it.

    ``settled`` are the places of labels in the pass before this one, for the sizes that
    depend on labels further down; ``unsettled`` tells that this pass had none to go by.
    """

    def __init__(
        self, options: Options, settled: Mapping[str, tuple[tuple[str, str], int]] | None = None
    ) -> None:
        """Start an empty file, in its text section."""
        self.options = options
        self.settled = settled
        self.forward = False
        self.symbols: dict[str, Symbol] = {}
        self.parts: dict[tuple[str, str], Part] = {}
        self.budget = Budget()
        self.macros: dict[str, Macro] = {}
        self.registers: dict[str, str] = {}
        self.diagnostics: list[tuple[Origin, Diagnostic]] = []
        self.messages: list[str] = []
        self.pools: dict[Part, Pool] = {}
        self.inputs: list[Input] = []
        self.read: list[tuple[str, str]] = []
        self.conditionals: list[Branch] = []
        self.expansions = 0
        self.statements = 0
        self.literals = 0
        self.expanded = 0
        self.numeric: dict[str, list[Here]] = {}
        self.awaited: dict[str, tuple[Origin, int]] = {}
        self.files: dict[str, str] = {}
        self.origin: Origin
        self.entered: list[Part] = []
        self.part = self.select(*STANDARD[".text"])
        self.previous: Part | None = None
        for name, number in options.defines.items():
            self.symbols[name] = Symbol(name, "variable", expr=expression.wrap(number))

    # -- diagnostics ---------------------------------------------------------------------

    def complain(self, problem: Problem, origin: Origin | None = None, how: str = "error") -> None:
        """Note an error (or a warning) at ``origin``, by default the current statement."""
        if self.overfull:
            return
        at = self.origin if origin is None else origin
        self.diagnostics.append((at, at.diagnostic(problem, how)))
        if len(self.diagnostics) == MOST_ERRORS:
            self.diagnostics.append((at, at.diagnostic(Problem("too many errors: stopped here"))))

    @property
    def overfull(self) -> bool:
        """Tell whether there are so many errors that more would help nobody."""
        return len(self.diagnostics) > MOST_ERRORS

    def note_read(self, path: Path, data: bytes | None) -> None:
        """Note that the result depends on the file ``path``; None: on there being none."""
        self.read.append((str(path), "" if data is None else cache.mark(data)))

    # -- sections ------------------------------------------------------------------------

    def select(
        self, segment: str, name: str, kind: str = "", align: int = 0, attributes: str = ""
    ) -> Part:
        """Return the part of a section, made at its first mention."""
        part = self.parts.get((segment, name))
        if part is None:
            if not kind and segment == "__DATA" and name in {"__bss", "__common"}:
                kind = "zerofill"
            code = is_code(segment, name, attributes)
            part = Part(segment, name, kind or "regular", align, code, self.budget)
            self.parts[segment, name] = part
        return part

    def switch(self, part: Part) -> None:
        """Make ``part`` the one that bytes go to."""
        self.previous, self.part = self.part, part

    def emit(self, data: bytes) -> None:
        """Put bytes where the current statement stands."""
        part = self.part
        offset = part.append(data)
        if data:
            part.lines.append((offset, len(data), self.origin))

    # -- symbols -------------------------------------------------------------------------

    def symbol(self, name: str, column: int | None = None) -> Symbol:
        """Return the symbol ``name``; ``column`` given: it is used there."""
        found = self.symbols.get(name)
        if found is None:
            found = self.symbols[name] = Symbol(name)
        if column is not None and found.used is None:
            found.used = (self.origin, column)
        return found

    def define_label(self, name: str, column: int = 0, part: Part | None = None) -> None:
        """Let ``name`` be the current place (or the end of ``part``)."""
        symbol = self.symbol(name)
        if symbol.kind != "undefined":
            raise self.redefinition(symbol, column)
        symbol.kind, symbol.part = "label", self.part if part is None else part
        symbol.offset, symbol.defined = symbol.part.size, self.origin

    def define_numeric(self, number: str) -> None:
        """Let ``number`` be the current place, until it is given again."""
        places = self.numeric.setdefault(str(int(number)), [])
        places.append(Here(self.part, self.part.size))
        name = _numeric_name(number, len(places))
        self.awaited.pop(name, None)
        self.symbols[name] = Symbol(name, "label", self.part, self.part.size)

    def redefinition(self, symbol: Symbol, column: int) -> Problem:
        """Return the complaint about a second definition."""
        where = ""
        if symbol.defined is not None:
            where = f", at {symbol.defined.source.path}:{symbol.defined.line}"
        msg = f"symbol '{symbol.name}' is already defined{where}"
        return Problem(msg, column, len(symbol.name))

    def assign(self, name: str, expr: Expr, column: int, *, final: bool = False) -> None:
        """Give a variable its (next) value, as ``.set`` does; ``final`` forbids another."""
        symbol = self.symbol(name)
        again = symbol.kind == "variable" and not (final or symbol.final)
        if symbol.kind != "undefined" and not again:
            raise self.redefinition(symbol, column)
        if again and not (isinstance(symbol.expr, int) and isinstance(expr, int)) and symbol.used:
            raise self.redefinition(symbol, column)
        symbol.kind, symbol.expr, symbol.final = "variable", expr, final
        symbol.defined = self.origin

    # -- expressions ---------------------------------------------------------------------

    def resolve(self, name: Name) -> Expr:
        """Return what ``name`` stands for here: constants at once, the rest later."""
        text = name.name
        if text == ".":
            return Here(self.part, self.part.size)
        if _NUMERIC.match(text):
            return self._numeric_reference(name)
        symbol = self.symbol(text, name.column)
        if symbol.kind == "variable" and not name.modifier and isinstance(symbol.expr, int):
            return symbol.expr
        return name

    def _numeric_reference(self, name: Name) -> Expr:
        """Return the place of ``1b``, or the name of the coming ``1``."""
        number, direction = name.name[:-1], name.name[-1]
        places = self.numeric.get(str(int(number)), [])
        if direction == "b":
            if not places:
                raise Problem(
                    f"no label '{number}:' stands before this", name.column, len(name.name)
                )
            return places[-1]
        internal = _numeric_name(number, len(places) + 1)
        self.awaited.setdefault(internal, (self.origin, name.column))
        return Name(internal, "", name.column, name.name)

    def value(self, expr: Expr, column: int, *, forward: bool = False) -> Value:
        """Evaluate ``expr`` now, from what stands above it.

        ``forward``: symbols from further down are taken from the pass before.
        """

        def lookup(name: Name) -> Value:
            found = self.lookup(name)
            if found is None and forward and not name.modifier:
                return self._coming(name)
            if found is None:
                raise Problem(
                    f"the value of '{name.shown or name.name}' must be known at this point",
                    name.column,
                    len(name.shown or name.name),
                )
            return found

        try:
            return expression.evaluate(expr, lookup)
        except Problem as problem:
            if problem.column is None:
                problem.column = column
            raise

    def lookup(self, name: Name, depth: int = 0) -> Value | None:
        """Return the value of a symbol defined in this file, or None."""
        symbol = self.symbols.get(name.name)
        if symbol is None or symbol.kind in {"undefined", "common"}:
            return None
        if symbol.kind == "label":
            return Value(symbol.offset, symbol.part, None, name.modifier)
        if depth > _DEEPEST:
            raise Problem(
                f"the definition of '{name.name}' goes round in a circle",
                name.column,
                len(name.name),
            )

        def inner(other: Name) -> Value:
            found = self.lookup(other, depth + 1)
            if found is None:
                raise _Unknown
            return found

        try:
            found = expression.evaluate(symbol.expr, inner)
        except _Unknown:
            return None
        except Problem as problem:
            problem.column, problem.length = name.column, len(name.name)
            raise
        return found._replace(modifier=name.modifier) if name.modifier else found

    def _coming(self, name: Name) -> Value:
        """Return the place that a label had in the pass before."""
        self.forward = True
        if self.settled is None:
            return Value(0)
        if name.name not in self.settled:
            raise Problem(
                f"symbol '{name.shown or name.name}' is not defined",
                name.column,
                len(name.shown or name.name),
            )
        key, offset = self.settled[name.name]
        return Value(offset, self.select(*key) if key[0] else None)


class _Unknown(Exception):  # noqa: N818 - control flow inside this module only
    """A variable depends on a symbol of another file."""


#: Errors of one source after which it is not read on.
MOST_ERRORS = 300
_DEEPEST = 50
_NUMERIC = re.compile(r"[0-9]{1,18}[bf]$", re.ASCII)


def _numeric_name(number: str, count: int) -> str:
    """Return the internal name of the ``count``-th label ``number:``."""
    return f"\x01{int(number)}\x01{count}"
