"""Calls on sockets.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct

from emu.darwin import flags as f
from emu.darwin.errno import EAFNOSUPPORT, EDOM, EFAULT, EINVAL, ENOTSOCK, EOPNOTSUPP, Errno
from emu.darwin.structs import SockaddrIn, SockaddrIn6
from emu.host import Address, Inet4, Inet6, UnixPath
from emu.kernel.files import OpenFile
from emu.syscalls.kinds import Addr, Fd, InBuf, Int, OutBuf, Size, UInt
from emu.syscalls.streams import (
    NO_SIGPIPE,
    RECEIVE_TIMEOUT,
    SEND_TIMEOUT,
    outgoing,
    receive,
    send,
)
from emu.syscalls.table import Call, syscall

__all__ = ["get_address", "put_address"]

#: SOCK_MAXADDRLEN: no socket address is longer.
_ADDRESS_MAX = 255
_TIMEOUTS = {f.SO_RCVTIMEO: RECEIVE_TIMEOUT, f.SO_SNDTIMEO: SEND_TIMEOUT}
_TIMEVAL = struct.Struct("<qi4x")
_LINGERS = (f.SO_LINGER, f.SO_LINGER_SEC)


def _socket(call: Call, fd: int) -> OpenFile:
    file = call.file(fd)
    if file.kind != "socket":
        raise Errno(ENOTSOCK)
    return file


# -- addresses ------------------------------------------------------------------------------


def get_address(call: Call, address: int, length: int) -> Address:
    """Read a ``sockaddr``: EINVAL for a bad length, EAFNOSUPPORT for a family unknown here."""
    if not 2 <= length <= _ADDRESS_MAX:
        raise Errno(EINVAL)
    data = call.space.copyin(address, length)
    # The length byte in the struct is overwritten by xnu with the argument.
    match data[1]:
        case f.AF_INET:
            if length < SockaddrIn.SIZE:
                raise Errno(EINVAL)
            inet = SockaddrIn.unpack(data)
            return Inet4.from_packed(inet.addr, inet.port)
        case f.AF_INET6:
            if length < SockaddrIn6.SIZE:
                raise Errno(EINVAL)
            inet6 = SockaddrIn6.unpack(data)
            return Inet6.from_packed(inet6.addr, inet6.port, inet6.flowinfo, inet6.scope_id)
        case f.AF_UNIX:
            return UnixPath(data[2:].split(b"\0")[0])
    raise Errno(EAFNOSUPPORT)


def _pack(address: Address) -> bytes:
    if isinstance(address, Inet4):
        return SockaddrIn(SockaddrIn.SIZE, f.AF_INET, address.port, address.packed()).pack()
    if isinstance(address, Inet6):
        return SockaddrIn6(
            SockaddrIn6.SIZE, f.AF_INET6, address.port, address.flowinfo, address.packed(),
            address.scope_id,
        ).pack()  # fmt: skip
    name = address.path
    size = 2 + len(name) + 1 if name else 16
    return bytes([size, f.AF_UNIX]) + name.ljust(size - 2, b"\0")


def put_address(call: Call, address: Address, name: int, namelen: int) -> None:
    """Write a ``sockaddr``, cut to the room at ``*namelen``, and its length; null: nothing."""
    if not name:
        return
    if not namelen:
        raise Errno(EFAULT)
    (room,) = struct.unpack("<I", call.space.copyin(namelen, 4))
    data = _pack(address)[:room]
    if data:
        call.space.copyout(name, data)
    call.space.copyout(namelen, struct.pack("<I", len(data)))


# -- making and naming ------------------------------------------------------------------------


@syscall(97)
def socket(call: Call, domain: Int, type: Int, protocol: Int) -> int:  # noqa: A002 - xnu's name
    """Make a socket."""
    call.process.files.lowest()
    handle = call.host.network.socket(domain, type, protocol)
    return call.process.files.add(OpenFile(handle, "socket", f.O_RDWR, "socket"))


@syscall(104)
def bind(call: Call, s: Fd, name: Addr, namelen: UInt) -> int:
    """Give a socket an address; only loopback is the guest's, unless the user says otherwise."""
    file = _socket(call, s)
    file.handle.bind(get_address(call, name, namelen), call.process.cwd)
    return 0


@syscall(106)
def listen(call: Call, s: Fd, backlog: Int) -> int:
    """Take connections from now on."""
    _socket(call, s).handle.listen(backlog)
    return 0


@syscall(30, 404)
def accept(call: Call, s: Fd, name: Addr, anamelen: Addr) -> int:
    """Take the next connection; the new socket inherits O_NONBLOCK, as on BSD."""
    file = _socket(call, s)
    files = call.process.files
    fd = files.lowest()
    if name:
        _check_room(call, anamelen)
    handle, address = receive(call, file, file.handle.accept)
    made = OpenFile(handle, "socket", f.O_RDWR | file.flags & f.O_NONBLOCK, "connection")
    made.options.update(file.options)
    files.put(fd, made)
    put_address(call, address, name, anamelen)
    return fd


def _check_room(call: Call, namelen: int) -> None:
    """Refuse a bad length before a connection is taken that could not be reported."""
    (room,) = struct.unpack("<i", call.space.copyin(namelen, 4))
    if room < 0:
        raise Errno(EINVAL)


@syscall(31)
def getpeername(call: Call, fdes: Fd, asa: Addr, alen: Addr) -> int:
    """Report the peer's address."""
    put_address(call, _socket(call, fdes).handle.getpeername(), asa, alen)
    return 0


