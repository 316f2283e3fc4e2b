"""A call that is over, shown by what is still known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.darwin.errno import NAMES
from emu.strace.shapes import shape_of
from emu.strace.shown import Shown, pointer
from emu.syscalls.table import TABLE

if TYPE_CHECKING:
    from emu.memory import AddressSpace

__all__ = ["call_text"]

#: What pointers lead to may have changed since; only paths hardly ever do.
_TRUSTED = {"path"}


def call_text(
    space: AddressSpace, number: int, values: tuple[int, ...], outcome: object, error: int
) -> str:
    """Show a call of before: ``read(4, 0x16fdfe000, 512) = 512``.

    ``outcome`` is what the handler returned: a number, a pair or nothing.

    Numbers, flags and paths are shown as in a trace, other pointers as addresses.
    """
    result = _number(outcome)
    row = TABLE.get(number)
    shape = shape_of(number, row)
    shown = Shown((*values, *(0,) * 8), space, 32)
    shown.result, shown.error = result, error
    texts = []
    for i, show in (*shape.before, *shape.rest):
        kind = row.kinds[i] if row is not None else None
        points = kind is not None and kind.points and kind.name not in _TRUSTED
        texts.append(pointer(values[i]) if points else show(shown, i))
    shown_result = f"-1 {NAMES.get(error, error)}" if error else _result(result)
    return f"{shape.name}({', '.join(filter(None, texts))}) = {shown_result}"


def _number(outcome: object) -> int:
    first = outcome[0] if isinstance(outcome, tuple) else outcome
    return first if isinstance(first, int) else 0


def _result(result: int) -> str:
    return str(result) if result < 1 << 32 else hex(result)
