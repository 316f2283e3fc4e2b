"""A live trace of the process: calls, signals, forks and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from debugger.tui.page import Page, Row, page_of

if TYPE_CHECKING:
    from debugger.calls import CallRecord
    from debugger.tui.state import State

__all__ = ["syscalls"]


def syscalls(state: State, width: int, height: int) -> Page:
    """Show the calls that the filter lets through, the last ones in sight."""
    del width, height
    session = state.session
    if not session.started:
        return page_of(["the program has not been started"])
    focus, log = session.focus.pid, session.engine.log
    chosen = state.calls.chosen(list(log.records), focus)
    title = str(state.calls) or f"process {focus}"
    rows = _Rows(chosen, several=state.calls.pid < 0)
    wanted = state.calls.pid or focus
    waiting = [
        f"  {pid} waits in {call.shape.name}"
        for pid, call in list(log.waiting.items())
        if wanted in {-1, pid}
    ]
    if not chosen and not waiting:
        return page_of([f"no call yet ({title})"], title=title)

    def row(number: int) -> Row:
        if number < len(chosen):
            return rows.row(number)
        return Row(Text.assemble((waiting[number - len(chosen)], "y.dim")))

    count = len(chosen) + len(waiting)
    return Page(count, row, count - 1, title)


class _Rows:
    """Makes lines of records; thousands may wait to be scrolled to."""

    def __init__(self, records: list[CallRecord], *, several: bool) -> None:
        self._records, self._several = records, several

    def row(self, number: int) -> Row:
        record = self._records[number]
        text = Text.assemble(("!" if record.failed else " ", "y.error"))
        if self._several:
            text.append(f"{record.pid} ", "y.address")
        if record.kind != "call":
            text.append(record.text, "y.label")
            return Row(text, record)
        text.append(record.name, "y.error" if record.failed else "y.mnemonic")
        text.append(record.text[len(record.name) :], "y.text")
        if record.outcome:
            text.append(f" = {record.outcome}", "y.error" if record.failed else "y.ok")
        return Row(text, record)
