"""A Pygments lexer for the dialect of Apple's assembler on arm64, and lines in its colours."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import ClassVar, Final

from pygments.lexer import RegexLexer, bygroups  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
)

__all__ = ["AppleArm64Lexer", "highlighted"]

_REGISTER = r"(?:[xw](?:[0-9]|[12][0-9]|30)|[vqdshb](?:[0-9]|[12][0-9]|3[01])|sp|wsp|[xw]zr|lr|fp)"
_MNEMONIC = r"(?:b\.[a-z]{2}|[a-z][a-z0-9]*)\b"


class AppleArm64Lexer(RegexLexer):  # type: ignore[misc]
    """Lines are ``label: mnemonic operands // comment``.

    ``%%`` parts statements, ``;`` begins a comment as ``//`` does, ``@PAGE`` is a relocation.
    Mnemonics and macros look alike: whatever stands in a mnemonic's place is one.
    """

    name = "Apple arm64 assembly"
    aliases: ClassVar = ["apple-arm64"]
    filenames: ClassVar = ["*.s"]

    tokens: ClassVar = {
        "root": [
            (r"\n", Whitespace),
            (r"[ \t\r]+", Whitespace),
            (r"(?://|;|#(?![0-9-])).*", Comment.Single),
            (r"/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)", Comment.Multiline),
            (r"([A-Za-z_.$\\][\w.$\\@()]*|\d+)(:)", bygroups(Name.Label, Punctuation)),
            (r"\.[A-Za-z_]\w*", Keyword.Declaration, "operands"),
            (rf"{_MNEMONIC}(?![\w$])", Keyword, "operands"),
            (r"[\w$\\]+", Name.Function, "operands"),
            (r".", Text),
        ],
        "operands": [
            (r"%%", Punctuation, "#pop"),
            (r"\n", Whitespace, "#pop"),
            (r"[ \t\r]+", Whitespace),
            (r"(?://|;).*", Comment.Single),
            (r"/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)", Comment.Multiline),
            (r'"(?:\\.|[^"\\\n])*"?', String),
            (r"#?'(?:\\.|[^'\n])'?", String.Char),
            (r"#?-?0[xX][0-9a-fA-F]+|#?-?0b[01]+|#?-?[0-9]+[fb]?\b", Number),
            (rf"\b{_REGISTER}\b(?:\.[0-9]*[bhsdq])?", Name.Builtin),
            (r"@(?:PAGEOFF|PAGE|GOTPAGEOFF|GOTPAGE|TLVPPAGEOFF|TLVPPAGE)", Operator.Word),
            (r"\b(?:lsl|lsr|asr|ror|[us]xt[bhwx])\b", Operator.Word),
            (r"\\[\w@]+(?:\\\(\))?", Name.Variable),
            (r"#?[A-Za-z_.$][\w.$]*", Name),
            (r".", Punctuation),
        ],
    }


_STYLES: Final = (
    (Comment, "y.comment"),
    (Keyword.Declaration, "y.directive"),
    (Keyword, "y.mnemonic"),
    (Name.Label, "y.label"),
    (Name.Function, "y.macro"),
    (Name.Builtin, "y.register"),
    (Name.Variable, "y.macro"),
    (Number, "y.number"),
    (String, "y.string"),
    (Operator.Word, "y.directive"),
)


@cache
def _lexer() -> AppleArm64Lexer:
    return AppleArm64Lexer(stripnl=False, ensurenl=False)


@lru_cache(maxsize=8192)
def highlighted(line: str) -> tuple[tuple[str, str], ...]:
    """Return one line as (text, style) pieces; lines are lexed alone, so each costs its own."""
    return tuple((text, _style(kind)) for kind, text in _lexer().get_tokens(line) if text != "\n")


def _style(kind: object) -> str:
    return next((style for token, style in _STYLES if kind in token), "y.text")
