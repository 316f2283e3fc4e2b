"""Calls on sockets.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct
from collections.abc import Sequence

from emu.darwin import flags as f
from emu.darwin.errno import (
    EAFNOSUPPORT,
    EDOM,
    EINVAL,
    EISCONN,
    ENAMETOOLONG,
    ENOTCONN,
    ENOTSOCK,
    Errno,
)
from emu.darwin.structs import Linger, Msghdr, SockaddrIn, SockaddrIn6, SockaddrUn, Timeval
from emu.host import Address, Inet4, Inet6, SocketHandle, UnixPath, darwin_errno
from emu.kernel.files import OpenFile
from emu.syscalls.kinds import (
    Fd,
    FdPairOut,
    InBuf,
    Int,
    LenInOut,
    MsgFlags,
    MsghdrIn,
    MsghdrOut,
    OutBuf,
    ShutHow,
    Size,
    Sockaddr,
    SockaddrOut,
    SockDomain,
    SockLevel,
    SockOpt,
    SockOptIn,
    SockOptOut,
    SockProtocol,
    SockType,
    UInt,
)
from emu.syscalls.rights import copyin_rights, send_rights, take_rights
from emu.syscalls.table import Call, syscall
from emu.syscalls.transfer import in_pieces, iovecs, out_pieces, receive, transmit

__all__ = ["pack_address", "unpack_address"]

#: Longest sockaddr that is looked at (SOCK_MAXADDRLEN).
_ADDRESS_MAX = 255
_TIMEOUTS = {f.SO_RCVTIMEO: "rcvtimeo", f.SO_SNDTIMEO: "sndtimeo"}
_LINGERS = (f.SO_LINGER, f.SO_LINGER_SEC)


# ---- addresses ----


def pack_address(address: Address) -> bytes:
    """Return a sockaddr; a Unix-domain one is as long as its path needs."""
    if isinstance(address, Inet4):
        return SockaddrIn(SockaddrIn.SIZE, f.AF_INET, address.port, address.packed()).pack()
    if isinstance(address, Inet6):
        return SockaddrIn6(
            SockaddrIn6.SIZE,
            f.AF_INET6,
            address.port,
            address.flowinfo,
            address.packed(),
            address.scope_id,
        ).pack()
    if not address.path:
        return SockaddrUn(16, f.AF_UNIX, b"").pack()[:16]
    path = address.path[:104]
    return SockaddrUn(min(len(path) + 3, 106), f.AF_UNIX, path).pack()[: len(path) + 3]


def unpack_address(raw: bytes) -> Address:
    """Read a sockaddr; its own ``len`` is not looked at, as in xnu."""
    if len(raw) < 2:
        raise Errno(EINVAL)
    family = raw[1]
    if family == f.AF_INET:
        if len(raw) != SockaddrIn.SIZE:
            raise Errno(EINVAL)
        read = SockaddrIn.unpack(raw)
        return Inet4.from_packed(read.addr, read.port)
    if family == f.AF_INET6:
        if len(raw) != SockaddrIn6.SIZE:
            raise Errno(EINVAL)
        six = SockaddrIn6.unpack(raw)
        return Inet6.from_packed(six.addr, six.port, six.flowinfo, six.scope_id)
    if family == f.AF_UNIX:
        return UnixPath(raw[2:].partition(b"\0")[0])
    raise Errno(EAFNOSUPPORT)


def _copyin_address(call: Call, name: int, length: int) -> Address:
    """Read the sockaddr that the guest points at."""
    if length > _ADDRESS_MAX:
        raise Errno(ENAMETOOLONG)
    return unpack_address(call.space.copyin(name, length))


def _copyin_length(call: Call, alen: int) -> int:
    """Read the room for an address; EINVAL where it is negative."""
    length: int = struct.unpack("<i", call.space.copyin(alen, 4))[0]
    if length < 0:
        raise Errno(EINVAL)
    return length


def _copyout_address(call: Call, address: Address | None, name: int, alen: int, room: int) -> None:
    """Write as much of an address as there is room for, and its whole length."""
    raw = pack_address(address) if address is not None else b""
    call.space.copyout(name, raw[:room])
    call.space.copyout(alen, struct.pack("<I", len(raw)))


def _socket(call: Call, s: int) -> tuple[OpenFile, SocketHandle]:
    """Return an open socket, or EBADF, or ENOTSOCK."""
    file = call.file(s)
    if not isinstance(file.handle, SocketHandle):
        raise Errno(ENOTSOCK)
    return file, file.handle


# ---- making and connecting ----


@syscall(97)
def socket(call: Call, domain: SockDomain, type_: SockType, protocol: SockProtocol) -> int:
    """Make a socket."""
    call.process.files.lowest()
    handle = call.host.network.socket(domain, type_, protocol)
    return call.process.files.add(OpenFile(handle, "socket", f.O_RDWR))


@syscall(135)
def socketpair(
    call: Call, domain: SockDomain, type_: SockType, protocol: SockProtocol, rsv: FdPairOut
) -> int:
    """Make two connected sockets."""
    files = call.process.files
    call.space.views(rsv, 8, f.PROT_WRITE)
    files.lowest(files.lowest() + 1)
    pair = call.host.network.socketpair(domain, type_, protocol)
    fds = [files.add(OpenFile(handle, "socket", f.O_RDWR)) for handle in pair]
    call.space.copyout(rsv, struct.pack("<2i", *fds))
    return 0


@syscall(104)
def bind(call: Call, s: Fd, name: Sockaddr, namelen: UInt) -> int:
    """Give a socket an address."""
    _, handle = _socket(call, s)
    handle.bind(_copyin_address(call, name, namelen), call.process.cwd)
    return 0


@syscall(106)
def listen(call: Call, s: Fd, backlog: Int) -> int:
    """Accept connections from now on."""
    _, handle = _socket(call, s)
    handle.listen(backlog if 0 < backlog <= f.SOMAXCONN else f.SOMAXCONN)
    return 0


@syscall(30, 404)
def accept(call: Call, s: Fd, name: SockaddrOut, anamelen: LenInOut) -> int:
    """Take the next connection; it inherits O_NONBLOCK, time-outs and the like."""
    file, handle = _socket(call, s)
    room = _copyin_length(call, anamelen) if name else 0
    files = call.process.files
    files.lowest()
    made, address = receive(call, file, handle.accept)
    new = OpenFile(made, "socket", f.O_RDWR | file.flags & f.O_NONBLOCK)
    new.options.update(file.options)
    fd = files.add(new)
    if name:
        try:
            _copyout_address(call, address, name, anamelen, room)
        except Errno:
            files.close(fd)
            raise
    return fd


@syscall(98, 409)
def connect(call: Call, s: Fd, name: Sockaddr, namelen: UInt) -> int:
    """Connect to a peer."""
    file, handle = _socket(call, s)
    address = _copyin_address(call, name, namelen)
    if call.memory.get("connecting"):
        return _connected(call, file, handle)
    if isinstance(address, Inet4 | Inet6) and not call.host.network.reaches(address):
        call.warn(
            f"[pid {call.process.pid}] connect to {address.host}: ENETUNREACH;"
            " the guest reaches loopback alone without --network"
        )
    try:
        handle.connect(address, call.process.cwd)
    except BlockingIOError:
        if file.flags & f.O_NONBLOCK:
            raise
        call.memory["connecting"] = True
        # Interrupted, it goes on by itself, and the call is EINTR even with SA_RESTART.
        call.wait(writes=(handle,), restarts=False)
    return 0


def _connected(call: Call, file: OpenFile, handle: SocketHandle) -> int:
    """Return how a connection that was under way has come out."""
    del file
    code = handle.getsockopt(f.SOL_SOCKET, f.SO_ERROR)
    if isinstance(code, int) and code:
        raise Errno(code)
    try:
        handle.getpeername()
    except OSError as exc:
        if darwin_errno(exc) != ENOTCONN:
            raise
        call.wait(writes=(handle,), restarts=False)
    return 0


@syscall(134)
def shutdown(call: Call, s: Fd, how: ShutHow) -> int:
    """End reading, writing or both."""
    _socket(call, s)[1].shutdown(how)
    return 0


@syscall(31)
def getpeername(call: Call, s: Fd, asa: SockaddrOut, alen: LenInOut) -> int:
    """Report the address of the peer."""
    _, handle = _socket(call, s)
    room = _copyin_length(call, alen)
    _copyout_address(call, handle.getpeername(), asa, alen, room)
    return 0


@syscall(32)
def getsockname(call: Call, s: Fd, asa: SockaddrOut, alen: LenInOut) -> int:
    """Report the address of a socket."""
    _, handle = _socket(call, s)
    room = _copyin_length(call, alen)
    _copyout_address(call, handle.getsockname(), asa, alen, room)
    return 0


# ---- bytes ----


@syscall(133, 413)
def sendto(
    call: Call, s: Fd, buf: InBuf, length: Size, flags: MsgFlags, to: Sockaddr, tolen: UInt
) -> int:  # fmt: skip
    """Send, to an address where one is given."""
    file, handle = _socket(call, s)
    address = _copyin_address(call, to, tolen) if to else None
    return _send(call, file, handle, in_pieces(call.space, buf, length), flags, address)


@syscall(28, 402)
def sendmsg(call: Call, s: Fd, msg: MsghdrIn, flags: MsgFlags) -> int:
    """Send what a message header describes, descriptors too (SCM_RIGHTS)."""
    file, handle = _socket(call, s)
    header = Msghdr.unpack(call.space.copyin(msg, Msghdr.SIZE))
    rights = copyin_rights(call, header)
    address = _copyin_address(call, header.name, header.namelen) if header.name else None
    buffers = iovecs(call.space, header.iov, header.iovlen)
    pieces = [p for base, size in buffers for p in in_pieces(call.space, base, size)]
    return _send(call, file, handle, pieces, flags, address, rights)


def _send(
    call: Call,
    file: OpenFile,
    handle: SocketHandle,
    pieces: list[memoryview],
    flags: int,
    address: Address | None,
    rights: Sequence[OpenFile] = (),
) -> int:  # fmt: skip
    """Send ``pieces``; a datagram goes as one."""
    if address is not None and handle.type == f.SOCK_STREAM:
        raise Errno(EISCONN if _is_connected(handle) else ENOTCONN)
    cwd = call.process.cwd
    # Descriptors go with the first bytes of a write that is done in parts.
    if call.memory.get("done"):
        rights = ()

    def send(left: list[memoryview]) -> int:
        nonlocal rights
        data = left[0] if len(left) == 1 else b"".join(left)
        if rights:
            count = send_rights(call, handle, data, flags, rights)
            rights = ()
            return count
        if address is None:
            return handle.send(data, flags)
        return handle.sendto(data, flags, address, cwd)

    return transmit(
        call,
        file,
        pieces,
        send,  # type: ignore[arg-type]
        dont_wait=bool(flags & f.MSG_DONTWAIT),
        no_signal=bool(flags & f.MSG_NOSIGNAL),
    )


def _is_connected(handle: SocketHandle) -> bool:
    """Tell whether a socket has a peer."""
    try:
        handle.getpeername()
    except OSError:
        return False
    return True


@syscall(29, 403)
def recvfrom(
    call: Call,
    s: Fd,
    buf: OutBuf,
    length: Size,
    flags: MsgFlags,
    name: SockaddrOut,
    fromlenaddr: LenInOut,
) -> int:
    """Receive, and report the sender where he is asked for."""
    file, handle = _socket(call, s)
    room = _copyin_length(call, fromlenaddr) if name and fromlenaddr else 0
    pieces = out_pieces(call.space, buf, length)
    if not name and flags & f.MSG_WAITALL and handle.type == f.SOCK_STREAM:
        return _receive_all(call, file, handle, pieces, flags)
    dont_wait = bool(flags & f.MSG_DONTWAIT)
    if not name and len(pieces) == 1:
        view = pieces[0]
        return receive(call, file, lambda: handle.recv_into(view, flags), dont_wait=dont_wait)
    count, _, sender = receive(
        call, file, lambda: handle.recvmsg_into(pieces, flags), dont_wait=dont_wait
    )
    if name:
        call.space.copyout(name, (pack_address(sender) if sender else b"")[:room])
        if fromlenaddr:
            known = len(pack_address(sender)) if sender else 0
            call.space.copyout(fromlenaddr, struct.pack("<I", known))
    return count


def _receive_all(
    call: Call, file: OpenFile, handle: SocketHandle, pieces: list[memoryview], flags: int
) -> int:
    """Receive until the buffer is full, the peer ends, or a time-out comes (MSG_WAITALL)."""
    total = sum(map(len, pieces))
    done: int = call.memory.get("done", 0)
    while done < total:
        position, view = 0, pieces[0]
        for view in pieces:
            if done < position + len(view):
                break
            position += len(view)
        try:
            count = handle.recv_into(view[done - position :], flags & ~f.MSG_WAITALL)
        except BlockingIOError:
            call.memory["done"] = done
            try:
                receive(call, file, _blocked, dont_wait=bool(flags & f.MSG_DONTWAIT))
            except Errno:
                if done:
                    return done
                raise
        if not count:
            break
        done += count
        if flags & f.MSG_PEEK:
            break
    return done


def _blocked() -> int:
    """Stand for an operation that was just tried and has to wait."""
    raise BlockingIOError


@syscall(27, 401)
def recvmsg(call: Call, s: Fd, msg: MsghdrOut, flags: MsgFlags) -> int:
    """Receive into what a message header describes, descriptors too (SCM_RIGHTS)."""
    file, handle = _socket(call, s)
    header = Msghdr.unpack(call.space.copyin(msg, Msghdr.SIZE))
    call.space.views(msg, Msghdr.SIZE, f.PROT_WRITE)
    if header.control and header.controllen:
        call.space.views(header.control, header.controllen, f.PROT_WRITE)
    buffers = iovecs(call.space, header.iov, header.iovlen)
    pieces = [p for base, size in buffers for p in out_pieces(call.space, base, size)]
    count, told, sender, tokens = receive(
        call,
        file,
        lambda: handle.recv_token(pieces, flags),
        dont_wait=bool(flags & f.MSG_DONTWAIT),
    )
    raw = pack_address(sender) if sender is not None and header.name else b""
    if raw:
        call.space.copyout(header.name, raw[: header.namelen])
    room = header.controllen if header.control else 0
    control, cut = take_rights(call, tokens, room)
    if control:
        call.space.copyout(header.control, control)
    if cut:
        told |= f.MSG_CTRUNC
    answer = Msghdr(
        header.name, len(raw), header.iov, header.iovlen, header.control, len(control), told
    )
    call.space.copyout(msg, answer.pack())
    return count


# ---- options ----


@syscall(105)
def setsockopt(
    call: Call, s: Fd, level: SockLevel, name: SockOpt, val: SockOptIn, valsize: UInt
) -> int:
    """Set an option of a socket."""
    file, handle = _socket(call, s)
    if not val and valsize:
        raise Errno(EINVAL)
    if level == f.SOL_SOCKET and name in _TIMEOUTS:
        _set_timeout(file, _TIMEOUTS[name], _value(call, val, valsize, Timeval.SIZE))
        return 0
    if level == f.SOL_SOCKET and name in _LINGERS:
        linger = Linger.unpack(_value(call, val, valsize, Linger.SIZE))
        handle.setsockopt(level, name, (linger.onoff, linger.linger))
        return 0
    number: int = struct.unpack("<i", _value(call, val, valsize, 4))[0]
    if level == f.SOL_SOCKET and name == f.SO_NOSIGPIPE:
        file.options["nosigpipe"] = int(bool(number))
    else:
        handle.setsockopt(level, name, number)
    return 0


def _value(call: Call, val: int, valsize: int, size: int) -> bytes:
    """Read an option's value of ``size`` bytes; EINVAL where the guest gives fewer."""
    if valsize < size:
        raise Errno(EINVAL)
    return call.space.copyin(val, size)


