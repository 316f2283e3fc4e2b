"""``ymawky-emu run`` on executables: where they lie, where they start, what is refused."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.macho.build import BASE, CODE, Macho
from tests.serving import PATIENCE

#: mov x0, #7; mov x16, #1; svc #0x80
OTHER = struct.pack("<3I", 0xD28000E0, 0xD2800030, 0xD4001001)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "emu.cli", "run", "--quiet", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Exits with 42; from ``_other`` on, with 7."""
    file = Macho(code=CODE + OTHER)
    file.symtab([("_other", 0x0F, 1, BASE + Macho.TEXT + len(CODE))])
    path = tmp_path / "a.out"
    path.write_bytes(file.bytes())
    return path


@pytest.mark.parametrize("slide", ["0", "0x4000", "1048576"])
def test_it_runs_at_any_slide(program: Path, slide: str) -> None:
    assert run("--slide", slide, program).returncode == 42


def test_it_starts_at_a_symbol(program: Path) -> None:
    assert run("--entry", "_other", program).returncode == 7


def test_without_names_it_is_told_from_a_source_by_its_contents(program: Path) -> None:
    assert run(program.rename(program.with_suffix(".bin"))).returncode == 42


REFUSED = {
    "no number": (("--slide", "much"), "'much' is no multiple of the page size"),
    "no page": (("--slide", "5"), "'5' is no multiple of the page size"),
    "backwards": (("--slide=-16384",), "'-16384' is no multiple of the page size"),
    "into the stack": (("--slide", "0x6f600000"), "overlap"),
    "no symbol": (("--entry", "_nobody"), "--entry _nobody: a.out has no such symbol"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_said_in_a_line(program: Path, name: str) -> None:
    options, message = REFUSED[name]
    done = run(*options, program)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_source_does_not_slide(tmp_path: Path) -> None:
    source = tmp_path / "a.s"
    source.write_text("_main: ret\n")
    done = run("--slide", "0x4000", source)
    assert done.returncode == 2
    assert "--slide is for Mach-O executables" in done.stderr


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"\x7fELF" + bytes(60), "neither a source"),
        (b"", "neither a source"),
        (b"\xcf\xfa\xed\xfe", "truncated"),
        (Macho().bytes()[:0x4010], "truncated"),
    ],
)
def test_a_file_that_is_no_program(tmp_path: Path, contents: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(contents)
    done = run(path)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert message in line
    assert str(path) in line


def test_there_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        done = run(path)
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert str(path) in line


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory has no limit to set")
def test_a_program_that_does_not_fit_in_memory(tmp_path: Path) -> None:
    program = tmp_path / "large"
    program.write_bytes(Macho(data_size=3 << 30).bytes())
    words = [sys.executable, "-m", "emu.cli", "run", str(program)]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -v 3000000; exec "$@"', "sh", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ymawky-emu: large: cannot start: ENOMEM (Cannot allocate memory)\n"
