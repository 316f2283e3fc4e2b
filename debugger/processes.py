"""All processes that a run has had: who forked whom, where, and how each ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emu.strace.lines import describe_end

if TYPE_CHECKING:
    from debugger.places import Place
    from emu.image import Image
    from emu.kernel.process import Process

__all__ = ["ProcessRecord", "ProcessTree"]

#: Ended processes that are remembered.
KEPT = 1000


@dataclass(slots=True)
class ProcessRecord:
    """One process.  ``parent`` is 0 for the first; ``end`` is "" while it lives.

    ``programs`` are the images that it has run, each with the number of the last call record
    (:class:`debugger.calls.CallRecord`) before it.
    """

    process: Process
    parent: int
    forked_at: Place | None = None
    end: str = ""
    programs: list[tuple[int, Image]] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return not self.end

    def image_at(self, sequence: int) -> Image | None:
        """Return the program that it ran when a call was made, None for one not known."""
        return next((image for last, image in reversed(self.programs) if last < sequence), None)


class ProcessTree:
    """Records by pid, in the order in which the processes came."""

    def __init__(self, first: Process, image: Image) -> None:
        """Begin with the first process, which runs ``image``."""
        record = ProcessRecord(first, 0, programs=[(-1, image)])
        self.records: dict[int, ProcessRecord] = {first.pid: record}

    def forked(self, parent: Process, child: Process, at: Place, image: Image) -> None:
        """Note a child, which runs ``image``."""
        # A number may be used again: the new process stands for it from now on.
        self.records.pop(child.pid, None)
        self.records[child.pid] = ProcessRecord(child, parent.pid, at, programs=[(-1, image)])
        if len(self.records) > KEPT:
            self._forget()

    def executed(self, process: Process, image: Image, last: int) -> None:
        """Note that a process runs another program behind the call record ``last``."""
        record = self.records.get(process.pid)
        if record is not None:
            record.programs.append((last, image))

    def ended(self, process: Process) -> None:
        """Note how a process ended."""
        record = self.records.get(process.pid)
        if record is not None:
            record.end = describe_end(process.status)

    def _forget(self) -> None:
        for pid, record in list(self.records.items()):
            if record.end and len(self.records) > KEPT // 2:
                del self.records[pid]

    def walk(self) -> list[tuple[int, ProcessRecord]]:
        """Return (depth, record) for all, parents before their children."""
        out: list[tuple[int, ProcessRecord]] = []

        def descend(parent: int, depth: int) -> None:
            for record in self.records.values():
                if record.parent == parent:
                    out.append((depth, record))
                    descend(record.pid, depth + 1)

        descend(0, 0)
        seen = {record.pid for _, record in out}
        # Those whose parent is forgotten.
        out += [(0, record) for record in self.records.values() if record.pid not in seen]
        return out
