"""Where statements come from: files, macro expansions and repetitions."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from emu.errors import Diagnostic
from emu.files import is_descriptor, require_regular
from emu.image import SourceLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emu.asm.lexer import Statement
    from emu.asm.problem import Problem

__all__ = ["Input", "Origin", "read_source"]

#: Most bytes of one file that a source consists of.
_LARGEST_FILE = 1 << 28


def read_source(path: Path) -> bytes:
    """Return what a file holds, or a pipe that is open already, as ``/dev/stdin`` may be.

    Raises:
        OSError: it cannot be read, is no file, or is larger than 256 MiB.
    """
    if not is_descriptor(path):
        require_regular(path)
    with path.open("rb") as file:
        data = file.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise OSError(errno.EFBIG, f"it has more than {_LARGEST_FILE >> 20} MiB")
    return data


@dataclass(slots=True, eq=False)
class Input:
    """One run of statements: a file, or the body of a macro or repetition with its arguments.

    ``expansion`` are the lines of the invocations that led here, innermost first; ``notes``
    say the same for a reader, with inclusions and repetitions as well.
    """

    path: str
    statements: Iterator[Statement]
    kind: str = "file"
    expansion: tuple[SourceLine, ...] = ()
    notes: tuple[str, ...] = ()
    #: Number of open conditionals when this input began.
    conditionals: int = 0
    #: Path as found on disk, for the relative names in it.
    directory: str = ""
    lines: list[str] = field(default_factory=list)
    #: Whether statements may read otherwise than the lines that they come from.
    preprocessed: bool = False


class Origin(NamedTuple):
    """The statement that something comes from."""

    source: Input
    line: int
    column: int
    text: str

    @property
    def where(self) -> SourceLine:
        """Return the place of the statement itself."""
        return SourceLine(self.source.path, self.line)

    @property
    def outermost(self) -> SourceLine:
        """Return the place outside all macros."""
        return self.source.expansion[-1] if self.source.expansion else self.where

    def _stands_in(self, line: str) -> bool:
        return not self.source.preprocessed or line.startswith(self.text, self.column)

    def diagnostic(self, problem: Problem, severity: str = "error") -> Diagnostic:
        """Place ``problem`` in the source."""
        shown = self.text
        column = len(self.text) - len(self.text.lstrip())
        if problem.column is not None:
            column = max(0, min(problem.column, len(self.text)))
        lines = self.source.lines
        if 0 < self.line <= len(lines) and self._stands_in(lines[self.line - 1]):
            shown = lines[self.line - 1]
            column += self.column
        shown = _printable(shown)
        if len(shown) > _LONGEST:
            shown = shown[:_LONGEST] + "…" if column < _LONGEST else ""
        return Diagnostic(
            self.source.path,
            self.line,
            column + 1,
            _printable(_shortened(problem.message)),
            shown,
            max(1, min(problem.length, len(shown) - column)),
            self.source.notes,
            problem.suggestion,
            severity,
        )


#: Most characters of a line that a diagnostic shows.
_LONGEST = 300


def _shortened(text: str) -> str:
    """Leave out the middle of a message that quotes a name of great length."""
    if len(text) <= 2 * _LONGEST:
        return text
    return f"{text[:_LONGEST]}…{text[-_LONGEST:]}"


def _printable(text: str) -> str:
    """Replace what a terminal should not get from a source file."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in text)
