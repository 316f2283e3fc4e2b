"""Sockets of the host, with Darwin's names for families, types, options and flags.

Which addresses the guest may have:

- loopback alone may be bound; the wildcard is bound to loopback instead, and any other address is
  ``EADDRNOTAVAIL``;
- where the user named an address to listen on, the first IPv4 stream socket that the guest binds
  gets that one, and ``getsockname`` still answers what the guest asked for;
- connections and datagrams go to loopback alone, unless the user opens the network: another
  address is ``ENETUNREACH``, as on a machine without a network;
- Unix-domain paths are paths of the guest's file system.
"""

from __future__ import annotations

import _socket
import contextlib
import os
import socket
import struct
import sys
from collections.abc import Sequence

from emu.darwin import flags as darwin
from emu.host import options
from emu.host.address import Address, Inet4, Inet6, UnixPath
from emu.host.directory import Directory
from emu.host.errors import failure
from emu.host.filesystem import FileSystem
from emu.host.handle import Buffer, Handle, HostStat

__all__ = ["Network", "SocketHandle"]

_UNIX = getattr(socket, "AF_UNIX", -1)
_FAMILIES = {darwin.AF_INET: socket.AF_INET, darwin.AF_INET6: socket.AF_INET6}
if _UNIX >= 0:
    _FAMILIES[darwin.AF_UNIX] = socket.AddressFamily(_UNIX)
_DARWIN_FAMILIES = {int(host): guest for guest, host in _FAMILIES.items()}
_TYPES = {darwin.SOCK_STREAM: socket.SOCK_STREAM, darwin.SOCK_DGRAM: socket.SOCK_DGRAM}

#: Darwin's flags of send and receive; waiting and SIGPIPE are not the host's business.
_MESSAGE_FLAGS = [
    (darwin.MSG_OOB, socket.MSG_OOB),
    (darwin.MSG_PEEK, socket.MSG_PEEK),
    (darwin.MSG_DONTROUTE, socket.MSG_DONTROUTE),
    (darwin.MSG_EOR, getattr(socket, "MSG_EOR", 0)),
    (darwin.MSG_TRUNC, getattr(socket, "MSG_TRUNC", 0)),
    (darwin.MSG_CTRUNC, getattr(socket, "MSG_CTRUNC", 0)),
]
#: Tokens that one message may carry, and bytes of one.
_TOKENS, _TOKEN_MAX = 8, 64
_NOSIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)
#: Added to the type, it tells Python that the socket does not wait, which spares a call.
_NONBLOCK = getattr(socket, "SOCK_NONBLOCK", 0)
_MORE = getattr(socket, "MSG_MORE", 0)


