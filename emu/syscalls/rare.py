"""The calls that few programs make: their handlers are imported when somebody makes one.

A start of the emulator takes tens of milliseconds, most of them for importing; these files would be
a tenth of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from emu.host.limits import spare_descriptor
from emu.syscalls.table import REPLACING, TABLE, Syscall

__all__ = ["MODULES", "enter"]

#: The file, and the numbers that its handlers enter into the table.
MODULES: Final[dict[str, tuple[int, ...]]] = {
    "attribute": (34, 35, 234, 235, 236, 237, 238, 239, 240, 241),
    "clone": (462, 517),
    "execve": (59,),
    "filesystem": (18, 157, 158, 191, 192, 345, 346, 347),
    "identity": (
        20, 23, 24, 25, 39, 43, 47, 49, 50, 79, 80, 81, 82, 96, 100, 126, 127, 142, 147, 151,
        181, 182, 183, 286, 310, 327, 372,
    ),
    "inheritance": (250,),
    "ioctl": (54,),
    "kevent": (362, 363, 369),
    "memory": (65, 73, 74, 75, 78, 197, 203, 204, 324, 325, 405),
    "oldfiles": (188, 189, 190, 196, 469),
    "pipe": (42,),
    "poll": (93, 230, 394, 395, 407, 417),
    "posix_ipc": (266, 267, 268, 269, 270, 271, 272, 273, 420),
    "posix_spawn": (244,),
    "privileged": (14, 51, 55, 61, 140, 159, 167, 243, 285, 311, 554),
    "proc_info": (336,),
    "reason": (520, 521, 529),
    "sendfile": (337,),
    "sysctl": (169, 170, 202, 274),
    "time": (83, 86, 116, 122, 334, 423, 482, 500),
    "ulock": (515, 516, 544),
}  # fmt: skip
#: Those that set :attr:`Call.replaced`, which has to be known before they are made.
_REPLACING: Final = (59, 244)


class _Later(Syscall):
    """A row that becomes another one: its file is imported when it is looked at."""

    __slots__ = ("_module",)

    def __init__(self, number: int, module: str) -> None:
        """Stand for ``number`` until ``module`` is imported."""
        self.number = number
        self._module = module

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the row has
        with spare_descriptor():
            import_module(f"emu.syscalls.{self._module}")
        return getattr(TABLE[self.number], name)


def enter() -> None:
    """Enter a row for each of the calls."""
    REPLACING.update(_REPLACING)
    for module, numbers in MODULES.items():
        for number in numbers:
            TABLE.setdefault(number, _Later(number, module))
