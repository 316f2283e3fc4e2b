"""A process that becomes another program: everything that is shown is of the program it runs."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from debugger.batch import Batch
from debugger.events import BreakpointHit, Ended, Executed, StepDone, StopEvent, WatchpointHit
from debugger.session import Session
from debugger.tui.state import State
from emu.asm import assemble_text
from emu.asm.imagefile import dump
from tests.debugger.conftest import GUESTS
from tests.debugger.test_reports import typed


@pytest.fixture
def first(debug: Callable[..., Session], tmp_path: Path) -> Session:
    """A session on first.s, with /second installed."""
    program = tmp_path / "second"
    program.write_bytes(dump(assemble_text((GUESTS / "second.s").read_text(), "second.s")))
    program.chmod(0o755)
    return debug("first.s")


def in_second(session: Session) -> StopEvent:
    session.catch("exec", temporary=True)
    event = session.cont()
    assert isinstance(event, Executed)
    return event


def test_catch_exec_stops_at_the_new_entry(first: Session) -> None:
    event = in_second(first)
    assert event.what() == "catchpoint 1: executing new program: /second"
    assert (event.place.label, event.place.file) == ("_main", "second.s")
    assert first.image.name.endswith("second.s")


def test_all_that_is_shown_is_of_the_new_program(first: Session) -> None:
    in_second(first)
    first.break_at("only_here")
    assert first.cont().place.label == "only_here"
    said = "\n".join(
        typed(first, "bt", "list", "disassemble", "info breakpoints", "info symbol pc")
    )
    assert "second.s:11" in said
    assert "only_here" in said
    assert "first.s" not in said
    assert first.evaluate("&counter") == first.image.symbols["counter"].value


def test_breakpoints_are_found_again_by_name(first: Session) -> None:
    point = first.break_at("shared_name")
    before = first.cont()
    first.follow("child")
    after = first.cont()
    assert isinstance(before, BreakpointHit)
    assert isinstance(after, BreakpointHit)
    assert (before.pid, before.place.file, after.pid, after.place.file) == (
        100, "first.s", 101, "second.s",
    )  # fmt: skip
    assert before.place.pc != after.place.pc
    assert first.addresses(point) == (after.place.pc,)
    # The parent goes on in the first program, and its address of the label holds there.
    assert isinstance(first.cont(), Ended)
    parent = first.cont()
    assert (parent.pid, parent.place.pc) == (100, before.place.pc)


def test_a_name_of_the_old_program_alone_waits_for_it(first: Session) -> None:
    first.break_at("become")
    assert first.cont().place.label == "become"
    in_second(first)
    assert "no place in this program" in "\n".join(typed(first, "info breakpoints"))
    assert isinstance(first.cont(), Ended)


def test_an_address_of_the_old_program_does_not_stop_the_new_one(first: Session) -> None:
    # Lbecome_svc has an address that is code in second.s too, but means nothing there.
    first.break_at("Lbecome_svc")
    first.cont()
    event = first.cont()
    assert isinstance(event, Ended)
    assert event.pid == 101


def test_a_watched_label_is_watched_in_the_new_program(first: Session) -> None:
    first.watch("counter")
    assert isinstance(first.cont(), WatchpointHit)
    event = first.cont()
    assert isinstance(event, WatchpointHit)
    assert (event.pid, event.new, event.place.file) == (101, 40, "second.s")


def test_the_debugger_says_that_a_new_program_runs(first: Session) -> None:
    stream = io.StringIO()
    Batch(first, stream=stream)
    first.cont()
    assert "process 101 is executing new program: /second" in stream.getvalue()


def test_a_step_over_execve_leads_into_the_new_program(first: Session) -> None:
    first.break_at("Lbecome_svc")
    first.cont()
    event = first.step()
    assert isinstance(event, StepDone)
    assert (event.place.label, event.place.file) == ("_main", "second.s")


def test_a_motion_that_waits_for_the_old_program_ends_with_it(first: Session) -> None:
    first.break_at("become")
    first.cont()
    event = first.finish()
    assert isinstance(event, Executed)
    assert event.what() == "executing new program: /second"


def test_each_call_is_placed_in_the_program_that_made_it(first: Session) -> None:
    first.break_at("shared_name", pid=101)
    first.cont()
    lines = typed(first, "calls pid 101")
    assert any("execve(" in line and "become" in line and "first.s" in line for line in lines)
    assert any("getpid(" in line and "only_here" in line for line in lines)


def test_the_first_program_is_back_after_a_restart(first: Session) -> None:
    in_second(first)
    first.break_at("shared_name")
    assert first.start().place.file == "first.s"
    assert first.cont().place.file == "first.s"


def test_the_panels_show_the_new_program(first: Session) -> None:
    from debugger.tui.panels import TABLE

    in_second(first)
    state = State(first)
    for name in ("source", "code", "registers", "stack"):
        page = TABLE[name].draw(state, 80, 20)
        text = "\n".join(page.row(n).text.plain for n in range(min(page.count, 60)))
        assert "become" not in text, name
    page = TABLE["source"].draw(state, 80, 20)
    assert page.title == "second.s"
    assert page.row(page.here).text.plain.lstrip("● >")[0].isdigit()
