"""A small libSystem for programs that call C's library: guest code of our own.

It is assembly beside this file, so whatever it does is done by ordinary system calls that the
tracer, the debugger and fork see as they see all others.  ``libsystem.img`` is what it assembles
to, made by ``python -m emu.libsystem``, so that no assembler is needed to run such a program.
"""

from __future__ import annotations

import functools
import posixpath
from collections import defaultdict
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.image import PAGE_SIZE, Image, LineTable, Segment, Symbol
from emu.record import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.macho import Import, Program

__all__ = ["ADDRESS", "IMAGE", "PROVIDED", "SOURCES", "bind"]

#: Where it lies: in the range of macOS's shared cache, behind the loader's exit stub.
ADDRESS: Final = 0x1_9000_0000
_HERE: Final = Path(__file__).resolve().parent
IMAGE: Final = _HERE / "libsystem.img"
SOURCES: Final = tuple(sorted(_HERE.glob("*.s")))

#: What teaching programs call, by C's names.
_CALLED: Final = (
    "exit _exit write read puts putchar printf strlen memcpy memset malloc free getpid time usleep"
)
#: What compilers and linkers make of that by themselves.
_IMPLIED: Final = (
    "calloc memmove bzero memset_pattern4 memset_pattern8 memset_pattern16 __memcpy_chk"
    " __memmove_chk __memset_chk abort __error __stack_chk_guard __stack_chk_fail __chkstk_darwin"
    " _tlv_bootstrap"
)
PROVIDED: Final = (*_CALLED.split(), *_IMPLIED.split())
_BINDER: Final = "dyld_stub_binder"
_PROVIDED: Final = frozenset({*("_" + name for name in PROVIDED), _BINDER})
_POINTER: Final = Struct("<Q")
_MAIN: Final = Struct("<QQQ")
_MASK64: Final = (1 << 64) - 1
#: How many missing symbols an error names.
_NAMED: Final = 12


def bind(program: Program) -> Image:
    """Return the program's image with all it imports, ready to run.

    A program that imports nothing but dyld's own entry is left alone: no libSystem is mapped.

    Raises:
        ImageError: it needs symbols that are not provided; the message names them.
    """
    missing = [i for i in program.imports if i.name not in _PROVIDED and not i.weak]
    if missing:
        raise ImageError(_missing(program.image.name, missing) + _advice(program.image))
    wanted = any(i.name in _PROVIDED - {_BINDER} for i in program.imports)
    main = program.image.start == "main"
    if not wanted and not (main and program.initializers):
        return _patched(program.image, [(i.addr, 0) for i in program.imports])
    library = _library()
    pointers = [(i.addr, _target(library, i)) for i in program.imports]
    joined = _joined(_patched(program.image, pointers), library)
    where = library.symbols["_libsystem_thread_locals"].value
    joined = _patched(joined, [(where, program.thread_locals)])
    return _entered(joined, program) if main else joined


def _missing(name: str, imports: Sequence[Import]) -> str:
    """Say in one line what is missing, by library."""
    by_library: dict[str, list[str]] = defaultdict(list)
    for found in imports:
        library = posixpath.basename(found.library).split(".")[0] or "any library"
        if found.name not in by_library[library]:
            by_library[library].append(found.name)
    total = sum(len(names) for names in by_library.values())
    shown, parts = 0, []
    for library, names in by_library.items():
        part = names[: max(_NAMED - shown, 0)]
        shown += len(part)
        if part:
            parts.append(f"{', '.join(part)} ({library})")
    more = f" and {total - shown} more" if total > shown else ""
    return (
        f"{name}: calls what is not provided here: {', '.join(parts)}{more}; "
        f"provided are {', '.join(_CALLED.split())}"
    )


def _advice(image: Image) -> str:
    """Say what to do about symbols that the program's author never asked for."""
    if not any(name.startswith("___ubsan_handle_") for name in image.symbols):
        return ""
    return "; it holds the compiler's run-time checks: build it with -fno-sanitize=undefined"


def _target(library: Image, found: Import) -> int:
    symbol = library.symbols.get(found.name) if found.name in _PROVIDED else None
    return symbol.value + found.addend if symbol else 0


@functools.cache
def _library() -> Image:
    from emu.asm import imagefile

    try:
        image = imagefile.load(IMAGE.read_bytes())
        sources = {f"libSystem/{p.name}": p.read_text("utf-8") for p in SOURCES}
    except OSError as error:
        raise ImageError(
            f"{IMAGE}: {error.strerror}; make it with python -m emu.libsystem"
        ) from None
    return replace(image, sources=sources)


def _patched(image: Image, pointers: Sequence[tuple[int, int]]) -> Image:
    """Return the image with pointers put at their addresses."""
    if not pointers:
        return image
    data = {s.addr: bytearray(s.data) for s in image.segments if s.prot}
    for addr, value in pointers:
        segment = next(s for s in image.segments if s.prot and s.addr <= addr < s.addr + s.size)
        _POINTER.pack_into(data[segment.addr], addr - segment.addr, value & _MASK64)
    segments = tuple(replace(s, data=bytes(data[s.addr])) if s.prot else s for s in image.segments)
    return replace(image, segments=segments)


def _joined(image: Image, library: Image) -> Image:
    """Return one image of the program and the library; the program's names come first."""
    symbols: dict[str, Symbol] = dict(image.symbols)
    for key, symbol in library.symbols.items():
        symbols[key if key not in symbols else f"libSystem`{key}"] = symbol
    segments = [replace(s, name=f"libSystem {s.name}") for s in library.segments if s.prot]
    return replace(
        image,
        segments=(*image.segments, *segments),
        symbols=symbols,
        lines=LineTable(lambda: [*image.lines.entries, *library.lines.entries]),
        sources={**library.sources, **image.sources},
    )


def _entered(image: Image, program: Program) -> Image:
    """Let the image start as dyld does: initializers, main, exit."""
    symbols = _library().symbols
    table = b"".join(_POINTER.pack(addr) for addr in program.initializers)
    end = max(s.addr + s.size for s in image.segments)
    words = _MAIN.pack(image.entry, end, len(program.initializers))
    where = symbols["_libsystem_main"].value
    pointers = [(where + i, _POINTER.unpack_from(words, i)[0]) for i in range(0, _MAIN.size, 8)]
    image = _patched(image, pointers)
    if table:
        size = -(-len(table) // PAGE_SIZE) * PAGE_SIZE
        initializers = Segment("libSystem initializers", end, size, 1, table)
        image = replace(image, segments=(*image.segments, initializers))
    return replace(image, entry=symbols["start"].value)
