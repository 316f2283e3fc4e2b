"""The contracts above the routines of a source: prototype, sentence, In, Out, Clobbers, Errors.

A contract is the block of comment lines right above a routine's label::

    // char *find_crlf(const char *from, const char *end)
    // Find the end of a line.
    // In:       x0 = first byte; x1 = behind the last
    // Out:      x0 = the CR, or 0
    // Clobbers: x2, x3
    // Errors:   none

A heading with a colon opens a part; lines that are indented further go on with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.image import Image

__all__ = ["Contract", "contract_of", "contracts", "registers_in"]

_COMMENT = re.compile(r"^\s*(?://|;|#|\*|/\*)\s?(.*?)\s*(?:\*/)?\s*$")
_LABEL = re.compile(r"^([A-Za-z_][\w$.]*):")
_PART = re.compile(r"^\s*(In|Inputs?|Out|Outputs?|Clobbers|Errors|Preserves)\s*:?(?:\s+|$)(.*)$")
_ONE = r"(?:[xwqvd](?:[0-9]|[12][0-9]|3[01])|sp|lr|fp|carry|flags|nzcv)"
_RANGE_OR_REGISTER = re.compile(
    rf"\b(?P<letter>[xwqvd])(?P<first>[0-9]+)\s*(?:-|–|…|\.\.)\s*[xwqvd](?P<last>[0-9]+)\b|\b{_ONE}\b"
)
_GIVEN = re.compile(rf"\b{_ONE}(?:\s*(?:-|–|…|\.\.)\s*{_ONE})?\s*=\s*")
_BORDER = re.compile(r"^[-=*#~─═\s]{3,}$")


@dataclass(frozen=True, slots=True)
class Contract:
    """What a routine takes and gives, in the words of its source.

    ``parts`` are the texts by heading: "In", "Out", "Clobbers", "Errors".
    """

    routine: str
    prototype: str
    purpose: str
    parts: dict[str, str] = field(default_factory=dict)

    def registers(self, part: str) -> list[tuple[str, str]]:
        """Return (register, what it holds) of a part, in the order of the text."""
        return registers_in(self.parts.get(part, ""))


def registers_in(text: str) -> list[tuple[str, str]]:
    """Cut ``x0 = descriptor, x1 = buffer`` into pairs; a range is one entry a register."""
    given = list(_GIVEN.finditer(text))
    if not given:
        return [(name, "") for name in _listed(text)]
    ends = [m.start() for m in given[1:]] + [len(text)]
    return [
        (name, text[match.end() : end].strip(" \t,;."))
        for match, end in zip(given, ends, strict=True)
        for name in _listed(match[0])
    ]


def _listed(text: str) -> list[str]:
    """Return the registers that are named alone or in a range."""
    out: list[str] = []
    for match in _RANGE_OR_REGISTER.finditer(text):
        if match["last"]:
            numbers = range(int(match["first"]), int(match["last"]) + 1)
            out += [f"{match['letter']}{n}" for n in numbers]
        else:
            out.append(match[0])
    return out


def contracts(image: Image) -> dict[str, Contract]:
    """Return the contracts of all routines of an image's sources, by label."""
    return _contracts(tuple(image.sources.values()))


@lru_cache(maxsize=8)
def _contracts(texts: tuple[str, ...]) -> dict[str, Contract]:
    out: dict[str, Contract] = {}
    for text in texts:
        block: list[str] = []
        for line in text.splitlines():
            label = _LABEL.match(line)
            comment = _COMMENT.match(line)
            if label is not None:
                if block:
                    out[label[1]] = _parse(label[1], block)
                block = []
            elif comment is not None:
                block.append(comment[1])
            elif (line.strip() and not line.strip().startswith(".")) or not line.strip():
                block = []
    return out


def _parse(routine: str, block: list[str]) -> Contract:
    parts: dict[str, str] = {}
    prose: list[str] = []
    part = ""
    for line in block:
        if _BORDER.match(line) or not line.strip():
            continue
        heading = _PART.match(line)
        if heading is not None:
            part = {"Input": "In", "Inputs": "In", "Output": "Out", "Outputs": "Out"}.get(
                heading[1], heading[1]
            )
            parts[part] = heading[2]
        elif part and line.startswith(" "):
            parts[part] += " " + line.strip()
        else:
            part = ""
            prose.append(line.strip())
    prototype = prose[0] if prose and "(" in prose[0] else ""
    purpose = " ".join(prose[1:] if prototype else prose)
    return Contract(routine, prototype, purpose, parts)


def contract_of(image: Image, routine: str) -> Contract | None:
    """Return the contract above a routine's label, or None."""
    return contracts(image).get(routine)
