"""What the debugger says of itself: why a status was sent, and a program that is over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from debugger.commands.console import Console
from debugger.events import Ended
from debugger.session import Session
from debugger.tui.control import drawn
from debugger.tui.state import PANELS, State
from emu.errors import DebugError


def typed(session: Session, *lines: str) -> list[str]:
    """Execute lines; return what they said."""
    said: list[str] = []
    console = Console(session, out=said.append)
    for line in lines:
        console.execute(line)
    return said


def test_a_poll_that_found_nothing_explains_no_status(debug: Callable[..., Session]) -> None:
    said = "\n".join(typed(debug("refusing.s"), "break on status 4xx", "continue"))
    assert "response HTTP/1.1 403" in said
    assert "the last call that failed" not in said


def test_a_failure_before_a_poll_explains_the_status(debug: Callable[..., Session]) -> None:
    session = debug("refusing.s")
    said = "\n".join(typed(session, "break on status 404", "continue"))
    assert 'the last call that failed: open("/nothing"' in said
    assert "EAGAIN" not in said


def test_what_failed_for_another_response_is_not_named(debug: Callable[..., Session]) -> None:
    session = debug("refusing.s")
    said = typed(session, "break on status 4xx", "continue", "continue", "continue")
    assert sum("the last call that failed" in line for line in said) == 1


def ended(debug: Callable[..., Session]) -> Session:
    session = debug("calls.s")
    session.break_at("say")
    session.cont()
    session.points.delete(1)
    assert isinstance(session.cont(), Ended)
    return session


@pytest.mark.parametrize(
    "command",
    ["backtrace", "info registers", "info registers x0", "info flags", "x/4x sp", "print x0",
     "telescope", "info mappings", "info files", "info signals", "step", "next", "continue",
     "finish", "until", "set x0 = 1", "search 1", "explain", "freeze"],
)  # fmt: skip
def test_nothing_is_shown_of_a_program_that_is_over(
    debug: Callable[..., Session], command: str
) -> None:
    session = ended(debug)
    with pytest.raises(DebugError, match=r"not being run: process 100 exited with \d+.*'run'"):
        typed(session, command)


def test_what_is_left_of_a_program_that_is_over(debug: Callable[..., Session]) -> None:
    session = ended(debug)
    said = "\n".join(
        typed(session, "list", "calls", "info processes", "disassemble say 2", "print 1 + 2",
              "print &say", "info symbol say", "info breakpoints", "break say", "info line say")
    )  # fmt: skip
    assert "=>" not in said
    assert "exited with" in said
    assert "<say>" in said
    assert "write(" in said
    # And it can be run again, with the breakpoint that was set meanwhile.
    event = session.run()
    assert (event.kind, event.place.label) == ("breakpoint", "say")


def test_the_panels_of_a_program_that_is_over(debug: Callable[..., Session]) -> None:
    state = State(ended(debug))
    for name in PANELS:
        lines = ["".join(part[1] for part in line) for line in drawn(state, name, 33, 10)]
        text = " ".join(" ".join(lines).split())
        if name in {"registers", "stack"}:
            assert "not being run: process 100 exited" in text, name
        assert not any(line.lstrip("● ").startswith(">") for line in lines if name == "code")
