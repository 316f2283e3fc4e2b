"""Identifiers, groups, sessions, limits, usage, waiting and proc_info: results and errors."""

import struct
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.frames import Siginfo
from emu.darwin.structs import ProcBsdinfo, ProcBsdshortinfo, ProcTaskinfo, Rlimit
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Park, Process
from tests.callbench import NOWHERE, READ_ONLY, CallBench
from tests.guest import run_guest

UID, GID = 501, 20


def child_of(bench: CallBench) -> Process:
    child = bench.kernel.fork(bench.process)
    bench.process.space.restore()
    return child


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("getuid", (), UID),
        ("geteuid", (), UID),
        ("getgid", (), GID),
        ("setuid", (UID,), 0),
        ("setuid", (0,), "EPERM"),
        ("seteuid", (0,), "EPERM"),
        ("setgid", (GID,), 0),
        ("setegid", (0,), "EPERM"),
        ("setreuid", (-1, UID), 0),
        ("setreuid", (0, -1), "EPERM"),
        ("setregid", (-1, -1), 0),
        ("setregid", (-1, 0), "EPERM"),
        ("getgroups", (0, NOWHERE), 1),
        ("getgroups", (4, NOWHERE), "EFAULT"),
        ("getgroups", (4, READ_ONLY), "EFAULT"),
        ("setgroups", (0, 0), "EPERM"),
        ("getlogin", (NOWHERE, 32), "EFAULT"),
        ("getlogin", (READ_ONLY, 32), "EFAULT"),
        ("setlogin", (NOWHERE,), "EFAULT"),
        ("gethostuuid", (NOWHERE, 0), "EFAULT"),
        ("gethostuuid", (READ_ONLY, 0), "EFAULT"),
        ("thread_selfid", (), 0x1000 + FIRST_PID),
        ("getsid", (0,), FIRST_PID),
        ("getsid", (4711,), "ESRCH"),
        ("setsid", (), "EPERM"),
        ("setpgid", (4711, 0), "ESRCH"),
        ("setpgid", (0, -1), "EINVAL"),
        ("setpgid", (0, 0), "EPERM"),
        ("getpriority", (f.PRIO_PROCESS, 0), 0),
        ("getpriority", (f.PRIO_PROCESS, 4711), "ESRCH"),
        ("getpriority", (f.PRIO_PGRP, 4711), "ESRCH"),
        ("getpriority", (f.PRIO_USER, 4711), "ESRCH"),
        ("getpriority", (9, 0), "EINVAL"),
        ("setpriority", (f.PRIO_PROCESS, 0, 5), 0),
        ("setpriority", (f.PRIO_PROCESS, 0, -1), "EACCES"),
        ("setpriority", (9, 0, 0), "EINVAL"),
        ("getrusage", (f.RUSAGE_SELF, NOWHERE), "EFAULT"),
        ("getrusage", (f.RUSAGE_CHILDREN, READ_ONLY), "EFAULT"),
        ("getrusage", (1, NOWHERE), "EINVAL"),
        ("getrlimit", (9, NOWHERE), "EINVAL"),
        ("getrlimit", (f.RLIMIT_STACK, NOWHERE), "EFAULT"),
        ("getrlimit", (f.RLIMIT_STACK, READ_ONLY), "EFAULT"),
        ("setrlimit", (f.RLIMIT_STACK, NOWHERE), "EFAULT"),
        ("waitid", (f.P_ALL, 0, 0, 0), "EINVAL"),
        ("waitid", (f.P_ALL, 0, 0, 0x1000), "EINVAL"),
        ("waitid", (7, 0, 0, f.WEXITED), "EINVAL"),
        ("waitid", (f.P_PID, 4711, 0, f.WEXITED), "ECHILD"),
        ("proc_info", (2, 4711, f.PROC_PIDTBSDINFO, 0, NOWHERE, 136), "ESRCH"),
        ("proc_info", (2, FIRST_PID, 99, 0, NOWHERE, 136), "EINVAL"),
        ("proc_info", (2, FIRST_PID, f.PROC_PIDTBSDINFO, 0, NOWHERE, 136), "EFAULT"),
        ("proc_info", (2, FIRST_PID, f.PROC_PIDTBSDINFO, 0, NOWHERE, 135), "ENOMEM"),
        ("proc_info", (2, FIRST_PID, f.PROC_PIDPATHINFO, 0, NOWHERE, 0), "ENOMEM"),
    ],
)
def test_outcomes(
    bench: CallBench, name: str, arguments: tuple[int, ...], outcome: int | str
) -> None:
    assert bench.call(name, *arguments) == outcome


