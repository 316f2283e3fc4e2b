"""Clocks, timers, sleeping, Mach traps, sysctl and the signal calls of threads."""

import struct
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.image import PAGE_SIZE
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Park
from emu.kernel.signals import SigInfo
from tests.callbench import NOWHERE, READ_ONLY, CallBench
from tests.guest import run_guest

TASK, THREAD = 0x203, 0x103
ANYWHERE = 1


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("setitimer", (f.ITIMER_VIRTUAL, NOWHERE, 0), "EFAULT"),
        ("setitimer", (f.ITIMER_PROF, 0, READ_ONLY), "EFAULT"),
        ("__semwait_signal", (1, 0, 1, 1, 1, 0), "EINVAL"),
        ("__semwait_signal", (0, 0, 1, 1, 0, 10**9), "EINVAL"),
        ("__semwait_signal", (0, 0, 1, 1, -1, 0), "EINVAL"),
        ("__semwait_signal", (0, 0, 1, 1, 0, 0), "ETIMEDOUT"),
        ("__semwait_signal", (0, 0, 1, 0, 5, 0), "ETIMEDOUT"),
        ("__sigwait", (NOWHERE, 0), "EFAULT"),
        ("__pthread_kill", (7, f.SIGINT), "ESRCH"),
        ("__pthread_kill", (THREAD, 32), "EINVAL"),
        ("__pthread_kill", (THREAD, 0), 0),
        ("__pthread_sigmask", (f.SIG_BLOCK, NOWHERE, 0), "EFAULT"),
        ("__pthread_sigmask", (f.SIG_BLOCK, 0, READ_ONLY), "EFAULT"),
        ("__disable_threadsignal", (1,), 0),
        ("mach_timebase_info_trap", (NOWHERE,), 1),
        ("mach_timebase_info_trap", (READ_ONLY,), 1),
        ("mach_wait_until_trap", (0,), 0),
        ("thread_switch", (0, 0, 0), 0),
        ("swtch", (), 0),
        ("swtch_pri", (0,), 0),
        ("task_self_trap", (), TASK),
        ("thread_self_trap", (), THREAD),
        ("host_self_trap", (), 0x1003),
        ("pid_for_task", (1, 0), 5),
        ("pid_for_task", (TASK, NOWHERE), 1),
        ("_kernelrpc_mach_port_deallocate_trap", (TASK, 0x1103), 0),
        ("_kernelrpc_mach_port_deallocate_trap", (1, 0x1103), 0x10000003),
        ("_kernelrpc_mach_vm_allocate_trap", (1, 0, 0, 0), 0x10000003),
        ("_kernelrpc_mach_vm_allocate_trap", (TASK, NOWHERE, PAGE_SIZE, ANYWHERE), 1),
        ("_kernelrpc_mach_vm_allocate_trap", (TASK, READ_ONLY, PAGE_SIZE, ANYWHERE), 1),
        ("_kernelrpc_mach_vm_allocate_trap", (TASK, NOWHERE, 1 << 60, ANYWHERE), 4),
        ("_kernelrpc_mach_vm_map_trap", (TASK, NOWHERE, PAGE_SIZE, 2, ANYWHERE, 3), 4),
        ("_kernelrpc_mach_vm_deallocate_trap", (1, 0, 0), 0x10000003),
        ("_kernelrpc_mach_vm_deallocate_trap", (TASK, 1 << 47, PAGE_SIZE), 4),
        ("_kernelrpc_mach_vm_protect_trap", (1, 0, 0, 0, 0), 0x10000003),
        ("_kernelrpc_mach_vm_protect_trap", (TASK, NOWHERE, PAGE_SIZE, 0, 1), 1),
        ("_kernelrpc_mach_vm_protect_trap", (TASK, 0, PAGE_SIZE, 0, 8), 4),
        ("sysctl", (NOWHERE, 2, 0, 0, 0, 0), "EFAULT"),
        ("sysctl", (NOWHERE, 1, 0, 0, 0, 0), "EINVAL"),
        ("sysctl", (NOWHERE, 13, 0, 0, 0, 0), "EINVAL"),
        ("sysctlbyname", (NOWHERE, 7, 0, 0, 0, 0), "EFAULT"),
        ("sysctlbyname", (NOWHERE, 1024, 0, 0, 0, 0), "ENAMETOOLONG"),
        ("csops", (0, 0, NOWHERE, 4), "EFAULT"),
        ("csops", (0, 0, NOWHERE, 3), "ERANGE"),
        ("csops", (0, 99, NOWHERE, 4), "EINVAL"),
        ("csops", (4711, 0, NOWHERE, 4), "ESRCH"),
    ],
)
def test_outcomes(
    bench: CallBench, name: str, arguments: tuple[int, ...], outcome: int | str
) -> None:
    assert bench.call(name, *arguments) == outcome


