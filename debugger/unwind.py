"""Frames of a stack without debug information: by reading the routines' prologues.

A routine is scanned from its label to the pc.  What ``stp x29, x30, [sp, #-N]!``, ``str``, ``sub
sp`` and ``mov x29, sp`` have done so far tells where the caller's registers are, so a stop inside
a prologue, behind an epilogue or in a leaf routine unwinds right.  Where there is no routine's
label the chain of frame records (x29) is followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from debugger.disassembly import Memory, decode
from debugger.places import Place, place_of
from debugger.programs import Program
from emu.darwin.frames import Mcontext64, Siginfo, Ucontext64
from emu.machine import REGISTERS, Registers

if TYPE_CHECKING:
    from debugger.registers import RegisterFile
    from emu.image import Image
    from emu.memory import AddressSpace

__all__ = ["Frame", "StackSnapshot", "caller_registers", "frames"]

_DEEPEST = 64
#: Bytes of a stack that a snapshot keeps: the frames of a dozen routines.
_STACK_KEPT = 2048
_SP = 8 * REGISTERS["sp"]
#: Instructions of a routine that are scanned: no routine of a person is longer.
_LONGEST = 4096
_STORE_PAIR = re.compile(r"(x\d+|d\d+|q\d+), (x\d+|d\d+|q\d+), \[(sp|x29)(?:, #(-?\w+))?\](!?)")
_STORE = re.compile(r"(x\d+|d\d+|q\d+), \[(sp|x29)(?:, #(-?\w+))?\](!?)")
_LOAD_BACK = re.compile(r"(x\d+|d\d+|q\d+)(?:, (x\d+|d\d+|q\d+))?, \[sp\], #(\w+)")
_MOVE_SP = re.compile(r"sp, sp, #(\w+)(?:, lsl #(\d+))?")
_SET_FRAME = re.compile(r"x29, sp(?:, #(\w+))?")
#: From sp at a handler's entry to the pointer in ucontext that leads back to it.
_MCONTEXT_LINK = Mcontext64.SIZE + Siginfo.SIZE + Ucontext64.OFFSETS["mcontext"]
_CALLEE_SAVED = {f"x{n}" for n in range(19, 31)}


@dataclass(slots=True)
class _State:
    """How far sp has moved since the entry, where x29 points, and what is saved where.

    Offsets count down from sp at the entry: ``saved["x30"] = 8`` stands at entry sp - 8.
    """

    depth: int = 0
    frame: int | None = None
    saved: dict[str, int] = field(default_factory=dict)

    def copy(self) -> _State:
        return _State(self.depth, self.frame, self.saved.copy())


@dataclass(frozen=True, slots=True)
class Frame:
    """One routine that has not returned.

    ``sp`` is what sp will be when it has returned, ``back`` the address that it returns to (0
    at the bottom).
    """

    place: Place
    sp: int
    back: int


@lru_cache(maxsize=4096)
def _scan(start: int, code: bytes) -> _State:
    """Return the state behind ``code``, which begins at a routine's label; not to be changed."""
    state = _State()
    body: _State | None = None
    for at in range(0, len(code), 4):
        instruction = decode(int.from_bytes(code[at : at + 4], "little"), start + at)
        if instruction.kind in {"return", "jump"}:
            # What follows is reached from the body, before the epilogue.
            state = body.copy() if body is not None else state
            continue
        restored = _apply(state, instruction.mnemonic, instruction.operands)
        if not restored and (body is None or not _in_epilogue(state, body)):
            body = state.copy()
    return state


def _in_epilogue(state: _State, body: _State) -> bool:
    return state.depth < body.depth or len(state.saved) < len(body.saved)


def _apply(state: _State, mnemonic: str, operands: str) -> bool:
    """Change ``state`` as an instruction of a prologue or an epilogue does; True for the latter."""
    if mnemonic in {"stp", "str"}:
        _store(state, mnemonic, operands)
        return False
    if mnemonic in {"ldp", "ldr"}:
        return _load(state, operands)
    found = _MOVE_SP.fullmatch(operands) if mnemonic in {"sub", "add"} else None
    if found:
        amount = int(found[1], 0) << int(found[2] or 0)
        state.depth += amount if mnemonic == "sub" else -amount
        return mnemonic == "add"
    if mnemonic in {"mov", "add"}:
        found = _SET_FRAME.fullmatch(operands)
        if found:
            state.frame = state.depth - int(found[1] or "0", 0)
        elif mnemonic == "mov" and operands == "sp, x29" and state.frame is not None:
            state.depth = state.frame
    return False


def _store(state: _State, mnemonic: str, operands: str) -> None:
    found = (_STORE_PAIR if mnemonic == "stp" else _STORE).fullmatch(operands)
    if found is None:
        return
    *registers, base, offset, writes_back = found.groups()
    at = int(offset or "0", 0)
    if writes_back and base == "sp":
        state.depth -= at
        at = 0
    origin = state.depth if base == "sp" else state.frame
    if origin is None:
        return
    step = 16 if registers[0].startswith("q") else 8
    for i, register in enumerate(registers):
        # Only the first store of a register holds the caller's value.
        if register in _CALLEE_SAVED:
            state.saved.setdefault(register, origin - at - step * i)


