"""POSIX shared memory and semaphores: by name, between processes, and Darwin's errors."""

from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.structs import Stat64
from emu.image import PAGE_SIZE
from emu.kernel.process import Park
from tests.callbench import CallBench
from tests.guest import run_guest

RW = f.PROT_READ | f.PROT_WRITE
MAKE = f.O_RDWR | f.O_CREAT


def opened(bench: CallBench, name: str = "/memory", flags: int = MAKE, size: int = 0) -> int:
    fd = bench.result("shm_open", bench.path(name), flags, 0o600)
    if size:
        assert bench.call("ftruncate", fd, size) == 0
    return fd


# ---- shared memory ----


def test_an_object_is_made_sized_and_mapped(bench: CallBench) -> None:
    fd = opened(bench, size=5)
    assert bench.process.files.cloexec(fd)
    assert bench.call("fstat64", fd, bench.buffer) == 0
    known = Stat64.unpack(bench.get(bench.buffer, Stat64.SIZE))
    assert (known.size, known.mode, known.uid) == (PAGE_SIZE, f.S_IFREG | 0o600, 501)
    first = bench.result("mmap", 0, PAGE_SIZE, RW, f.MAP_SHARED, fd, 0)
    other = bench.result("shm_open", bench.path("/memory"), f.O_RDONLY, 0)
    second = bench.result("mmap", 0, PAGE_SIZE, f.PROT_READ, f.MAP_SHARED, other, 0)
    bench.process.space.copyout(first, b"shared")
    assert bench.get(second, 6) == b"shared"


def test_a_name_that_is_taken_away_can_be_made_anew(bench: CallBench) -> None:
    opened(bench, size=PAGE_SIZE)
    assert bench.call("shm_unlink", bench.path("/memory")) == 0
    assert bench.call("shm_unlink", bench.path("/memory")) == "ENOENT"
    assert bench.call("shm_open", bench.path("/memory"), f.O_RDWR, 0) == "ENOENT"
    fresh = opened(bench)
    assert bench.call("mmap", 0, PAGE_SIZE, RW, f.MAP_SHARED, fresh, 0) == "EINVAL"


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (("shm_open", "/memory", f.O_RDWR | f.O_CREAT | f.O_EXCL, 0), "EEXIST"),
        (("shm_open", "/other", f.O_RDWR, 0), "ENOENT"),
        (("shm_open", "/memory", f.O_ACCMODE, 0), "EINVAL"),
        (("shm_open", "", MAKE, 0), "EINVAL"),
        (("shm_open", "x" * 32, MAKE, 0), "ENAMETOOLONG"),
        (("shm_unlink", "x" * 32), "ENAMETOOLONG"),
        (("ftruncate", "fd", PAGE_SIZE), "EINVAL"),
        (("ftruncate", "fd", -1), "EINVAL"),
        (("ftruncate", "unsized", 0), "EINVAL"),
        (("ftruncate", "reader", 5), "EINVAL"),
        (("read", "fd", "buf", 1), "ENXIO"),
        (("write", "fd", "buf", 1), "ENXIO"),
        (("mmap", 0, PAGE_SIZE, RW, f.MAP_PRIVATE, "fd", 0), "EINVAL"),
        (("mmap", 0, 2 * PAGE_SIZE, RW, f.MAP_SHARED, "fd", 0), "EINVAL"),
        (("mmap", 0, PAGE_SIZE, RW, f.MAP_SHARED, "fd", PAGE_SIZE), "EINVAL"),
        (("mmap", 0, PAGE_SIZE, RW, f.MAP_SHARED, "reader", 0), "EPERM"),
    ],
)
def test_what_shared_memory_refuses(
    bench: CallBench, call: tuple[str | int, ...], outcome: str
) -> None:
    at = {"fd": opened(bench, size=PAGE_SIZE), "buf": bench.buffer}
    at["reader"] = bench.result("shm_open", bench.path("/memory"), f.O_RDONLY, 0)
    at["unsized"] = opened(bench, "/unsized")
    name, *arguments = call
    real = [a if isinstance(a, int) else at[a] if a in at else bench.path(a) for a in arguments]
    assert bench.call(str(name), *real) == outcome


