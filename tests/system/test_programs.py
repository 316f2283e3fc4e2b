"""Small guest programs: processes, signals, faults, limits, as their authors would see them."""

from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.errno import ENOSYS
from emu.kernel.process import Limits
from tests.guest import run_guest

#: Prints one byte from w0 on stdout and keeps x0-x15.
PUTC = """
putc:   stp x0, x1, [sp, #-32]!
        str x2, [sp, #16]
        mov x1, sp
        mov x0, #1
        mov x2, #1
        sys 4
        ldr x2, [sp, #16]
        ldp x0, x1, [sp], #32
        ret
"""


def test_returning_from_main_exits_with_x0(tmp_path: Path) -> None:
    assert run_guest(tmp_path, "_main: mov x0, #7\n ret").exit == 7


def test_the_exit_code_is_eight_bits(tmp_path: Path) -> None:
    assert run_guest(tmp_path, "_main: mov x0, #0x1ff\n sys 1").exit == 0xFF


def test_arguments_come_in_registers_and_on_the_stack(tmp_path: Path) -> None:
    text = """
    _main:  ldr x9, [sp]            // argc stands at sp too
            cmp x9, x0
            b.ne 1f
            ldr x1, [x1, #8]        // argv[1]
            ldrb w0, [x1, #1]
            ret
    1:      exit 1
    """
    assert run_guest(tmp_path, text, argv=("guest", "xyz")).exit == ord("y")


def test_fork_tells_parent_and_child_apart_by_x1(tmp_path: Path) -> None:
    text = f"""
    _main:  sys 2
            b.cs 2f
            cbnz x1, 1f
            mov x19, x0             // parent: the child's pid
            mov x1, sp
            sub x1, x1, #64
            mov x20, x1
            mov x2, #0
            mov x3, #0
            sys 7
            cmp x0, x19
            b.ne 2f
            ldr w0, [x20]
            lsr w0, w0, #8
            sys 1
    1:      mov x19, x0             // child: its own pid
            sys 20
            cmp x0, x19
            b.ne 2f
            exit 42
    2:      exit 1
    {PUTC}"""
    assert run_guest(tmp_path, text).exit == 42


def test_memory_after_fork_is_separate(tmp_path: Path) -> None:
    text = """
    _main:  la x19, word
            mov w9, #1
            str w9, [x19]
            sys 2
            cbnz x1, 1f
            mov x0, #-1
            mov x1, #0
            mov x2, #0
            mov x3, #0
            sys 7
            ldr w0, [x19]           // still 1
            sys 1
    1:      mov w9, #99
            str w9, [x19]
            exit 0
    .data
    word:   .long 0
    """
    assert run_guest(tmp_path, text).exit == 1


def test_a_call_changes_no_register_but_x0_and_x1(tmp_path: Path) -> None:
    setup = "\n".join(f"mov x{n}, #{100 + n}" for n in range(2, 29) if n != 16)
    check = "\n".join(f"cmp x{n}, #{100 + n}\n b.ne bad" for n in range(2, 29) if n != 16)
    text = f"""
    _main:  {setup}
            mov x1, #77
            sys 20
            b.cs bad
            cbnz x1, bad
            {check}
            exit 0
    bad:    exit 1
    """
    assert run_guest(tmp_path, text).exit == 0


def test_an_error_sets_the_carry_and_leaves_errno_in_x0(tmp_path: Path) -> None:
    text = """
    _main:  mov x0, #99
            sys 6
            b.cc 1f
            sys 1                   // exit(errno)
    1:      exit 0
    """
    assert run_guest(tmp_path, text).exit == 9


def test_indirect_calls_take_the_number_from_x0(tmp_path: Path) -> None:
    assert run_guest(tmp_path, "_main: mov x0, #1\n mov x1, #5\n mov x16, #0\n svc #0").exit == 5


HANDLER = """
        // sigaction(x20, handler with flags x21)
install:
        la x9, action
        la x10, handler
        str x10, [x9]
        la x10, trampoline
        str x10, [x9, #8]
        str wzr, [x9, #16]
        str w21, [x9, #20]
        mov x0, x20
        mov x1, x9
        mov x2, #0
        sys 46
        ret
trampoline:                         // x0 handler, x1 style, x2 signal, x3 info, x4 context
        mov x19, x4
        mov x9, x0
        mov x0, x2
        blr x9
        mov x0, x19
        mov x1, #30
        mov x2, #0
        sys 184
        brk #1
        .data
        .p2align 3
action: .space 24
count:  .quad 0
        .text
"""
COUNTING = """
handler:
        la x9, count
        ldr x10, [x9]
        add x10, x10, #1
        str x10, [x9]
        ret
"""


