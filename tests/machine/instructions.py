"""What an Apple M1 executes, and what another implementation makes of each instruction.

``python -m tests.machine.instructions`` runs every case under qemu-aarch64 (user mode) and writes
digests of all that it leaves behind to ``instructions.json``, which ``test_instructions.py``
compares with the emulator's machine; ziglang encodes.  Each case is one instruction, executed on
:data:`ROUNDS` sets of x0…x7, v0…v7, flags, FPCR and 64 bytes at [x8].
"""

from __future__ import annotations

import hashlib
import json
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from emu.asm import assemble_text

__all__ = ["BASE", "GOLDEN", "ROUNDS", "Program", "cases", "digests"]

GOLDEN = Path(__file__).with_name("instructions.json")
ROUNDS = 24
#: Where the program stands: code, then inputs, scratch memory and outputs.
BASE = 0x1_0000_0000
_INPUT, _OUTPUT = 64 + 128 + 16 + 64, 64 + 128 + 16 + 64

_ATOMICS = "ldadd ldclr ldeor ldset ldsmax ldsmin ldumax ldumin swp cas"
_SIZES = ("x{}", ""), ("w{}", ""), ("w{}", "b"), ("w{}", "h")


def _atomics() -> list[str]:
    return [
        f"{name}{order}{size} {register.format(1)}, {register.format(2)}, [x8]"
        for name in _ATOMICS.split()
        for register, size in _SIZES
        for order in ("", "al")
    ]


def _each(names: str, *operands: str) -> list[str]:
    return [f"{name} {o}".strip() for name in names.split() for o in operands]


_FP3 = "fadd fsub fmul fdiv fmax fmin fmaxnm fminnm"
_FP2 = "fabs fneg fsqrt frinta frinti frintm frintn frintp frintx frintz"
_TO_INT = "fcvtas fcvtau fcvtms fcvtmu fcvtns fcvtnu fcvtps fcvtpu fcvtzs fcvtzu"
_S3 = "v1.4s, v2.4s, v3.4s"

