"""The control of a slot: draws the panel in front, and takes the mouse."""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

from prompt_toolkit.layout.controls import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseEventType
from rich.console import Console

from debugger.tui.page import page_of
from debugger.tui.panels import TABLE
from debugger.tui.style import THEMES
from emu.errors import YmawkyError

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding.key_bindings import NotImplementedOrNone
    from prompt_toolkit.mouse_events import MouseEvent

    from debugger.tui.state import State

__all__ = ["PanelControl", "drawn", "page_title"]

_WHEEL = 3
_CONSOLES: dict[str, Console] = {}


def _rich(theme: str) -> Console:
    if theme not in _CONSOLES:
        _CONSOLES[theme] = Console(
            theme=THEMES[theme], force_terminal=True, color_system="truecolor", width=400
        )
    return _CONSOLES[theme]


def drawn(state: State, name: str, width: int, height: int) -> list[StyleAndTextTuples]:
    """Return the lines of a panel as fragments."""
    panel, view = TABLE[name], state.views[name]
    if state.busy and not panel.live and view.drawn:
        return view.drawn[:height]
    try:
        page = panel.draw(state, width, height)
    except YmawkyError as error:
        folded = (textwrap.wrap(line, max(width, 1)) for line in str(error).splitlines())
        page = page_of([piece for line in folded for piece in line])
    view.width = width
    view.show(page, height)
    return view.draw(_rich(state.theme), width, focused=name == state.focus)


def page_title(state: State, name: str) -> str:
    """Return what goes behind a panel's name; it is drawn before the panel is."""
    panel, view = TABLE[name], state.views[name]
    if not state.busy or panel.live:
        with contextlib.suppress(YmawkyError):
            return panel.draw(state, view.width, view.height).title
    return view.page.title


class PanelControl(UIControl):
    """Shows one of several panels."""

    def __init__(self, state: State, names: tuple[str, ...], focused: Callable[[], None]) -> None:
        """Show that of ``names`` which is in front; a click on it calls ``focused``."""
        self._state, self._names, self._focused = state, names, focused

    @property
    def _front(self) -> str:
        return self._state.front.get(self._names, self._names[0])

    def create_content(self, width: int, height: int) -> UIContent:
        """Draw the lines that are in sight."""
        lines = drawn(self._state, self._front, width, height)
        return UIContent(get_line=lambda i: lines[i], line_count=len(lines), show_cursor=False)

    def mouse_handler(self, mouse_event: MouseEvent) -> NotImplementedOrNone:
        """A click takes the focus and the cursor, the wheel scrolls."""
        state, view = self._state, self._state.views[self._front]
        match mouse_event.event_type:
            case MouseEventType.MOUSE_UP:
                state.show(self._front)
                self._focused()
                line = view.top + mouse_event.position.y
                view.cursor = min(line, max(view.page.count - 1, 0))
            case MouseEventType.SCROLL_UP:
                view.scroll(-_WHEEL)
            case MouseEventType.SCROLL_DOWN:
                view.scroll(_WHEEL)
            case _:
                return NotImplemented
        return None
