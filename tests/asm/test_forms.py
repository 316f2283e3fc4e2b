"""Every instruction form against clang's assembler, and every word against Capstone."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from capstone import CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, Cs

from emu.asm import armv8, assemble_text, encode
from emu.errors import AssemblyError
from tests.asm.zig import Zig

FORMS = Path(__file__).with_name("forms.s").read_text(encoding="utf-8").splitlines()
#: What Capstone 5 prints and this assembler does not take: scalable vectors, v9.
_BEYOND = re.compile(r"\b[zp]\d+\b|\bza|\bpn\d|^(cpy|set[gpme]|bf|sm[34l]|us|su)")


def assembled(instructions: list[str]) -> dict[str, int | None]:
    """Return the word of each instruction here, None for those that are refused."""
    remaining = list(dict.fromkeys(instructions))
    found: dict[str, int | None] = dict.fromkeys(remaining)
    while True:
        try:
            image = assemble_text(".text\n" + "\n".join(remaining) + "\n")
        except AssemblyError as error:
            bad = {d.line - 2 for d in error.diagnostics}
            remaining = [text for i, text in enumerate(remaining) if i not in bad]
            continue
        section = image.section("__TEXT", "__text")
        assert section is not None
        words = memoryview(section.data).cast("I")
        found.update(zip(remaining, words, strict=True))
        return found


def disassembled(count: int, seed: int) -> list[str]:
    """Return one instruction of each shape among ``count`` random words."""
    rng = random.Random(seed)
    engine = Cs(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN)
    found: dict[str, str] = {}
    for _ in range(count):
        word = rng.getrandbits(32)
        if word >> 25 & 15 < 4:
            continue  # unallocated, or scalable vectors
        for _, _, mnemonic, operands in engine.disasm_lite(word.to_bytes(4, "little"), 0):
            shape = re.sub(r"\d+", "0", f"{mnemonic} {operands}")
            found.setdefault(shape, f"{mnemonic} {operands}".strip())
    return [text for text in found.values() if not _BEYOND.search(text)]


def differences(zig: Zig, instructions: list[str]) -> list[tuple[str, int | None, int | None]]:
    theirs = zig.words(instructions)
    ours = assembled(instructions)
    return [(text, theirs[text], ours[text]) for text in theirs if theirs[text] != ours[text]]


def test_the_table_of_forms_is_what_clang_makes_of_it(zig: Zig) -> None:
    lines = [line.split("//")[0].strip() for line in FORMS]
    instructions = [line for line in lines if line]
    assert len(instructions) > 500
    theirs = zig.words(instructions)
    assert [text for text in instructions if theirs[text] is None] == []
    assert differences(zig, instructions) == []


def test_every_shape_that_a_disassembler_prints(zig: Zig) -> None:
    instructions = disassembled(80_000, 1)
    assert len(instructions) > 1500
    assert differences(zig, instructions) == []


def test_every_row_of_the_own_tables(zig: Zig) -> None:
    instructions = [line for line in _rows(random.Random(7)) if line]
    assert len(instructions) > 1000
    theirs = zig.words(instructions)
    assert [text for text in instructions if theirs[text] is None] == []
    assert differences(zig, instructions) == []


def test_own_system_registers_and_operations(zig: Zig) -> None:
    instructions = []
    for item in armv8.REGISTERS.split():
        name, _, bits = item.partition("=")
        instructions.append(f"mrs x3, {name}")
        if not bits.endswith("r"):
            instructions.append(f"msr {name}, x30")
    for item in armv8.OPERATIONS.split():
        name, _, word = item.partition("=")
        instructions.append(name.replace(".", " ") + ("" if int(word, 16) & 31 else ", x9"))
    assert differences(zig, instructions) == []


@pytest.mark.parametrize("seed", range(3))
def test_mutated_operands_are_refused_together_or_encoded_alike(zig: Zig, seed: int) -> None:
    rng = random.Random(seed)
    source = [line.split("//")[0].strip() for line in FORMS]
    source = [line for line in source if line and not re.match(r"(b|bl|cb|tb|adr)", line)]
    mutants = [_mutated(rng, rng.choice(source)) for _ in range(2500)]
    wrong = [
        (text, theirs, ours)
        for text, theirs, ours in differences(zig, mutants)
        if ours is not None and theirs is not None
    ]
    assert wrong == []


def test_a_word_reads_back_as_what_was_written() -> None:
    """Capstone's reading of each word assembles to the same word again."""
    engine = Cs(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN)
    lines = [line.split("//")[0].strip() for line in FORMS]
    words = {t: w for t, w in assembled([x for x in lines if x]).items() if w is not None}
    read: dict[str, int] = {}
    for word in words.values():
        for _, _, mnemonic, operands in engine.disasm_lite(word.to_bytes(4, "little"), 0):
            read[f"{mnemonic} {operands}".strip()] = word
    assert len(read) > 500
    again = assembled(list(read))
    for text, found in again.items():
        word = read[text] if found is None else found
        if word != read[text]:  # another encoding with the same reading
            data = word.to_bytes(4, "little")
            assert [f"{m} {o}" for _, _, m, o in engine.disasm_lite(data, 0)] == [text]