#: Feature (as ``hw.optional.arm`` on an M1 says it) to its instructions.
FEATURES: dict[str, list[str]] = {
    "base": [
        *_each("add sub adc sbc and orr eor bic udiv sdiv lslv asrv rorv", "x0, x1, x2"),
        *_each("adds subs adcs sbcs ands bics udiv sdiv lslv lsrv rorv", "w0, w1, w2"),
        *_each("smull umull smnegl umnegl", "x0, w1, w2"),
        *_each("smulh umulh mul mneg", "x0, x1, x2"),
        *_each("madd msub", "x0, x1, x2, x3", "w0, w1, w2, w3"),
        *_each("cls clz rbit rev rev16", "x0, x1", "w0, w1"),
        "rev32 x0, x1", "extr x0, x1, x2, #13", "extr w0, w1, w2, #31",
        "ubfm x0, x1, #7, #19", "sbfm x0, x1, #60, #3", "bfm w0, w1, #5, #2",
        "add x0, x1, w2, sxtb #2", "subs x0, x1, w2, uxth", "adds x0, x1, x2, asr #63",
        "csel x0, x1, x2, hi", "csinv x0, x1, x2, le", "csneg w0, w1, w2, vs",
        "ccmp x0, x1, #5, ne", "ccmn w0, #3, #2, ge", "tst x0, #0xff00", "cinc x0, x1, lt",
        "ldr x0, [x8, #8]", "ldrsw x0, [x8, #3]", "ldrsb w0, [x8, #5]", "ldp x0, x1, [x8, #16]",
        "ldpsw x0, x1, [x8, #4]", "ldr q0, [x8, #1]", "stp q0, q1, [x8]", "str h1, [x8, #7]",
        "ldur d3, [x8, #11]", "stur w2, [x8, #13]", "ldxr x0, [x8]", "ldaxrb w0, [x8]",
        "ldar x0, [x8]", "stlr w0, [x8]",
    ],
    "FEAT_FP": [
        *_each(_FP3 + " fnmul", "d0, d1, d2", "s0, s1, s2"),
        *_each(_FP2, "d0, d1", "s0, s1"),
        *_each(_TO_INT, "x0, d1", "w0, d1", "x0, s1", "w0, s1"),
        *_each("scvtf ucvtf", "d0, x1", "s0, x1", "d0, w1", "s0, w1", "d0, x1, #17", "s0, w1, #9"),
        *_each("fmadd fmsub fnmadd fnmsub", "d0, d1, d2, d3", "s0, s1, s2, s3"),
        "fcvt s0, d1", "fcvt d0, s1", "fcvt h0, d1", "fcvt h0, s1", "fcvt d0, h1", "fcvt s0, h1",
        "fcmp d0, d1", "fcmpe s0, s1", "fccmp d0, d1, #9, gt", "fcsel d0, d1, d2, mi",
        "fcvtzs x0, d1, #20", "fcvtzu w0, s1, #7", "fmov x0, d1", "fmov v0.d[1], x2",
        "fmov d0, #1.5",
    ],
    "FEAT_AdvSIMD": [
        *_each(_FP3 + " fmla fmls fmulx fabd facge facgt fcmeq fcmge fcmgt frecps frsqrts faddp "
               "fmaxp fminp fmaxnmp fminnmp", "v0.4s, v1.4s, v2.4s", "v0.2d, v1.2d, v2.2d",
               "v0.2s, v1.2s, v2.2s"),
        *_each(_FP2 + " frecpe frsqrte scvtf ucvtf " + _TO_INT, "v0.4s, v1.4s", "v0.2d, v1.2d"),
        *_each("urecpe ursqrte", "v0.4s, v1.4s"), *_each("frecpx", "s0, s1", "d0, d1"),
        *_each("add sub addp cmgt cmge cmhi cmhs cmeq cmtst sqadd uqadd sqsub uqsub sshl ushl "
               "srshl urshl sqshl uqshl sqrshl uqrshl", "v0.16b, v1.16b, v2.16b",
               "v0.8h, v1.8h, v2.8h", "v0.4s, v1.4s, v2.4s", "v0.2d, v1.2d, v2.2d"),
        *_each("mul mla mls smax smin umax umin smaxp sminp umaxp uminp sabd uabd saba uaba shadd "
               "uhadd srhadd urhadd shsub uhsub", "v0.16b, v1.16b, v2.16b", "v0.4s, v1.4s, v2.4s"),
        *_each("sqdmulh sqrdmulh", "v0.8h, v1.8h, v2.8h", "v0.4s, v1.4s, v2.4s"),
        *_each("smull umull smlal umlal smlsl umlsl saddl uaddl ssubl usubl sabdl "
               "uabdl sabal uabal", "v0.8h, v1.8b, v2.8b", "v0.4s, v1.4h, v2.4h",
               "v0.2d, v1.2s, v2.2s"),
        *_each("smull2 umlal2 saddl2 usubl2", "v0.8h, v1.16b, v2.16b", "v0.2d, v1.4s, v2.4s"),
        *_each("sqdmull sqdmlal sqdmlsl", "v0.4s, v1.4h, v2.4h", "v0.2d, v1.2s, v2.2s"),
        *_each("saddw uaddw ssubw usubw", "v0.8h, v1.8h, v2.8b", "v0.2d, v1.2d, v2.2s"),
        *_each("addhn subhn raddhn rsubhn", "v0.8b, v1.8h, v2.8h", "v0.2s, v1.2d, v2.2d"),
        *_each("and orr eor bic orn bsl bit bif", "v0.16b, v1.16b, v2.16b"),
        *_each("zip1 zip2 uzp1 uzp2 trn1 trn2", "v0.16b, v1.16b, v2.16b", "v0.4s, v1.4s, v2.4s",
               "v0.2d, v1.2d, v2.2d"),
        *_each("abs neg cnt not rbit rev16 rev32 rev64 cls clz sqabs sqneg suqadd usqadd",
               "v0.16b, v1.16b"),
        *_each("saddlp uaddlp sadalp uadalp", "v0.8h, v1.16b", "v0.2d, v1.4s"),
        *_each("addv smaxv sminv umaxv uminv", "h0, v1.8h"),
        *_each("saddlv uaddlv", "s0, v1.8h"),
        *_each("fmaxv fminv fmaxnmv fminnmv", "s0, v1.4s"),
        *_each("xtn sqxtn uqxtn sqxtun", "v0.8b, v1.8h", "v0.2s, v1.2d"),
        *_each("shl sqshl uqshl sqshlu sli", "v0.4s, v1.4s, #9"),
        *_each("sshr ushr srshr urshr ssra usra srsra ursra sri", "v0.8h, v1.8h, #5"),
        *_each("shrn rshrn sqshrn uqshrn sqrshrn uqrshrn sqshrun sqrshrun", "v0.4h, v1.4s, #7"),
        *_each("sshll ushll", "v0.4s, v1.4h, #3"), "shll v0.8h, v1.8b, #8",
        "ext v0.16b, v1.16b, v2.16b, #5", "tbl v0.16b, {v1.16b}, v2.16b",
        "tbl v0.16b, {v1.16b, v2.16b, v3.16b}, v4.16b", "tbx v0.8b, {v1.16b, v2.16b}, v4.8b",
        "dup v0.4s, v1.s[2]", "dup v0.8h, w1", "ins v0.s[1], v1.s[3]", "umov w0, v1.b[7]",
        "smov x0, v1.h[3]", "movi v0.4s, #0x5a, msl #8", "mvni v0.8h, #7, lsl #8",
        "fmla v0.4s, v1.4s, v2.s[1]", "mul v0.8h, v1.8h, v2.h[6]", "sqdmulh v0.4s, v1.4s, v2.s[3]",
        "fcvtl v0.2d, v1.2s", "fcvtl2 v0.4s, v1.8h", "fcvtn v0.4h, v1.4s", "fcvtxn v0.2s, v1.2d",
        "pmul v0.16b, v1.16b, v2.16b", "pmull v0.8h, v1.8b, v2.8b",
        "ld1 {v0.16b, v1.16b}, [x8]", "ld2 {v0.8h, v1.8h}, [x8]", "ld3 {v0.4s, v1.4s, v2.4s}, [x8]",
        "ld4 {v0.2d, v1.2d, v2.2d, v3.2d}, [x8]", "st2 {v0.16b, v1.16b}, [x8]",
        "st4 {v0.8b, v1.8b, v2.8b, v3.8b}, [x8]", "ld1r {v0.4s}, [x8]", "ld1 {v0.b}[5], [x8]",
        "st3 {v0.h, v1.h, v2.h}[2], [x8]",
    ],
    "FEAT_CRC32": _each("crc32b crc32h crc32w crc32cb crc32ch crc32cw", "w0, w1, w2")
    + _each("crc32x crc32cx", "w0, w1, x2"),
    "FEAT_AES": _each("aese aesd aesmc aesimc", "v0.16b, v1.16b"),
    "FEAT_PMULL": ["pmull v0.1q, v1.1d, v2.1d", "pmull2 v0.1q, v1.2d, v2.2d"],
    "FEAT_SHA1": [*_each("sha1c sha1m sha1p", "q0, s1, v2.4s"), "sha1h s0, s1",
                  "sha1su0 v0.4s, v1.4s, v2.4s", "sha1su1 v0.4s, v1.4s"],
    "FEAT_SHA256": [*_each("sha256h sha256h2", "q0, q1, v2.4s"), "sha256su0 v0.4s, v1.4s",
                    "sha256su1 v0.4s, v1.4s, v2.4s"],
    "FEAT_SHA512": [*_each("sha512h sha512h2", "q0, q1, v2.2d"), "sha512su0 v0.2d, v1.2d",
                    "sha512su1 v0.2d, v1.2d, v2.2d"],
    "FEAT_SHA3": ["eor3 v0.16b, v1.16b, v2.16b, v3.16b", "bcax v0.16b, v1.16b, v2.16b, v3.16b",
                  "rax1 v0.2d, v1.2d, v2.2d", "xar v0.2d, v1.2d, v2.2d, #11"],
    "FEAT_LSE": [*_atomics(), *_each("casp caspal", "x0, x1, x2, x3, [x8]", "w0, w1, w2, w3, [x8]"),
                 "stadd x1, [x8]", "stsetb w1, [x8]"],
    "FEAT_LRCPC": ["ldapr x0, [x8]", "ldapr w0, [x8]", "ldaprb w0, [x8]", "ldaprh w0, [x8]"],
    "FEAT_LRCPC2": ["ldapur x0, [x8, #8]", "ldapur w0, [x8, #4]", "ldapursb x0, [x8, #1]",
                    "ldapursh w0, [x8, #2]", "ldapursw x0, [x8, #4]", "ldapurb w0, [x8, #3]",
                    "ldapurh w0, [x8, #6]", "stlur x0, [x8, #8]", "stlurb w0, [x8, #5]",
                    "stlurh w0, [x8, #2]"],
    "FEAT_RDM": _each("sqrdmlah sqrdmlsh", "v0.8h, v1.8h, v2.8h", "v0.4s, v1.4s, v2.s[1]",
                      "s0, s1, s2", "h0, h1, v2.h[3]"),
    "FEAT_DotProd": _each("sdot udot", "v0.4s, v1.16b, v2.16b", "v0.2s, v1.8b, v2.8b",
                          "v0.4s, v1.16b, v2.4b[2]"),
    "FEAT_FP16": [
        *_each(_FP3, "h0, h1, h2", "v0.8h, v1.8h, v2.8h"),
        *_each(_FP2, "h0, h1", "v0.8h, v1.8h"),
        *_each(_TO_INT, "x0, h1", "w0, h1", "v0.8h, v1.8h"),
        *_each("fmla fmls fmulx fabd facge fcmgt frecps frsqrts faddp", "v0.8h, v1.8h, v2.8h"),
        *_each("frecpe frsqrte frecpx", "h0, h1"), *_each("scvtf ucvtf", "h0, x1", "h0, w1"),
        "fmadd h0, h1, h2, h3", "fcmp h0, h1", "fcsel h0, h1, h2, eq", "fmov w0, h1",
        "fmaxv h0, v1.8h", "fmla v0.8h, v1.8h, v2.h[5]",
    ],
    "FEAT_FHM": _each("fmlal fmlal2 fmlsl fmlsl2", "v0.4s, v1.4h, v2.4h", "v0.4s, v1.4h, v2.h[3]"),
    "FEAT_FCMA": ["fcadd v0.4s, v1.4s, v2.4s, #90", "fcadd v0.2d, v1.2d, v2.2d, #270",
                  "fcadd v0.8h, v1.8h, v2.8h, #90",
                  *(f"fcmla v0.4s, v1.4s, v2.4s, #{turn}" for turn in (0, 90, 180, 270)),
                  "fcmla v0.8h, v1.8h, v2.8h, #90", "fcmla v0.4s, v1.4s, v2.s[1], #270"],
    "FEAT_JSCVT": ["fjcvtzs w0, d1"],
    "FEAT_FRINTTS": _each("frint32x frint32z frint64x frint64z", "d0, d1", "s0, s1",
                          "v0.4s, v1.4s", "v0.2d, v1.2d"),
    "FEAT_FlagM": ["cfinv", "rmif x0, #7, #5", "setf8 w0", "setf16 w0"],
    "FEAT_FlagM2": ["axflag", "xaflag"],
    "FEAT_DIT": ["msr dit, #0", "mrs x0, dit", "msr dit, x9"],
    "FEAT_SSBS": ["msr ssbs, #0", "mrs x0, ssbs", "msr ssbs, x9"],
    "FEAT_SB": ["sb"],
    "FEAT_DPB": ["dc cvap, x8"],
    "FEAT_DPB2": ["dc cvadp, x8"],
    "FEAT_PAuth": ["xpacd x10", "paciza x10", "pacibsp", "autibsp", "pacga x10, x1, x2"],
    "FEAT_BTI (a hint, none on an M1)": ["bti c", "bti jc"],
}  # fmt: skip

