"""Whole sources against clang's assembler: macros, repetition and conditionals."""

from __future__ import annotations

import pytest

from tests.asm.zig import Zig

#: Sources whose sections must be the same bytes, by what they show.
SAME: dict[str, str] = {
    "macros": r"""
        .macro pair a, b=5, c:req
        .byte \a, \b, \c
        .endm
        .macro list first, rest:vararg
        .byte \first
        .ifnb \rest
        list \rest
        .endif
        .endm
        .macro count
        .byte $0, $1, $n
        .endm
        .macro label name
        L\name\()_\@: .byte \@
        .endm
        .macro down n
        .byte \n
        .if \n
        down (\n - 1)
        .endif
        .endm
        .macro text s
        .ascii "\s"
        .endm
        .macro outer
        .macro inner x
        .byte \x
        .endm
        .endmacro
        .data
        pair 1, , 3
        pair 1, 2, 3
        pair c=1, a=2
        pair (1 + 2), 3 * 4, (5)
        list 1, 2, 3, 4
        count 8, 9
        label one
        label two
        down 3
        text "a, b"
        text plain
        outer
        inner 42
        .purgem inner
        .macro inner x
        .byte \x + 1
        .endm
        inner 42
    """,
    "macro arguments": r"""
        .macro t a, b=dflt, c
        .ascii "<\a|\b|\c>"
        .endm
        .macro v a, b:vararg
        .ascii "<\a|\b>"
        .endm
        .data
        t a b, c
        t "a" b
        t a + b , c
        t (a, b), ((c, d), e)
        t "a,b" , c
        t , , x
        t c = 3, a=1
        t a==b, a != b
        t x0 , lsl #3
        t a /* x */ b // c
        t "", x
        t 1 , 2 ,
        t
        v a, b , c
        v a, b c , (d
        v a, b=c
        v a
        .irp x, a b, (c, d), "e f", , g
        .ascii "[\x]"
        .endr
        .irp x, h,
        .ascii "[\x]"
        .endr
        .irp x,
        .ascii "[\x]"
        .endr
        .irpc x, "ij"
        .ascii "[\x]"
        .endr
        .macro opens
        .if 1
        .endm
        opens
        .byte 1
        .endif
    """,
    "instructions through macros": r"""
        .macro move to, from, shift=lsl, amount=0
        add \to, \to, \from, \shift \amount
        .endm
        .macro load reg, base, offset
        ldr \reg, [\base, #\offset]
        .endm
        .macro ret
        nop
        .endm
        .text
        move x0, x1
        move x0, x1, lsr, #3
        load x0, sp, 8 * 2
        ret
    """,
    "repetition": r"""
        .data
        .rept 3
        .byte 1
        .endr
        .rep 2
        .byte 2
        .endr
        .irp x, 3, 4, (5 + 1)
        .byte \x
        .irpc c, 12
        .byte \x + \c
        .endr
        .endr
        .irpc d, 789
        .byte \d, 0x\d
        .endr
        .rept 0
        .byte 99
        .endr
    """,
    "conditionals": r"""
        .macro show a
        .ifb \a
        .byte 1
        .else
        .byte 2
        .endif
        .ifc \a, foo
        .byte 3
        .endif
        .ifnc \a, foo
        .byte 4
        .endif
        .endm
        .data
        .if 1 %% .byte 1 %% .else %% .byte 2 %% .endif
        .if 0
        .byte 3
        .elseif 1 == 1
        .byte 4
        .elseif 1
        .byte 5
        .else
        .byte 6
        .endif
        .ifdef undefined_name
        .byte 7
        .endif
        .ifndef undefined_name
        .byte 8
        .endif
        known = 1
        .ifdef known
        .byte 9
        .endif
        .ifeq 0 %% .byte 10 %% .endif
        .ifne 0 %% .byte 11 %% .endif
        .ifgt -1 %% .byte 12 %% .endif
        .ifge 0 %% .byte 13 %% .endif
        .iflt -1 %% .byte 14 %% .endif
        .ifle 0 %% .byte 15 %% .endif
        .ifeqs "a", "a" %% .byte 16 %% .endif
        .ifnes "a", "a" %% .byte 17 %% .endif
        .if 0
        .if 1
        .byte 18
        .else
        .byte 19
        .endif
        .endif
        show
        show foo
        show bar
        .macro early a
        .byte 20
        .if \a
        .exitm
        .endif
        .byte 21
        .endm
        early 1
        early 0
    """,
}


@pytest.mark.parametrize("name", SAME)
def test_a_source_gives_the_bytes_that_clang_gives(zig: Zig, name: str) -> None:
    theirs, ours = zig.compare_text(SAME[name])
    assert ours == theirs
