"""The full-screen application around the state: terminal, thread of commands, clipboard."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit.application import Application
from prompt_toolkit.key_binding import merge_key_bindings
from prompt_toolkit.key_binding.bindings.auto_suggest import load_auto_suggest_bindings
from prompt_toolkit.styles import DynamicStyle

from debugger.project import project_directory
from debugger.tui import actions
from debugger.tui.keys import TO_PROGRAM, panel_keys, prompt_keys
from debugger.tui.layout import Screen
from debugger.tui.prompt import make_buffer
from debugger.tui.signs import plain_signs
from debugger.tui.style import colour_depth, frame_style
from emu.errors import YmawkyError

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from debugger.client import ClientRequest
    from debugger.script import ScriptLine
    from debugger.tui.state import State

__all__ = ["Debugger"]

#: Seconds between two drawings while the program runs.
_TICK = 0.1


class Debugger:
    """The screen of one session."""

    def __init__(
        self,
        state: State,
        *,
        keyboard: Input | None = None,
        output: Output | None = None,
    ) -> None:
        """Draw ``state`` on a terminal, by default the process's own."""
        self.state = state
        buffer = make_buffer(state, self._accept)
        self.screen = Screen(state, buffer, panel_keys(state, lambda: self.screen))
        self.application: Application[None] = Application(
            layout=self.screen.layout,
            key_bindings=merge_key_bindings(
                [load_auto_suggest_bindings(), prompt_keys(state, lambda: self.screen)]
            ),
            style=DynamicStyle(lambda: frame_style(state.theme)),
            color_depth=colour_depth(),
            full_screen=True,
            mouse_support=True,
            input=keyboard,
            output=output,
        )
        plain_signs(self.application.output)
        # A lone Esc is told from the head of an escape sequence by this many seconds.
        self.application.ttimeoutlen = 0.05
        self.application.timeoutlen = 0.6
        self._worker = ThreadPoolExecutor(1, "guest")

    def _accept(self, line: str) -> None:
        question, self.state.asking = self.state.asking, ""
        if not question:
            self.state.submit(line)
            return
        try:
            actions.answer(self.state, question, line)
        except YmawkyError as error:
            self.state.say(str(error), "y.error")
        if question != TO_PROGRAM:
            self.screen.focus_panels()
        else:
            self.state.asking = question

    def run(self, lines: Sequence[ScriptLine], request: ClientRequest | None) -> int:
        """Show the screen until the user leaves; returns the exit status."""
        state = self.state
        state.runner = self._run
        state.changed = self._changed
        state.clipboard = self._copy
        lost = False
        try:
            self.application.run(pre_run=lambda: self._started(lines, request))
        except (EOFError, OSError):
            lost = True
        finally:
            state.changed = lambda: None
            state.interrupt()
            self._worker.shutdown(wait=True)
        if lost:
            self._save()
        return 0

    def _started(self, lines: Sequence[ScriptLine], request: ClientRequest | None) -> None:
        self.state.begin(lines, request, self._restored())
        self.application.create_background_task(self._tick())
        loop = asyncio.get_running_loop()
        for name in ("SIGHUP", "SIGTERM"):
            if hasattr(signal, name):
                with contextlib.suppress(NotImplementedError):
                    loop.add_signal_handler(getattr(signal, name), self._hang_up)

    def _hang_up(self) -> None:
        if self.application.is_running:
            self.application.exit(exception=EOFError())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            if self.state.long:
                self.application.invalidate()

    def _run(self, work: Callable[[], None]) -> None:
        self._worker.submit(work)

    def _changed(self) -> None:
        """Draw; any thread may call it."""
        if self.state.leaving and self.application.is_running and not self.state.busy:
            loop = self.application.loop
            if loop is not None:
                loop.call_soon_threadsafe(self._leave)
            return
        self.application.invalidate()

    def _leave(self) -> None:
        if self.application.is_running:
            self.application.exit()

    def _copy(self, text: str) -> None:
        """Put a text into the clipboard of the terminal (OSC 52), over ssh and in tmux too."""
        coded = base64.b64encode(text.encode()).decode()

        def write() -> None:
            self.application.output.write_raw(f"\x1b]52;c;{coded}\x07")
            self.application.output.flush()

        loop = self.application.loop
        if loop is not None:
            loop.call_soon_threadsafe(write)

    # -- a lost terminal ------------------------------------------------------------------------

    @staticmethod
    def _lost_file() -> Path:
        return project_directory() / "lost-breakpoints"

    def _save(self) -> None:
        """Keep the breakpoints of a session whose terminal has gone."""
        if not any(not point.temporary for point in self.state.session.points):
            return
        with contextlib.suppress(OSError, YmawkyError):
            self.state.console.execute(f"save breakpoints {self._lost_file()}")

    def _restored(self) -> str:
        """Say where the breakpoints of the last session are, if it lost its terminal."""
        with contextlib.suppress(OSError):
            found = self._lost_file()
            if found.exists():
                kept = found.rename(found.with_name("restored-breakpoints"))
                return f"the last session lost its terminal: 'source {kept}' sets its breakpoints"
        return ""
