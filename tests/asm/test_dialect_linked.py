"""Whole programs against clang's assembler and its linker."""

from __future__ import annotations

from pathlib import Path

from tests.asm.zig import Zig

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
