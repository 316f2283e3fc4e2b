"""Bare instructions to words: own tables first, Keystone for the rest.

The only importer of Keystone.  What comes in has been taken to pieces by
:mod:`emu.asm.operands`, so that it holds a known mnemonic, registers, keywords and plain
numbers; addresses have been worked out by :mod:`emu.asm.relative`.  That matters because
Keystone 0.9.2 ends the process or drops a statement without a word on some other inputs.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Protocol

from emu.asm import patterns
from emu.asm.problem import Problem
from emu.errors import AssemblyError, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["available", "encode", "require", "version"]


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
                suggestion="install it where there is a wheel (x86-64: pip install keystone-engine);"
                " elsewhere run the prebuilt image, or a Mach-O executable built on a Mac",
            )
        ]
    )


def version() -> str:
    """Return the version of Keystone, empty where there is none; does not load the library."""
    from importlib import metadata

    try:
        return metadata.version("keystone-engine")
    except metadata.PackageNotFoundError:
        return ""


def encode(instructions: Sequence[str]) -> list[int | Problem]:
    """Return the word of each of ``instructions``, or what is wrong with it."""
    if not instructions:
        return []
    table: dict[str, int | Problem] = {}
    remaining: list[str] = []
    for text in dict.fromkeys(instructions):
        word = _own(text)
        if word is None:
            remaining.append(text)
        else:
            table[text] = word
    if remaining:
        engine = _load()
        for start in range(0, len(remaining), _BATCH):
            batch = remaining[start : start + _BATCH]
            table.update(zip(batch, _batch(engine, batch), strict=True))
    return [table[text] for text in instructions]


def _own(text: str) -> int | Problem | None:
    """Encode what the tables hold; None: Keystone may know it."""
    mnemonic, _, operands = text.partition(" ")
    if not patterns.known(mnemonic):
        return None
    try:
        return patterns.encode(mnemonic, operands)
    except Problem as problem:
        return problem


_BATCH = 2000


def _batch(engine: _Engine, lines: Sequence[str]) -> list[int | Problem]:
    """Encode ``lines`` in one call, and halve them as long as that fails."""
    try:
        data, count = engine.asm(";".join(lines), 0, as_bytes=True)
        reason = "" if data else "invalid operands"
    except _refused as error:
        data, count, reason = None, 0, _reason(str(error))
    if data is not None and count == len(lines) and len(data) == 4 * len(lines):
        return list(struct.unpack(f"<{len(lines)}I", data))
    if len(lines) == 1:
        return [_explain(lines[0], reason)]
    middle = len(lines) // 2
    return _batch(engine, lines[:middle]) + _batch(engine, lines[middle:])


def _reason(message: str) -> str:
    if "MNEMONIC" in message:
        return "unknown instruction"
    return "invalid operands"


def _explain(line: str, reason: str) -> Problem:
    return Problem(f"{reason} for '{line.split(maxsplit=1)[0]}'")
