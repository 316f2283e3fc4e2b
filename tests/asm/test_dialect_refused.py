"""What clang's assembler refuses, and so does this one."""

from __future__ import annotations

import pytest

from emu.asm import assemble_text
from emu.errors import AssemblyError
from tests.asm.zig import Zig

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
