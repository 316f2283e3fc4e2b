"""Keys of the panels and of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.utils import suspend_to_background_supported

from debugger.tui import actions
from debugger.tui.panels import TABLE

if TYPE_CHECKING:
    from debugger.tui.layout import Screen
    from debugger.tui.state import State

__all__ = ["TO_PROGRAM", "panel_keys", "prompt_keys"]

_MOTIONS: Final = {
    "s": "step", "n": "next", "f": "finish", "u": "until", "c": "continue",
    "S": "step line", "N": "next line", "e": "explain",
    "f5": "continue", "f10": "next", "f11": "step", "f23": "finish",
}  # fmt: skip
_COPIES: Final = {"c": "curl", "r": "raw", "g": "gdb", "s": "strace"}
TO_PROGRAM: Final = "to the program"
_QUESTIONS: Final = {":": "", ";": "", "m": "memory at", "i": TO_PROGRAM}

Do = Callable[["State"], None]
_PANELS: Final[dict[str, Do]] = {
    "b": actions.toggle_break,
    "g": actions.go_to,
    "enter": actions.enter,
    "z": lambda state: state.zoom(),
    "h": lambda state: state.hide(),
    "H": lambda state: state.hidden.clear(),
    "t": lambda state: state.next_theme(),
    "?": lambda state: setattr(state, "help", True),
    ".": lambda state: state.present(),
    "tab": lambda state: state.turn(1),
    "s-tab": lambda state: state.turn(-1),
    "up": lambda state: state.view.move(-1),
    "down": lambda state: state.view.move(1),
    "k": lambda state: state.view.move(-1),
    "j": lambda state: state.view.move(1),
    "pageup": lambda state: state.view.move(-state.view.height),
    "pagedown": lambda state: state.view.move(state.view.height),
    "home": lambda state: state.view.move(-state.view.page.count),
    "end": lambda state: state.view.move(state.view.page.count),
    "left": lambda state: state.view.shift(-8),
    "right": lambda state: state.view.shift(8),
    "a": lambda state: _filter(state, pid=0 if state.calls.pid < 0 else -1),
    "x": lambda state: _filter(state, failed=not state.calls.failed),
}


def _filter(state: State, **change: object) -> None:
    if state.focus == "calls":
        state.calls = replace(state.calls, **change)  # type: ignore[arg-type]
        state.view.follow()


def panel_keys(state: State, screen: Callable[[], Screen]) -> KeyBindings:
    """Return the keys that hold while no command is typed."""
    keys = KeyBindings()
    _add_stop(keys, state)
    for key, command in _MOTIONS.items():
        _bind(keys, key, lambda state, c=command: state.submit(c, quietly=True), state)  # type: ignore[misc]
    for key, do in _PANELS.items():
        _bind(keys, key, do, state)
    for name, panel in TABLE.items():
        if panel.key != ":":
            _bind(keys, panel.key, lambda state, n=name: state.show(n), state)  # type: ignore[misc]
    for key, form in _COPIES.items():
        keys.add("y", key)(lambda _event, f=form: state.copy(_form(state, f)))
    for key, question in _QUESTIONS.items():
        _ask(keys, key, question, state, screen)
    _ask(keys, "/", "", state, screen)
    keys.add("q")(lambda event: event.app.exit())
    keys.add("c-l")(lambda event: event.app.renderer.clear())
    _add_suspend(keys)
    keys.add("c-c")(lambda _event: state.say("q leaves; any key stops what runs", "y.dim"))
    keys.add(Keys.BracketedPaste)(
        lambda _event: state.say("press : before you paste commands", "y.error")
    )
    return keys


def _bind(keys: KeyBindings, key: str, do: Do, state: State) -> None:
    keys.add(key)(lambda _event: do(state))


def _form(state: State, form: str) -> str:
    """Name the call at the cursor, where one is chosen."""
    row = state.views["calls"].row()
    if form == "strace" and state.views["calls"].cursor is not None and row and row.target:
        return f"strace {row.target.sequence}"
    return form


def _ask(
    keys: KeyBindings, key: str, question: str, state: State, screen: Callable[[], Screen]
) -> None:
    @keys.add(key)
    def _(event: KeyPressEvent) -> None:
        del event
        state.asking = question
        if key == "/":
            state.asking = "calls" if state.focus == "calls" else "find"
        screen().focus_prompt()


def _add_stop(keys: KeyBindings, state: State) -> None:
    """A command that takes its time is stopped by a key; the help is closed by any."""
    long, helping = Condition(lambda: state.long), Condition(lambda: state.help)

    def stop(event: KeyPressEvent) -> None:
        del event
        state.interrupt()

    def close(event: KeyPressEvent) -> None:
        del event
        state.help = False

    for key in ("c-c", "escape", " ", *_MOTIONS):
        keys.add(key, filter=long, eager=True)(stop)
    for closing in (Keys.Any, "c-c", "escape", "enter", "tab"):
        keys.add(closing, filter=helping, eager=True)(close)


def _add_suspend(keys: KeyBindings) -> None:
    """Ctrl-Z goes back to the shell, whose ``fg`` comes back."""
    keys.add("c-z", filter=Condition(suspend_to_background_supported))(
        lambda event: event.app.suspend_to_background()
    )


def _add_paste(keys: KeyBindings, typing: Condition) -> None:
    @keys.add(Keys.BracketedPaste, filter=typing)
    def _(event: KeyPressEvent) -> None:
        """Take pasted lines one by one, as if they had been typed; the last waits for Enter."""
        lines = ["".join(filter(str.isprintable, line)) for line in event.data.splitlines()]
        if event.data.endswith(("\r", "\n")):
            lines.append("")
        for number, line in enumerate(lines):
            event.current_buffer.insert_text(line)
            if number < len(lines) - 1:
                event.current_buffer.validate_and_handle()


def prompt_keys(state: State, screen: Callable[[], Screen]) -> KeyBindings:
    """Return the keys of the command line, beside those that every line editor has."""
    keys = KeyBindings()
    # Somebody sends SIGINT from outside: as Ctrl-C, it stops what runs and ends nothing.
    keys.add("<sigint>")(lambda _event: state.interrupt() if state.busy else None)
    typing = Condition(lambda: screen().layout.has_focus(screen().prompt))
    _add_suspend(keys)

    @keys.add("escape", filter=typing, eager=True)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.reset()
        state.asking = ""
        screen().focus_panels()

    @keys.add("c-c", filter=typing)
    def _(event: KeyPressEvent) -> None:
        if state.busy:
            state.interrupt()
        event.current_buffer.reset()

    @keys.add("c-d", filter=typing & Condition(lambda: not screen().text()))
    def _(event: KeyPressEvent) -> None:
        if state.asking == TO_PROGRAM:
            actions.type_to(state, "")
        elif not state.asking:
            event.app.exit()

    @keys.add("tab", filter=typing & Condition(lambda: not screen().text()))
    def _(event: KeyPressEvent) -> None:
        del event
        screen().focus_panels()

    @keys.add("tab", filter=typing & Condition(lambda: bool(screen().text())))
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state:
            buffer.complete_next()
        else:
            buffer.start_completion(insert_common_part=True)

    _add_paste(keys, typing)

    @keys.add("pageup", filter=typing)
    def _(event: KeyPressEvent) -> None:
        del event
        view = state.views["console"]
        view.scroll(-view.height)

    @keys.add("pagedown", filter=typing)
    def _(event: KeyPressEvent) -> None:
        del event
        view = state.views["console"]
        view.scroll(view.height)

    return keys
