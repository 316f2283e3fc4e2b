"""Commands on the session itself: help, scripts, leaving."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from debugger.commands.console import Leave
from debugger.commands.table import GROUPS, command, find, groups, names
from debugger.expressions.lexer import unescape
from emu.errors import DebugError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from debugger.commands.console import Console

__all__: list[str] = []


def _topics(console: Console, text: str) -> Iterable[str]:
    del console, text
    return [*names(), *GROUPS]


@command("help", aliases=("h", "?"), group="session", usage="[COMMAND|GROUP]", complete=_topics)
def help_(console: Console, text: str) -> None:
    """Explain a command, or list all of them."""
    if text in GROUPS or not text:
        for group, rows in groups().items():
            if text and group != text:
                continue
            console.say(f"{GROUPS[group]} ({group})")
            for row in rows:
                console.say(f"  {row.name:<18} {row.summary}")
        if not text:
            console.say("'help COMMAND' says more; gdb's and lldb's names work too")
        return
    row, _ = find(text)
    console.say(f"{row.name} {row.usage}".rstrip())
    if row.aliases:
        console.say(f"  also: {', '.join(row.aliases)}")
    console.say("\n".join(f"  {line}".rstrip() for line in row.help.split("\n")))


@command("quit", aliases=("q", "exit"), group="session")
def quit_(console: Console, text: str) -> None:
    """Leave the debugger; the program and its clients end."""
    del console, text
    raise Leave


@command("source", aliases=("command source",), group="session", usage="FILE", moves=True)
def source(console: Console, text: str) -> None:
    """Execute the commands of a file; the first that fails ends it."""
    if not text:
        raise DebugError("source: a file is expected")
    from debugger.script import read_script, run_script

    run_script(console, read_script(Path(text).expanduser()))


@command("save breakpoints", aliases=("breakpoint write",), group="session", usage="FILE")
def save_breakpoints(console: Console, text: str) -> None:
    """Write commands that set the present breakpoints again; 'source FILE' does."""
    if not text:
        raise DebugError("save breakpoints: a file is expected")
    lines: list[str] = []
    for point in console.session.points:
        condition = f" if {point.condition}" if point.condition else ""
        lines.append(f"{point.line()}{condition}")
        if point.commands:
            lines += ["commands", *(f"  {line}" for line in point.commands), "end"]
    path = Path(text).expanduser()
    try:
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    except OSError as error:
        raise DebugError(f"{path}: cannot write: {error.strerror}") from None
    console.say(f"{len(list(console.session.points))} breakpoints saved to {path}")


@command("echo", group="session", usage="TEXT")
def echo(console: Console, text: str) -> None:
    """Write TEXT."""
    console.say(text)


@command("type", group="session", usage="[TEXT]")
def type_(console: Console, text: str) -> None:
    r"""Type a line to the program's terminal; it is there when the program reads.

    A text in quotes is sent as it is, without the line's end: type "a\tb\n".
    """
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        data = unescape(text[1:-1])
    else:
        data = f"{text}\n".encode()
    _send(console, data)


@command("eof", group="session")
def eof(console: Console, text: str) -> None:
    """Type Ctrl-D to the program's terminal: a read gets no bytes, as at the end of a file."""
    del text
    _send(console, b"")


def _send(console: Console, data: bytes) -> None:
    if not console.session.type(data):
        raise DebugError("nobody reads the program's standard input: it is closed")


@command("show", aliases=("info settings",), group="session")
def show(console: Console, text: str) -> None:
    """Show the settings."""
    del text
    session = console.session
    console.say(f"follow: {session.policy.follow}")
    console.say(f"schedule-locking: {session.policy.locking}")
    console.say(f"frozen: {', '.join(map(str, sorted(session.policy.frozen))) or 'none'}")
    for name, value in session.variables.items():
        if not name.isdecimal() and name != "_":
            console.say(f"${name} = {value!r}")
