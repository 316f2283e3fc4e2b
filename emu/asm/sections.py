"""Sections while they are being filled, and what the assembler knows about their names."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emu.asm.problem import Problem

if TYPE_CHECKING:
    from emu.asm.expression import Expr
    from emu.asm.operands import Instruction
    from emu.asm.source import Origin

__all__ = ["STANDARD", "TYPES", "Fixup", "Part", "is_code"]

#: Directives that select a section: segment, section, type, minimal alignment (log2).
STANDARD: dict[str, tuple[str, str, str, int]] = {
    ".text": ("__TEXT", "__text", "regular", 0),
    ".const": ("__TEXT", "__const", "regular", 0),
    ".static_const": ("__TEXT", "__static_const", "regular", 0),
    ".cstring": ("__TEXT", "__cstring", "cstring_literals", 0),
    ".literal4": ("__TEXT", "__literal4", "4byte_literals", 2),
    ".literal8": ("__TEXT", "__literal8", "8byte_literals", 3),
    ".literal16": ("__TEXT", "__literal16", "16byte_literals", 4),
    ".constructor": ("__TEXT", "__constructor", "regular", 0),
    ".destructor": ("__TEXT", "__destructor", "regular", 0),
    ".data": ("__DATA", "__data", "regular", 0),
    ".static_data": ("__DATA", "__static_data", "regular", 0),
    ".const_data": ("__DATA", "__const", "regular", 0),
    ".bss": ("__DATA", "__bss", "zerofill", 0),
    ".dyld": ("__DATA", "__dyld", "regular", 0),
    ".mod_init_func": ("__DATA", "__mod_init_func", "mod_init_funcs", 3),
    ".mod_term_func": ("__DATA", "__mod_term_func", "mod_term_funcs", 3),
}

#: Section types and attributes that ``.section`` takes.
TYPES = frozenset(
    """regular zerofill cstring_literals 4byte_literals 8byte_literals 16byte_literals
    literal_pointers non_lazy_symbol_pointers lazy_symbol_pointers symbol_stubs mod_init_funcs
    mod_term_funcs coalesced interposing""".split()
)
ATTRIBUTES = frozenset(
    """none pure_instructions no_toc strip_static_syms no_dead_strip live_support
    self_modifying_code debug""".split()
)

#: More bytes than any program of this kind has; beyond it a count is a mistake.
LARGEST = 1 << 26
LARGEST_ZEROFILL = 1 << 36


@dataclass(slots=True)
class Budget:
    """How many bytes one source may still put into its sections."""

    left: int = LARGEST

    def take(self, count: int) -> None:
        """Use ``count`` of them, or raise :class:`Problem`."""
        if count > self.left:
            raise Problem(f"the source would take more than {LARGEST >> 20} MiB")
        self.left -= count


@dataclass(slots=True)
class Fixup:
    """An expression whose value goes into ``size`` bytes at ``offset`` once it is known."""

    offset: int
    size: int
    expr: Expr
    origin: Origin
    column: int


@dataclass(slots=True, eq=False)
class Part:
    """What one source puts into one section.

    ``align`` is the power of two that the start must have; offsets are final as soon as they
    are given out, since the start is aligned to the largest alignment inside.
    """

    segment: str
    name: str
    kind: str = "regular"
    align: int = 0
    code: bool = False
    budget: Budget = field(default_factory=Budget)
    data: bytearray = field(default_factory=bytearray)
    extent: int = 0
    instructions: list[tuple[int, Instruction]] = field(default_factory=list)
    fixups: list[Fixup] = field(default_factory=list)
    lines: list[tuple[int, int, Origin]] = field(default_factory=list)
    addr: int = 0
    #: Where the runs that begin at these offsets have gone, if equal strings were shared.
    moved: list[tuple[int, Part, int]] = field(default_factory=list)

    def place(self, offset: int) -> tuple[Part, int]:
        """Return where the byte that was at ``offset`` is now."""
        if not self.moved:
            return self, offset
        index = bisect.bisect_right(self.moved, offset, key=lambda run: run[0]) - 1
        start, part, now = self.moved[index]
        return part, now + offset - start

    @property
    def zerofill(self) -> bool:
        """Tell whether the section only exists in memory."""
        return self.kind == "zerofill"

    @property
    def size(self) -> int:
        """Return the size so far in bytes, which is the offset of what comes next."""
        return self.extent if self.zerofill else len(self.data)

    def append(self, data: bytes) -> int:
        """Add ``data``; return its offset."""
        offset = self.size
        if self.zerofill:
            if any(data):
                raise Problem(f"zero-filled section {self.segment},{self.name} cannot hold data")
            self.extent += len(data)
        else:
            self.budget.take(len(data))
            self.data += data
        return offset

    def fill(self, count: int, pattern: bytes = b"\0") -> None:
        """Add ``pattern`` ``count`` times."""
        if self.zerofill:
            if self.size + count > LARGEST_ZEROFILL:
                msg = (
                    f"section {self.segment},{self.name} would exceed {LARGEST_ZEROFILL >> 30} GiB"
                )
                raise Problem(msg)
            if any(pattern) and count:
                raise Problem(f"zero-filled section {self.segment},{self.name} cannot hold data")
            self.extent += count * len(pattern)
        else:
            self.budget.take(count * len(pattern))
            self.data += pattern * count

    def align_to(self, power: int, fill: bytes | None = None, most: int = 0) -> None:
        """Pad to a multiple of ``1 << power`` with ``fill``, unless that takes over ``most``."""
        self.align = max(self.align, power)
        missing = -self.size % (1 << power)
        if not missing or (most and missing > most):
            return
        if fill is not None:
            if missing % len(fill):
                raise Problem(
                    f"{missing} bytes of padding cannot be filled by {len(fill)} at a time"
                )
            self.fill(missing // len(fill), fill)
        elif self.code and not self.zerofill:
            self.fill(missing % 4)
            self.fill(missing // 4, b"\x1f\x20\x03\xd5")  # nop
        else:
            self.fill(missing)


def is_code(segment: str, name: str, attributes: str) -> bool:
    """Tell whether padding in a section is made of ``nop`` instructions."""
    return (segment, name) == ("__TEXT", "__text") or "pure_instructions" in attributes
