"""Calls on sockets: results, Darwin's errors, bad pointers, waiting and signals."""

import socket as host_socket
import struct
import sys

import pytest

from emu.darwin import flags as f
from emu.darwin.structs import Linger, Msghdr, SockaddrIn, Timeval
from emu.host import Inet4, Inet6, UnixPath
from emu.kernel.process import Park
from emu.syscalls.socket import pack_address, unpack_address
from tests.callbench import NOWHERE, READ_ONLY, CallBench

LOOPBACK = bytes([127, 0, 0, 1])


def sockaddr(port: int = 0, address: bytes = LOOPBACK) -> bytes:
    return SockaddrIn(16, f.AF_INET, port, address).pack()


def tcp(bench: CallBench) -> int:
    return bench.result("socket", f.AF_INET, f.SOCK_STREAM, 0)


def listening(bench: CallBench) -> tuple[int, int]:
    """Return a listening descriptor and its port."""
    fd = tcp(bench)
    assert bench.call("bind", fd, bench.put(sockaddr()), 16) == 0
    assert bench.call("listen", fd, 5) == 0
    return fd, port_of(bench, fd)


def port_of(bench: CallBench, fd: int) -> int:
    length = bench.put(struct.pack("<I", 16))
    assert bench.call("getsockname", fd, bench.buffer, length) == 0
    return SockaddrIn.unpack(bench.get(bench.buffer, 16)).port


def wait(bench: CallBench, name: str, *arguments: int) -> int | tuple[int, int] | str:
    """Make a call as the event loop does: run it again when what it waits for is ready."""
    while isinstance(outcome := bench.call(name, *arguments), Park):
        for handle in outcome.reads:
            bench.host.poller.arm(handle, read=True, token=1)
        for handle in outcome.writes:
            bench.host.poller.arm(handle, write=True, token=1)
        left = None
        if outcome.deadline is not None:
            left = max(0, outcome.deadline - bench.host.monotonic_ns()) / 1e9
        bench.host.poller.poll(10 if left is None else left)
        bench.host.poller.disarm(1)
    return outcome


def pair(bench: CallBench) -> tuple[int, int]:
    """Return two connected descriptors."""
    assert bench.call("socketpair", f.AF_UNIX, f.SOCK_STREAM, 0, bench.buffer) == 0
    one, other = struct.unpack("<2i", bench.get(bench.buffer, 8))
    return one, other


SOCK, FILE, ADDR, LEN, BUF, INT, PAIR, MSG = (
    *("SOCK", "FILE", "ADDR", "LEN", "BUF", "INT", "PAIR", "MSG"),
)


