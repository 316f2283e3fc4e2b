"""From the exception level of an operating system, where the engine starts, to a program's.

At EL0 the engine itself refuses what is not for programs: system registers, ``msr daifset``,
``eret``, ``hvc``, ``smc``, ``tlbi`` and their like are undefined instructions, as on macOS.  A call
still reaches the interrupt hook, and the guest runs as fast as before.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from typing import TYPE_CHECKING, Final

from emu.engine import arm64, check
from emu.record import record

if TYPE_CHECKING:
    from emu.engine import Engine

__all__ = ["SystemRegister", "enter_el0", "read_register"]


@record
class SystemRegister:
    """A system register by the fields of ``mrs`` (Arm ARM, C5.2)."""

    op0: int
    op1: int
    crn: int
    crm: int
    op2: int


_SCR_EL3: Final = SystemRegister(3, 6, 1, 1, 0)
_HCR_EL2: Final = SystemRegister(3, 4, 1, 1, 0)
_SCTLR_EL1: Final = SystemRegister(3, 0, 1, 0, 0)
_TCR_EL1: Final = SystemRegister(3, 0, 2, 0, 2)
_CNTKCTL_EL1: Final = SystemRegister(3, 0, 14, 1, 0)
_SPSR_EL1: Final = SystemRegister(3, 0, 4, 0, 0)
_ELR_EL1: Final = SystemRegister(3, 0, 4, 0, 1)

# Non-secure and 64-bit below, and ``pacga`` asks nobody (NS, RW, API, APK; RW, API, APK).
_SCR: Final = 1 << 0 | 1 << 10 | 1 << 16 | 1 << 17
_HCR: Final = 1 << 31 | 1 << 40 | 1 << 41
# What xnu's SCTLR_EL1_DEFAULT allows programs: ``dc zva``, ``ctr_el0``, ``wfe``, ``dc cvau`` and
# ``ic ivau`` (DZE, UCT, nTWE, UCI), but not ``wfi`` (nTWI); the rest are bits that are always set.
_SCTLR: Final = 0x30D0_0838 | 1 << 14 | 1 << 15 | 1 << 18 | 1 << 26
#: The top byte of an address is the program's (TBI0); that of a jump's target is not (TBID0).
_TCR: Final = 1 << 37 | 1 << 51
#: Both counters can be read (EL0PCTEN, EL0VCTEN).
_CNTKCTL: Final = 3

#: ``eret``, and the ``svc`` that it leads to, whose exception stops the engine.
_CODE: Final = struct.pack("<2I", 0xD69F03E0, 0xD4001001)
#: Where they stand while they run; nothing else is mapped then.
_STUB: Final = 0x4000
_STUB_SIZE: Final = 0x4000
_READ_EXEC: Final = 5


class _CpRegister(ctypes.Structure):
    """``uc_arm64_cp_reg``: which system register, and its value."""

    _fields_ = (
        ("crn", ctypes.c_uint32),
        ("crm", ctypes.c_uint32),
        ("op0", ctypes.c_uint32),
        ("op1", ctypes.c_uint32),
        ("op2", ctypes.c_uint32),
        ("val", ctypes.c_uint64),
    )


def enter_el0(engine: Engine) -> None:
    """Set the machine up as xnu leaves it to programs, and return to EL0 by an ``eret``.

    An interrupt hook that stops the engine has to be there; nothing may be mapped yet.
    """
    for register, value in (
        (_SCR_EL3, _SCR),
        (_HCR_EL2, _HCR),
        (_SCTLR_EL1, _SCTLR),
        (_TCR_EL1, _TCR),
        (_CNTKCTL_EL1, _CNTKCTL),
        (_SPSR_EL1, 0),
        (_ELR_EL1, _STUB + 4),
    ):
        _write(engine, register, value)
    page = mmap.mmap(-1, _STUB_SIZE)
    page[: len(_CODE)] = _CODE
    anchor = ctypes.c_char.from_buffer(page)
    handle = engine.handle
    check(
        engine.mem_map_ptr(handle, _STUB, _STUB_SIZE, _READ_EXEC, ctypes.addressof(anchor)),
        "mem_map_ptr",
    )
    check(engine.emu_start(handle, _STUB, 0, 0, 0), "emu_start")
    check(engine.mem_unmap(handle, _STUB, _STUB_SIZE), "mem_unmap")


def _write(engine: Engine, register: SystemRegister, value: int) -> None:
    packed = _CpRegister(
        register.crn, register.crm, register.op0, register.op1, register.op2, value
    )
    check(
        engine.reg_write(engine.handle, arm64.UC_ARM64_REG_CP_REG, ctypes.addressof(packed)),
        "reg_write",
    )


def read_register(engine: Engine, register: SystemRegister) -> int:
    """Return what a system register holds, whatever exception level may read it."""
    packed = _CpRegister(register.crn, register.crm, register.op0, register.op1, register.op2)
    check(
        engine.reg_read(engine.handle, arm64.UC_ARM64_REG_CP_REG, ctypes.addressof(packed)),
        "reg_read",
    )
    return int(packed.val)
