"""Every program of the corpus: the bytes that another toolchain makes of it, and what it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emu.asm import assemble
from emu.image import Section
from tests.asm.zig import Linked, Zig
from tests.corpus.programs import Program, programs
from tests.serving import PATIENCE

CORPUS = programs()
#: Also run as zig's Mach-O: those whose pointers, zero fill or segments matter, and forks.
LINKED = (
    "brainfuck", "crash", "fork_wait", "function_table", "hello", "linked", "linked_list", "ls",
    "mandelbrot", "printf", "signal_handler", "sort_words", "tcp_echo",
)  # fmt: skip

#: The one section that zig's linker adds: pointers for dyld, and some that it could resolve.
THE_LINKERS = {("__DATA_CONST", "__got")}

each = pytest.mark.parametrize("program", CORPUS, ids=lambda p: p.name)


def run(program: Program, root: Path, *files: Path) -> subprocess.CompletedProcess[bytes]:
    """Run ``files`` as the program says, on an empty file system."""
    if missing := program.unmet():
        pytest.skip(f"calls {missing} are not implemented")
    if sys.platform == "win32" and program.name == "unix_socket":
        pytest.skip("sockets on paths are not for Windows")
    environment = [word for e in program.environment for word in ("--env", e)]
    command = [sys.executable, "-m", "emu.cli", "run", "--root", str(root)]
    return subprocess.run(
        [*command, *environment, *map(str, files), "--", *program.arguments],
        input=program.stdin,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 30


@each
def test_it_does_what_it_says(program: Program, tmp_path: Path) -> None:
    done = run(program, tmp_path, *program.sources)
    assert done.stdout == program.output, done.stderr.decode()
    assert done.returncode == program.status, done.stderr.decode()
    assert b"hint: " not in done.stderr
    assert list(tmp_path.iterdir()) == []


def _same(there: Linked, lead: int, ours: Section) -> bool:
    """Compare section by section; zig's linker fills code up to whole instructions."""
    if ours.zerofill:
        return there.size - lead >= ours.size and not any(there.data)
    data = there.data[lead:]
    rest = data[len(ours.data) :]
    return data.startswith(ours.data) and len(rest) < 4 and not any(rest)


@each
def test_zig_makes_the_same_bytes(program: Program, zig: Zig) -> None:
    theirs = zig.link(*program.sources)
    # Zig puts eight bytes for dyld before __data, and keeps __DATA,__const where it was asked for.
    lead = dict.fromkeys(theirs, 0) | {("__DATA", "__data"): 8}
    layout = {key: section.addr + lead[key] for key, section in theirs.items()}
    layout |= {("__DATA_CONST", n): a for (s, n), a in layout.items() if s == "__DATA"}
    ours = assemble(program.sources, layout=layout)
    assert ours.section("__TEXT", "__text")
    for section in ours.sections:
        key = (section.segment, section.name)
        if key not in theirs:
            key = ("__DATA", section.name)
        assert section.addr == layout[key], key
        assert _same(theirs.pop(key), lead[key], section), key
    left = {key for key, there in theirs.items() if there.size > lead[key]}
    assert left <= THE_LINKERS, left


@pytest.mark.parametrize(
    "program", [p for p in CORPUS if p.name in LINKED], ids=lambda p: f"macho-{p.name}"
)
def test_its_mach_o_does_the_same(program: Program, zig: Zig, tmp_path: Path) -> None:
    zig.link(*program.sources)
    linked = zig.scratch / "linked"
    done = run(program, tmp_path, linked)
    assert done.stdout == program.output.replace(b"main.s", b"linked"), done.stderr.decode()
    assert done.returncode == program.status, done.stderr.decode()
