"""Random whole programs, linked here and by zig: every section the same bytes."""

from __future__ import annotations

import random
import re

import pytest

from tests.asm.test_forms import FORMS
from tests.asm.zig import Zig

#: Instructions that stand for themselves wherever they are.
_ANYWHERE = [
    text
    for line in FORMS
    if (text := line.split("//")[0].strip())
    if not re.match(r"(?i)(b|bl|b\.\w+|b\w\w|cbn?z|tbn?z|adrp?) |(ldr|ldrsw|prfm) \w+, #", text)
]
_MACRO = r"""
.macro several a, b=3, rest:vararg
    add x0, x1, #\a
    .ifnb \rest
    mov x2, #\rest
    .else
    movk x3, #\b, lsl #16
    .endif
    b.ne Lafter\@
Lafter\@:
.endm
"""
_STRINGS = ("abcdefgh", "twelve chars", "hello world", "x" * 20)


class _Writer:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        pick = self.rng.randrange
        self.labels = [f"{self.rng.choice(['L', 'routine_'])}{i}" for i in range(pick(3, 12))]
        self.data = [f"data_{i}" for i in range(pick(1, 8))]
        self.constants = [f"K{i}" for i in range(5)]

    def program(self) -> str:
        lines = [f".set {name}, {self.rng.randrange(4096)}" for name in self.constants]
        lines += [_MACRO, ".globl _main", ".text", ".p2align 2", "_main:"]
        waiting = list(self.labels)
        for _ in range(self.rng.randrange(20, 150)):
            if waiting and self.rng.random() < 0.2:
                lines.append(waiting.pop(0) + ":")
            lines.append(self.statement())
        lines += [f"{name}: nop" for name in waiting]
        for name in self.data:
            lines += self.definition(name)
        return "\n".join(lines) + "\n"

    def statement(self) -> str:
        rng, register = self.rng, self.rng.randrange(29)
        label, constant, data = map(rng.choice, (self.labels, self.constants, self.data))
        number = rng.randrange(65536)
        return rng.choice(
            [
                *[rng.choice(_ANYWHERE)] * 4,
                f"{rng.choice(['b', 'bl', 'b.eq', 'b.lt', 'bne'])} {label}",
                f"{rng.choice(['cbz', 'cbnz'])} w{register}, {label}",
                f"{rng.choice(['tbz', 'tbnz'])} x{register}, #{rng.randrange(64)}, {label}",
                f"adrp x{register}, {data}@PAGE\nadd x{register}, x{register}, {data}@PAGEOFF",
                f"adrp x1, {data}@PAGE+8\nldrb w2, [x1, #{data}@PAGEOFF + {number % 8}]",
                f"adr x{register}, {label}\nldr x{register}, {label}",
                f"ldr x{register}, ={rng.choice([5, 0x12345678, 0x1234567890, -1, 0xFFFF0000])}",
                f"ldr w{register}, ={number * 65537}",
                f"several {constant}, {number}",
                f"several 1, 2, {number}",
                rng.choice(["1: nop", "b 1f\n1: ret", ".p2align 3", ".p2align 4"]),
                ".rept 3\nnop\n.endr",
                ".irp r, x1, x2\nmov \\r, #1\n.endr",
                f"mov x{register}, #({constant} * {number % 8} + (1 << 3)) & 0xffff",
                f".if {constant} > {number % 4096}\nadd x0, x0, #{constant}\n.else\nnop\n.endif",
            ]
        )

    def definition(self, name: str) -> list[str]:
        rng = self.rng
        label, data, number = rng.choice(self.labels), rng.choice(self.data), rng.randrange(65536)
        section, content = rng.choice(
            [
                (".cstring", f'.asciz "{rng.choice(_STRINGS)}"'),
                (".bss", f".space {16 + number % 100}"),
                (".const", f".p2align 3\n{name}_x: .long {label} - _main, 5, . - {name}_x"),
                (".const", f".byte 1, 2, 3\n.short {number}\n.space 9, 7"),
                (".const", f'.ascii "some text"\n.byte . - {name}\n.balign 8\n.double 2.5'),
                (".const", f".fill 3, 4, {number * 40000}\n.float 1.25"),
                (".data", f".p2align 3\n.quad {label}, {data} + {number % 8}, 5"),
                (".const_data", f".p2align 3\n.quad {data}\n.byte 1\n.p2align 2\n.long 7"),
                (".section __DATA,__mine", ".zero 40\n.short K0, K1 & 0xff"),
            ]
        )
        return [section, f"{name}:", content]


@pytest.mark.parametrize("seed", range(12))
def test_a_random_program_is_the_same_bytes(zig: Zig, seed: int) -> None:
    source = zig.scratch / f"program{seed}.s"
    source.write_text(_Writer(seed).program(), encoding="utf-8")
    for section, (theirs, ours) in zig.compare(source).items():
        assert ours.hex() == theirs.hex(), section
