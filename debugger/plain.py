"""The plain console: a prompt and lines, where there is no terminal for the screen."""

from __future__ import annotations

import atexit
import contextlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from debugger.batch import PROMPT

if TYPE_CHECKING:
    from debugger.batch import Batch

__all__ = ["converse"]


def _edit_lines(batch: Batch) -> None:
    """Give input() a history for each project, and the commands' completions for Tab."""
    if sys.platform == "win32":
        # Its console edits lines itself.
        return
    import readline

    from debugger.project import project_directory

    found: list[str] = []

    def complete(_word: str, number: int) -> str | None:
        if not number:
            found[:] = batch.console.complete(readline.get_line_buffer()[: readline.get_endidx()])
            if len(found) == 1:
                found[0] += " "
        return found[number] if number < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" ")
    # macOS has libedit under this name.
    editline = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if editline else "tab: complete")
    with contextlib.suppress(OSError):
        history = project_directory() / "plain-history"
        history.touch()
        readline.read_history_file(history)
        readline.set_history_length(1000)
        atexit.register(_keep, lambda: readline.write_history_file(history))


def _keep(write: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        write()


def converse(batch: Batch) -> int:
    """Read commands from standard input until it ends; returns the exit status."""
    interactive = sys.stdin is not None and sys.stdin.isatty()
    if interactive:
        with contextlib.suppress(ImportError):
            _edit_lines(batch)
    goes_on = True
    while goes_on:
        try:
            line = input(PROMPT)
            if not interactive:
                sys.stdout.write(f"{line}\n")
            goes_on = batch.execute(line)
        except EOFError:
            sys.stdout.write("\n")
            break
        except KeyboardInterrupt:
            # It empties the line, or ends the writing of a long answer.
            sys.stdout.write("\n")
    return 0
