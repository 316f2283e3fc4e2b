"""Files mapped shared, limits of their size, and the calls that go with mappings."""

import struct
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.structs import Rlimit
from emu.image import PAGE_SIZE
from tests.callbench import NOWHERE, READ_ONLY, CallBench
from tests.guest import run_guest

RW = f.PROT_READ | f.PROT_WRITE
SHARED = f.MAP_SHARED


@pytest.fixture
def fd(bench: CallBench, tmp_path: Path) -> int:
    (tmp_path / "file").write_bytes(b"0123456789")
    return bench.result("open", bench.path("file"), f.O_RDWR, 0)


def mapped(bench: CallBench, fd: int, prot: int = RW, length: int = 100) -> int:
    return bench.result("mmap", 0, length, prot, SHARED, fd, 0)


def test_what_is_written_reaches_the_file_by_msync_and_munmap(
    bench: CallBench, fd: int, tmp_path: Path
) -> None:
    at = mapped(bench, fd)
    assert bench.get(at, 12) == b"0123456789\0\0"
    bench.process.space.copyout(at + 2, b"ab")
    assert (tmp_path / "file").read_bytes() == b"0123456789"
    assert bench.call("msync", at, PAGE_SIZE, f.MS_SYNC) == 0
    assert (tmp_path / "file").read_bytes() == b"01ab456789"
    bench.process.space.copyout(at + 8, b"wxyz")
    assert bench.call("munmap", at, PAGE_SIZE) == 0
    assert (tmp_path / "file").read_bytes() == b"01ab4567wx"
    assert not bench.kernel.mapped


def test_calls_and_mappings_see_one_content(bench: CallBench, fd: int) -> None:
    at, other = mapped(bench, fd), mapped(bench, fd, f.PROT_READ)
    bench.process.space.copyout(at, b"AB")
    assert bench.get(other, 3) == b"AB2"
    assert bench.call("pread", fd, bench.buffer, 4, 0) == 4
    assert bench.get(bench.buffer, 4) == b"AB23"
    assert bench.call("pwrite", fd, bench.put(b"xyz"), 3, 1) == 3
    assert bench.get(at, 6) == b"Axyz45"
    bench.process.space.copyout(at + 9, b"!")
    assert bench.call("write", fd, bench.put(b"__"), 2) == 2
    assert bench.get(at, 10) == b"__yz45678!"
    assert bench.call("ftruncate", fd, 4) == 0
    assert bench.get(at, 6) == b"__yz\0\0"


def test_another_open_file_of_the_same_inode_shares_too(bench: CallBench, fd: int) -> None:
    at = mapped(bench, fd)
    second = bench.result("open", bench.path("file"), f.O_RDONLY, 0)
    other = mapped(bench, second, f.PROT_READ)
    bench.process.space.copyout(at, b"?")
    assert bench.get(other, 2) == b"?1"
    assert bench.call("mmap", 0, 100, RW, SHARED, second, 0) == "EACCES"


def test_an_exit_writes_back(bench: CallBench, fd: int, tmp_path: Path) -> None:
    at = mapped(bench, fd)
    bench.call("close", fd)
    bench.process.space.copyout(at, b"bye")
    bench.kernel.exit(bench.process, 0)
    assert (tmp_path / "file").read_bytes() == b"bye3456789"


def test_a_child_and_its_parent_share_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"parent")
    text = f"""
    _main:  la x0, name
            mov x1, #2
            mov x2, #0
            sys 5
            mov x4, x0
            mov x0, #0
            mov x1, #6
            mov x2, #3
            mov x3, #{SHARED}
            mov x5, #0
            sys 197
            mov x19, x0
            sys 2
            cbnz x1, child
            mov x0, #-1
            mov x1, #0
            mov x2, #0
            mov x3, #0
            sys 7
            ldrb w0, [x19]
            sys 1
    child:  mov w9, #'P'
            strb w9, [x19]
            exit 0
    .data
    name:   .asciz "file"
    """
    assert run_guest(tmp_path, text).exit == ord("P")
    assert (tmp_path / "file").read_bytes() == b"Parent"


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("msync", (1, PAGE_SIZE, f.MS_SYNC), "EINVAL"),
        ("msync", (NOWHERE & -PAGE_SIZE, PAGE_SIZE, f.MS_SYNC), "ENOMEM"),
        ("msync", (0, 0, f.MS_SYNC), 0),
        ("msync", (0, PAGE_SIZE, f.MS_SYNC | f.MS_ASYNC), "EINVAL"),
        ("mincore", (NOWHERE, 1, 0), "ENOMEM"),
        ("mincore", (READ_ONLY, 1, NOWHERE), "EFAULT"),
        ("mincore", (READ_ONLY, 1, READ_ONLY), "EFAULT"),
        ("mlock", (READ_ONLY, 1), 0),
        ("mlock", (NOWHERE, 1), "ENOMEM"),
        ("mlock", (-1, 2), "EINVAL"),
        ("munlock", (READ_ONLY, 0), 0),
        ("munlock", (NOWHERE, 1), "ENOMEM"),
    ],
)
def test_outcomes(
    bench: CallBench, name: str, arguments: tuple[int, ...], outcome: int | str
) -> None:
    assert bench.call(name, *arguments) == outcome


def test_mincore_tells_what_was_touched(bench: CallBench) -> None:
    at = bench.result("mmap", 0, 3 * PAGE_SIZE, RW, f.MAP_ANON | f.MAP_PRIVATE, -1, 0)
    bench.process.space.copyout(at + PAGE_SIZE, b"x")
    assert bench.call("mincore", at, 3 * PAGE_SIZE, bench.buffer) == 0
    assert bench.get(bench.buffer, 3) == b"\0\1\0"


def test_a_limit_of_size_is_sigxfsz(bench: CallBench, fd: int, tmp_path: Path) -> None:
    bench.call("setrlimit", f.RLIMIT_FSIZE, bench.put(Rlimit(12, 100).pack()))
    bench.call("lseek", fd, 10, f.SEEK_SET)
    assert bench.call("write", fd, bench.put(b"abcd"), 4) == 2
    assert not bench.process.signals.pending
    assert bench.call("write", fd, bench.buffer, 1) == "EFBIG"
    assert bench.process.signals.next() == f.SIGXFSZ
    assert bench.call("pwrite", fd, bench.buffer, 9, 12) == "EFBIG"
    assert bench.call("ftruncate", fd, 13) == "EFBIG"
    iov = bench.put(struct.pack("<4Q", bench.put(b"xx"), 2, bench.put(b"yy"), 2))
    bench.call("lseek", fd, 9, f.SEEK_SET)
    assert bench.call("writev", fd, iov, 2) == 3
    assert (tmp_path / "file").read_bytes() == b"012345678xxy"
