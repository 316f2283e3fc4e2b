"""The crash report of a guest process: what killed it, where, and how it got there.

The sections are those of a report by macOS's ReportCrash: exception, backtrace, registers,
memory regions; the last calls come in addition.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.darwin import flags as f
from emu.describe import describe_address, describe_place, describe_prot
from emu.errors import StrictError
from emu.loader import EXIT_STUB
from emu.machine import EXEC, Registers
from emu.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emu.image import Image
    from emu.kernel.process import Process
    from emu.kernel.signals import SigInfo
    from emu.memory import Region

__all__ = ["CrashReporter", "crash_report", "describe_address", "describe_place", "describe_prot"]

#: Frames that a backtrace follows at the most: a damaged chain may be a circle.
_FRAMES = 32
#: Regions that are shown before and after the one that matters.
_NEIGHBOURS = 2


class CrashReporter(Observer):
    """Says how each process crashed."""

    def __init__(self, image: Image, say: Callable[[str], None], *, strict: bool = False) -> None:
        """Report by ``say``, with the names and lines of ``image``.

        With ``strict`` a call that is not implemented ends the run by a
        :class:`~emu.errors.StrictError`.
        """
        self._image = image
        self._say = say
        self._strict = strict

    def crashed(self, process: Process, info: SigInfo) -> None:
        """Report."""
        self._say("\n".join(crash_report(process.image or self._image, process, info)))

    def unimplemented(self, process: Process, number: int) -> None:
        """Stop the run, if that was asked for."""
        if not self._strict:
            return
        from emu.darwin.numbers import name_of

        r = Registers(process.registers)
        r["pc"] -= 4  # onto the svc
        name = name_of(number) or "no known call"
        title = f"[pid {process.pid}] stopped (--strict): call {number} ({name}) is not implemented"
        body = _body(process.image or self._image, process, r, None)
        raise StrictError("\n".join([title, *body]))


def crash_report(image: Image, process: Process, info: SigInfo) -> list[str]:
    """Return the lines of a report on ``process``, which ``info`` is about to kill.

    ``process.registers`` has to be saved; its memory is only read.
    """
    from emu.cause import cause, is_fault, mach_exception

    r = Registers(process.registers)
    name = f.SIGNAL_NAMES.get(info.signal, str(info.signal))
    address = info.address if is_fault(info) else None
    exception = mach_exception(process, info)
    kind, codes = exception.kind, exception.codes
    return [
        f"[pid {process.pid}] {name}: {cause(image, process, info)}",
        f"Process:          {process.name} [{process.pid}]",
        f"Parent process:   [{process.ppid}]",
        f"Exception type:   {kind} ({name})",
        *([f"Exception codes:  {codes}"] if codes else []),
        *_body(image, process, r, address, crashed_by_call=kind == "EXC_CRASH"),
    ]


def _body(
    image: Image,
    process: Process,
    r: Registers,
    address: int | None,
    *,
    crashed_by_call: bool = False,
) -> Iterator[str]:
    """Yield the sections below the title; ``address`` is where memory failed."""
    yield ""
    yield "Backtrace (by frame pointer):"
    yield from _frames(image, process, r, behind_svc=crashed_by_call)
    yield ""
    yield "Registers:"
    yield from _registers(r)
    if process.recent:
        yield ""
        yield "Last calls:"
        yield from (f"    {line}" for line in _recent(process))
    yield ""
    yield "Memory regions:" if address is None else f"Memory regions around {address:#x}:"
    yield from _around(process, r["pc"] if address is None else address)


# ---- places ----


def _frames(image: Image, process: Process, r: Registers, *, behind_svc: bool) -> Iterator[str]:
    """Yield the lines of the backtrace; those of a recursion once."""
    last, repeated, n = -1, 0, 0
    for n, at in enumerate(_backtrace(process, image, r)):
        # A return address is behind the call; the call is what people look for.
        behind = behind_svc and _is_behind_svc(process, at) if n == 0 else at != EXIT_STUB
        place = at - 4 if behind else at
        if place == last:
            repeated += 1
            continue
        if repeated:
            yield f"    the same {repeated} times more"
        last, repeated = place, 0
        yield f"{n:<3} {describe_address(image, place)}{_region_name(process, place)}" + _source(
            image, place
        )
    if n >= _FRAMES:
        yield "    the same over and over" if repeated else "    and more"
    elif repeated:
        yield f"    the same {repeated} times more"


def _is_behind_svc(process: Process, pc: int) -> bool:
    word = int.from_bytes(process.space.peek(pc - 4, 4) or bytes(4), "little")
    return word & 0xFFE0001F == 0xD4000001


def _region_name(process: Process, address: int) -> str:
    """Name the region of code that is none of the program's."""
    if address == EXIT_STUB:
        return " (the end of the program)"
    region = process.space.layout.find(address)
    if region is None:
        return " (not mapped)"
    return "" if region.name.startswith("__") else f" (in {region.name})"