def real(bench: CallBench, argument: int | str) -> int:
    """Turn a name of the table below into an argument."""
    if isinstance(argument, int):
        return argument
    if argument == SOCK:
        return tcp(bench)
    if argument == FILE:
        return bench.result("open", bench.path("/dev/null"), f.O_RDWR, 0)
    if argument == PAIR:
        return pair(bench)[0]
    if argument == BUF:
        return bench.buffer
    data = {ADDR: sockaddr(), LEN: struct.pack("<i", 16), INT: struct.pack("<i", 1)}
    return bench.put(data.get(argument, Msghdr(0, 0, bench.buffer, 0, 0, 0, 0).pack()))


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("socket", (99, f.SOCK_STREAM, 0), "EAFNOSUPPORT"),
        ("socket", (f.AF_INET, 77, 0), "EPROTOTYPE"),
        ("socket", (f.AF_INET, f.SOCK_RAW, 0), "EPERM"),
        ("socketpair", (f.AF_UNIX, f.SOCK_STREAM, 0, NOWHERE), "EFAULT"),
        ("socketpair", (f.AF_UNIX, f.SOCK_STREAM, 0, READ_ONLY), "EFAULT"),
        ("socketpair", (f.AF_INET, f.SOCK_STREAM, 0, BUF), "EOPNOTSUPP"),
        ("bind", (SOCK, ADDR, 16), 0),
        ("bind", (99, ADDR, 16), "EBADF"),
        ("bind", (FILE, ADDR, 16), "ENOTSOCK"),
        ("bind", (SOCK, NOWHERE, 16), "EFAULT"),
        ("bind", (SOCK, ADDR, 8), "EINVAL"),
        ("bind", (SOCK, ADDR, 1), "EINVAL"),
        ("bind", (SOCK, ADDR, 256), "ENAMETOOLONG"),
        ("listen", (FILE, 1), "ENOTSOCK"),
        ("listen", (SOCK, 1), 0),
        ("accept", (99, 0, 0), "EBADF"),
        ("accept", (FILE, 0, 0), "ENOTSOCK"),
        ("accept", (SOCK, 0, 0), "EINVAL"),
        ("accept", (SOCK, BUF, NOWHERE), "EFAULT"),
        ("connect", (FILE, ADDR, 16), "ENOTSOCK"),
        ("connect", (SOCK, NOWHERE, 16), "EFAULT"),
        ("shutdown", (SOCK, f.SHUT_WR), "ENOTCONN"),
        ("shutdown", (PAIR, 9), "EINVAL"),
        ("shutdown", (PAIR, f.SHUT_RDWR), 0),
        ("getsockname", (SOCK, NOWHERE, LEN), "EFAULT"),
        ("getsockname", (SOCK, BUF, NOWHERE), "EFAULT"),
        ("getpeername", (SOCK, BUF, LEN), "ENOTCONN"),
        ("getpeername", (FILE, BUF, LEN), "ENOTSOCK"),
        ("sendto", (PAIR, BUF, 4, 0, 0, 0), 4),
        ("sendto", (PAIR, NOWHERE, 4, 0, 0, 0), "EFAULT"),
        ("sendto", (PAIR, BUF, 4, 0, ADDR, 16), "EISCONN"),
        ("sendto", (FILE, BUF, 4, 0, 0, 0), "ENOTSOCK"),
        ("recvfrom", (PAIR, BUF, 4, f.MSG_DONTWAIT, 0, 0), "EAGAIN"),
        ("recvfrom", (PAIR, NOWHERE, 4, 0, 0, 0), "EFAULT"),
        ("recvfrom", (FILE, BUF, 4, 0, 0, 0), "ENOTSOCK"),
        ("recvfrom", (99, BUF, 4, 0, 0, 0), "EBADF"),
        ("sendmsg", (PAIR, NOWHERE, 0), "EFAULT"),
        ("sendmsg", (PAIR, MSG, 0), "EINVAL"),
        ("recvmsg", (PAIR, NOWHERE, 0), "EFAULT"),
        ("recvmsg", (PAIR, READ_ONLY, 0), "EFAULT"),
        ("setsockopt", (SOCK, f.SOL_SOCKET, f.SO_REUSEADDR, INT, 4), 0),
        ("setsockopt", (SOCK, f.SOL_SOCKET, f.SO_REUSEADDR, INT, 2), "EINVAL"),
        ("setsockopt", (SOCK, f.SOL_SOCKET, f.SO_REUSEADDR, NOWHERE, 4), "EFAULT"),
        ("setsockopt", (SOCK, f.SOL_SOCKET, f.SO_REUSEADDR, 0, 4), "EINVAL"),
        ("setsockopt", (SOCK, f.SOL_SOCKET, 0x7777, INT, 4), "ENOPROTOOPT"),
        ("setsockopt", (SOCK, f.SOL_SOCKET, f.SO_RCVTIMEO, INT, 4), "EINVAL"),
        ("setsockopt", (FILE, f.SOL_SOCKET, f.SO_REUSEADDR, INT, 4), "ENOTSOCK"),
        ("getsockopt", (SOCK, f.SOL_SOCKET, f.SO_TYPE, BUF, LEN), 0),
        ("getsockopt", (SOCK, f.SOL_SOCKET, f.SO_TYPE, BUF, NOWHERE), "EFAULT"),
        ("getsockopt", (SOCK, f.SOL_SOCKET, f.SO_TYPE, NOWHERE, LEN), "EFAULT"),
        ("getsockopt", (SOCK, f.SOL_SOCKET, 0x7777, BUF, LEN), "ENOPROTOOPT"),
        ("getsockopt", (SOCK, 4, 1, BUF, LEN), "ENOPROTOOPT"),
        ("setsockopt", (SOCK, 4, 1, BUF, 4), "ENOPROTOOPT"),
        ("lseek", (SOCK, 0, 0), "ESPIPE"),
        ("pread", (SOCK, BUF, 1, 0), "ESPIPE"),
        ("getdirentries64", (SOCK, BUF, 1024, BUF), "ENOTSUP"),
    ],
)
def test_outcomes(
    bench: CallBench, name: str, arguments: tuple[int | str, ...], outcome: int | str
) -> None:
    assert bench.call(name, *[real(bench, argument) for argument in arguments]) == outcome


