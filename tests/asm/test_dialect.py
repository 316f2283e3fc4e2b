"""Whole sources against clang's assembler: directives, expressions, macros, symbols."""

from __future__ import annotations

from pathlib import Path

import pytest

from emu.asm import assemble_text
from emu.errors import AssemblyError
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
    "alignment in code": """
        .text
        nop
        .p2align 4
        ret
        .byte 1
        .p2align 3
        nop
        .p2align 4, 0
        nop
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
    "numeric labels": """
        .text
        1: b 1b
        b 1f
        2: nop
        1: b 1b
        b 2b
        cbz x0, 3f
        1: 2: b 1b
        b.eq 2f
        2: 3: tbz w0, #1, 1b
    """,
    "branches and addresses": """
        .text
        _a: b Lend
        bl _a
        b.ne _a
        beq Lend
        cbnz x3, Lend
        tbnz x3, #40, _a
        adr x0, Lend
        adr x1, _a + 1
        ldr x2, Ldata
        ldr w3, Ldata + 8
        ldr d4, Ldata
        ldr q5, Ldata
        ldrsw x6, Ldata
        prfm pldl1keep, Ldata
        b . + 8
        b .
        .space 4096
        Lend: ret
        .p2align 4
        Ldata: .quad 1, 2
    """,
    "literals": """
        .text
        ldr x0, =5
        ldr x0, =0x10000
        ldr x0, =0xffff000000000000
        ldr w0, =-1
        ldr x1, =-1
        ldr x4, =0x123456789
        ldr x5, =0x123456789
        ldr w6, =0x12345
        ret
        .ltorg
        nop
        ldr x0, =0x123456789
        ldr w0, =0x12345678
        ret
    """,
    "comments and separators": """
        .text
        nop // one
        nop ; two
        nop /* three */
        /* four */ nop
        nop %% nop %% ret // five
        /* over
           several
        */ nop
        # a line that begins so
        mov x0, /* inside */ #1
        mov x1, #5 %% mov x2, #(5 % 3)
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
    "without effect here": """
        .build_version macos, 13, 0
        .subsections_via_symbols
        .file 1 "a.c"
        .text
        .globl _f
        .p2align 2
        _f:
        .cfi_startproc
        .loc 1 2 3
        stp x29, x30, [sp, #-16]!
        .cfi_def_cfa_offset 16
        .cfi_offset w30, -8
        ret
        .cfi_endproc
        .data_region jt32
        .long 1
        .end_data_region
        .no_dead_strip _f
        .private_extern _g
        .weak_definition _h
        .globl _h
        _h: nop
        .alt_entry _i
        _i: nop
        .ident "x"
    """,
    "register names": """
        counter .req x19
        .text
        mov counter, #1
        add counter, counter, counter
        .unreq counter
        mov x0, x31
        add fp, lr, #1
        MOV X0, SP
    """,
    "inst and end": ".text\n.inst 0xd503201f\nnop\n.end\nnonsense here\n",
}


@pytest.mark.parametrize("name", SAME)
def test_a_source_gives_the_bytes_that_clang_gives(zig: Zig, name: str) -> None:
    theirs = {
        key: there.data
        for key, there in zig.assemble(SAME[name]).items()
        if key[0] not in {"__DWARF", "__LD"} and key[1] != "__eh_frame"
    }
    ours = {(s.segment, s.name): s.data for s in assemble_text(SAME[name]).sections}
    moved = {("__DATA_CONST", "__const"): ("__DATA", "__const")}
    ours = {moved.get(key, key): data for key, data in ours.items()}
    assert {k: v.hex() for k, v in ours.items() if v} == {
        k: v.hex() for k, v in theirs.items() if v
    }


