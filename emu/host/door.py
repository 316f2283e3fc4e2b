"""The door itself: the one object through which the emulator reaches the outside."""

from __future__ import annotations

import os
import time
from pathlib import Path

from emu.host.filesystem import FileSystem
from emu.host.handle import Handle
from emu.host.network import Network
from emu.host.poller import make_poller
from emu.host.stdio import open_stream

__all__ = ["Host"]


class Host:
    """Files, sockets, clock, randomness and waiting, as one guest machine gets them.

    Attributes:
        files: the guest's file system.
        root: its root, where paths of a new process begin.
        network: makes sockets.
        poller: waits.
        allow_exec: the user lets the guest start programs of the host.
    """

    def __init__(
        self,
        root: Path,
        *,
        listen: tuple[str, int] | None = None,
        allow_exec: bool = False,
        network: bool = False,
    ) -> None:
        """Open the door.

        Args:
            root: the directory of the host that is the guest's file system.
            listen: the host address that the guest's first IPv4 listening socket gets.
            allow_exec: whether programs of the host may be started.
            network: whether the guest may connect to other machines.

        Raises:
            OSError: ``root`` is no directory or may not be entered.
        """
        self.files = FileSystem(root, self.entropy)
        self.root = self.files.root
        self.network = Network(self.files, listen, is_open=network)
        self.poller = make_poller()
        self.allow_exec = allow_exec

    def stdio(self, fd: int) -> Handle:
        """Return a handle for the emulator's own standard input (0), output (1) or error (2)."""
        return open_stream(fd)

    #: Nanoseconds of a clock that only goes forward.
    monotonic_ns = staticmethod(time.monotonic_ns)

    #: Nanoseconds since 1970.
    realtime_ns = staticmethod(time.time_ns)

    #: So many random bytes.
    entropy = staticmethod(os.urandom)

    def close(self) -> None:
        """Give back what the door itself holds; handles are their owners'."""
        self.poller.close()
        self.files.close()
