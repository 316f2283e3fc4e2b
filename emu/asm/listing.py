"""The listing of an image: address, bytes, source line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emu.image import Image, LineEntry, Section

__all__ = ["listing"]

_ROW = 8


def listing(image: Image) -> Iterator[str]:
    """Yield the lines of the listing of ``image``.

    Code shows one word a line, as a number; data shows bytes in the order of memory, eight a
    line and at most four lines a statement.
    """
    labels: dict[int, list[str]] = {}
    for key, symbol in image.symbols.items():
        if not symbol.absolute:
            labels.setdefault(symbol.value, []).append(key)
    for section in image.sections:
        yield f"{section.segment},{section.name}: {section.size} bytes at {section.addr:#x}"
        yield from _section(image, section, labels)
        yield ""


def _section(image: Image, section: Section, labels: dict[int, list[str]]) -> Iterator[str]:
    end = section.addr + section.size
    for entry in image.lines.entries:
        if not section.addr <= entry.addr < end:
            continue
        for name in labels.get(entry.addr, ()):
            yield f"{name}:"
        yield from _entry(section, entry)


def _entry(section: Section, entry: LineEntry) -> Iterator[str]:
    start = entry.addr - section.addr
    if section.zerofill:
        yield _row(entry, f"({entry.size} zero bytes)")
        return
    data = section.data[start : start + entry.size]
    if section.name == "__text" and entry.size == 4 and not entry.statement.startswith("."):
        first = f"{int.from_bytes(data, 'little'):08x}"
    else:
        first = data[:_ROW].hex()
    yield _row(entry, first)
    for row in range(_ROW, min(len(data), 4 * _ROW), _ROW):
        yield f"{entry.addr + row:012x}  {data[row : row + _ROW].hex()}"
    if len(data) > 4 * _ROW:
        yield f"{'':12}  ... {len(data) - 4 * _ROW} more bytes"


def _row(entry: LineEntry, content: str) -> str:
    """Return the first line of a statement; a plus stands for each macro around it."""
    where = f"{entry.where.path}:{entry.where.line}"
    statement = "+" * len(entry.expansion) + entry.statement
    return f"{entry.addr:012x}  {content:<18}  {where:<20} {statement}"