def _load(state: _State, operands: str) -> bool:
    found = _LOAD_BACK.fullmatch(operands)
    if found is None:
        return False
    state.depth -= int(found[3], 0)
    for register in (found[1], found[2]):
        state.saved.pop(register or "", None)
        if register == "x29":
            # It is the caller's again.
            state.frame = None
    return True


def caller_registers(
    image: Image, space: Memory, registers: dict[str, int]
) -> dict[str, int] | None:
    """Return pc, sp and x19…x30 of the caller, or None at the bottom of the stack.

    ``registers`` has the same names; it is what the callee sees.
    """
    pc = registers["pc"]
    found = image.symbol_at(pc)
    if found is None:
        return _by_record(space, registers)
    start = pc - min(found[1], 4 * _LONGEST)
    code = space.peek(start, pc - start)
    if code is None:
        return _by_record(space, registers)
    state = _scan(start, code)
    if state.frame is not None and registers["x29"]:
        entry = registers["x29"] + state.frame
    else:
        entry = registers["sp"] + state.depth
    interrupted = _interrupted(space, entry)
    if interrupted is not None:
        return interrupted
    above = dict(registers)
    for register, depth in state.saved.items():
        data = space.peek(entry - depth, 8)
        if data is None:
            return None
        above[register] = int.from_bytes(data, "little")
    above["pc"], above["sp"] = above["x30"], entry
    if "x30" not in state.saved and above["x30"] == pc:
        return None
    return above


def _interrupted(space: Memory, entry: int) -> dict[str, int] | None:
    """Return the registers that a signal's handler interrupted, if ``entry`` is sp at its entry.

    The kernel has put mcontext, siginfo and ucontext there, and ucontext points back.
    """
    link = space.peek(entry + _MCONTEXT_LINK, 8)
    if link is None or int.from_bytes(link, "little") != entry:
        return None
    raw = space.peek(entry, Mcontext64.SIZE)
    if raw is None:
        return None
    state = Mcontext64.unpack(raw).ss
    general = {f"x{n}": state.x[n] for n in range(19, 29)}
    return general | {"x29": state.fp, "x30": state.lr, "sp": state.sp, "pc": state.pc}


def _by_record(space: Memory, registers: dict[str, int]) -> dict[str, int] | None:
    frame = registers["x29"]
    record = space.peek(frame, 16) if frame and frame % 8 == 0 else None
    if record is None:
        return None
    back = int.from_bytes(record[8:], "little")
    return registers | {
        "x29": int.from_bytes(record[:8], "little"), "x30": back, "pc": back, "sp": frame + 16,
    }  # fmt: skip


class StackSnapshot:
    """A process's registers and the top of its stack, to be unwound when somebody asks."""

    __slots__ = ("_image", "_places", "_sp", "_stack", "_state")

    def __init__(self, image: Image, space: AddressSpace, state: bytes) -> None:
        """Keep what ``state``, all registers as the machine saves them, and the stack hold now."""
        self._image = image
        self._state = state
        self._places: tuple[Place, ...] | None = None
        self._sp = int.from_bytes(state[_SP : _SP + 8], "little")
        region = space.layout.find(self._sp)
        size = min(_STACK_KEPT, region.end - self._sp) if region is not None else 0
        self._stack = space.peek(self._sp, size) or b""

    def peek(self, address: int, length: int) -> bytes | None:
        """Return bytes of the kept stack, or of the program as it was loaded."""
        at = address - self._sp
        if 0 <= at <= len(self._stack) - length:
            return self._stack[at : at + length]
        return Program(self._image).peek(address, length)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where each routine stood, the innermost first."""
        if self._places is None:
            found = frames(self._image, self, _Saved(Registers(self._state)))
            self._places = tuple(frame.place for frame in found)
        return self._places


class _Saved:
    """Saved registers as a register file that is only read."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers

    def get(self, name: str) -> int:
        return self._registers[name]

    def set(self, name: str, value: int) -> None:
        self._registers[name] = value


def frames(
    image: Image, space: Memory, registers: RegisterFile, limit: int = _DEEPEST
) -> list[Frame]:
    """Return the frames of a process, the innermost first."""
    names = [*(f"x{n}" for n in range(19, 31)), "sp", "pc"]
    now = {name: registers.get(name) for name in names}
    out: list[Frame] = []
    interrupted = False
    while len(out) < limit:
        above = caller_registers(image, space, now)
        back = above["pc"] if above is not None else 0
        # A call's place is the bl itself, not the instruction behind it.
        at = now["pc"] if not out or interrupted else now["pc"] - 4
        interrupted = above is not None and above["pc"] != above["x30"]
        out.append(Frame(place_of(image, at), above["sp"] if above else now["sp"], back))
        if above is None or space.peek(back, 4) is None or not _goes_up(now, above):
            break
        if image.symbol_at(back) is None:
            break
        now = above
    return out


def _goes_up(now: dict[str, int], above: dict[str, int]) -> bool:
    """A damaged chain may be a circle."""
    return above["sp"] > now["sp"] or above["pc"] != now["pc"]
