"""A program ready to be loaded: segments, sections, symbols, entry point and line table.

The assembler (:mod:`emu.asm`) and the Mach-O reader both produce an :class:`Image`; the
machine, the tracer and the debugger only ever see this form.
"""

from __future__ import annotations

import bisect
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from emu.record import field, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "PAGE_SIZE",
    "Image",
    "LineEntry",
    "LineTable",
    "Section",
    "Segment",
    "SourceLine",
    "Symbol",
    "SymbolTable",
]

#: Page size of Darwin on arm64, in bytes.
PAGE_SIZE = 0x4000


@record
class Segment:
    """One range of the address space with one protection.

    ``addr`` and ``size`` are multiples of :data:`PAGE_SIZE`; ``data`` is the file part and
    may be shorter than ``size``: the rest reads as zero.  ``prot`` is an or of the
    ``PROT_*`` bits (read 1, write 2, execute 4).
    """

    name: str
    addr: int
    size: int
    prot: int
    data: bytes


@record
class Section:
    """A named part of a segment (``__TEXT,__text``); zero-filled ones have no data."""

    segment: str
    name: str
    addr: int
    size: int
    align: int
    data: bytes
    zerofill: bool = False


@record
class Symbol:
    """A name for an address (``absolute`` ones: for a number, from ``.set``).

    ``local`` ones, which begin with ``L``, can be looked up but do not name their neighbourhood:
    a place behind one is told from the routine that the label is in.
    """

    name: str
    value: int
    section: str = ""
    external: bool = False
    absolute: bool = False
    local: bool = False


class SymbolTable(Mapping[str, Symbol]):
    """The symbols of an image by name, read when somebody asks for one: a run need not."""

    def __init__(self, source: Callable[[], dict[str, Symbol]]) -> None:
        """Take what reads them."""
        self._source = source

    @functools.cached_property
    def _symbols(self) -> dict[str, Symbol]:
        return self._source()

    def __getitem__(self, name: str) -> Symbol:
        return self._symbols[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._symbols)

    def __len__(self) -> int:
        return len(self._symbols)


@record
class SourceLine:
    """A place in a source file: path as given, 1-based line."""

    path: str
    line: int


@record
class LineEntry:
    """The source of ``size`` bytes at ``addr``.

    ``where`` is the line that a reader looks at: for code out of a macro the line inside
    the macro's body; ``expansion`` lists the invocation lines, innermost first, and is
    empty for code that stands in the source as it is.
    """

    addr: int
    size: int
    where: SourceLine
    expansion: tuple[SourceLine, ...] = ()
    statement: str = ""

    @property
    def outermost(self) -> SourceLine:
        """The line in the source outside all macros."""
        return self.expansion[-1] if self.expansion else self.where


class LineTable:
    """Sorted, non-overlapping :class:`LineEntry` records, looked up by address."""

    def __init__(self, entries: Sequence[LineEntry] | Callable[[], list[LineEntry]] = ()) -> None:
        """Take ``entries`` in any order, or what makes them when they are first asked for."""
        self._source = entries

    @functools.cached_property
    def entries(self) -> list[LineEntry]:
        """The records by ascending address."""
        found = self._source() if callable(self._source) else self._source
        return sorted(found, key=lambda e: e.addr)

    @functools.cached_property
    def _addrs(self) -> list[int]:
        return [e.addr for e in self.entries]

    def at(self, addr: int) -> LineEntry | None:
        """Return the entry that covers ``addr``, or None."""
        i = bisect.bisect_right(self._addrs, addr) - 1
        if i < 0 or addr >= self.entries[i].addr + self.entries[i].size:
            return None
        return self.entries[i]

    def addresses(self, path: str, line: int) -> list[int]:
        """Return the addresses of all code whose ``where`` or invocation is ``path:line``.

        ``path`` matches whole, or by its last components.
        """
        return [e.addr for e in self.entries if _stands_at(e, path, line)]


def _stands_at(entry: LineEntry, path: str, line: int) -> bool:
    return any(
        w.line == line and (w.path == path or w.path.endswith("/" + path))
        for w in (entry.where, *entry.expansion)
    )


@record
class Image:
    """A program: what to map where, where to start, and what the addresses are called."""

    #: For what is computed at first use.
    __slots__ = ("__dict__",)

    name: str
    segments: tuple[Segment, ...]
    entry: int
    sections: tuple[Section, ...] = ()
    symbols: Mapping[str, Symbol] = field(factory=dict)
    lines: LineTable = field(factory=LineTable)
    #: Text of the sources by path, as assembled: listings do not depend on the disk.
    sources: dict[str, str] = field(factory=dict)
    #: "main" (LC_MAIN: argc, argv … in registers) or "unixthread" (LC_UNIXTHREAD: on the stack).
    start: str = "main"
    #: What ``.print`` and ``.warning`` said while the image was made.
    messages: tuple[str, ...] = ()

    def section(self, segment: str, name: str) -> Section | None:
        """Return the section ``segment,name`` or None."""
        for s in self.sections:
            if s.segment == segment and s.name == name:
                return s
        return None

    def symbol_at(self, addr: int) -> tuple[str, int] | None:
        """Return the nearest label at or below ``addr`` in the same segment, and the offset."""
        found = self._labels
        i = bisect.bisect_right(found[0], addr) - 1
        if i < 0 or not any(
            s.addr <= found[0][i] and addr < s.addr + s.size for s in self.segments
        ):
            return None
        return found[1][i], addr - found[0][i]

    @functools.cached_property
    def _labels(self) -> tuple[list[int], list[str]]:
        """The addresses of the labels, ascending, and their names."""
        pairs = sorted(
            (s.value, s.name) for s in self.symbols.values() if not (s.absolute or s.local)
        )
        return [p[0] for p in pairs], [p[1] for p in pairs]
