"""The value of an expression in one process at one moment."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from debugger.expressions.syntax import (
    Binary,
    Cast,
    Choice,
    Field,
    Literal,
    Memory,
    Name,
    Node,
    Sizeof,
    Unary,
    Variable,
)
from debugger.expressions.types import NUMBERS, field_of, structs
from emu.asm.suggest import nearest
from emu.darwin import errno, flags
from emu.darwin.layout import Layout
from emu.errors import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Context", "StructAt", "Value", "evaluate", "number_of"]

_U64 = (1 << 64) - 1
#: Longest string that ``str[...]`` reads, and most bytes of ``bytes[...]``.
_STRING_MAX = 4096


@dataclass(frozen=True, slots=True)
class StructAt:
    """A struct in guest memory: its name, its address, and its fields as read."""

    name: str
    address: int
    fields: Layout

    def __str__(self) -> str:
        """Return name, address and fields."""
        inside = ", ".join(f"{n} = {_plain(getattr(self.fields, n))}" for n in self.fields.OFFSETS)
        return f"{self.name} at {self.address:#x} {{{inside}}}"


def _plain(value: object) -> str:
    if isinstance(value, Layout):
        return "{" + ", ".join(f"{n} = {_plain(getattr(value, n))}" for n in value.OFFSETS) + "}"
    return str(value)


Value = int | float | bytes | StructAt


class Context(Protocol):
    """What names mean: one process as it stands."""

    def register(self, name: str) -> int | None:
        """Return a register (``x0``, ``w0``, ``sp``, ``d1``…) or None where there is none."""
        ...

    def memory(self, address: int, size: int) -> bytes | None:
        """Return guest memory, or None where not all of it is mapped."""
        ...

    def symbol(self, name: str) -> int | None:
        """Return the value of a label."""
        ...

    def variable(self, name: str) -> Value | None:
        """Return a variable of the session, such as ``pid``."""
        ...

    def names(self) -> Iterable[str]:
        """Return the labels, to suggest one."""
        ...


def evaluate(node: Node, context: Context, text: str = "") -> Value:
    """Return the value of ``node``; ``text`` is what an error quotes.

    Raises:
        ExpressionError: an unknown name, unmapped memory, a division by zero.
    """
    return _Evaluator(context, text).value(node)


def number_of(value: Value) -> int:
    """Return ``value`` as an integer: a struct's is its address, bytes are little endian."""
    if isinstance(value, StructAt):
        return value.address
    if isinstance(value, bytes):
        return int.from_bytes(value[:8], "little")
    return int(value)


@cache
def _constants() -> dict[str, int]:
    """Return Darwin's errno numbers and flags by name."""
    found = {n: v for n, v in vars(flags).items() if n.isupper() and isinstance(v, int)}
    return found | {n: v for n, v in vars(errno).items() if n.isupper() and isinstance(v, int)}


