"""Breakpoints, watchpoints, catchpoints."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from debugger.events import (
    BreakpointHit,
    CallEntry,
    CallExit,
    Ended,
    Faulted,
    Signalled,
    WatchpointHit,
)
from debugger.session import Session
from emu.errors import DebugError

Debug = Callable[..., Session]


@pytest.mark.parametrize(
    ("location", "label"),
    [
        ("say", "say"),
        ("say+8", "say+8"),
        ("say + 0x8", "say+8"),
        ("Lmain_loop", "_main+12"),
        ("calls.s:17", "_main+12"),
        ("17", "_main+12"),
        ("16", "_main+12"),  # a label's line has no code: the next line that has
        ("sa?", "say"),
        ("*x30", "0x180000000"),
    ],
)
def test_where_a_breakpoint_goes(debug: Debug, location: str, label: str) -> None:
    session = debug("calls.s")
    session.break_at(location)
    assert session.cont().place.label == label


@pytest.mark.parametrize(
    ("location", "complaint"),
    [
        ("sy", "no label 'sy'; did you mean 'say'"),
        ("counter", "is data, which is never executed; try 'awatch'"),
        ("line", "is data"),
        ("say+2", "no multiple of 4"),
        ("0x10", "is not in the program"),
        ("calls.s:9999", "no code at or behind this line"),
        ("cals.s:3", "no source file 'cals.s'; did you mean 'calls.s'"),
        ("x*y", "no label matches"),
    ],
)
def test_where_a_breakpoint_cannot_go(debug: Debug, location: str, complaint: str) -> None:
    with pytest.raises(DebugError, match=complaint):
        debug("calls.s").break_at(location)


def test_a_condition_decides(debug: Debug) -> None:
    session = debug("calls.s")
    session.break_at("say", condition="x0 == 1")
    session.cont()
    assert session.evaluate("x19") == 1


def test_a_condition_that_cannot_be_evaluated_stops_and_says_so(debug: Debug) -> None:
    session = debug("calls.s")
    session.break_at("say", condition="u8[0] == 1")
    event = session.cont()
    assert isinstance(event, BreakpointHit)
    assert "nothing is mapped at 0x0" in event.note


def test_ignored_hits_are_counted(debug: Debug) -> None:
    session = debug("calls.s")
    point = session.break_at("say", ignore=2)
    session.cont()
    assert point.hits == 3
    assert session.evaluate("x19") == 1


def test_a_temporary_breakpoint_is_gone_after_its_hit(debug: Debug) -> None:
    session = debug("calls.s")
    session.break_at("say", temporary=True)
    session.cont()
    assert list(session.points) == []
    assert isinstance(session.cont(), Ended)


def test_a_logpoint_prints_and_goes_on(debug: Debug) -> None:
    notes: list[str] = []
    session = debug("calls.s", on_note=notes.append)
    session.break_at("say", log="left {x0}, {str[line]:x} {nothing}")
    assert isinstance(session.cont(), Ended)
    assert notes[0].startswith("[100] left 3, hello\n")
    assert len(notes) == 5
    assert "no register, label or constant" in notes[0]


def test_breakpoints_outlive_a_run(debug: Debug) -> None:
    session = debug("calls.s")
    session.break_at("say")
    session.cont()
    session.start()
    assert isinstance(session.cont(), BreakpointHit)


def test_a_watched_object_tells_old_new_and_who(debug: Debug) -> None:
    session = debug("calls.s")
    session.watch("counter")
    event = session.cont()
    assert isinstance(event, WatchpointHit)
    assert (event.old, event.new) == (0, 1)
    assert event.by == "say+16 (calls.s:37)"
    assert event.place.label == "say+20"


def test_a_watch_has_a_condition(debug: Debug) -> None:
    session = debug("calls.s")
    session.watch("counter", condition="u64[counter] == 4")
    event = session.cont()
    assert isinstance(event, WatchpointHit)
    assert event.new == 4


def test_a_read_watch_stops_behind_the_load(debug: Debug) -> None:
    session = debug("calls.s")
    session.watch("u64[counter]", "read")
    event = session.cont()
    assert isinstance(event, WatchpointHit)
    assert (event.access, event.place.label) == ("read", "say+12")


def test_an_access_watch_stops_at_both(debug: Debug) -> None:
    session = debug("calls.s")
    session.watch("counter", "access")
    events = [session.cont() for _ in range(4)]
    assert [e.access for e in events if isinstance(e, WatchpointHit)] == [
        "read", "write", "read", "write",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("ldadd x1, x2, [x0]", 5, 8),
        ("swp x1, x2, [x0]", 5, 3),
        ("stp x1, x1, [x0], #16", 5, 3),
        ("str x1, [x0, #8]!", 0, 3),
        ("1: ldxr x2, [x0]\n add x2, x2, x1\n stxr w3, x2, [x0]\n cbnz w3, 1b", 5, 8),
        ("str w1, [x0, #2]", 5, 0x30005),
    ],
)
def test_a_watched_write_happens_once(debug: Debug, text: str, before: int, after: int) -> None:
    where = "8" if "]!" in text else "0"
    session = debug(
        f"_main: adrp x0, cell@PAGE\n add x0, x0, cell@PAGEOFF\n mov x1, #3\n {text}\n ret\n"
        f".data\n.p2align 3\ncell: .quad {before if where == '0' else 5}, {before}\n"
    )
    address = session.evaluate("cell")
    session.watch(f"u64[cell+{where}]")
    event = session.cont()
    assert isinstance(event, WatchpointHit)
    assert (event.old, event.new) == (before, after)
    assert isinstance(address, int)
    if text.endswith(("#16", "]!")):
        assert session.evaluate("x0") == address + (16 if "#16" in text else 8)
    assert isinstance(session.cont(), Ended)


def test_a_watch_sees_what_a_system_call_writes(debug: Debug) -> None:
    session = debug("family.s")
    session.follow("parent")
    session.watch("u32[status]")
    event = session.cont()
    assert isinstance(event, WatchpointHit)
    assert event.new in {7 << 8, 8 << 8}
    assert event.by == "the call wait4"


def test_a_watched_register(debug: Debug) -> None:
    session = debug("calls.s")
    session.watch("x19")
    seen = []
    for _ in range(3):
        event = session.cont()
        assert isinstance(event, WatchpointHit)
        seen.append((event.old, event.new, event.by.split()[0]))
    assert seen == [(0, 3, "_main+8"), (3, 2, "_main+20"), (2, 1, "_main+20")]


@pytest.mark.parametrize("what", ["u8[0]", "nothing", "x0 +"])
def test_what_cannot_be_watched(debug: Debug, what: str) -> None:
    with pytest.raises(DebugError):
        debug("calls.s").watch(what)


def test_a_caught_call_stops_at_entry_and_return(debug: Debug) -> None:
    out: list[bytes] = []
    session = debug("calls.s", on_output=lambda _fd, data: out.append(data))
    session.catch("syscall", ["write"])
    event = session.cont()
    assert isinstance(event, CallEntry)
    assert (event.name, event.text) == ("write", 'write(1, "hello\\n", 6)')
    assert out == []
    event = session.cont()
    assert isinstance(event, CallExit)
    assert (event.result, event.error) == (6, "")
    assert out == [b"hello\n"]


def test_a_call_is_caught_by_its_error(debug: Debug) -> None:
    session = debug("trouble.s")
    session.catch("syscall", ["open"], error="any")
    event = session.cont()
    assert isinstance(event, CallExit)
    assert event.error == "ENOENT"
    assert session.evaluate("$errno == ENOENT") == 1


def test_another_error_is_not_caught(debug: Debug) -> None:
    session = debug("trouble.s")
    session.catch("syscall", ["%file"], error="EACCES")
    session.break_at("signal_self")
    assert isinstance(session.cont(), BreakpointHit)


@pytest.mark.parametrize(
    ("event", "wanted", "complaint"),
    [
        ("syscall", ["opn"], "there is no call 'opn'; did you mean open"),
        ("signal", ["SIGALARM"], "no signal 'SIGALARM'; did you mean 'SIGALRM'"),
        ("fork", [], ""),
        ("forks", [], "did you mean 'fork'"),
    ],
)
def test_what_can_be_caught(debug: Debug, event: str, wanted: list[str], complaint: str) -> None:
    session = debug("calls.s")
    if not complaint:
        session.catch(event, wanted)
        return
    with pytest.raises(DebugError, match=complaint):
        session.catch(event, wanted)


def test_a_signal_is_caught_before_its_handler_runs(debug: Debug) -> None:
    session = debug("trouble.s")
    session.catch("signal", ["usr1"])
    event = session.cont()
    assert isinstance(event, Signalled)
    assert (event.signal, event.effect) == ("SIGUSR1", "handler")
    assert session.step().place.symbol == "handler"


def test_a_fault_stops_before_it_kills(debug: Debug) -> None:
    session = debug("trouble.s")
    session.break_at("spin")
    session.cont()
    session.return_now()
    event = session.cont()
    assert isinstance(event, Faulted)
    assert (event.signal, event.address) == ("SIGSEGV", 8)
    assert event.place.label == "follow_null+4"
    ended = session.cont()
    assert isinstance(ended, Ended)
    assert ended.text == "killed by SIGSEGV"


def test_a_fault_can_be_mended(debug: Debug) -> None:
    session = debug("trouble.s")
    session.break_at("spin")
    session.cont()
    session.return_now()
    session.cont()
    session.assign("x9", "action")
    assert isinstance(session.cont(), Ended)


def test_an_injected_error_is_what_the_program_sees(debug: Debug) -> None:
    out: list[bytes] = []
    session = debug("calls.s", on_output=lambda _fd, data: out.append(data))
    session.inject("EIO", "write")
    session.catch("syscall", ["write"], error="any")
    event = session.cont()
    assert isinstance(event, CallExit)
    assert event.error == "EIO"
    assert (session.evaluate("x0"), session.evaluate("C")) == (5, 1)
    session.cont()
    assert len(out) == 4


def test_errors_that_cannot_be_injected(debug: Debug) -> None:
    session = debug("calls.s")
    with pytest.raises(DebugError, match="did you mean 'ENOENT'"):
        session.inject("ENOENTT")
    with pytest.raises(DebugError, match="no call"):
        session.inject("EIO", "wirte")
