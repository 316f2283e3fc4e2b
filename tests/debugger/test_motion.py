"""Motions: each goes exactly as far as it was asked to."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Collection, Hashable

import pytest

from debugger.events import BreakpointHit, Ended, Interrupted, StepDone
from debugger.session import Session
from emu.errors import DebugError
from emu.machine_probe import Probe

Debug = Callable[..., Session]


def labels(session: Session, count: int) -> list[str]:
    return [session.step().place.label for _ in range(count)]


def test_a_session_begins_at_the_entry(debug: Debug) -> None:
    session = debug("calls.s")
    assert session.place().label == "_main"
    assert session.event is not None
    assert session.event.kind == "entry"


def test_step_goes_into_a_call_and_next_over_it(debug: Debug) -> None:
    session = debug("calls.s")
    session.advance("Lmain_loop")
    assert labels(session, 2) == ["_main+16", "say"]
    session.finish()
    assert session.place().label == "_main+20"
    session.advance("Lmain_loop")
    session.step()
    assert session.next().place.label == "_main+20"


def test_steps_are_exact_on_code_that_has_run_before(debug: Debug) -> None:
    cold, warm = debug("calls.s"), debug("calls.s")
    for session in (cold, warm):
        session.break_at("twice")
    # The warm one has executed `say` three times at full speed.
    warm.cont()
    cold.cont()
    assert [warm.step().place.pc for _ in range(40)] == [cold.step().place.pc for _ in range(40)]
    assert warm.evaluate("counter") == cold.evaluate("counter")


def test_a_step_executes_one_instruction_of_a_loop(debug: Debug) -> None:
    session = debug("_main: mov x0, #0\n1: add x0, x0, #1\n cmp x0, #1000\n b.ne 1b\n ret")
    session.break_at("_main+4", condition="x0 == 500")
    session.cont()
    for expected in range(501, 520):
        session.step(3)
        assert session.evaluate("x0") == expected


def test_many_steps_at_once(debug: Debug) -> None:
    session = debug("_main: mov x0, #0\n1: add x0, x0, #1\n b 1b")
    session.step(1 + 2 * 1000)
    assert session.evaluate("x0") == 1000
    assert session.place().label == "_main+4"


def test_finish_tells_what_was_returned(debug: Debug) -> None:
    session = debug("calls.s")
    session.break_at("say")
    session.cont()
    event = session.finish()
    assert isinstance(event, StepDone)
    assert (event.routine, event.value) == ("say", 6)


@pytest.mark.parametrize("steps", range(14))
def test_finish_works_from_everywhere_in_a_routine(debug: Debug, steps: int) -> None:
    session = debug("calls.s")
    session.break_at("twice")
    session.cont()
    if steps:
        session.next(steps)
    if session.place().symbol == "twice":
        event = session.finish()
        assert isinstance(event, StepDone)
        assert event.value == 12
    assert session.place().symbol == "_main"


def test_until_leaves_a_loop(debug: Debug) -> None:
    session = debug("calls.s")
    session.advance("Lmain_loop")
    session.next(3)
    assert session.place().label == "_main+24"
    assert session.until().place.label == "_main+28"
    assert session.evaluate("x19") == 0


def test_until_at_the_end_of_a_routine_stops_in_the_caller(debug: Debug) -> None:
    session = debug("calls.s")
    session.break_at("say")
    session.cont()
    session.to_kind("return")
    assert session.until().place.label == "_main+20"


def test_a_source_line_is_all_that_its_macro_made(debug: Debug) -> None:
    session = debug("calls.s")
    session.advance("say+36")
    line = session.place().line
    assert "system" in session.source(session.place().path, line)
    assert session.place().macro
    event = session.line()
    assert event.place.line == line + 1
    assert event.place.label == "say+44"


def test_to_the_next_branch_call_and_system_call(debug: Debug) -> None:
    session = debug("calls.s")
    call = session.to_kind("call")
    assert call.place.label == "_main+16"
    assert session.to_kind("syscall").place.label == "say+40"
    assert session.to_kind("jump", "conditional", "return", "call").place.label == "say+44"


def test_a_motion_over_a_breakpoint_stops_there(debug: Debug) -> None:
    session = debug("calls.s")
    session.break_at("say+8")
    session.advance("Lmain_loop")
    session.step()
    event = session.next()
    assert isinstance(event, BreakpointHit)
    assert event.place.label == "say+8"


def test_continue_n_stops_at_the_nth_hit(debug: Debug) -> None:
    session = debug("calls.s")
    session.break_at("say")
    session.cont()
    session.cont(2)
    assert session.evaluate("u64[counter]") == 2


def test_the_end_is_an_event_and_nothing_moves_after_it(debug: Debug) -> None:
    session = debug("calls.s")
    event = session.cont()
    assert isinstance(event, Ended)
    assert (event.status, event.text, event.left) == (0, "exited with 0", 0)
    with pytest.raises(DebugError, match="'run' starts it again"):
        session.step()
    session.start()
    assert session.place().label == "_main"


def test_interrupt_stops_a_loop_and_keeps_everything(debug: Debug) -> None:
    session = debug("trouble.s")
    session.advance("spin")
    began = threading.Event()

    def press() -> None:
        began.wait()
        while not session.running:
            pass
        session.interrupt()

    thread = threading.Thread(target=press)
    thread.start()
    began.set()
    event = session.cont()
    thread.join()
    assert isinstance(event, Interrupted)
    assert event.place.symbol == "spin"
    session.assign("u64[enough]", "1")
    assert session.finish().place.symbol == "_main"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_that_interrupts_nothing_wakes_a_program_that_waits(
    debug: Debug, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any thread of a process may get it; the main one acts on it."""
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    session = debug("tiny.s")
    session.policy.waits = True
    waits, poller = threading.Event(), session.engine.system.host.poller
    poll = poller.poll

    def polled(timeout_s: float | None) -> list[Hashable]:
        if timeout_s is None:
            waits.set()
        return poll(timeout_s)

    def press() -> None:
        waits.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    monkeypatch.setattr(poller, "poll", polled)
    before = signal.signal(signal.SIGINT, lambda *_: session.interrupt())
    thread = threading.Thread(target=press)
    try:
        thread.start()
        event = session.cont()
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert isinstance(event, Interrupted)
    assert event.where == "accept"