@pytest.mark.parametrize(
    ("address", "raw"),
    [
        (Inet4("127.0.0.1", 8080), bytes([16, 2, 0x1F, 0x90, 127, 0, 0, 1]) + bytes(8)),
        (Inet6("::1", 80, 0, 0), bytes([28, 30, 0, 80]) + bytes(4) + bytes(15) + b"\1" + bytes(4)),
        (UnixPath(b"/tmp/s"), b"\x09\x01/tmp/s\0"),
        (UnixPath(b""), b"\x10\x01" + bytes(14)),
    ],
)
def test_addresses_are_laid_out_as_darwin_has_them(
    address: Inet4 | Inet6 | UnixPath, raw: bytes
) -> None:
    assert pack_address(address) == raw
    assert unpack_address(raw) == address


def test_a_connection_from_bind_to_close(bench: CallBench) -> None:
    server, port = listening(bench)
    waiting = bench.call("accept", server, 0, 0)
    assert isinstance(waiting, Park)
    client = tcp(bench)
    assert wait(bench, "connect", client, bench.put(sockaddr(port)), 16) == 0
    length = bench.put(struct.pack("<I", 100))
    name = bench.put(bytes(16))
    made = wait(bench, "accept", server, name, length)
    assert isinstance(made, int)
    peer = SockaddrIn.unpack(bench.get(name, 16))
    assert (peer.len, peer.family, peer.addr) == (16, f.AF_INET, LOOPBACK)
    assert peer.port == port_of(bench, client)
    assert bench.get(length, 4) == struct.pack("<I", 16)
    assert bench.call("write", client, bench.put(b"hello"), 5) == 5
    assert wait(bench, "recvfrom", made, bench.buffer, 3, f.MSG_PEEK, 0, 0) == 3
    assert wait(bench, "read", made, bench.buffer, 100) == 5
    assert bench.get(bench.buffer, 5) == b"hello"
    assert bench.call("shutdown", client, f.SHUT_WR) == 0
    assert wait(bench, "read", made, bench.buffer, 100) == 0
    assert bench.call("fstat64", made, bench.buffer) == 0


def test_a_short_buffer_gets_a_cut_address_and_its_length(bench: CallBench) -> None:
    fd, _ = listening(bench)
    length = bench.put(struct.pack("<I", 4))
    name = bench.put(b"\xff" * 16)
    assert bench.call("getsockname", fd, name, length) == 0
    assert bench.get(name + 4, 12) == b"\xff" * 12
    assert bench.get(length, 4) == struct.pack("<I", 16)


def test_accepted_sockets_inherit_what_the_listener_has(bench: CallBench) -> None:
    server, port = listening(bench)
    timeout = bench.put(Timeval(3, 0).pack())
    assert bench.call("setsockopt", server, f.SOL_SOCKET, f.SO_RCVTIMEO, timeout, 16) == 0
    with host_socket.create_connection(("127.0.0.1", port)):
        made = wait(bench, "accept", server, 0, 0)
        assert isinstance(made, int)
        assert bench.call("fcntl", made, f.F_GETFL) == f.O_RDWR
        assert bench.process.files.get(made).options["rcvtimeo"] == 3 * 10**9
        bench.call("fcntl", server, f.F_SETFL, f.O_NONBLOCK)
        assert bench.call("accept", server, 0, 0) == "EAGAIN"
        with host_socket.create_connection(("127.0.0.1", port)):
            bench.host.poller.arm(bench.process.files.get(server).handle, read=True, token=1)
            assert bench.host.poller.poll(10) == [1]
            made = bench.result("accept", server, 0, 0)
            assert bench.call("fcntl", made, f.F_GETFL) == f.O_RDWR | f.O_NONBLOCK


