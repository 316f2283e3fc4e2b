"""The list of calls: on the screen, in the documentation, and never shorter than it was."""

from __future__ import annotations

import subprocess
import sys

from emu.syscalls import catalogue
from tests.serving import PATIENCE, ROOT

#: Calls with a handler, and those of them that are supported in full.  Raise them with the
#: table; that one of them has to fall is a decision that belongs into the changelog.
HANDLED, SUPPORTED = 225, 170


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "syscalls.md").read_text(encoding="utf-8")
    made = "\n".join(catalogue.page()) + "\n"
    assert page == made, "run: python -m emu.syscalls.catalogue > docs/syscalls.md"


def test_the_number_of_supported_calls_never_falls() -> None:
    counts = catalogue.counts(catalogue.entries())
    assert counts["supported"] >= SUPPORTED
    assert counts["supported"] + counts["partial"] >= HANDLED


def test_twins_are_the_same_calls() -> None:
    from emu.darwin.numbers import signatures
    from emu.syscalls.table import TABLE

    for number, signature in signatures().items():
        if signature.twin_of is None:
            continue
        twin, first = TABLE.get(number), TABLE.get(signature.twin_of)
        assert (twin and twin.handler) == (first and first.handler), signature.name


def test_the_command_prints_numbers_names_and_notes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "emu.cli", "syscalls"],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert any(line.split() == ["3,", "396", "read", "supported"] for line in lines)
    assert any(line.split()[1:3] == ["proc_info", "partial:"] for line in lines)
    assert any(line.split() == ["161", "getfh", "named", "only"] for line in lines)
    assert "calls are supported" in lines[-1]
