"""What the instruction at the pc does with the present values, in one sentence.

Operands and classes come from Capstone; results do not come from a second description of the
instruction set, which might be wrong, but from executing the instruction once on a scratch CPU
with a copy of the registers and of the memory that it touches.
"""

from __future__ import annotations

import ctypes
import mmap
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import capstone

from debugger.disassembly import Instruction, decoder, instruction_at
from debugger.registers import flags_text
from debugger.telescope import text_at
from emu.darwin.numbers import name_of
from emu.image import PAGE_SIZE
from emu.machine import EXEC, READ, REGISTERS, WRITE, Machine, Registers
from emu.machine_probe import Probe
from emu.strace.shapes import shape_of
from emu.strace.tracer import Pending
from emu.syscalls.pager import look
from emu.syscalls.table import TABLE

if TYPE_CHECKING:
    from emu.image import Image
    from emu.kernel.process import Process

#: Capstone's objects are untyped.
Detail: TypeAlias = Any

__all__ = ["Outcome", "execute_once", "explain"]

_CONDITIONS = {
    "eq": ("Z is set: equal", "Z is clear: not equal"),
    "ne": ("Z is clear: not equal", "Z is set: equal"),
    "hs": ("C is set: unsigned higher or same", "C is clear: unsigned lower"),
    "cs": ("C is set", "C is clear"),
    "lo": ("C is clear: unsigned lower", "C is set: unsigned higher or same"),
    "cc": ("C is clear", "C is set"),
    "mi": ("N is set: negative", "N is clear: positive or zero"),
    "pl": ("N is clear: positive or zero", "N is set: negative"),
    "vs": ("V is set: overflow", "V is clear: no overflow"),
    "vc": ("V is clear: no overflow", "V is set: overflow"),
    "hi": ("C is set and Z is clear: unsigned higher", "unsigned lower or same"),
    "ls": ("C is clear or Z is set: unsigned lower or same", "unsigned higher"),
    "ge": ("N equals V: signed greater or equal", "N differs from V: signed less"),
    "lt": ("N differs from V: signed less", "N equals V: signed greater or equal"),
    "gt": ("Z is clear and N equals V: signed greater", "signed less or equal"),
    "le": ("Z is set or N differs from V: signed less or equal", "signed greater"),
    "al": ("always", "never"),
    "nv": ("always", "never"),
}
_VERBS = {
    "add": "adds", "adds": "adds", "sub": "subtracts", "subs": "subtracts", "mul": "multiplies",
    "madd": "multiplies and adds", "msub": "multiplies and subtracts",
    "udiv": "divides, unsigned,", "sdiv": "divides, signed,", "and": "ands", "ands": "ands",
    "orr": "ors", "eor": "exclusive-ors", "bic": "clears bits", "lsl": "shifts left",
    "lsr": "shifts right", "asr": "shifts right, signed,", "ror": "rotates right",
    "neg": "negates", "mvn": "inverts", "mov": "copies", "movz": "sets",
    "movk": "replaces 16 bits", "movn": "sets the inverse", "adr": "computes an address",
    "adrp": "computes a page's address", "cmp": "compares", "cmn": "compares with the negative",
    "tst": "tests bits", "ccmp": "compares on a condition", "csel": "selects",
    "cset": "sets by a condition", "csinc": "selects or increments",
    "cinc": "increments on a condition", "clz": "counts leading zeros",
    "rbit": "reverses the bits", "rev": "reverses the bytes", "ubfx": "extracts bits",
    "sbfx": "extracts bits, signed,", "ubfiz": "inserts bits", "bfi": "inserts bits",
    "uxtb": "zero-extends a byte", "uxth": "zero-extends a halfword",
    "sxtw": "sign-extends a word", "sxtb": "sign-extends a byte",
    "sxth": "sign-extends a halfword", "umulh": "multiplies and takes the upper half",
    "nop": "does nothing",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """Registers before and after one execution; ``fault`` is the address that it cannot reach."""

    before: Registers
    after: Registers
    fault: int | None = None


def execute_once(process: Process, pc: int) -> Outcome:
    """Execute one instruction on a scratch CPU; nothing of the guest changes."""
    machine, buffers = Machine(), []
    before = Registers(process.registers)
    machine.load(process.registers)
    machine.write("pc", pc)
    probe = Probe(machine)
    mapped: set[int] = set()
    fault = None
    for _ in range(8):
        stop = probe.step()
        page = stop.address & -PAGE_SIZE
        if stop.kind != "fault":
            break
        if page in mapped:
            page += PAGE_SIZE
        region = process.space.layout.find(page)
        data = look(process.space, page, PAGE_SIZE) if region is not None else None
        if data is None or page in mapped or region is None or not region.prot & stop.access:
            fault = stop.address
            break
        buffer = mmap.mmap(-1, PAGE_SIZE)
        buffer[:] = data
        anchor = ctypes.c_char.from_buffer(buffer)
        buffers.append((buffer, anchor))
        machine.map(page, PAGE_SIZE, READ | WRITE | EXEC, ctypes.addressof(anchor))
        mapped.add(page)
    return Outcome(before, Registers(machine.save()), fault=fault)


def explain(image: Image, process: Process, pc: int) -> str:
    """Return the sentence on the instruction at ``pc``, with the present values."""
    instruction = instruction_at(process.space, pc)
    if instruction is None:
        return f"nothing is mapped at {pc:#x}: executing it is a fault"
    registers = Registers(process.registers)
    match instruction.kind:
        case "syscall":
            return _system_call(process, registers)
        case "break":
            return f"brk: stops with SIGTRAP ({instruction.operands})"
        case "call" | "jump" | "return" | "conditional":
            return _branch(image, instruction, registers)
    if instruction.mnemonic == ".long":
        return f"{instruction.operands} is no instruction: executing it is SIGILL"
    return _other(image, process, instruction, registers)


# -- calls and branches -------------------------------------------------------------------


def _system_call(process: Process, registers: Registers) -> str:
    number = registers["x16"]
    signed = number - (1 << 64) if number >> 63 else number
    arguments = (*(registers[f"x{i}"] for i in range(8)), number, registers["pc"], 0)
    if not name_of(signed):
        return f"asks the kernel for call {signed}, which does not exist: ENOSYS and SIGSYS"
    shape = shape_of(signed, TABLE.get(signed))
    pending = Pending(process.pid, shape, arguments, process.space, 64)
    shown = ", ".join(filter(None, pending.texts))
    more = ", …" if shape.rest else ""
    return (
        f"asks the kernel for {shape.name}({shown}{more}) (x16 = {signed}); the result comes in x0"
        " with C clear, an errno with C set"
    )


def _name(image: Image, address: int) -> str:
    for symbol in image.symbols.values():
        if symbol.value == address and not symbol.absolute:
            return f"{symbol.name} ({address:#x})"
    found = image.symbol_at(address)
    return f"{found[0]}+{found[1]} ({address:#x})" if found else f"{address:#x}"


def _branch(image: Image, instruction: Instruction, registers: Registers) -> str:
    here = instruction.mnemonic
    if instruction.kind == "conditional":
        return _conditional(image, instruction, registers)
    target = instruction.target
    register = ""
    if target is None:
        register = re.split(r"[, ]", instruction.operands)[0] or "x30"
        target = registers[register] if register in REGISTERS else 0
    by = f" (in {register})" if register else ""
    if instruction.kind == "call":
        back = _name(image, instruction.address + 4)
        return f"{here} calls {_name(image, target)}{by}; x30 becomes the return address {back}"
    if instruction.kind == "return":
        x0, carry = registers["x0"], registers["nzcv"] >> 29 & 1
        return f"returns to {_name(image, target)}{by}, with x0 = {_number(x0)} and C = {carry}"
    return f"jumps to {_name(image, target)}{by}, always"


def _conditional(image: Image, instruction: Instruction, registers: Registers) -> str:
    taken, reason = _decide(instruction, registers)
    target = _name(image, instruction.target or 0)
    if taken:
        return f"the branch to {target} is taken: {reason}"
    return f"the branch to {target} is not taken: {reason}; goes on at {instruction.address + 4:#x}"


def _decide(instruction: Instruction, registers: Registers) -> tuple[bool, str]:
    """Return whether a conditional branch is taken, and why."""
    parts = [p.strip() for p in instruction.operands.split(",")]
    mnemonic = instruction.mnemonic
    if mnemonic in {"cbz", "cbnz"}:
        value = _register(registers, parts[0])
        said = f"{parts[0]} is {_number(value)}"
        if value:
            said += ", not zero"
        return (value == 0) == (mnemonic == "cbz"), said
    if mnemonic in {"tbz", "tbnz"}:
        number = int(parts[1].lstrip("#"), 0)
        bit = _register(registers, parts[0]) >> number & 1
        said = f"bit {number} of {parts[0]} ({_number(_register(registers, parts[0]))}) is {bit}"
        return (bit == 0) == (mnemonic == "tbz"), said
    condition = mnemonic.rpartition(".")[2]
    taken = _holds(condition, registers["nzcv"])
    reasons = _CONDITIONS.get(condition, ("the condition holds", "the condition does not hold"))
    return taken, f"{reasons[0 if taken else 1]} ({flags_text(registers['nzcv'])})"


def _holds(condition: str, nzcv: int) -> bool:
    """Decide a condition code (Arm ARM, ConditionHolds)."""
    n, z, c, v = (bool(nzcv >> bit & 1) for bit in (31, 30, 29, 28))
    decided = {
        "eq": z, "ne": not z, "hs": c, "cs": c, "lo": not c, "cc": not c, "mi": n, "pl": not n,
        "vs": v, "vc": not v, "hi": c and not z, "ls": not (c and not z), "ge": n == v,
        "lt": n != v, "gt": not z and n == v, "le": z or n != v,
    }  # fmt: skip
    return decided.get(condition, True)


# -- everything else ----------------------------------------------------------------------


def _register(registers: Registers, name: str) -> int:
    if name in {"xzr", "wzr"}:
        return 0
    if name.startswith("w"):
        name = "sp" if name == "wsp" else "x" + name[1:]
        return registers[name] & 0xFFFFFFFF
    if name in REGISTERS:
        return registers[name]
    found = re.fullmatch(r"([vdshb])(\d+)", name)
    if found:
        width = {"v": 128, "d": 64, "s": 32, "h": 16, "b": 8}[found[1]]
        return registers["q" + found[2]] & ((1 << width) - 1)
    return registers[{"fp": "x29", "lr": "x30"}.get(name, "x0")]


def _number(value: int) -> str:
    return str(value) if value < 10 else f"{value:#x}"


def _other(image: Image, process: Process, instruction: Instruction, registers: Registers) -> str:
    detail = next(decoder().disasm(instruction.word.to_bytes(4, "little"), instruction.address))
    outcome = execute_once(process, instruction.address)
    memory = next((o for o in detail.operands if o.type == capstone.arm64.ARM64_OP_MEM), None)
    mnemonic = instruction.mnemonic
    if memory is not None:
        sentence = _memory(image, process, instruction, detail, memory, outcome)
    else:
        sentence = _computation(image, detail, mnemonic, registers, outcome)
    return sentence


def _reg_name(detail: Detail, number: int) -> str:
    """Return a register by its number's name: Capstone calls x29 and x30 fp and lr."""
    name = str(detail.reg_name(number))
    return {"fp": "x29", "lr": "x30"}.get(name, name)


def _reads(detail: Detail, registers: Registers) -> str:
    """Return ``x1 = 5, x2 = 7``: the registers that the instruction reads."""
    read, _ = detail.regs_access()
    shown = []
    for number in read:
        name = _reg_name(detail, number)
        if name == "nzcv":
            shown.append(flags_text(registers["nzcv"]))
        elif name not in {"xzr", "wzr"}:
            shown.append(f"{name} = {_number(_register(registers, name))}")
    return ", ".join(shown)


def _changes(image: Image, detail: Detail, outcome: Outcome) -> str:
    """Return ``x0 becomes 5, N- Z+ C+ V-``: the registers that were written, as they are now."""
    _, written = detail.regs_access()
    out = []
    for number in written:
        name = _reg_name(detail, number)
        if name in {"xzr", "wzr", "nzcv"}:
            continue
        value = _register(outcome.after, name)
        same = " (as before)" if value == _register(outcome.before, name) else ""
        label = f" <{_name(image, value).partition(' ')[0]}>" if image.symbol_at(value) else ""
        out.append(f"{name} becomes {_number(value)}{label}{same}")
    flags = outcome.after["nzcv"]
    if "nzcv" in [_reg_name(detail, n) for n in written] or detail.update_flags:
        out.append(f"the flags {flags_text(flags)}{_comparison(detail, flags)}")
    return ", ".join(out)


def _comparison(detail: Detail, flags: int) -> str:
    """Say what a comparison's flags mean."""
    if detail.mnemonic not in {"cmp", "subs"}:
        return ""
    if flags >> 30 & 1:
        return ": equal"
    unsigned = "higher" if flags >> 29 & 1 else "lower"
    signed = "less" if (flags >> 31 & 1) != (flags >> 28 & 1) else "greater"
    return f": unsigned {unsigned}, signed {signed}"


def _computation(
    image: Image, detail: Detail, mnemonic: str, registers: Registers, outcome: Outcome
) -> str:
    verb = _VERBS.get(mnemonic, f"executes {mnemonic}")
    reads, changes = _reads(detail, registers), _changes(image, detail, outcome)
    immediate = [o.imm for o in detail.operands if o.type == capstone.arm64.ARM64_OP_IMM]
    constant = f"#{_number(immediate[0] & ((1 << 64) - 1))}" if immediate else ""
    operands = ", ".join(filter(None, (reads, constant if mnemonic not in {"adr", "adrp"} else "")))
    sentence = f"{verb} {operands}".rstrip() if operands else verb
    condition = f" on {detail.op_str.rpartition(', ')[2]}" if detail.cc not in {0, 15} else ""
    if condition:
        name = detail.op_str.rpartition(", ")[2]
        held = _holds(name, registers["nzcv"])
        reason = _CONDITIONS.get(name, ("", ""))[0 if held else 1]
        condition = f" ({name} {'holds' if held else 'does not hold'}: {reason})"
    return f"{sentence}{condition}: {changes}" if changes else sentence


def _memory(
    image: Image,
    process: Process,
    instruction: Instruction,
    detail: Detail,
    memory: Detail,
    outcome: Outcome,
) -> str:
    registers = outcome.before
    address = _effective_address(detail, memory, registers)
    where = _place(image, process, address)
    if outcome.fault is not None:
        return (
            f"{instruction.mnemonic} would access {outcome.fault:#x}, which is a fault:"
            f" {_why_fault(process, outcome.fault)}"
        )
    loads = instruction.mnemonic.startswith(("ld", "cas", "swp"))
    names = [
        _reg_name(detail, o.reg) for o in detail.operands if o.type == capstone.arm64.ARM64_OP_REG
    ]
    changes = _changes(image, detail, outcome)
    if loads:
        text = text_at(process.space, address)
        content = f" ({text})" if text and instruction.mnemonic.startswith("ldrb") else ""
        return f"loads from {where}{content}: {changes}"
    values = ", ".join(f"{n} = {_number(_register(registers, n))}" for n in names)
    more = f"; {changes}" if changes else ""
    return f"stores {values} at {where}{more}"


def _effective_address(detail: Detail, memory: Detail, registers: Registers) -> int:
    base = detail.reg_name(memory.mem.base) if memory.mem.base else ""
    address = _register(registers, base) if base else 0
    post_index = detail.writeback and not detail.op_str.endswith("!")
    if memory.mem.index:
        index = _register(registers, detail.reg_name(memory.mem.index))
        if memory.ext in {6, 5}:  # SXTW and its kin
            index = (index & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
        address += index << memory.shift.value
    if not post_index:
        address += memory.mem.disp
    return int(address) & ((1 << 64) - 1)


def _place(image: Image, process: Process, address: int) -> str:
    region = process.space.layout.find(address)
    if image.symbol_at(address) is not None:
        return _name(image, address)
    return f"{address:#x}" + (f" ({region.name})" if region is not None else "")


def _why_fault(process: Process, address: int) -> str:
    region = process.space.layout.find(address)
    return "nothing is mapped there" if region is None else f"{region.name} does not allow it"
