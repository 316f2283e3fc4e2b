"""Bare instructions to words: own tables first, Keystone for the rest.

The only importer of Keystone.  What comes in has been taken to pieces by
:mod:`emu.asm.operands`, so that it holds a known mnemonic, registers, keywords and plain
numbers; addresses have been worked out by :mod:`emu.asm.relative`.  That matters because
Keystone 0.9.2 ends the process or drops a statement without a word on some other inputs.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from emu.asm import patterns
from emu.asm.problem import Problem
from emu.errors import AssemblyError, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Refusal", "available", "encode", "require"]


class Refusal(NamedTuple):
    """Why an instruction has no word; ``immediate`` counts the ``#`` that is to blame."""

    message: str
    immediate: int = -1


class _Engine(Protocol):
    def asm(self, string: str, addr: int, as_bytes: bool) -> tuple[bytes | None, int | None]: ...  # noqa: FBT001


_engine: _Engine | None = None
_refused: type[Exception] = Exception


def _load() -> _Engine:
    """Return the one Keystone engine of this process.

    Raises:
        ImportError: where there is none (the import of Keystone fails in several ways).
    """
    global _engine, _refused  # noqa: PLW0603 - loading the library takes 20 ms: once
    if _engine is None:
        keystone: Any = __import__("keystone")
        try:
            _engine = keystone.Ks(keystone.KS_ARCH_ARM64, keystone.KS_MODE_LITTLE_ENDIAN)
        except keystone.KsError as error:
            raise ImportError(str(error)) from error
        _refused = keystone.KsError
    return _engine


def available() -> bool:
    """Tell whether Keystone can be loaded here."""
    try:
        _load()
    except (ImportError, OSError):
        return False
    return True


def require(path: str) -> None:
    """Raise the one clear error about ``path`` if there is no Keystone.

    Raises:
        AssemblyError: with what is missing and what to do.
    """
    if available():
        return
    raise AssemblyError(
        [
            Diagnostic(
                path,
                0,
                0,
                "assembling needs the Keystone library, which this Python does not have",
                suggestion="install it where there is a wheel (on x86-64: pip install"
                " keystone-engine); elsewhere run the prebuilt image, or a Mach-O executable",
            )
        ]
    )


def encode(instructions: Sequence[str]) -> list[int | Refusal]:
    """Return the word of each of ``instructions``, or what is wrong with it."""
    table: dict[str, int | Refusal] = {}
    remaining: list[str] = []
    for text in dict.fromkeys(instructions):
        word = _own(text)
        if word is None:
            remaining.append(text)
        else:
            table[text] = word
    if remaining:
        keystone = _Keystone(_load())
        for start in range(0, len(remaining), _BATCH):
            batch = remaining[start : start + _BATCH]
            table.update(zip(batch, keystone.batch(batch), strict=True))
    return [table[text] for text in instructions]


def _own(text: str) -> int | Refusal | None:
    """Encode what the tables hold; None: Keystone may know it."""
    mnemonic, _, operands = text.partition(" ")
    if not patterns.known(mnemonic):
        return None
    try:
        return patterns.encode(mnemonic, operands)
    except Problem as problem:
        return Refusal(problem.message)


#: Instructions in one call.
_BATCH = 2000
#: Refusals after which the rest is not looked at: the source is not for this machine at all.
_MOST_REFUSED = 200
_IMMEDIATE = re.compile(r"#-?\d+(?![\d.])")
_REGISTER = re.compile(r"\b[wx](\d+|zr)\b")
#: A decimal number.  Keystone 0.9.2 leaves its syntax option uninitialised, so now and then it
#: reads a number without a prefix as hexadecimal; only those of one digit mean the same.
_DECIMAL = re.compile(r"(?<![\w.])\d{2,}(?![\w.])")
_PROBES = (0, 1, 2, 4, 8, 16, 32, 64, 0xFF00)
_LOGICAL = frozenset({"and", "ands", "orr", "eor", "tst", "bic", "bics"})
_FARTHEST = 1 << 24