def test_a_bad_pointer_at_accept_closes_the_connection(bench: CallBench) -> None:
    server, port = listening(bench)
    with host_socket.create_connection(("127.0.0.1", port)) as client:
        length = bench.put(struct.pack("<I", 16))
        before = len(bench.process.files)
        assert wait(bench, "accept", server, NOWHERE, length) == "EFAULT"
        assert len(bench.process.files) == before
        client.settimeout(10)
        assert client.recv(1) == b""


def test_no_descriptor_no_connection_taken(bench: CallBench) -> None:
    server, port = listening(bench)
    bench.process.files.limit = len(bench.process.files)
    with host_socket.create_connection(("127.0.0.1", port)):
        assert bench.call("accept", server, 0, 0) == "EMFILE"
        assert bench.call("socket", f.AF_INET, f.SOCK_STREAM, 0) == "EMFILE"
        bench.process.files.limit += 1
        assert isinstance(wait(bench, "accept", server, 0, 0), int)


def test_a_refused_connection(bench: CallBench) -> None:
    server, port = listening(bench)
    bench.call("close", server)
    client = tcp(bench)
    assert wait(bench, "connect", client, bench.put(sockaddr(port)), 16) == "ECONNREFUSED"


def test_a_connection_that_does_not_wait(bench: CallBench) -> None:
    server, port = listening(bench)
    client = tcp(bench)
    bench.call("fcntl", client, f.F_SETFL, f.O_NONBLOCK)
    address = bench.put(sockaddr(port))
    assert bench.call("connect", client, address, 16) in {"EINPROGRESS", 0}
    bench.host.poller.arm(bench.process.files.get(client).handle, write=True, token=1)
    assert bench.host.poller.poll(10) == [1]
    assert (
        bench.call("getsockopt", client, f.SOL_SOCKET, f.SO_ERROR, bench.buffer, _four(bench)) == 0
    )
    assert bench.get(bench.buffer, 4) == bytes(4)
    assert bench.call("connect", client, address, 16) in {0, "EISCONN"}
    assert isinstance(wait(bench, "accept", server, 0, 0), int)


def _four(bench: CallBench) -> int:
    return bench.put(struct.pack("<I", 4))


def test_receive_time_outs_end_in_eagain(bench: CallBench) -> None:
    one, _ = pair(bench)
    timeout = bench.put(Timeval(0, 20_000).pack())
    assert bench.call("setsockopt", one, f.SOL_SOCKET, f.SO_RCVTIMEO, timeout, 16) == 0
    began = bench.host.monotonic_ns()
    assert wait(bench, "read", one, bench.buffer, 1) == "EAGAIN"
    assert bench.host.monotonic_ns() - began >= 20_000_000
    size = bench.put(struct.pack("<I", 16))
    assert bench.call("getsockopt", one, f.SOL_SOCKET, f.SO_RCVTIMEO, bench.buffer, size) == 0
    assert Timeval.unpack(bench.get(bench.buffer, 16)) == Timeval(0, 20_000)
    bad = bench.put(Timeval(0, 1_000_000).pack())
    assert bench.call("setsockopt", one, f.SOL_SOCKET, f.SO_RCVTIMEO, bad, 16) == "EDOM"


def test_a_send_time_out_returns_what_went(bench: CallBench) -> None:
    one, _ = pair(bench)
    timeout = bench.put(Timeval(0, 10_000).pack())
    assert bench.call("setsockopt", one, f.SOL_SOCKET, f.SO_SNDTIMEO, timeout, 16) == 0
    sizes = [wait(bench, "write", one, bench.buffer, 200_000) for _ in range(20)]
    assert "EAGAIN" in sizes
    assert any(isinstance(size, int) and size < 200_000 for size in sizes)


@pytest.mark.parametrize("quiet", ["", "option", "flag", "fcntl"])
def test_writing_to_nobody_is_epipe_and_a_signal(bench: CallBench, quiet: str) -> None:
    one, other = pair(bench)
    bench.call("close", other)
    on = bench.put(struct.pack("<i", 1))
    if quiet == "option":
        assert bench.call("setsockopt", one, f.SOL_SOCKET, f.SO_NOSIGPIPE, on, 4) == 0
    if quiet == "fcntl":
        assert bench.call("fcntl", one, f.F_SETNOSIGPIPE, 1) == 0
    flags = f.MSG_NOSIGNAL if quiet == "flag" else 0
    assert bench.call("sendto", one, bench.buffer, 4, flags, 0, 0) == "EPIPE"
    assert bool(bench.process.signals.pending) == (not quiet)


