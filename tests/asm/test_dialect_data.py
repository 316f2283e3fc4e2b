"""Whole sources against clang's assembler: data, expressions, symbols and sections."""

from __future__ import annotations

import pytest

from tests.asm.zig import Zig

#: Sources whose sections must be the same bytes, by what they show.
SAME: dict[str, str] = {
    "integers of all sizes": """
        .data
        .byte 1, -1, 0xff, 'a', '\\n', '\\'', '"', ' ', '\\\\'
        .short 1, 0xffff, -32768
        .hword 2
        .2byte 3
        .long 4, 0xffffffff
        .word 5
        .int 6
        .4byte 7
        .quad 8, 0xffffffffffffffff, -1, 18446744073709551615
        .xword 9
        .8byte 10
        .octa 0x112233445566778899aabbccddeeff00
        .byte 0b101, 017, 0x1F
    """,
    "floating point": """
        .data
        .float 1.5, -2, 1e10
        .single 0.1
        .double 3.141592653589793, -0.0, 5., .5, 1e-300, inf, nan
        .float -inf, nan, +2, 0x1.8p3
    """,
    "leb128": ".data\n.uleb128 0, 127, 128, 300, 1<<40\n.sleb128 0, -1, 63, 64, -65, 1<<40\n",
    "strings": r"""
        .data
        .ascii "plain", "two"
        .ascii "joined" " strings"
        .asciz "zero"
        .string "also zero"
        .ascii "\b\f\n\r\t\\\""
        .ascii "\x41\x4a\101\060\7"
        .ascii "a // b ; c /* d */ %% e"
        .ascii "é€"
        .ascii ""
        .byte
    """,
    "space and fill": """
        .data
        .space 3
        .skip 2, 0xff
        .zero 4
        .fill 3, 2, 0x1234
        .fill 2
        .fill 2, 8, 0x1122334455667788
        .fill 1, 3, -1
        .space 5 - 3, 7
    """,
    "alignment in data": """
        .data
        .byte 1
        .align 2
        .byte 2
        .p2align 3
        .byte 3
        .balign 16
        .byte 4
        .p2align 3, 0xaa
        .byte 5
        .p2align 4, , 3
        .byte 6
        .p2align 4, 0x11, 15
        .byte 7
        .align 0
        .align
        .byte 8
    """,
    "org": """
        .data
        .byte 1
        .org 8
        .byte 2
        .org . + 4, 0xcc
        .byte 3
        . = 24
        .byte 4
    """,
    "sizes that depend on what follows": """
        .data
        start: .space end - middle
        .byte 1
        middle: .long 5, 6
        end: .byte 2
        .org end - start + 32
        .byte 3
    """,
    "operators": """
        .data
        .quad 1 | 2 + 3 * 4, 7 - 2 << 1, 1 == 1, 1 < 2, 2 < 1, !0, !5, ~0, -8 >> 1
        .quad 5 % 3, -7 / 2, -7 % 3, 1 || 0 && 0, 6 ^ 3 & 1, 1 <> 2, 1 != 1, 7 / -2
        .quad (1 + 2) * 3, -(4), +5, - -5, ~-1, 2 + 3 && 0, 2 >= 1, 2 <= 1, 2 > 1
        .quad 1 | 2 == 2, 'a' + 1, 1 << 63, -1 >> 60, 0x7fffffffffffffff + 1
    """,
    "symbols": """
        .data
        .set one, 1
        .equ two, one + 1
        three = two + 1
        .long one, two, three
        .set one, 10
        .long one, two
        later = 77
        .long later
        here: .long . - here
        .long . - here, 5, . - here
        "odd name": .byte 1
        .long "odd name" - here
        end:
        size = . - here
        .byte size
    """,
    "sections": """
        .section __TEXT,__text,regular,pure_instructions
        nop
        .const
        .byte 1
        .cstring
        .asciz "c"
        .data
        .byte 2
        .section __DATA,__mine
        .byte 3
        .section __TEXT,__other,regular,no_dead_strip
        .byte 4
        .const_data
        .byte 5
        .text
        ret
        .pushsection __DATA,__mine
        .byte 6
        .popsection
        nop
        .literal8
        .quad 7
        .static_data
        .byte 8
    """,
}


@pytest.mark.parametrize("name", SAME)
def test_a_source_gives_the_bytes_that_clang_gives(zig: Zig, name: str) -> None:
    theirs, ours = zig.compare_text(SAME[name])
    assert ours == theirs
