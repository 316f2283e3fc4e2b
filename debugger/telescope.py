"""Where a value leads: pointer → pointer → string, label, stack, number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from debugger.disassembly import instruction_at, shown
from emu.syscalls.pager import look

if TYPE_CHECKING:
    from emu.image import Image
    from emu.memory import AddressSpace

__all__ = ["Step", "chain", "chain_text", "text_at"]

_HOPS = 4
_TEXT_MAX = 48
_PRINTABLE = {*range(32, 127), 9, 10, 13}


@dataclass(frozen=True, slots=True)
class Step:
    """One hop: the value, the name of what it points at, and the text or code found there.

    ``kind`` is "number", "code", "data", "stack" or "mapping".
    """

    value: int
    kind: str
    name: str = ""
    text: str = ""


def chain(image: Image, space: AddressSpace, value: int) -> list[Step]:
    """Follow ``value`` as long as it points somewhere."""
    out: list[Step] = []
    seen: set[int] = set()
    while len(out) < _HOPS and value not in seen:
        seen.add(value)
        step = _look(image, space, value)
        out.append(step)
        if step.kind in {"number", "code"} or step.text or value % 8:
            break
        data = look(space, value, 8)
        if data is None:
            break
        value = int.from_bytes(data, "little")
    return out


def _look(image: Image, space: AddressSpace, value: int) -> Step:
    region = space.layout.find(value)
    if region is None:
        return Step(value, "number")
    found = image.symbol_at(value)
    name = "" if found is None else f"{found[0]}+{found[1]}" if found[1] else found[0]
    if region.prot & 4:
        instruction = instruction_at(space, value) if value % 4 == 0 else None
        text = text_at(space, value)
        if text and not _is_code_section(image, value):
            return Step(value, "data", name, text)
        return Step(value, "code", name, shown(image, instruction) if instruction else "")
    kind = "stack" if region.name == "stack" else "data" if found else "mapping"
    return Step(value, kind, name or region.name, text_at(space, value))


def _is_code_section(image: Image, address: int) -> bool:
    from debugger.locations import is_code

    return is_code(image, address)


def text_at(space: AddressSpace, address: int) -> str:
    """Return the printable text of at least 4 characters at an address, quoted, or ""."""
    region = space.layout.find(address)
    if region is None:
        return ""
    data = look(space, address, min(_TEXT_MAX + 1, region.end - address)) or b""
    length = next((i for i, c in enumerate(data) if c not in _PRINTABLE), len(data))
    if length < 4:
        return ""
    more = "…" if length > _TEXT_MAX else ""
    quoted = data[:_TEXT_MAX][:length].decode("ascii").translate(_ESCAPES)
    return f'"{quoted}"{more}'


_ESCAPES = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}


def chain_text(steps: list[Step]) -> str:
    """Return the hops behind the value itself: ``stack → text "GET /"``."""
    out = []
    for i, step in enumerate(steps):
        if step.kind == "number":
            if i:
                out.append(f"{step.value:#x}")
            continue
        name = step.name or f"{step.value:#x}"
        where = f"{name} ({step.value:#x})" if i and step.name else name
        out.append(f"{where} {step.text}".rstrip())
    return " → ".join(out)
