"""The header and the load commands of one arm64 executable, checked as xnu and dyld check them."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from emu.errors import ImageError
from emu.image import PAGE_SIZE
from emu.macho import constants as c
from emu.macho.reading import U64, cstring, part, unpack

__all__ = ["Executable", "MachSection", "MachSegment", "read"]

_HEADER: Final = Struct("<IIIIIIII")
_COMMAND: Final = Struct("<II")
_SEGMENT: Final = Struct("<II16sQQQQiiII")
_SECTION: Final = Struct("<16s16sQQIIIIIIII")
_PAIRS: Final = Struct("<IIIIIIIIIIII")
_SYMTAB: Final = Struct("<IIIIII")
_LINKEDIT: Final = Struct("<IIII")
_MAIN: Final = Struct("<IIQQ")
_DYLIB_NAME: Final = Struct("<III")
_ENCRYPTION: Final = Struct("<IIIII")
_THREAD: Final = Struct("<IIII")
#: Offset of pc in a thread command: the header, x0…x28, fp, lr and sp.
_THREAD_PC: Final = _THREAD.size + 32 * 8
#: User addresses end here; and the most that one program may take without its zero page.
_USER_END: Final = 1 << 47
_MOST_MEMORY: Final = 1 << 32
_MOST_SEGMENTS: Final = 256


@dataclass(frozen=True, slots=True)
class MachSection:
    """A section as the file has it; ``type`` is one of the ``S_*`` numbers."""

    segment: str
    name: str
    addr: int
    size: int
    offset: int
    align: int
    type: int

    @property
    def zerofill(self) -> bool:
        """Whether it has no bytes in the file."""
        return self.type in c.ZEROFILLS


@dataclass(frozen=True, slots=True)
class MachSegment:
    """A segment as the file has it, at its preferred address."""

    name: str
    addr: int
    size: int
    offset: int
    filesize: int
    prot: int
    flags: int
    sections: tuple[MachSection, ...]

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.addr + self.size


@dataclass(slots=True)
class Executable:
    """What the load commands say; ``data`` is the whole (thin) file."""

    data: bytes
    flags: int = 0
    segments: list[MachSegment] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    #: Offset and size of each table of dyld's opcodes, by its name.
    opcodes: dict[str, tuple[int, int]] = field(default_factory=dict)
    chained: tuple[int, int] | None = None
    function_starts: tuple[int, int] | None = None
    #: Symbols: offset, count; strings: offset, size.
    symtab: tuple[int, int, int, int] | None = None
    #: LC_MAIN's offset from the header, or LC_UNIXTHREAD's pc.
    main: int | None = None
    uuid: bytes = b""
    thread_pc: int | None = None

    @property
    def base(self) -> int:
        """The preferred address of the Mach-O header."""
        for s in self.segments:
            if s.filesize and s.offset == 0:
                return s.addr
        raise ImageError("no segment holds the Mach-O header")

    @property
    def entry(self) -> int:
        """The preferred address of the first instruction."""
        if self.main is not None:
            entry = self.base + self.main
        elif self.thread_pc is not None:
            entry = self.thread_pc
        else:
            raise ImageError("no entry point: neither LC_MAIN nor LC_UNIXTHREAD")
        if entry & 3 or not any(s.prot & 4 and s.addr <= entry < s.end for s in self.segments):
            raise ImageError(f"the entry point {entry:#x} is not in an executable segment")
        return entry

    def linkedit(self, where: tuple[int, int], what: str) -> bytes:
        """Return the bytes of one of the tables that dyld reads."""
        return part(self.data, *where, what)


def read(data: bytes) -> Executable:
    """Return the load commands of a thin file.

    Raises:
        ImageError: it is not an arm64 executable, or it is malformed.
    """
    found = Executable(data)
    magic, cpu, _, kind, count, size, found.flags, _ = unpack(_HEADER, data, 0, "the header")
    if magic == c.MH_MAGIC:
        raise ImageError("a 32-bit Mach-O file: only arm64 runs here")
    if magic != c.MH_MAGIC_64:
        raise ImageError(f"not a Mach-O file: it begins with {magic:#010x}")
    if cpu != c.CPU_TYPE_ARM64:
        name = c.CPU_TYPES.get(cpu, f"CPU type {cpu:#x}")
        raise ImageError(f"made for {name}: only arm64 runs here")
    if kind != c.MH_EXECUTE:
        raise ImageError(f"{c.FILE_TYPES.get(kind, f'file type {kind}')}: not an executable")
    _walk(found, part(data, _HEADER.size, size, "the load commands"), count)
    _check_segments(found)
    return found


def _walk(found: Executable, commands: bytes, count: int) -> None:
    at = 0
    for index in range(count):
        command, size = unpack(_COMMAND, commands, at, f"load command {index}")
        if size < _COMMAND.size or size % 4 or at + size > len(commands):
            raise ImageError(f"load command {index} ({command:#x}): bad size {size:#x}")
        _note(found, command, commands[at : at + size])
        at += size


def _note(found: Executable, command: int, body: bytes) -> None:
    what = f"load command {command:#x}"
    if command == c.LC_SEGMENT_64:
        found.segments.append(_segment(found, body))
        if len(found.segments) > _MOST_SEGMENTS:
            raise ImageError(f"more than {_MOST_SEGMENTS} segments")
    elif command == c.LC_MAIN:
        found.main = unpack(_MAIN, body, 0, what)[2]
    elif command == c.LC_UUID:
        found.uuid = part(body, _COMMAND.size, 16, what)
    elif command == c.LC_UNIXTHREAD:
        found.thread_pc = _thread_pc(body, what)
    elif command in c.DYLIB_COMMANDS:
        found.libraries.append(cstring(body, unpack(_DYLIB_NAME, body, 0, what)[2], what))
    elif command == c.LC_ENCRYPTION_INFO_64 and unpack(_ENCRYPTION, body, 0, what)[4]:
        raise ImageError("encrypted: only the Mac that it was bought on can run it")
    else:
        _note_table(found, command, body, what)


def _note_table(found: Executable, command: int, body: bytes, what: str) -> None:
    """Take in where a table for dyld or the debugger is."""
    if command in (c.LC_DYLD_INFO, c.LC_DYLD_INFO_ONLY):
        fields = unpack(_PAIRS, body, 0, what)
        for i, name in enumerate(("rebase", "bind", "weak_bind", "lazy_bind")):
            found.opcodes[name] = fields[2 + 2 * i], fields[3 + 2 * i]
    elif command == c.LC_DYLD_CHAINED_FIXUPS:
        found.chained = unpack(_LINKEDIT, body, 0, what)[2:]
    elif command == c.LC_FUNCTION_STARTS:
        found.function_starts = unpack(_LINKEDIT, body, 0, what)[2:]
    elif command == c.LC_SYMTAB:
        found.symtab = unpack(_SYMTAB, body, 0, what)[2:]


def _thread_pc(body: bytes, what: str) -> int:
    flavor = unpack(_THREAD, body, 0, what)[2]
    if flavor != c.ARM_THREAD_STATE64:
        raise ImageError(f"LC_UNIXTHREAD: thread state {flavor} is not arm64's")
    pc: int = unpack(U64, body, _THREAD_PC, what)[0]
    return pc


def _segment(found: Executable, body: bytes) -> MachSegment:
    fields = unpack(_SEGMENT, body, 0, "a segment's load command")
    _, _, raw, addr, size, offset, filesize, _, prot, nsects, flags = fields
    name = _name(raw)
    if addr % PAGE_SIZE or addr + size > _USER_END:
        raise ImageError(f"segment {name}: bad address {addr:#x}, size {size:#x}")
    if filesize > size:
        raise ImageError(f"segment {name}: {filesize:#x} bytes of the file in {size:#x} of memory")
    if filesize:
        part(found.data, offset, filesize, f"segment {name}")
    sections = tuple(
        _section(unpack(_SECTION, body, _SEGMENT.size + i * _SECTION.size, f"a section of {name}"))
        for i in range(nsects)
    )
    segment = MachSegment(name, addr, size, offset, filesize, prot & 7, flags, sections)
    for section in sections:
        _check_section(segment, section, len(found.data))
    return segment


def _section(fields: tuple[bytes, bytes, int, int, int, int, int, int, int, int, int, int]) -> MachSection:  # fmt: skip  # noqa: E501
    name, segment, addr, size, offset, align, _, _, flags, *_ = fields
    return MachSection(
        _name(segment), _name(name), addr, size, offset, min(align, 63), flags & c.SECTION_TYPE
    )


def _name(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("utf-8", "backslashreplace")


def _check_section(segment: MachSegment, section: MachSection, length: int) -> None:
    what = f"section {section.segment},{section.name}"
    if not segment.addr <= section.addr <= section.addr + section.size <= segment.end:
        raise ImageError(f"{what} at {section.addr:#x} is not inside its segment")
    if section.zerofill or not section.size:
        return
    if section.offset + section.size > length:
        raise ImageError(f"truncated: {what} lies beyond the end of the file")


def _check_segments(found: Executable) -> None:
    ends, name, total, mapped = 0, "", 0, 0
    for s in sorted(found.segments, key=lambda s: s.addr):
        if s.size and s.addr < ends:
            raise ImageError(f"segments {name} and {s.name} overlap")
        if s.size:
            ends, name = s.addr + -(-s.size // PAGE_SIZE) * PAGE_SIZE, s.name
        if s.prot:
            total += s.size
            mapped += s.filesize
    if total > _MOST_MEMORY:
        raise ImageError(
            f"takes {total:#x} bytes of memory; at most {_MOST_MEMORY:#x} are possible"
        )
    if mapped > len(found.data):
        raise ImageError("segments overlap in the file")
