"""Executables of all kinds become images; what the loader makes of each piece."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import lief
import pytest

from emu import macho
from emu.errors import ImageError
from emu.image import Image
from tests.macho.build import BASE, CODE, DATA, PAGE, Macho, chains, fat, section, uleb, unixthread

SLIDE = 3 * PAGE


def load(file: Macho, slide: int = 0) -> macho.Program:
    return macho.load(file.bytes(), "test", slide=slide)


def words(image: Image, count: int, at: int = DATA) -> tuple[int, ...]:
    """Return ``count`` pointers of the image's memory."""
    for s in image.segments:
        if s.prot and s.addr <= at < s.addr + s.size:
            data = s.data.ljust(s.size, b"\0")
            return struct.unpack_from(f"<{count}Q", data, at - s.addr)
    raise AssertionError(hex(at))


def test_segments_protections_zero_fill_and_entry() -> None:
    image = load(Macho(data=b"abc", data_size=3 * PAGE)).image
    assert [(s.name, s.addr, s.size, s.prot) for s in image.segments] == [
        ("__PAGEZERO", 0, BASE, 0),
        ("__TEXT", BASE, PAGE, 5),
        ("__DATA", DATA, 3 * PAGE, 3),
        ("__LINKEDIT", DATA + 3 * PAGE, PAGE, 1),
    ]
    assert image.segments[2].data == b"abc"
    assert (image.entry, image.start) == (BASE + Macho.TEXT, "main")
    text = image.section("__TEXT", "__text")
    assert text is not None
    assert text.data == CODE


def test_an_odd_size_is_rounded_up_to_pages() -> None:
    assert load(Macho(data_size=PAGE + 1)).image.segments[2].size == 2 * PAGE


def test_a_segment_becomes_read_only_when_dyld_would_make_it() -> None:
    assert load(Macho(data_flags=0x10)).image.segments[2].prot == 1


def test_a_unix_thread_starts_at_its_pc_with_arguments_on_the_stack() -> None:
    image = load(Macho(entry=unixthread(BASE + Macho.TEXT + 4)), SLIDE).image
    assert (image.entry, image.start) == (BASE + Macho.TEXT + 4 + SLIDE, "unixthread")


def test_a_slide_moves_everything_but_the_zero_page() -> None:
    image = load(Macho(), SLIDE).image
    assert [(s.name, s.addr) for s in image.segments[:3]] == [
        ("__PAGEZERO", 0), ("__TEXT", BASE + SLIDE), ("__DATA", DATA + SLIDE)
    ]  # fmt: skip
    assert image.segments[0].size == BASE + SLIDE
    assert image.entry == BASE + Macho.TEXT + SLIDE
    assert image.sections[0].addr == BASE + Macho.TEXT + SLIDE


def test_what_is_linked_for_fixed_addresses_does_not_slide() -> None:
    with pytest.raises(ImageError, match="fixed addresses"):
        load(Macho(flags=0x85), SLIDE)
    assert load(Macho(flags=0x85)).image.entry == BASE + Macho.TEXT


@pytest.mark.parametrize("slide", [-PAGE, 1, PAGE + 8])
def test_a_slide_is_whole_pages(slide: int) -> None:
    with pytest.raises(ImageError, match="multiple of the page size"):
        load(Macho(), slide)


# -- rebases ------------------------------------------------------------------------------------

TARGET = BASE + 0x1234
POINTERS = struct.pack("<8Q", *[TARGET + i for i in range(8)])
REBASES = {
    "imm times": (b"\x11\x22\x00\x53\x00", {0, 1, 2}),
    "uleb times": (b"\x11\x22\x08\x60\x02\x00", {1, 2}),
    "add addr": (b"\x11\x22\x00\x30\x10\x51\x00", {2}),
    "add addr scaled": (b"\x11\x22\x00\x43\x51\x00", {3}),
    "rebase and add": (b"\x11\x22\x00\x70\x08\x51\x00", {0, 2}),
    "times skipping": (b"\x11\x22\x00\x80\x03\x08\x00", {0, 2, 4}),
    "backwards": (b"\x11\x22\x20\x30" + uleb(2**64 - 16) + b"\x51\x00", {2}),
    "nothing behind done": (b"\x11\x22\x00\x51\x00\x51", {0}),
    "no done": (b"\x11\x22\x00\x51", {0}),
}


