"""Two traces of the same run are the same; one call more or less is told."""

from __future__ import annotations

import json

from tests.native.traces import Call, Trace, differences, of_strace

NAMES = ("native", "emulated")
PARENT = [
    Call("sigaction", 13, 0),
    Call("socket", 2, 3),
    Call("bind", 3, 0),
    Call("accept", 3, 4),
    Call("fork", None, 101),
    Call("close", 4, 0),
]
ANSWER = [
    Call("recvfrom", 4, 78),
    Call("open", None, 3),
    Call("read", 3, 100),
    Call("sendto", 4, 300),
    Call("close", 3, 0),
    Call("write", 1, 60),
]


def trace(child: list[Call], parent: list[Call] = PARENT) -> Trace:
    return {100: parent, 101: child}


def test_numbers_of_processes_and_descriptors_do_not_matter() -> None:
    other = [
        Call("recvfrom", 9, 78),
        Call("open_nocancel", None, 12),
        Call("read_nocancel", 12, 100),
        Call("sendto", 9, 300),
        Call("close_nocancel", 12, 0),
        Call("write", 1, 60),
    ]
    assert differences({7: PARENT, 9: other}, trace(ANSWER), NAMES) == []


def test_whether_a_child_had_to_wait_does_not_matter() -> None:
    waited = [
        Call("recvfrom", 4, None, "EAGAIN"),
        Call("gettimeofday", 0, 0),
        Call("close", 8, 0),
        Call("setsockopt", 4, 0),
        *ANSWER,
    ]
    assert differences(trace(waited), trace([*ANSWER, Call("close", 8, 0)]), NAMES) == []


def test_what_a_loader_does_does_not_matter() -> None:
    loader = [Call("open", None, 3), Call("mmap", 0, 0x104E58000), Call("close", 3, 0)]
    child = [Call("fork", None, 0), *ANSWER]
    native, emulated = trace(child, [*loader, *PARENT]), trace(ANSWER)
    assert differences(native, emulated, NAMES) == []
    assert differences(emulated, native, NAMES) == []


def test_who_only_looks_does_not_matter() -> None:
    looking = {**trace([Call("recvfrom", 4, 0)], [*PARENT, *PARENT[3:]]), 102: ANSWER}
    assert differences(looking, trace(ANSWER), NAMES) == []


def test_what_is_different_is_shown() -> None:
    failing = [*ANSWER[:1], Call("open", None, -1, "ENOENT"), *ANSWER[2:]]
    found = differences(trace(ANSWER), trace(failing), NAMES)
    assert found[:2] == ["--- native, process 2", "+++ emulated, process 2"]
    assert "-open = a descriptor" in found
    assert "+open fails: ENOENT" in found
    assert differences(trace(ANSWER), trace(ANSWER[:-1]), NAMES)[-1] == "-write = 60"
    assert differences(trace(ANSWER), {100: PARENT}, NAMES)
    shorter = [call for call in PARENT if call.name != "bind"]
    assert "-bind = 0" in differences(trace(ANSWER), trace(ANSWER, shorter), NAMES)


def test_our_own_form_is_read() -> None:
    events = [
        {"event": "call", "pid": 100, "name": "read", "args": {"fd": 3, "b": '"x"'}, "result": 1},
        {"event": "call", "pid": 100, "name": "open", "args": {"path": '"x"'}, "error": "ENOENT"},
        {"event": "call", "pid": 100, "name": "pipe", "args": {}, "result": [3, 4]},
        {"event": "call", "pid": 100, "name": "read", "args": {"fd": 3}, "restarts": True},
        {"event": "fork", "pid": 100, "child": 101},
        {"event": "call", "pid": 101, "name": "exit", "args": {"rval": 0}},
    ]
    assert of_strace(map(json.dumps, events)) == {
        100: [Call("read", 3, 1), Call("open", None, None, "ENOENT"), Call("pipe", None, 3)]
    }
