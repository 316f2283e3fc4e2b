"""Dyld's rebase and bind opcodes (``LC_DYLD_INFO``), the threaded ones among them.

An opcode is the upper half of a byte, its small operand the lower half; larger operands follow
as LEB128 numbers.  The names are those of ``mach-o/loader.h`` without ``REBASE_OPCODE_`` and
``BIND_OPCODE_``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.macho import chained
from emu.macho.fixups import Fixups, Import, Memory
from emu.macho.reading import Stream

if TYPE_CHECKING:
    from emu.macho.commands import Executable

__all__ = ["read"]

_POINTER: Final = 8
_MASK64: Final = (1 << 64) - 1
_TYPE_POINTER: Final = 1
_WEAK_IMPORT: Final = 1
_MOST_ORDINALS: Final = 65536


def read(executable: Executable, memory: Memory, fixups: Fixups) -> None:
    """Run all opcode tables of a file into ``fixups``; weak definitions stay with the image."""
    for name, where in executable.opcodes.items():
        stream = Stream(executable.linkedit(where, f"the {name} opcodes"), f"the {name} opcodes")
        if name == "rebase":
            _Rebaser(memory, fixups, stream).run()
        elif name != "weak_bind":
            _Binder(executable, memory, fixups, stream, lazy=name == "lazy_bind").run()


class _Position:
    """Where the next pointer is: dyld's "segment index, segment offset" pair."""

    def __init__(self, memory: Memory, fixups: Fixups, stream: Stream) -> None:
        self.memory = memory
        self.fixups = fixups
        self.stream = stream
        self.addr = 0

    def move_to(self, index: int) -> None:
        """SET_SEGMENT_AND_OFFSET_ULEB."""
        if index >= len(self.memory.segments):
            raise ImageError(f"{self.stream.what}: there is no segment {index}")
        self.addr = (self.memory.segments[index].addr + self.stream.uleb()) & _MASK64

    def advance(self, by: int) -> None:
        """Go on by ``by`` bytes; addresses wrap, so that an offset may be negative."""
        self.addr = (self.addr + by) & _MASK64

    def unknown(self, opcode: int) -> ImageError:
        return ImageError(f"{self.stream.what}: unknown opcode {opcode:#04x}")


class _Rebaser(_Position):
    def run(self) -> None:
        stream = self.stream
        while stream.more:
            byte = stream.u8()
            opcode, small = byte & 0xF0, byte & 0x0F
            if opcode == 0x00:  # DONE
                return
            self.execute(opcode, small)

    def execute(self, opcode: int, small: int) -> None:
        stream = self.stream
        match opcode:
            case 0x10:  # SET_TYPE_IMM
                if small != _TYPE_POINTER:
                    raise ImageError(f"{stream.what}: type {small} is not for arm64")
            case 0x20:
                self.move_to(small)
            case 0x30:  # ADD_ADDR_ULEB
                self.advance(stream.uleb())
            case 0x40:  # ADD_ADDR_IMM_SCALED
                self.advance(small * _POINTER)
            case 0x50:  # DO_REBASE_IMM_TIMES
                self.rebase(small, _POINTER)
            case 0x60:  # DO_REBASE_ULEB_TIMES
                self.rebase(stream.uleb(), _POINTER)
            case 0x70:  # DO_REBASE_ADD_ADDR_ULEB
                self.rebase(1, _POINTER + stream.uleb())
            case 0x80:  # DO_REBASE_ULEB_TIMES_SKIPPING_ULEB
                count = stream.uleb()
                self.rebase(count, _POINTER + stream.uleb())
            case _:
                raise self.unknown(opcode)

    def rebase(self, count: int, step: int) -> None:
        for _ in range(count):
            self.fixups.rebase(self.addr, self.memory.pointer(self.addr))
            self.advance(step)


@dataclass(frozen=True, slots=True)
class _Symbol:
    """What the SET opcodes have said of the next symbol to bind."""

    name: str = ""
    library: str = ""
    weak: bool = False
    addend: int = 0


