"""The plain console: a prompt and lines, where there is no terminal for the screen."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from debugger.batch import PROMPT

if TYPE_CHECKING:
    from debugger.batch import Batch

__all__ = ["converse"]


def converse(batch: Batch) -> int:
    """Read commands from standard input until it ends; returns the exit status."""
    interactive = sys.stdin is not None and sys.stdin.isatty()
    if interactive:
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - gives input() its history
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
