"""Signs for terminals that have only some of ours: an output in front of the terminal's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prompt_toolkit.output import Output

__all__ = ["plain_signs", "stand_ins"]

#: What stands for a sign; each says the same without it.
_PLAIN: Final = {
    "─": "-", "│": "|", "└": "`", "●": "@", "○": "o", "▸": ">", "…": "~", "·": "-", "←": "<",
    "→": ">", "↑": "^", "↓": "v", "×": "x", "–": "-", "’": "'",
}  # fmt: skip


def stand_ins(encoding: str) -> dict[int, str]:
    """Return what to write for the signs that ``encoding`` does not have, by their numbers."""
    out = {}
    for sign, plain in _PLAIN.items():
        try:
            sign.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            out[ord(sign)] = plain
    return out


def plain_signs(output: Output) -> None:
    """Let ``output`` write stand-ins where its encoding lacks a sign."""
    table = stand_ins(output.encoding() or "utf-8")
    if not table:
        return
    write = output.write

    def translated(data: str) -> None:
        write(data.translate(table))

    output.write = translated  # type: ignore[method-assign]
