"""Scripts: files of commands, with command lists of several lines and the place of an error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emu.errors import DebugError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from debugger.commands.console import Console

__all__ = ["INIT_FILE", "ScriptLine", "joined", "read_script", "run_script"]

#: Read at the start, from the home directory and then from the working directory.
INIT_FILE = ".ymawky-dbg"
_NESTED_MAX = 16


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """A command and where it stands, for errors: ``FILE:LINE``, or "" for one on a command line."""

    text: str
    where: str = ""


def read_script(path: Path) -> list[ScriptLine]:
    """Return the commands of a file.

    Raises:
        DebugError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DebugError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DebugError(f"{path}: is no text in UTF-8") from None
    lines = [ScriptLine(line, f"{path}:{n}") for n, line in enumerate(text.splitlines(), 1)]
    return joined(lines)


def joined(lines: Sequence[ScriptLine]) -> list[ScriptLine]:
    """Join ``commands`` … ``end`` to one line; blank lines and comments go.

    Raises:
        DebugError: an ``end`` is missing.
    """
    out: list[ScriptLine] = []
    waiting = iter(lines)
    for line in waiting:
        text = line.text.strip()
        if not text or text.startswith("#"):
            continue
        head = text.split()
        if head[0] == "commands" and (len(head) == 1 or (len(head) == 2 and head[1].isdecimal())):
            inside: list[str] = []
            for more in waiting:
                if more.text.strip() == "end":
                    break
                if more.text.strip() and not more.text.strip().startswith("#"):
                    inside.append(more.text.strip())
            else:
                raise DebugError(f"{line.where}: 'commands' without its 'end'")
            out.append(ScriptLine(f"{text} {'; '.join(inside)}", line.where))
        else:
            out.append(ScriptLine(text, line.where))
    return out


_running: list[int] = []


def run_script(
    console: Console,
    lines: Sequence[ScriptLine],
    before: Callable[[str], None] = lambda _text: None,
) -> None:
    """Execute lines; ``before`` is called with each.

    Raises:
        DebugError: the first that fails, with its place in front.
    """
    if len(_running) >= _NESTED_MAX:
        raise DebugError("scripts are nested too deeply: does one source itself?")
    _running.append(1)
    try:
        for line in lines:
            before(line.text)
            try:
                console.execute(line.text)
            except DebugError as error:
                if not line.where or str(error).startswith(f"{line.where}: "):
                    # A script that sources itself is named once.
                    raise
                raise DebugError(f"{line.where}: {error}") from None
    finally:
        _running.pop()
