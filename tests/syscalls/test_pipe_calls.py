"""Pipes, ioctl, select and poll: results, Darwin's errors, bad pointers, and how they wait."""

import struct
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.structs import Winsize
from emu.host.handle import Handle
from emu.kernel.files import OpenFile
from emu.kernel.pipe import PIPE_SIZE
from emu.kernel.process import Park
from tests.callbench import NOWHERE, READ_ONLY, CallBench
from tests.guest import run_guest


class Terminal(Handle):
    def terminal_size(self) -> tuple[int, int]:
        return 132, 43


def made(bench: CallBench) -> tuple[int, int]:
    outcome = bench.call("pipe")
    assert isinstance(outcome, tuple)
    return outcome


def pollfds(bench: CallBench, *polls: tuple[int, int]) -> int:
    return bench.put(b"".join(struct.pack("<ihh", fd, events, 0) for fd, events in polls))


def revents(bench: CallBench, at: int, number: int) -> list[int]:
    return [r for _, _, r in struct.iter_unpack("<ihh", bench.get(at, 8 * number))]


def test_a_pipe_carries_bytes_and_ends(bench: CallBench) -> None:
    r, w = made(bench)
    assert bench.call("write", w, bench.put(b"hello"), 5) == 5
    assert bench.call("read", r, bench.buffer, 3) == 3
    assert bench.get(bench.buffer, 3) == b"hel"
    assert bench.call("close", w) == 0
    assert bench.call("read", r, bench.buffer, 99) == 2
    assert bench.call("read", r, bench.buffer, 99) == 0


@pytest.mark.parametrize(
    ("name", "end", "outcome"),
    [
        ("read", 1, "EBADF"),
        ("write", 0, "EBADF"),
        ("lseek", 0, "ESPIPE"),
        ("pread", 0, "ESPIPE"),
        ("pwrite", 1, "ESPIPE"),
        ("ftruncate", 1, "EINVAL"),
    ],
)
def test_what_a_pipe_cannot_do(bench: CallBench, name: str, end: int, outcome: str) -> None:
    fds = made(bench)
    arguments = (0, 0) if name in {"lseek", "ftruncate"} else (bench.buffer, 1, 0)
    assert bench.call(name, fds[end], *arguments) == outcome


def test_pipe_says_emfile_before_anything_is_made(bench: CallBench) -> None:
    bench.process.files.limit = 1
    assert bench.call("pipe") == "EMFILE"
    assert len(bench.process.files) == 0


def test_an_empty_pipe_parks_until_a_writer_comes(bench: CallBench) -> None:
    r, w = made(bench)
    wait = bench.call("read", r, bench.buffer, 1)
    assert isinstance(wait, Park)
    bench.kernel.scheduler.park(bench.process, wait)
    bench.process.files.get(w).handle.write(b"x")
    assert bench.kernel.scheduler.next() is bench.process
    assert bench.call("read", r, bench.buffer, 1) == 1


def test_a_full_pipe_keeps_small_writes_whole(bench: CallBench) -> None:
    r, w = made(bench)
    bench.call("fcntl", w, f.F_SETFL, f.O_NONBLOCK)
    assert bench.call("write", w, bench.buffer, PIPE_SIZE - 10) == PIPE_SIZE - 10
    assert bench.call("write", w, bench.buffer, 11) == "EAGAIN"
    assert bench.call("write", w, bench.buffer, 1000) == 10
    assert bench.call("write", w, bench.buffer, 1) == "EAGAIN"
    assert bench.call("read", r, bench.buffer, 600) == 600
    assert bench.call("write", w, bench.buffer, 512) == 512


def test_a_blocking_write_goes_on_where_it_parked(bench: CallBench) -> None:
    r, w = made(bench)
    assert isinstance(bench.call("write", w, bench.buffer, PIPE_SIZE + 100), Park)
    kept = dict(bench.process.memory)
    assert bench.call("read", r, bench.buffer, PIPE_SIZE) == PIPE_SIZE
    bench.process.memory.update(kept)  # the reader is another process in earnest
    assert bench.call("write", w, bench.buffer, PIPE_SIZE + 100) == PIPE_SIZE + 100
    assert bench.process.files.get(r).handle.available() == 100


def test_writing_where_nobody_reads_is_epipe_and_sigpipe(bench: CallBench) -> None:
    r, w = made(bench)
    bench.call("close", r)
    assert bench.call("write", w, bench.buffer, 1) == "EPIPE"
    assert bench.process.signals.next() == f.SIGPIPE


