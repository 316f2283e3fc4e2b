"""The one table of commands: names, aliases, group, help, completion, function.

A command is a function with a decorator, in the file of its group::

    @command("step", aliases=("s", "si", "stepi"), group="motion", usage="[N]", moves=True)
    def step(console: Console, text: str) -> None:
        \"\"\"Execute N instructions, into calls.\"\"\"

The first line of its docstring is the short help; ``help NAME`` shows all of it, and
``docs/commands.md`` is made from the table.  Names may have several words (``info registers``).
Any unambiguous beginning of the words stands for a command (``i r``); a typo suggests the nearest.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from emu.asm.suggest import nearest
from emu.errors import DebugError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from debugger.commands.console import Console

    Function = Callable[[Console, str], None]
    Completion = Callable[[Console, str], Iterable[str]]

__all__ = ["GROUPS", "TABLE", "Command", "command", "find", "groups"]

#: Groups in the order of the help.
GROUPS: Final = {
    "motion": "Moving the program",
    "stopping": "Breakpoints, watchpoints, catchpoints",
    "processes": "Processes",
    "data": "Values and memory",
    "looking": "Looking around",
    "request": "Requests and responses",
    "session": "The session",
}


@dataclass(frozen=True, slots=True)
class Command:
    """A row.  ``moves`` tells that it lets the guest run, so that it may take its time."""

    name: str
    aliases: tuple[str, ...]
    group: str
    usage: str
    help: str
    function: Function
    complete: Completion | None = None
    moves: bool = False
    repeats: bool = False

    @property
    def summary(self) -> str:
        """The first line of the help."""
        return self.help.partition("\n")[0]


#: Commands by name, in the order of their files.
TABLE: Final[dict[str, Command]] = {}
_ALIASES: Final[dict[str, str]] = {}


def command(
    name: str,
    *,
    group: str,
    aliases: tuple[str, ...] = (),
    usage: str = "",
    complete: Completion | None = None,
    moves: bool = False,
    repeats: bool = False,
) -> Callable[[Function], Function]:
    """Enter a function into the table; see the head of this file.

    ``repeats`` lets an empty line repeat the command.
    """

    def enter(function: Function) -> Function:
        text = inspect.cleandoc(function.__doc__ or "")
        TABLE[name] = Command(
            name, aliases, group, usage, text, function, complete, moves, repeats or moves
        )
        for alias in aliases:
            if alias in _ALIASES or alias in TABLE:
                raise ValueError(f"two commands are called {alias!r}")
            _ALIASES[alias] = name
        return function

    return enter


def groups() -> dict[str, list[Command]]:
    """Return the commands by group, in the order of the help."""
    return {g: [c for c in TABLE.values() if c.group == g] for g in GROUPS}


def names() -> dict[str, Command]:
    """Return all names and aliases."""
    return TABLE | {alias: TABLE[name] for alias, name in _ALIASES.items()}


def find(line: str) -> tuple[Command, str]:
    """Return the command that a line names, and the rest of the line.

    The name with the most words that fits wins; whole words go before beginnings of words.

    Raises:
        DebugError: no command, or several, begin like that; says the nearest.
    """
    known = names()
    words = line.split()
    if not words:
        raise DebugError("no command: 'help' lists all")
    longest = max(len(name.split()) for name in known)
    for count in range(min(longest, len(words)), 0, -1):
        found = known.get(" ".join(words[:count]))
        if found is not None:
            return _longer(known, line, count) or (found, _rest(line, count))
    # print/x and x/4i: what follows the slash belongs to the rest.
    head, slash, _ = words[0].partition("/")
    if slash and head in known:
        return known[head], line.strip()[len(head) :]
    for count in range(min(longest, len(words)), 0, -1):
        fitting = _beginning(known, words[:count])
        if len(fitting) == 1:
            return fitting[0], _rest(line, count)
        if fitting and count == 1:
            several = ", ".join(sorted(c.name for c in fitting)[:8])
            raise DebugError(f"{words[0]!r} may be {several}")
    raise DebugError(_unknown(known, words))


def _longer(known: dict[str, Command], line: str, count: int) -> tuple[Command, str] | None:
    """Find ``step line`` for "step l": whole words that are a command, and a beginning."""
    words = line.split()
    if len(words) <= count:
        return None
    head = words[:count]
    fitting = {
        row.name: row
        for name, row in known.items()
        if (parts := name.split())[:count] == head
        and len(parts) == count + 1
        and parts[count].startswith(words[count])
    }
    if len(fitting) != 1:
        return None
    return next(iter(fitting.values())), _rest(line, count + 1)


def _rest(line: str, count: int) -> str:
    """Return what follows so many words, with its own blanks."""
    rest = line.strip()
    for _ in range(count):
        rest = rest.partition(rest.split(maxsplit=1)[0])[2].lstrip()
    return rest


def _beginning(known: dict[str, Command], words: list[str]) -> list[Command]:
    found: dict[str, Command] = {}
    for name, row in known.items():
        parts = name.split()
        if len(parts) == len(words) and all(
            p.startswith(w) for p, w in zip(parts, words, strict=True)
        ):
            found[row.name] = row
    return list(found.values())


def _unknown(known: dict[str, Command], words: list[str]) -> str:
    pair = " ".join(words[:2])
    first = {name.split()[0] for name in known}
    if words[0] in first and words[0] not in known:
        subs = sorted(n.split(maxsplit=1)[1] for n in TABLE if n.startswith(words[0] + " "))
        remedy = nearest(pair, known)
        return f"{pair!r} is no command" + (
            f"; {remedy}" if remedy else f": {words[0]} {', '.join(subs)}"
        )
    remedy = nearest(words[0], first) or nearest(pair, known)
    return f"no command {words[0]!r}" + (f"; {remedy}" if remedy else ": 'help' lists all")
