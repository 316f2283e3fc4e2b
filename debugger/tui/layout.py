"""The plan made of prompt_toolkit's containers: titles, panels, the command line, the bars."""

from __future__ import annotations

import re
import time
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    Dimension,
    DynamicContainer,
    Float,
    FloatContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    VSplit,
    Window,
)
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import AppendAutoSuggestion, BeforeInput

from debugger.tui.control import PanelControl, page_title
from debugger.tui.help_text import HELP
from debugger.tui.keys import TO_PROGRAM
from debugger.tui.panels import TABLE
from debugger.tui.plan import MINIMUM, Slot, Split, plan, slots

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.layout.containers import AnyContainer
    from prompt_toolkit.mouse_events import MouseEvent

    from debugger.tui.state import State

__all__ = ["Screen"]

_HINTS: Final[tuple[tuple[str, str], ...]] = (
    ("s", "step"), ("n", "next"), ("f", "finish"), ("u", "until"), ("c", "cont"),
    ("b", "break"), ("Tab", "panel"), (":", "command"), ("?", "help"), ("q", "quit"),
)  # fmt: skip

_PROMPT_HINTS: Final[tuple[tuple[str, str], ...]] = (
    ("Enter", "does it"), ("Tab", "completes"), ("↑ ↓", "history"),
    ("→", "suggestion"), ("Esc", "back to the panels"),
)  # fmt: skip
_TYPING_HINTS: Final[tuple[tuple[str, str], ...]] = (
    ("Enter", "sends it"), ("Ctrl-D", "end of file"), ("Ctrl-C", "stops it"),
    ("Esc", "back to the panels"),
)  # fmt: skip


