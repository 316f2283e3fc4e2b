"""Assemble the library again: ``python -m emu.libsystem``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emu import asm
from emu.asm import imagefile
from emu.image import LineEntry, LineTable, SourceLine
from emu.libsystem import ADDRESS, IMAGE, SOURCES
from emu.record import replace

if TYPE_CHECKING:
    from emu.image import Image

__all__ = ["build"]


def build() -> bytes:
    """Return the file form of the library, the same wherever this package lies."""
    image = asm.assemble(SOURCES, entry="start", layout={("__TEXT", "__text"): ADDRESS})
    return imagefile.dump(_renamed(image))


def _renamed(image: Image) -> Image:
    """Call the sources ``libSystem/printf.s`` instead of where they lie; leave out their text."""

    def place(where: SourceLine) -> SourceLine:
        return SourceLine(_name(where.path), where.line)

    lines = [
        LineEntry(e.addr, e.size, place(e.where), tuple(map(place, e.expansion)), e.statement)
        for e in image.lines.entries
    ]
    # What two sources call alike has its source before the name.
    symbols = {_label(name): symbol for name, symbol in image.symbols.items()}
    return replace(image, name="libSystem", lines=LineTable(lines), symbols=symbols, sources={})


def _label(name: str) -> str:
    path, colon, label = name.rpartition(":")
    return f"{_name(path)}:{label}" if colon else name


def _name(path: str) -> str:
    return f"libSystem/{Path(path).name}"


if __name__ == "__main__":
    IMAGE.write_bytes(build())
