"""The file form of an :class:`~emu.image.Image`: fast to load, and checked before use.

::

    offset  size  meaning
    0       8     magic "YMKYIMG2"
    8       4     CRC-32 of all that follows, little-endian like all numbers
    12      4     size of the header
    16      n     header: numbers of 64 bits, and texts behind their size; says where the blobs are
    16+n          blobs: section and segment bytes, symbols and line table (JSON), the columns of
                  the line table, source texts

The line table is five columns of unsigned 32-bit numbers (address less the lowest address,
size, path, line, expansion) and the statements, one a line.  It and the symbols are only read when
somebody asks for them.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from typing import TYPE_CHECKING, Any, TypeVar

from emu.errors import ImageError
from emu.image import (
    Image,
    LineEntry,
    LineTable,
    Section,
    Segment,
    SourceLine,
    Symbol,
    SymbolTable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["MAGIC", "dump", "load"]

MAGIC = b"YMKYIMG2"
#: Behind the magic: checksum, and size of the header.
_HEAD = struct.Struct("<2I")
_CHECKED = len(MAGIC) + 4
_START = len(MAGIC) + _HEAD.size
_NUMBER = struct.Struct("<Q")
_NO_SEGMENT = (1 << 64) - 1
_COLUMN = "I" if array("I").itemsize == 4 else "L"
_LINE_END = "\x1e"
LoadedT = TypeVar("LoadedT")


class _Writer:
    """The header and the bytes behind it, on their way to a file."""

    def __init__(self) -> None:
        self.header = bytearray()
        self.blobs = bytearray()

    def numbers(self, *numbers: int) -> None:
        """Append numbers to the header."""
        for number in numbers:
            self.header += _NUMBER.pack(number)

    def texts(self, *texts: str) -> None:
        """Append texts to the header."""
        for text in texts:
            data = _encoded(text)
            self.numbers(len(data))
            self.header += data

    def place(self, data: bytes) -> tuple[int, int]:
        """Append ``data`` behind the header; return its offset there and its size."""
        self.blobs += data
        return len(self.blobs) - len(data), len(data)

    def blob(self, data: bytes) -> None:
        """Append ``data`` behind the header, and its offset and size to it."""
        self.numbers(*self.place(data))


class _Reader:
    """Reads what a :class:`_Writer` wrote."""

    def __init__(self, data: memoryview, start: int, size: int) -> None:
        self._data, self._at, self._end = data, start, start + size

    def number(self) -> int:
        (number,) = _NUMBER.unpack_from(self._data, self._at)
        self._at += _NUMBER.size
        return int(number)

    def text(self) -> str:
        size = self.number()
        self._at += size
        return str(self.part(self._at - size, size), "utf-8", "surrogatepass")

    def blob(self) -> memoryview:
        return self.at(self.number(), self.number())

    def at(self, offset: int, size: int) -> memoryview:
        """Return the blob that stands there behind the header."""
        return self.part(self._end + offset, size)

    def part(self, start: int, size: int) -> memoryview:
        found = self._data[start : start + size]
        if len(found) != size:
            raise ValueError("a part lies outside the file")
        return found


def dump(image: Image) -> bytes:
    """Return the file form of ``image``."""
    import json

    out = _Writer()
    out.texts(image.name, image.start)
    out.numbers(image.entry, len(image.messages))
    out.texts(*image.messages)
    out.numbers(len(image.segments))
    for segment in image.segments:
        out.texts(segment.name)
        out.numbers(segment.addr, segment.size, segment.prot)
        out.blob(segment.data)
    out.numbers(len(image.sections))
    for section in image.sections:
        _write_section(section, image.segments, out)
    out.numbers(len(image.sources))
    for path, text in image.sources.items():
        out.texts(path)
        out.blob(_encoded(text))
    symbols = [
        [k, s.name, s.value, s.section, s.external | s.absolute << 1 | s.local << 2]
        for k, s in image.symbols.items()
    ]
    for described in (symbols, _lines(image.lines.entries, out)):
        out.blob(json.dumps(described, separators=(",", ":")).encode("ascii"))
    size = struct.pack("<I", len(out.header))
    body = size + out.header + out.blobs
    return MAGIC + struct.pack("<I", zlib.crc32(body)) + body


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


def _write_section(section: Section, segments: Sequence[Segment], out: _Writer) -> None:
    """Describe a section; its bytes are a part of its segment's where that holds them."""
    out.texts(section.segment, section.name)
    out.numbers(section.addr, section.size, section.align, section.zerofill)
    for index, segment in enumerate(segments):
        start = section.addr - segment.addr
        end = start + len(section.data)
        if start >= 0 and segment.data[start:end] == section.data and end <= len(segment.data):
            out.numbers(index, start, len(section.data))
            return
    out.numbers(_NO_SEGMENT, *out.place(section.data))


