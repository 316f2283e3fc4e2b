"""What code around a call tells of how its author thinks: of Darwin, or of Linux."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from emu.memory import AddressSpace

__all__ = ["carry_use", "is_svc", "linux_call", "svc_0", "told_by_x0", "x1_is_stale"]

_SVC_0: Final = (0xD4000001).to_bytes(4, "little")
_SVC: Final = re.compile(rb"\x01[\x00\x10]\x00\xd4")
#: Instructions behind and before an ``svc`` that are looked at.
_REACH, _BEFORE = 24, 10


def _words(space: AddressSpace, pc: int, lr: int) -> Iterator[int]:
    """Yield the instructions that run next if no conditional branch is taken.

    Ends at a call, a computed jump, or where nothing is mapped; one ``ret`` is followed.
    """
    back: int | None = lr
    for _ in range(_REACH):
        data = space.peek(pc, 4)
        if data is None:
            return
        word = int.from_bytes(data, "little")
        yield word
        if word & 0xFC000000 == 0x14000000:  # b
            pc += ((word & 0x3FFFFFF ^ 0x2000000) - 0x2000000) * 4
        elif word == 0xD65F03C0 and back is not None:  # ret
            pc, back = back, None
        elif word & 0xFE000000 == 0xD6000000 or word & 0xFC000000 == 0x94000000:
            return
        else:
            pc += 4


def carry_use(space: AddressSpace, pc: int, lr: int) -> str | None:
    """Tell what becomes of the carry behind ``pc``.

    Returns "lost" where the flags are overwritten or another call comes before they are used,
    "sign" where that is because x0 is compared, and None if the carry is used or it is not clear.
    """
    result = _Copies({0})
    for word in _words(space, pc, lr):
        if _uses_carry(word):
            return None
        if word & 0x7E000000 == 0x36000000 and word & 31 in result and word >> 19 & 31 == 31:
            return "sign"  # tbz, tbnz of bit 31 or 63
        if _sets_flags(word):
            compares = word & 0x1F00001F == 0x1100001F and word >> 5 & 31 in result
            return "sign" if compares else "lost"
        if is_svc(word):
            return "lost"
        result.follow(word)
    return None


def _uses_carry(word: int) -> bool:
    carry_conditions = (2, 3, 8, 9)  # cs, cc, hi, ls
    if word & 0xFF000000 == 0x54000000:  # b.cond
        return word & 15 in carry_conditions
    if word & 0x1FE00000 == 0x1A800000 or word & 0x3FE00000 == 0x3A400000:  # csel, ccmp …
        return word >> 12 & 15 in carry_conditions
    # adc, sbc, and reading the flags as a register
    return word & 0x1FE00000 == 0x1A000000 or word & 0xFFFFFFE0 == 0xD53B4200


def _sets_flags(word: int) -> bool:
    arithmetic = word & 0x3F000000 in (0x31000000, 0x2B000000)  # adds, subs
    logic = word & 0x7F800000 == 0x72000000 or word & 0x7F000000 == 0x6A000000  # ands, bics
    return arithmetic or logic or word & 0xFF203C07 == 0x1E202000  # fcmp


def told_by_x0(space: AddressSpace, pc: int, lr: int) -> bool:
    """Tell whether x0, behind a fork, is compared with zero before x1 is looked at."""
    pid = _Copies({0})
    for word in _words(space, pc, lr):
        low, first, second = word & 31, word >> 5 & 31, word >> 16 & 31
        if word & 0x7E000000 == 0x34000000:  # cbz, cbnz
            return low in pid
        if word & 0x7FFFFC1F == 0x7100001F:  # cmp with 0
            return first in pid
        if word & 0x7FE0FC1F == 0x6B00001F and 31 in {first, second}:  # cmp with xzr
            return first in pid or second in pid
        if word & 0x7FE0FFE0 == 0x2A0003E0 and second == 1:  # mov of x1
            return False
        pid.follow(word)
    return False


class _Copies:
    """The registers and the places on the stack that hold the same value."""

    def __init__(self, registers: set[int]) -> None:
        self._registers = registers
        self._slots: set[int] = set()

    def __contains__(self, register: int) -> bool:
        return register in self._registers

    def follow(self, word: int) -> None:
        """Take notice of a move, and of a store to the stack or a load from it."""
        low, slot = word & 31, word >> 5 & 0x1FFFF
        if word & 0x7FE0FFE0 == 0x2A0003E0:  # mov
            self._set(low, holds=word >> 16 & 31 in self._registers)
        elif word & 0xBFC00000 == 0xB9000000 and word >> 5 & 31 in {29, 31}:  # str [sp, #n]
            if low in self._registers:
                self._slots.add(slot)
            else:
                self._slots.discard(slot)
        elif word & 0xBFC00000 == 0xB9400000 and word >> 5 & 31 in {29, 31}:  # ldr
            self._set(low, holds=slot in self._slots)
        elif word & 0x1F800000 == 0x12800000:  # mov of a constant
            self._set(low, holds=False)

    def _set(self, register: int, *, holds: bool) -> None:
        if holds:
            self._registers.add(register)
        else:
            self._registers.discard(register)


def linux_call(code: bytes, numbers: Container[int]) -> tuple[int, int] | None:
    """Find a call with one of ``numbers`` in x8 and none in x16: the ``svc``, and the number."""
    for found in _SVC.finditer(code):
        at = found.start()
        number = 0 if at % 4 else _number_in_x8(code, at)
        if number in numbers:
            return at, number
    return None


def _number_in_x8(code: bytes, at: int) -> int:
    """Return the constant that is moved into x8 for the ``svc`` at ``at``, or 0."""
    number = 0
    for place in range(at - 4, max(at - 4 * _BEFORE, -1), -4):
        word = int.from_bytes(code[place : place + 4], "little")
        if is_svc(word):
            return number
        if word & 31 == 16 or _leaves(word):
            return 0
        if not number:
            if word & 0x7FE0001F == 0x52800008:  # mov x8, #number
                number = word >> 5 & 0xFFFF
            elif 8 in {word & 31, word >> 5 & 31, word >> 16 & 31}:
                return 0
    return number


def x1_is_stale(space: AddressSpace, svc: int) -> bool:
    """Tell whether x1 has not been set between the call before and the one at ``svc``."""
    for pc in range(svc - 4, svc - 4 * _BEFORE, -4):
        word = int.from_bytes(space.peek(pc, 4) or bytes(4), "little")
        if is_svc(word):
            return True
        sets_x1 = word & 31 == 1 or word >> 10 & 31 == 1
        if sets_x1 or (_leaves(word) and not _is_conditional(word)):
            return False
    return False


def svc_0(code: bytes) -> int:
    """Find ``svc #0``; returns its offset, or -1."""
    at = code.find(_SVC_0)
    while at >= 0 and at % 4:
        at = code.find(_SVC_0, at + 1)
    return at


def is_svc(word: int) -> bool:
    """Tell whether an instruction is a call of the kernel."""
    return word & 0xFFE0001F == 0xD4000001


def _leaves(word: int) -> bool:
    """Tell whether an instruction jumps, calls or returns: what stands before it may not run."""
    jumps = word & 0x7C000000 == 0x14000000 or word & 0xFE000000 == 0xD6000000
    return jumps or _is_conditional(word)


def _is_conditional(word: int) -> bool:
    return word & 0xFE000000 == 0x54000000
