"""The crash report of a guest process: what killed it, where, and how it got there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.darwin.errno import NAMES
from emu.darwin.numbers import name_of
from emu.machine import EXEC, READ, WRITE, Registers
from emu.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emu.image import Image
    from emu.kernel.process import Process
    from emu.kernel.signals import SigInfo
    from emu.memory import Region

__all__ = ["CrashReporter", "crash_report", "describe_address", "describe_prot"]

#: Frames that a backtrace follows at the most: a damaged chain may be a circle.
_FRAMES = 32


class CrashReporter(Observer):
    """Says how each process crashed."""

    def __init__(self, image: Image, say: Callable[[str], None]) -> None:
        """Report by ``say``, with the names and lines of ``image``."""
        self._image = image
        self._say = say

    def crashed(self, process: Process, info: SigInfo) -> None:
        """Report."""
        self._say("\n".join(crash_report(self._image, process, info)))


def crash_report(image: Image, process: Process, info: SigInfo) -> list[str]:
    """Return the lines of a report on ``process``, which ``info`` is about to kill.

    ``process.registers`` has to be saved; its memory is only read.
    """
    r = Registers(process.registers)
    name = f.SIGNAL_NAMES.get(info.signal, str(info.signal))
    return [
        f"[pid {process.pid}] {name}: {_why(process, info)}",
        f"  pc {describe_address(image, r['pc'])}{_source(image, r['pc'])}",
        *_registers(r),
        *(f"  called from {line}" for line in _backtrace(image, process, r)),
        *(f"  after {line}" for line in _recent(process)),
        *(f"  mapped {line}" for line in _around(process, info.address)),
    ]


def _why(process: Process, info: SigInfo) -> str:
    at = f"{info.address:#x}"
    region = process.space.layout.find(info.address)
    match info.signal:
        case f.SIGSEGV:
            return f"access to {at}, where nothing is mapped"
        case f.SIGBUS if region is not None and _is_behind_file(region, info.address):
            return f"access to {at}, behind the end of the mapped file"
        case f.SIGBUS if info.code == f.BUS_ADRERR and region is not None:
            return f"access to {at} in {region.name}, which is {describe_prot(region.prot)}"
        case f.SIGBUS if info.code == f.BUS_ADRALN:
            return f"misaligned pc or sp at {at}"
        case f.SIGILL:
            return f"undefined instruction at {at}"
        case f.SIGTRAP:
            return f"brk at {at}"
        case f.SIGSYS:
            return "unknown system call"
    return f"sent by pid {info.pid}" if info.pid else "sent from outside"


def _is_behind_file(region: Region, address: int) -> bool:
    """Tell whether the page at ``address`` could not be read because its file has no such part."""
    backing = region.backing
    return backing.pager is not None and not backing.is_present(
        region.offset + address - region.start
    )


def describe_prot(prot: int) -> str:
    """Return ``rw-`` and the like."""
    return "".join(c if prot & b else "-" for b, c in ((READ, "r"), (WRITE, "w"), (EXEC, "x")))


def describe_address(image: Image, address: int) -> str:
    """Return an address with the nearest label: ``0x100003f40 <parse_target+8>``."""
    found = image.symbol_at(address)
    if found is None:
        return f"{address:#x}"
    name, offset = found
    return f"{address:#x} <{name}+{offset}>" if offset else f"{address:#x} <{name}>"


def _source(image: Image, address: int) -> str:
    entry = image.lines.at(address)
    if entry is None:
        return ""
    place = entry.outermost
    text = image.sources.get(place.path, "").splitlines()
    line = text[place.line - 1].strip() if place.line <= len(text) else ""
    return f"  {place.path}:{place.line}: {line}"


def _registers(r: Registers) -> Iterator[str]:
    names = [f"x{n}" for n in range(31)] + ["sp"]
    for i in range(0, len(names), 4):
        yield "  " + "  ".join(f"{n:>3} {r[n]:016x}" for n in names[i : i + 4])
    yield "  flags " + "".join(
        c if r["nzcv"] >> b & 1 else "-" for b, c in ((31, "N"), (30, "Z"), (29, "C"), (28, "V"))
    )


def _backtrace(image: Image, process: Process, r: Registers) -> Iterator[str]:
    """Follow the frame records: each holds the caller's x29 and the return address."""
    frame = r["x29"]
    for _ in range(_FRAMES):
        record = process.space.peek(frame, 16) if frame and frame % 8 == 0 else None
        if record is None:
            return
        above, back = int.from_bytes(record[:8], "little"), int.from_bytes(record[8:], "little")
        if not back:
            return
        yield describe_address(image, back - 4) + _source(image, back - 4)
        if above <= frame:
            return
        frame = above


def _recent(process: Process) -> Iterator[str]:
    for number, arguments, result, error in process.recent:
        name = name_of(number) or f"call {number}"
        shown = ", ".join(f"{a:#x}" if a > 9 else str(a) for a in arguments[:4])
        yield f"{name}({shown}, …) = {NAMES.get(error, error) if error else result}"


def _around(process: Process, address: int) -> Iterator[str]:
    for region in process.space.layout.regions:
        here = " <- the address" if region.start <= address < region.end else ""
        yield (
            f"{region.start:#x}-{region.end:#x} {describe_prot(region.prot)} {region.name}{here}"
        )
