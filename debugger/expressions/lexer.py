"""Text of an expression to tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from emu.errors import ExpressionError

__all__ = ["Token", "tokens", "unescape"]


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is "number", "name", "variable", "text", "operator" or "end"."""

    kind: str
    text: str
    column: int
    value: int | bytes = 0


_PATTERN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<number>0[xX][0-9a-fA-F_]+ | 0[bB][01_]+ | 0[oO][0-7_]+ | [0-9][0-9_]*)(?![A-Za-z0-9_])
    | (?P<variable>\$[A-Za-z0-9_]*)
    | (?P<name>[A-Za-z_][A-Za-z0-9_$]*)
    | (?P<char>'(?:[^'\\]|\\x[0-9a-fA-F]{2}|\\.)')
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<operator>&&|\|\||==|!=|<=|>=|<<|>>|->|[-+*/%&|^~!<>?:()\[\],.])
    """,
    re.VERBOSE,
)
_ESCAPES = {
    "n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "a": b"\a", "b": b"\b", "f": b"\f",
    "v": b"\v", "e": b"\x1b",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)


def unescape(text: str) -> bytes:
    r"""Return the bytes that ``text`` means: ``\r \n \t \0 \xHH``, others stand for themselves."""
    out, at = bytearray(), 0
    for found in _ESCAPE.finditer(text):
        out += text[at : found.start()].encode()
        code = found.group(1)
        if code[0] == "x" and len(code) > 1:
            out.append(int(code[1:], 16))
        else:
            out += _ESCAPES.get(code, code.encode())
        at = found.end()
    return bytes(out + text[at:].encode())


def tokens(text: str) -> list[Token]:
    """Split ``text``; the last token is of kind "end".

    Raises:
        ExpressionError: at a character that begins nothing.
    """
    out: list[Token] = []
    at = 0
    while at < len(text):
        found = _PATTERN.match(text, at)
        if found is None:
            raise ExpressionError(_complaint(text, at), text, at)
        kind, word = found.lastgroup or "", found.group()
        if kind != "space":
            out.append(_token(kind, word, at, text))
        at = found.end()
    return [*out, Token("end", "", len(text))]


def _complaint(text: str, at: int) -> str:
    if text[at] in "'\"":
        return "this quote is not closed"
    if text[at].isdigit():
        return "this is no number"
    return f"{text[at]!r} begins nothing"


def _token(kind: str, word: str, column: int, text: str) -> Token:
    match kind:
        case "number":
            try:
                return Token("number", word, column, int(word.replace("_", ""), _base(word)))
            except ValueError:
                raise ExpressionError("this is no number", text, column) from None
        case "char":
            value = unescape(word[1:-1])
            return Token("number", word, column, int.from_bytes(value, "little"))
        case "text":
            return Token("text", word, column, unescape(word[1:-1]))
    return Token(kind, word, column)


def _base(word: str) -> int:
    return {"x": 16, "b": 2, "o": 8}.get(word[1:2].lower(), 10)
