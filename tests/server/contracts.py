"""Reads the contracts of ``ymawky.s``: the comment above each routine's label.

Their grammar stands in the conventions at the top of the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Contract", "ContractError", "Parameter", "read_contracts"]

_LABEL = re.compile(r"([a-z_]\w*):$")
_PROTOTYPE = re.compile(r"// (?P<type>\w+ \*?|void )(?P<name>\w+)\((?P<parameters>[^)]*)\)$")
_PARAMETER = re.compile(r"(?:const )?(?P<type>\w+) (?P<stars>\**)(?P<name>\w+)$")
_PART = re.compile(r"//   (?P<key>In|Out|Clobbers|Errors): +(?P<text>\S.*)$")
_MORE = re.compile(r"//    +(?P<text>\S.*)$")
_KEYS = ("In", "Out", "Clobbers", "Errors")
_REGISTER = re.compile(r"x(?:[0-9]|1[0-7]|28)$")
_RANGE = re.compile(r"([xv])(\d+)(?:-\1(\d+))?$")
_ERRORS = re.compile(r"(none|errno|status)(?:: .+)?$")


class ContractError(Exception):
    """A contract that does not keep to the grammar; the message tells line and reason."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a prototype: ``const u8 *text`` is ("u8", 1, "text")."""

    type: str
    pointers: int
    name: str


@dataclass(frozen=True)
class Contract:
    """What a routine promises."""

    name: str
    line: int
    parameters: tuple[Parameter, ...]
    sentence: str
    #: Register to what it holds.
    inputs: dict[str, str]
    outputs: dict[str, str]
    #: False for a routine that never gives the CPU back.
    returns: bool
    #: Registers that may change ("x0", "v3"), and "flags".
    clobbers: frozenset[str]
    #: "none", "errno" or "status".
    errors: str


def read_contracts(path: Path) -> dict[str, Contract]:
    """Return the contract of every routine in the text section of a source, by name.

    Raises:
        ContractError: for a routine without a contract, or a contract out of the grammar.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    contracts: dict[str, Contract] = {}
    in_text = False
    for number, line in enumerate(lines):
        if line.startswith((".text", ".section")):
            in_text = line.startswith(".text")
        found = _LABEL.match(line)
        if in_text and found and not line.startswith("L"):
            contract = _parse(_comment_above(lines, number), number, found[1])
            contracts[contract.name] = contract
    return contracts


def _comment_above(lines: list[str], number: int) -> list[str]:
    first = number
    while lines[first - 1].startswith("//"):
        first -= 1
    return lines[first:number]


def _parse(comment: list[str], number: int, label: str) -> Contract:
    if not comment:
        raise ContractError(f"{number + 1}: {label} has no contract")
    at = number - len(comment) + 1
    prototype = _PROTOTYPE.match(comment[0])
    if prototype is None or prototype["name"] != label:
        raise ContractError(f"{at}: no prototype of {label}: {comment[0]}")
    sentence, parts = _parts(comment[1:], at + 1)
    if not sentence.endswith("."):
        raise ContractError(f"{at}: {label} is not told in a sentence")
    errors = _ERRORS.match(parts["Errors"])
    if errors is None:
        raise ContractError(f"{at}: {label}: errors are none, errno or status")
    returns = parts["Out"] != "never returns"
    return Contract(
        name=label,
        line=at,
        parameters=_parameters(prototype["parameters"], at),
        sentence=sentence,
        inputs=_registers(parts["In"], at),
        outputs=_registers(parts["Out"] if returns else "none", at),
        returns=returns,
        clobbers=_clobbers(parts["Clobbers"], at),
        errors=errors[1],
    )


def _parts(comment: list[str], at: int) -> tuple[str, dict[str, str]]:
    sentence: list[str] = []
    parts: dict[str, str] = {}
    for offset, line in enumerate(comment):
        if part := _PART.match(line):
            parts[part["key"]] = part["text"]
        elif parts and (more := _MORE.match(line)):
            key = next(reversed(parts))
            parts[key] += " " + more["text"]
        elif not parts and line.startswith("//   "):
            sentence.append(line[5:])
        else:
            raise ContractError(f"{at + offset}: no part of a contract: {line}")
    if tuple(parts) != _KEYS:
        raise ContractError(f"{at}: a contract has {', '.join(_KEYS)}, in this order")
    return " ".join(sentence), parts


def _parameters(text: str, at: int) -> tuple[Parameter, ...]:
    if text == "void":
        return ()
    parameters = []
    for declared in text.split(", "):
        found = _PARAMETER.match(declared)
        if found is None:
            raise ContractError(f"{at}: no parameter: {declared}")
        parameters.append(Parameter(found["type"], len(found["stars"]), found["name"]))
    return tuple(parameters)


def _registers(text: str, at: int) -> dict[str, str]:
    """Read ``x0 = a thing, x1 = another``; a meaning may hold commas."""
    if text == "none":
        return {}
    found = re.split(r"(?:^|,? (?:with |and )?)(x\d+) = ", text)
    if found[0]:
        raise ContractError(f"{at}: no register in front: {text}")
    meanings = dict(zip(found[1::2], found[2::2], strict=True))
    for register in meanings:
        if not _REGISTER.match(register):
            raise ContractError(f"{at}: {register} carries no argument")
    return meanings


def _clobbers(text: str, at: int) -> frozenset[str]:
    if text == "none":
        return frozenset()
    names: set[str] = set()
    for item in text.split(", "):
        span = _RANGE.match(item)
        if span:
            last = int(span[3] or span[2])
            names |= {f"{span[1]}{n}" for n in range(int(span[2]), last + 1)}
        elif item == "flags":
            names.add(item)
        else:
            raise ContractError(f"{at}: no register: {item}")
    return frozenset(names)