def test_a_handler_runs_and_everything_comes_back(tmp_path: Path) -> None:
    setup = "\n".join(f"mov x{n}, #{200 + n}" for n in range(3, 16))
    check = "\n".join(f"cmp x{n}, #{200 + n}\n b.ne bad" for n in range(3, 16))
    text = f"""
    _main:  mov x20, #{f.SIGUSR1}
            mov x21, #0
            bl install
            sys 20
            mov x1, #{f.SIGUSR1}
            mov x2, #1
            fmov d8, #1.5
            {setup}
            sys 37                  // kill(getpid(), SIGUSR1)
            {check}
            fmov d9, #1.5
            fcmp d8, d9
            b.ne bad
            la x9, count
            ldr x0, [x9]
            sys 1
    bad:    exit 99
    {HANDLER}{COUNTING}"""
    assert run_guest(tmp_path, text).exit == 1


@pytest.mark.parametrize(("flags", "outcome"), [(0, 4), (f.SA_RESTART, 77)])
def test_a_signal_interrupts_or_restarts_a_blocked_read(
    tmp_path: Path, flags: int, outcome: int
) -> None:
    """The alarm comes while accept waits; with SA_RESTART a second alarm's handler exits 77."""
    text = f"""
    _main:  mov x20, #{f.SIGALRM}
            mov x21, #{flags}
            bl install
            mov x0, #2
            mov x1, #1
            mov x2, #0
            sys 97
            mov x22, x0
            mov x1, #1
            sys 106
            mov x0, #0
            la x1, timer
            mov x2, #0
            sys 83
            mov x0, x22
            mov x1, #0
            mov x2, #0
            sys 30
            b.cs 1f
            exit 98
    1:      sys 1                   // exit(errno)
    {HANDLER}
    handler:
            la x9, count
            ldr x10, [x9]
            add x10, x10, #1
            str x10, [x9]
            cmp x10, #2
            b.eq 2f
            ret
    2:      exit 77
            .data
            .p2align 3
    timer:  .quad 0
            .long 30000, 0
            .quad 0
            .long 20000, 0
    """
    assert run_guest(tmp_path, text, hourglass=True).exit == outcome


def test_an_unhandled_signal_ends_the_process_with_its_number(tmp_path: Path) -> None:
    result = run_guest(
        tmp_path, f"_main: sys 20\n mov x1, #{f.SIGTERM}\n mov x2, #1\n sys 37\n ret"
    )
    assert result.signal == f.SIGTERM
    assert result.reports == []


@pytest.mark.parametrize(
    ("text", "signal", "says"),
    [
        ("_main: mov x1, #0x40\n ldr x0, [x1]", f.SIGSEGV, "0x40, where nothing is mapped"),
        ("_main: adr x1, _main\n str x0, [x1]", f.SIGBUS, "which is r-x"),
        ("_main: brk #3", f.SIGTRAP, "brk at"),
        ("_main: .long 0", f.SIGILL, "undefined instruction"),
        ("_main: mov x0, #16\n br x0", f.SIGSEGV, "0x10, where nothing is mapped"),
        ("_main: str x0, [sp, #-16]!\n b _main", f.SIGSEGV, "where nothing is mapped"),
    ],
)
def test_a_fault_ends_the_guest_with_a_report(
    tmp_path: Path, text: str, signal: int, says: str
) -> None:
    result = run_guest(tmp_path, text)
    assert result.signal == signal
    (report,) = result.reports
    assert says in report[0]
    assert any("_main" in line or "0x10 (not mapped)" in line for line in report)


def test_a_faulting_child_leaves_its_parent_alone(tmp_path: Path) -> None:
    text = """
    _main:  sys 2
            cbnz x1, 1f
            mov x0, #-1
            sub x1, sp, #64
            mov x20, x1
            mov x2, #0
            mov x3, #0
            sys 7
            ldr w0, [x20]
            sys 1
    1:      ldr x0, [xzr, x0]
    """
    text = text.replace("ldr x0, [xzr, x0]", "mov x1, #0\n ldr x0, [x1]")
    assert run_guest(tmp_path, text).exit == f.SIGSEGV


def test_a_caught_fault_runs_the_handler(tmp_path: Path) -> None:
    text = f"""
    _main:  mov x20, #{f.SIGSEGV}
            mov x21, #0
            bl install
            mov x1, #0
            ldr x0, [x1]
            exit 1
    {HANDLER}
    handler: exit 55
    """
    assert run_guest(tmp_path, text).exit == 55


def test_forking_without_end_is_eagain_at_the_limit(tmp_path: Path) -> None:
    text = """
    _main:  mov x19, #0
    1:      sys 2
            b.cs 2f
            cbnz x1, 3f
            add x19, x19, #1
            b 1b
    2:      cmp x0, #35
            b.ne 4f
            mov x0, #0              // every child waits for SIGKILL
            mov x1, #9
            mov x21, x19
            mov x0, x21
            sys 1
    3:      sys 39                  // spin until the parent is gone
            cmp x0, #1
            b.ne 3b
            exit 0
    4:      exit 99
    """
    assert run_guest(tmp_path, text, limits=Limits(processes=10)).exit == 9


