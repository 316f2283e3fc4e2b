"""Instructions that the engine lacks, gets wrong or takes too easily; they are executed here.

Against Apple's processors Unicorn 2.1 has these gaps, which ``tests/machine`` pins:

- ``dc zva`` does nothing where the engine has mapped nothing, or nothing that may be written;
- ``ldsmax`` and ``ldsmin`` of 8, 16 and 32 bits compare as if without sign;
- atomics on unaligned addresses inside of 16 aligned bytes are refused (FEAT_LSE2);
- ``ic ivau`` does nothing, for the engine sees what the guest stores: not what a call writes into
  memory, nor what is stored through another mapping of it;
- ``msr`` and ``mrs`` of DIT and SSBS are undefined, and so are the counters of FEAT_ECV;
- a load or store by an sp that is no multiple of 16 goes through.

``dc zva``, ``ic ivau``, ``ldsmax`` and ``ldsmin`` are looked for as code enters the engine's map,
and get a hook.  For the last, those instructions are hooked that move sp by what is no multiple
of 16.  Only once one of them has been executed, each load and store by sp is hooked as well: few
programs have one.
"""

from __future__ import annotations

import functools
import struct
from typing import TYPE_CHECKING, Final

from emu.engine import const
from emu.machine import CODE_HOOK, EXEC, READ, WRITE, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emu.machine import Machine

__all__ = ["Interpreter"]

_U64: Final = (1 << 64) - 1
#: The part of an address that counts for data (TBI).
_UNTAGGED: Final = (1 << 56) - 1
#: Bytes that ``dc zva`` clears (``dczid_el0`` is 4), and of a line of the caches.
_ZVA_SIZE: Final = 64
#: What an exception for an unaligned address is in QEMU's target/arm/cpu.h (EXCP_DATA_ABORT).
_DATA_ABORT: Final = 4
#: Atomics may be unaligned inside of so many aligned bytes.
_LSE2_REACH: Final = 16

# System registers by the bits of ``mrs``; ``msr`` lacks bit 21.
_DIT, _SSBS = 0xD53B42A0, 0xD53B42C0
#: Where each stands in the value of its register, and the form of ``msr`` with a constant.
_STATES: Final = {_DIT: (24, 0xD503405F), _SSBS: (12, 0xD503403F)}
#: cntpctss_el0, cntvctss_el0 and Apple's acntvct_el0 to the counter that they read: op1, crm, op2.
_COUNTERS: Final = {0xD53BE0A0: 1, 0xD53BE0C0: 2, 0xD53CFAC0: 2}
_COUNTER: Final = (3, 3, 14, 0)
_MRS_TO_MSR: Final = 1 << 21


# What is looked for in code, each as bits of the instruction and what they have to be.
#: ``dc zva`` and ``ic ivau``.
_CACHE: Final = (0xFFFFFEE0, 0xD50B7420)
#: Atomics of LSE that compare.
_COMPARING: Final = (0x3F20EC00, 0x38204000)
#: Exclusive loads of one register, and of two.
_EXCLUSIVE: Final = ((0x3FFF7C00, 0x085F7C00), (0xBFFF0000, 0x887F0000))
#: ``add sp, sp, #`` and ``sub sp, sp, #``; loads and stores by sp that change it.
_ADD: Final = (0xBFC003FF, 0x910003FF)
_LOAD: Final = (0x3B2007E0, 0x380007E0)
_LOAD_PAIR: Final = (0x3A8003E0, 0x288003E0)


