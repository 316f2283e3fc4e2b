"""What commands act on: the session, where text goes, and how a line is executed.

The batch mode, the plain console and the screen are clients of this class::

    console = Console(session, out=print)
    console.execute("break parse_request")
    console.complete("break par")

Text for people goes to ``out``, one call a line.  After each motion ``on_event`` is called with
the stop event; without it the report of the stop is written to ``out``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from debugger.commands.table import find, names
from debugger.events import StopEvent
from debugger.render import stop_report
from emu.errors import DebugError

if TYPE_CHECKING:
    from collections.abc import Callable

    from debugger.session import Session

__all__ = ["Console", "Leave"]

#: Deepest nesting of command lists and scripts.
_DEPTH = 16


class Leave(Exception):  # noqa: N818 - a command's wish, not an error
    """The user wants to leave the debugger."""


class Console:
    """Executes lines.

    Attributes:
        session: what is debugged.
        last: the line that an empty line repeats.
        listed: the file and the last line that ``list`` has shown.
        values: the results of ``print``, ``$1`` first.
    """

    def __init__(
        self,
        session: Session,
        *,
        out: Callable[[str], None],
        on_event: Callable[[StopEvent], None] | None = None,
        ask: Callable[[str], str] | None = None,
    ) -> None:
        """Write lines to ``out``; ``ask`` puts a question to the user, where there is one."""
        # The table is filled by importing the files of commands.
        import debugger.commands  # noqa: F401

        self.session = session
        self.out = out
        self.ask = ask
        self.on_event = on_event
        self.last = ""
        self.listed: tuple[str, int] = ("", 0)
        #: Where ``x`` goes on.
        self.examined = 0
        self.examined_as = ""
        self._depth = 0

    def say(self, text: str) -> None:
        """Write text line by line."""
        for line in text.split("\n"):
            self.out(line)

    def execute(self, line: str) -> None:
        """Execute one line; an empty one repeats the last motion, ``#`` begins a comment.

        Raises:
            DebugError: with the one line (or marked expression) to show.
            Leave: the command was ``quit``.
        """
        line = line.strip()
        if not line:
            line = self.last
        if not line or line.startswith("#"):
            return
        row, rest = find(line)
        self.last = line if row.repeats else ""
        row.function(self, rest.strip())

    def moved(self, event: StopEvent) -> None:
        """Report a stop, and run the command list of what was hit."""
        self.listed = ("", 0)
        if self.on_event is not None:
            self.on_event(event)
        else:
            self.say(stop_report(self.session, event))
        self._run_commands(event)

    def _run_commands(self, event: StopEvent) -> None:
        number = getattr(event, "number", 0)
        points = [*self.session.points, *self.session.engine.spent] if number else []
        lines = next((list(p.commands) for p in points if p.number == number), [])
        if not lines:
            return
        self._depth += 1
        try:
            if self._depth > _DEPTH:
                raise DebugError("command lists are nested too deeply")
            for line in lines:
                self.execute(line)
        finally:
            self._depth -= 1

    def complete(self, line: str) -> list[str]:
        """Return what the last word of ``line`` may become, whole words."""
        line = line.lstrip()
        word = line.rpartition(" ")[2]
        before = line[: len(line) - len(word)]
        found = self._arguments(before, word) if before.strip() else []
        depth = len(before.split())
        for name in names():
            parts = name.split()
            if len(parts) > depth and _fits(parts[:depth], before.split()):
                found.append(parts[depth])
        return sorted({f for f in found if f.startswith(word)})

    def _arguments(self, before: str, word: str) -> list[str]:
        try:
            row, rest = find(before)
        except DebugError:
            return []
        if row.complete is None:
            return []
        try:
            return list(row.complete(self, f"{rest} {word}" if rest else word))
        except DebugError:
            return []


def _fits(parts: list[str], words: list[str]) -> bool:
    return all(p.startswith(w) for p, w in zip(parts, words, strict=True))
