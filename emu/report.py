"""The crash report of a guest process: what killed it, where, and how it got there.

The sections are those of a report by macOS's ReportCrash: exception, backtrace, registers,
memory regions; the last calls come in addition.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from emu.darwin import flags as f
from emu.darwin.errno import ENOSYS
from emu.errors import StrictError
from emu.features import why_undefined
from emu.loader import EXIT_STUB
from emu.machine import EXEC, READ, WRITE, Registers
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
#: An access that far from zero went through a null pointer, that far below the stack over its end.
_NULL_REACH, _STACK_REACH = 0x4000, 0x100000


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
    r = Registers(process.registers)
    name = f.SIGNAL_NAMES.get(info.signal, str(info.signal))
    address = info.address if _is_fault(info) else None
    access = _access(process, info, r)
    region = process.space.layout.find(info.address)
    gone = region is not None and region.prot & access == access
    kind, codes = _exception(info, gone=gone, by_sp=_is_by_sp(r, info.address))
    return [
        f"[pid {process.pid}] {name}: {_why(process, info, access)}",
        f"Process:          {process.name} [{process.pid}]",
        f"Parent process:   [{process.ppid}]",
        f"Exception type:   {kind} ({name})",
        *([f"Exception codes:  {codes}"] if codes else []),
        *_body(image, process, r, address),
    ]


def _body(image: Image, process: Process, r: Registers, address: int | None) -> Iterator[str]:
    """Yield the sections below the title; ``address`` is where memory failed."""
    yield ""
    yield "Backtrace (by frame pointer):"
    frames = list(_backtrace(process, image, r))
    for n, at in enumerate(frames):
        # A return address is behind the call; the call is what people look for.
        place = at if n == 0 or at == EXIT_STUB else at - 4
        yield f"{n:<3} {describe_address(image, place)}{_region_name(process, place)}" + _source(
            image, place
        )
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


# ---- what happened ----


class _Exception(NamedTuple):
    """What macOS calls the exception, and its codes."""

    kind: str
    codes: str


def _is_fault(info: SigInfo) -> bool:
    """Tell whether the guest's own access to memory led to the signal."""
    return info.signal in (f.SIGSEGV, f.SIGBUS) and not info.pid and info.code != f.SI_USER


def _exception(info: SigInfo, *, gone: bool, by_sp: bool) -> _Exception:
    """Translate a signal back into the Mach exception that it came from.

    ``gone`` tells that memory is mapped but has nothing behind it, ``by_sp`` that sp was at fault.
    """
    at = f"at 0x{info.address:016x}"
    if info.code == f.SI_USER or info.pid:
        return _Exception("EXC_CRASH", "")
    match info.signal, info.code:
        case f.SIGSEGV, _:
            return _Exception("EXC_BAD_ACCESS", f"KERN_INVALID_ADDRESS {at}")
        case f.SIGBUS, f.BUS_ADRERR:
            return _Exception(
                "EXC_BAD_ACCESS",
                f"{'KERN_MEMORY_ERROR' if gone else 'KERN_PROTECTION_FAILURE'} {at}",
            )
        case f.SIGBUS, _:
            what = "EXC_ARM_SP_ALIGN" if by_sp else "EXC_ARM_DA_ALIGN"
            return _Exception("EXC_BAD_ACCESS", f"{what} {at}")
        case f.SIGILL, _:
            return _Exception("EXC_BAD_INSTRUCTION", f"EXC_ARM_UNDEFINED {at}")
        case f.SIGTRAP, _:
            return _Exception("EXC_BREAKPOINT", f"EXC_ARM_BREAKPOINT {at}")
    return _Exception("EXC_CRASH", "")


def _access(process: Process, info: SigInfo, r: Registers) -> int:
    """Return what the instruction at the pc did with memory: READ, WRITE or EXEC."""
    if info.address == r["pc"]:
        return EXEC
    word = int.from_bytes(process.space.peek(r["pc"], 4) or bytes(4), "little")
    if word & 0x3B000000 == 0x18000000:  # ldr from a literal pool has no load bit
        return READ
    if word & 0x3B200C00 == 0x38200000:  # the atomics of LSE read, then write
        return WRITE
    loads = word & 0x00C00000 if word & 0x3A000000 == 0x38000000 else word & 0x00400000
    return READ if loads else WRITE