def test_keystone_drops_nothing_without_a_word() -> None:
    """Facts about Keystone 0.9.2 that the encoder guards against."""
    engine = encode._load()
    assert engine.asm("tlbi rvae3os, x9", 0, as_bytes=True)[0] is None  # no error either
    assert encode.encode(["frobnicate x0", "nop", "add x0,x0,#99999", "nop"])[1::2] == [
        0xD503201F,
        0xD503201F,
    ]


_OPERANDS = """x1 w2 sp wsp xzr wzr b3 h4 s5 d6 q7 v8 v9.16b v10.8h v11.4s v12.2d v13.b[3] v14.d[1]
#0 #1 #0.0 #1.0 #0.1 #-1 #4096 [x1] [sp,#8] [x2,#-8]! [x3,x4,lsl#3] [x5,w6,uxtw] {v1.16b}
{v2.4s,v3.4s} {v4.b}[7] lsl#3 uxtw#2 sxtx msl#8 eq al ish nzcv zva c7 pan csync""".split()
_REGISTER = re.compile(r"\b([xwbhsdq])(\d+)\b|#-?\w+|\bv(\d+)\b")


def _mutated(rng: random.Random, text: str) -> str:
    """Change one register, one number or one operand of an instruction."""
    if rng.random() < 0.2:
        mnemonic, _, operands = text.partition(" ")
        parts = re.split(r",\s*(?![^\[{]*[\]}])", operands)
        parts[rng.randrange(len(parts))] = rng.choice(_OPERANDS)
        return f"{mnemonic} {', '.join(parts)}"
    places = list(_REGISTER.finditer(text))
    if not places:
        return text
    place = rng.choice(places)
    if place[0].startswith("#"):
        bound = rng.choice([1, 8, 32, 64, 128, 256, 512, 4096, 16384, 65536, 1 << 32])
        new = f"#{rng.choice([0, 1, -1, 2]) * bound + rng.choice([-1, 0, 1])}"
    elif place[3]:
        new = f"v{rng.randrange(32)}"
    else:
        kind = place[1] if rng.random() < 0.7 else rng.choice("xwbhsdq")
        new = kind + str(rng.randrange(31))
        if kind in "xw" and rng.random() < 0.3:
            new = rng.choice([kind + "zr", "sp" if kind == "x" else "wsp"])
    return text[: place.start()] + new + text[place.end() :]


_FIELD = re.compile(
    r"(?P<kind>[WXPHSDQV])(?P<field>[dnmtsa])(?P<next>\+1)?(?P<shape>\.\w+)?(\[(?P<lane>\w+)\])?"
    r"|\[n|#(?P<value>[a-z]\w*)|(?P<condition>condition)"
)
_VALUES = {
    "flags": (0, 15, 1),
    "u6": (0, 63, 1),
    "u16": (0, 65535, 1),
    "rotate": (0, 63, 1),
    "halfturn": (90, 270, 180),
    "turn11": (0, 270, 90),
    "turn13": (0, 270, 90),
    "offset": (-256, 255, 1),
    "offset8": (-4096, 4088, 8),
    "fraction16": (1, 16, 1),
    "fraction32": (1, 32, 1),
    "fraction64": (1, 64, 1),
    "hlm": (0, 7, 1),
    "hl": (0, 3, 1),
    "hl4": (0, 1, 1),
    "h": (0, 1, 1),
}


def _rows(rng: random.Random) -> list[str]:
    """Return two instructions with random fields for each row of the tables."""
    found = []
    form = ""
    for line in armv8.FORMS.strip().splitlines():
        if line.endswith(":"):
            form = line[:-1]
            continue
        for item in line.split():
            operands = "" if form == "-" else form
            found += [f"{item.partition('=')[0]} {_filled(rng, operands)}".strip()] * 2
    return found


def _filled(rng: random.Random, form: str) -> str:
    given: dict[str, int] = {}

    def pick(name: str) -> int:
        low, high, step = _VALUES[name]
        return rng.randrange(low, high + 1, step)

    def fill(match: re.Match[str]) -> str:
        if match["condition"]:
            return rng.choice(["eq", "ne", "hs", "lt", "al", "nv"])
        if match["value"]:
            name = match["value"]
            if name == "zero":
                return "#0.0"
            return "#-1.25" if name.startswith("float") else f"#{pick(name)}"
        if not match["kind"]:
            return rng.choice([f"[x{rng.randrange(20, 31)}", "[sp"])
        field, lane = match["field"], match["lane"]
        if match["next"]:
            number = given[field] + 1
        else:
            number = rng.randrange(16 if lane == "hlm" else 20)
            number &= ~1 if "+1" in form else ~0
        given[field] = number
        kind = "x" if match["kind"] == "P" else match["kind"].lower()
        text = f"{kind}{number}{match['shape'] or ''}"
        return text + (f"[{pick(lane)}]" if lane else "")

    return _FIELD.sub(fill, form)