_HARNESS = """
_main:  adr x19, input
        b cases
load:   ldp x0, x1, [x20]
        ldp x2, x3, [x20, #16]
        ldp x4, x5, [x20, #32]
        ldp q0, q1, [x20, #64]
        ldp q2, q3, [x20, #96]
        ldp q4, q5, [x20, #128]
        ldp q6, q7, [x20, #160]
        ldp x6, x7, [x20, #192]
        msr nzcv, x6
        msr fpcr, x7
        msr fpsr, xzr
        ldp q16, q17, [x20, #208]
        ldp q18, q19, [x20, #240]
        adr x8, scratch
        stp q16, q17, [x8]
        stp q18, q19, [x8, #32]
        ldp x6, x7, [x20, #48]
        mov x9, #0
        mov x10, #0x1234
        ret
store:  mrs x9, nzcv
        msr fpcr, xzr
        mrs x10, fpsr
        stp x0, x1, [x21]
        stp x2, x3, [x21, #16]
        stp x4, x5, [x21, #32]
        stp x6, x7, [x21, #48]
        stp q0, q1, [x21, #64]
        stp q2, q3, [x21, #96]
        stp q4, q5, [x21, #128]
        stp q6, q7, [x21, #160]
        stp x9, x10, [x21, #192]
        adr x8, scratch
        ldp q16, q17, [x8]
        ldp q18, q19, [x8, #32]
        stp q16, q17, [x21, #208]
        stp q18, q19, [x21, #240]
        add x20, x20, #INPUT
        add x21, x21, #OUTPUT
        subs x22, x22, #1
        ret
        .p2align 4
scratch: .space 64
cases:  mov x21, #BASE_LOW
        movk x21, #1, lsl #32
        mov x27, x21
"""
_CASE = """
        mov x20, x19
        mov x22, #{rounds}
1:      bl load
        .long {word:#x}
        bl store
        b.ne 1b
"""
_END = """
        mov x0, #1
        mov x1, x27
        sub x2, x21, x27
        mov x8, #64
        svc #0
        mov x0, #0
        mov x8, #93
        svc #0
        .p2align 4
input:
"""
#: What qemu's user mode refuses; it changes nothing, so ``nop`` stands for it.
_NOT_IN_QEMU, _NOP = ("FEAT_DPB", "FEAT_DPB2"), 0xD503201F
#: Offset of the outputs from BASE.
OUTPUT_OFFSET = 0x100_0000


