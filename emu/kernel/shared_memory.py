"""POSIX shared memory as plain data (XNU: ``bsd/kern/posix_shm.c``): memory that has a name.

An object has no size until ``ftruncate`` gives it one, once; then it can be mapped, shared.
"""

from __future__ import annotations

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, ENXIO, Errno
from emu.host.handle import Buffer, Handle, HostStat
from emu.memory import Backing, round_page

__all__ = ["SharedMemory", "SharedMemoryHandle"]


class SharedMemory:
    """An object: it lives as long as its name, a descriptor or a mapping."""

    __slots__ = ("backing", "mode", "number", "uid")

    def __init__(self, number: int, mode: int, uid: int) -> None:
        """Start without memory; ``number`` is nobody else's."""
        self.number = number
        self.mode = mode
        self.uid = uid
        self.backing: Backing | None = None

    @property
    def size(self) -> int:
        """Bytes of it, a multiple of the page's size."""
        return 0 if self.backing is None else self.backing.size


class SharedMemoryHandle(Handle):
    """What a descriptor of an object leads to: it is sized and mapped, not read."""

    __slots__ = ("memory",)
    kind = "psxshm"

    def __init__(self, memory: SharedMemory) -> None:
        """Open ``memory``."""
        super().__init__()
        self.memory = memory

    def read_into(self, view: memoryview) -> int:
        """Refuse: it has no position."""
        del view
        raise Errno(ENXIO)

    def write(self, data: Buffer) -> int:
        """Refuse: it has no position."""
        del data
        raise Errno(ENXIO)

    def truncate(self, length: int) -> None:
        """Give the object its memory; EINVAL where it has some."""
        if self.memory.backing is not None or not length:
            raise Errno(EINVAL)
        self.memory.backing = Backing(round_page(length), shared=True)

    def stat(self) -> HostStat:
        """Return size, owner and permissions."""
        memory = self.memory
        mode = f.S_IFREG | memory.mode
        return HostStat(
            0, memory.number, mode, 1, memory.uid, 20, 0, memory.size, 0, 0x4000, 0, 0, 0, 0
        )  # fmt: skip
