"""Split source text into statements.

The rules are those of LLVM's lexer for Mach-O on arm64: ``;`` and ``//`` open a comment that
runs to the end of the line, ``/* */`` counts as white space even across lines, ``%%`` separates
statements on one line, and a line whose first character is ``#`` is a note of the C
preprocessor: ``# 12 "file"`` says what the next line is called, others mean nothing.  None of
that holds inside ``"strings"`` and ``'c'`` constants.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["MARKER", "Statement", "character", "statements", "string"]

#: A statement: 1-based line, 0-based column of its first character, text without comments.
Statement: TypeAlias = tuple[int, int, str]

#: A string, or a character; ``'\\name'`` becomes one when a macro's argument is put in.
_LITERAL = r'"(?:\\.|[^"\\\n])*"|\'(?:\\\w+(?:\\\(\))?|\\.|[^\\\n])\''
_SPECIAL = re.compile(r"[\"';]|//|%%|^\s*#")
_LINE = re.compile(_LITERAL + r"|(?P<end>//.*|;.*)|(?P<split>%%)|(?P<open>[\"'])")
_BLOCK = re.compile(
    _LITERAL + r"|//[^\n]*|;[^\n]*|(?P<block>/\*(?:.*?\*/|.*\Z))",
    re.DOTALL,
)
#: Stands for a line end inside a comment: white space, but it still counts as a line.
_FOLDED = "\v"

#: A line marker; :func:`statements` yields those that name a file as a statement of their own.
MARKER = re.compile(r'\s*#\s*(?:line\s+)?([0-9]+)(?:\s+"((?:\\.|[^"\\])*)"(?:\s+[1-4])*)?\s*')

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\([0-7]{1,3}|[xX][0-9A-Fa-f]*|.)?", re.DOTALL)


def statements(text: str, complain: Callable[[int, int, str], None]) -> Iterator[Statement]:
    """Yield the statements of ``text``; ``complain(line, column, message)`` gets its errors."""
    text = text.replace("\r", " ").replace(_FOLDED, " ")
    if "/*" in text:
        text = _BLOCK.sub(lambda m: _blank(m, complain), text)
    number = 1
    for line in text.split("\n"):
        if _SPECIAL.search(line) is None:
            if line and not line.isspace():
                yield number, 0, line
        elif "#" in line and (marker := MARKER.fullmatch(line)):
            number = int(marker[1][-9:]) - 1
            if marker[2] is not None:
                yield number, 0, line.strip()
        else:
            yield from _pieces(number, line, complain)
        number += 1 + line.count(_FOLDED)


def _blank(match: re.Match[str], complain: Callable[[int, int, str], None]) -> str:
    """Replace a block comment by blanks of the same length; leave everything else."""
    block = match["block"]
    if block is None:
        return match[0]
    if not block.endswith("*/") or len(block) < len("/**/"):
        before = match.string[: match.start()]
        complain(
            before.count("\n") + 1, len(before) - before.rfind("\n") - 1, "unterminated comment"
        )
    return "".join(_FOLDED if c == "\n" else " " for c in block)


def _pieces(
    number: int, line: str, complain: Callable[[int, int, str], None]
) -> Iterator[Statement]:
    """Cut one line at its separators and its comment."""
    if line.lstrip().startswith("#"):
        return
    start = 0
    end = len(line)
    for match in _LINE.finditer(line):
        kind = match.lastgroup
        if kind == "end":
            end = match.start()
            break
        if kind == "split":
            if piece := line[start : match.start()].rstrip():
                yield number, start, piece
            start = match.end()
        elif kind == "open":
            complain(number, match.start(), f"unterminated {_kind(match[0])}")
            return
    if piece := line[start:end].rstrip():
        yield number, start, piece


def _kind(quote: str) -> str:
    return "string" if quote == '"' else "character constant"


def string(body: str) -> bytes:
    """Return the bytes of a string constant whose text between the quotes is ``body``.

    Raises:
        Problem: for an escape that the assembler does not know.
    """
    if "\\" in body:
        body = _ESCAPE.sub(_unescape, body)
        return b"".join(
            bytes((ord(c) - _RAW,)) if ord(c) >= _RAW else c.encode("utf-8", "surrogateescape")
            for c in body
        )
    return body.encode("utf-8", "surrogateescape")


#: Bytes given by number travel through ``str`` as private characters from here on.
_RAW = 0x10FF00


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or ""
    if code[:1].isdigit():
        value = int(code, 8) if code[0] in "01234567" else -1
        if not 0 <= value <= 0xFF:
            raise Problem(f"invalid octal escape sequence \\{code} (out of range)")
        return chr(_RAW + value)
    if code[:1] in {"x", "X"}:
        if len(code) == 1:
            raise Problem("invalid hexadecimal escape sequence")
        return chr(_RAW + (int(code[1:], 16) & 0xFF))
    if code not in _ESCAPES:
        raise Problem(f"invalid escape sequence \\{code} (unrecognized character)")
    return _ESCAPES[code]


def character(text: str) -> int:
    r"""Return the value of a character constant such as ``'a'`` or ``'\n'``, quotes included.

    As in LLVM, a backslash before any other letter stands for the letter: ``'\0'`` is 48.
    """
    body = text[1:-1]
    if body.startswith("\\"):
        body = _ESCAPES.get(body[1], body[1])
    encoded = body.encode("utf-8", "surrogateescape")
    if len(encoded) != 1:
        raise Problem("character constant is longer than one byte")
    return encoded[0]
