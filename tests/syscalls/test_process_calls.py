"""Calls on processes, signals, memory and time: results, and Darwin's errors."""

import struct
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, EPERM
from emu.image import PAGE_SIZE
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Park
from tests.callbench import NOWHERE, READ_ONLY, CallBench
from tests.guest import run_guest

RW = f.PROT_READ | f.PROT_WRITE
ANON = f.MAP_ANON | f.MAP_PRIVATE


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("getpid", (), FIRST_PID),
        ("getppid", (), 1),
        ("getpgrp", (), FIRST_PID),
        ("getpgid", (4711,), "ESRCH"),
        ("issetugid", (), 0),
        ("getegid", (), 20),
        ("ptrace", (31, 0, 0, 0), 0),
        ("ptrace", (10, 4711, 0, 0), "ESRCH"),
        ("ptrace", (10, FIRST_PID, 0, 0), "EPERM"),
        ("settimeofday", (0, 0), "EPERM"),
        ("madvise", (READ_ONLY, PAGE_SIZE, f.MADV_WILLNEED), 0),
        ("madvise", (NOWHERE, PAGE_SIZE, f.MADV_WILLNEED), "ENOMEM"),
        ("madvise", (READ_ONLY, PAGE_SIZE, 99), "EINVAL"),
        ("sigaltstack", (0, 0), 0),
        ("wait4", (-1, 0, 0, 0), "ECHILD"),
        ("wait4", (4711, 0, f.WNOHANG, 0), "ECHILD"),
        ("wait4", (-1, 0, 0x1000, 0), "EINVAL"),
        ("kill", (FIRST_PID, 0, 1), 0),
        ("kill", (FIRST_PID, 32, 1), "EINVAL"),
        ("kill", (FIRST_PID, -1, 1), "EINVAL"),
        ("kill", (4711, f.SIGTERM, 1), "ESRCH"),
        ("kill", (1, f.SIGTERM, 1), "EPERM"),
        ("sigaction", (0, 0, 0), "EINVAL"),
        ("sigaction", (32, 0, 0), "EINVAL"),
        ("sigaction", (f.SIGINT, NOWHERE, 0), "EFAULT"),
        ("sigaction", (f.SIGINT, 0, NOWHERE), "EFAULT"),
        ("sigaction", (f.SIGINT, 0, READ_ONLY), "EFAULT"),
        ("sigprocmask", (f.SIG_BLOCK, NOWHERE, 0), "EFAULT"),
        ("sigprocmask", (f.SIG_BLOCK, 0, READ_ONLY), "EFAULT"),
        ("sigpending", (NOWHERE,), "EFAULT"),
        ("sigreturn", (NOWHERE, 30, 0), "EFAULT"),
        ("sigreturn", (0, 30, 0), "EFAULT"),
        ("munmap", (1, PAGE_SIZE), "EINVAL"),
        ("munmap", (PAGE_SIZE, 0), "EINVAL"),
        ("munmap", (-PAGE_SIZE, PAGE_SIZE), "EINVAL"),
        ("mmap", (0, 0, RW, ANON, -1, 0), "EINVAL"),
        ("mmap", (0, PAGE_SIZE, RW, f.MAP_ANON, -1, 0), "EINVAL"),
        ("mmap", (0, PAGE_SIZE, 8, ANON, -1, 0), "EINVAL"),
        ("mmap", (0, PAGE_SIZE, RW, f.MAP_PRIVATE, 99, 0), "EBADF"),
        ("mmap", (0, PAGE_SIZE, RW, f.MAP_PRIVATE, 0, 1), "EINVAL"),
        ("mmap", (1, PAGE_SIZE, RW, ANON | f.MAP_FIXED, -1, 0), "EINVAL"),
        ("mmap", (0, 1 << 46, RW, ANON, -1, 0), "ENOMEM"),
        ("mprotect", (NOWHERE & -PAGE_SIZE, PAGE_SIZE, RW), "ENOMEM"),
        ("mprotect", (1, PAGE_SIZE, RW), "EINVAL"),
        ("gettimeofday", (NOWHERE, 0, 0), "EFAULT"),
        ("gettimeofday", (0, READ_ONLY, 0), "EFAULT"),
        ("setitimer", (3, 0, 0), "EINVAL"),
        ("setitimer", (f.ITIMER_REAL, NOWHERE, 0), "EFAULT"),
        ("setitimer", (f.ITIMER_REAL, 0, READ_ONLY), "EFAULT"),
        ("getitimer", (f.ITIMER_REAL, NOWHERE), "EFAULT"),
        ("getentropy", (NOWHERE, 8), "EFAULT"),
        ("getentropy", (READ_ONLY, 8), "EFAULT"),
        ("getentropy", (NOWHERE, 257), "EINVAL"),
        ("proc_info", (3, 0, 0, 0, 0, 0), "EINVAL"),
        ("proc_info", (1, f.PROC_PPID_ONLY, FIRST_PID, 0, NOWHERE, 4), 0),
        ("proc_info", (1, f.PROC_ALL_PIDS, 0, 0, NOWHERE, 4), "EFAULT"),
        ("proc_info", (1, 99, 0, 0, NOWHERE, 4), "EINVAL"),
    ],
)
def test_outcomes(
    bench: CallBench, name: str, arguments: tuple[int, ...], outcome: int | str
) -> None:
    assert bench.call(name, *arguments) == outcome


