"""Names for addresses: the symbol table, the debug map in it, and the function starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.image import Symbol
from emu.macho import constants as c
from emu.macho.reading import Stream, cstring, part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emu.macho.commands import Executable

__all__ = ["Nlist", "ObjectFile", "debug_map", "named", "nlists", "symbols"]

_NLIST: Final = Struct("<IBBHQ")


@dataclass(frozen=True, slots=True)
class Nlist:
    """One entry of a symbol table; ``type`` and ``section`` are the raw bytes."""

    name: str
    type: int
    section: int
    value: int

    @property
    def stab(self) -> bool:
        """Whether it belongs to the debug map."""
        return bool(self.type & c.N_STAB)


@dataclass(slots=True)
class ObjectFile:
    """One object file of the debug map: ``functions`` are (name, address, size) as linked."""

    path: str
    mtime: int
    functions: list[tuple[str, int, int]] = field(default_factory=list)


def nlists(data: bytes, table: tuple[int, int, int, int] | None) -> list[Nlist]:
    """Return the entries of a symbol table: ``table`` is offset, count, strings, their size."""
    if table is None or not table[1]:
        return []
    at, count, names, size = table
    entries = part(data, at, count * _NLIST.size, "the symbol table")
    strings = part(data, names, size, "the strings of the symbol table")
    known: dict[int, str] = {0: ""}
    found = []
    for offset, kind, section, _, value in _NLIST.iter_unpack(entries):
        name = known.get(offset)
        if name is None:
            name = known[offset] = cstring(strings, offset, "a symbol's name")
        found.append(Nlist(name, kind, section, value))
    return found


def symbols(executable: Executable, entries: list[Nlist], slide: int) -> dict[str, Symbol]:
    """Return the image's symbols at their slid addresses.

    A name that a static function shares with another gets its address behind an ``@``.  Names
    that the assembler made up (``ltmp0``) give way to others at the same address.
    """
    sections = [s for segment in executable.segments for s in segment.sections]
    defined = [e for e in entries if not e.stab and e.name and e.type & c.N_TYPE == c.N_SECT]
    own = {e.value for e in defined if not e.name.startswith("ltmp")}
    found: dict[str, Symbol] = {}
    for e in defined:
        if not 0 < e.section <= len(sections):
            raise ImageError(f"symbol {e.name} is in section {e.section}, which does not exist")
        if e.name.startswith("ltmp") and e.value in own:
            continue
        section = sections[e.section - 1]
        place = f"{section.segment},{section.name}"
        key = e.name if e.name not in found else f"{e.name}@{e.value:x}"
        found[key] = Symbol(e.name, e.value + slide, place, external=bool(e.type & c.N_EXT))
    for e in entries:
        if not e.stab and e.name and e.type & c.N_TYPE == c.N_ABS and e.name not in found:
            external = bool(e.type & c.N_EXT)
            found[e.name] = Symbol(e.name, e.value, "", external=external, absolute=True)
    _name_functions(executable, found, slide)
    return found


def _name_functions(executable: Executable, found: dict[str, Symbol], slide: int) -> None:
    """Give functions that were stripped of their names one by their address."""
    taken = {s.value for s in found.values()}
    for start in _function_starts(executable):
        if start + slide not in taken:
            name = f"func_{start:x}"
            found.setdefault(name, Symbol(name, start + slide, "__TEXT,__text"))


def _function_starts(executable: Executable) -> Iterator[int]:
    if executable.function_starts is None:
        return
    what = "the function starts"
    stream = Stream(executable.linkedit(executable.function_starts, what), what)
    addr = executable.base
    while stream.more and (delta := stream.uleb()):
        addr += delta
        if not any(s.addr <= addr < s.end for s in executable.segments):
            raise ImageError(f"{what}: {addr:#x} is in no segment")
        yield addr


def debug_map(entries: list[Nlist]) -> list[ObjectFile]:
    """Return the object files that an executable was linked from, by its stabs.

    The linker writes for each: N_SO source, N_OSO object, then N_FUN name and N_FUN size of
    every function, then an empty N_SO.
    """
    found: list[ObjectFile] = []
    name, start = "", 0
    for e in entries:
        if e.type == c.N_OSO:
            found.append(ObjectFile(e.name, e.value))
        elif e.type == c.N_FUN and e.name:
            name, start = e.name, e.value
        elif e.type == c.N_FUN and found and name:
            found[-1].functions.append((name, start, e.value))
            name = ""
    return found


def named(entries: list[Nlist]) -> dict[str, int]:
    """Return the addresses of an object file's own symbols by name."""
    return {e.name: e.value for e in entries if not e.stab and e.type & c.N_TYPE == c.N_SECT}
