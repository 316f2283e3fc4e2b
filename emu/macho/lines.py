"""The line table of an executable: its own DWARF, or that of the objects it was linked from."""

from __future__ import annotations

import bisect
import functools
from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.image import LineEntry, LineTable, SourceLine
from emu.macho import archive, dwarf
from emu.macho import constants as c
from emu.macho.fat import arm64_slice
from emu.macho.reading import cstring, part, unpack
from emu.macho.symbols import ObjectFile, debug_map, named, nlists
from emu.macho.units import compilation_directories

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.macho.commands import Executable
    from emu.macho.symbols import Nlist

__all__ = ["line_table"]

_HEADER: Final = Struct("<IIIIIIII")
_COMMAND: Final = Struct("<II")
_SEGMENT: Final = Struct("<II16sQQQQiiII")
_SECTION: Final = Struct("<16s16sQQIIIIIIII")
_SYMTAB: Final = Struct("<IIIIII")


def line_table(
    executable: Executable,
    entries: list[Nlist],
    slide: int,
    read_object: Callable[[str, int], bytes | None],
    dsym: bytes | None = None,
) -> LineTable:
    """Return the lines of an image at its slid addresses.

    ``read_object(path, mtime)`` gives an object file of the debug map, or None where there is
    none (any more); ``dsym`` is the debug file beside the executable.  Debug information that is
    malformed counts as absent: it is no part of what runs.
    """
    own = _own_sections(executable) or _companion(executable, dsym)
    if "__debug_line" in own:
        return LineTable(_entries(_rows(own), slide))
    found: list[LineEntry] = []
    read_archive = functools.cache(lambda path: read_object(path, 0))
    for each in debug_map(entries):
        data = read_object(each.path, each.mtime)
        if data is None:
            data = _archived(each, read_archive)
        if data is not None:
            found += _entries(_linked(each, data), slide)
    return LineTable(found)


def _archived(each: ObjectFile, read_archive: Callable[[str], bytes | None]) -> bytes | None:
    """Return an object that was linked out of a static library; its date is the member's."""
    place = archive.split(each.path)
    data = read_archive(place[0]) if place else None
    return archive.member(data, place[1], each.mtime) if place and data is not None else None


def _entries(rows: list[dwarf.Row], slide: int) -> list[LineEntry]:
    return [LineEntry(r.start + slide, r.end - r.start, SourceLine(r.path, r.line)) for r in rows]


def _rows(sections: dict[str, bytes]) -> list[dwarf.Row]:
    try:
        directories = compilation_directories(sections)
    except ImageError:
        directories = {}
    found: list[dwarf.Row] = []
    try:
        found.extend(dwarf.rows(sections, directories))
    except ImageError:
        return found
    return found


def _own_sections(executable: Executable) -> dict[str, bytes]:
    return {
        s.name: executable.data[s.offset : s.offset + s.size]
        for segment in executable.segments
        for s in segment.sections
        if s.segment == "__DWARF" and not s.zerofill
    }


def _companion(executable: Executable, dsym: bytes | None) -> dict[str, bytes]:
    """Return the debug sections of a dSYM's file if it belongs to the executable."""
    if dsym is None:
        return {}
    try:
        found = _object(arm64_slice(dsym))
    except ImageError:
        return {}
    return found.sections if found.uuid and found.uuid == executable.uuid else {}


def _linked(each: ObjectFile, data: bytes) -> list[dwarf.Row]:
    """Return an object's rows where the linker has put its functions."""
    try:
        unit = _object(data)
    except ImageError:
        return []
    moved: list[dwarf.Row] = []
    rows = sorted(_rows(unit.sections), key=lambda r: r.start)
    starts = [r.start for r in rows]
    for name, linked, size in each.functions:
        start = unit.names.get(name)
        if start is None:
            continue
        by = linked - start
        first = max(bisect.bisect_right(starts, start) - 1, 0)
        last = bisect.bisect_left(starts, start + size)
        moved += [
            dwarf.Row(max(r.start, start) + by, min(r.end, start + size) + by, r.path, r.line)
            for r in rows[first:last]
            if r.end > start
        ]
    return moved


@dataclass(slots=True)
class _Debugged:
    """The debug sections, symbols and UUID of an object file or of a dSYM's file."""

    sections: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    uuid: bytes = b""


def _object(data: bytes) -> _Debugged:
    """Read what debugs a program.

    The sections' references need no relocation: the assembler leaves addresses within the
    object in place.
    """
    magic, cpu, _, _, count, *_ = unpack(_HEADER, data, 0, "the header of an object")
    if magic != c.MH_MAGIC_64 or cpu != c.CPU_TYPE_ARM64:
        raise ImageError("not an arm64 object file")
    found = _Debugged()
    at = _HEADER.size
    for _ in range(count):
        command, size = unpack(_COMMAND, data, at, "a load command of an object")
        if size < _COMMAND.size:
            raise ImageError("a load command of an object has a bad size")
        if command == c.LC_SEGMENT_64:
            found.sections |= _debug_sections(data, at)
        elif command == c.LC_SYMTAB:
            found.names = named(nlists(data, unpack(_SYMTAB, data, at, "LC_SYMTAB")[2:]))
        elif command == c.LC_UUID:
            found.uuid = part(data, at + _COMMAND.size, 16, "LC_UUID")
        at += size
    return found


def _debug_sections(data: bytes, at: int) -> dict[str, bytes]:
    count = unpack(_SEGMENT, data, at, "a segment of an object")[9]
    found = {}
    for i in range(count):
        where = at + _SEGMENT.size + i * _SECTION.size
        raw, segment, _, size, offset, *_ = unpack(_SECTION, data, where, "a section of an object")
        if segment.rstrip(b"\0") == b"__DWARF":
            found[cstring(raw + b"\0", 0, "a section's name")] = part(
                data, offset, size, "a section"
            )
    return found