#: Sources that neither may accept.
REFUSED = [
    ".byte 256",
    ".byte -129",
    ".short 65536",
    ".long 1 << 32",
    ".quad 18446744073709551616",
    ".quad 1/0",
    ".quad a+b\na:\nb:",
    '.ascii "\\e"',
    '.ascii "\\777"',
    '.ascii "\\x"',
    '.ascii "open',
    ".byte 'ab'",
    ".byte 1,",
    "a:\na:",
    "b 1f",
    "b 1b\n1:",
    ".org 5\n.org 2",
    ".space -1",
    ".balign 6",
    ".p2align 40",
    ".if 1",
    ".else",
    ".endif",
    ".if later\n.endif\nlater = 1",
    ".macro m\nnop",
    ".endm",
    ".endr",
    ".rept 2\nnop",
    ".rept -1\n.endr",
    ".macro m\n.endm\n.macro m\n.endm",
    ".macro m a:req\n.endm\nm",
    ".macro m a\n.endm\nm b c=1",
    ".irp x\nnop\n.endr",
    ".macro m a\n.endm\nm 1, 2",
    ".macro m a\n.endm\nm b=1",
    ".macro m\nm\n.endm\nm",
    ".err",
    '.error "stop"',
    ".frobnicate",
    ".type _a,@function",
    ".section foo",
    ".section __DATA,__averyveryverylongname",
    ".section __TEXT,__text,bogus",
    ".text foo",
    ".bss\n.long 5",
    ".comm a, -1",
    ".previous",
    ".lcomm a",
    ".zerofill __DATA,__z,a",
    ".octa -1",
    ".octa 1 << 2",
    ".float abc",
    ".float 1_0",
    ".print",
    "a@b: nop",
    ".5: nop",
    ".popsection",
    "mov x0, w1",
    "ldr x0, [w1]",
    "add x0, x1, #4097",
    "frob x0",
    "nop nop",
    "mov x0",
    "mov x0, x1, x2",
    "ldr d0, =5",
    "ldr w0, =0x123456789",
    "b x0",
    "tbz w0, #32, .",
    "adr x0, _e@PAGE\n_e:",
    "adrp x0, #5",
    "sub x0, x0, _e@PAGEOFF\n_e:",
    "ldur x0, [x1, _e@PAGEOFF]\n_e:",
    "adds x0, x0, _e@PAGEOFF\n_e:",
    "add w0, w0, _e@PAGEOFF\n_e:",
    "cmp x0, _e@PAGEOFF\n_e:",
    "nop # not a comment",
    "adr x0, a\n.cstring\na:",
    "ldr x0, a\n.data\na:",
    "cbz x0, a\n.const\na:",
    "b.eq outside",
    "mov xzr, #0x7ff000",
    "stxr w0, x0, [x1]",
    "ldraa x0, [x0, #8]!",
    "caspal x1, x2, x4, x5, [x0]",
    '.incbin "there is no such file"',
    '.include "there is no such file"',
]


@pytest.mark.parametrize("source", REFUSED)
def test_what_clang_refuses_is_refused(zig: Zig, source: str) -> None:
    assert zig.refuses(source + "\n")
    with pytest.raises(AssemblyError) as caught:
        assemble_text(source + "\n")
    assert all(d.line for d in caught.value.diagnostics)


def test_a_linked_program_is_the_same_bytes(zig: Zig) -> None:
    first, second = zig.scratch / "first.s", zig.scratch / "second.s"
    first.write_text(FIRST, encoding="utf-8")
    second.write_text(SECOND, encoding="utf-8")
    for section, (theirs, ours) in zig.compare(first, second).items():
        assert ours.hex() == theirs.hex(), section


def test_the_server_is_the_same_bytes_here_and_there(zig: Zig) -> None:
    compared = zig.compare(Path(__file__).parents[2] / "ymawky.s")
    assert len(compared["__TEXT", "__text"][1]) > 4000
    for section, (theirs, ours) in compared.items():
        assert ours == theirs, section


FIRST = """
.globl _main, _shared, _table
.text
.p2align 2
_main:
    bl _other
    adrp x0, greeting@PAGE
    add x0, x0, greeting@PAGEOFF
    adrp x1, _table@PAGE
    ldr x2, [x1, _table@PAGEOFF]
    ldr x2, [x1, _table@PAGEOFF + 8]
    ldrb w3, [x1, _table@PAGEOFF+3]
    ldr q4, [x1, #_table@PAGEOFF]
    str w5, [x1, _shared@PAGEOFF]
    adrp x6, _common@PAGE
    adrp x7, farther@PAGE + 4096
    add x7, x7, farther@PAGEOFF
    ldr x8, =_table
    ret
.const
.p2align 4
_table: .quad _main, _other, greeting + 1, 4
.long _other - _main, greeting - _main
.cstring
greeting: .asciz "same text"
doubled: .asciz "same text"
unlike: .asciz "another"
.data
.p2align 3
.quad greeting, doubled, unlike, doubled + 2
_shared: .long 5
.comm _common, 64, 4
.zerofill __DATA, __bss, farther, 8192, 3
"""

SECOND = """
.globl _other
.text
_other:
    adrp x0, twice@PAGE
    add x0, x0, twice@PAGEOFF
    adrp x1, _common@PAGE
    b _main
Llocal: b Llocal
.cstring
twice: .asciz "same text"
third: .asciz "third"
.data
.quad third, _common + 4, _table
"""
