"""The second pass: symbols of all sources to addresses, instructions and fixups to bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.asm import encode, expression, layout
from emu.asm.directives import fits
from emu.asm.expression import Value
from emu.asm.instruction import finish
from emu.asm.literals import coalesce
from emu.asm.problem import Problem
from emu.asm.relative import Site
from emu.asm.sections import Part
from emu.asm.suggest import nearest
from emu.asm.unit import Symbol
from emu.errors import AssemblyError, Diagnostic
from emu.image import Image, LineEntry, LineTable
from emu.image import Symbol as ImageSymbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.asm.expression import Expr, Name
    from emu.asm.operands import Hole, Instruction
    from emu.asm.sections import Fixup
    from emu.asm.unit import Options, Unit

__all__ = ["ENTRIES", "link"]

#: Where a program starts if nobody says otherwise: the first of these that is there.
ENTRIES = ("_main", "_start", "start")
_DEEPEST = 50
_HEADER = "__mh_execute_header"


def link(
    units: Sequence[Unit], name: str, options: Options, path: str, *, snippet: bool = False
) -> Image:
    """Return the image of ``units``; a ``snippet`` may start at its first instruction.

    Errors that belong to no line are told of ``path``.

    Raises:
        AssemblyError: with all errors, those of the first pass among them.
    """
    coalesce(units)
    program = _Program(units)
    program.collect()
    program.check_undefined()
    merged = layout.merge([*(p for u in units for p in u.parts.values()), program.common])
    layout.place(merged, options.layout)
    for unit in units:
        program.write_instructions(unit)
        program.write_fixups(unit)
    entry = program.entry(options.entry, path, snippet=snippet)
    program.fail_on_errors()
    sections = layout.sections(merged)
    return Image(
        name,
        layout.segments(sections),
        entry,
        sections,
        program.image_symbols(),
        LineTable(_lines(units)),
        {path: text for u in units for path, text in u.files.items()},
        messages=(*(m for u in units for m in u.messages), *program.messages),
    )


class _Program:
    """All sources together."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.units = units
        self.globals: dict[str, tuple[Unit, Symbol]] = {}
        self.common = Part("__DATA", "__common", "zerofill")
        self.header = Part("__TEXT", "__header")
        self.header.addr = layout.BASE
        self.loose: list[Diagnostic] = []
        self.messages: list[str] = []
        self.depth = 0

    # -- symbols -------------------------------------------------------------------------

    def collect(self) -> None:
        """Find the definition of every external symbol."""
        commons: dict[str, tuple[Unit, Symbol]] = {}
        for unit in self.units:
            for symbol in unit.symbols.values():
                if symbol.kind == "common":
                    _, known = commons.setdefault(symbol.name, (unit, symbol))
                    known.size = max(known.size, symbol.size)
                    known.align = max(known.align, symbol.align)
                elif symbol.external and symbol.kind != "undefined":
                    self.define(unit, symbol)
        for name, (unit, symbol) in commons.items():
            if name not in self.globals:
                self.common.align_to(symbol.align or _natural(symbol.size))
                offset = self.common.size
                try:
                    self.common.fill(symbol.size)
                except Problem as problem:
                    unit.complain(problem, symbol.defined)
                made = Symbol(name, "label", self.common, offset, external=True)
                self.globals[name] = (unit, made)
        header = Symbol(_HEADER, "label", self.header, external=True)
        self.globals.setdefault(_HEADER, (self.units[0], header))

    def define(self, unit: Unit, symbol: Symbol) -> None:
        """Enter an external definition; a second one is an error unless it is weak."""
        known = self.globals.get(symbol.name)
        if known is None or (known[1].weak and not symbol.weak):
            self.globals[symbol.name] = (unit, symbol)
        elif not symbol.weak:
            unit.complain(known[0].redefinition(known[1], 0), symbol.defined)

    def check_undefined(self) -> None:
        """Complain about every symbol that is used and nowhere defined, once per source."""
        for unit in self.units:
            for symbol in unit.symbols.values():
                if symbol.kind != "undefined" or symbol.used is None or symbol.weak_reference:
                    continue
                if unit.overfull:
                    break
                if symbol.name not in self.globals:
                    origin, column = symbol.used
                    unit.complain(self.undefined(unit, symbol.name, column), origin)

    def undefined(self, unit: Unit, name: str, column: int) -> Problem:
        """Return the complaint about ``name``."""
        for other in self.units:
            there = other.symbols.get(name)
            if other is not unit and there is not None and there.kind != "undefined":
                path = there.defined.source.path if there.defined else "another file"
                remedy = f"it is defined in {path}, which lacks .globl {name}"
                return Problem(f"undefined symbol '{name}'", column, len(name), remedy)
        hint = ""
        if len(unit.diagnostics) < AssemblyError.SHOWN:  # nobody sees those of the others
            known = [s.name for s in unit.symbols.values() if s.kind != "undefined"]
            hint = nearest(name, [k for k in (*known, *self.globals) if k[0] != "\x01"])
            if not hint and name.startswith("_"):
                hint = "no source defines it, and sources are linked with no library"
        return Problem(f"undefined symbol '{name}'", column, len(name), hint)

    def evaluate(self, unit: Unit, expr: Expr) -> Value:
        """Return the value of ``expr`` as ``unit`` means it.

        Raises:
            _Reported: for undefined symbols, which have been complained about already.
        """

        def lookup(name: Name) -> Value:
            symbol = unit.symbols.get(name.name)
            overridden = symbol is not None and symbol.weak and symbol.external
            found = None if overridden else unit.lookup(name)
            if found is not None:
                return found
            if symbol is not None and symbol.kind == "variable":
                value = self.evaluate(unit, symbol.expr)
                return value._replace(modifier=name.modifier) if name.modifier else value
            if name.name in self.globals:
                owner, there = self.globals[name.name]
                if there.kind == "label":
                    return Value(there.offset, there.part, None, name.modifier)
                value = self.evaluate(owner, there.expr)
                return value._replace(modifier=name.modifier) if name.modifier else value
            if symbol is not None and symbol.weak_reference:
                return Value(0, None, None, name.modifier)
            raise _Reported

        if self.depth > _DEEPEST:
            raise Problem("the definition of a symbol goes round in a circle")
        self.depth += 1
        try:
            return expression.evaluate(expr, lookup)
        except RecursionError:
            raise Problem("the definition of a symbol is nested too deep") from None
        finally:
            self.depth -= 1

    # -- bytes ---------------------------------------------------------------------------

    def write_instructions(self, unit: Unit) -> None:
        """Encode the instructions of ``unit`` into its parts."""
        waiting: list[tuple[Part, int, Instruction, str]] = []

        def value(hole: Hole) -> Value:
            try:
                return self.evaluate(unit, hole.expr)
            except Problem as problem:
                if problem.column is None:
                    problem.column = hole.column
                raise

        for part in unit.parts.values():
            for offset, instruction in part.instructions:
                try:
                    found = finish(instruction, Site(part, part.addr + offset), value)
                except Problem as problem:
                    unit.complain(problem, instruction.origin)
                except _Reported:
                    continue
                else:
                    if isinstance(found, int):
                        part.data[offset : offset + 4] = found.to_bytes(4, "little")
                    else:
                        waiting.append((part, offset, instruction, found))
        words = encode.encode([text for _, _, _, text in waiting])
        for (part, offset, instruction, _), word in zip(waiting, words, strict=True):
            if isinstance(word, int):
                part.data[offset : offset + 4] = word.to_bytes(4, "little")
            else:
                column = _immediate_column(instruction, word.immediate)
                unit.complain(Problem(word.message, column), instruction.origin)

    def write_fixups(self, unit: Unit) -> None:
        """Store the values of the expressions in the data of ``unit``."""
        for part in unit.parts.values():
            for fixup in part.fixups:
                try:
                    self.store(unit, part, fixup)
                except Problem as problem:
                    if problem.column is None:
                        problem.column = fixup.column
                    unit.complain(problem, fixup.origin)
                except _Reported:
                    continue

    def store(self, unit: Unit, part: Part, fixup: Fixup) -> None:
        """Store one value."""
        value = self.evaluate(unit, fixup.expr)
        if value.modifier:
            raise Problem(f"@{value.modifier} cannot stand in data", fixup.column)
        number = value.address
        if not value.absolute and value.minus is None and fixup.size < 8:
            raise Problem(
                f"an address takes 8 bytes and does not fit in {fixup.size}",
                fixup.column,
                1,
                "use .quad, or the difference of two labels",
            )
        if not fits(number, fixup.size):
            raise Problem(
                f"{number} does not fit in {fixup.size} byte{'s' * (fixup.size != 1)}", fixup.column
            )
        stored = (number & ((1 << 8 * fixup.size) - 1)).to_bytes(fixup.size, "little")
        if part.zerofill:
            if number:
                raise Problem(
                    f"zero-filled section {part.segment},{part.name} cannot hold data", fixup.column
                )
            return
        part.data[fixup.offset : fixup.offset + fixup.size] = stored

    # -- the image -----------------------------------------------------------------------

    def entry(self, wanted: str | None, path: str, *, snippet: bool) -> int:
        """Return the address to start at."""
        for name in (wanted,) if wanted else ENTRIES:
            for unit, symbol in self.named(name):
                if not (wanted or snippet or symbol.external):
                    self.messages.append(str(_hidden_entry(symbol, path)))
                value = self.evaluate(unit, symbol.expr) if symbol.kind == "variable" else None
                if value is not None:
                    return value.address
                if symbol.part is not None:
                    return symbol.part.addr + symbol.offset
        if wanted:
            known = [s.name for u in self.units for s in u.symbols.values() if s.kind == "label"]
            hint = nearest(wanted, known)
            msg = f"there is no entry point '{wanted}'"
            self.loose.append(Diagnostic(path, 0, 0, msg, suggestion=hint))
        elif snippet:
            first = self.units[0].parts["__TEXT", "__text"]
            return first.addr
        else:
            msg = "there is no entry point: define _main, _start or start, or give --entry SYMBOL"
            has_main = any("main" in unit.symbols for unit in self.units)
            hint = "the C function main is the label _main" if has_main else ""
            self.loose.append(Diagnostic(path, 0, 0, msg, suggestion=hint))
        return 0

    def named(self, name: str) -> list[tuple[Unit, Symbol]]:
        """Return the definitions of ``name``, an external one first."""
        found = [self.globals[name]] if name in self.globals else []
        for unit in self.units:
            symbol = unit.symbols.get(name)
            if symbol is not None and symbol.kind in {"label", "variable"}:
                found.append((unit, symbol))
        return found

    def fail_on_errors(self) -> None:
        """Raise what has been complained about, in the order of the sources."""
        found: list[Diagnostic] = []
        for unit in self.units:
            unit.diagnostics.sort(key=lambda pair: pair[0].outermost.line)
            found += [d for _, d in unit.diagnostics]
        if found or self.loose:
            raise AssemblyError(list(dict.fromkeys((*found, *self.loose))))

    def image_symbols(self) -> dict[str, ImageSymbol]:
        """Return all symbols by name; local names that two files share get the file's name."""
        found: dict[str, ImageSymbol] = {}
        for name, (unit, symbol) in self.globals.items():
            found[name] = self.image_symbol(unit, symbol)
        for unit in self.units:
            for symbol in unit.symbols.values():
                if symbol.name[0] == "\x01" or symbol.kind not in {"label", "variable"}:
                    continue
                if symbol.external and symbol.name in self.globals:
                    continue
                try:
                    made = self.image_symbol(unit, symbol)
                except (Problem, _Reported):
                    continue  # a variable that nothing uses may be nonsense
                name = symbol.name
                if name in found and symbol.defined is not None:
                    name = f"{symbol.defined.source.path}:{name}"
                found[name] = made
        return found

    def image_symbol(self, unit: Unit, symbol: Symbol) -> ImageSymbol:
        """Return the finished form of a definition."""
        if symbol.kind == "variable":
            value = self.evaluate(unit, symbol.expr)
        else:
            value = Value(symbol.offset, symbol.part)
        section = f"{value.plus.segment},{value.plus.name}" if value.plus else ""
        return ImageSymbol(
            symbol.name,
            value.address,
            section,
            symbol.external and not symbol.private,
            value.absolute,
            symbol.local,
        )


