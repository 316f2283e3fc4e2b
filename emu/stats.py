"""``--stats``: what a run did, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.kernel.process import Process
    from emu.syscalls.table import Syscall
    from emu.system import System

__all__ = ["Statistics", "in_words"]

_COUNTED = ("requests", "calls", "instructions", "switches", "forks", "page faults")
_SENDS = {"write": 1, "sendto": 1, "writev": -1}
_ANSWER = b"HTTP/1."
_CONTINUE = b" 100 "


class Statistics(Observer):
    """Counts requests (answers that begin on a socket) and instructions from now on.

    Counting instructions needs a hook on each block of code, which makes a run with
    ``--stats`` slower than one without.
    """

    def __init__(self, system: System) -> None:
        """Watch ``system``, which has not run yet."""
        self._system = system
        self._instructions = system.machine.count_instructions()
        self.requests = 0
        system.observe(self)

    def returned(
        self,
        process: Process,
        number: int,
        row: Syscall | None,
        arguments: tuple[int, ...],
        result: Any,  # noqa: ANN401 - a handler's result
        error: int,
    ) -> None:
        """Count an answer where one begins."""
        del number, result
        kind = _SENDS.get(row.name, 0) if row is not None else 0
        if not kind or error:
            return
        address = arguments[1]
        if kind < 0:
            first = process.space.peek(address, 8) or bytes(8)
            address = int.from_bytes(first, "little")
        start = process.space.peek(address, 13) or b""
        if start.startswith(_ANSWER) and start[8:13] != _CONTINUE:
            self.requests += 1

    def counts(self) -> tuple[int, ...]:
        """Return the counts in the order of :func:`in_words`."""
        c = self._system.counters
        return self.requests, c.calls, self._instructions(), c.switches, c.forks, c.faults


def in_words(counts: Sequence[int], seconds: float) -> str:
    """Return the counts in words; ``seconds`` is how long the run took."""
    what = zip(counts, _COUNTED, strict=True)
    return ", ".join([*(f"{n} {name}" for n, name in what), f"{seconds:.2f} s"])
