"""The commpage: what the kernel lets every process read without a call.

Offsets are those of ``osfmk/arm/cpu_capabilities.h``.  All guest processes share one page, which
is written here alone.
"""

from __future__ import annotations

import functools
import struct
from typing import Final

from emu.image import PAGE_SIZE
from emu.machine import READ
from emu.memory import Backing, Region

__all__ = ["COMMPAGE", "GOOD_NS", "commpage", "stamp"]

COMMPAGE: Final = 0xF_FFFF_C000
#: Ticks of ``cntvct_el0`` a second, and nanoseconds of one.
_TICKS_PER_SECOND, _NS_PER_TICK = 62_500_000, 16
_VERSION: Final = 3
_TIME: Final = struct.Struct("<5Q")
_TIME_AT: Final = 0x120
#: How long a time of day stands: libc computes from it for a second, then calls.
GOOD_NS: Final = 250_000_000

#: Offset, layout and value of what does not change.
_FIELDS: Final[tuple[tuple[int, str, int | bytes], ...]] = (
    (0x00, "16s", b"commpage 64-bit\0"),
    (0x10, "Q", 1 << 16),  # capabilities: one processor
    (0x1E, "H", _VERSION),
    (0x20, "I", 1 << 16),
    (0x22, "B", 1),  # processors
    (0x24, "B", 14),  # page shifts of 32-bit and 64-bit processes
    (0x25, "B", 14),
    (0x26, "H", 128),  # bytes of a cache line
    (0x34, "3B", b"\1\1\1"),  # active, physical, logical processors
    (0x37, "B", 14),  # page shift of the kernel
    (0x38, "Q", 8 << 30),  # memory
    (0x80, "I", 0x1B588BB3),  # processor family
    (0x88, "Q", 0),  # mach_absolute_time = cntvct_el0 + this
    (0x90, "B", 1),  # the counter may be read: USER_TIMEBASE_SPEC
    (0x91, "B", 1),  # mach_continuous_time too
    (0x98, "Q", 0),
)


@functools.cache
def commpage() -> Region:
    """Return the page as a region that every address space maps."""
    backing = Backing(PAGE_SIZE, shared=True)
    backing.touch(0, PAGE_SIZE)
    for offset, layout, value in _FIELDS:
        values = tuple(value) if layout == "3B" and isinstance(value, bytes) else (value,)
        struct.pack_into(f"<{layout}", backing.view, offset, *values)
    return Region(COMMPAGE, COMMPAGE + PAGE_SIZE, READ, backing, 0, "commpage")


def stamp(monotonic_ns: int, realtime_ns: int) -> None:
    """Write the time of day down, unless what stands there is good still."""
    view = commpage().backing.view
    ticks = monotonic_ns // _NS_PER_TICK
    (last,) = struct.unpack_from("<Q", view, _TIME_AT)
    if last and 0 <= ticks - last < GOOD_NS // _NS_PER_TICK:
        return
    seconds, ns = divmod(realtime_ns, 10**9)
    _TIME.pack_into(
        view, _TIME_AT,
        ticks, seconds, (ns << 64) // 10**9, (1 << 64) // _TICKS_PER_SECOND, _TICKS_PER_SECOND,
    )  # fmt: skip
