"""What is typed to the program: lines, ends of file, while it waits and while another computes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from debugger.events import Ended, Interrupted, StopEvent
from debugger.session import Session
from emu.errors import DebugError
from tests.debugger.test_reports import typed

Debug = Callable[..., Session]
#: Seconds until a motion that does not come back is a failure.
PATIENCE = 60


def reader(debug: Debug, *, interactive: bool) -> tuple[Session, bytearray]:
    written = bytearray()
    session = debug("reader.s", interactive=interactive, on_output=lambda _fd, d: written.extend(d))
    session.policy.waits = interactive
    return session, written


def moving(session: Session) -> tuple[threading.Thread, list[StopEvent]]:
    """Continue on a thread of its own, as the screen does."""
    events: list[StopEvent] = []
    thread = threading.Thread(target=lambda: events.append(session.cont()), daemon=True)
    thread.start()
    return thread, events


def test_a_read_gets_one_line_at_a_time(debug: Debug) -> None:
    session, written = reader(debug, interactive=False)
    session.type(b"one\ntwo\n")
    session.type(b"three")
    assert isinstance(session.cont(), Ended)
    assert written == b"4one\n4two\n5threeend\n"


def test_a_long_line_is_read_in_parts(debug: Debug) -> None:
    session, written = reader(debug, interactive=False)
    session.type(b"x" * 20 + b"\n")
    session.cont()
    assert written == b"@" + b"x" * 16 + b"5xxxx\nend\n"


def test_an_end_of_file_comes_between_the_lines(debug: Debug) -> None:
    session, written = reader(debug, interactive=True)
    session.type(b"one\n")
    session.type(b"")
    session.type(b"never read\n")
    assert isinstance(session.cont(), Ended)
    assert written == b"4one\nend\n"


def test_a_program_that_waits_goes_on_when_something_is_typed(debug: Debug) -> None:
    session, written = reader(debug, interactive=True)
    reads = threading.Event()
    session.on_output = lambda _fd, data: (written.extend(data), reads.set())  # type: ignore[assignment,func-returns-value]
    thread, events = moving(session)
    assert session.type(b"a\n")
    assert reads.wait(PATIENCE)
    reads.clear()
    assert session.type(b"bc\n")
    assert reads.wait(PATIENCE)
    session.type(b"")
    thread.join(PATIENCE)
    assert isinstance(events[0], Ended)
    assert written == b"2a\n3bc\nend\n"


@pytest.mark.usefixtures("slices")
def test_what_is_typed_arrives_while_another_process_computes(debug: Debug) -> None:
    session = debug("busy.s", interactive=True)
    session.policy.waits = True
    session.follow("parent")
    session.break_at("got_line")
    thread, events = moving(session)
    session.type(b"now\n")
    thread.join(PATIENCE)
    assert (events[0].kind, events[0].pid) == ("breakpoint", 100)


def test_typing_does_not_disturb_a_step(debug: Debug) -> None:
    session, written = reader(debug, interactive=True)
    for number in range(30):
        if number % 3 == 0:
            session.type(b"z\n")
        before = session.evaluate("pc")
        session.step()
        assert session.evaluate("pc") != before
    session.type(b"")
    session.cont()
    assert written == b"2z\n" * 10 + b"end\n"


def test_a_program_that_waits_is_interrupted_and_reads_later(debug: Debug) -> None:
    session, written = reader(debug, interactive=True)
    session.break_at("Lnext")
    session.cont()
    session.points.delete(1)
    thread, events = moving(session)
    while not session.running or "read" not in session.engine.waits_for(session.focus):
        threading.Event().wait(0.001)
    session.interrupt()
    thread.join(PATIENCE)
    assert isinstance(events[0], Interrupted)
    assert events[0].where == "read"
    session.type(b"ok\n")
    session.type(b"")
    assert isinstance(session.cont(), Ended)
    assert written == b"3ok\nend\n"


def test_the_commands(debug: Debug) -> None:
    session, written = reader(debug, interactive=False)
    typed(session, "type two words", r'type "a\tb"', "eof", "type", "continue")
    assert written == b":two words\n3a\tbend\n"


def test_nobody_reads_a_program_that_is_over(debug: Debug) -> None:
    session, _ = reader(debug, interactive=False)
    session.cont()
    with pytest.raises(DebugError, match="nobody reads"):
        typed(session, "type x")
