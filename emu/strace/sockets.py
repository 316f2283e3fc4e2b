"""Printing the arguments of socket calls: addresses, options, message headers."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.darwin.structs import Linger, Msghdr, Timeval
from emu.strace.pointers import iovecs
from emu.strace.shown import (
    bits,
    fetch,
    fields,
    int32,
    name_or_number,
    named,
    pointer,
    quote,
    quote_start,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.strace.shown import Shown

__all__ = ["FORMATS", "sockaddr"]

#: Longest sockaddr (SOCK_MAXADDRLEN).
_ADDRESS_MAX = 255
_PROTOCOLS = {f.SOL_SOCKET: "SOL_SOCKET"} | {n: t for n, t in f.names_with("IPPROTO_").items() if n}


# ---- numbers with names ----


def _domain(shown: Shown, i: int) -> str:
    return name_or_number(named("AF_"), int32(shown.values[i]))


def _type(shown: Shown, i: int) -> str:
    return name_or_number(named("SOCK_"), int32(shown.values[i]))


def _protocol(shown: Shown, i: int) -> str:
    value = int32(shown.values[i])
    return name_or_number(_PROTOCOLS, value) if value else "0"


def _level(shown: Shown, i: int) -> str:
    value = int32(shown.values[i])
    return name_or_number(_PROTOCOLS, value) if value else "IPPROTO_IP"


def _option_names(level: int) -> dict[int, str]:
    match level:
        case f.SOL_SOCKET:
            return named("SO_")
        case f.IPPROTO_TCP:
            return named("TCP_")
        case f.IPPROTO_IP:
            return named("IP_")
        case f.IPPROTO_IPV6:
            return named("IPV6_")
    return {}


def _option(shown: Shown, i: int) -> str:
    level, option = int32(shown.values[i - 1]), int32(shown.values[i])
    return name_or_number(_option_names(level), option)


def _msg_flags(shown: Shown, i: int) -> str:
    value = shown.values[i] & 0xFFFFFFFF
    return bits(named("MSG_"), value) if value else "0"


def _shut_how(shown: Shown, i: int) -> str:
    return name_or_number(named("SHUT_"), int32(shown.values[i]))


# ---- addresses ----


def sockaddr(raw: bytes) -> str:
    """Show a socket address."""
    if len(raw) < 2:
        return quote(raw)
    family = raw[1]
    pairs: list[tuple[str, object]] = [("family", name_or_number(named("AF_"), family))]
    if family == f.AF_INET and len(raw) >= 8:
        pairs += [
            ("port", int.from_bytes(raw[2:4], "big")),
            ("addr", ipaddress.IPv4Address(raw[4:8])),
        ]
    elif family == f.AF_INET6 and len(raw) >= 24:
        pairs += [
            ("port", int.from_bytes(raw[2:4], "big")),
            ("addr", ipaddress.IPv6Address(raw[8:24])),
        ]
    elif family == f.AF_UNIX:
        pairs.append(("path", quote(raw[2:].partition(b"\0")[0])))
    else:
        pairs.append(("data", quote(raw[2:])))
    return fields(pairs)


def _address_at(shown: Shown, address: int, length: int) -> str:
    data = fetch(shown.space, address, min(length, _ADDRESS_MAX)) if address else None
    return pointer(address) if data is None else sockaddr(data)


def _sockaddr_in(shown: Shown, i: int) -> str:
    return _address_at(shown, shown.values[i], shown.values[i + 1] & 0xFFFFFFFF)


def _sockaddr_out(shown: Shown, i: int) -> str:
    address, length_at = shown.values[i], shown.values[i + 1]
    if shown.error or not address or not length_at:
        return pointer(address)
    raw = fetch(shown.space, length_at, 4)
    return (
        pointer(address)
        if raw is None
        else _address_at(shown, address, int.from_bytes(raw, "little"))
    )


def _fd_pair(shown: Shown, i: int) -> str:
    address = shown.values[i]
    data = fetch(shown.space, address, 8) if address and not shown.error else None
    return pointer(address) if data is None else f"[{', '.join(map(str, _two(data)))}]"


def _two(data: bytes) -> tuple[int, int]:
    first, second = struct.unpack("<2i", data)
    return first, second


# ---- options ----


def _value(shown: Shown, i: int, length: int) -> str:
    """Show an option's value as what the option takes."""
    address = shown.values[i]
    data = fetch(shown.space, address, min(length, 64)) if address else None
    if data is None:
        return pointer(address)
    level, option = int32(shown.values[i - 2]), int32(shown.values[i - 1])
    if level == f.SOL_SOCKET:
        if option in (f.SO_LINGER, f.SO_LINGER_SEC) and len(data) >= Linger.SIZE:
            linger = Linger.unpack(data)
            return fields((("l_onoff", linger.onoff), ("l_linger", linger.linger)))
        if option in (f.SO_RCVTIMEO, f.SO_SNDTIMEO) and len(data) >= Timeval.SIZE:
            time = Timeval.unpack(data)
            return fields((("tv_sec", time.sec), ("tv_usec", time.usec)))
    if len(data) == 4:
        return f"[{int.from_bytes(data, 'little', signed=True)}]"
    return quote_start(data, shown.limit)


def _sock_opt_in(shown: Shown, i: int) -> str:
    return _value(shown, i, shown.values[i + 1] & 0xFFFFFFFF)


def _sock_opt_out(shown: Shown, i: int) -> str:
    length_at = shown.values[i + 1]
    raw = fetch(shown.space, length_at, 4) if length_at and not shown.error else None
    if raw is None:
        return pointer(shown.values[i])
    return _value(shown, i, int.from_bytes(raw, "little"))


# ---- messages ----


def _msghdr(shown: Shown, i: int, filled: int | None) -> str:
    address = shown.values[i]
    data = fetch(shown.space, address, Msghdr.SIZE) if address else None
    if data is None:
        return pointer(address)
    m = Msghdr.unpack(data)
    return fields(
        (
            ("msg_name", _address_at(shown, m.name, m.namelen)),
            ("msg_iov", iovecs(shown, m.iov, m.iovlen, filled)),
            ("msg_iovlen", m.iovlen),
            ("msg_controllen", m.controllen),
            ("msg_flags", bits(named("MSG_"), m.flags & 0xFFFFFFFF) if m.flags else "0"),
        )
    )


def _msghdr_in(shown: Shown, i: int) -> str:
    return _msghdr(shown, i, None)


def _msghdr_out(shown: Shown, i: int) -> str:
    return pointer(shown.values[i]) if shown.error else _msghdr(shown, i, shown.count())


FORMATS: Final[dict[str, Callable[[Shown, int], str | None]]] = {
    "sock_domain": _domain,
    "sock_type": _type,
    "sock_protocol": _protocol,
    "sock_level": _level,
    "sock_opt": _option,
    "sock_opt_in": _sock_opt_in,
    "sock_opt_out": _sock_opt_out,
    "msg_flags": _msg_flags,
    "shut_how": _shut_how,
    "sockaddr": _sockaddr_in,
    "sockaddr_out": _sockaddr_out,
    "fd_pair_out": _fd_pair,
    "msghdr_in": _msghdr_in,
    "msghdr_out": _msghdr_out,
}
