"""Random and mutated sources: an image or a list of errors, never anything else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from capstone import CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, Cs
from hypothesis import given
from hypothesis import strategies as st

from emu.asm import assemble, assemble_text
from emu.errors import AssemblyError
from emu.image import Image
from tests.asm import test_dialect_code, test_dialect_data, test_dialect_macros
from tests.asm.test_dialect_linked import FIRST
from tests.asm.test_dialect_refused import REFUSED
from tests.asm.test_forms import FORMS

#: Sources that are taken, of all themes.
SAME = [
    text
    for theme in (test_dialect_code, test_dialect_data, test_dialect_macros)
    for text in theme.SAME.values()
]

LINES = [
    line
    for text in (*SAME, *REFUSED, FIRST, "\n".join(FORMS))
    for line in text.splitlines()
    if line.strip()
]
PIECES = [
    *"abxLw019_.,;:#%@!\"'\\/*()[]{}<>|&^~+-=$? \t\x00\x01\x0b\x1e\x7f\xff",
    *("0x", "1f", "1b", "@PAGE", "@PAGEOFF", ".macro m ", ".endm", ".rept 3", ".endr", "\\@"),
    *("\\()", ".if 1", ".else", ".endif", "%%", "/*", "*/", "//", "x0", "sp", "lsl #", "=="),
    *("€", "\ud800", "9" * 25, "-1", "<<", "1e9", "#0.0", ".irp x,1,2", '.include "a"'),
    *("\r", "\n", ".p2align 3", ".org 8", ".set a, a", "\\x", "1:", "m 1, 2", ".space 1<<20"),
]


def outcome(source: str) -> Image | None:
    """Assemble; return the image, or None if there are errors, which must be printable."""
    refused: AssemblyError | None = None
    image: Image | None = None
    try:
        image = assemble_text(source)
    except AssemblyError as error:
        refused = error
    if refused is not None:
        assert refused.diagnostics
        str(refused).encode("utf-8")
        assert all(d.line >= 0 and d.column >= 0 and d.message for d in refused.diagnostics)
    return image


@given(st.text(max_size=300))
def test_any_text(source: str) -> None:
    outcome(source)


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_row_of_tokens(source: str) -> None:
    outcome(source)


@given(st.lists(st.sampled_from(LINES), max_size=30).map("\n".join))
def test_any_row_of_lines(source: str) -> None:
    outcome(source)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_sources(seed: int) -> None:
    """Words of what still assembles are instructions that Capstone knows as the same kind."""
    rng = random.Random(seed)
    engine = Cs(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN)
    for _ in range(250):
        lines = rng.sample(LINES, rng.randrange(1, 20))
        for _ in range(rng.randrange(1, 5)):
            _mutate(rng, lines)
        image = outcome("\n".join(lines))
        for entry in image.lines.entries if image else ():
            _check(image, entry.addr, entry.statement, engine)


def _mutate(rng: random.Random, lines: list[str]) -> None:
    at = rng.randrange(len(lines))
    line = lines[at]
    place = rng.randrange(len(line) + 1)
    kind = rng.randrange(5)
    if kind == 0:
        lines[at] = line[:place] + rng.choice(PIECES) + line[place:]
    elif kind == 1:
        lines[at] = line[:place] + line[place + rng.randrange(1, 4) :]
    elif kind == 2:
        lines[at] = line[:place] + rng.choice(PIECES) + line[place + 1 :]
    elif kind == 3:
        lines.insert(at, rng.choice(LINES))
    else:
        lines[at] = line[:place] + rng.choice(LINES)[place:]


def _check(image: Image | None, addr: int, statement: str, engine: Cs) -> None:
    """A branch, a load and an addition are read back as what they were written as."""
    mnemonic = statement.split(maxsplit=1)[0].lower()
    if image is None or mnemonic not in {"b", "bl", "cbz", "tbz", "adrp", "ldp", "stp", "mul"}:
        return
    segment = next(s for s in image.segments if s.addr <= addr < s.addr + s.size)
    word = segment.data[addr - segment.addr : addr - segment.addr + 4]
    assert [m for _, _, m, _ in engine.disasm_lite(word, addr)] == [mnemonic]


@pytest.mark.parametrize(
    "source",
    [
        ".rept 1000000\nnop\n.endr",
        ".macro m\nm\n.endm\nm",
        ".macro m a\n.rept 10\nm \\a\\a\n.endr\n.endm\nm 1",
        ".macro m a\nm \\a\\a\\a\\a\\a\\a\\a\\a\n.endm\nm abcdefgh",
        ".irpc x," + "a" * 400_000 + "\nnop\n.endr",
        ".space 1 << 40",
        ".fill 1 << 40, 8",
        ".org 1 << 40",
        "\n".join(f".section __A,__{i}\n.space 1 << 25" for i in range(8)),
        ".quad " + "+".join(["a"] * 5000) + "\na:",
        ".quad " + "(" * 5000 + "1" + ")" * 5000,
        ".quad " + "-" * 5000 + "a\na:",
        "mov x0, #" + "9" * 100_000,
        "b " + "1" * 5000 + "f",
        '.ascii "' + "\\" * 99_999 + '"',
        "/*" * 50_000,
        '"' * 10_000,
        "a:" * 20_000,
        ".if 1\n" * 30_000,
        ".if 0\n" * 30_000,
        "frob x0\n" * 30_000,
        "\n".join(f"add x0, x1, #{n}" for n in range(5000, 35_000)),
        ".set a0, b\n" + "\n".join(f".set a{n + 1}, a{n} + b" for n in range(500)) + "\n.quad a500",
        ".space later\n.space later2\nlater = later2\nlater2 = 1 << 50",
    ],
)
def test_no_source_takes_all_time_or_memory(source: str) -> None:
    assert outcome(source) is None


def test_sizes_that_never_settle_are_an_error() -> None:
    with pytest.raises(AssemblyError, match="do not settle"):
        assemble_text("a: .space 10 - (b - a)\nb: nop")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    outcome(bytes(range(256)).decode("latin-1"))
    path = tmp_path / "a.s"
    path.write_bytes(b"\xff\xfe\x00nop\n")
    with pytest.raises(AssemblyError):
        assemble([path])
