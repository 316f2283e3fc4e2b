"""``--strace-json``: one object a line."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from tests.strace.test_lines import FORK, TURNS
from tests.strace.tracing import trace


def test_calls_forks_signals_and_ends(tmp_path: Path) -> None:
    events = [json.loads(line) for line in trace(tmp_path, FORK, objects=True)]
    assert [e["event"] for e in events] == [
        "call", "call", "fork", "call", "call", "call", "call", "signal", "exit", "call", "call",
        "call", "exit",
    ]  # fmt: skip
    calls = {e["name"]: e for e in events if e["event"] == "call"}
    assert calls["socketpair"]["args"] == {
        "domain": "AF_UNIX",
        "type_": "SOCK_STREAM",
        "protocol": 0,
        "rsv": "[3, 4]",
    }
    assert calls["socketpair"]["result"] == 0
    assert (calls["fork"]["pid"], calls["fork"]["number"], calls["fork"]["result"]) == (100, 2, 101)
    assert calls["wait4"]["args"]["pid"] == -1
    assert "result" not in calls["exit"]
    assert events[2] == {"event": "fork", "pid": 100, "child": 101}
    assert events[7] == {
        "event": "signal", "pid": 101, "signal": "SIGKILL", "code": "SI_USER", "from": 101,
        "effect": "terminate",
    }  # fmt: skip
    assert events[8] == {"event": "exit", "pid": 101, "signal": "SIGKILL"}
    assert events[12] == {"event": "exit", "pid": 100, "status": 0}


def test_waiting_errors_and_times(tmp_path: Path) -> None:
    ticks = itertools.count(10**18, 1_000_000)
    lines = trace(tmp_path, TURNS, objects=True, clock=lambda: next(ticks))
    read = next(e for e in map(json.loads, lines) if e.get("name") == "read")
    assert read["waited"] is True
    assert read["seconds"] > 0
    assert 10**9 <= read["time"] < 10**9 + 1
    text = "_main: mov x0, #77\n sys 6\n exit 0"
    close = json.loads(trace(tmp_path, text, objects=True)[0])
    assert (close["error"], close["errno"]) == ("EBADF", 9)
    assert close["pc"] % 4 == 0