class Network:
    """Makes sockets, and decides about their addresses.

    Attributes:
        files: where Unix-domain paths are looked up.
        bound: host addresses given to listening sockets in the place of the guest's own.
        is_open: the guest may connect to other machines.
    """

    def __init__(
        self, files: FileSystem, listen: tuple[str, int] | None = None, *, is_open: bool = False
    ) -> None:
        """Take the address to listen on, if the user named one."""
        self.files = files
        self.is_open = is_open
        self.bound: list[tuple[str, int]] = []
        self._listen = listen
        #: A socket that emulators share, for the guest that binds its address.
        self.shared: _socket.socket | None = None
        self._unix_names: dict[str, bytes] = {}

    def socket(self, domain: int, kind: int, protocol: int) -> SocketHandle:
        """Make a socket; the arguments are Darwin's.

        Raises:
            OSError: EAFNOSUPPORT, EPROTONOSUPPORT, EPROTOTYPE, EMFILE, …
        """
        family, host_kind = _host_kind(domain, kind)
        made = _socket.socket(family, host_kind | _NONBLOCK, protocol)
        if not _NONBLOCK:
            made.setblocking(False)
        return SocketHandle(made.fileno(), self, domain, kind, made)

    def socketpair(
        self, domain: int, kind: int, protocol: int
    ) -> tuple[SocketHandle, SocketHandle]:
        """Make two connected Unix-domain sockets."""
        if domain != darwin.AF_UNIX:
            raise failure("EOPNOTSUPP" if domain in _FAMILIES else "EAFNOSUPPORT")
        if kind not in _TYPES:
            raise failure("EPROTOTYPE")
        if sys.platform == "win32":
            one, other = socket.socketpair()
        else:
            one, other = socket.socketpair(socket.AF_UNIX, _TYPES[kind], protocol)
        one.setblocking(False)
        other.setblocking(False)
        return (
            SocketHandle(one.fileno(), self, domain, kind, one),
            SocketHandle(other.fileno(), self, domain, kind, other),
        )

    def place(
        self, domain: int, kind: int, address: Address
    ) -> tuple[str, int] | tuple[str, int, int, int]:
        """Return the host's address for one that the guest binds.

        Raises:
            DarwinError: EADDRNOTAVAIL where the guest may not have it.
        """
        if isinstance(address, Inet4) and domain == darwin.AF_INET:
            if self._listen is not None and kind == darwin.SOCK_STREAM:
                return self._listen
            if address.host == "0.0.0.0":  # noqa: S104 - this is how the guest says it
                return "127.0.0.1", address.port
            if address.host.startswith("127."):
                return address.host, address.port
            raise failure("EADDRNOTAVAIL")
        if isinstance(address, Inet6) and domain == darwin.AF_INET6:
            if address.host not in {"::", "::1"}:
                raise failure("EADDRNOTAVAIL")
            return "::1", address.port, 0, 0
        raise failure("EAFNOSUPPORT")

    def reaches(self, address: Inet4 | Inet6) -> bool:
        """Tell whether the guest may send to an address; the wildcard means this machine."""
        if self.is_open:
            return True
        if isinstance(address, Inet4):
            return address.host.startswith("127.") or address.host == "0.0.0.0"  # noqa: S104
        return address.host in {"::1", "::"}

    def check_reach(self, address: Inet4 | Inet6) -> None:
        """Refuse an address that the guest may not send to.

        Raises:
            DarwinError: ENETUNREACH.
        """
        if not self.reaches(address):
            raise failure("ENETUNREACH")

    def adopts(self, place: tuple[object, ...], fd: int) -> bool:
        """Put the socket that workers share in the place of ``fd`` if it is bound to ``place``."""
        shared = self.shared
        if shared is None or shared.getsockname() != place:
            return False
        os.dup2(shared.fileno(), fd, inheritable=False)
        return True

    def placed(self, place: tuple[str, int] | tuple[str, int, int, int]) -> None:
        """Note that a socket got ``place``: the user's address is given once."""
        if place == self._listen:
            self.bound.append(self._listen)
            self._listen = None

    def name_unix(self, host: str, guest: bytes) -> None:
        """Remember which path of the guest stands behind a name that the host shows."""
        self._unix_names[host] = guest

    def address(self, domain: int, raw: object) -> Address:
        """Return what the host says of an address, for the guest."""
        if domain == darwin.AF_UNIX:
            if isinstance(raw, bytes) or not isinstance(raw, str):
                return UnixPath(b"")
            return UnixPath(self._unix_names.get(raw, b""))
        if not isinstance(raw, tuple):
            return UnixPath(b"")
        return Inet4(raw[0], raw[1]) if domain == darwin.AF_INET else Inet6(*raw)


def _host_kind(domain: int, kind: int) -> tuple[int, int]:
    """Return the host's family and type.

    Raises:
        DarwinError: EAFNOSUPPORT, EPROTONOSUPPORT or EPERM (raw sockets).
    """
    if domain not in _FAMILIES:
        raise failure("EAFNOSUPPORT")
    if kind == darwin.SOCK_RAW:
        raise failure("EPERM")
    if kind not in _TYPES:
        raise failure("EPROTOTYPE")
    return _FAMILIES[domain], _TYPES[kind]