class _Evaluator:
    def __init__(self, context: Context, text: str) -> None:
        self.context = context
        self.text = text

    def error(self, node: Node, message: str) -> ExpressionError:
        return ExpressionError(message, self.text, node.column)

    def value(self, node: Node) -> Value:
        return _METHODS[type(node)](self, node)

    def number(self, node: Node) -> int:
        return number_of(self.value(node))

    # -- names ----------------------------------------------------------------------------

    def literal(self, node: Literal) -> Value:
        return node.value

    def name(self, node: Name) -> Value:
        context = self.context
        for lookup in (context.register, context.symbol, _constants().get):
            found = lookup(node.name)
            if found is not None:
                return found
        remedy = nearest(node.name, [*context.names(), *_constants()])
        raise self.error(node, f"no register, label or constant {node.name!r}" + _also(remedy))

    def variable(self, node: Variable) -> Value:
        found = self.context.register(node.name)
        if found is None:
            found = self.context.variable(node.name)  # type: ignore[assignment]
        if found is None:
            raise self.error(node, f"no register and no variable ${node.name}")
        return found

    def sizeof(self, node: Sizeof) -> Value:
        if node.type in NUMBERS:
            return NUMBERS[node.type].size
        return self.struct(node, node.type).SIZE

    def struct(self, node: Node, name: str) -> type[Layout]:
        found = structs().get(name)
        if found is None:
            remedy = nearest(name, [*structs(), *NUMBERS])
            raise self.error(node, f"no type {name!r}" + _also(remedy))
        return found

    # -- memory ---------------------------------------------------------------------------

    def read(self, node: Node, address: int, size: int) -> bytes:
        data = self.context.memory(address & _U64, size)
        if data is None:
            unit = "byte" if size == 1 else "bytes"
            raise self.error(node, f"nothing is mapped at {address & _U64:#x} ({size} {unit})")
        return data

    def memory(self, node: Memory) -> Value:
        address = self.number(node.address)
        if node.type == "str":
            return self.string(node, address)
        if node.type == "bytes":
            length = self.number(node.length) if node.length is not None else 16
            if not 0 <= length <= _STRING_MAX:
                raise self.error(node, f"between 0 and {_STRING_MAX} bytes can be read")
            return self.read(node, address, length)
        kind = NUMBERS.get(node.type)
        if kind is not None:
            return kind.decode(self.read(node, address, kind.size))
        return self.struct_at(node, node.type, address)

    def string(self, node: Node, address: int) -> bytes:
        out = bytearray()
        while len(out) < _STRING_MAX:
            data = self.context.memory(address + len(out) & _U64, 1)
            if data is None:
                raise self.error(node, f"nothing is mapped at {address + len(out) & _U64:#x}")
            if data == b"\0":
                break
            out += data
        return bytes(out)

    def struct_at(self, node: Node, name: str, address: int) -> StructAt:
        layout = self.struct(node, name)
        return StructAt(name, address, layout.unpack(self.read(node, address, layout.SIZE)))

    def cast(self, node: Cast) -> Value:
        value = self.value(node.operand)
        if node.type == "str":
            return self.string(node, number_of(value))
        kind = NUMBERS.get(node.type)
        if kind is None:
            return self.struct_at(node, node.type, number_of(value))
        if kind.real:
            return float(value) if isinstance(value, (int, float)) else float(number_of(value))
        bits = number_of(value) & ((1 << 8 * kind.size) - 1)
        return kind.decode(bits.to_bytes(kind.size, "little"))

    def field(self, node: Field) -> Value:
        base = self.value(node.base)
        if not isinstance(base, StructAt):
            raise self.error(node, f"{node.name!r} is asked of a number: cast it, (stat64)x1.size")
        name = field_of(type(base.fields), node.name)
        if name is None:
            remedy = nearest(node.name, base.fields.OFFSETS)
            raise self.error(node, f"{base.name} has no field {node.name!r}" + _also(remedy))
        value = getattr(base.fields, name)
        address = base.address + base.fields.OFFSETS[name]
        if isinstance(value, Layout):
            return StructAt(type(value).__name__.lower(), address, value)
        return value if isinstance(value, (int, bytes)) else address

    # -- operators ------------------------------------------------------------------------

    def unary(self, node: Unary) -> Value:
        if node.operator == "&":
            return self.address(node)
        if node.operator == "*":
            return NUMBERS["u64"].decode(self.read(node, self.number(node.operand), 8))
        value = self.value(node.operand)
        if isinstance(value, float):
            return -value if node.operator == "-" else value
        number = number_of(value)
        return {"-": -number, "~": ~number & _U64, "!": int(not number), "+": number}[node.operator]

    def address(self, node: Unary) -> int:
        inner = node.operand
        if isinstance(inner, Memory):
            return self.number(inner.address)
        if isinstance(inner, Name):
            found = self.context.symbol(inner.name)
            if found is not None:
                return found
        if isinstance(inner, Field):
            base = self.value(inner.base)
            name = field_of(type(base.fields), inner.name) if isinstance(base, StructAt) else None
            if isinstance(base, StructAt) and name is not None:
                return base.address + base.fields.OFFSETS[name]
        raise self.error(node, "this has no address: labels, memory and fields have one")

    def binary(self, node: Binary) -> Value:
        if node.operator in {"&&", "||"}:
            left = self.truth(node.left)
            decided = left if node.operator == "||" else not left
            return int(left if decided else self.truth(node.right))
        left_value, right_value = self.value(node.left), self.value(node.right)
        if isinstance(left_value, bytes) and isinstance(right_value, bytes):
            return self.compare_texts(node, left_value, right_value)
        if isinstance(left_value, bytes) or isinstance(right_value, bytes):
            raise self.error(node, "a text can only be compared with a text")
        if isinstance(left_value, float) or isinstance(right_value, float):
            return self.reals(node, _real(left_value), _real(right_value))
        return self.integers(node, number_of(left_value), number_of(right_value))

    def truth(self, node: Node) -> bool:
        value = self.value(node)
        return bool(value) if isinstance(value, (bytes, float)) else number_of(value) != 0

    def compare_texts(self, node: Binary, left: bytes, right: bytes) -> int:
        if node.operator not in _COMPARE:
            raise self.error(node, f"{node.operator!r} cannot be applied to texts")
        return int(_COMPARE[node.operator](left, right))

    def reals(self, node: Binary, left: float, right: float) -> Value:
        if node.operator in _COMPARE:
            return int(_COMPARE[node.operator](left, right))
        if node.operator == "/" and right == 0:
            raise self.error(node, "division by zero")
        try:
            return _REALS[node.operator](left, right)
        except KeyError:
            raise self.error(node, f"{node.operator!r} cannot be applied to floats") from None

    def integers(self, node: Binary, left: int, right: int) -> int:
        if node.operator in {"==", "!="}:
            # As C converts: a register that holds -1 equals -1.
            return int(((left - right) & _U64 == 0) == (node.operator == "=="))
        if node.operator in _COMPARE:
            return int(_COMPARE[node.operator](left, right))
        if node.operator in "/%" and right == 0:
            raise self.error(node, "division by zero")
        if node.operator in {"<<", ">>"} and not 0 <= right < 64:
            raise self.error(node, "a shift is by 0 to 63 bits")
        result = _INTEGERS[node.operator](left, right)
        return result & _U64 if result > _U64 or result < -(1 << 63) else result

    def choice(self, node: Choice) -> Value:
        return self.value(node.yes if self.truth(node.condition) else node.no)


def _real(value: Value) -> float:
    return float(value) if isinstance(value, (int, float)) else float(number_of(value))


def _also(remedy: str) -> str:
    return f"; {remedy}" if remedy else ""


def _divide(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


_COMPARE: dict[str, Callable[..., bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_REALS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
_INTEGERS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divide,
    "%": lambda a, b: a - b * _divide(a, b),
    "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip
_METHODS: dict[type[Node], Callable[..., Value]] = {
    Literal: _Evaluator.literal, Name: _Evaluator.name, Variable: _Evaluator.variable,
    Sizeof: _Evaluator.sizeof, Memory: _Evaluator.memory, Cast: _Evaluator.cast,
    Field: _Evaluator.field, Unary: _Evaluator.unary, Binary: _Evaluator.binary,
    Choice: _Evaluator.choice,
}  # fmt: skip
