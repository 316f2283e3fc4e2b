"""Commands that are wrong or go too far: one clear line each, and the session lives on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from debugger.session import Session
from emu.errors import DebugError
from tests.debugger.test_reports import typed


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("print/zz 3", "'zz' is no format"),
        ('search ""', "nothing in this text"),
        ("telescope 0", "0: a number from 1 on"),
        ("until 0", "calls.s:0: lines are counted from 1"),
        ("break 0", "calls.s:0: lines are counted from 1"),
        ("break 99999", "calls.s:99999: no code at or behind this line"),
        ("advance 0x10", "0x10 is not in the program"),
        ("advance counter", "is data, which is never executed"),
        ("jump counter", "is data, which is never executed"),
        ("jump 0x100001002", "no multiple of 4"),
        ("signal 99", "no signal '99'$"),
        ("calls fd", "'' is no number"),
        ("delete 7", "no breakpoint number 7"),
        ("delete 7-9", "no breakpoint number 7"),
    ],
)
def test_one_line_says_what_is_wrong(
    debug: Callable[..., Session], command: str, said: str
) -> None:
    session = debug("calls.s")
    before = session.evaluate("pc")
    with pytest.raises(DebugError, match=said):
        typed(session, command)
    assert session.evaluate("pc") == before


def test_a_range_deletes_those_that_there_are(debug: Callable[..., Session]) -> None:
    session = debug("calls.s")
    typed(session, "break say", "break _main", "break say", "delete 2")
    assert typed(session, "delete 1-99999999 1") == ["deleted 1, 3"]
    assert not list(session.points)


def test_a_bare_number_is_an_address_to_info_symbol(debug: Callable[..., Session]) -> None:
    session = debug("calls.s")
    assert typed(session, "info symbol 0") == ["0x0 is not mapped"]
    here = session.place().pc
    assert "_main" in typed(session, f"info symbol {here}")[0]


def test_a_script_that_sources_itself_is_named_once(
    debug: Callable[..., Session], tmp_path: Path
) -> None:
    script = tmp_path / "self.dbg"
    script.write_text(f"source {script}\n")
    with pytest.raises(DebugError) as failed:
        typed(debug("calls.s"), f"source {script}")
    assert str(failed.value).count("self.dbg:1") == 1
    assert "does one source itself?" in str(failed.value)