def test_opening_without_end_is_emfile(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    text = """
    _main:  la x0, name
            mov x1, #0
            sys 5
            b.cc _main
            sys 1
    .cstring
    name:   .asciz "file"
    """
    assert run_guest(tmp_path, text).exit == 24


def test_an_endless_loop_does_not_stop_the_others(tmp_path: Path) -> None:
    text = """
    _main:  sys 2
            cbnz x1, 1f
            mov x19, x0
            mov x20, #2000
    2:      sys 20                  // two thousand calls while the child loops
            subs x20, x20, #1
            b.ne 2b
            mov x0, x19
            mov x1, #9
            mov x2, #1
            sys 37
            mov x0, x19
            mov x1, #0
            mov x2, #0
            mov x3, #0
            sys 7
            exit 0
    1:      b 1b
    """
    assert run_guest(tmp_path, text).exit == 0


MISSING = """
_main:  mov x0, #SIGSYS
        la x1, action
        mov x2, #0
        sys 46
        mov x19, #3
1:      mov x16, #NUMBER
        svc #0x80
        subs x19, x19, #1
        b.ne 1b
        b.cc 2f
        la x9, caught
        ldr w10, [x9]
        add x0, x0, x10
        sys 1                       // exit(ENOSYS + what the handler has counted)
2:      exit 99
tramp:  la x9, caught
        ldr w10, [x9]
        add w10, w10, w2
        str w10, [x9]
        mov x0, x4
        mov x1, x2
        sys 184
.data
.p2align 3
action: .quad HANDLER, tramp
        .long 0, 0
caught: .long 0
"""


@pytest.mark.parametrize(("number", "name"), [(161, "getfh (161)"), (9999, "number 9999")])
def test_a_call_that_is_missing_ends_a_program_that_says_nothing_of_sigsys(
    tmp_path: Path, number: int, name: str
) -> None:
    result = run_guest(tmp_path, f"_main: mov x16, #{number}\n svc #0x80\n exit 0")
    assert result.signal == f.SIGSYS
    (warning,) = result.warnings
    assert f"system call {name} at 0x" in warning
    assert str(number) in result.reports[0][0]


@pytest.mark.parametrize(("handler", "caught"), [(f.SIG_IGN, 0), (0x1000, 3 * f.SIGSYS)])
@pytest.mark.parametrize("number", [161, 9999])
def test_who_ignores_or_handles_sigsys_sees_enosys_and_one_warning(
    tmp_path: Path, number: int, handler: int, caught: int
) -> None:
    values = {"SIGSYS": f.SIGSYS, "NUMBER": number, "HANDLER": handler}
    text = MISSING
    for word, value in values.items():
        text = text.replace(word, str(value))
    result = run_guest(tmp_path, text)
    assert result.exit == ENOSYS + caught
    assert len(result.warnings) == 1


def test_the_outside_interrupts_a_guest_that_computes(tmp_path: Path) -> None:
    def interrupt(system: object) -> None:
        system.interrupt(f.SIGINT)  # type: ignore[attr-defined]

    assert run_guest(tmp_path, "_main: b _main", meanwhile=interrupt).signal == f.SIGINT


def test_sigchld_reaches_a_waiting_parent_and_nocldwait_reaps(tmp_path: Path) -> None:
    text = f"""
    _main:  mov x20, #{f.SIGCHLD}
            mov x21, #{f.SA_NOCLDWAIT}
            bl install
            sys 2
            cbnz x1, 1f
            mov x0, #-1
            mov x1, #0
            mov x2, #0
            mov x3, #0
            sys 7                   // interrupted by SIGCHLD, or no child is left
            mov x0, #-1
            mov x1, #0
            mov x2, #0
            mov x3, #0
            sys 7
            cmp x0, #10             // ECHILD
            b.ne 2f
            la x9, count
            ldr x0, [x9]
            sys 1
    1:      exit 3
    2:      exit 99
    {HANDLER}{COUNTING}"""
    assert run_guest(tmp_path, text).exit == 1


def test_sixteen_megabytes_written_page_by_page(tmp_path: Path) -> None:
    text = """
    _main:  la x1, big
            mov x2, #1024
    1:      str x2, [x1]
            add x1, x1, #0x4, lsl #12
            subs x2, x2, #1
            b.ne 1b
            la x1, big
            ldr x0, [x1]
            lsr x0, x0, #3
            sys 1
    .zerofill __DATA,__bss,big,0x1000000,14
    """
    result = run_guest(tmp_path, text)
    assert result.exit == 1024 >> 3
    assert result.system.counters.faults < 60