def test_emfile_makes_nothing(bench: CallBench) -> None:
    bench.process.files.limit = 0
    assert bench.call("shm_open", bench.path("/x"), MAKE, 0) == "EMFILE"
    assert bench.call("sem_open", bench.path("/x"), f.O_CREAT, 0, 1) == "EMFILE"
    assert not bench.kernel.shared_memory
    assert not bench.kernel.semaphores


# ---- semaphores ----


def test_a_semaphore_counts(bench: CallBench) -> None:
    sem = bench.result("sem_open", bench.path("/sem"), f.O_CREAT, 0o600, 1)
    same = bench.result("sem_open", bench.path("/sem"), 0, 0, 0)
    assert bench.call("sem_trywait", sem) == 0
    assert bench.call("sem_trywait", same) == "EAGAIN"
    wait = bench.call("sem_wait", same)
    assert isinstance(wait, Park)
    assert not wait.restarts
    assert bench.call("sem_post", sem) == 0
    assert bench.call("sem_wait", same) == 0
    assert bench.call("sem_close", same) == 0
    assert bench.call("sem_close", same) == "EBADF"
    assert bench.call("sem_unlink", bench.path("/sem")) == 0
    assert bench.call("sem_post", sem) == 0


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (("sem_open", "/sem", f.O_CREAT | f.O_EXCL, 0, 1), "EEXIST"),
        (("sem_open", "/other", 0, 0, 0), "ENOENT"),
        (("sem_open", "/other", f.O_CREAT, 0, 32768), "EINVAL"),
        (("sem_open", "", f.O_CREAT, 0, 1), "EINVAL"),
        (("sem_open", "x" * 32, f.O_CREAT, 0, 1), "ENAMETOOLONG"),
        (("sem_unlink", "/other"), "ENOENT"),
        (("sem_unlink", "x" * 32), "ENAMETOOLONG"),
        (("sem_post", "full"), "EOVERFLOW"),
        *(((name, 99), "EBADF") for name in ("sem_wait", "sem_trywait", "sem_post", "sem_close")),
        *(((name, "pipe"), "EBADF") for name in ("sem_wait", "sem_post", "sem_close")),
    ],
)
def test_what_semaphores_refuse(
    bench: CallBench, call: tuple[str | int, ...], outcome: str
) -> None:
    bench.result("sem_open", bench.path("/sem"), f.O_CREAT, 0o600, 1)
    at = {"full": bench.result("sem_open", bench.path("/full"), f.O_CREAT, 0o600, 32767)}
    ends = bench.call("pipe")
    assert isinstance(ends, tuple)
    at["pipe"] = ends[0]
    name, *arguments = call
    real = [a if isinstance(a, int) else at[a] if a in at else bench.path(a) for a in arguments]
    assert bench.call(str(name), *real) == outcome


def test_two_processes_take_turns_on_shared_memory(tmp_path: Path) -> None:
    """The child writes once the parent posts, and the parent reads once the child does."""
    text = f"""
    _main:  la x0, memory
            mov x1, #{MAKE}
            mov x2, #384
            sys 266
            mov x19, x0
            mov x1, #0x4000
            sys 201
            mov x0, #0
            mov x1, #0x4000
            mov x2, #{RW}
            mov x3, #{f.MAP_SHARED}
            mov x4, x19
            mov x5, #0
            sys 197
            mov x20, x0
            la x0, ping
            mov x1, #{f.O_CREAT}
            mov x2, #384
            mov x3, #0
            sys 268
            mov x21, x0
            la x0, pong
            mov x1, #{f.O_CREAT}
            mov x2, #384
            mov x3, #0
            sys 268
            mov x22, x0
            mov x23, #20
            sys 2
            cbnz x1, child
    1:      mov x0, x21
            sys 273
            mov x0, x22
            sys 271
            subs x23, x23, #1
            b.ne 1b
            ldrb w0, [x20]
            sys 1
    child:  mov x0, x21
            sys 271
            ldrb w9, [x20]
            add w9, w9, #2
            strb w9, [x20]
            mov x0, x22
            sys 273
            subs x23, x23, #1
            b.ne child
            exit 0
    .data
    memory: .asciz "/memory"
    ping:   .asciz "/ping"
    pong:   .asciz "/pong"
    """
    assert run_guest(tmp_path, text).exit == 40