class Interpreter:
    """Watches the code of one machine, and executes what its engine should not."""

    def __init__(self, machine: Machine) -> None:
        """Take part in all that ``machine`` maps and runs."""
        self._machine = machine
        #: What is mapped: (start, end, protection).
        self._pieces: list[tuple[int, int, int]] = []
        #: Addresses of instructions by what is done there, and the engine's hooks.
        self._traps: set[int] = set()
        self._moves: set[int] = set()
        self._by_sp: set[int] = set()
        self._hooks: dict[int, int] = {}
        self._callbacks = {
            kind: CODE_HOOK(function)
            for kind, function in (
                ("trap", self._reached_trap),
                ("move", self._reached_move),
                ("sp", self._reached_sp),
            )
        }
        #: Whether sp may be misaligned: the loads and stores by it are hooked.
        self._checks_sp = False
        #: DIT and SSBS, as ``mrs`` gives them.
        self._state = dict.fromkeys(_STATES, 0)
        machine.attach(self)

    # -- code enters and leaves the map ---------------------------------------------------

    def mapped(self, start: int, size: int, prot: int) -> None:
        """Look through code that the engine can execute from now on."""
        self._pieces.append((start, start + size, prot))
        if not prot & EXEC:
            return
        code = self._machine.read_memory(start, size) or b""
        self._traps |= {start + at for at in _needs_help(code)}
        self._moves |= {start + at for at in _misaligns_sp(code)}
        if self._checks_sp:
            self._by_sp |= {start + at for at in _uses_sp(code)}
        elif self._moves and self._machine.after_run is not None:
            # A debugger looks on: an instruction that is tried twice would be a step too many.
            self._check_sp()
        if _has_exclusives(code):
            self._machine.keep_monitor()
        self._place(start, start + size)

    def unmapped(self, start: int, size: int) -> None:
        """Forget what left the map."""
        end = start + size
        self._pieces = [p for p in self._pieces if p[:2] != (start, end)]
        for places in (self._traps, self._moves, self._by_sp):
            places -= {at for at in places if start <= at < end}
        for at in [a for a in self._hooks if start <= a < end]:
            self._machine.delete_hook(self._hooks.pop(at))

    def hooked(self) -> None:
        """Put the hooks behind one that was added: a breakpoint has to come first."""
        placed = list(self._hooks)
        for at in placed:
            self._machine.delete_hook(self._hooks.pop(at))
        if placed:
            self._place(min(placed), max(placed) + 4)

    def _place(self, start: int, end: int) -> None:
        kinds = (("trap", self._traps), ("sp", self._by_sp), ("move", self._moves))
        for kind, places in kinds:
            for at in sorted(places):
                if start <= at < end and at not in self._hooks:
                    hook = self._machine.insert_hook(
                        const.UC_HOOK_CODE, self._callbacks[kind], at, at
                    )
                    self._hooks[at] = hook

    # -- inside the engine ----------------------------------------------------------------

    def _reached_trap(self, _uc: int, _pc: int, _size: int, _data: int) -> None:
        if not self._machine.locating:
            self._machine.trap(Stop("trapped"))

    def _reached_move(self, _uc: int, _pc: int, _size: int, _data: int) -> None:
        if not (self._checks_sp or self._machine.locating):
            self._machine.trap(Stop("trapped"))

    def _reached_sp(self, _uc: int, _pc: int, _size: int, _data: int) -> None:
        if not self._machine.locating and self._machine.read("sp") & 15:
            self._machine.trap(Stop("trapped"))

    # -- behind a run ---------------------------------------------------------------------

    def amend(self, stop: Stop) -> Stop | None:
        """Execute what the engine stopped at; None: it is done, otherwise why not."""
        if stop.kind not in {"trapped", "undefined", "exception"}:
            return stop
        pc = self._machine.read("pc")
        data = self._machine.read_memory(pc, 4) if pc & 3 == 0 else None
        if data is None:
            return stop
        word = int.from_bytes(data, "little")
        match stop.kind:
            case "undefined":
                return None if self._system_register(word, pc) else stop
            case "exception" if stop.value == _DATA_ABORT:
                return self._unaligned(word, pc)
            case "trapped":
                return self._trapped(word, pc)
        return stop

    def _trapped(self, word: int, pc: int) -> Stop | None:
        if pc in self._traps:
            if word & ~31 == 0xD50B7420:
                return self._zero(word, pc)
            if word & ~31 == 0xD50B7520:
                self._forget(self._register(word & 31, sp=False) & _UNTAGGED)
                self._done(pc)
                return None
            if _atomic_operation(word) is not None:
                return self._atomic(word, pc)
            # The code has changed since it was looked through.
            self._traps.discard(pc)
            self._machine.delete_hook(self._hooks.pop(pc))
            self._machine.forget_all_code()
            return None
        if pc in self._by_sp:
            return Stop("misaligned", address=self._machine.read("sp"))
        self._check_sp()
        return None

    def _check_sp(self) -> None:
        """Hook each load and store by sp from now on."""
        self._checks_sp = True
        for start, end, prot in self._pieces:
            if prot & EXEC:
                code = self._machine.read_memory(start, end - start) or b""
                self._by_sp |= {start + at for at in _uses_sp(code)}
        for at in [a for a in self._hooks if a in self._by_sp and a in self._moves]:
            self._machine.delete_hook(self._hooks.pop(at))
        self._place(0, _U64)
        self._machine.forget_all_code()

    def _zero(self, word: int, pc: int) -> Stop | None:
        address = self._register(word & 31, sp=False) & _UNTAGGED & -_ZVA_SIZE
        if refused := self._refuses(address, WRITE):
            return refused
        self._machine.write_memory(address, bytes(_ZVA_SIZE))
        self._done(pc)
        return None

    def _forget(self, address: int) -> None:
        """Drop what was translated of a line; all, where it executes at another address."""
        if any(start <= address < end and prot & EXEC for start, end, prot in self._pieces):
            self._machine.forget_code(address & -_ZVA_SIZE, _ZVA_SIZE)
        else:
            self._machine.forget_all_code()

    def _unaligned(self, word: int, pc: int) -> Stop | None:
        if _atomic_operation(word) is None:
            return Stop("misaligned", address=self._register(word >> 5 & 31))
        return self._atomic(word, pc)

    def _atomic(self, word: int, pc: int) -> Stop | None:
        """Execute an atomic of LSE: ``ldadd`` and its like, ``swp`` or ``cas``."""
        operation = _atomic_operation(word) or ""
        size, n = 1 << (word >> 30), word >> 5 & 31
        tagged = self._register(n)
        address = tagged & _UNTAGGED
        if address % size and address % _LSE2_REACH + size > _LSE2_REACH:
            return Stop("misaligned", address=tagged)
        if refused := self._refuses(address, READ | WRITE):
            return refused
        data = self._machine.read_memory(address, size) or bytes(size)
        old, mask = int.from_bytes(data, "little"), (1 << 8 * size) - 1
        s, t = word >> 16 & 31, word & 31
        if operation == "cas":
            compared, new = self._register(s, sp=False) & mask, self._register(t, sp=False) & mask
            new, target = (new if old == compared else old), s
        else:
            new, target = _OPERATIONS[operation](old, self._register(s, sp=False) & mask, mask), t
        self._machine.write_memory(address, (new & mask).to_bytes(size, "little"))
        if target != 31:
            self._machine.write(f"x{target}", old)
        self._done(pc)
        return None

    def _system_register(self, word: int, pc: int) -> bool:
        """Execute a move from or to DIT, SSBS or a counter; False: it is none."""
        t, name = word & 31, word & ~31
        if name in _COUNTERS:
            self._set(t, self._machine.read_system((*_COUNTER, _COUNTERS[name])))
        elif name in _STATES:
            self._set(t, self._state[name])
        elif name | _MRS_TO_MSR in _STATES:
            name |= _MRS_TO_MSR
            self._state[name] = self._register(t, sp=False) & 1 << _STATES[name][0]
        else:
            by_constant = {form: register for register, (_, form) in _STATES.items()}
            register = by_constant.get(word & ~0xF00)
            if register is None:
                return False
            self._state[register] = (word >> 8 & 1) << _STATES[register][0]
        self._done(pc)
        return True

    def _refuses(self, address: int, access: int) -> Stop | None:
        """Return the fault of an access that the engine's map does not allow."""
        prot = next((p for start, end, p in self._pieces if start <= address < end), 0)
        missing = access & ~prot
        if not missing:
            return None
        return Stop("fault", access=READ if missing & READ else WRITE, address=address)

    def _register(self, n: int, *, sp: bool = True) -> int:
        if n == 31:
            return self._machine.read("sp") if sp else 0
        return self._machine.read(f"x{n}")

    def _set(self, n: int, value: int) -> None:
        if n != 31:
            self._machine.write(f"x{n}", value)

    def _done(self, pc: int) -> None:
        self._machine.write("pc", pc + 4)