def test_return_leaves_a_routine_at_once(debug: Debug) -> None:
    session = debug("calls.s")
    session.break_at("twice")
    session.cont()
    session.next(7)
    x19 = session.evaluate("x19")
    session.return_now(99)
    assert session.place().symbol == "_main"
    assert session.evaluate("x0") == 99
    assert session.evaluate("x19") == 0 != x19
    assert isinstance(session.cont(), Ended)


def test_call_runs_a_routine_and_puts_the_registers_back(debug: Debug) -> None:
    out: list[bytes] = []
    session = debug("calls.s", on_output=lambda _fd, data: out.append(data))
    before = bytes(session.focus.registers)
    assert session.call("twice", []) == 12
    assert out == [b"hello\n"] * 2
    assert session.focus.registers == before
    assert session.evaluate("u64[counter]") == 2


def test_jump_executes_nothing(debug: Debug) -> None:
    session = debug("calls.s")
    session.jump("_main+32")
    assert session.evaluate("u64[counter]") == 0
    assert session.place().label == "_main+32"


def test_breakpoints_that_are_not_reached_cost_nothing(
    debug: Debug, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their hooks are on their own instructions: the rest of the program knows nothing of them."""
    seen: list[int] = []
    hook = Probe.watch_code

    def counted(self: Probe, at: Collection[int] | None, reached: Callable[[int], None]) -> None:
        def note(pc: int) -> None:
            seen.append(pc)
            reached(pc)

        hook(self, at, note)

    monkeypatch.setattr(Probe, "watch_code", counted)
    others = "".join(f"other{n}: nop\n" for n in range(10))
    session = debug(f"_main: mov x0, #1000\n1: subs x0, x0, #1\n b.ne 1b\nend: ret\n{others}")
    for n in range(10):
        session.break_at(f"other{n}")
    end = session.break_at("end")
    session.cont()
    assert seen == [session.place().pc]
    session.points.delete(end.number)
    assert isinstance(session.cont(), Ended)
    assert len(seen) == 1


def test_a_handler_stands_on_what_its_signal_interrupted(debug: Debug) -> None:
    session = debug("trouble.s")
    session.break_at("handler")
    session.cont()
    assert [f.place.label for f in session.frames()] == [
        "handler", "signal_self+52", "_main+12",
    ]  # fmt: skip
