"""The way that led here: the blocks of code that a process has executed, and where a number arose.

While a break on a status is set, the engine notes each block of straight-line code that it enters.
:func:`decision` walks back over them to the instruction that put the status into a register, and
to the branch that led there: why a request gets a 403.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debugger.disassembly import Instruction, instruction_at

if TYPE_CHECKING:
    from debugger.disassembly import Memory

__all__ = ["Decision", "Trail", "branches", "decision"]

#: Blocks that are remembered: some requests' worth.
KEPT = 20_000


class Trail:
    """Blocks as (pid, address, size in bytes), the oldest first."""

    def __init__(self) -> None:
        """Start with none."""
        self.blocks: deque[tuple[int, int, int]] = deque(maxlen=KEPT)

    def forget(self, pid: int) -> None:
        """Drop the way of one process: its code is no longer there."""
        left = [block for block in self.blocks if block[0] != pid]
        self.blocks.clear()
        self.blocks.extend(left)

    def back(self, pid: int) -> Iterator[tuple[int, int]]:
        """Yield (address, size) of the blocks of one process, the last first."""
        return ((a, n) for p, a, n in reversed(self.blocks) if p == pid)


@dataclass(frozen=True, slots=True)
class Decision:
    """``set_by`` put the number into a register; ``branch`` led there, ``taken`` or not."""

    set_by: Instruction
    branch: Instruction | None = None
    taken: bool = False


def _code(space: Memory, address: int, size: int) -> list[Instruction]:
    found = (instruction_at(space, at) for at in range(address, address + size, 4))
    return [instruction for instruction in found if instruction is not None]


def branches(space: Memory, trail: Trail, pid: int) -> Iterator[tuple[Instruction, bool]]:
    """Yield the conditional branches that were executed, the last first, and whether taken."""
    after = 0
    for address, size in trail.back(pid):
        code = _code(space, address, size)
        if code and after and code[-1].kind == "conditional":
            yield code[-1], after == code[-1].target
        after = address


def decision(space: Memory, trail: Trail, pid: int, number: int) -> Decision | None:
    """Return where ``number`` was last put into a register as a constant."""
    wanted = re.compile(rf"#(?:{number:#x}|{number})$")
    found: Instruction | None = None
    after = 0
    for address, size in trail.back(pid):
        code = _code(space, address, size)
        if found is None:
            found = next(
                (i for i in reversed(code) if i.mnemonic == "mov" and wanted.search(i.operands)),
                None,
            )
        elif code and code[-1].kind == "conditional":
            return Decision(found, code[-1], after == code[-1].target)
        after = address
    return Decision(found) if found is not None else None
