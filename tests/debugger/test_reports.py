"""What the debugger says of itself: why a status was sent, and a program that is over."""

from __future__ import annotations

from collections.abc import Callable

from debugger.commands.console import Console
from debugger.session import Session


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