def test_a_pipe_of_two_processes(tmp_path: Path) -> None:
    text = """
    _main:  sys 42
            mov x19, x0
            mov x20, x1
            sys 2
            cbnz x1, child
            mov x0, x20
            sys 6
            la x21, buffer
    1:      mov x0, x19
            mov x1, x21
            mov x2, #64
            sys 3
            cbz x0, 2f
            mov x2, x0
            mov x0, #1
            mov x1, x21
            sys 4
            b 1b
    2:      exit 3
    child:  mov x0, x19
            sys 6
            mov x22, #3
    3:      mov x0, x20
            la x1, text
            mov x2, #4
            sys 4
            subs x22, x22, #1
            b.ne 3b
            exit 0
    .data
    text:   .ascii "abc\\n"
    buffer: .space 64
    """
    result = run_guest(tmp_path, text)
    assert (result.exit, result.stdout) == (3, b"abc\n" * 3)


# ---- ioctl ----


@pytest.mark.parametrize(
    ("request_", "pointer", "outcome"),
    [
        (f.TIOCGWINSZ, 0, "ENOTTY"),
        (f.TIOCGETA, 0, "ENOTTY"),
        (0x12345678, 0, "ENOTTY"),
        (f.FIONREAD, NOWHERE, "EFAULT"),
        (f.FIONREAD, READ_ONLY, "EFAULT"),
        (f.FIONBIO, NOWHERE, "EFAULT"),
        (f.FIOCLEX, 0, 0),
        (f.FIONCLEX, 0, 0),
    ],
)
def test_ioctl_of_a_pipe(bench: CallBench, request_: int, pointer: int, outcome: int | str) -> None:
    assert bench.call("ioctl", made(bench)[0], request_, pointer) == outcome


def test_ioctl_asks_a_terminal(bench: CallBench) -> None:
    fd = bench.process.files.add(OpenFile(Terminal(), "stdio", f.O_RDWR))
    assert bench.call("ioctl", fd, f.TIOCGWINSZ, bench.buffer) == 0
    assert Winsize.unpack(bench.get(bench.buffer, 8)) == Winsize(43, 132, 0, 0)
    assert bench.call("ioctl", fd, f.TIOCGWINSZ, NOWHERE) == "EFAULT"
    assert bench.call("ioctl", fd, f.TIOCGETA, bench.buffer) == 0
    assert bench.call("ioctl", fd, f.TIOCGETA, READ_ONLY) == "EFAULT"
    assert bench.call("ioctl", 99, f.TIOCGETA, bench.buffer) == "EBADF"


def test_ioctl_changes_descriptors(bench: CallBench) -> None:
    r, w = made(bench)
    bench.call("write", w, bench.buffer, 7)
    assert bench.call("ioctl", r, f.FIONREAD, bench.buffer) == 0
    assert bench.get(bench.buffer, 4) == struct.pack("<i", 7)
    assert bench.call("ioctl", w, f.FIONBIO, bench.put(struct.pack("<i", 1))) == 0
    assert bench.call("fcntl", w, f.F_GETFL, 0) == f.O_WRONLY | f.O_NONBLOCK
    bench.call("ioctl", w, f.FIOCLEX)
    assert bench.call("fcntl", w, f.F_GETFD, 0) == f.FD_CLOEXEC


# ---- poll and select ----


def test_poll_tells_which_are_ready(bench: CallBench) -> None:
    r, w = made(bench)
    other, _ = made(bench)
    at = pollfds(bench, (r, f.POLLIN), (w, f.POLLOUT), (99, f.POLLIN), (-1, f.POLLIN))
    assert bench.call("poll", at, 4, -1) == 2
    assert revents(bench, at, 4) == [0, f.POLLOUT, f.POLLNVAL, 0]
    bench.call("write", w, bench.buffer, 1)
    both = f.POLLIN | f.POLLRDNORM
    at = pollfds(bench, (r, both), (other, f.POLLIN))
    assert bench.call("poll", at, 2, 0) == 1
    assert revents(bench, at, 2) == [both, 0]
    bench.call("read", r, bench.buffer, 1)
    bench.call("close", w)
    assert bench.call("poll", at, 2, 0) == 1
    assert revents(bench, at, 2) == [both | f.POLLHUP, 0]