# ---- time ----


@pytest.mark.parametrize(
    ("which", "signal"), [(f.ITIMER_VIRTUAL, f.SIGVTALRM), (f.ITIMER_PROF, f.SIGPROF)]
)
def test_timers_of_used_time(bench: CallBench, which: int, signal: int) -> None:
    every_second = bench.put(struct.pack("<qi4xqi4x", 1, 0, 2, 0))
    assert bench.call("setitimer", which, every_second, 0) == 0
    assert bench.call("getitimer", which, bench.buffer) == 0
    assert struct.unpack("<qi4xqi4x", bench.get(bench.buffer, 32)) == (1, 0, 2, 0)
    for used, due in ((1_999, False), (2_000, True), (2_500, False), (3_000, True)):
        bench.process.used_ns = used * 1_000_000
        bench.kernel.charge(bench.process)
        assert bool(bench.process.signals.next()) == due
        bench.process.signals.forget(signal)
    bench.call("setitimer", which, bench.put(bytes(32)), 0)
    bench.process.used_ns = 10**12
    bench.kernel.charge(bench.process)
    assert not bench.process.signals.pending


def test_sleeping_ends_with_the_time(bench: CallBench) -> None:
    wait = bench.call("__semwait_signal", 0, 0, 1, 1, 100, 5)
    assert isinstance(wait, Park)
    assert wait.deadline is not None
    assert wait.deadline - bench.host.monotonic_ns() <= 100 * 10**9 + 5
    assert not wait.restarts
    bench.process.memory.clear()
    later = bench.call("mach_wait_until_trap", bench.host.monotonic_ns() // 16 + 10**9)
    assert isinstance(later, Park)


def test_the_clock_is_the_counter_of_the_cpu(tmp_path: Path) -> None:
    text = """
    _main:  mrs x19, cntvct_el0
            movn x16, #2            // mach_absolute_time
            svc #0x80
            mov x20, x0
            mrs x21, cntvct_el0
            cmp x19, x20
            b.hi bad
            cmp x20, x21
            b.hi bad
            la x0, info
            movn x16, #88           // mach_timebase_info
            svc #0x80
            cbnz x0, bad
            la x1, info
            ldp w2, w3, [x1]
            mrs x4, cntfrq_el0      // ticks a second * nanoseconds a tick
            mul x4, x4, x2
            udiv x4, x4, x3
            movz x5, #0xCA00
            movk x5, #0x3B9A, lsl #16
            cmp x4, x5
            b.ne bad
            exit 0
    bad:    exit 1
    .data
    .p2align 3
    info:   .quad 0
    """
    assert run_guest(tmp_path, text).exit == 0


def test_a_trap_changes_neither_the_carry_nor_x1(tmp_path: Path) -> None:
    text = """
    _main:  mov x1, #77
            cmp x1, x1              // sets the carry
            movn x16, #27           // task_self_trap
            svc #0x80
            b.cc bad
            cmp x1, #77
            b.ne bad
            cmp x0, #0x203
            b.ne bad
            mov x0, #1              // block SIGSYS
            la x1, sigsys
            mov x2, #0
            sys 48
            movn x16, #30           // mach_msg, which is not there
            svc #0x80
            sys 1                   // KERN_INVALID_ARGUMENT
    bad:    exit 99
    .data
    sigsys: .long 1 << 11
    """
    assert run_guest(tmp_path, text).exit == 4


def test_a_guest_is_charged_for_its_time(tmp_path: Path) -> None:
    text = f"""
    _main:  mov x0, #{f.ITIMER_VIRTUAL}
            la x1, timer
            mov x2, #0
            sys 83
    1:      b 1b
    .data
    .p2align 3
    timer:  .quad 0, 0, 0
            .long 10000, 0
    """
    assert run_guest(tmp_path, text).signal == f.SIGVTALRM


def test_sigwait_takes_a_blocked_signal(bench: CallBench) -> None:
    wanted = bench.put(struct.pack("<I", 1 << (f.SIGUSR1 - 1)))
    bench.call("__pthread_sigmask", f.SIG_BLOCK, wanted, 0)
    wait = bench.call("__sigwait", wanted, bench.buffer)
    assert isinstance(wait, Park)
    bench.kernel.scheduler.park(bench.process, wait)
    bench.kernel.post(bench.process, SigInfo(f.SIGUSR1))
    assert bench.kernel.scheduler.next() is bench.process
    assert bench.call("__sigwait", wanted, READ_ONLY) == "EFAULT"
    assert bench.call("__sigwait", wanted, bench.buffer) == 0
    assert bench.get(bench.buffer, 4) == struct.pack("<i", f.SIGUSR1)
    assert not bench.process.signals.pending
    assert bench.call("__sigwait", bench.put(bytes(4)), bench.buffer) == "EINVAL"


# ---- Mach ----


def test_ports_are_all_different(bench: CallBench) -> None:
    assert len({bench.call("mach_reply_port") for _ in range(9)}) == 9
    assert bench.call("pid_for_task", TASK, bench.buffer) == 0
    assert bench.get(bench.buffer, 4) == struct.pack("<i", FIRST_PID)


def test_mach_memory(bench: CallBench) -> None:
    at = bench.put(bytes(8))
    assert bench.call("_kernelrpc_mach_vm_allocate_trap", TASK, at, 100, ANYWHERE) == 0
    (start,) = struct.unpack("<Q", bench.get(at, 8))
    assert bench.get(start, PAGE_SIZE) == bytes(PAGE_SIZE)
    assert bench.call("_kernelrpc_mach_vm_allocate_trap", TASK, at, 100, 0) == 3
    assert bench.call("_kernelrpc_mach_vm_protect_trap", TASK, start, 100, 0, 1) == 0
    assert bench.call("getentropy", start, 1) == "EFAULT"
    assert bench.call("_kernelrpc_mach_vm_deallocate_trap", TASK, start, 100) == 0
    assert bench.call("_kernelrpc_mach_vm_allocate_trap", TASK, at, 100, 0) == 0
    mask = (1 << 20) - 1
    arguments = (TASK, at, PAGE_SIZE, mask, ANYWHERE, 1)
    assert bench.call("_kernelrpc_mach_vm_map_trap", *arguments) == 0
    assert struct.unpack("<Q", bench.get(at, 8))[0] & mask == 0
    assert bench.call("_kernelrpc_mach_vm_allocate_trap", TASK, bench.put(bytes(8)), 100, 0) == 1


# ---- sysctl ----


def ask(bench: CallBench, name: str) -> bytes:
    length = bench.put(struct.pack("<Q", 256))
    raw = name.encode()
    assert bench.call("sysctlbyname", bench.put(raw), len(raw), bench.buffer, length, 0, 0) == 0
    return bench.get(bench.buffer, struct.unpack("<Q", bench.get(length, 8))[0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kern.ostype", b"Darwin\0"),
        ("hw.machine", b"arm64\0"),
        ("hw.ncpu", struct.pack("<i", 1)),
        ("hw.memsize", struct.pack("<q", 8 << 30)),
        ("hw.pagesize", struct.pack("<q", PAGE_SIZE)),
        ("kern.argmax", struct.pack("<i", 1048576)),
        ("kern.osproductversion", b"15.6\0"),
    ],
)
def test_sysctl_values(bench: CallBench, name: str, value: bytes) -> None:
    assert ask(bench, name) == value


def test_sysctl_finds_the_same_by_number(bench: CallBench) -> None:
    raw = b"kern.osproductversion"
    length = bench.put(struct.pack("<Q", 48))
    oid = bench.buffer + 512
    query = bench.put(struct.pack("<2i", 0, 3))
    assert bench.call("sysctl", query, 2, oid, length, bench.put(raw), len(raw)) == 0
    (size,) = struct.unpack("<Q", bench.get(length, 8))
    assert bench.call("sysctl", oid, size // 4, 0, length, 0, 0) == 0
    assert bench.get(length, 8) == struct.pack("<Q", 5)
    assert bench.call("sysctl", oid, size // 4, bench.buffer, length, 0, 0) == 0
    assert bench.get(bench.buffer, 5) == b"15.6\0"


def test_sysctl_refuses(bench: CallBench) -> None:
    oid = bench.put(struct.pack("<2i", 6, 3))
    length = bench.put(struct.pack("<Q", 3))
    assert bench.call("sysctl", oid, 2, bench.buffer, length, 0, 0) == "ENOMEM"
    assert bench.call("sysctl", oid, 2, NOWHERE, bench.put(b"\4" + bytes(7)), 0, 0) == "EFAULT"
    assert bench.call("sysctl", oid, 2, 0, NOWHERE, 0, 0) == "EFAULT"
    assert bench.call("sysctl", oid, 2, 0, READ_ONLY, 0, 0) == "EFAULT"
    assert bench.call("sysctl", oid, 2, 0, 0, bench.buffer, 4) == "EPERM"
    assert bench.call("sysctl", bench.put(struct.pack("<2i", 6, 999)), 2, 0, 0, 0, 0) == "ENOENT"
    assert bench.call("sysctlbyname", bench.put(b"nothing"), 7, 0, 0, 0, 0) == "ENOENT"
    assert bench.call("sysctlbyname", bench.put(b"hw.ncpu"), 7, 0, 0, 1, 0) == "EPERM"


# ---- the commpage ----


def test_the_commpage_tells_the_time(tmp_path: Path) -> None:
    text = """
    _main:  movz x19, #0xC000
            movk x19, #0xFFFF, lsl #16
            movk x19, #0xF, lsl #32
            ldr x0, [x19, #0x88]    // timebase offset
            cbnz x0, bad
            sub sp, sp, #32
            mov x0, sp
            mov x1, #0
            mov x2, #0
            sys 116
            ldr x20, [x19, #0x120]  // ticks when this was written
            ldr x21, [x19, #0x128]  // seconds then
            ldr x22, [sp]
            mrs x23, cntvct_el0
            cmp x20, x23
            b.hi bad
            sub x22, x22, x21
            cmp x22, #1
            b.hi bad
            str x0, [x19]           // not writable
    bad:    exit 1
    """
    assert run_guest(tmp_path, text).signal == f.SIGBUS


# ---- ulock ----


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("ulock_wait", (1, NOWHERE, 0, 0), "EFAULT"),
        ("ulock_wait", (9, NOWHERE, 0, 0), "EINVAL"),
        ("ulock_wait", (1, NOWHERE + 2, 0, 0), "EINVAL"),
        ("ulock_wait", (1 | 0x1000000, NOWHERE, 0, 0), -14),
        ("ulock_wait", (1, READ_ONLY, 5, 0), 0),
        ("ulock_wait2", (5, READ_ONLY, 1 << 32, 0, 0), 0),
        ("ulock_wait2", (5, NOWHERE, 0, 0, 0), "EFAULT"),
        ("ulock_wake", (1, NOWHERE, 0), "EFAULT"),
        ("ulock_wake", (1, READ_ONLY, 0), "ENOENT"),
        ("ulock_wake", (1 | 0x1000000, READ_ONLY, 0), -2),
        ("ulock_wake", (9, READ_ONLY, 0), "EINVAL"),
    ],
)
def test_ulock_outcomes(
    bench: CallBench, name: str, arguments: tuple[int, ...], outcome: int | str
) -> None:
    assert bench.call(name, *arguments) == outcome


def test_a_word_in_shared_memory_wakes_another_process(tmp_path: Path) -> None:
    text = f"""
    _main:  mov x0, #0
            mov x1, #0x4000
            mov x2, #3
            mov x3, #{f.MAP_ANON | f.MAP_SHARED}
            mov x4, #-1
            mov x5, #0
            sys 197
            mov x19, x0
            sys 2
            cbnz x1, child
    1:      ldr w9, [x19]
            cbnz w9, 2f
            mov x0, #3
            mov x1, x19
            mov x2, #0
            mov x3, #0
            sys 515
            b 1b
    2:      mov w0, w9
            sys 1
    child:  mov x0, #0
            mov x1, #0
            mov x2, #1
            mov x3, #1
            mov x4, #0
            movz x5, #0x4240
            movk x5, #0xF, lsl #16
            sys 334                 // 1 ms
            mov w9, #21
            str w9, [x19]
            mov x0, #3
            mov x1, x19
            mov x2, #0
            sys 516
            exit 0
    """
    assert run_guest(tmp_path, text).exit == 21


def test_a_wait_for_a_word_ends_with_the_time(bench: CallBench) -> None:
    wait = bench.call("ulock_wait", 1, READ_ONLY, 0, 1_000_000)
    assert isinstance(wait, Park)
    bench.process.memory["deadline"] = 1
    assert bench.call("ulock_wait", 1, READ_ONLY, 0, 1_000_000) == "ETIMEDOUT"
