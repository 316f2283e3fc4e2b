"""Forks: who is followed, who stands still."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from debugger.events import BreakpointHit, Ended, Forked, StepDone, Waiting
from debugger.session import Session
from emu.errors import DebugError

Debug = Callable[..., Session]


def test_a_step_goes_on_in_the_child(debug: Debug) -> None:
    session = debug("family.s")
    session.to_kind("syscall")
    event = session.step()
    assert isinstance(event, StepDone)
    assert (event.pid, session.focus.pid) == (101, 101)
    assert session.evaluate("x1") == 1
    assert session.step().place.label == "child"


def test_a_step_stays_in_the_parent_if_asked(debug: Debug) -> None:
    session = debug("family.s")
    session.follow("parent")
    session.to_kind("syscall")
    event = session.step()
    assert (event.pid, event.place.label) == (100, "_main+20")
    assert (session.evaluate("x0"), session.evaluate("x1")) == (101, 0)


@pytest.mark.parametrize(("follow", "focus"), [("both", 101), ("ask", 100)])
def test_both_stand_at_the_fork(debug: Debug, follow: str, focus: int) -> None:
    session = debug("family.s")
    session.follow(follow)
    event = session.cont()
    assert isinstance(event, Forked)
    assert (event.parent, event.child, session.focus.pid) == (100, 101, focus)
    for pid in (100, 101):
        assert session.place(pid).label == "_main+20"


def test_the_end_of_the_followed_child_stops_and_its_parent_is_next(debug: Debug) -> None:
    session = debug("family.s")
    event = session.cont()
    assert isinstance(event, Ended)
    assert (event.pid, event.status, session.focus.pid) == (101, 7 << 8, 100)


def test_the_tree_says_who_forked_whom_and_how_each_ended(debug: Debug) -> None:
    session = debug("family.s")
    session.follow("parent")
    session.cont()
    tree = [(depth, r.pid, r.parent, r.end) for depth, r in session.processes()]
    assert tree == [
        (0, 100, 0, "exited with 0"),
        (1, 101, 100, "exited with 7"),
        (1, 102, 100, "exited with 8"),
    ]
    at = session.processes()[1][1].forked_at
    assert at is not None
    assert at.label == "_main+20"


def test_a_frozen_child_does_not_run(debug: Debug) -> None:
    session = debug("family.s")
    session.follow("ask")
    session.cont()
    session.freeze(101)
    session.follow("parent")
    session.break_at("wait_one")
    session.cont()
    assert session.place(101).label == "_main+20"
    session.thaw(101)
    while session.cont().pid != 100 or session.alive:
        pass
    assert not any(r.alive for _, r in session.processes() if r.pid == 101)


def test_under_lock_the_others_stand_still(debug: Debug) -> None:
    session = debug("family.s")
    session.lock("on")
    session.follow("parent")
    session.break_at("wait_one")
    session.cont()
    assert session.focus.pid == 100
    assert session.place(101).label == session.place(102).label == "_main+20"


def test_two_children_are_stepped_in_turns(debug: Debug) -> None:
    session = debug("family.s")
    session.lock("on")
    session.follow("parent")
    session.break_at("wait_one")
    session.cont()
    for label in ("child", "child+4", "child+8"):
        for pid in (101, 102):
            session.switch(pid)
            assert session.step().place.label == label
            assert session.focus.pid == pid
    assert session.evaluate("x19", 101) == 7
    assert session.evaluate("x19", 102) == 8


def test_nobody_can_run_where_all_are_frozen(debug: Debug) -> None:
    session = debug("family.s")
    session.freeze()
    event = session.cont()
    assert isinstance(event, Waiting)
    assert "frozen" in event.why


def test_a_breakpoint_for_one_process(debug: Debug) -> None:
    session = debug("family.s")
    session.follow("parent")
    session.break_at("child", pid=102)
    event = session.cont()
    assert isinstance(event, BreakpointHit)
    assert event.pid == 102


def test_memory_is_each_process_own(debug: Debug) -> None:
    session = debug("family.s")
    session.break_at("child+16")
    session.cont()
    assert session.evaluate("u64[shared]", 101) == 7
    assert session.evaluate("u64[shared]", 100) == 0
    session.write_memory(session.image.symbols["shared"].value, b"\x63", 100)
    assert session.evaluate("u64[shared]", 101) == 7
    assert session.evaluate("u64[shared]", 100) == 0x63


def test_processes_that_are_not_there(debug: Debug) -> None:
    session = debug("family.s")
    with pytest.raises(DebugError, match="no process 7"):
        session.switch(7)
    session.cont()
    with pytest.raises(DebugError, match="process 101 exited with 7"):
        session.switch(101)
    with pytest.raises(DebugError, match="not frozen"):
        session.thaw(100)