def test_names_and_groups(bench: CallBench) -> None:
    assert bench.call("getlogin", bench.buffer, 32) == 0
    assert bench.get(bench.buffer, 6) == b"guest\0"
    assert bench.call("getgroups", 8, bench.buffer) == 1
    assert bench.get(bench.buffer, 4) == struct.pack("<I", GID)
    assert bench.call("gethostuuid", bench.buffer, 0) == 0
    assert bench.get(bench.buffer, 6) == b"ymawky"


def test_a_child_begins_a_session_and_groups_stay_in_theirs(bench: CallBench) -> None:
    child, other = child_of(bench), child_of(bench)
    assert bench.call("setpgid", child.pid, 0) == 0
    assert child.pgid == child.pid
    assert bench.call("setpgid", other.pid, child.pid) == 0
    assert bench.call("setpgid", other.pid, 4711) == "EPERM"
    first, bench.process = bench.process, other
    assert bench.call("setsid") == other.pid
    assert (other.sid, other.pgid) == (other.pid, other.pid)
    bench.process = first
    assert bench.call("setpgid", other.pid, 0) == "EPERM"


def test_limits_fall_but_never_rise_again(bench: CallBench) -> None:
    def limit(which: int, soft: int, hard: int) -> int | str:
        outcome = bench.call("setrlimit", which, bench.put(Rlimit(soft, hard).pack()))
        assert isinstance(outcome, int | str)
        return outcome

    assert bench.call("getrlimit", f.RLIMIT_NOFILE, bench.buffer) == 0
    assert Rlimit.unpack(bench.get(bench.buffer, 16)) == Rlimit(256, f.RLIM_INFINITY)
    assert limit(f.RLIMIT_NOFILE, 3, 2) == "EINVAL"
    assert limit(f.RLIMIT_NOFILE, 2, 8) == 0
    assert limit(f.RLIMIT_NOFILE, 2, 9) == "EPERM"
    assert limit(9, 0, 0) == "EINVAL"
    assert isinstance(bench.call("pipe"), tuple)
    assert bench.call("dup", 0) == "EMFILE"
    assert limit(f.RLIMIT_NPROC, 1, 1) == 0
    assert bench.call("fork") == "EAGAIN"


def test_a_limit_of_time_is_sigxcpu(bench: CallBench) -> None:
    bench.call("setrlimit", f.RLIMIT_CPU, bench.put(Rlimit(2, f.RLIM_INFINITY).pack()))
    bench.process.used_ns = 1_999_999_999
    bench.kernel.charge(bench.process)
    assert bench.process.signals.next() == 0
    bench.process.used_ns += 1
    bench.kernel.charge(bench.process)
    assert bench.process.signals.next() == f.SIGXCPU


def test_usage_of_children_counts_once_they_are_reaped(bench: CallBench) -> None:
    child = child_of(bench)
    child.used_ns = 3_500_000_000
    bench.kernel.exit(child, 0)
    assert bench.call("getrusage", f.RUSAGE_CHILDREN, bench.buffer) == 0
    assert bench.get(bench.buffer, 16) == bytes(16)
    assert bench.call("wait4", -1, 0, 0, bench.buffer) == child.pid
    assert struct.unpack("<qi", bench.get(bench.buffer, 12)) == (3, 500_000)
    bench.call("getrusage", f.RUSAGE_CHILDREN, bench.buffer)
    assert struct.unpack("<qi", bench.get(bench.buffer, 12)) == (3, 500_000)


