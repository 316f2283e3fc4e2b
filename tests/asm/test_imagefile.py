"""Image files: what goes in comes out, and nothing damaged comes in."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emu.asm import assemble_text
from emu.asm.imagefile import MAGIC, dump, load
from emu.errors import ImageError
from emu.image import Image, LineEntry, LineTable, Segment, SourceLine

SOURCE = """
.globl _main
.macro twice
    nop
    nop
.endm
_main: twice
Llocal: b Llocal
SIZE = 5
.cstring
text: .asciz "é € \\n"
.data
.quad _main, SIZE
.bss
.space 100
"""


def test_an_image_survives() -> None:
    image = assemble_text(SOURCE, "dir/tést.s")
    again = load(dump(image))
    for name in ("name", "segments", "entry", "sections", "symbols", "sources", "messages"):
        assert getattr(again, name) == getattr(image, name), name
    assert again.lines.entries == image.lines.entries
    assert again.start == image.start
    assert dump(again) == dump(image)


def test_odd_text_survives() -> None:
    line = LineEntry(5, 1, SourceLine("\udc80", 1), (SourceLine("b", 2),), "a\x1eb\udcff")
    image = Image("n", (Segment("S", 0, 0, 0, b""),), 0, lines=LineTable([line]))
    (found,) = load(dump(image)).lines.entries
    assert found.statement == "a b\udcff"
    assert found.where == line.where


def test_an_empty_image_survives() -> None:
    assert load(dump(Image("", (), 0))).lines.entries == []


@given(st.data())
def test_a_changed_byte_is_found(data: st.DataObject) -> None:
    good = dump(assemble_text(SOURCE))
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ImageError):
        load(bytes(bad))


@given(st.data())
def test_a_part_of_a_file_is_found(data: st.DataObject) -> None:
    good = dump(assemble_text(SOURCE))
    with pytest.raises(ImageError):
        load(good[: data.draw(st.integers(0, len(good) - 1))])


@given(st.binary(max_size=200))
def test_a_foreign_file_with_a_right_checksum_is_refused(body: bytes) -> None:
    with pytest.raises(ImageError):
        load(MAGIC + struct.pack("<I", zlib.crc32(body)) + body)


@given(st.binary())
def test_a_foreign_file_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError):
        load(data)
