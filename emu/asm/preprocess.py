"""The C preprocessor that ``.S`` sources pass, as clang runs it for assembler sources.

Directives, includes and macros are done; everything else comes out as it went in, on the line and
in the column where it stood, with comments blanked.  Where lines are left out, or another file
begins, a marker ``# 12 "file"`` says so, which :mod:`emu.asm.lexer` follows: errors and line
tables point to the original.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emu.asm import cexpr, cmacro
from emu.asm.problem import Problem
from emu.errors import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from emu.asm.cmacro import Token

__all__ = ["PREDEFINED", "Preprocessed", "preprocess"]

#: What Apple's clang defines when it preprocesses assembler for arm64, as far as sources ask.
PREDEFINED: Final = {
    "__APPLE__": "1", "__MACH__": "1", "__arm64__": "1", "__arm64": "1", "__aarch64__": "1",
    "__AARCH64EL__": "1", "__LITTLE_ENDIAN__": "1", "__LP64__": "1", "_LP64": "1",
    "__ASSEMBLER__": "1", "__STDC__": "1", "__clang__": "1", "__GNUC__": "4",
    "__USER_LABEL_PREFIX__": "_", "__CHAR_BIT__": "8", "__SIZEOF_POINTER__": "8",
    "__ORDER_LITTLE_ENDIAN__": "1234", "__ORDER_BIG_ENDIAN__": "4321", "__BYTE_ORDER__": "1234",
}  # fmt: skip

_DEEPEST: Final = 40
_MOST_FILES: Final = 2000
_DIRECTIVE: Final = re.compile(r"\s*#\s*([A-Za-z_]+)?\s*")
_COMMENT: Final = re.compile(
    r'"(?:\\.|[^"\\])*"|' + r"'(?:\\.|[^'\\])*'|[\"'].*|//.*|/\*(?:.*?\*/|.*$)", re.DOTALL
)
_MARKER: Final = re.compile(r'\s*#\s*(?:line\s+)?(\d+)(?:\s+"((?:\\.|[^"\\])*)"(?:\s+[1-4])*)?\s*')
_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_OPERAND: Final = re.compile(r'\s*(?:"([^"]+)"|<([^>]+)>)\s*')
#: Operators that take a name or a header; all but the first answer 0, for there are no features.
_ASKS: Final = (
    "__has_include", "__has_feature", "__has_extension", "__has_builtin", "__has_attribute",
)  # fmt: skip
#: A gap of so many lines is filled with empty ones; a larger one gets a marker.
_GAP: Final = 8


@dataclass(slots=True)
class Preprocessed:
    """What comes out: text with markers, and what went into it.

    ``files`` are the texts by path; ``read`` lists what was read (None: looked for and not
    there), so that a cache can tell whether anything changed; ``diagnostics`` are errors and
    warnings.
    """

    text: str = ""
    files: dict[str, str] = field(default_factory=dict)
    read: list[tuple[Path, bytes | None]] = field(default_factory=list)
    #: How the preprocessor got to a file, innermost first, in words.
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def preprocess(
    path: str,
    text: str,
    include_dirs: Sequence[Path] = (),
    defines: Mapping[str, int | str] | None = None,
) -> Preprocessed:
    """Preprocess ``text``, the contents of ``path``.

    ``#include "…"`` looks beside the file that asks, then in ``include_dirs``; ``<…>`` only there
    and among the headers that the emulator has itself (``sys/syscall.h``).
    """
    worker = _Preprocessor(include_dirs)
    for name, value in (PREDEFINED | {k: str(v) for k, v in (defines or {}).items()}).items():
        worker.expander.macros[name] = cmacro.define(f"{name} {value}")
    worker.file(path, text)
    worker.result.text = "\n".join(worker.out)
    return worker.result


@dataclass(slots=True)
class _File:
    """A file that is being read: its lines, spliced and without comments."""

    path: str
    lines: Iterator[tuple[int, str]]
    originals: list[str]
    notes: tuple[str, ...] = ()
    #: The line that is being read, and what #line adds to it.
    line: int = 0
    shift: int = 0
    #: The path that #line gives, and whether a branch of each open #if is, or was, taken.
    called: str = ""
    branches: list[_Branch] = field(default_factory=list)


@dataclass(slots=True)
class _Branch:
    line: int
    taking: bool
    taken: bool
    outer: bool
    otherwise: bool = False


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Yield (1-based number, text) of lines: backslash-newlines joined, comments blanked."""
    number, inside = 1, False
    lines = iter(text.replace("\r\n", "\n").split("\n"))
    for first in lines:
        line, joined = first, 1
        while line.rstrip(" \t").endswith("\\"):
            line = line.rstrip(" \t")[:-1] + next(lines, "")
            joined += 1
        if inside:
            end = line.find("*/")
            inside = end < 0
            line = " " * len(line) if inside else " " * (end + 2) + line[end + 2 :]
        if not inside and "/" in line:
            last = [m[0] for m in _COMMENT.finditer(line) if m[0][0] == "/"]
            inside = bool(last) and last[-1].startswith("/*") and not _closed(last[-1])
            line = _COMMENT.sub(lambda m: " " * len(m[0]) if m[0][0] == "/" else m[0], line)
        yield number, line
        number += joined


