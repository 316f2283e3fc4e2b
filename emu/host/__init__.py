"""The one door to the outside: files, sockets, the clock, randomness, and waiting.

Nothing else in the emulator touches the host. Nothing here ever waits except
:meth:`~emu.host.poller.Poller.poll`: an operation that would raises :class:`BlockingIOError`,
any other failure is an :class:`OSError`, and :func:`darwin_errno` names it in Darwin's numbers.
"""

from emu.host.address import Address, Inet4, Inet6, UnixPath
from emu.host.directory import Directory, Entry
from emu.host.door import Host
from emu.host.errors import DarwinError, darwin_errno, failure
from emu.host.file import FifoHandle, FileHandle
from emu.host.handle import Buffer, Handle, HostStat
from emu.host.network import SocketHandle
from emu.host.poller import Poller

__all__ = [
    "Address",
    "Buffer",
    "DarwinError",
    "Directory",
    "Entry",
    "FifoHandle",
    "FileHandle",
    "Handle",
    "Host",
    "HostStat",
    "Inet4",
    "Inet6",
    "Poller",
    "SocketHandle",
    "UnixPath",
    "darwin_errno",
    "failure",
]