def _signed(value: int, mask: int) -> int:
    return value - mask - 1 if value > mask >> 1 else value


#: What is stored, by the name of the operation: from the old value, the operand and the mask.
_OPERATIONS: Final[dict[str, Callable[[int, int, int], int]]] = {
    "add": lambda old, operand, _mask: old + operand,
    "clr": lambda old, operand, _mask: old & ~operand,
    "eor": lambda old, operand, _mask: old ^ operand,
    "set": lambda old, operand, _mask: old | operand,
    "smax": lambda old, operand, mask: max(_signed(old, mask), _signed(operand, mask)),
    "smin": lambda old, operand, mask: min(_signed(old, mask), _signed(operand, mask)),
    "umax": lambda old, operand, _mask: max(old, operand),
    "umin": lambda old, operand, _mask: min(old, operand),
    "swp": lambda _old, operand, _mask: operand,
}
_BY_OPC: Final = ("add", "clr", "eor", "set", "smax", "smin", "umax", "umin")


def _atomic_operation(word: int) -> str | None:
    """Name what an atomic of LSE does; None: it is none, or a pair."""
    if word & 0x3FA07C00 == 0x08A07C00:
        return "cas"
    if word & 0x3F200C00 != 0x38200000:
        return None
    opc = word >> 12 & 15
    return "swp" if opc == 8 else _BY_OPC[opc] if opc < 8 else None


