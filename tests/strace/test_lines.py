"""Golden lines: what a user of strace expects to read."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from emu.darwin import flags as f
from tests.strace.tracing import trace

NOENT = "-1 ENOENT (No such file or directory)"
FILES = """
_main:  la x0, name
        mov x1, #0
        movk x1, #0x2000, lsl #16
        sys 5
        mov x19, x0
        la x1, buf
        mov x2, #100
        sys 3
        mov x2, x0
        mov x0, #1
        la x1, buf
        sys 4
        mov x0, x19
        la x1, buf
        sys 339
        la x0, nope
        mov x1, #0x201
        mov x2, #0x1a4
        sys 5
        mov x0, x19
        mov x1, #3
        sys 92
        mov x0, x19
        mov x1, #-4
        mov x2, #2
        sys 199
        mov x0, #99
        sys 399
        exit 3
        .data
name:   .asciz "index.html"
nope:   .asciz "nope/x\\n"
buf:    .space 200
"""


def test_files_flags_structs_and_errors(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<h1 class="a">it\'s\n')
    assert trace(tmp_path, FILES) == [
        '[pid 100] open("index.html", O_RDONLY|O_NOFOLLOW_ANY) = 3',
        r'[pid 100] read(3, "<h1 class=\"a\">it' + r"'s\n" + '", 100) = 19',
        r'[pid 100] write(1, "<h1 class=\"a\">it' + r"'s\n" + '", 19) = 19',
        "[pid 100] fstat64(3, {st_mode=S_IFREG|0644, st_size=19, st_ino=1, ...}) = 0",
        r'[pid 100] open("nope/x\n", O_WRONLY|O_CREAT, 0644) = ' + NOENT,
        "[pid 100] fcntl(3, F_GETFL) = 0x0 (O_RDONLY)",
        "[pid 100] lseek(3, -4, SEEK_END) = 15",
        "[pid 100] close_nocancel(99) = -1 EBADF (Bad file descriptor)",
        "[pid 100] exit(3) = ?",
        "[pid 100] +++ exited with 3 +++",
    ]


def test_strings_are_cut_at_the_size(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_bytes(b"\x00\x01abc\xff" * 20)
    lines = trace(tmp_path, FILES, size=6, selection="read")
    assert lines[0] == r'[pid 100] read(3, "\0\001abc\377"..., 100) = 100'


FORK = """
_main:  la x0, pair
        mov x3, x0
        mov x0, #1
        mov x1, #1
        mov x2, #0
        sys 135
        sys 2
        cbnz x1, child
        la x9, pair
        ldr w0, [x9]
        la x1, buf
        mov x2, #8
        sys 3
        mov x0, #-1
        la x1, buf
        mov x2, #0
        mov x3, #0
        sys 7
        exit 0
