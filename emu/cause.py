"""Why a process crashed, in one sentence, and what macOS calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.darwin.errno import ENOSYS
from emu.describe import describe_address, describe_prot
from emu.features import why_undefined
from emu.machine import EXEC, READ, WRITE, Registers
from emu.record import record

if TYPE_CHECKING:
    from emu.image import Image
    from emu.kernel.process import Process
    from emu.kernel.signals import SigInfo

__all__ = ["MachException", "cause", "is_fault", "mach_exception"]

#: An access that far from zero went through a null pointer, that far below a stack over its end,
#: and that far from a register by way of it.
_NULL_REACH, _STACK_REACH, _TAG_REACH = 0x4000, 0x100000, 0x10000
#: The part of an address that counts for data (TBI).
_UNTAGGED: Final = (1 << 56) - 1


@record
class MachException:
    """What macOS calls the exception, and its codes."""

    kind: str
    codes: str


def is_fault(info: SigInfo) -> bool:
    """Tell whether the guest's own access to memory led to the signal."""
    return info.signal in (f.SIGSEGV, f.SIGBUS) and not info.pid and info.code != f.SI_USER


def mach_exception(process: Process, info: SigInfo) -> MachException:
    """Translate a signal back into the Mach exception that it came from."""
    r = Registers(process.registers)
    at = f"at 0x{info.address:016x}"
    if info.code == f.SI_USER or info.pid:
        return MachException("EXC_CRASH", "")
    match info.signal, info.code:
        case f.SIGSEGV, _:
            return MachException("EXC_BAD_ACCESS", f"KERN_INVALID_ADDRESS {at}")
        case f.SIGBUS, f.BUS_ADRERR:
            region = process.space.layout.find(info.address)
            access = _access(process, info, r)
            gone = region is not None and region.prot & access == access
            what = "KERN_MEMORY_ERROR" if gone else "KERN_PROTECTION_FAILURE"
            return MachException("EXC_BAD_ACCESS", f"{what} {at}")
        case f.SIGBUS, _:
            what = "EXC_ARM_SP_ALIGN" if _is_by_sp(r, info.address) else "EXC_ARM_DA_ALIGN"
            return MachException("EXC_BAD_ACCESS", f"{what} {at}")
        case f.SIGILL, _:
            return MachException("EXC_BAD_INSTRUCTION", f"EXC_ARM_UNDEFINED {at}")
        case f.SIGTRAP, _:
            return MachException("EXC_BREAKPOINT", f"EXC_ARM_BREAKPOINT {at}")
    return MachException("EXC_CRASH", "")


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


def cause(image: Image, process: Process, info: SigInfo) -> str:
    """Say in one sentence what went wrong."""
    if not is_fault(info):
        return _without_fault(process, info) + _blocked(process, info)
    r = Registers(process.registers)
    if info.signal == f.SIGBUS and info.code == f.BUS_ADRALN:
        return _misaligned(process, r, info.address) + _blocked(process, info)
    return _refused(image, process, info, r) + _blocked(process, info)


def _refused(image: Image, process: Process, info: SigInfo, r: Registers) -> str:
    """Say which access was refused, and where."""
    access, at = _access(process, info, r), f"{info.address:#x}"
    what = {EXEC: "jump to", WRITE: "write to", READ: "read from"}[access]
    region = process.space.layout.find(info.address)
    if region is None:
        return f"{what} {at}, where nothing is mapped{_guess(process, info.address, r)}"
    if region.prot & access:
        return f"{what} {at}, behind the end of the mapped file"
    place = describe_address(image, info.address) if region.name.startswith("__") else at
    prot = describe_prot(region.prot)
    return f"{what} {place} in {region.name}, which is {prot}{_stack(process, info.address)}"


def _blocked(process: Process, info: SigInfo) -> str:
    """Say why no handler was called, where there is one."""
    state = process.signals
    forced = not info.pid and info.code != f.SI_USER
    handled = state.action(info.signal).handler not in (f.SIG_DFL, f.SIG_IGN)
    if not (forced and handled and state.mask & 1 << (info.signal - 1)):
        return ""
    name = f.SIGNAL_NAMES.get(info.signal, str(info.signal))
    return f"; {name} is blocked, as in its handler, so none is called"


def _is_by_sp(r: Registers, address: int) -> bool:
    return address == r["sp"] and bool(address & 15) and not r["pc"] & 3


def _misaligned(process: Process, r: Registers, address: int) -> str:
    pc = r["pc"]
    if pc & 3:
        return f"jump to {pc:#x}, which is no multiple of 4"
    text = _instruction(process, pc)
    if _is_by_sp(r, address):
        return f"sp is {address:#x}, which is no multiple of 16, in a load or store by it: {text}"
    word = int.from_bytes(process.space.peek(pc, 4) or bytes(4), "little")
    pair = word & 0x3F200000 == 0x08200000
    size = 8 << (word >> 30 & 1) if pair else 1 << (word >> 30)
    # FEAT_LSE2, which the engine knows nothing of: emu.interpreter helps with atomics only.
    allowed = " (an M1 allows it, for it is inside of 16 aligned bytes)"
    note = allowed if address % 16 + size <= 16 else ""
    return f"misaligned address {address:#x} in an exclusive or atomic access{note}: {text}"


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


def _without_fault(process: Process, info: SigInfo) -> str:
    match info.signal:
        case f.SIGILL if info.address:
            return _undefined(process, info.address)
        case f.SIGTRAP if info.address:
            return f"brk at {info.address:#x}"
        case f.SIGSYS if not info.pid:
            return _why_sigsys(process)
        case f.SIGILL if not info.pid:
            return "the stack has no room for the frame of a signal's handler"
    if info.pid == process.pid:
        return "sent by itself with kill"
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


def _guess(process: Process, address: int, r: Registers) -> str:
    """Name the usual suspects."""
    if address < _NULL_REACH:
        return " (a null pointer)"
    if address == r["pc"] == r["x30"]:
        return " (x30 holds it, so by ret)"
    return _stack(process, address) or _tag(process, address, r)


def _stack(process: Process, address: int) -> str:
    """Tell whether ``address`` is beyond the end of a stack."""
    base, size, flags = process.signals.altstack
    if size and flags & f.SS_ONSTACK and base - _STACK_REACH <= address < base:
        return " (the alternate signal stack has overflowed)"
    for region in process.space.layout.regions:
        if region.name == "stack" and region.start - _STACK_REACH <= address < region.start:
            return " (the stack has overflowed)"
    return ""


def _tag(process: Process, address: int, r: Registers) -> str:
    """Show the register that a load or store goes by, where its top byte is lost."""
    word = int.from_bytes(process.space.peek(r["pc"], 4) or bytes(4), "little")
    name = f"x{word >> 5 & 31}"
    if word & 0x0A000000 != 0x08000000 or name == "x31" or not r[name] >> 56:
        return ""
    near = abs((r[name] & _UNTAGGED) - address) < _TAG_REACH
    return f" ({name} is {r[name]:#x}: the top byte does not count)" if near else ""
