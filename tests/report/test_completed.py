"""Instructions that the engine lacks, gets wrong or takes too easily."""

from __future__ import annotations

from pathlib import Path

import pytest

from emu.darwin import flags as f
from tests.guest import run_guest

DATA = '\n.data\n.p2align 4\nword: .quad 5, 6, 7, 8, 9, 10\nname: .asciz "bytes"\n'


@pytest.mark.parametrize(
    "code",
    [
        "sub sp, sp, #8\n str x0, [sp, #-16]",
        "sub sp, sp, #24\n str x0, [sp]",
        "sub sp, sp, #4088\n str x0, [sp]",
        "str x0, [sp, #-8]!\n ldr x0, [sp], #8",
        "str x0, [sp, #-8]!\n str x1, [sp, #-8]!",
        "str w0, [sp, #-4]!\n ldr w1, [sp]",
        "ldr x0, [sp], #8\n ldr x1, [sp], #8",
        "stp x0, x1, [sp, #-24]!\n ldp x0, x1, [sp]",
        "stp w0, w1, [sp, #-8]!\n str q0, [sp, #8]",
        "add sp, sp, #4\n ldp x0, x1, [sp]",
        "bl 1f\n exit 0\n1: str x30, [sp, #-8]!\n bl 2f\n ldr x30, [sp], #8\n ret\n2: ret",
        "mov x9, #300\n1: subs x9, x9, #1\n str x9, [sp, #-16]!\n b.ne 1b\n sub sp, sp, #8\n b 1b",
    ],
)
def test_a_misaligned_sp_is_a_bus_error(tmp_path: Path, code: str) -> None:
    result = run_guest(tmp_path, f"_main: {code}\n exit 7 {DATA}")
    assert result.signal == f.SIGBUS
    (report,) = result.reports
    assert "which is no multiple of 16, in a load or store by it: " in report[0]
    assert "EXC_ARM_SP_ALIGN at" in report[4]


@pytest.mark.parametrize(
    "code",
    [
        "sub sp, sp, #8\n add sp, sp, #8\n stp x0, x1, [sp, #-16]!",
        "sub sp, sp, #24\n sub sp, sp, #8\n str x0, [sp]",
        "str x0, [sp, #-8]!\n and x9, x9, x9\n mov x9, sp\n str x0, [x9]\n prfm pldl1keep, [sp]",
        "sub sp, sp, #4080\n str x0, [sp, #9]\n ldur q0, [sp, #3]",
        "sub sp, sp, #8\n ldr x0, 1f\n b 2f\n1: .quad 5\n2:",
    ],
)
def test_an_sp_that_is_misaligned_and_not_used_does_no_harm(tmp_path: Path, code: str) -> None:
    assert run_guest(tmp_path, f"_main: {code}\n exit 7 {DATA}").exit == 7


def test_dc_zva_clears_what_only_a_call_has_filled(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"A" * 0x4000)
    text = f"""
    _main:  mov x0, #0
            mov x1, #0x4000
            mov x2, #3
            mov x3, #0x1002
            mov x4, #-1
            mov x5, #0
            sys 197
            mov x19, x0
            la x0, name
            mov x1, #0
            sys 5
            mov x1, x19
            mov x2, #0x4000
            sys 3
            add x1, x19, #0x1000
            dc zva, x1
            add x1, x1, #70
            dc zva, x1
            ldrb w0, [x19, #0xfff]
            ldr x1, [x19, #0x1000]
            ldr x2, [x19, #0x1078]
            add x3, x19, #0x1000
            ldrb w3, [x3, #0x80]
            orr x1, x1, x2
            cmp x1, #0
            csel w0, w0, wzr, eq
            cmp w0, w3
            cset w0, eq
            sys 1
    {DATA}
    """
    assert run_guest(tmp_path, text).exit == 1


@pytest.mark.parametrize(
    ("code", "signal", "says"),
    [
        ("mov x1, #0\n dc zva, x1", f.SIGSEGV, "write to 0x0, where nothing is mapped"),
        ("adr x1, _main\n dc zva, x1", f.SIGBUS, "in __TEXT, which is r-x"),
    ],
)
def test_dc_zva_faults_like_a_store(tmp_path: Path, code: str, signal: int, says: str) -> None:
    result = run_guest(tmp_path, f"_main: {code}\n exit 7 {DATA}")
    assert result.signal == signal
    assert says in result.reports[0][0]


@pytest.mark.parametrize(
    "code",
    [
        "ldadd x0, x2, [x1]",
        "swpal w0, w2, [x1]",
        "mov x2, x3\n cas x2, x0, [x1]",
        "ldsmaxh w0, w2, [x1]",
    ],
)
def test_an_unaligned_atomic_works_inside_of_16_bytes(tmp_path: Path, code: str) -> None:
    text = f"""
    _main:  la x1, word
            add x1, x1, #3
            ldr x3, [x1]
            mov x0, #1
            {code}
            ldr x4, [x1]
            cmp x4, x3
            b.eq bad
            add x1, x1, #12         // crosses into the next 16
            {code}
    bad:    exit 7
    {DATA}
    """
    result = run_guest(tmp_path, text)
    assert result.signal == f.SIGBUS
    assert "f in an exclusive or atomic access: " in result.reports[0][0]


