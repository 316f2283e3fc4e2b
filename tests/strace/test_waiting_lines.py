"""Golden lines of select, poll, kevent, sysctl, execve and the Mach traps."""

from __future__ import annotations

from pathlib import Path

import pytest

from emu.asm import assemble_text, imagefile
from emu.darwin import flags as f
from tests.guest import PRELUDE
from tests.strace.tracing import trace

PAIR = """
_main:  la x3, pair
        mov x0, #1
        mov x1, #1
        mov x2, #0
        sys 135
        mov x0, #4
        la x1, word
        mov x2, #2
        sys 4
"""
DATA = """
        .data
        .p2align 4
pair:   .space 8
word:   .ascii "hi"
        .p2align 4
"""


def test_poll_and_select_show_what_they_found(tmp_path: Path) -> None:
    text = f"""{PAIR}
        la x0, polls
        mov x1, #2
        mov x2, #-1
        sys 230
        mov x0, #5
        la x1, bits
        la x2, bits2
        mov x3, #0
        la x4, zero
        sys 93
        exit 0
        {DATA}
polls:  .long 3
        .short 5, 0
        .long 99
        .short 1, 0
bits:   .long 0x8, 0
bits2:  .long 0x18, 0
zero:   .quad 0, 0
    """
    lines = trace(tmp_path, text, selection="poll,select")
    assert lines[:2] == [
        (
            "[pid 100] poll([{fd=3, events=POLLIN|POLLOUT}, {fd=99, events=POLLIN}], 2, -1) = 2 "
            "([{fd=3, revents=POLLIN|POLLOUT}, {fd=99, revents=POLLNVAL}])"
        ),
        "[pid 100] select(5, [3], [3 4], NULL, {tv_sec=0, tv_usec=0}) = 3 (in [3], out [3 4])",
    ]


def test_kevent(tmp_path: Path) -> None:
    text = f"""{PAIR}
        sys 362
        mov x1, x0
        la x1, change
        mov w2, #1
        la x3, events
        mov w4, #4
        mov x5, #0
        sys 363
        exit 0
        {DATA}
change: .quad 3
        .short {f.EVFILT_READ}, {f.EV_ADD | f.EV_ONESHOT}
        .long 0
        .quad 0, 7
events: .space 256
    """
    lines = trace(tmp_path, text, selection="kqueue,kevent")
    assert lines[:2] == [
        "[pid 100] kqueue() = 5",
        (
            "[pid 100] kevent(5, [{ident=3, filter=EVFILT_READ, flags=EV_ADD|EV_ONESHOT, fflags=0, "
            "data=0, udata=0x7}], 1, [{ident=3, filter=EVFILT_READ, flags=EV_ONESHOT, "
            "fflags=0, data=2, udata=0x7}], 4, NULL) = 1"
        ),
    ]


def test_sysctl(tmp_path: Path) -> None:
    text = """
    _main:  la x0, oid
            mov w1, #2
            la x2, buffer
            la x3, size
            mov x4, #0
            mov x5, #0
            sys 202
            exit 0
            .data
            .p2align 3
    size:   .quad 32
    oid:    .long 1, 1
    buffer: .space 32
    """
    first = trace(tmp_path, text)[0]
    assert first == r'[pid 100] sysctl([1.1], 2, "Darwin\0", [7], NULL, 0) = 0'


def test_execve_shows_what_it_was_given_and_the_new_program_goes_on(tmp_path: Path) -> None:
    program = assemble_text(PRELUDE + "_main: sys 20\n exit 5", "second.s")
    (tmp_path / "second").write_bytes(imagefile.dump(program))
    (tmp_path / "second").chmod(0o755)
    text = """
    _main:  la x0, path
            la x1, argv
            mov x2, #0
            sys 59
            brk #1
            .data
            .p2align 3
    argv:   .quad path, word, 0
    path:   .asciz "second"
    word:   .asciz "a b"
    """
    assert trace(tmp_path, text) == [
        '[pid 100] execve("second", ["second", "a b"], NULL) = 0',
        "[pid 100] getpid() = 100",
        "[pid 100] exit(5) = ?",
        "[pid 100] +++ exited with 5 +++",
    ]


def test_a_missing_program_fails(tmp_path: Path) -> None:
    text = '_main: adr x0, 1f\n mov x1, #0\n mov x2, #0\n sys 59\n exit 0\n1: .asciz "none"'
    first = trace(tmp_path, text)[0]
    assert first == '[pid 100] execve("none", NULL, NULL) = -1 ENOENT (No such file or directory)'


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (-28, "[pid 100] task_self_trap() = "),
        (-96, "[pid 100] debug_control_port_for_pid() = 4 (KERN_INVALID_ARGUMENT)"),
    ],
)
def test_mach_traps(tmp_path: Path, number: int, line: str) -> None:
    text = f"_main: mov x16, #{number}\n svc #0x80\n exit 0"
    assert trace(tmp_path, text)[0].startswith(line)


def test_mmap_is_an_address_and_umask_is_octal(tmp_path: Path) -> None:
    text = """
    _main:  mov x0, #0
            mov x1, #0x4000
            mov x2, #3
            mov x3, #0x1002
            mov x4, #-1
            mov x5, #0
            sys 197
            mov x1, #0x4000
            sys 73
            mov x0, #7
            sys 60
            exit 0
    """
    assert trace(tmp_path, text)[:3] == [
        (
            "[pid 100] mmap(NULL, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANON, -1, 0) = "
            "0x300000000"
        ),
        "[pid 100] munmap(0x300000000, 16384) = 0",
        "[pid 100] umask(0007) = 0022",
    ]
