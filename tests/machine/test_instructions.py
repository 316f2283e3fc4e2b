"""The machine executes what an Apple M1 executes as another implementation does."""

from __future__ import annotations

import ctypes
import json
import mmap
import re
from pathlib import Path

import pytest

from emu.interpreter import Interpreter
from emu.machine import EXEC, READ, WRITE, Machine
from emu.syscalls import sysctl
from tests.machine.instructions import (
    BASE,
    FEATURES,
    GOLDEN,
    OUTPUT_OFFSET,
    Program,
    cases,
    digests,
)

FIDELITY = Path(__file__).resolve().parents[2] / "docs" / "fidelity.md"


def _run(program: Program) -> bytes:
    """Run ``program``, and return what its cases left behind."""
    machine = Machine()
    Interpreter(machine)
    memory = mmap.mmap(-1, program.size)
    memory[: len(program.code)] = program.code
    anchor = ctypes.c_char.from_buffer(memory)
    machine.map(BASE, program.size, READ | WRITE | EXEC, ctypes.addressof(anchor))
    machine.write("pc", BASE)
    while (stop := machine.run()).kind == "stopped":
        pass
    assert stop.kind == "svc", f"{stop} at {machine.read('pc'):#x}"
    return memory[OUTPUT_OFFSET : machine.read("x21") - BASE]


@pytest.mark.parametrize("feature", FEATURES)
def test_instructions_leave_behind_what_they_leave_under_qemu(feature: str) -> None:
    rows = [row for row in json.loads(GOLDEN.read_text(encoding="utf-8")) if row[0] == feature]
    listed = [case for case in cases() if case[0] == feature]
    assert [tuple(row[:2]) for row in rows] == listed, "run: python -m tests.machine.instructions"
    found = digests(_run(Program([int(word, 16) for _, _, word, _ in rows])))
    wrong = [row[1] for row, digest in zip(rows, found, strict=True) if row[3] != digest]
    assert not wrong


def test_the_page_lists_the_features_that_are_compared() -> None:
    text = FIDELITY.read_text(encoding="utf-8")
    section = text.partition("## Instructions")[2].partition("\n## ")[0]
    listed = set(re.findall(r"FEAT_\w+", section.partition("not compared")[0]))
    assert listed == {name.split()[0] for name in FEATURES} - {"base"}


def test_sysctl_has_the_features_that_are_compared() -> None:
    ours = {name.split()[0].removeprefix("FEAT_") for name in FEATURES}
    assert ours - {"base", "FP", "AdvSIMD", "BTI"} <= set(sysctl._FEATURES)
