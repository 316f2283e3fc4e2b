"""The syntax tree of an expression: frozen nodes, each with the column where it begins."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Binary",
    "Cast",
    "Choice",
    "Field",
    "Literal",
    "Memory",
    "Name",
    "Node",
    "Sizeof",
    "Unary",
    "Variable",
]


@dataclass(frozen=True, slots=True)
class Node:
    """Any node; ``column`` is 0-based."""

    column: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number or a text."""

    value: int | bytes


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A register, a flag, a label or a constant."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """``$name``: a register, or a variable of the session."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """``- ~ ! +``, ``*`` (u64 at) and ``&`` (address of)."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Two operands; the column is the operator's."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """``a ? b : c``."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Memory(Node):
    """``u8[address]``, ``str[address]``, ``bytes[address, length]``."""

    type: str
    address: Node
    length: Node | None = None


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """``(i32)x0``, or for a struct's name the struct at that address."""

    type: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Field(Node):
    """``struct.field``."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Sizeof(Node):
    """``sizeof(stat64)``."""

    type: str