def _closed(comment: str) -> bool:
    return len(comment) >= len("/**/") and comment.endswith("*/")


class _Preprocessor:
    def __init__(self, include_dirs: Sequence[Path]) -> None:
        self.include_dirs = [Path(d) for d in include_dirs]
        self.result = Preprocessed()
        self.out: list[str] = []
        self.files: list[_File] = []
        self.once: set[str] = set()
        self.count = 0
        self.next = ("", 0)
        self.expander = cmacro.Expander(
            {
                "__LINE__": lambda: str(self.here.line + self.here.shift),
                "__FILE__": lambda: '"' + (self.here.called or self.here.path) + '"',
                "__COUNTER__": self._counter,
                "__INCLUDE_LEVEL__": lambda: str(len(self.files) - 1),
            }
        )
        self.directives: dict[str, Callable[[str, int], None]] = {
            "define": self.define,
            "undef": self.undef,
            "include": self.include,
            "import": self.include,
            "include_next": self.include,
            "error": self.error,
            "warning": self.warning,
            "pragma": self.pragma,
            "line": self.line,
            "ident": lambda _text, _at: None,
        }
        self.conditionals: dict[str, Callable[[str, int], None]] = {
            "if": self.if_,
            "ifdef": lambda text, at: self.if_defined(text, at, wanted=True),
            "ifndef": lambda text, at: self.if_defined(text, at, wanted=False),
            "elif": self.elif_,
            "elifdef": lambda text, at: self.elif_defined(text, at, wanted=True),
            "elifndef": lambda text, at: self.elif_defined(text, at, wanted=False),
            "else": self.else_,
            "endif": self.endif,
        }

    @property
    def here(self) -> _File:
        return self.files[-1]

    def _counter(self) -> str:
        self.count += 1
        return str(self.count - 1)

    # -- files and lines -------------------------------------------------------------------

    def file(self, path: str, text: str, notes: tuple[str, ...] = ()) -> None:
        """Read a file to its end."""
        self.result.files.setdefault(path, text)
        self.result.notes.setdefault(path, notes)
        file = _File(path, _logical(text), text.split("\n"), notes)
        self.files.append(file)
        for number, line in file.lines:
            file.line = number
            try:
                self.read(line)
            except Problem as problem:
                self.complain(problem, line)
            except RecursionError:
                self.complain(Problem("macros are nested too deep"), line)
        for branch in file.branches:
            file.line = branch.line
            self.complain(Problem("#if without #endif"), "")
        self.files.pop()

    def complain(self, problem: Problem, line: str, severity: str = "error") -> None:
        """Note an error or a warning at the current line."""
        file = self.here
        shown = file.originals[file.line - 1] if 0 < file.line <= len(file.originals) else line
        column = len(shown) - len(shown.lstrip()) if problem.column is None else problem.column
        column = min(column, len(shown))
        self.result.diagnostics.append(
            Diagnostic(
                file.called or file.path,
                file.line + file.shift,
                column + 1,
                problem.message,
                shown,
                max(1, min(problem.length, len(shown) - column)),
                file.notes,
                problem.suggestion,
                severity,
            )
        )

    @property
    def skipping(self) -> bool:
        return bool(self.here.branches) and not self.here.branches[-1].taking

    def read(self, line: str) -> None:
        """Read one line: a directive, or text with macros in it."""
        match = _DIRECTIVE.match(line) if "#" in line else None
        if match is not None:
            name = match[1] or ""
            if name in self.conditionals:
                self.conditionals[name](line, match.end())
                return
            if self.skipping:
                return
            if name in self.directives:
                self.directives[name](line, match.end())
                return
            if _MARKER.fullmatch(line):
                self.line(line, 0)
                return
            # Anything else that begins with # is for the assembler, which takes it as a comment.
        if not self.skipping and line and not line.isspace():
            self.emit(line)

    def emit(self, line: str) -> None:
        """Put out a line with its macros expanded."""
        file = self.here
        found = cmacro.tokens(line)
        number = file.line + file.shift
        if self.expander.touches(found):
            line = cmacro.spell(self.expander.expand(found, self._more))
        path, expected = self.next
        name = file.called or file.path
        gap = number - expected
        if path == name and 0 <= gap <= _GAP:
            self.out += [""] * gap
        elif path or number != 1:
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            self.out.append(f'# {number} "{quoted}"')
        self.out.append(line)
        self.next = (name, number + 1)

    def _more(self) -> list[Token] | None:
        """Return the next line's tokens, for the arguments of a macro that go on there."""
        file = self.here
        following = next(file.lines, None)
        if following is None:
            return None
        file.line, line = following
        return cmacro.tokens(line)

    # -- directives ------------------------------------------------------------------------

    def define(self, line: str, at: int) -> None:
        """#define."""
        macro = cmacro.define(line, at)
        old = self.expander.macros.get(macro.name)
        if old is not None and old != macro and macro.name not in PREDEFINED:
            problem = Problem(f"'{macro.name}' was defined otherwise before", at, len(macro.name))
            self.complain(problem, line, "warning")
        self.expander.macros[macro.name] = macro

    def undef(self, line: str, at: int) -> None:
        """#undef."""
        self.expander.macros.pop(self.name(line, at), None)

    def name(self, line: str, at: int) -> str:
        match = _NAME.match(line, at)
        if match is None:
            raise Problem("expected the name of a macro", at)
        return match[0]

    def error(self, line: str, at: int) -> None:
        """#error."""
        raise Problem(line[at:].strip() or "#error", at, len(line.rstrip()) - at)

    def warning(self, line: str, at: int) -> None:
        """#warning."""
        problem = Problem(line[at:].strip() or "#warning", at, len(line.rstrip()) - at)
        self.complain(problem, line, "warning")

    def pragma(self, line: str, at: int) -> None:
        """#pragma once; others are for compilers."""
        if line[at:].split()[:1] == ["once"]:
            self.once.add(self.here.path)

    def line(self, line: str, at: int) -> None:
        """#line, or a marker of another preprocessor: the next line is called otherwise."""
        match = _MARKER.fullmatch(line)
        if match is None:
            raise Problem('expected #line NUMBER "FILE"', at)
        self.here.shift = int(match[1]) - self.here.line - 1
        if match[2] is not None:
            self.here.called = match[2].replace('\\"', '"').replace("\\\\", "\\")

    # -- includes --------------------------------------------------------------------------

    def include(self, line: str, at: int) -> None:
        """#include and #import."""
        name, angled = self.header(line, at)
        if len(self.files) > _DEEPEST:
            raise Problem(f"files include each other more than {_DEEPEST} deep", at)
        if len(self.result.read) > _MOST_FILES:
            raise Problem(f"more than {_MOST_FILES} files are included", at)
        found = self.find(name, angled=angled)
        if found is None:
            raise Problem(f"cannot find the file '{name}'", at, len(line.rstrip()) - at)
        path, text = found
        if path in self.once:
            return
        if "import" in line[:at]:
            self.once.add(path)
        here = self.here
        note = f"included from {here.called or here.path}:{here.line + here.shift}"
        self.file(path, text, (note, *here.notes))

    def header(self, line: str, at: int) -> tuple[str, bool]:
        """Return the operand of #include and whether it stands in angle brackets."""
        match = _OPERAND.match(line, at)
        if match is None:
            text = cmacro.spell(self.expander.expand(cmacro.tokens(line[at:])))
            match = _OPERAND.match(text)
        if match is None:
            raise Problem('expected "FILE" or <FILE>', at)
        return match[1] or match[2], match[1] is None

    def find(self, name: str, *, angled: bool) -> tuple[str, str] | None:
        """Return path and text of a header, or None."""
        directories = [] if angled else [Path(self.here.path).parent]
        for directory in (*directories, *self.include_dirs):
            path = directory / name
            try:
                data = path.read_bytes() if path.is_file() else None
            except OSError as error:
                raise Problem(f"cannot read {path}: {error.strerror}") from None
            self.result.read.append((path, data))
            if data is not None:
                return str(path), data.decode("utf-8", "surrogateescape")
        own = _own_header(name)
        return (f"<{name}>", own) if own is not None else None

    # -- conditionals ----------------------------------------------------------------------

    def open(self, *, taking: bool) -> None:
        outer = not self.skipping
        taking = taking and outer
        self.here.branches.append(_Branch(self.here.line, taking, taking, outer))

    def if_(self, line: str, at: int) -> None:
        """#if."""
        try:
            taking = not self.skipping and self.condition(line, at)
        except Problem:
            self.open(taking=False)
            raise
        self.open(taking=taking)

    def if_defined(self, line: str, at: int, *, wanted: bool) -> None:
        """#ifdef and #ifndef."""
        try:
            taking = not self.skipping and self.expander.knows(self.name(line, at)) == wanted
        except Problem:
            self.open(taking=False)
            raise
        self.open(taking=taking)

    def branch(self, directive: str) -> _Branch:
        if not self.here.branches:
            raise Problem(f"#{directive} without #if")
        branch = self.here.branches[-1]
        if branch.otherwise and directive != "endif":
            raise Problem(f"#{directive} behind #else")
        return branch

    def elif_(self, line: str, at: int) -> None:
        """#elif."""
        branch = self.branch("elif")
        branch.taking = False
        if branch.outer and not branch.taken:
            branch.taking = branch.taken = self.condition(line, at)

    def elif_defined(self, line: str, at: int, *, wanted: bool) -> None:
        """#elifdef and #elifndef."""
        branch = self.branch("elifdef")
        branch.taking = False
        if branch.outer and not branch.taken:
            branch.taking = branch.taken = self.expander.knows(self.name(line, at)) == wanted

    def else_(self, _line: str, _at: int) -> None:
        """#else."""
        branch = self.branch("else")
        branch.taking, branch.otherwise = branch.outer and not branch.taken, True

    def endif(self, _line: str, _at: int) -> None:
        """#endif."""
        self.branch("endif")
        self.here.branches.pop()

    def condition(self, line: str, at: int) -> bool:
        """Return whether the expression behind #if or #elif holds."""
        try:
            found = self.asked(cmacro.tokens(line[at:]))
            return bool(cexpr.evaluate(self.expander.expand(found)))
        except Problem as problem:
            problem.column, problem.length = at, max(1, len(line.rstrip()) - at)
            raise

    def asked(self, found: Sequence[Token]) -> list[Token]:
        """Replace ``defined X`` and its kin, before macros are expanded."""
        found = [t for t in found if t.kind != "space"]
        out: list[Token] = []
        i = 0
        while i < len(found):
            token = found[i]
            i += 1
            if token.text == "defined":
                name, i = _operand(found, i)
                answer = self.expander.knows(name) or name in _ASKS
            elif token.text in _ASKS and not self.expander.knows(token.text):
                name, i = _operand(found, i)
                answer = token.text == _ASKS[0] and self.there(name)
            else:
                out.append(token)
                continue
            out.append(cmacro.Token("number", str(int(answer))))
        return out

    def there(self, name: str) -> bool:
        """Answer ``__has_include``."""
        return self.find(name.strip('"<>'), angled=not name.startswith('"')) is not None


def _operand(found: Sequence[Token], at: int) -> tuple[str, int]:
    """Read a name, or anything in parentheses; return it and the place behind it."""
    if at < len(found) and found[at].text == "(":
        end = at + 1
        while end < len(found) and found[end].text != ")":
            end += 1
        if end == len(found) or end == at + 1:
            raise Problem("malformed operand in parentheses")
        return cmacro.spell(found[at + 1 : end]), end + 1
    if at < len(found) and found[at].kind == "name":
        return found[at].text, at + 1
    raise Problem("'defined' without a name")


def _own_header(name: str) -> str | None:
    """Return a system header that assembler sources include: the numbers of the calls."""
    if name != "sys/syscall.h":
        return None
    from emu.darwin.numbers import signatures

    return "\n".join(f"#define SYS_{call.name} {n}" for n, call in signatures().items())