child:  sys 20
        la x9, pair
        ldr w0, [x9, #4]
        la x1, word
        mov x2, #2
        sys 4
        sys 20
        mov x1, #9
        mov x2, #1
        sys 37
        .data
        .p2align 3
pair:   .space 8
buf:    .space 16
word:   .ascii "hi"
"""


def test_children_are_followed(tmp_path: Path) -> None:
    assert trace(tmp_path, FORK) == [
        "[pid 100] socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0",
        "[pid 100] fork() = 101",
        "[pid 101] +++ forked by 100 +++",
        "[pid 101] getpid() = 101",
        '[pid 101] write(4, "hi", 2) = 2',
        "[pid 101] getpid() = 101",
        "[pid 101] kill(101, SIGKILL, 1) = 0",
        "[pid 101] --- SIGKILL {si_signo=SIGKILL, si_code=SI_USER, si_pid=101, si_uid=501} ---",
        "[pid 101] +++ killed by SIGKILL +++",
        '[pid 100] read(3, "hi", 8) = 2',
        "[pid 100] wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0, NULL) = 101",
        "[pid 100] exit(0) = ?",
        "[pid 100] +++ exited with 0 +++",
    ]


TURNS = """
_main:  la x3, pair
        mov x0, #1
        mov x1, #1
        mov x2, #0
        sys 135
        sys 2
        cbnz x1, child
        la x9, pair
        ldr w0, [x9]
        la x1, buf
        mov x2, #8
        sys 3               // the child has not written yet
        exit 0
child:  la x9, pair
        ldr w0, [x9, #4]
        mov x19, x0
        mov x0, #0          // poll nothing for 30 ms: the parent runs
        mov x1, #0
        mov x2, #30
        sys 230
        mov x0, x19
        la x1, word
        mov x2, #2
        sys 4
        exit 7
        .data
        .p2align 3
pair:   .space 8
buf:    .space 16
word:   .ascii "hi"
"""


def test_unfinished_and_resumed(tmp_path: Path) -> None:
    lines = trace(tmp_path, TURNS)
    assert lines[3:8] == [
        "[pid 100] read(3, <unfinished ...>",
        "[pid 101] poll(NULL, 0, 30) = 0",
        '[pid 101] write(4, "hi", 2) = 2',
        "[pid 101] exit(7) = ?",
        "[pid 101] +++ exited with 7 +++",
    ]
    assert '[pid 100] <... read resumed>"hi", 8) = 2' in lines


def test_a_wait_that_nothing_cuts_is_one_line(tmp_path: Path) -> None:
    text = "_main: mov x0, #0\n mov x1, #0\n mov x2, #5\n sys 230\n exit 0"
    assert trace(tmp_path, text)[0] == "[pid 100] poll(NULL, 0, 5) = 0"


TIMER = f"""
_main:  mov x0, #{f.SIGALRM}
        la x1, action
        mov x2, #0
        sys 46
        mov x0, #0
        la x1, timer
        mov x2, #0
        sys 83
        la x3, pair
        mov x0, #1
        mov x1, #1
        mov x2, #0
        sys 135
        ldr w0, [x3]
        la x9, pair
        ldr w0, [x9]
        la x1, buf
        mov x2, #8
        sys 3
        exit 0
caught: la x9, pair
        ldr w0, [x9, #4]
        mov x19, x4
        la x1, word
        mov x2, #1
        sys 4
        mov x0, x19
        mov x1, #0x1e
        sys 184
        .data
        .p2align 3
action: .quad caught, caught
        .long 0, FLAGS
timer:  .quad 0
        .long 0, 0
        .quad 0
        .long 20000, 0
pair:   .space 8
buf:    .space 16
word:   .ascii "!"
"""


@pytest.mark.parametrize(
    ("flags", "read", "shown"),
    [
        (0, "-1 EINTR (Interrupted system call)", "0"),
        (f.SA_RESTART, "? ERESTART (to be run again after the signal's handler)", "SA_RESTART"),
    ],
)
def test_signals_and_the_calls_that_they_interrupt(
    tmp_path: Path, flags: int, read: str, shown: str
) -> None:
    lines = trace(tmp_path, TIMER.replace("FLAGS", str(flags)))
    handler = re.search(r"0x[0-9a-f]+", lines[0])
    assert handler
    assert lines[0] == (
        f"[pid 100] sigaction(SIGALRM, {{sa_handler={handler[0]}, sa_mask=[], sa_flags={shown}}}, "
        "NULL) = 0"
    )
    assert lines[1] == (
        "[pid 100] setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, "
        "it_value={tv_sec=0, tv_usec=20000}}, NULL) = 0"
    )
    at = next(i for i, line in enumerate(lines) if " read(" in line)
    assert re.fullmatch(rf"\[pid 100\] read\(3(, 0x[0-9a-f]+, 8)?\) = {re.escape(read)}", lines[at])
    assert lines[at + 1] == "[pid 100] --- SIGALRM {si_signo=SIGALRM, si_code=SI_USER} ---"
    assert lines[at + 2] == '[pid 100] write(4, "!", 1) = 1'
    assert re.fullmatch(r"\[pid 100\] sigreturn\(0x[0-9a-f]+, 30, .*\) = \?", lines[at + 3])
    if flags:
        assert lines[at + 4] == '[pid 100] read(3, "!", 8) = 1'


def test_a_fault_says_where(tmp_path: Path) -> None:
    assert trace(tmp_path, "_main: mov x1, #16\n ldr x0, [x1]") == [
        "[pid 100] --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---",
        "[pid 100] +++ killed by SIGSEGV +++",
    ]


def test_a_process_that_is_killed_while_it_waits(tmp_path: Path) -> None:
    text = """
    _main:  sys 2
            cbnz x1, child
            mov x1, #15
            mov x2, #1
            mov x19, x0
            mov x0, #0
            mov x1, #0
            mov x2, #20
            sys 230
            mov x0, x19
            mov x1, #15
            mov x2, #1
            sys 37
            mov x0, #-1
            mov x1, #0
            mov x2, #0
            mov x3, #0
            sys 7
            exit 0
    child:  mov x0, #0
            sys 111
    """
    lines = trace(tmp_path, text)
    assert "[pid 101] sigsuspend([] <unfinished ...>" in lines
    at = lines.index("[pid 101] <... sigsuspend resumed>) = ?")
    assert lines[at + 1] == (
        "[pid 101] --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=100, si_uid=501} ---"
    )
    assert lines[at + 2] == "[pid 101] +++ killed by SIGTERM +++"


def test_calls_without_a_handler_are_shown_by_xnus_signature(tmp_path: Path) -> None:
    text = f"""
    _main:  mov x0, #{f.SIGSYS}
            la x1, action
            mov x2, #0
            sys 46
            la x0, name
            mov x1, #8
            sys 161
            mov x16, #9999
            svc #0x80
            exit 0
    .data
    action: .quad {f.SIG_IGN}, 0, 0
    name:   .asciz "x"
    """
    _, *lines, _, _ = trace(tmp_path, text)
    assert lines == [
        '[pid 100] getfh("x", 0x8) = -1 ENOSYS (Function not implemented)',
        "[pid 100] syscall_9999() = -1 ENOSYS (Function not implemented)",
    ]


def test_bad_pointers_are_shown_as_numbers(tmp_path: Path) -> None:
    text = "_main: mov x0, #0xdead\n mov x1, #0\n sys 5\n mov x0, #1\n mov x1, #0xdead\n"
    lines = trace(tmp_path, text + "mov x2, #5\n sys 4\n exit 0")
    assert lines[0] == "[pid 100] open(0xdead, O_RDONLY) = -1 EFAULT (Bad address)"
    assert lines[1] == "[pid 100] write(1, 0xdead, 5) = -1 EFAULT (Bad address)"


def test_times(tmp_path: Path) -> None:
    ticks = itertools.count(1_000_000_000_000_000_000, 1_500_000)
    lines = trace(tmp_path, "_main: sys 20\n exit 0", clock=lambda: next(ticks))
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.000000 \[pid 100\] getpid\(\) = 100 <0\.001500>", lines[0]
    )
    assert re.fullmatch(r"[\d:]+\.\d{6} \[pid 100\] \+\+\+ exited with 0 \+\+\+", lines[-1])


SOCKETS = """
_main:  mov x0, #2
        mov x1, #1
        mov x2, #0
        sys 97
        mov x19, x0
        movz w1, #0xffff
        mov w2, #4
        la x3, one
        mov w4, #4
        sys 105
        mov x0, x19
        la x1, address
        mov w2, #16
        sys 104
        mov x0, x19
        mov w1, #5
        sys 106
        la x0, list
        mov x1, #1
        mov x2, #0
        sys 230
        mov x0, #1
        la x1, iov
        mov w2, #2
        sys 121
        exit 0
        .data
        .p2align 3
iov:    .quad text, 2, text, 3
one:    .long 1
address: .byte 16, 2
        .short 0
        .byte 127, 0, 0, 1
        .space 8
list:   .long 3
        .short 1, 0
text:   .ascii "a\\tb"
"""


def test_sockets_options_addresses_and_vectors(tmp_path: Path) -> None:
    assert trace(tmp_path, SOCKETS)[:-2] == [
        "[pid 100] socket(AF_INET, SOCK_STREAM, 0) = 3",
        "[pid 100] setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
        "[pid 100] bind(3, {family=AF_INET, port=0, addr=127.0.0.1}, 16) = 0",
        "[pid 100] listen(3, 5) = 0",
        "[pid 100] poll([{fd=3, events=POLLIN}], 1, 0) = 0",
        r'[pid 100] writev(1, [{iov_base="a\t", iov_len=2}, {iov_base="a\tb", iov_len=3}], 2) = 5',
    ]