def _set_timeout(file: OpenFile, option: str, raw: bytes) -> None:
    """Keep a time-out; the emulator itself waits for it.  Zero is none."""
    value = Timeval.unpack(raw)
    if not 0 <= value.usec < 1_000_000 or value.sec < 0:
        raise Errno(EDOM)
    file.options.pop(option, None)
    if value.to_ns():
        file.options[option] = value.to_ns()


@syscall(118)
def getsockopt(
    call: Call, s: Fd, level: SockLevel, name: SockOpt, val: SockOptOut, avalsize: LenInOut
) -> int:
    """Report an option of a socket."""
    file, handle = _socket(call, s)
    room = _copyin_length(call, avalsize) if val else 0
    if level == f.SOL_SOCKET and name in _TIMEOUTS:
        raw = Timeval.from_ns(file.options.get(_TIMEOUTS[name], 0)).pack()
    elif level == f.SOL_SOCKET and name == f.SO_NOSIGPIPE:
        raw = struct.pack("<i", file.options.get("nosigpipe", 0))
    else:
        value = handle.getsockopt(level, name)
        raw = struct.pack("<i", value) if isinstance(value, int) else Linger(*value).pack()
    if val:
        call.space.copyout(val, raw[:room])
        call.space.copyout(avalsize, struct.pack("<I", min(room, len(raw))))
    return 0