def _why(process: Process, info: SigInfo, access: int) -> str:
    """Say in one sentence what went wrong."""
    at = f"{info.address:#x}"
    if not _is_fault(info):
        return _why_no_fault(process, info, at)
    if info.signal == f.SIGBUS and info.code == f.BUS_ADRALN:
        return _misaligned(process, Registers(process.registers), info.address)
    what = {EXEC: "jump to", WRITE: "write to", READ: "read from"}[access]
    region = process.space.layout.find(info.address)
    if region is None:
        return f"{what} {at}, where nothing is mapped{_guess(process, info.address)}"
    if region.prot & access:
        return f"{what} {at}, behind the end of the mapped file"
    return f"{what} {at} in {region.name}, which is {describe_prot(region.prot)}"


def _is_by_sp(r: Registers, address: int) -> bool:
    return address == r["sp"] and bool(address & 15) and not r["pc"] & 3


def _misaligned(process: Process, r: Registers, address: int) -> str:
    pc = r["pc"]
    if pc & 3:
        return f"jump to {pc:#x}, which is no multiple of 4"
    text = _instruction(process, pc)
    if _is_by_sp(r, address):
        return f"sp is {address:#x}, which is no multiple of 16, in a load or store by it: {text}"
    return f"misaligned address {address:#x} in an exclusive or atomic access: {text}"


def _instruction(process: Process, address: int) -> str:
    """Name the instruction at ``address``, as far as the disassembler knows it."""
    data = process.space.peek(address, 4)
    if data is None:
        return f"{address:#x}"
    word = f"{int.from_bytes(data, 'little'):#010x} at {address:#x}"
    try:
        import capstone
    except ImportError:
        return word
    decoder = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
    for _, _, mnemonic, operands in decoder.disasm_lite(data, address):
        return f"{mnemonic} {operands}".rstrip() + f" ({word})"
    return word


def _undefined(process: Process, address: int) -> str:
    text = _instruction(process, address)
    why = why_undefined(int.from_bytes(process.space.peek(address, 4) or bytes(4), "little"))
    if why is not None:
        return f"undefined instruction, {why}: {text}"
    if "(" in text and not text.startswith("udf"):
        return f"undefined instruction (not for programs, or not in this machine): {text}"
    missing = "; is an exit or a ret missing before it?" if "(0x00000000 at" in text else ""
    return f"undefined instruction {text}{missing}"


def _why_no_fault(process: Process, info: SigInfo, at: str) -> str:
    match info.signal:
        case f.SIGILL if info.address:
            return _undefined(process, info.address)
        case f.SIGTRAP if info.address:
            return f"brk at {at}"
        case f.SIGSYS if not info.pid:
            return _why_sigsys(process)
    return f"sent by pid {info.pid}" if info.pid else "sent from outside"


def _why_sigsys(process: Process) -> str:
    """Name the call that is not there: the last one that no handler answered."""
    from emu.darwin.numbers import name_of
    from emu.syscalls.table import TABLE

    for number, _, _, error in reversed(process.recent):
        if error == ENOSYS and number not in TABLE:
            name = name_of(number)
            if name is None:
                return f"there is no system call {number}"
            return f"system call {name} ({number}) is not implemented"
    return "unknown system call"


def _guess(process: Process, address: int) -> str:
    """Name the usual suspects."""
    if address < _NULL_REACH:
        return " (a null pointer)"
    for region in process.space.layout.regions:
        if region.name == "stack" and region.start - _STACK_REACH <= address < region.start:
            return " (the stack has overflowed)"
    return ""


# ---- places ----


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


def describe_place(image: Image, address: int) -> str:
    """Return an address with label and source line: ``0x100003f40 <open_log+8> (log.s:12)``."""
    entry = image.lines.at(address)
    line = "" if entry is None else f" ({entry.outermost.path}:{entry.outermost.line})"
    return describe_address(image, address) + line


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
