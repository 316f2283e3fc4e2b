"""Whole sources against clang's assembler: labels, literals, registers, and what stands around."""

from __future__ import annotations

import pytest

from tests.asm.zig import Zig

#: Sources whose sections must be the same bytes, by what they show.
SAME: dict[str, str] = {
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
    theirs, ours = zig.compare_text(SAME[name])
    assert ours == theirs
