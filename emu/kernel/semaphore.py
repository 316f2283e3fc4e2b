"""POSIX semaphores as plain data (XNU: ``bsd/kern/posix_sem.c``).

On Darwin they have names, and who has opened one holds a descriptor of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.host.handle import Handle

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Semaphore", "SemaphoreHandle"]


class Semaphore:
    """A count, and the channel of those who wait for it to be more than zero."""

    __slots__ = ("channel", "value")

    def __init__(self, number: int, value: int) -> None:
        """Start at ``value``; ``number`` is nobody else's."""
        self.channel: Hashable = ("semaphore", number)
        self.value = value


class SemaphoreHandle(Handle):
    """What a descriptor of a semaphore leads to."""

    __slots__ = ("semaphore",)
    kind = "psxsem"

    def __init__(self, semaphore: Semaphore) -> None:
        """Open ``semaphore``."""
        super().__init__()
        self.semaphore = semaphore
