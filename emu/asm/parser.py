"""The first pass: statements into the sections and symbols of a :class:`~emu.asm.unit.Unit`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from emu.asm import lexer, macros, operands, repetition
from emu.asm.conditionals import CONDITIONALS, skipping
from emu.asm.cursor import Cursor
from emu.asm.directives import DIRECTIVES, FOREIGN, assign, find_file, move_to
from emu.asm.instruction import check_mnemonic
from emu.asm.mnemonics import MNEMONICS
from emu.asm.operands import Instruction
from emu.asm.pool import flush, literal
from emu.asm.preprocess import preprocess
from emu.asm.problem import Problem
from emu.asm.source import Input, Origin, read_source
from emu.asm.suggest import nearest
from emu.asm.unit import Unit
from emu.errors import AssemblyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emu.asm.lexer import Statement

__all__ = ["parse"]

_LABEL = re.compile(
    r'\s*(?:((?!\.[0-9])[A-Za-z_.$?][A-Za-z0-9_.$?]*|"[^"\\\x00-\x1f]+")|([0-9]{1,18}))\s*:',
    re.ASCII,
)
_FIRST = re.compile(r"\s*([A-Za-z_.$?][A-Za-z0-9_.$?]*)", re.ASCII)
_ASSIGNMENT = re.compile(
    r'\s*([A-Za-z_.$?][A-Za-z0-9_.$?]*|"[^"\\\x00-\x1f]+")\s*=(?!=)\s*', re.ASCII
)
_ALIAS = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s+\.req\s+(\w+)\s*$", re.ASCII | re.IGNORECASE)
_NOP = b"\x1f\x20\x03\xd5"

#: Bounds that keep a runaway source from taking all time and memory.
MOST_STATEMENTS = 300_000
MOST_EXPANDED = 1 << 24
DEEPEST = 20


def parse(unit: Unit, path: str, text: str) -> None:
    """Read the source ``text`` of the file ``path`` into ``unit``; errors go to its list."""
    _Parser(unit).run(path, text)


class _Parser:
    """Drives one unit through its inputs, innermost first."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        #: How the C preprocessor got to each file, in words.
        self.notes: dict[str, tuple[str, ...]] = {}
        self.directives: dict[str, Callable[[Cursor], None]] = {
            ".macro": self.macro,
            ".endm": self.stray_end,
            ".endmacro": self.stray_end,
            ".exitm": self.exit_macro,
            ".purgem": self.purge,
            ".rept": self.repeat,
            ".rep": self.repeat,
            ".irp": self.repeat,
            ".irpc": self.repeat,
            ".endr": self.stray_end,
            ".include": self.include,
            ".ltorg": self.pool,
            ".pool": self.pool,
            ".end": self.end,
            ".err": self.fail,
            ".error": self.fail,
            ".abort": self.fail,
            ".warning": self.warn,
            ".print": self.say,
        }

    # -- inputs ------------------------------------------------------------------------------

    def run(self, path: str, text: str) -> None:
        """Read one file and all it leads to."""
        self.unit.origin = Origin(Input(path, iter(())), 1, 0, "")
        if path.endswith(".S"):
            text = self.preprocess(path, text)
        self.open_file(path, text, "")
        while self.unit.inputs:
            source = self.unit.inputs[-1]
            for statement in source.statements:
                self.statement(Origin(source, *statement))
                if self.unit.inputs[-1] is not source:
                    break
            else:
                self.close(source)
        self.finish()

    def preprocess(self, path: str, text: str) -> str:
        """Return what the C preprocessor makes of a file; its errors are all that is said."""
        done = preprocess(path, text, self.unit.options.include_dirs, self.unit.options.defines)
        self.unit.files.update(done.files)
        self.notes = done.notes
        for where, data in done.read:
            self.unit.note_read(where, data)
        if errors := [d for d in done.diagnostics if d.severity == "error"]:
            raise AssemblyError(errors)
        self.unit.messages += [str(d) for d in done.diagnostics]
        return done.text

    def marker(self, origin: Origin) -> None:
        """Go on as the file that a line marker names."""
        match = lexer.MARKER.fullmatch(origin.text)
        if match is None or match[2] is None:
            self.no_name(origin.text, 0)
            return
        if origin.source.kind != "file":
            return
        path = match[2].replace('\\"', '"').replace("\\\\", "\\")
        self.unit.inputs[-1] = replace(
            origin.source,
            path=path,
            lines=self.unit.files.get(path, "").split("\n"),
            notes=self.notes.get(path, origin.source.notes),
            preprocessed=True,
        )

    def open_file(self, path: str, text: str, note: str) -> None:
        """Read statements from a file until it ends."""
        source = Input(path, iter(()), "file")
        source.lines = self.unit.files.get(path, text).split("\n")
        source.preprocessed = path in self.notes
        source.directory = str(Path(path).parent)
        if note:
            outer = self.unit.origin.source
            source.notes = (note, *outer.notes)
            source.expansion = outer.expansion
        source.conditionals = len(self.unit.conditionals)

        def complain(line: int, column: int, message: str) -> None:
            at = self.unit.inputs[-1] if self.unit.inputs else source
            shown = at.lines[line - 1] if line <= len(at.lines) else ""
            origin = Origin(at, line, 0, shown)
            self.unit.complain(Problem(message, column), origin)

        source.statements = lexer.statements(text, complain)
        self.unit.files.setdefault(path, text)
        self.unit.inputs.append(source)

    def expand(self, body: Sequence[Statement], name: str, kind: str) -> None:
        """Read statements from ``body``, the substituted body of a macro or repetition."""
        origin = self.unit.origin
        outer = origin.source
        if len(self.unit.inputs) > DEEPEST * 2 or (
            kind == "macro" and sum(i.kind == "macro" for i in self.unit.inputs) >= DEEPEST
        ):
            raise Problem(f"macros are nested more than {DEEPEST} deep")
        self.unit.expanded += sum(len(text) for _, _, text in body)
        if self.unit.expanded > MOST_EXPANDED:
            self.unit.statements = MOST_STATEMENTS
            raise Problem(f"macros expand to more than {MOST_EXPANDED >> 20} MiB of text")
        expansion = outer.expansion
        if kind == "macro":
            expansion = (origin.where, *expansion)
        note = f"in the expansion of {name}, at {outer.path}:{origin.line}"
        self.unit.inputs.append(
            Input(
                outer.path if kind != "macro" else self.body_path(name),
                iter(_relex(body)),
                kind,
                expansion,
                (note, *outer.notes),
                conditionals=len(self.unit.conditionals),
                directory=outer.directory,
            )
        )

    def body_path(self, name: str) -> str:
        """Return the path of the file that the body of macro ``name`` stands in."""
        origin = self.unit.macros[name].origin
        return origin.source.path if origin else ""

    def close(self, source: Input) -> None:
        """Leave an input at its end."""
        self.unit.inputs.pop()
        if source.kind == "file" and len(self.unit.conditionals) > source.conditionals:
            opened = self.unit.conditionals[-1].origin
            self.unit.complain(Problem("'.if' without '.endif'"), opened)
            del self.unit.conditionals[source.conditionals :]

    def finish(self) -> None:
        """Put out what is left at the end of the last file."""
        flush(self.unit)
        for name, (origin, column) in self.unit.awaited.items():
            number = name.split("\x01")[1]
            problem = Problem(f"no label '{number}:' stands after this", column, len(number) + 1)
            self.unit.complain(problem, origin)

    # -- statements --------------------------------------------------------------------------

    def statement(self, origin: Origin) -> None:
        """Read one statement; an error ends it, not the file."""
        unit = self.unit
        unit.origin = origin
        unit.statements += 1
        if unit.statements > MOST_STATEMENTS:
            unit.complain(Problem(f"more than {MOST_STATEMENTS} statements: a runaway expansion?"))
        if unit.statements > MOST_STATEMENTS or unit.overfull:
            unit.inputs[:] = [Input("", iter(()))]
            unit.conditionals.clear()
            return
        try:
            if origin.text.startswith("#"):
                self.marker(origin)
            elif skipping(unit):
                self.skipped(origin.text)
            else:
                self.dispatch(origin.text)
        except Problem as problem:
            unit.complain(problem)
        except RecursionError:
            unit.complain(Problem("this statement is nested too deep"))

    def skipped(self, text: str) -> None:
        """Look only for the end of what is left out."""
        match = _FIRST.match(text)
        name = match[1].lower() if match else ""
        if match and (handler := CONDITIONALS.get(name)):
            handler(self.unit, Cursor(self.unit, text, match.end()), name)

    def dispatch(self, text: str) -> None:
        """Take the labels off, then find out what kind of statement this is."""
        unit = self.unit
        pos = 0
        while ":" in text and (label := _LABEL.match(text, pos)):
            pos = label.end()
            if label[2]:
                unit.define_numeric(label[2])
            else:
                unit.define_label(label[1].strip('"'), label.start(1))
        match = _FIRST.match(text, pos)
        if match is None:
            self.no_name(text, pos)
            return
        word = match[1]
        name = word.lower()
        if name in CONDITIONALS:
            CONDITIONALS[name](unit, Cursor(unit, text, match.end()), name)
        elif "=" in text and (assignment := _ASSIGNMENT.match(text, pos)):
            self.assign(assignment, text)
        elif word in unit.macros:
            self.call(unit.macros[word], text, match.end())
        elif word[0] == ".":
            self.directive(word, name, text, match)
        elif name in MNEMONICS or not self.alias(text, pos):
            self.instruction(name, text, match.end())

    def no_name(self, text: str, pos: int) -> None:
        """Handle a statement that does not begin with a name."""
        assignment = _ASSIGNMENT.match(text, pos)
        if assignment:
            self.assign(assignment, text)
        elif text[pos:].strip():
            rest = text[pos:].strip()
            raise Problem(
                f"expected a label, an instruction or a directive, not '{rest[:30]}'",
                text.index(rest, pos),
            )

    def assign(self, match: re.Match[str], text: str) -> None:
        """``symbol = expression``."""
        cursor = Cursor(self.unit, text, match.end())
        where = cursor.pos
        expr = cursor.expression()
        cursor.finish()
        if match[1] == ".":
            move_to(self.unit, expr, where)
        else:
            assign(self.unit, match[1].strip('"'), expr, match.start(1))

    def alias(self, text: str, pos: int) -> bool:
        """``name .req register``; tell whether this is one."""
        match = _ALIAS.match(text, pos)
        if match is None:
            return False
        register = operands.register(self.unit, match[2])
        if register is None:
            raise Problem(f"'{match[2]}' is not a register", match.start(2), len(match[2]))
        self.unit.registers[match[1].lower()] = register
        return True

    def directive(self, word: str, name: str, text: str, match: re.Match[str]) -> None:
        """A statement that begins with a dot."""
        cursor = Cursor(self.unit, text, match.end())
        if own := self.directives.get(name):
            own(cursor)
        elif handler := DIRECTIVES.get(name):
            handler(self.unit, cursor, name)
        elif name in FOREIGN:
            raise Problem(f"'{word}' is {FOREIGN[name]}", match.start(1), len(word))
        else:
            known = (*DIRECTIVES, *self.directives, *CONDITIONALS)
            hint = nearest(name, known)
            raise Problem(f"unknown directive '{word[:40]}'", match.start(1), len(word), hint)

    def instruction(self, mnemonic: str, text: str, pos: int) -> None:
        """Read an instruction and keep four bytes for it."""
        unit = self.unit
        part = unit.part
        if mnemonic not in MNEMONICS:
            check_mnemonic(mnemonic, tuple(unit.macros), pos - len(mnemonic), text[pos:])
        found = operands.parse(unit, mnemonic, text, pos)
        if found and found[-1].kind == "literal":
            mnemonic, found = literal(unit, mnemonic, found)
        if part.zerofill:
            raise Problem(
                f"zero-filled section {part.segment},{part.name} cannot hold instructions"
            )
        part.code = True
        offset = part.append(_NOP)
        part.lines.append((offset, 4, unit.origin))
        part.instructions.append((offset, Instruction(mnemonic, found, unit.origin)))

    # -- macros ------------------------------------------------------------------------------

    def call(self, macro: macros.Macro, text: str, pos: int) -> None:
        """Expand a macro."""
        bound = macro.bind(text, pos)
        body = macros.substitute(
            macro.body, bound, self.unit.expansions, positional=not macro.parameters
        )
        self.expand(body, macro.name, "macro")
        self.unit.expansions += 1

    def macro(self, cursor: Cursor) -> None:
        """``.macro``: take in the body, up to the matching ``.endm``."""
        origin = self.unit.origin
        body, closed = repetition.collect(self.unit, {".macro"}, {".endm", ".endmacro"})
        if not closed:
            raise Problem("'.macro' without '.endm'")
        name, parameters = macros.definition(cursor.text, cursor.pos)
        if name in self.unit.macros:
            raise Problem(
                f"macro '{name}' is already defined",
                None,
                1,
                f"remove the first with .purgem {name}",
            )
        self.unit.macros[name] = macros.Macro(name, parameters, tuple(body), origin)

    def repeat(self, cursor: Cursor) -> None:
        """``.rept``, ``.irp``, ``.irpc``."""
        name = cursor.text[: cursor.pos].split()[-1].lower()
        body, closed = repetition.collect(self.unit, {".rept", ".rep", ".irp", ".irpc"}, {".endr"})
        if not closed:
            raise Problem(f"'{name}' without '.endr'")
        if statements := repetition.unroll(self.unit, name, cursor, body):
            self.expand(statements, name, "repetition")

    def exit_macro(self, cursor: Cursor) -> None:
        """``.exitm``: leave the innermost macro."""
        cursor.finish()
        inputs = self.unit.inputs
        if not any(i.kind == "macro" for i in inputs):
            raise Problem("'.exitm' outside a macro")
        while True:
            source = inputs.pop()
            del self.unit.conditionals[source.conditionals :]
            if source.kind == "macro":
                return

    def purge(self, cursor: Cursor) -> None:
        """``.purgem``: forget macros."""
        for column in cursor.commas():
            name = cursor.symbol()
            if self.unit.macros.pop(name, None) is None:
                raise Problem(
                    f"there is no macro '{name}'",
                    column,
                    len(name),
                    nearest(name, self.unit.macros),
                )

    def stray_end(self, cursor: Cursor) -> None:
        """``.endm`` or ``.endr`` where nothing is open."""
        name = cursor.text[: cursor.pos].split()[-1]
        raise Problem(f"'{name}' without a beginning")

    # -- files, messages, pools --------------------------------------------------------------

    def include(self, cursor: Cursor) -> None:
        """``.include``: read another file here."""
        name = cursor.string().decode("utf-8", "surrogateescape")
        cursor.finish()
        path = find_file(self.unit, name)
        if sum(i.kind == "file" for i in self.unit.inputs) > DEEPEST:
            raise Problem(f"files include each other more than {DEEPEST} deep")
        try:
            data = read_source(path)
        except OSError as error:
            raise Problem(f"cannot read {path}: {error.strerror}") from None
        self.unit.note_read(path, data)
        origin = self.unit.origin
        text = data.decode("utf-8", "surrogateescape")
        self.open_file(str(path), text, f"included from {origin.source.path}:{origin.line}")

    def end(self, cursor: Cursor) -> None:
        """``.end``: leave out the rest of the file."""
        cursor.finish()
        while self.unit.inputs[-1].kind != "file":
            self.unit.inputs.pop()
        source = self.unit.inputs.pop()
        del self.unit.conditionals[source.conditionals :]
        self.unit.inputs.append(Input(source.path, iter(()), conditionals=source.conditionals))

    def pool(self, cursor: Cursor) -> None:
        """``.ltorg``: put the constants of ``ldr =`` here."""
        cursor.finish()
        flush(self.unit, self.unit.part)

    def message(self, cursor: Cursor, otherwise: str) -> str:
        """Read the text of a message."""
        text = otherwise if cursor.at_end else cursor.string().decode("utf-8", "replace")
        cursor.finish()
        return text

    def fail(self, cursor: Cursor) -> None:
        """``.error`` and ``.err``."""
        name = cursor.text[: cursor.pos].split()[-1]
        raise Problem(self.message(cursor, f"'{name}' in the source"))

    def warn(self, cursor: Cursor) -> None:
        """``.warning``."""
        problem = Problem(self.message(cursor, "'.warning' in the source"))
        self.unit.messages.append(str(self.unit.origin.diagnostic(problem, "warning")))

    def say(self, cursor: Cursor) -> None:
        """``.print``."""
        self.unit.messages.append(cursor.string().decode("utf-8", "replace"))
        cursor.finish()


def _relex(body: Sequence[Statement]) -> Sequence[Statement]:
    """Split statements again in which arguments have brought in separators or comments."""
    if not any("%%" in text or ";" in text or "//" in text for _, _, text in body):
        return body
    found: list[Statement] = []
    for line, column, text in body:
        pieces = list(lexer.statements(text.replace("\n", " "), lambda *_: None))
        found += [(line, column + c, t) for _, c, t in pieces] if pieces else [(line, column, text)]
    return found