@pytest.mark.parametrize("name", REBASES)
def test_rebase_opcodes_slide_the_pointers_that_they_name(name: str) -> None:
    opcodes, moved = REBASES[name]
    image = load(Macho(data=POINTERS).dyld_info(rebase=opcodes), SLIDE).image
    assert words(image, 8, DATA + SLIDE) == tuple(
        TARGET + i + (SLIDE if i in moved else 0) for i in range(8)
    )


# -- binds --------------------------------------------------------------------------------------

TWICE = [(0, "_a", 0, False), (16, "_a", 0, False)]
BINDS = {
    "do bind": (b"\x11\x40_a\0\x51\x72\x08\x90\x00", [(8, "_a", 0, False)]),
    "addend": (b"\x11\x40_a\0\x51\x60\x7c\x72\x00\x90", [(0, "_a", -4, False)]),
    "weak import": (b"\x11\x41_a\0\x51\x72\x00\x90", [(0, "_a", 0, True)]),
    "bind and add": (b"\x11\x40_a\0\x51\x72\x00\xa0\x08\x90", TWICE),
    "add scaled": (b"\x11\x40_a\0\x51\x72\x00\xb1\x90", TWICE),
    "times skipping": (b"\x11\x40_a\0\x51\x72\x00\xc0\x02\x08", TWICE),
    "add addr": (b"\x11\x40_a\0\x51\x72\x00\x80\x08\x90", [(8, "_a", 0, False)]),
    "ordinal in a number": (b"\x20\x01\x40_a\0\x51\x72\x00\x90", [(0, "_a", 0, False)]),
}


@pytest.mark.parametrize("name", BINDS)
def test_bind_opcodes_say_what_is_imported_where(name: str) -> None:
    opcodes, wanted = BINDS[name]
    for table in ("bind", "lazy"):
        found = load(Macho().dyld_info(**{table: opcodes}), SLIDE).imports
        assert [(i.addr - DATA - SLIDE, i.name, i.addend, i.weak) for i in found] == wanted
        assert {i.library for i in found} == {"/usr/lib/libSystem.B.dylib"}


def test_a_lazy_table_goes_on_behind_done() -> None:
    lazy = b"\x72\x00\x11\x40_a\0\x90\x00\x72\x08\x11\x40_b\0\x90\x00"
    assert [i.name for i in load(Macho().dyld_info(lazy=lazy)).imports] == ["_a", "_b"]


def test_what_the_image_defines_itself_is_no_import() -> None:
    file = Macho().dyld_info(bind=b"\x3e\x40_own\0\x51\x72\x00\x90")
    file.symtab([("_own", 0x0F, 1, BASE + Macho.TEXT + 4)])
    program = load(file, SLIDE)
    assert program.imports == ()
    assert words(program.image, 1, DATA + SLIDE) == (BASE + Macho.TEXT + 4 + SLIDE,)


def test_threaded_opcodes_follow_chains() -> None:
    data = struct.pack(
        "<4Q",
        BASE + 0x40 | 1 << 51,  # plain, next 8 bytes on
        1 << 62 | 1 | 1 << 51,  # bind to ordinal 1
        1 << 63 | 0x80 | 1 << 51,  # signed pointer to offset 0x80
        1 << 62,  # bind to ordinal 0, the last
    )
    bind = b"\xd0\x02\x11\x40_a\0\x90\x40_b\0\x90\x72\x00\xd1\x00"
    program = load(Macho(data=data).dyld_info(bind=bind), SLIDE)
    assert [(i.addr - DATA - SLIDE, i.name) for i in program.imports] == [(8, "_b"), (24, "_a")]
    pointers = words(program.image, 3, DATA + SLIDE)
    assert (pointers[0], pointers[2]) == (BASE + 0x40 + SLIDE, BASE + 0x80 + SLIDE)


# -- chained fixups -----------------------------------------------------------------------------

