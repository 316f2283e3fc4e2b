"""The file form of an :class:`~emu.image.Image`: fast to load, and checked before use.

::

    offset  size  meaning
    0       8     magic "YMKYIMG1"
    8       32    SHA-256 of all that follows
    40      4     size of the header, little-endian
    44      n     header: JSON; names what the blobs are, with their offsets
    44+n          blobs: section and segment bytes, line table columns, source texts

The line table is five columns of unsigned 32-bit numbers (address less the lowest address,
size, path, line, expansion) and the statements, one a line; it is only read when somebody
asks for a line.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from array import array
from typing import TYPE_CHECKING, Any

from emu.errors import ImageError
from emu.image import Image, LineEntry, LineTable, Section, Segment, SourceLine, Symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAGIC", "dump", "load"]

MAGIC = b"YMKYIMG1"
_DIGEST = 32
_START = len(MAGIC) + _DIGEST
_COLUMN = "I" if array("I").itemsize == 4 else "L"
_LINE_END = "\x1e"


class _Blobs:
    """Bytes on their way to the end of the file."""

    def __init__(self) -> None:
        self.data = bytearray()

    def add(self, data: bytes) -> list[int]:
        """Append ``data``; return its offset and size."""
        self.data += data
        return [len(self.data) - len(data), len(data)]


def dump(image: Image) -> bytes:
    """Return the file form of ``image``."""
    blobs = _Blobs()
    header = {
        "name": image.name,
        "entry": image.entry,
        "start": image.start,
        "messages": list(image.messages),
        "segments": [[s.name, s.addr, s.size, s.prot, *blobs.add(s.data)] for s in image.segments],
        "sections": [_section(s, image.segments, blobs) for s in image.sections],
        "symbols": [
            [k, s.name, s.value, s.section, s.external | s.absolute << 1 | s.local << 2]
            for k, s in image.symbols.items()
        ],
        "sources": [[k, *blobs.add(_encoded(t))] for k, t in image.sources.items()],
        "lines": _lines(image.lines.entries, blobs),
    }
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    body = struct.pack("<I", len(text)) + text + blobs.data
    return MAGIC + hashlib.sha256(body).digest() + body


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


#: What reading a file that is not ours by a right checksum may come upon.
_MALFORMED = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)


def _section(section: Section, segments: Sequence[Segment], blobs: _Blobs) -> list[Any]:
    """Describe a section; its bytes are a part of its segment's where that holds them."""
    place: list[Any] | None = None
    for index, segment in enumerate(segments):
        start = section.addr - segment.addr
        end = start + len(section.data)
        if start >= 0 and segment.data[start:end] == section.data and end <= len(segment.data):
            place = [index, start, end]
            break
    if place is None:
        place = [-1, *blobs.add(section.data)]
    return [
        section.segment,
        section.name,
        section.addr,
        section.size,
        section.align,
        section.zerofill,
        *place,
    ]


def _lines(entries: Sequence[LineEntry], blobs: _Blobs) -> dict[str, Any]:
    """Describe the line table as columns."""
    paths: dict[str, int] = {}
    stacks: dict[tuple[SourceLine, ...], int] = {}
    base = min((e.addr for e in entries), default=0)
    columns = [array(_COLUMN) for _ in range(5)]
    for entry in entries:
        row = (
            entry.addr - base,
            entry.size,
            paths.setdefault(entry.where.path, len(paths)),
            entry.where.line,
            stacks.setdefault(entry.expansion, len(stacks)),
        )
        for column, number in zip(columns, row, strict=True):
            column.append(number)
    expansions = [
        [[paths.setdefault(w.path, len(paths)), w.line] for w in stack] for stack in stacks
    ]
    statements = _LINE_END.join(e.statement.replace(_LINE_END, " ") for e in entries)
    return {
        "base": base,
        "count": len(entries),
        "columns": [blobs.add(_little(c)) for c in columns],
        "paths": list(paths),
        "expansions": expansions,
        "statements": blobs.add(_encoded(statements)),
    }


def _little(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def load(data: bytes) -> Image:
    """Return the image whose file form is ``data``.

    Raises:
        ImageError: for data that is damaged or no image file.
    """
    if data[: len(MAGIC)] != MAGIC:
        raise ImageError("not an image file of this version of ymawky-emu")
    if hashlib.sha256(memoryview(data)[_START:]).digest() != data[len(MAGIC) : _START]:
        raise ImageError("the image file is damaged (its checksum does not match)")
    try:
        return _build(data)
    except _MALFORMED as error:
        raise ImageError(f"the image file is malformed ({error})") from None


def _build(data: bytes) -> Image:
    """Put an image together from checked data."""
    (size,) = struct.unpack_from("<I", data, _START)
    start = _START + 4
    header: dict[str, Any] = json.loads(data[start : start + size])
    blobs = memoryview(data)[start + size :]

    def blob(offset: int, length: int) -> bytes:
        found = bytes(blobs[offset : offset + length])
        if offset < 0 or len(found) != length:
            raise ValueError("a part lies outside the file")
        return found

    segments = tuple(
        Segment(name, addr, size, prot, blob(offset, length))
        for name, addr, size, prot, offset, length in header["segments"]
    )
    for segment in segments:
        if not 0 <= segment.addr <= segment.addr + segment.size < 1 << 64:
            raise ValueError(f"segment {segment.name} lies outside the address space")
    table = header["lines"]
    return Image(
        name=header["name"],
        segments=segments,
        entry=int(header["entry"]),
        sections=tuple(_load_section(row, segments, blob) for row in header["sections"]),
        symbols={
            key: Symbol(name, value, section, bool(bits & 1), bool(bits & 2), bool(bits & 4))
            for key, name, value, section, bits in header["symbols"]
        },
        lines=LineTable(lambda: _lines_or_error(table, blob)),
        sources={k: str(blob(*at), "utf-8", "surrogatepass") for k, *at in header["sources"]},
        start=header["start"],
        messages=tuple(header["messages"]),
    )


def _load_section(row: list[Any], segments: Sequence[Segment], blob: Any) -> Section:  # noqa: ANN401
    segment, name, addr, size, align, zerofill, index, first, second = row
    data = blob(first, second) if index < 0 else segments[index].data[first:second]
    return Section(segment, name, addr, size, align, data, zerofill)


def _lines_or_error(table: dict[str, Any], blob: Any) -> list[LineEntry]:  # noqa: ANN401
    try:
        return _load_lines(table, blob)
    except _MALFORMED as error:
        raise ImageError(f"the line table of the image file is malformed ({error})") from None


def _load_lines(table: dict[str, Any], blob: Any) -> list[LineEntry]:  # noqa: ANN401
    columns = []
    for at in table["columns"]:
        column = array(_COLUMN)
        column.frombytes(blob(*at))
        if sys.byteorder == "big":
            column.byteswap()
        columns.append(column)
    paths: list[str] = table["paths"]
    stacks = [
        tuple(SourceLine(paths[p], line) for p, line in stack) for stack in table["expansions"]
    ]
    texts = str(blob(*table["statements"]), "utf-8", "surrogatepass").split(_LINE_END)
    base: int = table["base"]
    return [
        LineEntry(base + addr, size, SourceLine(paths[path], line), stacks[stack], text)
        for addr, size, path, line, stack, text in zip(*columns, texts, strict=False)
    ]