@syscall(32)
def getsockname(call: Call, fdes: Fd, asa: Addr, alen: Addr) -> int:
    """Report the socket's own address."""
    put_address(call, _socket(call, fdes).handle.getsockname(), asa, alen)
    return 0


@syscall(134)
def shutdown(call: Call, s: Fd, how: Int) -> int:
    """End receiving (0), sending (1) or both (2)."""
    _socket(call, s).handle.shutdown(how)
    return 0


# -- options ----------------------------------------------------------------------------------


@syscall(105)
def setsockopt(call: Call, s: Fd, level: Int, name: Int, val: Addr, valsize: UInt) -> int:
    """Set an option; ENOPROTOOPT for one that is not known here."""
    file = _socket(call, s)
    if not val:
        raise Errno(EFAULT if valsize else EINVAL)
    if level == f.SOL_SOCKET and name in _TIMEOUTS:
        _set_timeout(call, file, _TIMEOUTS[name], val, valsize)
        return 0
    if level == f.SOL_SOCKET and name in _LINGERS:
        if valsize < 8:
            raise Errno(EINVAL)
        file.handle.setsockopt(level, name, struct.unpack("<ii", call.space.copyin(val, 8)))
        return 0
    if valsize < 4:
        raise Errno(EINVAL)
    (value,) = struct.unpack("<i", call.space.copyin(val, 4))
    if level == f.SOL_SOCKET and name == f.SO_NOSIGPIPE:
        _set_nosigpipe(file, on=bool(value))
        return 0
    file.handle.setsockopt(level, name, value)
    return 0


def _set_timeout(call: Call, file: OpenFile, name: str, val: int, valsize: int) -> None:
    if valsize < _TIMEVAL.size:
        raise Errno(EINVAL)
    seconds, microseconds = _TIMEVAL.unpack(call.space.copyin(val, _TIMEVAL.size))
    if seconds < 0 or not 0 <= microseconds < 10**6:
        raise Errno(EDOM)
    if seconds or microseconds:
        file.options[name] = seconds * 10**9 + microseconds * 1000
    else:
        file.options.pop(name, None)


def _set_nosigpipe(file: OpenFile, *, on: bool) -> None:
    if on:
        file.options[NO_SIGPIPE] = 1
    else:
        file.options.pop(NO_SIGPIPE, None)


@syscall(118)
def getsockopt(call: Call, s: Fd, level: Int, name: Int, val: Addr, avalsize: Addr) -> int:
    """Report an option, cut to the room at ``*avalsize``."""
    file = _socket(call, s)
    if val and not avalsize:
        raise Errno(EFAULT)
    data = _option(file, level, name)
    if val:
        (room,) = struct.unpack("<I", call.space.copyin(avalsize, 4))
        data = data[:room]
        call.space.copyout(val, data)
        call.space.copyout(avalsize, struct.pack("<I", len(data)))
    return 0


def _option(file: OpenFile, level: int, name: int) -> bytes:
    if level == f.SOL_SOCKET and name in _TIMEOUTS:
        ns = file.options.get(_TIMEOUTS[name], 0)
        return _TIMEVAL.pack(ns // 10**9, ns % 10**9 // 1000)
    if level == f.SOL_SOCKET and name == f.SO_NOSIGPIPE:
        return struct.pack("<i", int(NO_SIGPIPE in file.options))
    value = file.handle.getsockopt(level, name)
    return struct.pack("<ii", *value) if isinstance(value, tuple) else struct.pack("<i", value)


# -- messages ---------------------------------------------------------------------------------


@syscall(133, 413)
def sendto(call: Call, s: Fd, buf: InBuf, len: Size, flags: Int, to: Addr, tolen: UInt) -> int:  # noqa: A002
    """Send; with an address, one message to it."""
    file = _socket(call, s)
    handle = file.handle
    nowait = bool(flags & f.MSG_DONTWAIT)
    if to:
        address = get_address(call, to, tolen)
        data = call.space.copyin(buf, len)
        sent: int = receive(
            call, file, lambda: handle.sendto(data, flags, address, call.process.cwd), nowait=nowait
        )
        return sent
    pieces = outgoing(call, file, buf, len)
    if not flags & ~(f.MSG_DONTWAIT | f.MSG_NOSIGNAL):
        return send(call, file, pieces, handle.writev, nowait=nowait)
    return send(call, file, pieces, lambda views: handle.send(b"".join(views), flags), nowait=nowait)


@syscall(29, 403)
def recvfrom(
    call: Call, s: Fd, buf: OutBuf, len: Size, flags: Int, from_: Addr, fromlenaddr: Addr  # noqa: A002
) -> int:  # fmt: skip
    """Receive up to ``len`` bytes and, where ``from`` is not null, who sent them."""
    file = _socket(call, s)
    if flags & f.MSG_WAITALL:
        raise Errno(EOPNOTSUPP)
    view = call.space.view(buf, len, f.PROT_WRITE)
    handle, nowait = file.handle, bool(flags & f.MSG_DONTWAIT)
    if not from_:
        received: int = receive(
            call, file, lambda: handle.recv_into(view, flags), nowait=nowait
        )
        return received
    count, address = receive(
        call, file, lambda: handle.recvfrom_into(view, flags), nowait=nowait
    )
    if address is not None:
        put_address(call, address, from_, fromlenaddr)
    else:
        call.space.copyout(fromlenaddr, bytes(4))
    return int(count)