# ---- looking through code ----


@functools.cache
def _fitting(mask: int, value: int) -> bytes:
    """Return for each byte whether it has ``value`` in ``mask``."""
    return bytes(byte & mask == value for byte in range(256))


def _find(code: bytes, mask: int, value: int) -> Iterator[tuple[int, int]]:
    """Yield offset and word of the instructions that have ``value`` in ``mask``.

    A byte of all of them at a time: a loop over the words would hold up a start.
    """
    count = len(code) // 4
    fits = -1
    for i in range(4):
        kept = mask >> 8 * i & 0xFF
        if kept:
            column = code[i : 4 * count : 4].translate(_fitting(kept, value >> 8 * i & 0xFF))
            fits &= int.from_bytes(column, "little")
    marks = fits.to_bytes(count, "little")
    at = marks.find(1)
    while at >= 0:
        yield 4 * at, struct.unpack_from("<I", code, 4 * at)[0]
        at = marks.find(1, at + 1)


def _needs_help(code: bytes) -> Iterator[int]:
    """Yield the offsets of ``dc zva``, ``ic ivau``, and of atomics that compare wrongly."""
    yield from (at for at, _ in _find(code, *_CACHE))
    # Those of 64 bits compare well.
    yield from (at for at, word in _find(code, *_COMPARING) if word >> 30 != 3)


def _has_exclusives(code: bytes) -> bool:
    return any(True for form in _EXCLUSIVE for _ in _find(code, *form))


def _misaligns_sp(code: bytes) -> Iterator[int]:
    """Yield the offsets of what moves sp by a constant that is no multiple of 16."""
    for form in (_ADD, _LOAD, _LOAD_PAIR):
        yield from (at for at, word in _find(code, *form) if _sp_step(word) % 16)


def _sp_step(word: int) -> int:
    """Return by how much an instruction moves sp, as far as its constant tells."""
    if word & _ADD[0] == _ADD[1]:
        return word >> 10 & 0xFFF
    if word & _LOAD[0] == _LOAD[1]:
        return word >> 12 & 0x1FF
    if word & _LOAD_PAIR[0] == _LOAD_PAIR[1] and word >> 30 != 3:
        scale = 2 + (word >> 30) if word & 1 << 26 else 2 + (word >> 31)
        return (word >> 15 & 0x7F) << scale
    return 0


def _uses_sp(code: bytes) -> Iterator[int]:
    """Yield the offsets of loads and stores by sp; a prefetch does not mind."""
    for i, (word,) in enumerate(struct.iter_unpack("<I", code[: len(code) & -4])):
        if (
            word & 0x0A0003E0 == 0x080003E0
            and word & 0x3B000000 != 0x18000000
            and word & 0xFEC00000 != 0xF8800000
        ):
            yield 4 * i
