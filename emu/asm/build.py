"""From paths or text to an image: reads the files, runs the passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.asm import encode, parser
from emu.asm.link import link
from emu.asm.source import read_source
from emu.asm.unit import Options, Unit
from emu.errors import AssemblyError, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from emu.image import Image

__all__ = ["Options", "assemble", "assemble_text", "assemble_traced"]

#: Passes over a source until the sizes that depend on later labels stand still.
_PASSES = 8


def assemble(paths: Sequence[Path], options: Options) -> Image:
    """Assemble and link files; see :func:`emu.asm.assemble`."""
    return assemble_traced(paths, options)[0]


def assemble_traced(paths: Sequence[Path], options: Options) -> tuple[Image, dict[str, str]]:
    """Assemble and link files; return also the hashes of all files the image depends on.

    The hash of a file that was looked for and is not there is empty.
    """
    encode.require(str(paths[0]))
    units: list[Unit] = []
    for path in paths:
        try:
            data = read_source(path)
        except OSError as error:
            msg = f"cannot read the source: {error.strerror}"
            raise AssemblyError([Diagnostic(str(path), 0, 0, msg)]) from None
        unit = _read(str(path), data.decode("utf-8", "surrogateescape"), options)
        unit.note_read(path, data)
        units.append(unit)
    image = link(units, paths[0].name, options, str(paths[0]))
    return image, dict(mark for u in units for mark in u.read)


def assemble_text(text: str, name: str, options: Options) -> Image:
    """Assemble a text; see :func:`emu.asm.assemble_text`."""
    encode.require(name)
    return link([_read(name, text, options)], name, options, name, snippet=True)


def _read(path: str, text: str, options: Options) -> Unit:
    """Run the first pass over a source until its sizes stand still."""
    settled: Mapping[str, tuple[tuple[str, str], int]] | None = None
    for _ in range(_PASSES):
        unit = Unit(options, settled)
        parser.parse(unit, path, text)
        if not unit.forward:
            return unit
        places = _places(unit)
        if places == settled:
            return unit
        settled = places
    problem = "the sizes in this source depend on each other and do not settle"
    raise AssemblyError([Diagnostic(path, 0, 0, problem)])


def _places(unit: Unit) -> dict[str, tuple[tuple[str, str], int]]:
    """Return where the labels of ``unit`` are, and the values of its plain variables."""
    found: dict[str, tuple[tuple[str, str], int]] = {}
    for symbol in unit.symbols.values():
        if symbol.kind == "label" and symbol.part is not None:
            found[symbol.name] = ((symbol.part.segment, symbol.part.name), symbol.offset)
        elif symbol.kind == "variable" and isinstance(symbol.expr, int):
            found[symbol.name] = (("", ""), symbol.expr)
    return found
