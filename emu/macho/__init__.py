"""Mach-O executables for arm64, thin or universal, to an :class:`emu.image.Image`.

The stations, each a module: ``fat`` picks the slice, ``commands`` reads and checks the load
commands, ``opcodes`` and ``chained`` say which pointers are to be slid or bound, ``symbols`` and
``lines`` (with ``dwarf`` and ``units``) give addresses their names.  All reads go through
``reading``, which never leaves the file.

The formats are those of Apple's ``mach-o/loader.h``, ``mach-o/fixup-chains.h`` and
``mach-o/stab.h``; what is refused follows xnu's ``mach_loader.c`` and dyld.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.image import PAGE_SIZE, Image, Section, Segment
from emu.macho import chained, commands, opcodes
from emu.macho import constants as c
from emu.macho.fat import arm64_slice, is_fat
from emu.macho.fixups import Fixups, Import, Memory
from emu.macho.lines import line_table
from emu.macho.reading import U32, U64
from emu.macho.symbols import nlists, symbols

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.macho.commands import Executable, MachSection
    from emu.macho.symbols import Nlist

__all__ = ["Import", "Program", "is_macho", "load", "read_regular"]

_READ_ONLY: Final = 1
#: An object file or source larger than this is no help to a reader.
_LARGEST_AID: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Program:
    """A loaded executable and what it still needs from others.

    ``imports`` are at slid addresses; ``initializers`` are the functions to call before the entry
    point (``__mod_init_func``, ``__init_offsets``), in order.  ``thread_locals`` is where the first
    values of thread-local variables lie, 0 when it has none.
    """

    image: Image
    imports: tuple[Import, ...]
    initializers: tuple[int, ...]
    thread_locals: int = 0


def is_macho(start: bytes) -> bool:
    """Tell whether a file that begins with ``start`` (8 bytes or more) is a Mach-O file."""
    magic = int.from_bytes(start[:4], "little")
    return is_fat(start) or magic in (c.MH_MAGIC_64, c.MH_MAGIC)


def load(
    data: bytes,
    name: str,
    *,
    slide: int = 0,
    read_object: Callable[[str, int], bytes | None] | None = None,
    dsym: bytes | None = None,
) -> Program:
    """Return the program in ``data``, moved ``slide`` bytes up from where it was linked.

    Args:
        data: the file.
        name: what errors and the image call it.
        slide: bytes, a multiple of the page size; the program must be position-independent.
        read_object: gives an object file of the debug map by path and modification time.
        dsym: the file of the debug bundle (``dsymutil``'s) beside the executable, if there is one.

    Raises:
        ImageError: in one line, why the file cannot run here.
    """
    try:
        return _load(arm64_slice(data), name, slide, _Aids(read_object or read_regular, dsym))
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None


@dataclass(frozen=True, slots=True)
class _Aids:
    """Where a program's lines may come from beside the program itself."""

    read_object: Callable[[str, int], bytes | None]
    dsym: bytes | None


def _load(data: bytes, name: str, slide: int, aids: _Aids) -> Program:
    executable = commands.read(data)
    _check_slide(executable, slide)
    memory = Memory(executable)
    fixups = Fixups(left=len(data) // 4)
    opcodes.read(executable, memory, fixups)
    chained.read(executable, memory, fixups)
    for addr, value in fixups.rebases:
        memory.store(addr, value + slide)
    entries = nlists(data, executable.symtab)
    own = _definitions(entries)
    imports = [i for i in fixups.imports if not _bind_to_self(memory, i, own, slide)]
    return Program(
        _image(executable, memory, entries, name, slide, aids),
        tuple(_slid(i, slide) for i in imports),
        tuple(i + slide for i in _initializers(executable, memory, slide)),
        _thread_locals(executable, slide),
    )


def _thread_locals(executable: Executable, slide: int) -> int:
    """Return the address that the offsets of thread-local variables count from."""
    kinds = {c.S_THREAD_LOCAL_REGULAR, c.S_THREAD_LOCAL_ZEROFILL}
    found = [s.addr for part in executable.segments for s in part.sections if s.type in kinds]
    return min(found) + slide if found else 0


def _check_slide(executable: Executable, slide: int) -> None:
    if slide < 0 or slide % PAGE_SIZE:
        raise ImageError(f"slide {slide:#x} is not a multiple of the page size, {PAGE_SIZE:#x}")
    if slide and not executable.flags & c.MH_PIE:
        raise ImageError("linked for fixed addresses (no MH_PIE): it cannot slide")


def _definitions(entries: list[Nlist]) -> dict[str, int]:
    """Return the symbols that the image itself defines for others."""
    return {
        e.name: e.value
        for e in entries
        if not e.stab and e.type & c.N_EXT and e.type & c.N_TYPE == c.N_SECT
    }


def _bind_to_self(memory: Memory, found: Import, own: dict[str, int], slide: int) -> bool:
    """Bind what the image defines itself (``-flat_namespace``, weak definitions)."""
    if found.library or found.name not in own:
        return False
    memory.store(found.addr, own[found.name] + slide + found.addend)
    return True


def _slid(found: Import, slide: int) -> Import:
    return Import(found.addr + slide, found.name, found.addend, found.library, found.weak)


def _initializers(executable: Executable, memory: Memory, slide: int) -> list[int]:
    """Return the unslid addresses of the functions that dyld would call first."""
    found: list[int] = []
    for segment in memory.segments:
        data = bytes(memory.bytes[segment.addr])
        for s in segment.sections:
            start = s.addr - segment.addr
            body = data[start : start + s.size]
            if s.type == c.S_MOD_INIT_FUNC_POINTERS:
                whole = body[: len(body) // U64.size * U64.size]
                found += [addr - slide for (addr,) in U64.iter_unpack(whole)]
            elif s.type == c.S_INIT_FUNC_OFFSETS:
                whole = body[: len(body) // U32.size * U32.size]
                found += [executable.base + offset for (offset,) in U32.iter_unpack(whole)]
    return found


def _image(
    executable: Executable,
    memory: Memory,
    entries: list[Nlist],
    name: str,
    slide: int,
    aids: _Aids,
) -> Image:
    segments = tuple(
        Segment(
            s.name,
            # The zero page stays where it is and grows with the slide.
            s.addr + slide if s.prot else s.addr,
            -(-s.size // PAGE_SIZE) * PAGE_SIZE + (0 if s.prot else slide),
            _READ_ONLY if s.flags & c.SG_READ_ONLY else s.prot,
            bytes(memory.bytes[s.addr]),
        )
        for s in memory.segments
    )
    lines = line_table(executable, entries, slide, aids.read_object, aids.dsym)
    return Image(
        name,
        segments,
        executable.entry + slide,
        tuple(_section(memory, s, slide) for g in memory.segments for s in g.sections),
        symbols(executable, entries, slide),
        lines,
        _sources({e.where.path for e in lines.entries}),
        "main" if executable.main is not None else "unixthread",
    )


def _section(memory: Memory, s: MachSection, slide: int) -> Section:
    data = b""
    if not s.zerofill:
        segment = next(g for g in memory.segments if g.addr <= s.addr <= s.addr + s.size <= g.end)
        at = s.addr - segment.addr
        data = bytes(memory.bytes[segment.addr][at : at + s.size])
    return Section(
        s.segment, s.name, s.addr + slide, s.size, 1 << s.align, data, zerofill=s.zerofill
    )


def read_regular(path: str, mtime: int = 0) -> bytes | None:
    """Return a file unless it is gone, no regular one, huge, or of another ``mtime`` (0: any)."""
    try:
        file = Path(path)
        status = file.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_AID:
            return None
        if mtime and int(status.st_mtime) != mtime:
            return None
        return file.read_bytes()
    except (OSError, ValueError):
        return None


def _sources(paths: set[str]) -> dict[str, str]:
    """Return the texts of the sources that are still there."""
    found = {}
    for path in sorted(paths):
        data = read_regular(path)
        if data is not None:
            found[path] = data.decode("utf-8", "replace")
    return found
