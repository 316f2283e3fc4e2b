"""The screen: the session on a whole terminal, by panels, keys, mouse and a command line.

``state`` knows what is shown and runs without a terminal; ``panels`` draw it with Rich, ``plan``
and ``layout`` say where, ``keys`` and ``actions`` what a key does, ``application`` holds it all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from debugger.tui.plan import MINIMUM

if TYPE_CHECKING:
    from debugger.client import ClientRequest
    from debugger.script import ScriptLine
    from debugger.session import Session

__all__ = ["main", "problem"]


def main(session: Session, lines: Sequence[ScriptLine], request: ClientRequest | None) -> int:
    """Run the session on the terminal, after the commands of scripts; returns the exit status."""
    from debugger.tui.application import Debugger
    from debugger.tui.state import State

    session.policy.waits = True
    state = State(session)
    if request is None and session.options.program is not None:
        state.first = "calls"  # few programs but the server get requests
    return Debugger(state).run(lines, request)


def problem() -> str:
    """Say why the terminal is none for a screen: it is too small, or cannot move its cursor."""
    if os.environ.get("TERM") == "dumb":
        return "this terminal cannot move its cursor"
    size = os.get_terminal_size(sys.stdout.fileno())
    if size.columns < MINIMUM[0] or size.lines < MINIMUM[1]:
        needed = f"{MINIMUM[0]}x{MINIMUM[1]}"
        return f"the terminal has {size.columns}x{size.lines}, the screen needs {needed}"
    return ""
