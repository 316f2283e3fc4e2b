"""Socket addresses as the door takes and gives them: values, not bytes of any host or guest."""

import socket
from typing import NamedTuple, Self

from emu.record import record

__all__ = ["Address", "Inet4", "Inet6", "UnixPath"]


class Inet4(NamedTuple):
    """An IPv4 address in dotted form, and a port: a tuple, as each connection makes one."""

    host: str
    port: int

    @classmethod
    def from_packed(cls, packed: bytes, port: int) -> Self:
        """Return the address of 4 bytes in network order."""
        return cls(socket.inet_ntoa(packed), port)

    def packed(self) -> bytes:
        """Return the address as 4 bytes in network order."""
        return socket.inet_aton(self.host)


@record
class Inet6:
    """An IPv6 address in text form, a port, flow information and scope."""

    host: str
    port: int
    flowinfo: int = 0
    scope_id: int = 0

    @classmethod
    def from_packed(cls, packed: bytes, port: int, flowinfo: int = 0, scope_id: int = 0) -> Self:
        """Return the address of 16 bytes in network order."""
        return cls(socket.inet_ntop(socket.AF_INET6, packed), port, flowinfo, scope_id)

    def packed(self) -> bytes:
        """Return the address as 16 bytes in network order."""
        return socket.inet_pton(socket.AF_INET6, self.host.partition("%")[0])


@record
class UnixPath:
    """A path in the guest's file system; empty for an unnamed socket."""

    path: bytes


Address = Inet4 | Inet6 | UnixPath