def test_wait4_and_waitid_report_stops_and_continues(bench: CallBench) -> None:
    child = child_of(bench)
    bench.kernel.stop(child, f.SIGTSTP)
    assert bench.process.signals.next() == 0  # SIGCHLD is ignored by default
    assert bench.call("wait4", -1, 0, f.WNOHANG, 0) == 0
    stopped = f.WSTOPPED | f.WNOHANG
    assert bench.call("waitid", f.P_ALL, 0, bench.buffer, stopped | f.WNOWAIT) == 0
    told = Siginfo.unpack(bench.get(bench.buffer, Siginfo.SIZE))
    assert (told.signo, told.code, told.pid) == (f.SIGCHLD, f.CLD_STOPPED, child.pid)
    assert told.status == f.SIGTSTP
    assert bench.call("wait4", -1, bench.buffer, f.WUNTRACED, 0) == child.pid
    assert bench.get(bench.buffer, 4) == struct.pack("<i", f.SIGTSTP << 8 | 0x7F)
    assert bench.call("wait4", -1, 0, f.WUNTRACED | f.WNOHANG, 0) == 0
    assert bench.call("kill", child.pid, f.SIGCONT, 1) == 0
    assert bench.call("wait4", -1, bench.buffer, f.WCONTINUED, 0) == child.pid
    assert bench.get(bench.buffer, 4) == struct.pack("<i", f.SIGCONT << 8 | 0x7F)
    assert isinstance(bench.call("waitid", f.P_PID, child.pid, bench.buffer, f.WEXITED), Park)


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [(7 << 8, f.CLD_EXITED, 7), (15, f.CLD_KILLED, 15), (11, f.CLD_DUMPED, 11)],
)
def test_waitid_reaps_the_dead(bench: CallBench, status: int, code: int, told: int) -> None:
    child = child_of(bench)
    bench.kernel.exit(child, status)
    arguments = (f.P_PGID, child.pgid, bench.buffer, f.WEXITED)
    assert bench.call("waitid", *arguments[:2], NOWHERE, f.WEXITED) == "EFAULT"
    assert bench.call("waitid", *arguments[:2], READ_ONLY, f.WEXITED) == "EFAULT"
    assert bench.call("waitid", *arguments) == 0
    info = Siginfo.unpack(bench.get(bench.buffer, Siginfo.SIZE))
    assert (info.code, info.status, info.pid) == (code, told, child.pid)
    assert bench.call("waitid", *arguments) == "ECHILD"


def test_waitid_that_finds_nothing_clears_the_answer(bench: CallBench) -> None:
    child_of(bench)
    at = bench.put(b"x" * Siginfo.SIZE)
    assert bench.call("waitid", f.P_ALL, 0, at, f.WEXITED | f.WNOHANG) == 0
    assert bench.get(at, Siginfo.SIZE) == bytes(Siginfo.SIZE)


def test_proc_info_tells_of_one_process(bench: CallBench) -> None:
    def ask(flavor: int, size: int) -> bytes:
        result = bench.result("proc_info", 2, FIRST_PID, flavor, 0, bench.buffer, 1024)
        assert result == size
        return bench.get(bench.buffer, size)

    info = ProcBsdinfo.unpack(ask(f.PROC_PIDTBSDINFO, 136))
    assert (info.pid, info.ppid, info.uid, info.comm.rstrip(b"\0")) == (FIRST_PID, 1, UID, b"test")
    short = ProcBsdshortinfo.unpack(ask(f.PROC_PIDT_SHORTBSDINFO, 64))
    assert (short.pid, short.pgid) == (FIRST_PID, FIRST_PID)
    task = ProcTaskinfo.unpack(ask(f.PROC_PIDTASKINFO, 96))
    assert task.virtual_size == 17 * 0x4000
    assert len(ask(f.PROC_PIDTASKALLINFO, 136 + 96)) == 232
    bench.call("pipe")
    arguments = (2, FIRST_PID, f.PROC_PIDLISTFDS, 0)
    assert bench.call("proc_info", *arguments, 0, 0) == 8 * 22
    assert bench.call("proc_info", *arguments, bench.buffer, 15) == 8
    assert bench.get(bench.buffer, 8) == struct.pack("<2I", 0, 6)
    bench.process.path = "/bin/tool"
    assert bench.result("proc_info", 2, FIRST_PID, f.PROC_PIDPATHINFO, 0, bench.buffer, 64) == 0
    assert bench.get(bench.buffer, 10) == b"/bin/tool\0"


def test_a_stopped_child_is_reported_and_goes_on(tmp_path: Path) -> None:
    text = f"""
    _main:  sys 66                  // vfork
            cbnz x1, child
            mov x19, x0
            sub sp, sp, #16
            mov x0, #-1
            mov x1, sp
            mov x2, #{f.WUNTRACED}
            mov x3, #0
            sys 7
            ldr w9, [sp]
            mov w10, #{f.SIGSTOP << 8 | 0x7F}
            cmp w9, w10
            b.ne bad
            mov x0, x19
            mov x1, #{f.SIGCONT}
            mov x2, #1
            sys 37
            mov x0, #-1
            mov x1, sp
            mov x2, #0
            mov x3, #0
            sys 7
            ldrb w0, [sp, #1]
            sys 1
    bad:    exit 99
    child:  sys 20
            mov x1, #{f.SIGSTOP}
            mov x2, #1
            sys 37
            exit 5
    """
    assert run_guest(tmp_path, text).exit == 5