def test_poll_waits_for_channels_handles_and_the_time(bench: CallBench) -> None:
    r, _ = made(bench)
    s = bench.result("socket", f.AF_INET, f.SOCK_DGRAM, 0)
    at = pollfds(bench, (r, f.POLLIN), (s, f.POLLIN))
    wait = bench.call("poll", at, 2, 5000)
    assert isinstance(wait, Park)
    assert wait.channels == (bench.process.files.get(r).handle.channel,)
    assert wait.reads == (bench.process.files.get(s).handle,)
    assert wait.deadline is not None
    assert not wait.restarts
    bench.process.memory.clear()
    assert bench.call("poll", at, 2, 0) == 0


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("poll", (NOWHERE, 1, 0), "EFAULT"),
        ("poll", (NOWHERE, 0, 0), 0),
        ("poll", (0, 20000, 0), "EINVAL"),
        ("poll", (0, 0, -2), "EINVAL"),
        ("select", (-1, 0, 0, 0, 0), "EINVAL"),
        ("select", (1, NOWHERE, 0, 0, 0), "EFAULT"),
        ("select", (1, 0, NOWHERE, 0, 0), "EFAULT"),
        ("select", (1, 0, 0, NOWHERE, 0), "EFAULT"),
        ("select", (1, 0, 0, 0, NOWHERE), "EFAULT"),
        ("pselect", (1, 0, 0, 0, NOWHERE, 0), "EFAULT"),
        ("pselect", (1, 0, 0, 0, 0, NOWHERE), "EFAULT"),
        ("pselect", (-1, 0, 0, 0, 0, 0), "EINVAL"),
    ],
)
def test_bad_arguments(
    bench: CallBench, name: str, arguments: tuple[int, ...], outcome: int | str
) -> None:
    assert bench.call(name, *arguments) == outcome


def test_select_leaves_the_bits_of_those_that_are_ready(bench: CallBench) -> None:
    r, w = made(bench)
    both = bench.put(struct.pack("<I", 1 << r | 1 << w))
    writes = bench.put(struct.pack("<I", 1 << w))
    now = bench.put(struct.pack("<qi4x", 0, 0))
    assert bench.call("select", w + 1, both, writes, 0, now) == 1
    assert bench.get(both, 4) == bytes(4)
    assert bench.get(writes, 4) == struct.pack("<I", 1 << w)
    bench.call("write", w, bench.buffer, 1)
    reads = bench.put(struct.pack("<I", 1 << r))
    assert bench.call("select", w + 1, reads, 0, 0, 0) == 1
    assert bench.call("select", 32, bench.put(struct.pack("<I", 1 << 31)), 0, 0, 0) == "EBADF"
    bad = bench.put(struct.pack("<qi4x", 0, 1_000_000))
    assert bench.call("select", 0, 0, 0, 0, bad) == "EINVAL"


def test_select_takes_more_than_1024_descriptors(bench: CallBench) -> None:
    _, w = made(bench)
    writes = bench.put(struct.pack("<I", 1 << w) + bytes(2000))
    assert bench.call("select", 4096, 0, writes, 0, 0) == 1
    assert bench.get(writes, 4) == struct.pack("<I", 1 << w)


def test_pselect_puts_the_mask_back(bench: CallBench) -> None:
    mask = bench.put(struct.pack("<I", 0b100))
    time = bench.put(struct.pack("<2q", 0, 0))
    assert bench.call("pselect", 0, 0, 0, 0, time, mask) == 0
    assert bench.process.signals.mask == 0
    assert isinstance(bench.call("pselect", 0, 0, 0, 0, 0, mask), Park)
    assert bench.process.signals.mask == 0b100
    assert bench.process.signals.suspended_mask == 0


def test_sigsuspend_takes_a_signal_that_was_already_pending(tmp_path: Path) -> None:
    text = f"""
    _main:  la x1, action
            la x10, handler
            stp x10, x10, [x1]
            mov x0, #{f.SIGUSR1}
            mov x2, #0
            sys 46
            mov x0, #1              // SIG_BLOCK
            la x1, mask
            mov x2, #0
            sys 48
            sys 20
            mov x1, #{f.SIGUSR1}
            mov x2, #1
            sys 37
            mov x0, #0
            sys 111
            exit 9
    handler: exit 42
    .data
    .p2align 3
    action: .space 24
    mask:   .long {1 << (f.SIGUSR1 - 1)}
    """
    assert run_guest(tmp_path, text).exit == 42