class _Binder(_Position):
    def __init__(
        self, executable: Executable, memory: Memory, fixups: Fixups, stream: Stream, *, lazy: bool
    ) -> None:
        super().__init__(memory, fixups, stream)
        self.executable = executable
        self.lazy = lazy
        self.symbol = _Symbol()
        #: The symbols of the threaded opcodes, once their number has been said.
        self.table: list[_Symbol] | None = None

    def run(self) -> None:
        stream = self.stream
        while stream.more:
            byte = stream.u8()
            opcode, small = byte & 0xF0, byte & 0x0F
            if opcode == 0x00:  # DONE: in the lazy table one stands behind every symbol
                if not self.lazy:
                    return
            elif opcode < 0x70:
                self.describe(opcode, small)
            else:
                self.execute(opcode, small)

    def describe(self, opcode: int, small: int) -> None:
        stream = self.stream
        match opcode:
            case 0x10:  # SET_DYLIB_ORDINAL_IMM
                self.set(library=self.library(small))
            case 0x20:  # SET_DYLIB_ORDINAL_ULEB
                self.set(library=self.library(stream.uleb()))
            case 0x30:  # SET_DYLIB_SPECIAL_IMM: self, main executable, flat or weak lookup
                self.set(library="")
            case 0x40:  # SET_SYMBOL_TRAILING_FLAGS_IMM
                self.set(name=stream.cstring(), weak=bool(small & _WEAK_IMPORT))
            case 0x50:  # SET_TYPE_IMM
                if small != _TYPE_POINTER:
                    raise ImageError(f"{stream.what}: type {small} is not for arm64")
            case 0x60:  # SET_ADDEND_SLEB
                self.set(addend=stream.sleb())

    def set(self, **changes: str | int | bool) -> None:
        self.symbol = replace(self.symbol, **changes)  # type: ignore[arg-type]

    def library(self, ordinal: int) -> str:
        """Return the library that a one-based ordinal means; 0 is the image itself."""
        libraries = self.executable.libraries
        if ordinal > len(libraries):
            raise ImageError(f"{self.stream.what}: there is no library {ordinal}")
        return libraries[ordinal - 1] if ordinal else ""

    def execute(self, opcode: int, small: int) -> None:
        stream = self.stream
        match opcode:
            case 0x70:
                self.move_to(small)
            case 0x80:  # ADD_ADDR_ULEB
                self.advance(stream.uleb())
            case 0x90:  # DO_BIND
                self.bind(1, _POINTER)
            case 0xA0:  # DO_BIND_ADD_ADDR_ULEB
                self.bind(1, _POINTER + stream.uleb())
            case 0xB0:  # DO_BIND_ADD_ADDR_IMM_SCALED
                self.bind(1, _POINTER + small * _POINTER)
            case 0xC0:  # DO_BIND_ULEB_TIMES_SKIPPING_ULEB
                count = stream.uleb()
                self.bind(count, _POINTER + stream.uleb())
            case 0xD0:
                self.threaded(small)
            case _:
                raise self.unknown(opcode)

    def bind(self, count: int, step: int) -> None:
        symbol = self.symbol
        if self.table is not None:
            # Under the threaded opcodes DO_BIND only adds to the table of ordinals.
            self.table.append(symbol)
            if len(self.table) > _MOST_ORDINALS:
                raise ImageError(f"{self.stream.what}: too many symbols")
            return
        for _ in range(count):
            self.memory.pointer(self.addr)
            self.fixups.bind(
                Import(self.addr, symbol.name, symbol.addend, symbol.library, symbol.weak)
            )
            self.advance(step)

    def threaded(self, small: int) -> None:
        """THREADED: chains of arm64e pointers, as they were before LC_DYLD_CHAINED_FIXUPS."""
        if small == 0:  # SET_BIND_ORDINAL_TABLE_SIZE_ULEB
            self.stream.uleb()
            self.table = []
        elif small == 1:  # APPLY: a chain begins here
            table = [Import(0, s.name, s.addend, s.library, s.weak) for s in self.table or ()]
            chained.walk(self.memory, self.fixups, self.addr, chained.ARM64E, table,
                         self.executable.base)  # fmt: skip
        else:
            raise self.unknown(0xD0 | small)