def cases() -> list[tuple[str, str]]:
    """Return (feature, instruction) of each case in order."""
    return [(feature, text) for feature, texts in FEATURES.items() for text in texts]


def _inputs() -> bytes:
    """Return what the registers and the memory hold before an instruction, ROUNDS times."""
    dice = random.Random(20201110)
    out = []
    for n in range(ROUNDS):
        general = b"".join(_integer(dice) for _ in range(8))
        vectors = b"".join(_vector(dice) for _ in range(8))
        # Every second round in the usual mode; else DN, FZ, FZ16 and the rounding are drawn.
        fpcr = 0 if n % 2 == 0 else dice.getrandbits(32) & 0x03C8_0000
        out.append(
            general + vectors + struct.pack("<2Q", dice.getrandbits(4) << 28, fpcr)
            + dice.randbytes(64)
        )  # fmt: skip
    return b"".join(out)


def _integer(dice: random.Random) -> bytes:
    near = dice.choice((0, 1 << 31, 1 << 32, 1 << 63, 1 << 64)) + dice.randint(-3, 3)
    return struct.pack("<Q", dice.choice((near, dice.getrandbits(64))) & (1 << 64) - 1)


def _vector(dice: random.Random) -> bytes:
    kind = dice.randrange(5)
    if kind == 0:
        return dice.randbytes(16)
    if kind == 1:
        return struct.pack("<2d", *(dice.uniform(-1e6, 1e6) for _ in range(2)))
    if kind == 2:
        return struct.pack("<4f", *(dice.uniform(-300, 300) for _ in range(4)))
    if kind == 3:
        return struct.pack("<8e", *(dice.uniform(-100, 100) for _ in range(8)))
    special = ("7ff8", "7ff0", "fff0", "7f80", "ff80", "7fa0", "7c00", "fc00", "7e01", "8000",
               "0001", "0000", "3c00", "3f80", "3ff0")  # fmt: skip
    return b"".join(bytes.fromhex(dice.choice(special))[::-1] for _ in range(8))