class _Keystone:
    """Encodes batches, and finds out which instruction of one it is that Keystone refuses."""

    def __init__(self, engine: _Engine) -> None:
        self.engine = engine
        self.refused = 0

    def words(self, lines: Sequence[str]) -> list[int] | None:
        """Encode ``lines`` in one call; None if that is not one word for each of them."""
        text = _DECIMAL.sub(lambda number: hex(int(number[0])), ";".join(lines))
        try:
            data, count = self.engine.asm(text, 0, as_bytes=True)
        except _refused:
            return None
        if data is None or count != len(lines) or len(data) != 4 * len(lines):
            return None
        return list(struct.unpack(f"<{len(lines)}I", data))

    def batch(self, lines: Sequence[str]) -> list[int | Refusal]:
        """Encode ``lines``, halved as long as that fails."""
        if self.refused > _MOST_REFUSED:
            return [0] * len(lines)  # nobody gets these: there are errors
        words = self.words(lines)
        if words is not None:
            return [*words]
        if len(lines) == 1:
            self.refused += 1
            return [self.explain(lines[0])]
        middle = len(lines) // 2
        return self.batch(lines[:middle]) + self.batch(lines[middle:])

    def explain(self, line: str) -> Refusal:
        """Find out whether another number would do, and which."""
        mnemonic = line.split(maxsplit=1)[0]
        for index, match in enumerate(_IMMEDIATE.finditer(line)):

            def fits(number: int, match: re.Match[str] = match) -> bool:
                other = f"{line[: match.start()]}#{number}{line[match.end() :]}"
                return self.words([other]) is not None

            good = next((n for n in _PROBES if fits(n)), None)
            if good is None:
                continue
            given = f"immediate {match[0][1:]} does not fit '{mnemonic}'"
            if mnemonic in _LOGICAL:
                return Refusal(f"{given}: it is not a repeated, rotated run of ones", index)
            return Refusal(f"{given}: {_bounds(good, fits)}", index)
        return Refusal(f"invalid operands for '{mnemonic}'{self.likely(line)}")

    def likely(self, line: str) -> str:
        """Say which of two frequent mistakes it is, behind a colon, if it is one."""
        mnemonic, _, operands = line.partition(" ")
        first, _, others = operands.partition(",")
        longer = f"{mnemonic} {first}, {first.strip()}, {others.strip()}"
        if others and self.words([longer]) is not None:
            return f": it takes one more, as in '{longer}'"
        for width in "xw":
            if self.words([_REGISTER.sub(rf"{width}\1", line)]) is not None:
                return ": w and x registers are mixed"
        return ""


def _bounds(good: int, fits: Callable[[int], bool]) -> str:
    """Describe the numbers around ``good`` that fit."""
    step = next((s for s in (1, 2, 4, 8, 16) if fits(good + s) or fits(good - s)), 1)
    low = -_reach(-good, step, lambda n: fits(-n))
    high = _reach(good, step, fits)
    if step > 1:
        return f"it takes {low} to {high} in steps of {step}"
    # Multiples may have a form of their own that goes further, and takes one number next to these.
    coarse = next((s for s in (2, 4, 8, 16, 4096) if fits(high // s * s + s)), 0)
    if not coarse:
        return f"it takes {low} to {high}"
    furthest = _reach(high // coarse * coarse + coarse, coarse, fits)
    nearest = high - 1 if high % coarse == 0 else high
    return f"it takes {low} to {nearest}, or up to {furthest} in steps of {coarse}"


def _reach(start: int, step: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number that fits, from ``start`` upwards in equal steps."""
    good, stride = start, step
    while stride < _FARTHEST and fits(good + stride):
        good += stride
        stride *= 2
    while stride > step:
        stride //= 2
        if fits(good + stride):
            good += stride
    return good
