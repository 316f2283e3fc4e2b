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
    line = ""
    while batch.execute(line):
        try:
            line = input(PROMPT)
        except EOFError:
            sys.stdout.write("\n")
            break
        except KeyboardInterrupt:
            # It empties the line.
            sys.stdout.write("\n")
            line = "#"
        if not interactive:
            sys.stdout.write(f"{line}\n")
    return 0
