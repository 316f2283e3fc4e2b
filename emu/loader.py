"""An image becomes the memory and the first registers of a process (XNU: ``exec_mach_imgact``)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from emu.errors import ImageError
from emu.image import PAGE_SIZE
from emu.kernel.commpage import commpage
from emu.machine import EXEC, READ, WRITE, Registers
from emu.memory import AddressSpace, Backing, Region, round_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.image import Image

__all__ = ["EXIT_STUB", "STACK_SIZE", "STACK_TOP", "load"]

#: Top of the main thread's stack (VM_USRSTACK64 without slide) and its default size.
STACK_TOP, STACK_SIZE = 0x16FE0_0000, 8 << 20
#: Where the return address of the entry point leads: what dyld does after main returned.
EXIT_STUB: Final = 0x1_8000_0000
# mov x16, #1; svc #0x80; brk #1
_EXIT_CODE: Final = struct.pack("<3I", 0xD2800030, 0xD4001001, 0xD4200020)


def load(
    image: Image, argv: Sequence[bytes], envp: Sequence[bytes], path: bytes
) -> tuple[AddressSpace, Registers]:
    """Map ``image`` and build the stack of a new process.

    Args:
        image: what to run.
        argv: arguments, the program's name first.
        envp: ``NAME=VALUE`` strings.
        path: what the ``apple`` vector says as ``executable_path=``.

    Returns:
        The address space and the registers at the entry point.
    """
    space = AddressSpace()
    for segment in image.segments:
        if segment.prot:
            _map(space, segment.name, segment.addr, segment.size, segment.prot, segment.data)
    _map(space, "stack", STACK_TOP - STACK_SIZE, STACK_SIZE, READ | WRITE, b"")
    _map(space, "dyld", EXIT_STUB, PAGE_SIZE, READ | EXEC, _EXIT_CODE)
    space.map(commpage())
    apple = [b"executable_path=" + path]
    sp, vectors = _push_arguments(space, argv, envp, apple)
    registers = Registers()
    registers["pc"] = image.entry
    registers["sp"] = sp
    if image.start == "main":
        registers["x0"] = len(argv)
        registers["x1"], registers["x2"], registers["x3"] = vectors
        registers["x30"] = EXIT_STUB
    return space, registers


def _map(
    space: AddressSpace, name: str, start: int, size: int, prot: int, data: bytes
) -> None:  # fmt: skip
    size = round_page(size)
    if size <= 0 or start % PAGE_SIZE or space.layout.overlapping(start, start + size):
        raise ImageError(f"segment {name} at {start:#x}: bad size, alignment or overlap")
    backing = Backing(size)
    space.map(Region(start, start + size, prot, backing, 0, name))
    if data:
        backing.touch(0, len(data))
        backing.view[: len(data)] = data


def _push_arguments(
    space: AddressSpace, argv: Sequence[bytes], envp: Sequence[bytes], apple: Sequence[bytes]
) -> tuple[int, tuple[int, int, int]]:
    """Write strings and vectors below the stack's top; returns sp and the three vectors.

    sp points at argc, then argv, envp and apple, each ended by a null pointer, as xnu's
    ``exec_copyout_strings`` leaves them.
    """
    strings = b"".join(s + b"\0" for s in (*apple, *argv, *envp))
    at = (STACK_TOP - len(strings)) & -16
    space.poke(at, strings)
    where = _addresses(at, (*apple, *argv, *envp))
    n = len(apple)
    a, e = where[n : n + len(argv)], where[n + len(argv) :]
    words = [len(argv), *a, 0, *e, 0, *where[:n], 0]
    sp = (at - 8 * len(words)) & -16
    if sp < STACK_TOP - STACK_SIZE // 2:
        raise ImageError("arguments and environment are too large for the stack")
    space.poke(sp, struct.pack(f"<{len(words)}Q", *words))
    first = sp + 8
    environment = first + 8 * (len(a) + 1)
    return sp, (first, environment, environment + 8 * (len(e) + 1))


def _addresses(at: int, strings: Sequence[bytes]) -> list[int]:
    out = []
    for s in strings:
        out.append(at)
        at += len(s) + 1
    return out
