"""Files that are damaged, or made to harm, are refused in one line."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Callable

import pytest

from emu import macho
from emu.errors import ImageError
from tests.macho.build import (
    BASE,
    CODE,
    DATA,
    PAGE,
    Macho,
    chains,
    command,
    fat,
    main,
    section,
    segment,
    uleb,
    unixthread,
)


def with_segments(*extra: bytes) -> Macho:
    return Macho(commands=list(extra))


def no_text() -> bytes:
    file = Macho()
    commands = [segment("__DATA", DATA, PAGE, PAGE, 64), main(0)]
    return file.header(commands) + b"".join(commands) + bytes(3 * PAGE)


def cut(size: int) -> bytes:
    return Macho().bytes()[:size]


def patched(at: int, layout: str, value: int) -> bytes:
    data = bytearray(Macho().bytes())
    struct.pack_into(layout, data, at, value)
    return bytes(data)


LONG = uleb(2**63)
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "truncated"),
    "header cut": (lambda: cut(20), "truncated"),
    "commands cut": (lambda: cut(100), "truncated"),
    "contents cut": (lambda: cut(PAGE + 10), "truncated"),
    "32 bits": (lambda: Macho(magic=0xFEEDFACE).bytes(), "32-bit"),
    "something else": (lambda: b"#!/bin/sh\necho no\n" * 10, "not a Mach-O"),
    "Intel": (lambda: Macho(cpu=0x01000007).bytes(), "x86_64: only arm64"),
    "unheard-of CPU": (lambda: Macho(cpu=0x77).bytes(), "CPU type 0x77"),
    "object": (lambda: Macho(kind=1).bytes(), "object file: link it first"),
    "library": (lambda: Macho(kind=6).bytes(), "dynamic library"),
    "unheard-of type": (lambda: Macho(kind=99).bytes(), "file type 99"),
    "too many commands": (lambda: patched(16, "<I", 2**32 - 1), "load command"),
    "command of no size": (lambda: patched(36, "<I", 0), "bad size"),
    "command of odd size": (lambda: patched(36, "<I", 73), "bad size"),
    "endless command": (lambda: patched(36, "<I", 2**32 - 8), "bad size"),
    "too many sections": (lambda: patched(32 + 64, "<I", 2**32 - 1), "truncated"),
    "no entry": (lambda: Macho(entry=b"").bytes(), "no entry point"),
    "entry outside": (lambda: Macho(entry=main(2**40)).bytes(), "entry point"),
    "entry in data": (lambda: Macho(entry=main(PAGE)).bytes(), "not in an executable segment"),
    "odd entry": (lambda: Macho(entry=unixthread(BASE + 2)).bytes(), "entry point"),
    "foreign thread": (
        lambda: Macho(entry=command(5, struct.pack("<II", 1, 17) + bytes(68))).bytes(),
        "not arm64's",
    ),
    "no header": (no_text, "no segment holds the Mach-O header"),
    "encrypted": (
        lambda: with_segments(command(0x2C, struct.pack("<IIII", 0, 0, 1, 0))).bytes(),
        "encrypted",
    ),
    "overlapping segments": (
        lambda: with_segments(segment("__MORE", DATA, PAGE)).bytes(),
        "segments .* overlap",
    ),
    "overlapping in the file": (
        lambda: with_segments(
            *(segment(f"__X{i}", DATA + (i + 9) * PAGE, PAGE, 0, PAGE) for i in range(8))
        ).bytes(),
        "overlap in the file",
    ),
    "more of the file than of memory": (
        lambda: with_segments(segment("__X", DATA + 9 * PAGE, 8, 0, 9)).bytes(),
        "bytes of the file in",
    ),
    "odd address": (
        lambda: with_segments(segment("__X", DATA + 9 * PAGE + 8, PAGE)).bytes(),
        "bad address",
    ),
    "address beyond the end": (
        lambda: with_segments(segment("__X", 2**64 - PAGE, PAGE)).bytes(),
        "bad address",
    ),
    "a terabyte": (
        lambda: with_segments(segment("__X", DATA + 9 * PAGE, 1 << 40)).bytes(),
        "bytes of memory",
    ),
    "five gigabytes in pieces": (
        lambda: with_segments(
            *(segment("__X", (i + 2) << 32, 1 << 30) for i in range(5))
        ).bytes(),
        "bytes of memory",
    ),
    "section outside its segment": (
        lambda: Macho(data_sections=(section("s", "__DATA", BASE, 8, 0),)).bytes(),
        "not inside its segment",
    ),
    "section outside the file": (
        lambda: Macho(data_sections=(section("s", "__DATA", DATA, 64, 2**31),)).bytes(),
        "beyond the end",
    ),
    "name of a library without end": (
        lambda: with_segments(command(0xC, struct.pack("<4I", 24, 0, 0, 0) + b"A" * 8)).bytes(),
        "has no end",
    ),
    "symbols outside": (
        lambda: with_segments(command(2, struct.pack("<4I", 0, 2**31, 0, 8))).bytes(),
        "the symbol table",
    ),
    "symbol in no section": (
        lambda: Macho().symtab([("_x", 0x0F, 9, BASE)]).bytes(), "does not exist"
    ),
    "function starts outside": (
        lambda: Macho().function_starts(uleb(2**40)).bytes(), "is in no segment"
    ),
    "linkedit outside": (
        lambda: with_segments(command(0x26, struct.pack("<II", 2**31, 8))).bytes(),
        "truncated",
    ),
    "rebase of no segment": (
        lambda: Macho().dyld_info(rebase=b"\x2f\x00\x51").bytes(), "no segment 15"
    ),
    "rebase outside": (
        lambda: Macho().dyld_info(rebase=b"\x22" + LONG + b"\x51").bytes(),
        "outside the file's part",
    ),
    "rebase of code": (
        lambda: Macho().dyld_info(rebase=b"\x21\x00\x51").bytes(), "read-only"
    ),
    "endless rebases": (
        lambda: Macho().dyld_info(rebase=b"\x22\x00\x80" + LONG + uleb(2**64 - 8)).bytes(),
        "more fixups than",
    ),
    "rebase of another kind": (lambda: Macho().dyld_info(rebase=b"\x12").bytes(), "type 2"),
    "unknown rebase": (lambda: Macho().dyld_info(rebase=b"\xf0").bytes(), "unknown opcode 0xf0"),
    "rebase cut": (lambda: Macho().dyld_info(rebase=b"\x22").bytes(), "ends in the middle"),
    "endless number": (
        lambda: Macho().dyld_info(rebase=b"\x22" + b"\x80" * 40).bytes(), "longer than 64 bits"
    ),
    "unknown bind": (lambda: Macho().dyld_info(bind=b"\xe0").bytes(), "unknown opcode 0xe0"),
    "bind to no library": (lambda: Macho().dyld_info(bind=b"\x15").bytes(), "no library 5"),
    "endless binds": (
        lambda: Macho().dyld_info(bind=b"\x40_a\0\x72\x00\xc0" + LONG + uleb(2**64 - 8)).bytes(),
        "more fixups than",
    ),
    "name without end": (lambda: Macho().dyld_info(bind=b"\x40_a").bytes(), "no end"),
    "threaded nonsense": (lambda: Macho().dyld_info(bind=b"\xd7").bytes(), "unknown opcode 0xd7"),
    "chains cut": (lambda: Macho().chained(bytes(12)).bytes(), "truncated"),
    "chains of another CPU": (lambda: Macho().chained(chains(3, [0])).bytes(), "pointer format 3"),
    "chain that leaves": (
        lambda: Macho(data=struct.pack("<Q", 0xFFF << 51)).chained(chains(6, [0])).bytes(),
        "outside the file's part",
    ),
    "chain to no import": (
        lambda: Macho(data=struct.pack("<Q", 1 << 63 | 7)).chained(chains(6, [0])).bytes(),
        "names import 7 of 0",
    ),
    "imports of another kind": (
        lambda: Macho().chained(chains(6, [0], kind=9)).bytes(), "format of imports: 9"
    ),
    "a billion imports": (
        lambda: Macho().chained(chains(6, [0], count=2**30)).bytes(), "truncated"
    ),
    "names that are no zip": (
        lambda: (
            Macho().chained(chains(6, [0], b"\1\0\0\0", b"no", count=1, packed=1)).bytes()
        ),
        "cannot be decompressed",
    ),
    "starts without end": (
        lambda: Macho().chained(chains(6, [0x8000])[:-8]).bytes(), "truncated|starts"
    ),
    "universal without arm64": (
        lambda: fat((0x01000007, 3, Macho(cpu=0x01000007).bytes())), "it has x86_64"
    ),
    "universal in universal": (
        lambda: fat((0x0100000C, 0, fat((0x0100000C, 0, Macho().bytes())))), "universal file again"
    ),
    "slice outside": (lambda: fat((0x0100000C, 0, Macho().bytes()))[:-PAGE], "truncated"),
    "slices overlap": (
        lambda: struct.pack(
            ">II5I5I", 0xCAFEBABE, 2, 0x0100000C, 0, PAGE, PAGE, 14, 7, 0, PAGE, PAGE, 14
        ) + bytes(3 * PAGE),
        "overlaps",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused_in_one_line(name: str) -> None:
    make, message = BAD[name]
    with pytest.raises(ImageError, match=message) as refused:
        macho.load(make(), "a.out")
    assert str(refused.value).startswith("a.out: ")
    assert "\n" not in str(refused.value)


def whole() -> bytes:
    """A file with everything in it that the reader looks at."""
    data = struct.pack("<4Q", BASE + 0x40 | 2 << 51, 1 << 63, BASE, BASE)
    file = Macho(
        data=data + bytes(96),
        data_size=5 * PAGE,
        data_sections=(
            section("__mod_init_func", "__DATA", DATA + 24, 8, PAGE + 24, 9),
            section("__bss", "__DATA", DATA + PAGE, PAGE, 0, 1),
        ),
    )
    file.dyld_info(
        rebase=b"\x11\x22\x10\x52\x00",
        bind=b"\x11\x40_a\0\x51\x72\x40\x90\xa0\x08\xb1\xc0\x02\x08\x00",
        lazy=b"\x72\x60\x11\x40_b\0\x90\x00",
    )
    imports = struct.pack("<2I", 1 | 1 << 9, 1 | 1 << 8 | 4 << 9)
    file.chained(chains(2, [0], imports, b"\0_a\0_b\0", count=2))
    file.symtab(
        [
            ("_main", 0x0F, 1, BASE + Macho.TEXT),
            ("ltmp0", 0x0E, 1, BASE + Macho.TEXT),
            ("/nowhere/a.o", 0x66, 0, 7),
            ("_main", 0x24, 1, BASE + Macho.TEXT),
            ("", 0x24, 0, 12),
        ]
    )
    file.function_starts(uleb(Macho.TEXT) + b"\4\0")
    return file.bytes()


def test_what_is_damaged_by_chance_is_loaded_or_refused() -> None:
    good = whole()
    macho.load(good, "good")
    interesting = [*range(0x600), *range(PAGE, PAGE + 128), *range(2 * PAGE, len(good))]
    random.seed(4)
    refusals = []
    tracemalloc.start()
    for _ in range(1500):
        data = bytearray(good)
        for _ in range(random.choice((1, 1, 2, 5))):
            at = random.choice(interesting)
            data[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
        if random.random() < 0.1:
            del data[random.randrange(len(data)) :]
        try:
            program = macho.load(bytes(data), "fuzzed")
        except ImageError as error:
            refusals.append(str(error))
        else:
            assert all(len(s.data) <= s.size for s in program.image.segments)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(refusals) > 200
    assert not [r for r in refusals if "\n" in r]
    assert peak < 20 << 20


def test_code_survives_the_fuzzed_file() -> None:
    text = macho.load(whole(), "good").image.section("__TEXT", "__text")
    assert text is not None
    assert text.data == CODE
