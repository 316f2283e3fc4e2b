"""Where a breakpoint goes: label, label+offset, file:line, line, address, pattern of labels."""

from __future__ import annotations

import fnmatch
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from emu.asm.suggest import nearest
from emu.errors import DebugError
from emu.machine import EXEC

if TYPE_CHECKING:
    from emu.image import Image

__all__ = ["check_code", "is_code", "labels", "matching_labels", "resolve"]

_FILE_LINE = re.compile(r"(?:(?P<file>[^:*]+):)?(?P<line>[0-9]+)")
_OFFSET = re.compile(
    r"(?P<label>[A-Za-z_.$][\w.$]*)\s*(?P<offset>[+-]\s*(?:0x[0-9a-fA-F]+|[0-9]+))"
)


def labels(image: Image) -> dict[str, int]:
    """Return all labels with their addresses; absolute symbols are numbers, no places."""
    return {s.name: s.value for s in image.symbols.values() if not s.absolute}


def resolve(image: Image, text: str, here: str = "") -> tuple[int, ...]:
    """Return the addresses that ``text`` names; ``here`` is the file that a bare line is in.

    Raises:
        DebugError: it names nothing; says the nearest label, or the nearest line with code.
    """
    text = text.strip()
    if text.startswith("*"):
        text = text[1:].strip()
    known = labels(image)
    if text in known:
        return (known[text],)
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        return (int(text, 16),)
    found = _OFFSET.fullmatch(text)
    if found and found["label"] in known:
        return (known[found["label"]] + int(found["offset"].replace(" ", ""), 0),)
    found = _FILE_LINE.fullmatch(text)
    if found:
        return (_line(image, found["file"] or here, int(found["line"])),)
    if re.search(r"[*?\[]", text):
        return _pattern(image, text)
    remedy = nearest(text, known)
    raise DebugError(f"no label {text!r}" + (f"; {remedy}" if remedy else ""))


def _line(image: Image, path: str, line: int) -> int:
    if not path:
        path = next(iter(image.sources), "")
    if not any(p == path or p.endswith("/" + path) for p in image.sources):
        remedy = nearest(path, [p.rpartition("/")[2] for p in image.sources])
        raise DebugError(f"no source file {path!r}" + (f"; {remedy}" if remedy else ""))
    if not line:
        raise DebugError(f"{PurePath(path).name}:0: lines are counted from 1")
    found = [a for a in image.lines.addresses(path, line) if is_code(image, a)]
    if found:
        return min(found)
    behind = [
        (e.outermost.line, e.addr)
        for e in image.lines.entries
        if e.outermost.line > line
        and (e.outermost.path == path or e.outermost.path.endswith("/" + path))
        and is_code(image, e.addr)
    ]
    if not behind:
        raise DebugError(f"{PurePath(path).name}:{line}: no code at or behind this line")
    return min(behind)[1]


def matching_labels(image: Image, pattern: str) -> list[str]:
    """Return the labels of code that match ``pattern`` (``*``, ``?``, ``[…]``)."""
    return sorted(
        s.name
        for s in image.symbols.values()
        if not s.absolute and fnmatch.fnmatchcase(s.name, pattern) and is_code(image, s.value)
        if not s.local or pattern.startswith("L")
    )


def _pattern(image: Image, pattern: str) -> tuple[int, ...]:
    names = matching_labels(image, pattern)
    if not names:
        raise DebugError(f"no label matches {pattern!r}")
    return tuple(sorted({image.symbols[n].value for n in names}))


def is_code(image: Image, address: int) -> bool:
    """Tell whether ``address`` is in code: an executable section that is not constant data."""
    for section in image.sections:
        if section.addr <= address < section.addr + section.size:
            executable = any(
                s.prot & EXEC and s.addr <= address < s.addr + s.size for s in image.segments
            )
            return executable and section.name not in _DATA_SECTIONS
    # Between the sections stands the header; an image without sections is code throughout.
    return not image.sections and any(
        s.prot & EXEC and s.addr <= address < s.addr + s.size for s in image.segments
    )


_DATA_SECTIONS = {"__const", "__cstring", "__literal4", "__literal8", "__literal16"}


def check_code(image: Image, address: int, text: str) -> None:
    """Refuse a breakpoint on data or on no instruction.

    Raises:
        DebugError: with what to do instead.
    """
    if address % 4:
        raise DebugError(f"{text}: no instruction begins at {address:#x}, it is no multiple of 4")
    if is_code(image, address):
        return
    inside = any(s.addr <= address < s.addr + s.size for s in image.segments)
    if inside:
        raise DebugError(f"{text}: {address:#x} is data, which is never executed; try 'awatch'")
    raise DebugError(f"{text}: {address:#x} is not in the program")
