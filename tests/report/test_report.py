"""The report on a guest that crashed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emu.darwin import flags as f
from tests.guest import run_guest

DEEP = """
_main:  stp x29, x30, [sp, #-16]!
        mov x29, sp
        sys 20
        la x0, name
        mov x1, #0
        sys 5
        bl outer
        exit 0
outer:  stp x29, x30, [sp, #-16]!
        mov x29, sp
        bl inner
        ldp x29, x30, [sp], #16
        ret
inner:  mov x1, #0
        str x0, [x1, #24]
        ret
        .data
name:   .asciz "nope"
"""


def _report(tmp_path: Path, text: str) -> list[str]:
    (report,) = run_guest(tmp_path, text).reports
    return report


def test_the_report_has_the_sections_of_macos(tmp_path: Path) -> None:
    report = _report(tmp_path, DEEP)
    assert report[:5] == [
        "[pid 100] SIGSEGV: write to 0x18, where nothing is mapped (a null pointer)",
        "Process:          guest [100]",
        "Parent process:   [1]",
        "Exception type:   EXC_BAD_ACCESS (SIGSEGV)",
        "Exception codes:  KERN_INVALID_ADDRESS at 0x0000000000000018",
    ]
    text = "\n".join(report)
    for section in ("Backtrace", "Registers:", "Last calls:", "Memory regions around 0x18:"):
        assert section in text
    assert re.search(r"x1: 0x0{16}", text)
    assert "cpsr: " in text
    assert "0x18 is in no region: " in text


def test_the_backtrace_names_routines_and_source_lines(tmp_path: Path) -> None:
    report = _report(tmp_path, DEEP)
    at = report.index("Backtrace (by frame pointer):")
    frames = report[at + 1 : report.index("", at)]
    assert [re.sub(r"0x\w+ ", "", frame) for frame in frames] == [
        "0   <inner+4>  guest.s:31: str x0, [x1, #24]",
        "1   <outer+8>  guest.s:27: bl inner",
        "2   <_main+36>  guest.s:23: bl outer",
        "3   (the end of the program)",
    ]


def test_the_last_calls_are_shown_as_in_a_trace(tmp_path: Path) -> None:
    report = _report(tmp_path, DEEP)
    at = report.index("Last calls:")
    assert report[at + 1 : at + 3] == [
        "    getpid() = 100",
        '    open("nope", O_RDONLY) = -1 ENOENT',
    ]


def test_only_the_last_ten_calls_are_kept(tmp_path: Path) -> None:
    calls = "".join(f"mov x0, #{n}\n sys 6\n" for n in range(20, 32))
    report = _report(tmp_path, f"_main: {calls} brk #1")
    shown = [line.strip() for line in report if "close(" in line]
    assert shown == [f"close({n}) = -1 EBADF" for n in range(22, 32)]


@pytest.mark.parametrize(
    ("text", "title", "kind"),
    [
        ("adr x1, _main\n str x0, [x1]", "write to 0x1_ <_main> in __TEXT, which is r-x",
         "KERN_PROTECTION_FAILURE"),
        ("mov x1, #0x40000\n ldr q0, [x1]", "read from 0x40000, where nothing is mapped",
         "KERN_INVALID_ADDRESS"),
        ("mov x1, #0x40000\n ldp x2, x3, [x1]", "read from 0x40000", "EXC_BAD_ACCESS"),
        ("mov x1, #0x40000\n stp x2, x3, [x1]", "write to 0x40000", "EXC_BAD_ACCESS"),
        ("mov x1, #0x40000\n ldaxr x2, [x1]", "read from 0x40000", "EXC_BAD_ACCESS"),
        ("mov x1, #0x40000\n br x1", "jump to 0x40000, where nothing is mapped",
         "KERN_INVALID_ADDRESS"),
        ("la x1, word\n br x1\n .data\nword: .quad 0", "0x1_ <word> in __DATA, which is rw-",
         "KERN_PROTECTION_FAILURE"),
        ("1: str x0, [sp, #-16]!\n b 1b", "(the stack has overflowed)", "KERN_INVALID_ADDRESS"),
        ("brk #1", "brk at 0x1_", "EXC_BREAKPOINT"),
        ("nop", "undefined instruction udf #0 (0x00000000 at 0x1_); is an exit or a ret missing",
         "EXC_BAD_INSTRUCTION"),
        (".long 1", "undefined instruction udf #1 (0x00000001 at 0x1_)", "EXC_BAD_INSTRUCTION"),
        ("mov x16, #9999\n svc #0x80", "SIGSYS: there is no system call 9999",
         "EXC_CRASH (SIGSYS)"),
        ("sys 161", "SIGSYS: system call getfh (161) is not implemented", "EXC_CRASH (SIGSYS)"),
        ("sys 20\n mov x1, #6\n mov x2, #1\n sys 37", "SIGABRT: sent by itself with kill",
         "EXC_CRASH (SIGABRT)"),
    ],
)  # fmt: skip
def test_why(tmp_path: Path, text: str, title: str, kind: str) -> None:
    report = _report(tmp_path, f"_main: {text}")
    assert title in re.sub(r"0x1\w{8}\b", "0x1_", report[0])
    assert kind in "\n".join(report[:5])


def test_a_damaged_chain_of_frames_ends(tmp_path: Path) -> None:
    circle = "_main: stp x29, x30, [sp, #-16]!\n mov x29, sp\n str x29, [sp]\n brk #1"
    assert len(_report(tmp_path, circle)) < 60
    wild = "_main: mov x29, #0x1238\n lsl x29, x29, #20\n brk #1"
    assert len(_report(tmp_path, wild)) < 60


def test_the_arrow_points_at_the_region(tmp_path: Path) -> None:
    report = _report(tmp_path, "_main: adr x1, _main\n str x0, [x1]")
    (arrow,) = [line for line in report if "--->" in line]
    assert "__TEXT" in arrow
    assert "r-x" in arrow


def test_a_call_of_seven_arguments_is_among_the_last_calls(tmp_path: Path) -> None:
    text = "_main: mov x0, #-1\n mov x2, #-1\n sys 369\n mov x1, #0\n str x0, [x1]\n"
    report = _report(tmp_path, text)
    at = report.index("Last calls:")
    assert report[at + 1].startswith("    kevent64(-1, ")
    assert report[at + 1].endswith(" = -1 EBADF")


HANDLER = """
        .data
        .p2align 3
action: .quad handler, handler
        .long 0, FLAGS
stack:  .quad 0, 0x4000
        .long 0, 0
"""


def test_a_crash_inside_of_a_handler_says_so(tmp_path: Path) -> None:
    text = """
    _main:  mov x0, #11
            la x1, action
            mov x2, #0
            sys 46
            mov x1, #0
            ldr x1, [x1]
    handler:
            mov x1, #8
            ldr x1, [x1]
    """
    title = _report(tmp_path, text + HANDLER.replace("FLAGS", "0"))[0]
    assert "read from 0x8, where nothing is mapped (a null pointer)" in title
    assert title.endswith("; SIGSEGV is blocked, as in its handler, so none is called")


def test_the_end_of_the_alternate_stack_is_named(tmp_path: Path) -> None:
    text = """
    _main:  mov x0, #0
            mov x1, #0x4000
            mov x2, #3
            mov x3, #0x1002
            mov x4, #-1
            mov x5, #0
            sys 197
            la x9, stack
            str x0, [x9]
            mov x0, x9
            mov x1, #0
            sys 53
            mov x0, #11
            la x1, action
            mov x2, #0
            sys 46
            mov x1, #0
            ldr x1, [x1]
    handler:
            str x0, [sp, #-16]!
            b handler
    """
    title = _report(tmp_path, text + HANDLER.replace("FLAGS", "1"))[0]
    assert "(the alternate signal stack has overflowed)" in title


def test_a_return_to_nowhere_names_x30(tmp_path: Path) -> None:
    report = _report(tmp_path, "_main: mov x30, #0x4141\n movk x30, #0x4141, lsl #16\n ret")
    assert "jump to 0x41414141, where nothing is mapped (x30 holds it, so by ret)" in report[0]


def test_a_tagged_pointer_is_shown_as_the_register_has_it(tmp_path: Path) -> None:
    report = _report(tmp_path, "_main: ldr x0, 1f\n str x1, [x0, #8]\n1: .quad 0x4847464544434241")
    assert "write to 0x47464544434249, where nothing is mapped" in report[0]
    assert "(x0 is 0x4847464544434241: the top byte does not count)" in report[0]


def test_a_write_to_read_only_data_names_its_label(tmp_path: Path) -> None:
    text = '_main: la x1, word\n strb w0, [x1, #1]\n.section __TEXT,__const\nword: .asciz "a"'
    assert re.search(
        r"write to 0x1\w{8} <word\+1> in __TEXT, which is r-x", _report(tmp_path, text)[0]
    )


def test_frames_of_a_recursion_are_shown_once(tmp_path: Path) -> None:
    text = "_main: stp x29, x30, [sp, #-16]!\n mov x29, sp\n bl _main"
    report = _report(tmp_path, text)
    assert sum("<_main+8>" in line for line in report) == 1
    assert "    the same over and over" in report


def test_frames_of_a_short_recursion_are_counted(tmp_path: Path) -> None:
    text = """
    _main:  stp x29, x30, [sp, #-16]!
            mov x29, sp
            mov x0, #5
            bl down
            exit 0
    down:   stp x29, x30, [sp, #-16]!
            mov x29, sp
            cbz x0, 1f
            sub x0, x0, #1
            bl down
    1:      brk #1
    """
    report = _report(tmp_path, text)
    assert "    the same 4 times more" in report
    assert sum("<down+16>" in line for line in report) == 1


def test_behind_a_call_the_backtrace_shows_the_svc(tmp_path: Path) -> None:
    report = _report(tmp_path, "_main: sys 20\n mov x1, #6\n sys 37\n exit 0")
    at = report.index("Backtrace (by frame pointer):")
    assert report[at + 1].endswith(": sys 37")


def test_a_fault_behind_a_call_is_not_taken_for_the_calls(tmp_path: Path) -> None:
    report = _report(tmp_path, "_main: sys 20\n ldr x2, [x1]\n exit 0")
    at = report.index("Backtrace (by frame pointer):")
    assert report[at + 1].endswith(": ldr x2, [x1]")


def test_a_stack_without_room_for_a_handlers_frame_is_named(tmp_path: Path) -> None:
    text = """
    _main:  mov x0, #30
            la x1, action
            mov x2, #0
            sys 46
            sys 20
            mov x9, #64
            mov sp, x9
            mov x1, #30
            sys 37
            exit 0
    handler: ret
            .data
            .p2align 3
    action: .quad handler, handler, 0
    """
    result = run_guest(tmp_path, text)
    assert result.signal == f.SIGILL
    assert "the stack has no room for the frame of a signal's handler" in result.reports[0][0]
