"""minherit: what a child gets of a range of memory (XNU: ``vm_map_fork``).

Memory is copied at a fork unless it is mapped shared.  What is to be shared becomes so at once, on
a backing of its own; what a child is to lack, or to have a copy of although it is shared, is noted
and done at the fork.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, Errno
from emu.image import PAGE_SIZE
from emu.kernel.process import Inheritance, Process
from emu.memory import USER_END, AddressSpace, Backing, Region, round_page
from emu.record import replace
from emu.syscalls.kinds import Addr, Inherit, Size
from emu.syscalls.table import Call, syscall

__all__ = ["inherit"]


@syscall(250)
def minherit(call: Call, addr: Addr, length: Size, inherit_: Inherit) -> int:
    """Say what children get of a range: a share, a copy, or nothing; holes are no error."""
    if not f.VM_INHERIT_SHARE <= inherit_ <= f.VM_INHERIT_NONE or addr + length > USER_END:
        raise Errno(EINVAL)
    if not length:
        return 0
    start, end = addr & -PAGE_SIZE, round_page(addr + length)
    process = call.process
    noted = [part for old in process.inheritance for part in _outside(old, start, end)]
    for region in call.space.layout.overlapping(start, end):
        part = region.cut(max(region.start, start), min(region.end, end))
        if inherit_ == f.VM_INHERIT_SHARE:
            if not region.backing.shared:
                call.space.map(_shared(part))
        elif inherit_ == f.VM_INHERIT_NONE or region.backing.shared:
            noted.append(Inheritance(part.start, part.end, inherit_, part.backing))
    process.inheritance = tuple(noted)
    return 0


def _outside(old: Inheritance, start: int, end: int) -> list[Inheritance]:
    """Return what a new range leaves of an older one."""
    if old.end <= start or old.start >= end:
        return [old]
    parts = [replace(old, end=start), replace(old, start=end)]
    return [part for part in parts if part.start < part.end]


def _shared(part: Region) -> Region:
    """Return a part of memory on a backing that children share."""
    return replace(part, backing=_copy(part, shared=True), offset=0)


def _copy(part: Region, *, shared: bool) -> Backing:
    """Return a backing of its own with the bytes that ``part`` has now."""
    old, size = part.backing, part.end - part.start
    new = Backing(size, shared=shared)
    for at in range(0, size, PAGE_SIZE):
        offset = part.offset + at
        if old.pager is not None:
            try:
                old.touch(offset, PAGE_SIZE)
            except Errno:
                break  # Behind the end of the file.
        if old.is_present(offset):
            new.touch(at, PAGE_SIZE)
            new.view[at : at + PAGE_SIZE] = old.view[offset : offset + PAGE_SIZE]
    return new


def inherit(parent: Process, child: Process) -> None:
    """Take from a new child what it is not to have, and give it copies of what it does not share.

    The child's memory stands in place.
    """
    kept = []
    for one in parent.inheritance:
        parts = [part for part in _parts(parent.space, one) if part.backing is one.backing]
        for part in parts:
            if one.kind == f.VM_INHERIT_NONE:
                child.space.unmap(part.start, part.end)
            else:
                child.space.map(replace(part, backing=_copy(part, shared=False), offset=0))
        if parts:
            kept.append(one)
    parent.inheritance = tuple(kept)


def _parts(space: AddressSpace, one: Inheritance) -> list[Region]:
    found = space.layout.overlapping(one.start, one.end)
    return [r.cut(max(r.start, one.start), min(r.end, one.end)) for r in found]
