"""Sockets: addresses that the guest may have, bytes, options; and nothing waits."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.host import FileHandle, Host, Inet4, Inet6, SocketHandle, UnixPath
from tests.host.conftest import open_descriptors, outcome

STREAM = (f.AF_INET, f.SOCK_STREAM, 0)
unix = pytest.mark.skipif(sys.platform == "win32", reason="Python has none on Windows")


def listener(host: Host, address: Inet4 | None = None) -> SocketHandle:
    made = host.network.socket(*STREAM)
    made.setsockopt(f.SOL_SOCKET, f.SO_REUSEADDR, 1)
    made.bind(address or Inet4("127.0.0.1", 0))
    made.listen(16)
    return made


def connected(host: Host) -> tuple[SocketHandle, SocketHandle]:
    """Return both ends of a connection."""
    server = listener(host)
    client = host.network.socket(*STREAM)
    address = server.getsockname()
    assert outcome(client.connect, address) in {"EINPROGRESS", "ok"}
    host.poller.arm(server, read=True, token="accept")
    assert host.poller.poll(5) == ["accept"]
    accepted, peer = server.accept()
    assert peer == client.getsockname()
    server.close()
    return client, accepted


def wait(host: Host, handle: SocketHandle) -> None:
    host.poller.arm(handle, read=True, token="read")
    assert host.poller.poll(5) == ["read"]


def test_bytes_go_both_ways_and_nothing_waits(host: Host) -> None:
    client, server = connected(host)
    buffer = memoryview(bytearray(16))
    assert outcome(server.read_into, buffer) == "EAGAIN"
    assert client.write(b"abc") == 3
    wait(host, server)
    assert server.recv_into(buffer, f.MSG_PEEK) == 3
    assert server.available() == 3
    assert server.readv([buffer[:2], buffer[8:]]) == 3
    assert bytes(buffer[:2]) + bytes(buffer[8:9]) == b"abc"
    assert server.writev([b"de", b"", b"f"]) == 3
    wait(host, client)
    assert client.recvfrom_into(buffer, 0)[0] == 3
    client.shutdown(f.SHUT_WR)
    wait(host, server)
    assert server.read_into(buffer) == 0
    assert outcome(client.write, b"x") == "EPIPE"
    client.close()
    server.close()


def test_a_full_socket_is_reported_and_wakes_when_it_empties(host: Host) -> None:
    client, server = connected(host)
    sent = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            sent += client.write(bytes(1 << 16))
    host.poller.arm(client, write=True, token="write")
    assert host.poller.poll(0) == []
    buffer = memoryview(bytearray(1 << 16))
    while sent:
        try:
            sent -= server.read_into(buffer)
        except BlockingIOError:
            wait(host, server)
    assert host.poller.poll(5) == ["write"]
    client.close()
    server.close()


@pytest.mark.parametrize(
    ("host_part", "expected"),
    [
        ("127.0.0.1", "ok"),
        ("0.0.0.0", "ok"),  # noqa: S104 - it becomes loopback
        ("192.0.2.1", "EADDRNOTAVAIL"),
        ("8.8.8.8", "EADDRNOTAVAIL"),
    ],
)
def test_only_loopback_can_be_bound(host: Host, host_part: str, expected: str) -> None:
    made = host.network.socket(*STREAM)
    assert outcome(made.bind, Inet4(host_part, 0)) == expected
    if expected == "ok":
        own, real = made.getsockname(), made.host_address()
        assert isinstance(own, Inet4)
        assert isinstance(real, Inet4)
        assert (own.host, real.host) == (host_part, "127.0.0.1")
        assert own.port == real.port != 0
        assert outcome(made.bind, Inet4("127.0.0.1", 0)) == "EINVAL"
    made.close()


def test_listening_without_an_address_takes_loopback(host: Host) -> None:
    made = host.network.socket(*STREAM)
    made.listen(1)
    address = made.host_address()
    assert isinstance(address, Inet4)
    assert address.host == "127.0.0.1"
    made.close()


def test_the_users_address_goes_to_the_first_listener(root: Path) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        free = taken.getsockname()[1]
    host = Host(root, listen=("127.0.0.2", free))
    datagram = host.network.socket(f.AF_INET, f.SOCK_DGRAM, 0)
    datagram.bind(Inet4("127.0.0.1", 0))
    first = listener(host, Inet4("127.0.0.1", 8080))
    second = listener(host)
    assert host.network.bound == [("127.0.0.2", free)]
    assert first.getsockname() == Inet4("127.0.0.1", 8080)
    assert first.host_address() == Inet4("127.0.0.2", free)
    own = second.getsockname()
    assert isinstance(own, Inet4)
    assert own.host == "127.0.0.1"
    with socket.create_connection(("127.0.0.2", free)):
        pass
    for handle in (first, second, datagram):
        handle.close()
    host.close()


def test_the_users_address_is_kept_until_it_is_bound(root: Path) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        place = taken.getsockname()
        host = Host(root, listen=place)
        made = host.network.socket(*STREAM)
        assert outcome(made.bind, Inet4("127.0.0.1", 0)) == "EADDRINUSE"
        assert host.network.bound == []
    assert outcome(made.bind, Inet4("127.0.0.1", 0)) == "ok"
    assert host.network.bound == [place]
    made.close()
    host.close()


def test_a_datagram_socket_that_sends_is_on_loopback(host: Host) -> None:
    one = host.network.socket(f.AF_INET, f.SOCK_DGRAM, 0)
    one.sendto(b"x", 0, Inet4("127.0.0.1", 9))
    address = one.host_address()
    assert isinstance(address, Inet4)
    assert address.host == "127.0.0.1"
    one.close()


def test_a_port_in_use_and_a_refused_connection(host: Host) -> None:
    one = listener(host)
    other = host.network.socket(*STREAM)
    assert outcome(other.bind, one.getsockname()) == "EADDRINUSE"
    address = one.getsockname()
    one.close()
    assert outcome(other.connect, address) in {"EINPROGRESS", "ECONNREFUSED"}
    host.poller.arm(other, write=True, token=1)
    assert host.poller.poll(5) == [1]
    assert other.getsockopt(f.SOL_SOCKET, f.SO_ERROR) in {0, 61}
    other.close()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((99, f.SOCK_STREAM, 0), "EAFNOSUPPORT"),
        ((f.AF_INET, f.SOCK_RAW, 0), "EPERM"),
        ((f.AF_INET, 77, 0), "EPROTOTYPE"),
        ((f.AF_INET, f.SOCK_STREAM, 17), "EPROTONOSUPPORT"),
        ((f.AF_INET, f.SOCK_DGRAM, 17), "ok"),
    ],
)
def test_sockets_that_cannot_be_made(
    host: Host, arguments: tuple[int, int, int], expected: str
) -> None:
    assert outcome(host.network.socket, *arguments) == expected


def test_datagrams_tell_their_sender(host: Host) -> None:
    one = host.network.socket(f.AF_INET, f.SOCK_DGRAM, 0)
    one.bind(Inet4("0.0.0.0", 0))  # noqa: S104 - it becomes loopback
    other = host.network.socket(f.AF_INET, f.SOCK_DGRAM, 0)
    other.bind(Inet4("127.0.0.1", 0))
    assert other.sendto(b"abc", 0, one.host_address()) == 3
    wait(host, one)
    buffer = memoryview(bytearray(2))
    count, told, sender = one.recvmsg_into([buffer], 0)
    assert (count, sender) == (2, other.getsockname())
    assert told == f.MSG_TRUNC or sys.platform == "win32"
    assert outcome(one.listen, 1) == "EOPNOTSUPP"
    one.close()
    other.close()


def test_ipv6_is_loopback_too(host: Host) -> None:
    made = host.network.socket(f.AF_INET6, f.SOCK_STREAM, 0)
    if outcome(made.bind, Inet6("::", 0)) != "ok":
        pytest.skip("no IPv6 here")
    real = made.host_address()
    assert isinstance(real, Inet6)
    assert real.host == "::1"
    assert outcome(made.bind, Inet4("127.0.0.1", 0)) == "EINVAL"
    made.close()
    made = host.network.socket(f.AF_INET6, f.SOCK_STREAM, 0)
    assert outcome(made.bind, Inet6("2001:db8::1", 0)) == "EADDRNOTAVAIL"
    made.close()


@unix
def test_unix_paths_are_the_guests(host: Host, root: Path) -> None:
    server = host.network.socket(f.AF_UNIX, f.SOCK_STREAM, 0)
    (root / "out").symlink_to("/../..")
    server.bind(UnixPath(b"/out/www/sock"))
    server.listen(1)
    assert (root / "www" / "sock").is_socket()
    assert server.getsockname() == UnixPath(b"/out/www/sock")
    client = host.network.socket(f.AF_UNIX, f.SOCK_STREAM, 0)
    client.connect(UnixPath(b"www/sock"))
    accepted, peer = server.accept()
    assert peer == UnixPath(b"")
    client.write(b"x")
    assert accepted.read_into(memoryview(bytearray(1))) == 1
    other = host.network.socket(f.AF_UNIX, f.SOCK_STREAM, 0)
    assert outcome(other.connect, UnixPath(b"missing")) == "ENOENT"
    assert outcome(other.connect, UnixPath(b"www/index.html")) == "ENOTSOCK"
    assert outcome(other.bind, UnixPath(b"www/sock")) == "EADDRINUSE"
    assert outcome(other.bind, UnixPath(b"../../missing/sock")) == "ENOENT"
    for handle in (server, client, accepted, other):
        handle.close()


def test_socketpairs(host: Host) -> None:
    one, other = host.network.socketpair(f.AF_UNIX, f.SOCK_STREAM, 0)
    one.write(b"abc")
    buffer = memoryview(bytearray(3))
    wait(host, other)
    assert other.read_into(buffer) == 3
    one.close()
    wait(host, other)
    assert other.read_into(buffer) == 0
    other.close()
    assert outcome(host.network.socketpair, *STREAM) == "EOPNOTSUPP"


@pytest.mark.parametrize(
    ("level", "name", "value"),
    [
        (f.SOL_SOCKET, f.SO_REUSEADDR, 4),
        (f.SOL_SOCKET, f.SO_KEEPALIVE, 8),
        (f.SOL_SOCKET, f.SO_RCVBUF, 65536),
        (f.SOL_SOCKET, f.SO_LINGER_SEC, (1, 3)),
        (f.SOL_SOCKET, f.SO_LINGER, (1, 300)),
        (f.IPPROTO_TCP, f.TCP_NODELAY, 1),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows rounds and refuses some")
def test_options_come_back_as_set(
    host: Host, level: int, name: int, value: int | tuple[int, int]
) -> None:
    made = host.network.socket(*STREAM)
    made.setsockopt(level, name, value)
    assert made.getsockopt(level, name) == value
    made.close()


def test_options_of_the_socket_itself(host: Host) -> None:
    made = host.network.socket(*STREAM)
    assert made.getsockopt(f.SOL_SOCKET, f.SO_TYPE) == f.SOCK_STREAM
    assert made.getsockopt(f.SOL_SOCKET, f.SO_ERROR) == 0
    assert made.getsockopt(f.SOL_SOCKET, f.SO_NREAD) == 0
    assert outcome(made.getsockopt, f.SOL_SOCKET, 0x7777) == "ENOPROTOOPT"
    assert outcome(made.setsockopt, 77, 1, 1) == "ENOPROTOOPT"
    assert outcome(made.setsockopt, f.SOL_SOCKET, f.SO_LINGER_SEC, (1, -1)) == "EINVAL"
    assert made.stat().mode & f.S_IFMT == f.S_IFSOCK
    made.close()


def test_what_unconnected_sockets_answer(host: Host) -> None:
    made = host.network.socket(*STREAM)
    assert outcome(made.getpeername) == "ENOTCONN"
    assert outcome(made.accept) == "EINVAL"
    assert outcome(made.shutdown, f.SHUT_WR) == "ENOTCONN"
    assert outcome(made.shutdown, 9) == "EINVAL"
    assert outcome(made.seek, 0, f.SEEK_SET) == "ESPIPE"
    made.close()


@pytest.mark.skipif(not hasattr(socket, "SOCK_NONBLOCK"), reason="Linux")
def test_an_accept_that_fails_leaks_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    server = listener(host)
    address = server.host_address()
    assert isinstance(address, Inet4)
    with socket.create_connection((address.host, address.port)) as client:
        before = open_descriptors()

        def refuse(*_arguments: object) -> None:
            raise OSError(errno.ENOBUFS, "no")

        with monkeypatch.context() as patched:
            patched.setattr("emu.host.network.os.set_blocking", refuse)
            wait(host, server)
            assert outcome(server.accept) == "ENOBUFS"
        assert open_descriptors() == before
        client.settimeout(5)
        assert client.recv(1) == b""
    server.close()


def test_a_file_goes_to_a_socket_within_the_host(host: Host, root: Path) -> None:
    (root / "big").write_bytes(b"0123456789")
    client, server = connected(host)
    handle = host.files.open(host.root, b"big", f.O_RDONLY)
    if sys.platform != "win32":
        assert isinstance(handle, FileHandle)
        assert handle.send_to(server.fileno(), 2, 5) == 5
        assert handle.send_to(server.fileno(), 10, 5) == 0
        wait(host, client)
        buffer = memoryview(bytearray(8))
        assert client.read_into(buffer) == 5
        assert bytes(buffer[:5]) == b"23456"
    for opened in (handle, client, server):
        opened.close()