#: format, the word of a rebase to BASE + 0x40 (with the next word behind it), of a bind to 1
FORMATS = {
    "ARM64E": (1, BASE + 0x40 | 1 << 51, 1 << 62 | 1),
    "64": (2, BASE + 0x40 | 2 << 51, 1 << 63 | 1),
    "64_OFFSET": (6, 0x40 | 2 << 51, 1 << 63 | 1),
    "ARM64E_KERNEL": (7, 0x40 | 2 << 51, 1 << 62 | 1),
    "ARM64E_USERLAND": (9, 0x40 | 1 << 51, 1 << 62 | 1),
    "ARM64E_USERLAND24": (12, 0x40 | 1 << 51, 1 << 62 | 1),
    "ARM64E signed": (1, 1 << 63 | 0xBEEF << 32 | 0x40 | 1 << 51, 3 << 62 | 0xBEEF << 32 | 1),
}
#: ordinal 1, not weak, name at 1 or 4
IMPORTS = struct.pack("<2I", 1 | 1 << 9, 1 | 1 << 8 | 4 << 9)
NAMES = b"\0_a\0_b\0"


def test_pointer_formats_give_rebases_and_binds() -> None:
    for name, (number, rebase, bind) in FORMATS.items():
        data = struct.pack("<2Q", rebase, bind)
        blob = chains(number, [0], IMPORTS, NAMES, count=2)
        # A stride of four bytes counts twice as far.
        program = load(Macho(data=data).chained(blob), SLIDE)
        assert words(program.image, 1, DATA + SLIDE) == (BASE + 0x40 + SLIDE,), name
        found = [(i.addr - DATA - SLIDE, i.name, i.weak) for i in program.imports]
        assert found == [(8, "_b", True)], name


@pytest.mark.parametrize("number", [2, 6])
def test_the_high_byte_of_a_pointer_is_kept(number: int) -> None:
    base = BASE if number == 2 else 0
    data = struct.pack("<Q", base + 0x40 | 0x5A << 36)
    image = load(Macho(data=data).chained(chains(number, [0])), SLIDE).image
    assert words(image, 1, DATA + SLIDE) == (0x5A << 56 | BASE + 0x40 + SLIDE,)


def test_binds_have_addends_of_their_own_and_of_the_import() -> None:
    data = struct.pack("<Q", 1 << 63 | 3 << 24)
    for kind, record in {
        2: struct.pack("<Ii", 1 | 1 << 9, -10),
        3: struct.pack("<Qq", 1 | 1 << 32, -10),
    }.items():
        blob = chains(6, [0], record, NAMES, count=1, kind=kind)
        assert [i.addend for i in load(Macho(data=data).chained(blob)).imports] == [-7]
    arm64e = struct.pack("<Q", 1 << 62 | (2**19 - 5) << 32)
    blob = chains(9, [0], IMPORTS, NAMES, count=1)
    assert [i.addend for i in load(Macho(data=arm64e).chained(blob)).imports] == [-5]


def test_names_may_be_compressed() -> None:
    data = struct.pack("<Q", 1 << 63)
    blob = chains(6, [0], IMPORTS, zlib.compress(NAMES), count=2, packed=1)
    assert [i.name for i in load(Macho(data=data).chained(blob)).imports] == ["_a"]


def test_pages_without_chains_and_with_several() -> None:
    data = bytearray(2 * PAGE)
    for at in (PAGE, PAGE + 0x100, PAGE + 0x200):
        struct.pack_into("<Q", data, at, 0x40)
    # The first page has none, the second has three, listed behind the table of the pages.
    blob = chains(6, [0xFFFF, 0x8002], overflow=[0, 0x100, 0x8200])
    file = Macho(data=bytes(data), data_size=2 * PAGE)
    file.LINKEDIT = 3 * PAGE
    image = load(file.chained(blob), SLIDE).image
    for at in (PAGE, PAGE + 0x100, PAGE + 0x200):
        assert words(image, 1, DATA + SLIDE + at) == (BASE + 0x40 + SLIDE,)
    assert words(image, 1, DATA + SLIDE) == (0,)


# -- names --------------------------------------------------------------------------------------

TEXT = BASE + Macho.TEXT


