"""Reading the arguments of commands, and completing them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from debugger.expressions import number_of
from debugger.locations import labels
from emu.errors import DebugError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from debugger.commands.console import Console

__all__ = ["count_of", "expressions", "locations", "numbers_of", "pids", "split_option", "words"]


def count_of(console: Console, text: str, default: int = 1) -> int:
    """Return the number that ``text`` evaluates to, at least 1."""
    if not text:
        return default
    value = number_of(console.session.evaluate(text))
    if not 1 <= value <= 1 << 40:
        raise DebugError(f"{text}: a number from 1 on is expected")
    return value


def words(text: str) -> list[str]:
    """Split into words; quotes hold one together.

    Raises:
        DebugError: a quote is not closed.
    """
    try:
        return shlex.split(text)
    except ValueError:
        raise DebugError(f"{text}: a quote is not closed") from None


def numbers_of(text: str) -> list[tuple[int, int]]:
    """Return breakpoint numbers, ``1 3 5-7``, as the first and the last of each range.

    Raises:
        DebugError: something else is among them.
    """
    out: list[tuple[int, int]] = []
    for word in text.replace(",", " ").split():
        found = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", word)
        if found is None:
            raise DebugError(f"{word!r} is no breakpoint number: see 'info breakpoints'")
        out.append((int(found[1]), int(found[2] or found[1])))
    return out


def split_option(text: str, name: str) -> tuple[str, str]:
    """Cut ``… NAME rest`` in two: what stands before the word and what behind it."""
    found = re.search(rf"(?:^|\s){name}\s+", text)
    return (text[: found.start()].strip(), text[found.end() :].strip()) if found else (text, "")


def locations(console: Console, text: str) -> Iterable[str]:
    """Complete a location: labels, and ``file:``."""
    del text
    image = console.session.image
    return [*labels(image), *(f"{p.rpartition('/')[2]}:" for p in image.sources)]


def expressions(console: Console, text: str) -> Iterable[str]:
    """Complete an expression: registers, labels, types."""
    from debugger.expressions.types import NUMBERS
    from debugger.registers import GENERAL

    # What stands before the name belongs to the word.
    lead = re.match(r".*[^\w$]", text.rpartition(" ")[2])
    head = lead[0] if lead else ""
    words = [f"w{n}" for n in range(31)]
    known = [*GENERAL, *words, *labels(console.session.image), "str", *NUMBERS]
    return [head + name for name in known]


def pids(console: Console, text: str) -> Iterable[str]:
    """Complete the pid of a process that lives."""
    del text
    return [str(r.pid) for _, r in console.session.processes() if r.alive]
