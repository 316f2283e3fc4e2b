"""Calls that the guest may not make or that macOS does not have either, and ends with a reason."""

import struct
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Park
from tests.callbench import NOWHERE, CallBench
from tests.guest import run_guest

TASK = 0x203


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("acct", (NOWHERE,), "EPERM"),
        ("reboot", (0, 0), "EPERM"),
        ("initgroups", (0, 0, 0), "EPERM"),
        ("settid", (501, 20), "EPERM"),
        ("settid_with_pid", (1, 1), "EPERM"),
        ("gettid", (0, 0), "ESRCH"),
        ("mlockall", (1,), "ENOSYS"),
        ("munlockall", (1,), "ENOSYS"),
        ("adjtime", (0, 0), 0),
        ("adjtime", (NOWHERE, 0), "EPERM"),
        ("csops_audittoken", (0, 0, 0, 4, 0), "EINVAL"),
        ("terminate_with_payload", (4711, 1, 2, 0, 0, 0, 0), "ESRCH"),
        ("terminate_with_payload", (0, 1, 2, 0, 0, 0, 0), "EINVAL"),
        ("terminate_with_payload", (1, 1, 2, 0, 0, 0, 0), "EPERM"),
        ("os_fault_with_payload", (1, 2, 0, 4096, 0, 0), "EINVAL"),
        ("task_for_pid", (TASK, 4711, 0), 5),
        ("task_for_pid", (1, FIRST_PID, 0), 5),
        ("clock_sleep_trap", (0, 1, 0, 10**9, 0), 18),
        ("clock_sleep_trap", (0, 1, -1, 0, 0), 18),
        ("clock_sleep_trap", (0, 7, 0, 0, 0), 4),
        ("clock_sleep_trap", (99, 1, 0, 0, 0), 4),
        ("clock_sleep_trap", (0, 0, 0, 1, 0), 0),
    ],
)
def test_outcomes(
    bench: CallBench, name: str, arguments: tuple[int, ...], outcome: int | str
) -> None:
    assert bench.call(name, *arguments) == outcome


@pytest.mark.parametrize(
    ("name", "before"), [("mknodat", (f.AT_FDCWD,)), ("unmount", ()), ("mount", (0,))]
)
def test_what_takes_a_path_is_refused(bench: CallBench, name: str, before: tuple[int, ...]) -> None:
    path = bench.path("x")
    first = [path if b == 0 else b for b in before]
    assert bench.call(name, *first, path, 0, 0) == "EPERM"


def test_the_own_task_has_a_name(bench: CallBench) -> None:
    for name in ("task_for_pid", "task_name_for_pid"):
        assert bench.call(name, TASK, FIRST_PID, bench.buffer) == 0
        assert struct.unpack("<I", bench.get(bench.buffer, 4)) == (TASK,)


def test_a_clock_is_slept_on(bench: CallBench) -> None:
    wait = bench.call("clock_sleep_trap", 0, 1, 5, 0, bench.buffer)
    assert isinstance(wait, Park)
    assert wait.deadline is not None
    assert 4e9 < wait.deadline - bench.host.monotonic_ns() <= 5e9
    bench.process.memory.clear()
    assert bench.call("clock_sleep_trap", 0, 1, 0, 0, bench.buffer) == 0
    seconds, _ = struct.unpack("<2I", bench.get(bench.buffer, 8))
    assert seconds <= bench.host.monotonic_ns() // 10**9


def test_used_time_is_told_in_ticks(bench: CallBench) -> None:
    bench.process.used_ns = 1600
    assert bench.call("thread_selfusage") == 100


def test_who_has_run_execve_stays_in_its_group(bench: CallBench) -> None:
    child = bench.kernel.fork(bench.process)
    bench.process.space.restore()
    assert bench.call("setpgid", child.pid, child.pid) == 0
    child.executed = True
    assert bench.call("setpgid", child.pid, FIRST_PID) == "EACCES"
    child.sid = child.pid
    assert bench.call("setpgid", child.pid, FIRST_PID) == "EPERM"


def test_aborting_with_a_reason_cannot_be_caught(tmp_path: Path) -> None:
    text = f"""
    _main:  mov x0, #1
            la x1, every
            mov x2, #0
            sys 48                  // blocked
            mov x0, #{f.SIGABRT}
            la x1, ignored
            mov x2, #0
            sys 46                  // and ignored
            mov x0, #7
            mov x1, #0x55
            mov x2, #0
            mov x3, #0
            la x4, why
            mov x5, #0
            sys 521
            exit 0
    .data
    .p2align 3
    every:  .quad 0x7fffffff
    ignored: .quad {f.SIG_IGN}, 0, 0
    why:    .asciz "no more room"
    """
    result = run_guest(tmp_path, text)
    assert result.signal == f.SIGABRT
    assert result.warnings == ["[pid 100] aborts, reason 0x55 of namespace 7: no more room"]


def test_a_child_is_terminated_with_a_reason(bench: CallBench) -> None:
    child = bench.kernel.fork(bench.process)
    bench.process.space.restore()
    why = bench.path("enough")
    assert bench.call("terminate_with_payload", child.pid, 1, 2, 0, 0, why, 0) == 0
    assert child.signals.pending == 1 << (f.SIGKILL - 1)
    assert bench.warnings == ["[pid 100] terminates 101, reason 0x2 of namespace 1: enough"]
    assert bench.call("os_fault_with_payload", 1, 2, bench.buffer, 8, NOWHERE, 0) == 0
    assert bench.warnings[1].endswith("(its text cannot be read)")
