"""Instructions as text, with labels in place of addresses, and what class each belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import capstone

if TYPE_CHECKING:
    from emu.image import Image

__all__ = [
    "Instruction", "Memory", "classify", "decode", "decoder", "instruction_at", "shown",
]  # fmt: skip

_CONDITIONAL = re.compile(r"b\.\w+|cbn?z|tbn?z|bc\.\w+")
_CALLS = {"bl", "blr", "blraa", "blraaz", "blrab", "blrabz"}
_JUMPS = {"b", "br", "braa", "braaz", "brab", "brabz"}
_RETURNS = {"ret", "retaa", "retab", "eret"}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.  ``target`` is where a direct branch leads, or None.

    ``kind`` is "call", "jump", "conditional", "return", "syscall", "break" or "".
    """

    address: int
    word: int
    mnemonic: str
    operands: str
    kind: str
    target: int | None = None

    @property
    def text(self) -> str:
        """Mnemonic and operands."""
        return f"{self.mnemonic} {self.operands}".rstrip()

    @property
    def is_branch(self) -> bool:
        """Whether it may change the pc: calls and returns among them."""
        return self.kind in {"call", "jump", "conditional", "return"}


@cache
def decoder() -> Any:  # noqa: ANN401 - the binding is untyped
    """Return the disassembler, with details of operands."""
    made = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_LITTLE_ENDIAN)
    made.detail = True
    return made


@lru_cache(maxsize=16384)
def decode(word: int, address: int) -> Instruction:
    """Return the instruction ``word`` at ``address``; an unknown one is ``.long``."""
    found = list(decoder().disasm_lite(word.to_bytes(4, "little"), address, 1))
    if not found:
        return Instruction(address, word, ".long", f"{word:#010x}", "")
    _, _, mnemonic, operands = found[0]
    kind = classify(mnemonic)
    target = None
    if kind in {"call", "jump", "conditional"}:
        number = re.search(r"#(0x[0-9a-f]+|[0-9]+)$", operands)
        target = int(number[1], 0) if number else None
    return Instruction(address, word, mnemonic, operands, kind, target)


def classify(mnemonic: str) -> str:
    """Return the class of a mnemonic."""
    if mnemonic in _CALLS:
        return "call"
    if mnemonic in _JUMPS:
        return "jump"
    if mnemonic in _RETURNS:
        return "return"
    if _CONDITIONAL.fullmatch(mnemonic):
        return "conditional"
    return {"svc": "syscall", "brk": "break"}.get(mnemonic, "")


class Memory(Protocol):
    """Guest memory: an address space, or what was kept of one."""

    def peek(self, address: int, length: int) -> bytes | None:
        """Return bytes, or None where they are not known."""
        ...


def instruction_at(space: Memory, address: int) -> Instruction | None:
    """Return the instruction at a guest address, or None where nothing is mapped."""
    data = space.peek(address, 4)
    return decode(int.from_bytes(data, "little"), address) if data is not None else None


def shown(image: Image, instruction: Instruction) -> str:
    """Return the text with the target's label: ``b.eq Lparse_done``."""
    target = instruction.target
    if target is None:
        if instruction.mnemonic in {"adr", "ldr"}:
            return _with_comment(image, instruction)
        return instruction.text
    name = _label(image, target)
    operands = re.sub(r"#(0x[0-9a-f]+|[0-9]+)$", name, instruction.operands) if name else None
    return f"{instruction.mnemonic} {operands}" if operands else instruction.text


def _with_comment(image: Image, instruction: Instruction) -> str:
    number = re.search(r"#(0x[0-9a-f]+)$", instruction.operands)
    name = _label(image, int(number[1], 0)) if number else ""
    return f"{instruction.text}  ; {name}" if name else instruction.text


def _label(image: Image, address: int) -> str:
    """Return the label at an address, local ones included, else routine+offset."""
    cached: dict[int, str] | None = image.__dict__.get("_every_label")
    if cached is None:
        cached = {}
        for symbol in image.symbols.values():
            if not symbol.absolute:
                cached.setdefault(symbol.value, symbol.name)
        image.__dict__["_every_label"] = cached
    if address in cached:
        return cached[address]
    found = image.symbol_at(address)
    return f"{found[0]}+{found[1]}" if found else ""
