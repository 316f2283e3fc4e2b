"""One small function a panel: it reads the state and returns a page of Rich texts.

``live`` panels are drawn anew while the program runs; the others keep what they showed, because
registers and memory are then the engine's alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from debugger.tui.panels.code import code
from debugger.tui.panels.memory import memory, stack
from debugger.tui.panels.output import console, terminal
from debugger.tui.panels.processes import processes
from debugger.tui.panels.registers import registers
from debugger.tui.panels.source import source
from debugger.tui.panels.syscalls import syscalls
from debugger.tui.panels.traffic import request, response

if TYPE_CHECKING:
    from debugger.tui.page import Page
    from debugger.tui.state import State

__all__ = ["TABLE", "Panel"]


@dataclass(frozen=True, slots=True)
class Panel:
    """Title, key, the function that draws it, and whether it may be drawn while all runs."""

    title: str
    key: str
    draw: Callable[[State, int, int], Page]
    live: bool = False


#: Panels by name, in the order of Tab.
TABLE: Final = {
    "source": Panel("Source", "1", source),
    "code": Panel("Code", "2", code),
    "registers": Panel("Registers", "3", registers),
    "stack": Panel("Stack", "4", stack),
    "memory": Panel("Memory", "5", memory),
    "request": Panel("Request", "6", request),
    "response": Panel("Response", "7", response),
    "calls": Panel("Calls", "8", syscalls, live=True),
    "processes": Panel("Processes", "9", processes),
    "terminal": Panel("Terminal", "0", terminal, live=True),
    "console": Panel("Console", ":", console, live=True),
}