def _lines(entries: Sequence[LineEntry], out: _Writer) -> dict[str, Any]:
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
        "columns": [out.place(_little(c)) for c in columns],
        "paths": list(paths),
        "expansions": expansions,
        "statements": out.place(_encoded(statements)),
    }


def _little(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def load(file: bytes | memoryview) -> Image:
    """Return the image whose file form is ``file``.

    Raises:
        ImageError: for data that is damaged or no image file.
    """
    data = memoryview(file)
    if data[: len(MAGIC)] != MAGIC:
        raise ImageError("not an image file of this version of ymawky-emu")
    if len(data) < _START:
        raise ImageError("the image file is damaged (it ends early)")
    checksum, size = _HEAD.unpack_from(data, len(MAGIC))
    if zlib.crc32(data[_CHECKED:]) != checksum:
        raise ImageError("the image file is damaged (its checksum does not match)")
    try:
        return _build(_Reader(data, _START, size))
    except _MALFORMED as error:
        raise ImageError(f"the image file is malformed ({error})") from None


def _build(data: _Reader) -> Image:
    """Put an image together from checked data."""
    name, start, entry = data.text(), data.text(), data.number()
    messages = tuple(data.text() for _ in range(data.number()))
    segments = tuple(_load_segment(data) for _ in range(data.number()))
    sections = tuple(_load_section(data, segments) for _ in range(data.number()))
    sources = {
        data.text(): str(data.blob(), "utf-8", "surrogatepass") for _ in range(data.number())
    }
    symbols, lines = data.blob(), data.blob()
    return Image(
        name=name,
        segments=segments,
        entry=entry,
        sections=sections,
        symbols=SymbolTable(lambda: _late("symbols", lambda: _load_symbols(symbols))),
        lines=LineTable(lambda: _late("line table", lambda: _load_lines(lines, data))),
        sources=sources,
        start=start,
        messages=messages,
    )


def _load_segment(data: _Reader) -> Segment:
    segment = Segment(data.text(), data.number(), data.number(), data.number(), bytes(data.blob()))
    if segment.addr + segment.size >= 1 << 64:
        raise ValueError(f"segment {segment.name} lies outside the address space")
    return segment


def _load_section(data: _Reader, segments: Sequence[Segment]) -> Section:
    segment, name, addr, size, align, zerofill = (
        data.text(), data.text(), data.number(), data.number(), data.number(), data.number(),
    )  # fmt: skip
    index, offset, length = data.number(), data.number(), data.number()
    if index == _NO_SEGMENT:
        found = bytes(data.at(offset, length))
    else:
        found = segments[index].data[offset : offset + length]
    return Section(segment, name, addr, size, align, found, bool(zerofill))


def _late(what: str, load: Callable[[], LoadedT]) -> LoadedT:
    """Read a part when somebody asks for it."""
    try:
        return load()
    except _MALFORMED as error:
        raise ImageError(f"the {what} of the image file is malformed ({error})") from None


def _load_symbols(described: memoryview) -> dict[str, Symbol]:
    import json

    return {
        key: Symbol(name, value, section, bool(bits & 1), bool(bits & 2), bool(bits & 4))
        for key, name, value, section, bits in json.loads(bytes(described))
    }


def _load_lines(described: memoryview, data: _Reader) -> list[LineEntry]:
    import json

    table: dict[str, Any] = json.loads(bytes(described))
    columns = []
    for at in table["columns"]:
        column = array(_COLUMN)
        column.frombytes(data.at(*at))
        if sys.byteorder == "big":
            column.byteswap()
        columns.append(column)
    paths: list[str] = table["paths"]
    stacks = [
        tuple(SourceLine(paths[p], line) for p, line in stack) for stack in table["expansions"]
    ]
    texts = str(data.at(*table["statements"]), "utf-8", "surrogatepass").split(_LINE_END)
    base: int = table["base"]
    return [
        LineEntry(base + addr, size, SourceLine(paths[path], line), stacks[stack], text)
        for addr, size, path, line, stack, text in zip(*columns, texts, strict=False)
    ]