def test_wait4_parks_then_reports_and_reaps(bench: CallBench) -> None:
    child = bench.kernel.fork(bench.process)
    bench.process.space.restore()
    assert bench.call("wait4", child.pid, 0, f.WNOHANG, 0) == 0
    waiting = bench.call("wait4", -1, bench.buffer, 0, 0)
    assert isinstance(waiting, Park)
    assert waiting.channels == (("child", FIRST_PID),)
    bench.kernel.exit(child, 5 << 8)
    assert bench.call("wait4", -1, NOWHERE, 0, 0) == "EFAULT"
    assert bench.call("wait4", -1, bench.buffer, 0, 0) == child.pid
    assert bench.get(bench.buffer, 4) == struct.pack("<i", 5 << 8)
    assert bench.call("wait4", -1, bench.buffer, 0, 0) == "ECHILD"


def test_wait4_reports_the_youngest_first(bench: CallBench) -> None:
    children = []
    for _ in range(3):
        children.append(bench.kernel.fork(bench.process))
        bench.process.space.restore()
    for child in children[:2]:
        bench.kernel.exit(child, 0)
    assert bench.call("wait4", -1, 0, 0, 0) == children[1].pid
    assert bench.call("wait4", -1, 0, 0, 0) == children[0].pid


def test_proc_info_lists_children_zombies_too(bench: CallBench) -> None:
    children = [bench.kernel.fork(bench.process) for _ in range(3)]
    bench.process.space.restore()
    bench.kernel.exit(children[1], 0)
    args = (1, f.PROC_PPID_ONLY, FIRST_PID, 0, bench.buffer)
    assert bench.call("proc_info", *args, 400) == 12
    assert struct.unpack("<3i", bench.get(bench.buffer, 12)) == tuple(c.pid for c in children)
    assert bench.call("proc_info", *args, 9) == 8


def test_sigaction_reports_the_old_action_without_its_trampoline(bench: CallBench) -> None:
    new = bench.put(struct.pack("<QQIi", 0x1111, 0x2222, 0xFFFFFFFF, f.SA_RESTART))
    assert bench.call("sigaction", f.SIGUSR1, new, 0) == 0
    assert bench.call("sigaction", f.SIGUSR1, 0, bench.buffer) == 0
    mask = 0xFFFFFFFF & ~(1 << (f.SIGKILL - 1) | 1 << (f.SIGSTOP - 1))
    assert struct.unpack("<QIi", bench.get(bench.buffer, 16)) == (0x1111, mask, f.SA_RESTART)
    assert bench.call("sigaction", f.SIGKILL, new, 0) == "EINVAL"
    assert bench.call("sigaction", f.SIGKILL, 0, bench.buffer) == 0


def test_sigprocmask_blocks_unblocks_and_sets(bench: CallBench) -> None:
    word = bench.put(struct.pack("<I", 0b110))
    for how, expected in ((f.SIG_BLOCK, 0b110), (f.SIG_UNBLOCK, 0), (f.SIG_SETMASK, 0b110)):
        assert bench.call("sigprocmask", how, word, bench.buffer) == 0
        assert bench.process.signals.mask == expected
    assert bench.call("sigprocmask", 9, word, 0) == "EINVAL"
    assert bench.call("sigprocmask", 9, 0, bench.buffer) == 0
    assert bench.get(bench.buffer, 4) == struct.pack("<I", 0b110)


def test_kill_zero_reaches_the_whole_group(bench: CallBench) -> None:
    child = bench.kernel.fork(bench.process)
    bench.process.space.restore()
    assert bench.call("kill", 0, f.SIGTERM, 1) == 0
    assert child.signals.next() == bench.process.signals.next() == f.SIGTERM


def test_mmap_gives_zeroes_and_munmap_takes_them_away(bench: CallBench) -> None:
    at = bench.result("mmap", 0, 3 * PAGE_SIZE - 5, RW, ANON, -1, 0)
    assert at % PAGE_SIZE == 0
    assert bench.get(at, 3 * PAGE_SIZE) == bytes(3 * PAGE_SIZE)
    assert bench.call("munmap", at + PAGE_SIZE, PAGE_SIZE) == 0
    assert bench.call("getentropy", at + PAGE_SIZE, 8) == "EFAULT"
    assert bench.call("getentropy", at + 2 * PAGE_SIZE, 8) == 0
    fixed = bench.result("mmap", at + PAGE_SIZE, PAGE_SIZE, RW, ANON | f.MAP_FIXED, -1, 0)
    assert fixed == at + PAGE_SIZE


