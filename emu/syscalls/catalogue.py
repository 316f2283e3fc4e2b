"""Which calls there are and how well each is supported: ``ymawky-emu syscalls``.

``python -m emu.syscalls.catalogue > docs/syscalls.md`` writes the page of the documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import emu.syscalls  # noqa: F401 - fills the table
from emu.darwin.numbers import MACH_TRAPS, name_of, signatures
from emu.syscalls.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Entry", "counts", "entries", "page", "table"]

_SUPPORTED, _PARTIAL, _NAMED = "supported", "partial", "named only"


@dataclass(frozen=True, slots=True)
class Entry:
    """A call: its numbers (the ``_nocancel`` twin's second), name, parameters and support.

    ``support`` is "supported", "partial" (``note`` says what is missing) or "named only".
    """

    numbers: tuple[int, ...]
    name: str
    parameters: tuple[str, ...]
    support: str
    note: str

    @property
    def prototype(self) -> str:
        """The call with the names of its parameters."""
        return f"{self.name}({', '.join(self.parameters)})"


def entries() -> list[Entry]:
    """Return all BSD calls by number, then the Mach traps; twins are in their call's entry."""
    twins = {s.twin_of: n for n, s in signatures().items() if s.twin_of is not None}
    firsts = {n for n, s in signatures().items() if s.twin_of is None}
    beyond = set(TABLE) - set(signatures()) - set(MACH_TRAPS)
    numbers = [*sorted(firsts | beyond), *sorted(MACH_TRAPS, reverse=True)]
    return [_entry(number, twins.get(number)) for number in numbers]


def _entry(number: int, twin: int | None) -> Entry:
    row, signature = TABLE.get(number), signatures().get(number)
    numbers = (number,) if twin is None else (number, twin)
    name = name_of(number) or (row.name if row is not None else str(number))
    if row is None:
        parameters = tuple(a.name for a in signature.arguments) if signature else ()
        return Entry(numbers, name, parameters, _NAMED, "")
    parameters = tuple(p.rstrip("_") for p in row.parameters)
    return Entry(numbers, name, parameters, _PARTIAL if row.note else _SUPPORTED, row.note)


def counts(rows: Sequence[Entry]) -> dict[str, int]:
    """Return how many calls there are of each kind of support."""
    return {s: sum(e.support == s for e in rows) for s in (_SUPPORTED, _PARTIAL, _NAMED)}


def _summary(rows: Sequence[Entry]) -> str:
    n = counts(rows)
    return (
        f"{n[_SUPPORTED]} calls are supported, {n[_PARTIAL]} in part, "
        f"{n[_NAMED]} are known by name only."
    )


def table(rows: Sequence[Entry], *, everything: bool = True) -> Iterator[str]:
    """Yield the table as text; without ``everything``, those with a handler alone."""
    for entry in rows:
        if everything or entry.support != _NAMED:
            number = ", ".join(map(str, entry.numbers))
            support = f"{entry.support}: {entry.note}" if entry.note else entry.support
            yield f"{number:>9}  {entry.name:<40} {support}"
    yield _summary(rows)


def page() -> Iterator[str]:
    """Yield the lines of ``docs/syscalls.md``."""
    rows = entries()
    yield "# System calls"
    yield ""
    yield "<!-- Made by `python -m emu.syscalls.catalogue`; a test holds that it is up to date. -->"
    yield ""
    yield _summary(rows)
    yield ""
    yield "`ymawky-emu syscalls` prints this table. A second number is the `_nocancel` twin's,"
    yield "which is the same call; negative numbers are Mach traps. A call that is known by name"
    yield "only, or a number that no call has, is reported once with number, name, pc and symbol;"
    yield "it fails with `ENOSYS` and raises `SIGSYS`, as xnu's `nosys` does, which ends a program"
    yield "that lets it. `ymawky-emu run --strict` stops there with a report."
    yield ""
    yield "| number | call | support |"
    yield "| --- | --- | --- |"
    for entry in rows:
        if entry.support != _NAMED:
            number = ", ".join(map(str, entry.numbers))
            yield f"| {number} | `{entry.prototype}` | {entry.note or 'full'} |"
    yield ""
    yield "## Known by name only"
    yield ""
    yield from _paragraph([f"`{e.name}` ({e.numbers[0]})" for e in rows if e.support == _NAMED])


def _paragraph(words: Sequence[str]) -> Iterator[str]:
    line = ""
    for n, word in enumerate(words):
        text = word + ("." if n == len(words) - 1 else ",")
        if line and len(line) + 1 + len(text) > 110:
            yield line
            line = text
        else:
            line = f"{line} {text}".lstrip()
    yield line


if __name__ == "__main__":
    print("\n".join(page()))  # noqa: T201 - this is its output
