"""Writes small Mach-O executables: what linkers make, and what they never would."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

PAGE = 0x4000
BASE = 0x1_0000_0000
DATA = BASE + PAGE
MH_PIE = 0x200000

# mov x0, #42; mov x16, #1; svc #0x80
CODE = struct.pack("<3I", 0xD2800540, 0xD2800030, 0xD4001001)


def segment(
    name: str,
    addr: int,
    size: int,
    offset: int = 0,
    filesize: int = 0,
    prot: int = 3,
    *,
    flags: int = 0,
    sections: tuple[bytes, ...] = (),
) -> bytes:
    """LC_SEGMENT_64."""
    return struct.pack(
        "<II16sQQQQiiII",
        0x19,
        72 + 80 * len(sections),
        name.encode(),
        addr,
        size,
        offset,
        filesize,
        7,
        prot,
        len(sections),
        flags,
    ) + b"".join(sections)


def section(
    name: str, seg: str, addr: int, size: int, offset: int, kind: int = 0, align: int = 2
) -> bytes:
    return struct.pack(
        "<16s16sQQIIIIIIII",
        name.encode(), seg.encode(), addr, size, offset, align, 0, 0, kind, 0, 0, 0,
    )  # fmt: skip


def command(number: int, body: bytes) -> bytes:
    """Any load command, padded to eight bytes."""
    body += bytes(-len(body) % 8)
    return struct.pack("<II", number, 8 + len(body)) + body


def main(offset: int) -> bytes:
    return command(0x80000028, struct.pack("<QQ", offset, 0))


def unixthread(pc: int) -> bytes:
    state = struct.pack("<32Q", *[0] * 32) + struct.pack("<QQ", pc, 0)
    return command(0x5, struct.pack("<II", 6, len(state) // 4) + state)


def dylib(name: str = "/usr/lib/libSystem.B.dylib") -> bytes:
    return command(0xC, struct.pack("<IIII", 24, 0, 0, 0) + name.encode() + b"\0")


def nlist(strx: int, kind: int, sect: int, value: int) -> bytes:
    return struct.pack("<IBBHQ", strx, kind, sect, 0, value)


@dataclass
class Macho:
    """An executable of __PAGEZERO, __TEXT, __DATA and __LINKEDIT; every part can be replaced.

    ``tables`` go into __LINKEDIT; :meth:`put` returns where.
    """

    data: bytes = bytes(64)
    code: bytes = CODE
    data_size: int = PAGE
    flags: int = MH_PIE | 0x85
    cpu: int = 0x0100000C
    subtype: int = 0
    kind: int = 2
    magic: int = 0xFEEDFACF
    entry: bytes | None = None
    data_flags: int = 0
    data_prot: int = 3
    data_sections: tuple[bytes, ...] = ()
    libraries: tuple[str, ...] = ("/usr/lib/libSystem.B.dylib",)
    commands: list[bytes] = field(default_factory=list)
    linkedit: bytearray = field(default_factory=bytearray)

    #: Where the code is, in the file and behind BASE.
    TEXT = 0x1000
    LINKEDIT = 2 * PAGE

    def put(self, table: bytes) -> tuple[int, int]:
        """Add a table to __LINKEDIT; return its file offset and size."""
        at = self.LINKEDIT + len(self.linkedit)
        self.linkedit += table + bytes(-len(table) % 8)
        return at, len(table)

    def dyld_info(
        self, rebase: bytes = b"", bind: bytes = b"", weak: bytes = b"", lazy: bytes = b""
    ) -> Macho:
        pairs = [word for t in (rebase, bind, weak, lazy) for word in self.put(t)]
        self.commands.append(command(0x80000022, struct.pack("<10I", *pairs, 0, 0)))
        return self

    def chained(self, blob: bytes) -> Macho:
        self.commands.append(command(0x80000034, struct.pack("<II", *self.put(blob))))
        return self

    def function_starts(self, blob: bytes) -> Macho:
        self.commands.append(command(0x26, struct.pack("<II", *self.put(blob))))
        return self

    def symtab(self, entries: list[tuple[str, int, int, int]]) -> Macho:
        """Symbols as (name, type, section, value)."""
        strings = bytearray(b"\0")
        table = b""
        for name, kind, sect, value in entries:
            table += nlist(len(strings) if name else 0, kind, sect, value)
            strings += name.encode() + b"\0" if name else b""
        at, _ = self.put(table)
        where, size = self.put(bytes(strings))
        self.commands.append(command(0x2, struct.pack("<IIII", at, len(entries), where, size)))
        return self

    def segments(self) -> list[bytes]:
        text = section("__text", "__TEXT", BASE + self.TEXT, len(self.code), self.TEXT)
        return [
            segment("__PAGEZERO", 0, BASE, prot=0),
            segment("__TEXT", BASE, PAGE, 0, PAGE, prot=5, sections=(text,)),
            segment(
                "__DATA",
                DATA,
                self.data_size,
                PAGE,
                len(self.data),
                self.data_prot,
                flags=self.data_flags,
                sections=self.data_sections,
            ),
            segment(
                "__LINKEDIT",
                DATA + -(-self.data_size // PAGE) * PAGE,
                -(-max(len(self.linkedit), 1) // PAGE) * PAGE,
                self.LINKEDIT,
                len(self.linkedit),
                prot=1,
            ),
        ]

    def header(self, commands: list[bytes]) -> bytes:
        size = sum(map(len, commands))
        return struct.pack(
            "<8I", self.magic, self.cpu, self.subtype, self.kind, len(commands), size, self.flags, 0
        )

    def bytes(self) -> bytes:
        entry = main(self.TEXT) if self.entry is None else self.entry
        commands = [
            *self.segments(),
            *([entry] if entry else []),
            *map(dylib, self.libraries),
            *self.commands,
        ]
        out = bytearray(self.LINKEDIT)
        head = self.header(commands) + b"".join(commands)
        assert len(head) <= self.TEXT
        out[: len(head)] = head
        out[self.TEXT : self.TEXT + len(self.code)] = self.code
        out[PAGE : PAGE + len(self.data)] = self.data
        return bytes(out + self.linkedit)


def fat(*slices: tuple[int, int, bytes], wide: bool = False) -> bytes:
    """A universal file of (CPU type, subtype, contents)."""
    layout = struct.Struct(">IIQQII" if wide else ">IIIII")
    head = struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, len(slices))
    at, body = PAGE, b""
    for cpu, subtype, data in slices:
        fields = (cpu, subtype, at, len(data), 14)
        head += layout.pack(*fields, 0) if wide else layout.pack(*fields)
        body += data + bytes(-len(data) % PAGE)
        at += len(data) + -len(data) % PAGE
    return head + bytes(PAGE - len(head)) + body


def uleb(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def chains(
    pointer_format: int,
    starts: list[int],
    imports: bytes = b"",
    names: bytes = b"\0",
    *,
    count: int = 0,
    kind: int = 1,
    packed: int = 0,
    overflow: list[int] | None = None,
) -> bytes:
    """The payload of LC_DYLD_CHAINED_FIXUPS for :class:`Macho`: chains in __DATA alone."""
    header_size = 28 + 4  # padded to eight
    pages = starts + (overflow or [])
    info = struct.pack(
        f"<IHHQIH{len(pages)}H", 22 + 2 * len(pages), PAGE, pointer_format, PAGE, 0, len(starts),
        *pages,
    )  # fmt: skip
    image = struct.pack("<I4I", 4, 0, 0, 20, 0)
    starts_at = header_size
    imports_at = starts_at + len(image) + len(info) + -(len(image) + len(info)) % 8
    head = struct.pack(
        "<7I", 0, starts_at, imports_at, imports_at + len(imports), count, kind, packed
    )
    out = head + bytes(4) + image + info
    return out + bytes(imports_at - len(out)) + imports + names