def test_mprotect_takes_write_permission_away(bench: CallBench) -> None:
    at = bench.result("mmap", 0, PAGE_SIZE, RW, ANON, -1, 0)
    assert bench.call("mprotect", at, PAGE_SIZE, f.PROT_READ) == 0
    assert bench.call("getentropy", at, 8) == "EFAULT"


def test_setitimer_reports_what_is_left_and_rejects_bad_times(bench: CallBench) -> None:
    def itimer(seconds: int, microseconds: int) -> int:
        return bench.put(struct.pack("<qi4xqi4x", 0, 0, seconds, microseconds))

    assert bench.call("setitimer", 0, itimer(100, 0), bench.buffer) == 0
    assert bench.get(bench.buffer, 32) == bytes(32)
    assert bench.call("getitimer", 0, bench.buffer) == 0
    _, _, seconds, microseconds = struct.unpack("<qi4xqi4x", bench.get(bench.buffer, 32))
    assert 99 <= seconds + microseconds / 1e6 <= 100
    for bad in (itimer(0, 1_000_000), itimer(-1, 0), itimer(0, -1), itimer(100_000_001, 0)):
        assert bench.call("setitimer", 0, bad, 0) == "EINVAL"
    assert bench.call("setitimer", 0, itimer(0, 0), 0) == 0
    assert bench.process.timer.deadline == 0


def test_gettimeofday_is_the_host_s(bench: CallBench) -> None:
    before = bench.host.realtime_ns() // 1000
    assert bench.call("gettimeofday", bench.buffer, 0, 0) == 0
    seconds, microseconds = struct.unpack("<qi4x", bench.get(bench.buffer, 16))
    assert before <= seconds * 10**6 + microseconds <= bench.host.realtime_ns() // 1000


def test_getentropy_differs(bench: CallBench) -> None:
    assert bench.call("getentropy", bench.buffer, 256) == 0
    first = bench.get(bench.buffer, 256)
    assert bench.call("getentropy", bench.buffer, 256) == 0
    assert bench.get(bench.buffer, 256) != first


def test_sigaltstack_reports_what_was_set(bench: CallBench) -> None:
    def stack(size: int, flags: int) -> int:
        return bench.put(struct.pack("<QQi4x", 0x5000, size, flags))

    assert bench.call("sigaltstack", stack(f.MINSIGSTKSZ, 0), bench.buffer) == 0
    assert struct.unpack("<QQi", bench.get(bench.buffer, 20)) == (0, 0, f.SS_DISABLE)
    assert bench.call("sigaltstack", 0, bench.buffer) == 0
    assert struct.unpack("<QQi", bench.get(bench.buffer, 20)) == (0x5000, f.MINSIGSTKSZ, 0)
    assert bench.call("sigaltstack", stack(8191, 0), 0) == "ENOMEM"
    assert bench.call("sigaltstack", stack(f.MINSIGSTKSZ, 2), 0) == "EINVAL"
    assert bench.call("sigaltstack", stack(0, f.SS_DISABLE), 0) == 0


def test_an_alternate_stack_in_use_stays_what_it_is(tmp_path: Path) -> None:
    """The handler sees EPERM and EINVAL; behind it the stack may go, and longjmp frees it too."""
    text = f"""
    _main:  la x0, stack
            la x9, room
            str x9, [x0]
            mov x1, #0
            sys 53
            mov x0, #{f.SIGUSR1}
            la x1, action
            mov x2, #0
            sys 46
            sys 20
            mov x1, #{f.SIGUSR1}
            mov x2, #1
            sys 37                  // the handler collects in x19's place in memory
            la x0, disable
            mov x1, #0
            sys 53
            b.cs bad
            la x0, stack
            mov x1, #0
            sys 53
            la x9, seen
            ldr w0, [x9]
            sys 1
    bad:    exit 99
    tramp:  mov x20, x4
            la x0, stack
            mov x1, #0
            sys 53
            mov x21, x0             // EPERM
            la x0, disable
            mov x1, #0
            sys 53
            add x21, x21, x0        // EINVAL
            mov x0, #0
            la x1, old
            sys 53
            la x1, old
            ldr w9, [x1, #16]       // SS_ONSTACK
            add x21, x21, x9
            mov x0, #0
            movz x1, #0x8000, lsl #16
            mov x2, #0
            sys 184                 // as longjmp says that it has left the stack
            b.cs bad
            la x0, stack
            mov x1, #0
            sys 53
            b.cs bad
            la x9, seen
            str w21, [x9]
            mov x0, x20
            mov x1, #30
            mov x2, x20
            sys 184
    .data
    .p2align 3
    stack:  .quad 0, {f.MINSIGSTKSZ}, 0
    disable: .quad 0, 0, {f.SS_DISABLE}
    old:    .quad 0, 0, 0
    action: .quad 0x1000, tramp
            .long 0, {f.SA_ONSTACK}
    seen:   .quad 0
    room:   .space {f.MINSIGSTKSZ}
    """
    assert run_guest(tmp_path, text).exit == EPERM + EINVAL + f.SS_ONSTACK