class SocketHandle(Handle):
    """A socket; see :class:`~emu.host.handle.Handle` for what waiting and failing mean.

    Attributes:
        domain: Darwin's ``AF_``.
        type: Darwin's ``SOCK_``.
    """

    __slots__ = ("_bound", "_fd", "_network", "_own", "_sock", "domain", "type")
    kind = "socket"

    def __init__(
        self,
        fd: int,
        network: Network,
        domain: int,
        kind: int,
        sock: _socket.socket | None = None,
    ) -> None:
        """Own the socket ``fd``, which does not wait; ``sock`` is Python's object for it."""
        self.closed = False
        self.on_close = None
        self._sock = sock
        self.domain = domain
        self.type = kind
        self._fd = fd
        self._network = network
        self._bound = False
        #: What the guest bound, where the host's address is another one.
        self._own: Address | None = None

    def fileno(self) -> int:
        return self._fd

    @property
    def sock(self) -> _socket.socket:
        """Python's object for the socket: most connections are served and closed without one."""
        if self._sock is None:
            family, kind = _host_kind(self.domain, self.type)
            self._sock = _socket.socket(family, kind | _NONBLOCK, 0, self._fd)
            if not _NONBLOCK:
                self._sock.setblocking(False)
        return self._sock

    # ---- connecting ----

    def accept(self) -> tuple[SocketHandle, Address]:
        """Return a connection and the address of its peer."""
        # socket.accept() asks four more things of the host, whose answers are known here.
        fd, raw = self.sock._accept()  # type: ignore[attr-defined]  # noqa: SLF001
        network, domain = self._network, self.domain
        made = SocketHandle(fd, network, domain, self.type)
        try:
            if sys.platform == "win32":
                made.sock.setblocking(False)
            else:
                os.set_blocking(fd, False)
        except OSError:
            made.close()
            raise
        return made, network.address(domain, raw)

    def bind(self, address: Address, at: Directory | None = None) -> None:
        """Give the socket an address; a Unix-domain path begins at ``at``.

        Raises:
            OSError: EADDRINUSE, EADDRNOTAVAIL, EINVAL (it has one), EACCES, …
        """
        if self._bound:
            raise failure("EINVAL")
        if isinstance(address, UnixPath):
            self._bind_unix(address, at or self._network.files.root)
        else:
            place = self._network.place(self.domain, self.type, address)
            if not self._network.adopts(place, self._fd):
                self.sock.bind(place)
            if place[:2] != (address.host, address.port):
                self._own = address
                self._network.placed(place)
        self._bound = True

    def _bind_unix(self, address: UnixPath, at: Directory) -> None:
        """Make a socket file in the guest's file system."""
        if self.domain != darwin.AF_UNIX:
            raise failure("EAFNOSUPPORT")
        with self._network.files.place_of(at, address.path) as place:
            self.sock.bind(place)
            self._network.name_unix(place, address.path)
        self._own = address

    def listen(self, backlog: int) -> None:
        """Accept connections from now on; an unbound socket gets a port of loopback."""
        if self.type != darwin.SOCK_STREAM:
            raise failure("EOPNOTSUPP")
        if not self._bound and self.domain == darwin.AF_UNIX:
            raise failure("EINVAL")
        if not self._bound:
            # The host would bind the wildcard.
            self.sock.bind(("127.0.0.1", 0) if self.domain == darwin.AF_INET else ("::1", 0))
            self._bound = True
        self.sock.listen(max(0, backlog))

    def connect(self, address: Address, at: Directory | None = None) -> None:
        """Connect to a peer; a Unix-domain path begins at ``at``.

        Raises:
            BlockingIOError: the connection is under way; it is made when the socket can be
                written, and its outcome is :meth:`error`.
            OSError: ECONNREFUSED, EISCONN, …
        """
        if isinstance(address, UnixPath):
            if self.domain != darwin.AF_UNIX:
                raise failure("EAFNOSUPPORT")
            with self._network.files.socket_at(
                at or self._network.files.root, address.path
            ) as place:
                self._network.name_unix(place, address.path)
                self.sock.connect(place)
            return
        if (self.domain == darwin.AF_INET) != isinstance(address, Inet4):
            raise failure("EAFNOSUPPORT")
        self._network.check_reach(address)
        self.sock.connect(_host_address(address))

    def shutdown(self, how: int) -> None:
        """End reading, writing or both; ``how`` is Darwin's ``SHUT_``, the same everywhere."""
        if how not in {darwin.SHUT_RD, darwin.SHUT_WR, darwin.SHUT_RDWR}:
            raise failure("EINVAL")
        self.sock.shutdown(how)

    def error(self) -> int:
        """Return and clear the pending error, as the host's number; 0 is none."""
        return self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    # ---- names ----

    def getsockname(self) -> Address:
        """Return the socket's address: what the guest bound, with the port that it got."""
        own = self._own
        if isinstance(own, UnixPath):
            return own
        address = self._network.address(self.domain, self.sock.getsockname())
        if isinstance(own, Inet4) and isinstance(address, Inet4):
            return Inet4(own.host, own.port or address.port)
        if isinstance(own, Inet6) and isinstance(address, Inet6):
            return Inet6(own.host, own.port or address.port)
        return address

    def host_address(self) -> Address:
        """Return the address that others on the host reach the socket by."""
        return self._network.address(self.domain, self.sock.getsockname())

    def getpeername(self) -> Address:
        """Return the address of the peer."""
        return self._network.address(self.domain, self.sock.getpeername())

    # ---- bytes ----

    def read_into(self, view: memoryview) -> int:
        return self.recv_into(view, 0)

    def write(self, data: Buffer) -> int:
        return self.send(data, 0)

    def send(self, data: Buffer, flags: int) -> int:
        """Send to the peer with Darwin's ``MSG_`` flags."""
        host_flags = _message_flags(flags) if flags else 0
        if host_flags or sys.platform == "win32":
            return self.sock.send(data, host_flags | _NOSIGNAL)
        # Python ignores SIGPIPE: this too is EPIPE alone.
        return os.write(self._fd, data)

    def recv_into(self, view: memoryview, flags: int) -> int:
        """Receive with Darwin's ``MSG_`` flags."""
        host_flags = _message_flags(flags) if flags else 0
        if host_flags or sys.platform == "win32":
            return self.sock.recv_into(view, 0, host_flags)
        return os.readv(self._fd, (view,))

    def sendto(
        self, data: Buffer, flags: int, address: Address, at: Directory | None = None
    ) -> int:
        """Send one message to ``address``."""
        host_flags = _message_flags(flags) | _NOSIGNAL
        if not isinstance(address, UnixPath):
            self._network.check_reach(address)
            if not self._bound and isinstance(address, Inet4) and address.host.startswith("127."):
                # The host would bind the wildcard to it.
                with contextlib.suppress(OSError):  # one that is connected has its address
                    self.sock.bind(("127.0.0.1", 0))
                self._bound = True
            return self.sock.sendto(data, host_flags, _host_address(address))
        with self._network.files.socket_at(at or self._network.files.root, address.path) as place:
            return self.sock.sendto(data, host_flags, place)

    def recvfrom_into(self, view: memoryview, flags: int) -> tuple[int, Address | None]:
        """Receive bytes and who sent them, None where the host does not say."""
        count, raw = self.sock.recvfrom_into(view, 0, _message_flags(flags))
        return count, self._peer(raw)

    def _peer(self, raw: object) -> Address | None:
        """Return the sender that the host names."""
        if raw is None or (self.domain != darwin.AF_UNIX and not isinstance(raw, tuple)):
            return None
        return self._network.address(self.domain, raw)

    if sys.platform == "win32":

        def recvmsg_into(
            self, views: Sequence[memoryview], flags: int
        ) -> tuple[int, int, Address | None]:
            """Receive one message; return its length, Darwin's flags about it, and its sender."""
            scratch = bytearray(sum(map(len, views)))
            count, sender = self.recvfrom_into(memoryview(scratch), flags)
            start = 0
            for view in views:
                part = scratch[start : min(count, start + len(view))]
                view[: len(part)] = part
                start += len(view)
            return count, 0, sender

        def send_token(self, data: Buffer, flags: int, token: bytes) -> int:
            """Send bytes with a token beside them."""
            raise failure("EOPNOTSUPP")

        def recv_token(
            self, views: Sequence[memoryview], flags: int
        ) -> tuple[int, int, Address | None, list[bytes]]:
            """Receive one message and the tokens that were sent with it: none, on this host."""
            return *self.recvmsg_into(views, flags), []

    else:

        def send_token(self, data: Buffer, flags: int, token: bytes) -> int:
            """Send bytes with a token beside them, which a descriptor of a pipe carries.

            Descriptors that guests pass to each other (SCM_RIGHTS) are the emulator's own affair;
            the host only has to keep them in their place among the bytes.
            """
            if self.domain != darwin.AF_UNIX:
                raise failure("EINVAL")
            reader, writer = os.pipe()
            try:
                os.write(writer, token)
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", reader))]
                return self.sock.sendmsg([data], rights, _message_flags(flags) | _NOSIGNAL)
            finally:
                os.close(writer)
                os.close(reader)

        def recv_token(
            self, views: Sequence[memoryview], flags: int
        ) -> tuple[int, int, Address | None, list[bytes]]:
            """Receive one message and the tokens that were sent with it."""
            room = socket.CMSG_SPACE(_TOKENS * struct.calcsize("i"))
            count, rights, told, raw = self.sock.recvmsg_into(views, room, _message_flags(flags))
            shown = sum(guest for guest, host in _MESSAGE_FLAGS[3:] if told & host)
            tokens = []
            for _, _, packed in rights:
                for (reader,) in struct.iter_unpack("i", packed[: len(packed) & ~3]):
                    tokens.append(os.read(reader, _TOKEN_MAX))
                    os.close(reader)
            return count, shown, self._peer(raw), tokens

        def writev(self, buffers: Sequence[Buffer]) -> int:
            return os.writev(self._fd, buffers)

        def write_more(self, buffers: Sequence[Buffer]) -> int:
            return self.sock.sendmsg(buffers, (), _NOSIGNAL | _MORE)

        def recvmsg_into(
            self, views: Sequence[memoryview], flags: int
        ) -> tuple[int, int, Address | None]:
            """Receive one message; return its length, Darwin's flags about it, and its sender."""
            count, _, told, raw = self.sock.recvmsg_into(views, 0, _message_flags(flags))
            shown = sum(guest for guest, host in _MESSAGE_FLAGS[3:] if told & host)
            return count, shown, self._peer(raw)

        def readv(self, views: Sequence[memoryview]) -> int:
            return os.readv(self._fd, views)

    def available(self) -> int:
        return options.readable_bytes(self.sock)

    # ---- options ----

    def getsockopt(self, level: int, name: int) -> int | tuple[int, int]:
        """Return an option by Darwin's level and name.

        Returns:
            A number, or (on, seconds) for SO_LINGER_SEC and (on, ticks) for SO_LINGER. SO_ERROR
            is Darwin's number.

        Raises:
            DarwinError: ENOPROTOOPT for one that is not known here.
        """
        if (level, name) == (darwin.SOL_SOCKET, darwin.SO_TYPE):
            return self.type
        return options.get_option(self.sock, level, name)

    def setsockopt(self, level: int, name: int, value: int | tuple[int, int]) -> None:
        """Set an option by Darwin's level and name; values as :meth:`getsockopt` gives them."""
        options.set_option(self.sock, level, name, value)

    def stat(self) -> HostStat:
        mode = darwin.S_IFSOCK | 0o666
        return HostStat(0, self._fd, mode, 1, os_uid(), os_gid(), 0, 0, 0, 4096, 0, 0, 0, 0)

    def _release(self) -> None:
        with contextlib.suppress(ConnectionError):  # what the peer did is no news for close
            if sys.platform == "win32" or self._sock is not None:
                self.sock.close()
            else:
                os.close(self._fd)


def _host_address(address: Inet4 | Inet6) -> tuple[str, int] | tuple[str, int, int, int]:
    """Return an address in Python's form."""
    if isinstance(address, Inet4):
        return address.host, address.port
    return address.host, address.port, address.flowinfo, address.scope_id


def _message_flags(flags: int) -> int:
    """Translate Darwin's ``MSG_`` flags."""
    if not flags:
        return 0
    return sum(host for guest, host in _MESSAGE_FLAGS if flags & guest)


def os_uid() -> int:
    """Return the user of this process, 0 where there are none."""
    if sys.platform == "win32":
        return 0
    else:  # noqa: RET505 - so that mypy sees it
        return os.getuid()


def os_gid() -> int:
    """Return the group of this process, 0 where there are none."""
    if sys.platform == "win32":
        return 0
    else:  # noqa: RET505 - so that mypy sees it
        return os.getgid()