def _source(image: Image, address: int) -> str:
    entry = image.lines.at(address)
    if entry is None:
        return ""
    place = entry.outermost
    text = image.sources.get(place.path, "").splitlines()
    line = text[place.line - 1].strip() if 0 < place.line <= len(text) else ""
    return f"  {place.path}:{place.line}: {line}"


def _backtrace(process: Process, image: Image, r: Registers) -> Iterator[int]:
    """Yield the pc, then return addresses: each frame record holds x29 and one of them.

    A leaf routine has no record yet, so lr comes first unless it leads back into the routine
    itself, as it does behind a call.
    """
    yield r["pc"]
    frame, seen = r["x29"], set[int]()
    if _is_return(process, r["x30"]) and _routine(image, r["x30"] - 4) != _routine(image, r["pc"]):
        seen.add(r["x30"])
        yield r["x30"]
    for _ in range(_FRAMES):
        record = process.space.peek(frame, 16) if frame and frame % 8 == 0 else None
        if record is None:
            return
        above, back = struct.unpack("<2Q", record)
        if not back:
            return
        if back not in seen:
            yield back
        seen.clear()
        if above <= frame:
            return
        frame = above


def _is_return(process: Process, address: int) -> bool:
    region = process.space.layout.find(address - 4)
    return region is not None and bool(region.prot & EXEC) and region.name.startswith("__")


def _routine(image: Image, address: int) -> str | None:
    found = image.symbol_at(address)
    return found[0] if found else None


# ---- the rest ----


def _registers(r: Registers) -> Iterator[str]:
    names = [f"x{n}" for n in range(29)]
    shown = [(n, r[n]) for n in names] + [("fp", r["x29"]), ("lr", r["x30"])]
    shown += [("sp", r["sp"]), ("pc", r["pc"])]
    for i in range(0, len(shown), 4):
        yield "  " + "  ".join(f"{name:>4}: 0x{value:016x}" for name, value in shown[i : i + 4])
    flags = "".join(
        c if r["nzcv"] >> b & 1 else "-" for b, c in ((31, "N"), (30, "Z"), (29, "C"), (28, "V"))
    )
    yield f"  cpsr: 0x{r['nzcv'] & 0xFFFFFFFF:08x} ({flags})"


def _recent(process: Process) -> Iterator[str]:
    from emu.strace.history import call_text

    for number, arguments, result, error in process.recent:
        yield call_text(process.space, number, arguments, result, error)


def _around(process: Process, address: int) -> Iterator[str]:
    """Yield the regions next to ``address``, with an arrow at the one that holds it."""
    regions = process.space.layout.regions
    index = sum(region.end <= address for region in regions)
    inside = index < len(regions) and regions[index].start <= address
    if not inside:
        yield f"  {address:#x} is in no region{_distance(regions, index, address)}"
    first = max(0, index - _NEIGHBOURS)
    for n, region in enumerate(regions[first : index + _NEIGHBOURS + 1], first):
        arrow = "--->" if inside and n == index else "    "
        size = (region.end - region.start) >> 10
        yield (
            f"  {arrow} {region.name:<16} {region.start:x}-{region.end:x} [{size:>6}K] "
            f"{describe_prot(region.prot)}"
        )


def _distance(regions: tuple[Region, ...], index: int, address: int) -> str:
    notes = []
    if index:
        notes.append(
            f"{address - regions[index - 1].end:#x} bytes behind {regions[index - 1].name}"
        )
    if index < len(regions):
        notes.append(f"{regions[index].start - address:#x} bytes before {regions[index].name}")
    return f": {', '.join(notes)}" if notes else ""
