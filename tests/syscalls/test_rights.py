"""Descriptors that travel through sockets, and how far the guest's connections reach."""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.structs import Cmsghdr, Msghdr
from emu.host import Host
from tests.callbench import NOWHERE, CallBench
from tests.guest import run_guest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows passes no descriptors")


def pair(bench: CallBench, kind: int = f.SOCK_STREAM) -> tuple[int, int]:
    at = bench.put(bytes(8))
    assert bench.call("socketpair", f.AF_UNIX, kind, 0, at) == 0
    one, other = struct.unpack("<2i", bench.get(at, 8))
    return one, other


def message(bench: CallBench, control: int, room: int, text: bytes = b"x") -> int:
    iov = bench.put(struct.pack("<2Q", bench.put(text), len(text)))
    return bench.put(Msghdr(0, 0, iov, 1, control, room, 0).pack())


def rights(*fds: int) -> bytes:
    head = Cmsghdr(12 + 4 * len(fds), f.SOL_SOCKET, f.SCM_RIGHTS)
    return head.pack() + struct.pack(f"<{len(fds)}i", *fds)


def received(bench: CallBench, s: int, room: int) -> tuple[list[int], int]:
    """Receive; return the descriptors that came and the message's flags."""
    control = bench.buffer + 4096
    header = message(bench, control, room, b"?")
    assert bench.call("recvmsg", s, header, 0) == 1
    answer = Msghdr.unpack(bench.get(header, Msghdr.SIZE))
    raw = bench.get(control + 12, max(answer.controllen - 12, 0))
    if answer.controllen:
        assert Cmsghdr.unpack(bench.get(control, 12)).len == answer.controllen
    return [fd for (fd,) in struct.iter_unpack("<i", raw)], answer.flags


@pytest.mark.parametrize("kind", [f.SOCK_STREAM, f.SOCK_DGRAM])
def test_descriptors_arrive_as_new_ones_of_the_same_files(bench: CallBench, kind: int) -> None:
    one, other = pair(bench, kind)
    pipe = bench.call("pipe")
    assert isinstance(pipe, tuple)
    raw = rights(*pipe)
    assert bench.call("sendmsg", one, message(bench, bench.put(raw), len(raw)), 0) == 1
    for fd in pipe:
        bench.call("close", fd)
    (r, w), flags = received(bench, other, 64)
    assert flags == 0
    assert bench.call("write", w, bench.put(b"through"), 7) == 7
    bench.call("close", w)
    assert bench.call("read", r, bench.buffer, 99) == 7
    assert bench.call("read", r, bench.buffer, 99) == 0


def test_those_that_do_not_fit_are_closed(bench: CallBench) -> None:
    one, other = pair(bench)
    pipe = bench.call("pipe")
    assert isinstance(pipe, tuple)
    r, w = pipe
    raw = rights(r, w)
    bench.call("sendmsg", one, message(bench, bench.put(raw), len(raw)), 0)
    bench.call("close", w)
    fds, flags = received(bench, other, 16)
    assert len(fds) == 1
    assert flags & f.MSG_CTRUNC
    assert bench.call("read", r, bench.buffer, 1) == 0  # nobody can write any more


@pytest.mark.parametrize(
    ("control", "outcome"),
    [
        (rights(99), "EBADF"),
        (Cmsghdr(99, f.SOL_SOCKET, f.SCM_RIGHTS).pack(), "EINVAL"),
        (Cmsghdr(11, f.SOL_SOCKET, f.SCM_RIGHTS).pack(), "EINVAL"),
        (Cmsghdr(12, f.SOL_SOCKET, 9).pack(), "EINVAL"),
        (Cmsghdr(12, f.IPPROTO_IP, f.SCM_RIGHTS).pack(), "EINVAL"),
        (bytes(2049), "EMSGSIZE"),
    ],
)
def test_bad_control_messages(bench: CallBench, control: bytes, outcome: str) -> None:
    one, _ = pair(bench)
    header = message(bench, bench.put(control), len(control))
    assert bench.call("sendmsg", one, header, 0) == outcome
    assert bench.call("sendmsg", one, message(bench, NOWHERE, 16), 0) == "EFAULT"
    assert bench.call("recvmsg", one, message(bench, NOWHERE, 16), 0) == "EFAULT"


def test_a_parent_gives_its_child_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"*")
    text = """
    _main:  mov x0, #1
            mov x1, #1
            mov x2, #0
            la x3, fds
            sys 135
            la x19, fds
            sys 2
            cbnz x1, child
            la x0, name
            mov x1, #0
            sys 5
            la x9, control
            str w0, [x9, #12]
            ldr w0, [x19]
            la x1, header
            mov x2, #0
            sys 28
            mov x0, #-1
            la x1, fds
            mov x2, #0
            mov x3, #0
            sys 7
            ldrb w0, [x19, #1]
            sys 1
    child:  la x9, control
            str wzr, [x9, #12]
            ldr w0, [x19, #4]
            la x1, header
            mov x2, #0
            sys 27
            b.cs bad
            la x9, control
            ldr w0, [x9, #12]
            la x1, byte
            mov x2, #1
            sys 3
            la x1, byte
            ldrb w0, [x1]
            sys 1
    bad:    exit 99
    .data
    .p2align 3
    fds:    .quad 0
    header: .quad 0, 0, iov
            .long 1, 0
            .quad control
            .long 16, 0
    iov:    .quad byte, 1
    control: .long 16, 0xffff, 1, 0
    byte:   .byte 0
    name:   .asciz "file"
    """
    assert run_guest(tmp_path, text).exit == ord("*")


# ---- how far connections reach ----


def sockaddr(host: str, port: int) -> bytes:
    return struct.pack(">BBH4s8x", 16, f.AF_INET, port, bytes(map(int, host.split("."))))


def test_connections_stay_on_this_machine(bench: CallBench) -> None:
    at = bench.put(sockaddr("192.0.2.1", 9))
    s = bench.result("socket", f.AF_INET, f.SOCK_STREAM, 0)
    assert bench.call("connect", s, at, 16) == "ENETUNREACH"
    assert any("--network" in line for line in bench.warnings)
    d = bench.result("socket", f.AF_INET, f.SOCK_DGRAM, 0)
    assert bench.call("sendto", d, bench.buffer, 1, 0, at, 16) == "ENETUNREACH"
    assert bench.call("connect", d, bench.put(sockaddr("127.0.0.1", 9)), 16) == 0


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[CallBench]:
    made = CallBench(Host(tmp_path, network=True))
    yield made
    made.close()


def test_the_user_opens_the_network(outside: CallBench) -> None:
    d = outside.result("socket", f.AF_INET, f.SOCK_DGRAM, 0)
    # Connecting a datagram socket sends nothing; without a route the host says so itself.
    outcome = outside.call("connect", d, outside.put(sockaddr("192.0.2.1", 9)), 16)
    assert outcome in {0, "ENETUNREACH"}
    assert outside.warnings == []
