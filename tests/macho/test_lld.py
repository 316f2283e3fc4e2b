"""Executables that LLVM's ld64.lld 14 linked from the sources beside them, stored compressed.

::

    llvm-mc -arch=arm64 -triple arm64-apple-macos12 -filetype=obj NAME.s -o NAME.o
    ld64.lld -arch arm64 -platform_version macos 12.0 12.0 NAME.o libSystem.tbd -o NAME
"""

from __future__ import annotations

import lzma
import subprocess
import sys
from pathlib import Path

import pytest

from emu import macho
from tests.serving import PATIENCE

HERE = Path(__file__).resolve().parent / "lld"


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    for name in ("pointers", "printf"):
        (tmp_path / name).write_bytes(lzma.decompress((HERE / f"{name}.xz").read_bytes()))
    return tmp_path


@pytest.mark.parametrize("slide", ["0", "0x40000"])
@pytest.mark.parametrize(
    ("name", "status", "output"), [("pointers", 9, b""), ("printf", 0, b"the answer is 42\n")]
)
def test_it_runs_wherever_it_lies(
    unpacked: Path, name: str, status: int, output: bytes, slide: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "emu.cli", "run", "--quiet", "--slide", slide, unpacked / name],
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, output), done.stderr.decode()


def test_its_names(unpacked: Path) -> None:
    image = macho.load((unpacked / "pointers").read_bytes(), "pointers").image
    assert {"_main", "value", "pointer", "big"} <= set(image.symbols)
    assert image.symbols["big"].section == "__DATA,__bss"
    assert image.symbol_at(image.entry) == ("_main", 0)