def test_symbols_have_their_section_and_slide() -> None:
    file = Macho().symtab(
        [
            ("_main", 0x0F, 1, TEXT),
            ("_local", 0x0E, 1, TEXT + 4),
            ("_constant", 0x03, 0, 77),
            ("_printf", 0x01, 0, 0),
            ("_main", 0x24, 1, TEXT),
        ]
    )
    symbols = load(file, SLIDE).image.symbols
    assert set(symbols) == {"_main", "_local", "_constant"}
    main = symbols["_main"]
    assert (main.value, main.section, main.external) == (TEXT + SLIDE, "__TEXT,__text", True)
    assert not symbols["_local"].external
    assert (symbols["_constant"].value, symbols["_constant"].absolute) == (77, True)


def test_static_functions_of_one_name_are_told_apart() -> None:
    image = load(Macho().symtab([("_f", 0x0E, 1, TEXT), ("_f", 0x0E, 1, TEXT + 8)])).image
    assert set(image.symbols) == {"_f", f"_f@{TEXT + 8:x}"}
    assert image.symbol_at(TEXT + 8) == ("_f", 0)


def test_a_name_of_the_assembler_gives_way() -> None:
    image = load(Macho().symtab([("ltmp0", 0x0E, 1, TEXT), ("_main", 0x0F, 1, TEXT)])).image
    assert image.symbol_at(TEXT + 4) == ("_main", 4)


def test_function_starts_name_what_is_stripped() -> None:
    starts = uleb(Macho.TEXT) + uleb(8) + b"\0"
    file = Macho().symtab([("_main", 0x0F, 1, TEXT)]).function_starts(starts)
    symbols = load(file, SLIDE).image.symbols
    assert set(symbols) == {"_main", f"func_{TEXT + 8:x}"}
    assert symbols[f"func_{TEXT + 8:x}"].value == TEXT + 8 + SLIDE


def test_initializers_are_listed_in_order() -> None:
    data = struct.pack("<2Q2I", TEXT, TEXT + 4, Macho.TEXT + 8, 0)
    file = Macho(
        data=data,
        data_sections=(
            section("__mod_init_func", "__DATA", DATA, 16, PAGE, 9),
            section("__init_offsets", "__DATA", DATA + 16, 4, PAGE + 16, 0x16),
        ),
    ).dyld_info(rebase=b"\x11\x22\x00\x52")
    assert load(file, SLIDE).initializers == (TEXT + SLIDE, TEXT + 4 + SLIDE, TEXT + 8 + SLIDE)


# -- universal files ----------------------------------------------------------------------------


@pytest.mark.parametrize("wide", [False, True])
def test_the_arm64_slice_of_a_universal_file(wide: bool) -> None:  # noqa: FBT001 - a column
    intel = Macho(cpu=0x01000007).bytes()
    arm64e = Macho(code=CODE[4:], subtype=2).bytes()
    arm64 = Macho().bytes()
    file = fat((0x01000007, 3, intel), (0x0100000C, 2, arm64e), (0x0100000C, 0, arm64), wide=wide)
    assert macho.is_macho(file[:16])
    text = macho.load(file, "test").image.section("__TEXT", "__text")
    assert text is not None
    assert text.data == CODE


def test_a_file_that_is_no_mach_o_is_told_apart() -> None:
    for start in (b"#!/bin/sh\n", b"\x7fELF\2\1\1\0", b"", b"\xca\xfe\xba\xbe\0\0\0\x3d", b"MZ"):
        assert not macho.is_macho(start)
    assert macho.is_macho(Macho().bytes()[:16])


def test_another_reader_agrees_about_chains(tmp_path: Path) -> None:
    """LIEF has read the same files; it takes plain ARM64E's addresses for offsets."""
    path = tmp_path / "file"
    for name, (number, rebase, bind) in FORMATS.items():
        blob = chains(number, [0], IMPORTS, NAMES, count=2)
        file = Macho(data=struct.pack("<2Q", rebase, bind)).chained(blob)
        path.write_bytes(file.bytes())
        parsed = lief.MachO.parse(str(path))
        assert parsed is not None
        theirs = parsed.at(0)
        assert theirs is not None
        ours = load(file)
        assert [(b.address, b.symbol.name) for b in theirs.bindings if b.symbol] == [
            (i.addr, i.name) for i in ours.imports
        ]
        if name != "ARM64E":
            [relocation] = theirs.relocations
            assert isinstance(relocation, lief.MachO.RelocationFixup)
            assert (relocation.target,) == words(ours.image, 1)