class Program:
    """All cases one after the other; outputs are written at BASE + OUTPUT_OFFSET."""

    def __init__(self, words: list[int]) -> None:
        """Assemble; ``words`` are the instructions."""
        constants = {"INPUT": _INPUT, "OUTPUT": _OUTPUT, "BASE_LOW": OUTPUT_OFFSET}
        text = _HARNESS
        for name, value in constants.items():
            text = text.replace(name, str(value))
        # The data is near the code that uses it by ``adr``; the cases are out of its way.
        body = "".join(_CASE.format(rounds=ROUNDS, word=word) for word in words)
        image = assemble_text(".text\n" + text + body + _END, layout={("__TEXT", "__text"): BASE})
        section = image.section("__TEXT", "__text")
        assert section is not None
        self.code = section.data + _inputs()
        self.size = OUTPUT_OFFSET + (len(words) * ROUNDS * _OUTPUT + 0xFFFF & -0x10000)

    def elf(self) -> bytes:
        """Return the program as an executable for Linux: one segment that allows everything."""
        header = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack(
            "<2HI3QI6H", 2, 183, 1, BASE, 64, 0, 0, 64, 56, 1, 64, 0, 0
        )
        segment = struct.pack("<2I6Q", 1, 7, 0x1000, BASE, BASE, len(self.code), self.size, 0x1000)
        return (header + segment).ljust(0x1000, b"\0") + self.code


