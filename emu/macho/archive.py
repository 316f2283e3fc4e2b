"""Static libraries: the object files in an ``ar`` archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["member", "split"]

_MAGIC: Final = b"!<arch>\n"
#: name, date, uid, gid, mode, size, and the end of a member's header.
_HEADER: Final = 60
_END: Final = b"`\n"
#: In BSD's form, which Apple's is, the name stands behind the header: ``#1/`` and its length.
_LONG_NAME: Final = b"#1/"


def split(path: str) -> tuple[str, str] | None:
    """Return archive and member of ``libx.a(x.o)``, as a debug map has it, or None."""
    archive, bracket, name = path.rpartition("(")
    return (archive, name[:-1]) if bracket and archive and name.endswith(")") else None


def member(data: bytes, name: str, date: int = 0) -> bytes | None:
    """Return a member of the archive ``data`` by name and date (0: any), or None.

    Names may occur several times; a damaged archive ends where the damage begins.
    """
    wanted = name.encode("utf-8", "surrogateescape")
    for found, when, contents in _members(data):
        if found == wanted and date in {0, when}:
            return contents
    return None


def _members(data: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield name, date and contents of each member."""
    at = len(_MAGIC)
    if not data.startswith(_MAGIC):
        return
    while at + _HEADER <= len(data):
        header = data[at : at + _HEADER]
        date, size = _number(header[16:28]), _number(header[48:58])
        if header[58:] != _END or date is None or size is None:
            return
        body = data[at + _HEADER : at + _HEADER + size]
        name = header[:16].rstrip(b" ").removesuffix(b"/")
        if name.startswith(_LONG_NAME):
            length = _number(name[len(_LONG_NAME) :]) or 0
            name, body = body[:length].rstrip(b"\0"), body[length:]
        yield name, date, body
        at += _HEADER + size + (size & 1)


def _number(text: bytes) -> int | None:
    """Return a decimal number that blanks follow; blanks alone are 0."""
    digits = text.rstrip(b" ")
    return int(digits or b"0") if digits.isdigit() or not digits else None
