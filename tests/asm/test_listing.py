from __future__ import annotations

from emu.asm import assemble_text
from emu.asm.listing import listing

SOURCE = """\
.macro clear r
    mov \\r, #0
.endm
_main: clear x0 // comment
    ret
.cstring
text: .asciz "twelve bytes"
.data
long: .space 100, 0xff
.bss
room: .space 64
.zerofill __DATA,__bss,more,32
"""


def test_a_listing_shows_address_word_and_source() -> None:
    assert [line.rstrip() for line in listing(assemble_text(SOURCE, "t.s"))] == [
        "__TEXT,__text: 8 bytes at 0x100001000",
        "_main:",
        "000100001000  d2800000            t.s:2                +mov x0, #0",
        "000100001004  d65f03c0            t.s:5                ret",
        "",
        "__TEXT,__cstring: 13 bytes at 0x100001008",
        "text:",
        '000100001008  7477656c76652062    t.s:7                text: .asciz "twelve bytes"',
        "000100001010  7974657300",
        "",
        "__DATA,__data: 100 bytes at 0x100004000",
        "long:",
        "000100004000  ffffffffffffffff    t.s:9                long: .space 100, 0xff",
        "000100004008  ffffffffffffffff",
        "000100004010  ffffffffffffffff",
        "000100004018  ffffffffffffffff",
        "              ... 68 more bytes",
        "",
        "__DATA,__bss: 96 bytes at 0x100004064",
        "room:",
        "000100004064  (64 zero bytes)     t.s:11               room: .space 64",
        "more:",
        "0001000040a4  (32 zero bytes)     t.s:12               .zerofill __DATA,__bss,more,32",
        "",
    ]