def test_waiting_for_all_bytes(bench: CallBench) -> None:
    one, other = pair(bench)
    bench.call("write", other, bench.put(b"abc"), 3)
    waiting = bench.call("recvfrom", one, bench.buffer, 5, f.MSG_WAITALL, 0, 0)
    assert isinstance(waiting, Park)
    bench.process.files.get(other).handle.write(b"defg")
    assert bench.call("recvfrom", one, bench.buffer, 5, f.MSG_WAITALL, 0, 0) == 5
    assert bench.get(bench.buffer, 5) == b"abcde"
    bench.call("close", other)
    assert bench.call("recvfrom", one, bench.buffer, 5, f.MSG_WAITALL, 0, 0) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Python has no sendmsg on Windows")
def test_messages_with_headers_and_senders(bench: CallBench) -> None:
    one = bench.result("socket", f.AF_INET, f.SOCK_DGRAM, 0)
    other = bench.result("socket", f.AF_INET, f.SOCK_DGRAM, 0)
    for fd in (one, other):
        assert bench.call("bind", fd, bench.put(sockaddr()), 16) == 0
    port = port_of(bench, one)
    parts = [bench.put(b"abc"), bench.put(b"de")]
    iov = bench.put(struct.pack("<4Q", parts[0], 3, parts[1], 2))
    to = bench.put(sockaddr(port))
    header = bench.put(Msghdr(to, 16, iov, 2, 0, 0, 0).pack())
    assert bench.call("sendmsg", other, header, 0) == 5
    target, name = bench.put(bytes(8)), bench.put(bytes(16))
    iov = bench.put(struct.pack("<2Q", target, 4))
    header = bench.put(Msghdr(name, 16, iov, 1, 0, 0, 0).pack())
    assert wait(bench, "recvmsg", one, header, 0) == 4
    assert bench.get(target, 5) == b"abcd\0"
    answer = Msghdr.unpack(bench.get(header, Msghdr.SIZE))
    assert (answer.namelen, answer.flags) == (16, f.MSG_TRUNC)
    assert SockaddrIn.unpack(bench.get(name, 16)).port == port_of(bench, other)
    assert bench.call("sendto", other, parts[0], 3, 0, to, 16) == 3
    length = bench.put(struct.pack("<I", 16))
    assert wait(bench, "recvfrom", one, bench.buffer, 10, 0, name, length) == 3
    assert SockaddrIn.unpack(bench.get(name, 16)).addr == LOOPBACK
    assert bench.call("sendto", tcp(bench), parts[0], 3, 0, to, 16) == "ENOTCONN"


def test_options_by_darwins_names(bench: CallBench) -> None:
    fd = tcp(bench)
    one = bench.put(struct.pack("<i", 1))
    linger = bench.put(Linger(1, 5).pack())
    assert bench.call("setsockopt", fd, f.SOL_SOCKET, f.SO_LINGER_SEC, linger, 8) == 0
    assert bench.call("setsockopt", fd, f.IPPROTO_TCP, f.TCP_NODELAY, one, 4) == 0
    size = bench.put(struct.pack("<I", 64))
    assert bench.call("getsockopt", fd, f.SOL_SOCKET, f.SO_LINGER_SEC, bench.buffer, size) == 0
    assert Linger.unpack(bench.get(bench.buffer, 8)) == Linger(1, 5)
    assert bench.get(size, 4) == struct.pack("<I", 8)
    assert bench.call("getsockopt", fd, f.IPPROTO_TCP, f.TCP_NODELAY, bench.buffer, size) == 0
    assert bench.get(bench.buffer, 4) == struct.pack("<i", 1)
    assert bench.call("getsockopt", fd, f.SOL_SOCKET, f.SO_NOSIGPIPE, bench.buffer, size) == 0
    assert bench.get(bench.buffer, 4) == bytes(4)


def test_a_port_in_use(bench: CallBench) -> None:
    _, port = listening(bench)
    assert bench.call("bind", tcp(bench), bench.put(sockaddr(port)), 16) == "EADDRINUSE"
    foreign = bench.put(sockaddr(0, bytes([192, 0, 2, 1])))
    assert bench.call("bind", tcp(bench), foreign, 16) == "EADDRNOTAVAIL"
