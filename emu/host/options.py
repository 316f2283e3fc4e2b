"""Socket options by Darwin's levels and names, in the host's terms."""

from __future__ import annotations

import _socket
import array
import errno
import socket
import struct
import sys

from emu.darwin import flags as darwin
from emu.host.errors import darwin_errno, failure

if sys.platform != "win32":
    import fcntl
    import termios

__all__ = ["get_option", "readable_bytes", "set_option"]

_LEVELS = {
    darwin.SOL_SOCKET: socket.SOL_SOCKET,
    darwin.IPPROTO_IP: socket.IPPROTO_IP,
    darwin.IPPROTO_TCP: socket.IPPROTO_TCP,
    darwin.IPPROTO_IPV6: socket.IPPROTO_IPV6,
}

#: Darwin's (level, name) → the host's name; a host that lacks the name lacks the option.
_NAMES = {
    (darwin.SOL_SOCKET, darwin.SO_REUSEADDR): "SO_REUSEADDR",
    (darwin.SOL_SOCKET, darwin.SO_REUSEPORT): "SO_REUSEPORT",
    (darwin.SOL_SOCKET, darwin.SO_KEEPALIVE): "SO_KEEPALIVE",
    (darwin.SOL_SOCKET, darwin.SO_DONTROUTE): "SO_DONTROUTE",
    (darwin.SOL_SOCKET, darwin.SO_BROADCAST): "SO_BROADCAST",
    (darwin.SOL_SOCKET, darwin.SO_OOBINLINE): "SO_OOBINLINE",
    (darwin.SOL_SOCKET, darwin.SO_DEBUG): "SO_DEBUG",
    (darwin.SOL_SOCKET, darwin.SO_ACCEPTCONN): "SO_ACCEPTCONN",
    (darwin.SOL_SOCKET, darwin.SO_SNDBUF): "SO_SNDBUF",
    (darwin.SOL_SOCKET, darwin.SO_RCVBUF): "SO_RCVBUF",
    (darwin.SOL_SOCKET, darwin.SO_SNDLOWAT): "SO_SNDLOWAT",
    (darwin.SOL_SOCKET, darwin.SO_RCVLOWAT): "SO_RCVLOWAT",
    (darwin.IPPROTO_IP, darwin.IP_TOS): "IP_TOS",
    (darwin.IPPROTO_IP, darwin.IP_TTL): "IP_TTL",
    (darwin.IPPROTO_IPV6, darwin.IPV6_V6ONLY): "IPV6_V6ONLY",
    (darwin.IPPROTO_TCP, darwin.TCP_NODELAY): "TCP_NODELAY",
    (darwin.IPPROTO_TCP, darwin.TCP_MAXSEG): "TCP_MAXSEG",
    (darwin.IPPROTO_TCP, darwin.TCP_KEEPALIVE): (
        "TCP_KEEPALIVE" if sys.platform == "darwin" else "TCP_KEEPIDLE"
    ),
    (darwin.IPPROTO_TCP, darwin.TCP_KEEPINTVL): "TCP_KEEPINTVL",
    (darwin.IPPROTO_TCP, darwin.TCP_KEEPCNT): "TCP_KEEPCNT",
    (darwin.IPPROTO_TCP, darwin.TCP_NOPUSH): (
        "TCP_NOPUSH" if sys.platform == "darwin" else "TCP_CORK"
    ),
}
_FLAGS = {
    (darwin.SOL_SOCKET, name)
    for name in (darwin.SO_REUSEADDR, darwin.SO_REUSEPORT, darwin.SO_KEEPALIVE, darwin.SO_BROADCAST)
}
_BUFFERS = {(darwin.SOL_SOCKET, darwin.SO_SNDBUF), (darwin.SOL_SOCKET, darwin.SO_RCVBUF)}
_LINGERS = {darwin.SO_LINGER: 100, darwin.SO_LINGER_SEC: 1}
_LINGER = struct.Struct("HH" if sys.platform == "win32" else "ii")


def get_option(sock: _socket.socket, level: int, name: int) -> int | tuple[int, int]:
    """Return an option as :meth:`emu.host.network.SocketHandle.getsockopt` describes it."""
    if level == darwin.SOL_SOCKET and name in _LINGERS:
        raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER.size)
        on, seconds = _LINGER.unpack(raw)
        return int(bool(on)), seconds * _LINGERS[name]
    if level == darwin.SOL_SOCKET and name == darwin.SO_ERROR:
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return darwin_errno(OSError(code, "")) if code else 0
    if level == darwin.SOL_SOCKET and name == darwin.SO_NREAD:
        return readable_bytes(sock)
    host_name = _host_name(level, name)
    value = sock.getsockopt(_LEVELS[level], host_name)
    if (level, name) in _FLAGS:
        return name if value and level == darwin.SOL_SOCKET else value
    if (level, name) in _BUFFERS and sys.platform == "linux":
        return value // 2  # Linux doubles what is set, for its own bookkeeping
    return value


def set_option(sock: _socket.socket, level: int, name: int, value: int | tuple[int, int]) -> None:
    """Set an option as :meth:`emu.host.network.SocketHandle.setsockopt` describes it."""
    if level == darwin.SOL_SOCKET and name in _LINGERS:
        on, amount = value if isinstance(value, tuple) else (value, 0)
        if amount < 0:
            raise failure("EINVAL")
        raw = _LINGER.pack(int(bool(on)), min(amount // _LINGERS[name], 0x7FFF))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, raw)
        return
    if isinstance(value, tuple):
        raise failure("EINVAL")
    if sys.platform == "win32" and name == darwin.SO_REUSEADDR and level == darwin.SOL_SOCKET:
        return  # there it would let two servers share a port; what it means here is the default
    host_name = _host_name(level, name)
    if sys.platform == "linux" and (level, name) in _FLAGS:
        value = int(bool(value))
    sock.setsockopt(_LEVELS[level], host_name, value)


def readable_bytes(sock: _socket.socket) -> int:
    """Return the bytes that have arrived; where connections arrive it is 0."""
    if sys.platform == "win32":
        try:
            return len(sock.recv(65536, socket.MSG_PEEK))
        except OSError:
            return 0
    else:
        count = array.array("i", [0])
        try:
            fcntl.ioctl(sock.fileno(), termios.FIONREAD, count)
        except OSError as refused:
            # Linux answers EINVAL for a socket that listens, Darwin 0.
            if refused.errno != errno.EINVAL:
                raise
        return count[0]


def _host_name(level: int, name: int) -> int:
    """Return the host's number of an option.

    Raises:
        DarwinError: ENOPROTOOPT where there is none.
    """
    found = getattr(socket, _NAMES.get((level, name), ""), None)
    if not isinstance(found, int):
        raise failure("ENOPROTOOPT")
    return found