def test_sigsuspend_waits_with_another_mask(bench: CallBench) -> None:
    bench.process.signals.mask = 1
    wait = bench.call("sigsuspend", 4)
    assert isinstance(wait, Park)
    assert not wait.restarts
    assert (bench.process.signals.mask, bench.process.signals.suspended_mask) == (4, 1)


# ---- minherit ----

INHERIT = """
_main:  mov x0, #0
        mov x1, #0x8000
        mov x2, #3
        mov x3, #{flags}
        mov x4, #-1
        mov x5, #0
        sys 197
        mov x19, x0
        mov w9, #5
        strb w9, [x19]
        mov x0, x19
        mov x1, #0x4000
        mov x2, #{first}
        sys 250
        b.cs bad
        mov x0, x19
        mov x1, #0x4000
        mov x2, #{kind}
        sys 250
        b.cs bad
        sys 2
        cbnz x1, child
        sub sp, sp, #16
        mov x0, #-1
        mov x1, sp
        mov x2, #0
        mov x3, #0
        sys 7
        ldrb w9, [sp]               // the signal that ended the child
        ldrb w0, [x19]
        add w0, w0, w9
        sys 1
child:  mov x20, #0x4000
        strb w9, [x19, x20]         // the page behind is the child's in any case
        ldrb w9, [x19]
        add w9, w9, #2
        strb w9, [x19]
        exit 0
bad:    exit 99
"""


@pytest.mark.parametrize(
    ("flags", "first", "kind", "outcome"),
    [
        (ANON, f.VM_INHERIT_SHARE, f.VM_INHERIT_SHARE, 7),
        (ANON, f.VM_INHERIT_COPY, f.VM_INHERIT_COPY, 5),
        (ANON, f.VM_INHERIT_SHARE, f.VM_INHERIT_COPY, 5),
        (ANON, f.VM_INHERIT_NONE, f.VM_INHERIT_NONE, 5 + f.SIGSEGV),
        (ANON, f.VM_INHERIT_NONE, f.VM_INHERIT_COPY, 5),
        (f.MAP_ANON | f.MAP_SHARED, f.VM_INHERIT_SHARE, f.VM_INHERIT_SHARE, 7),
        (f.MAP_ANON | f.MAP_SHARED, f.VM_INHERIT_SHARE, f.VM_INHERIT_COPY, 5),
    ],
)
def test_minherit_says_what_a_child_gets(
    tmp_path: Path, flags: int, first: int, kind: int, outcome: int
) -> None:
    text = INHERIT.format(flags=flags, first=first, kind=kind)
    assert run_guest(tmp_path, text).exit == outcome


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ((READ_ONLY, PAGE_SIZE, f.VM_INHERIT_DONATE_COPY), "EINVAL"),
        ((READ_ONLY, PAGE_SIZE, -1), "EINVAL"),
        ((1 << 63, 1 << 63, f.VM_INHERIT_NONE), "EINVAL"),
        ((NOWHERE, PAGE_SIZE, f.VM_INHERIT_NONE), 0),
        ((READ_ONLY, 0, f.VM_INHERIT_NONE), 0),
    ],
)
def test_minherit_s_errors(
    bench: CallBench, arguments: tuple[int, int, int], outcome: int | str
) -> None:
    assert bench.call("minherit", *arguments) == outcome


def test_minherit_is_forgotten_with_the_mapping(bench: CallBench) -> None:
    at = bench.result("mmap", 0, 2 * PAGE_SIZE, RW, ANON, -1, 0)
    assert bench.call("minherit", at, 2 * PAGE_SIZE, f.VM_INHERIT_NONE) == 0
    fixed = ANON | f.MAP_FIXED
    assert bench.call("mmap", at, PAGE_SIZE, RW, fixed, -1, 0) == at
    assert bench.call("fork") == (FIRST_PID + 1, 0)
    child = bench.process.children[FIRST_PID + 1]
    assert child.space.layout.find(at) is not None
    assert child.space.layout.find(at + PAGE_SIZE) is None