def test_the_fault_of_a_misaligned_atomic_has_the_address_of_the_data(tmp_path: Path) -> None:
    text = f"""
    _main:  mov x0, #10
            la x1, action
            mov x2, #0
            sys 46
            la x1, word
            add x19, x1, #13
            ldxr x0, [x19]
            exit 9
    handler:
            ldr w9, [x3, #8]        // si_code
            ldr x10, [x3, #24]      // si_addr
            cmp x10, x19
            cset w0, ne
            add w0, w0, w9
            sys 1
    {DATA}
            .p2align 3
    action: .quad handler, handler, 0x40 << 32
    """
    assert run_guest(tmp_path, text).exit == f.BUS_ADRALN


def test_dit_and_ssbs_keep_what_is_written(tmp_path: Path) -> None:
    text = """
    _main:  mrs x1, dit
            msr dit, #1
            mrs x2, dit
            msr dit, x1
            mrs x3, dit
            msr ssbs, #1
            mrs x4, ssbs
            lsr x2, x2, #24
            lsr x4, x4, #12
            add x0, x2, x4
            add x0, x0, x1
            add x0, x0, x3
            sys 1
    """
    assert run_guest(tmp_path, text).exit == 2


def test_the_counters_that_order_themselves_tell_the_same_time(tmp_path: Path) -> None:
    text = """
    _main:  mrs x1, cntvct_el0
            .long 0xd53be0c2        // mrs x2, cntvctss_el0
            .long 0xd53be0a3        // mrs x3, cntpctss_el0
            mrs x4, cntvct_el0
            cmp x1, x2
            ccmp x2, x4, #2, ls
            cset w0, ls
            cmp x2, x3
            cinc w0, w0, ls
            sys 1
    """
    assert run_guest(tmp_path, text).exit == 2


@pytest.mark.parametrize(
    ("between", "fails"),
    [
        ("nop", 0),
        ("ldr x3, [x1, #64]", 0),
        ("sys 20", 1),
        ("sys 9999", 1),
        ("sys 2\n cbz x1, 2f\n exit 0\n2: mov x0, #-1\n mov x1, #0\n mov x2, #0\n sys 7", 1),
        ("mov x0, #0\n mov x1, #0\n mov x2, #0\n mov x3, #0\n la x4, moment\n sys 93", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("load", ["ldxr x2, [x19]", "ldaxr x2, [x19]", "ldxp x2, x4, [x19]"])
def test_a_call_clears_the_exclusive_monitor(
    tmp_path: Path, load: str, between: str, fails: int
) -> None:
    store = "stxp w21, x2, x4, [x19]" if "xp" in load else "stxr w21, x2, [x19]"
    text = f"""
    _main:  la x19, word
            la x1, word
            mov x0, #12
            la x1, action
            mov x2, #0
            sys 46                  // SIGSYS: ignored
            la x1, word
            {load}
            mov x20, x2
            {between}
            mov x2, x20
            {store}
            mov w0, w21
            sys 1
    {DATA}
            .p2align 3
    moment: .quad 0, 1000
    action: .quad 1, 0, 0
    """
    assert run_guest(tmp_path, text).exit == fails


def test_the_child_of_a_fork_has_no_monitor_either(tmp_path: Path) -> None:
    text = f"""
    _main:  la x19, word
            ldxr x20, [x19]
            sys 2
            stxr w21, x20, [x19]
            cbnz x1, child
            mov x0, #-1
            la x1, word
            mov x2, #0
            mov x3, #0
            sys 7
            ldr w9, [x19]
            lsr w9, w9, #8
            add w0, w21, w9
            sys 1
    child:  mov w0, w21
            sys 1
    {DATA}
    """
    assert run_guest(tmp_path, text).exit == 2


@pytest.mark.parametrize(("feature", "value"), [("LSE2", 1), ("JSCVT", 1), ("DIT", 1), ("BF16", 0)])
def test_sysctl_says_which_features_there_are(tmp_path: Path, feature: str, value: int) -> None:
    text = f"""
    _main:  la x0, feature
            mov x1, #{len("hw.optional.arm.FEAT_") + len(feature)}
            la x2, answer
            la x3, size
            mov x4, #0
            mov x5, #0
            sys 274
            b.cs failed
            la x2, answer
            ldr w0, [x2]
            sys 1
    failed: exit 9
            .data
            .p2align 3
    answer: .quad -1
    size:   .quad 4
    feature: .asciz "hw.optional.arm.FEAT_{feature}"
    """
    assert run_guest(tmp_path, text).exit == value