def _natural(size: int) -> int:
    """Return the alignment of a common symbol that names none: its size, up to 4 KiB."""
    return min(max(size - 1, 0).bit_length(), 12)


def _immediate_column(instruction: Instruction, index: int) -> int | None:
    """Return the column of the immediate that is ``index``-th among those of an instruction."""
    holes = [p for o in instruction.operands for p in o.pieces if not isinstance(p, str)]
    columns = [hole.column for hole in holes if hole.mark]
    return columns[index] if 0 <= index < len(columns) else None


class _Reported(Exception):  # noqa: N818 - control flow inside this module only
    """An expression uses an undefined symbol, which stands in the list already."""


def _hidden_entry(symbol: Symbol, path: str) -> Diagnostic:
    """Return the warning that a native linker does not find the entry point."""
    place = symbol.defined
    line, column = (place.line, place.column + 1) if place else (0, 0)
    return Diagnostic(
        place.source.path if place else path,
        line,
        column,
        f"'{symbol.name}' is not '.globl'; a native linker would fail: Undefined symbols for"
        f' architecture arm64: "{symbol.name}"',
        severity="warning",
    )


def _lines(units: Sequence[Unit]) -> list[LineEntry]:
    return [
        LineEntry(
            part.addr + offset,
            size,
            origin.where,
            origin.source.expansion,
            origin.text.strip(),
        )
        for unit in units
        for part in unit.parts.values()
        for offset, size, origin in part.lines
    ]