def digests(output: bytes) -> list[str]:
    """Return a digest of what each case left behind."""
    size = ROUNDS * _OUTPUT
    return [
        hashlib.blake2b(output[at : at + size], digest_size=6).hexdigest()
        for at in range(0, len(output), size)
    ]


def _encode(texts: list[str], scratch: Path) -> list[int]:
    source, target = scratch / "words.s", scratch / "words.bin"
    source.write_text(".text\n" + "\n".join(texts) + "\n", encoding="utf-8")
    zig = [sys.executable, "-m", "ziglang"]
    object_file = scratch / "words.o"
    subprocess.run(
        [*zig, "cc", "-target", "aarch64-linux-none", "-mcpu=apple_m4", "-c", source, "-o",
         object_file], check=True,
    )  # fmt: skip
    subprocess.run([*zig, "objcopy", "-O", "binary", object_file, target], check=True)
    data = target.read_bytes()
    return list(struct.unpack(f"<{len(texts)}I", data[: 4 * len(texts)]))


def main() -> None:
    """Write the golden file anew."""
    listed = cases()
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        words = _encode([text for _, text in listed], scratch)
        executable = scratch / "cases"
        runs = [
            _NOP if feature in _NOT_IN_QEMU else w
            for (feature, _), w in zip(listed, words, strict=True)
        ]
        executable.write_bytes(Program(runs).elf())
        executable.chmod(0o755)
        done = subprocess.run(
            ["qemu-aarch64", "-cpu", "max", executable], capture_output=True, check=True
        )
    found = digests(done.stdout)
    rows = [
        [feature, text, f"{word:08x}", digest]
        for (feature, text), word, digest in zip(listed, words, found, strict=True)
    ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    GOLDEN.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
