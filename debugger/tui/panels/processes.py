"""The tree of processes: who forked whom, what each does, how each ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from debugger.tui.page import Page, Row, page_of

if TYPE_CHECKING:
    from debugger.processes import ProcessRecord
    from debugger.tui.state import State

__all__ = ["processes"]


def processes(state: State, width: int, height: int) -> Page:
    """Show a line a process; ``>`` is the one in focus, Enter on another switches."""
    del width, height
    session = state.session
    if not session.started:
        return page_of(["the program has not been started"])
    found = session.processes()
    rows: list[Row] = []
    here = -1
    for depth, record in found:
        if record.pid == session.focus.pid:
            here = len(rows)
        rows.append(Row(_line(state, depth, record), record.pid))
    living = sum(1 for _, record in found if record.alive)
    return page_of(rows, here, f"{living} of {len(found)} live")


def _line(state: State, depth: int, record: ProcessRecord) -> Text:
    session = state.session
    text = Text.assemble(("> " if record.pid == session.focus.pid else "  ", "y.mark"))
    text.append("  " * (depth - 1) + "└ " if depth else "", "y.dim")
    text.append(f"{record.pid} ", "y.number" if record.alive else "y.dim")
    if record.end:
        text.append(record.end, "y.dim")
    else:
        waits = session.engine.waits_for(record.process)
        if record.pid in session.policy.frozen:
            text.append("frozen ", "y.error")
        text.append(f"waits in {waits} " if waits else "ready ", "y.ok")
        text.append(f"at {session.place(record.pid)}", "y.text")
    if record.forked_at:
        text.append(f" · forked at {record.forked_at.label}", "y.dim")
    return text