class Screen:
    """All windows.  ``panels`` takes the keys of panels, ``prompt`` those of the command line."""

    def __init__(self, state: State, buffer: Buffer, panel_keys: KeyBindings) -> None:
        """Make the windows of ``state``; their arrangement follows the size of the terminal."""
        self._state, self._buffer = state, buffer
        self._kept: dict[object, AnyContainer] = {}
        bar = FormattedTextControl(
            self._bar, focusable=True, show_cursor=False, key_bindings=panel_keys
        )
        self.panels = Window(bar, height=1, style="class:y-bar")
        before = BeforeInput(lambda: f"{state.asking}> ", style="class:y-mark")
        control = BufferControl(buffer, input_processors=[before, AppendAutoSuggestion()])
        self.prompt = Window(control, height=1, style="class:y-input")
        self.layout = Layout(self._root(), focused_element=self.panels)

    def _root(self) -> FloatContainer:
        fits = Condition(_fits)
        hints = Window(FormattedTextControl(self._hints), height=1, style="class:y-bar")
        body = HSplit([DynamicContainer(self._body), self.prompt, hints])
        small = Window(FormattedTextControl(_too_small), style="class:y-error", wrap_lines=True)
        content = HSplit(
            [
                self.panels,
                ConditionalContainer(body, fits),
                ConditionalContainer(small, ~fits),
            ],
            style="class:ground",
        )
        help_window = ConditionalContainer(
            Window(FormattedTextControl(HELP), style="class:y-bar", dont_extend_width=True),
            Condition(lambda: self._state.help),
        )
        menu = CompletionsMenu(max_height=8, scroll_offset=1)
        return FloatContainer(
            content, floats=[Float(menu, xcursor=True, ycursor=True), Float(help_window)]
        )

    # -- panels -------------------------------------------------------------------------------

    def _body(self) -> AnyContainer:
        state, size = self._state, get_app().output.get_size()
        wanted = plan(size.columns, size.rows, state.zoomed)
        for slot in slots(wanted):
            first = state.first if state.first in slot.names else slot.names[0]
            front = state.front.setdefault(slot.names, first)
            if state.focus in slot.names:
                state.front[slot.names] = state.focus
            elif front in state.hidden:
                left = [name for name in slot.names if name not in state.hidden]
                state.front[slot.names] = left[0] if left else front
        key = (wanted, frozenset(state.hidden))
        if key not in self._kept:
            self._kept[key] = self._build(wanted, across=False) or Window()
        return self._kept[key]

    def _build(self, part: Slot | Split, *, across: bool) -> AnyContainer | None:
        """Make a part; ``across`` tells in which direction its size counts."""
        size = Dimension.exact(part.size) if part.size else Dimension(weight=part.weight)
        width = size if across else Dimension()
        height = Dimension() if across else size
        if isinstance(part, Slot):
            if all(name in self._state.hidden for name in part.names):
                return None
            title = Window(FormattedTextControl(lambda: self._title(part)), height=1, char="─",
                           style="class:y-rule")  # fmt: skip
            window = Window(PanelControl(self._state, part.names, self.focus_panels))
            return HSplit([title, window], width=width, height=height)
        made = [self._build(inner, across=part.across) for inner in part.parts]
        parts = [one for one in made if one is not None]
        if not parts:
            return None
        if part.across:
            return VSplit(parts, padding=1, padding_char="│", padding_style="class:y-rule",
                          width=width, height=height)  # fmt: skip
        return HSplit(parts, width=width, height=height)

    def _title(self, slot: Slot) -> StyleAndTextTuples:
        state = self._state
        out: StyleAndTextTuples = [("", "─")]
        front = state.front.get(slot.names, slot.names[0])
        for name in slot.names:
            if name in state.hidden:
                continue
            panel = TABLE[name]
            focused = name == state.focus and get_app().layout.has_focus(self.panels)
            style = "class:y-focus" if focused else "class:y-title"
            weight = " bold" if name == front else ""
            # The panel in front is in brackets where the title's colours do not tell.
            text = (
                f"[{panel.key} {panel.title}]" if name == front else f" {panel.key} {panel.title} "
            )
            out.append((style + weight, text, self._chooser(name)))
        note = page_title(state, front)
        if note:
            out.append(("class:y-title", f"─ {note} "))
        return out

    def _chooser(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
        def choose(event: MouseEvent) -> None:
            if event.event_type.name == "MOUSE_UP":
                self._state.show(name)
                self.focus_panels()

        return choose

    def text(self) -> str:
        """What stands in the command line."""
        return self._buffer.text

    def focus_panels(self) -> None:
        """Let keys be those of panels."""
        self.layout.focus(self.panels)

    def focus_prompt(self) -> None:
        """Let keys be typed into the command line."""
        self.layout.focus(self.prompt)

    # -- bars -----------------------------------------------------------------------------------

    def _bar(self) -> StyleAndTextTuples:
        state = self._state
        if state.long:
            seconds = time.monotonic() - state.since
            turn = "|/-\\"[int(seconds * 5) % 4]
            # While something is typed, a blank is one.
            key = "Ctrl-C" if get_app().layout.has_focus(self.prompt) else "space or Ctrl-C"
            text = f" {turn} running: {state.doing} · {seconds:.1f} s · {key} stops it "
            return [("class:y-bar-run", text)]
        event = state.session.event
        if event is None:
            return [("class:y-bar-strong", " ymawky-dbg "), ("", "starting")]
        text, name = state.standing(event), PurePath(state.session.image.name).name
        columns = get_app().output.get_size().columns
        if len(name) + len(text) + 3 <= columns:
            return [("class:y-bar-strong", f" {name} "), ("", text)]
        if len(text) >= columns:
            # The panels show the source line.
            text = re.sub(r" \([^()]*:\d+\)", "", text)
        cut = text if len(text) < columns else f"{text[: columns - 2]}…"
        return [("class:y-bar-strong", f" {cut}")]

    def _hints(self) -> StyleAndTextTuples:
        out: StyleAndTextTuples = []
        typing = get_app().layout.has_focus(self.prompt)
        words = _PROMPT_HINTS if typing else _HINTS
        if typing and self._state.asking == TO_PROGRAM:
            words = _TYPING_HINTS
        for key, word in words:
            out += [("class:y-bar-strong", f" {key}"), ("", f" {word}")]
        return out


def _fits() -> bool:
    size = get_app().output.get_size()
    return size.columns >= MINIMUM[0] and size.rows >= MINIMUM[1]


def _too_small() -> str:
    size = get_app().output.get_size()
    return (
        f"The terminal has {size.columns}x{size.rows}; the screen needs "
        f"{MINIMUM[0]}x{MINIMUM[1]}. Nothing is lost: make it larger."
    )
