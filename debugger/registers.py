"""Registers by all their names, out of a running engine or a process that stands still."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from emu.errors import DebugError
from emu.machine import REGISTERS, Registers

if TYPE_CHECKING:
    from emu.kernel.process import Process
    from emu.machine import Machine

__all__ = [
    "GENERAL", "LiveRegisters", "RegisterFile", "SavedRegisters", "flags_text", "is_register",
    "read", "write",
]  # fmt: skip

#: What ``info registers`` shows, in order.
GENERAL: Final = (*(f"x{n}" for n in range(31)), "sp", "pc")
_FLAGS: Final = {"N": 31, "Z": 30, "C": 29, "V": 28}
_ALIASES: Final = {"lr": "x30", "fp": "x29", "ip0": "x16", "ip1": "x17", "cpsr": "nzcv"}
_WORD = re.compile(r"w([0-9]|[12][0-9]|30)")
_VECTOR = re.compile(r"([vqdshb])([0-9]|[12][0-9]|3[01])")
_WIDTHS: Final = {"v": 128, "q": 128, "d": 64, "s": 32, "h": 16, "b": 8}


class RegisterFile(Protocol):
    """The registers of one process, by the names of :data:`emu.machine.REGISTERS`."""

    def get(self, name: str) -> int:
        """Return one register."""
        ...

    def set(self, name: str, value: int) -> None:
        """Change one register."""
        ...


class LiveRegisters:
    """Those of the engine: the process runs, and a hook looks."""

    def __init__(self, machine: Machine) -> None:
        """Look into ``machine``."""
        self.get = machine.read
        self.set = machine.write


class SavedRegisters:
    """Those of a process that stands still."""

    def __init__(self, process: Process) -> None:
        """Look into ``process``."""
        self._process = process
        self._registers = Registers(process.registers or None)

    def get(self, name: str) -> int:
        """Return one register."""
        return self._registers[name]

    def set(self, name: str, value: int) -> None:
        """Change one register for good."""
        self._registers[name] = value
        self._process.registers = bytes(self._registers)


def read(registers: RegisterFile, name: str) -> int | None:
    """Return the register or flag ``name``, or None where there is none.

    Known are x0…x30, w0…w30, sp, wsp, pc, lr, fp, xzr, wzr, nzcv, the flags N Z C V,
    v/q/d/s/h/b0…31, fpcr, fpsr and tpidr_el0.
    """
    name = _ALIASES.get(name, name)
    if name in REGISTERS:
        return registers.get(name)
    if name in _FLAGS:
        return registers.get("nzcv") >> _FLAGS[name] & 1
    if name in {"xzr", "wzr"}:
        return 0
    if name == "wsp":
        return registers.get("sp") & 0xFFFFFFFF
    word = _WORD.fullmatch(name)
    if word:
        return registers.get("x" + word[1]) & 0xFFFFFFFF
    vector = _VECTOR.fullmatch(name)
    if vector:
        return registers.get("q" + vector[2]) & ((1 << _WIDTHS[vector[1]]) - 1)
    return None


def is_register(name: str) -> bool:
    """Tell whether :func:`read` knows ``name``."""
    name = _ALIASES.get(name, name)
    known = name in REGISTERS or name in _FLAGS or name in {"xzr", "wzr", "wsp"}
    return known or any(p.fullmatch(name) for p in (_WORD, _VECTOR))


def write(registers: RegisterFile, name: str, value: int) -> None:
    """Set the register or flag ``name``; a w register clears the upper half, as the CPU does.

    Raises:
        DebugError: there is no such register.
    """
    name = _ALIASES.get(name, name)
    if name in _FLAGS:
        bit = 1 << _FLAGS[name]
        flags = registers.get("nzcv") & ~bit
        registers.set("nzcv", flags | (bit if value else 0))
    elif name in REGISTERS:
        registers.set(name, value)
    elif _WORD.fullmatch(name):
        registers.set("x" + name[1:], value & 0xFFFFFFFF)
    elif (vector := _VECTOR.fullmatch(name)) is not None:
        registers.set("q" + vector[2], value & ((1 << _WIDTHS[vector[1]]) - 1))
    else:
        raise DebugError(f"no register {name!r}")


def flags_text(nzcv: int) -> str:
    """Return ``N- Z+ C- V-``: + is set."""
    return " ".join(f"{n}{'+' if nzcv >> b & 1 else '-'}" for n, b in _FLAGS.items())
