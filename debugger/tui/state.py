"""All that the screen knows, in one object that runs without a screen.

Keys, mouse and the command line only call its methods; panels only read it.  Commands run through
:attr:`State.runner`: at once by default, on a thread of their own in the application.
"""

from __future__ import annotations

import contextlib
import time
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from debugger.commands.console import Console, Leave
from debugger.events import Ended, StopEvent, summary
from debugger.render import stop_report
from debugger.script import ScriptLine, run_script
from debugger.tui.calls_filter import CallsFilter
from debugger.tui.style import NAMES, first_theme
from debugger.tui.view import View
from emu.errors import DebugError, YmawkyError

if TYPE_CHECKING:
    from debugger.client import ClientRequest
    from debugger.places import Place
    from debugger.session import Session

__all__ = ["PANELS", "State"]

#: Names of the panels; the key of each is its number.
PANELS: Final = (
    "source", "code", "registers", "stack", "memory", "request", "response", "calls",
    "processes", "terminal", "console",
)  # fmt: skip
#: Lines that the console and the guest's terminal keep.
_KEPT = 5000
#: A line of the guest's that is longer goes on in the next one: each drawing reads all of it.
_LINE_MAX = 4096
#: A command that takes longer than this is shown as running, in seconds.
SHORT = 0.25
_QUEUED_MAX = 200


class State:
    """What is debugged, what is shown, and what runs.

    Attributes:
        views: how each panel is scrolled.
        focus: the panel that keys are about; ``zoomed`` the one that has the screen, or "".
        front: for the panels that share a place, the one in front, by the tuple of their names.
        asking: the question that the command line answers: "" is a command.
        busy: whether a command is under way; nothing but live panels may read the session then.
        lines: what the console shows, as (style, text).
        guest: what the guest wrote, line by line.
    """

    def __init__(self, session: Session) -> None:
        """Show ``session``, which may have been started or not."""
        self.session = session
        self.console = Console(session, out=self.say, on_event=self._moved)
        self.views = {name: View() for name in PANELS}
        self.focus, self.zoomed = "source", ""
        self.hidden: set[str] = set()
        self.front: dict[tuple[str, ...], str] = {}
        #: The panel that is in front at first where it shares a place; "" is the place's first.
        self.first = ""
        self.theme = first_theme()
        self.help = False
        self.asking = ""
        self.calls = CallsFilter()
        self.memory = "sp"
        #: The file that the source panel shows; another than the current one after a jump.
        self.path = ""
        self.lines: deque[tuple[str, str]] = deque(maxlen=_KEPT)
        self.guest: deque[str] = deque([""], maxlen=_KEPT)
        self._decoders = {fd: getincrementaldecoder("utf-8")("replace") for fd in range(3)}
        self.busy, self.since, self.doing = False, 0.0, ""
        self.leaving = False
        #: Lines that wait, each with whether it has no echo.
        self.queue: deque[tuple[str, bool]] = deque()
        #: Takes what was copied; the application sends it to the terminal.
        self.clipboard: Callable[[str], None] = lambda _text: None
        self._copying: list[str] | None = None
        self.runner: Callable[[Callable[[], None]], None] = lambda work: work()
        #: Called from any thread whenever there is something new to be drawn.
        self.changed: Callable[[], None] = lambda: None
        session.on_output = self._output
        session.on_note = lambda line: self.say(line, "y.ok")

    # -- what is said -----------------------------------------------------------------------

    def say(self, text: str, style: str = "y.text") -> None:
        """Add lines to the console."""
        if self._copying is not None:
            self._copying.append(text)
        for line in text.split("\n"):
            self.lines.append((style, line))
        self.views["console"].follow()
        self.changed()

    def echo(self, text: str) -> None:
        """Show what was typed to the program, as a terminal does."""
        self._output(0, text.encode())

    def _output(self, descriptor: int, data: bytes) -> None:
        # A character may come in two writes.
        text = self._decoders[descriptor].decode(data)
        first, *more = text.split("\n")
        self._add_to_line(first)
        if max(map(len, more), default=0) <= _LINE_MAX:
            self.guest.extend(more)
        else:
            for part in more:
                self.guest.append("")
                self._add_to_line(part)
        self.changed()

    def _add_to_line(self, part: str) -> None:
        room = _LINE_MAX - len(self.guest[-1])
        self.guest[-1] += part[:room]
        self.guest.extend(part[at : at + _LINE_MAX] for at in range(room, len(part), _LINE_MAX))

    # -- commands -----------------------------------------------------------------------------

    @property
    def long(self) -> bool:
        """Whether a command has been under way for so long that the screen says so."""
        return self.busy and time.monotonic() - self.since > SHORT

    def begin(
        self, lines: Sequence[ScriptLine], request: ClientRequest | None, greeting: str = ""
    ) -> None:
        """Start the program, let the client come, and run the commands of scripts."""

        def work() -> None:
            self._moved(self.session.start())
            if request is not None:
                self.session.play(request)
                self.session.break_on_request(temporary=True)
                self._moved(self.session.cont())
            if greeting:
                self.say(greeting, "y.ok")
            run_script(self.console, lines, lambda text: self.say(f"> {text}", "y.dim"))

        self._run(work, "start")

    def submit(self, line: str, *, quietly: bool = False) -> None:
        """Execute a line of the console; keys do it ``quietly``, without an echo.

        While a command is under way lines queue; a long one is stopped for them.
        """
        if self.busy:
            if len(self.queue) < _QUEUED_MAX:
                self.queue.append((line, quietly))
            else:
                self.say(f"{line!r} is left out: {_QUEUED_MAX} commands wait already", "y.error")
            if self.long:
                self.session.interrupt()
        else:
            if line and not quietly:
                self.say(f"> {line}", "y.dim")
            self._run(lambda: self.console.execute(line), line or self.console.last)

    def _run(self, work: Callable[[], None], doing: str) -> None:
        self.busy, self.since, self.doing = True, time.monotonic(), doing
        self.runner(lambda: self._work(work))

    def _work(self, work: Callable[[], None]) -> None:
        try:
            self._attempt(work)
            while self.queue and not self.leaving:
                line, quietly = self.queue.popleft()
                self.since, self.doing = time.monotonic(), line
                if line and not quietly:
                    self.say(f"> {line}", "y.dim")
                self._attempt(lambda line=line: self.console.execute(line))  # type: ignore[misc]
        finally:
            self.busy = False
            self.changed()

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Leave:
            self.leaving = True
        except YmawkyError as error:
            self.say(str(error), "y.error")
        except Exception as error:  # noqa: BLE001 - a defect of ours must not end the session
            self.say(f"internal error: {type(error).__name__}: {error}", "y.error")

    def interrupt(self) -> None:
        """Stop what runs."""
        self.queue.clear()
        self.session.interrupt()

    def _moved(self, event: StopEvent) -> None:
        for name, view in self.views.items():
            if name not in {"memory", "calls"}:
                view.follow()
        self.path = ""
        self.say(stop_report(self.session, event) if isinstance(event, Ended) else summary(event),
                 "y.ok")  # fmt: skip

    # -- what is shown ------------------------------------------------------------------------

    @property
    def place(self) -> Place | None:
        """Where the process in focus stands, or None before the start."""
        if not self.session.started:
            return None
        with contextlib.suppress(DebugError):
            return self.session.place()
        return None

    def standing(self, event: StopEvent) -> str:
        """Say why the program stands still, or where the process does that was switched to."""
        session = self.session
        other = session.started and not self.busy and session.focus.pid != event.pid
        if not other or isinstance(event, Ended) or not session.alive:
            return summary(event)
        return f"[{session.focus.pid}] switched to, at {session.place()}"

    @property
    def view(self) -> View:
        """The view of the panel in focus."""
        return self.views[self.focus]

    def show(self, name: str) -> None:
        """Bring a panel to the front, and the focus to it."""
        self.hidden.discard(name)
        self.focus = name
        if self.zoomed:
            self.zoomed = name
        for names in list(self.front):
            if name in names:
                self.front[names] = name

    def turn(self, step: int) -> None:
        """Go to the next panel that is not hidden."""
        left = [name for name in PANELS if name not in self.hidden]
        at = left.index(self.focus) if self.focus in left else 0
        self.show(left[(at + step) % len(left)])

    def present(self) -> None:
        """Show where the process stands again, in all panels."""
        self.path = ""
        for view in self.views.values():
            view.follow()
            view.left = 0

    def hide(self) -> None:
        """Hide the panel in focus; the console stays."""
        if self.focus != "console":
            self.hidden.add(self.focus)
            self.zoomed = ""
            left = [name for name in PANELS if name not in self.hidden]
            self.focus = left[0]

    def zoom(self) -> None:
        """Give the panel in focus the whole screen, or take it back."""
        self.zoomed = "" if self.zoomed else self.focus

    def next_theme(self) -> None:
        """Change the colours."""
        self.theme = NAMES[(NAMES.index(self.theme) + 1) % len(NAMES)]

    def look_at(self, address: int) -> None:
        """Show the source and the code of an address, wherever the process stands."""
        place = self.session.place_of(address)
        self.path = place.path
        self.views["code"].wanted = address
        if place.line:
            self.views["source"].wanted = place.line
            self.show("source")
        else:
            self.show("code")

    def copy(self, form: str) -> None:
        """Do ``copy as FORM``, and hand the text to :attr:`clipboard`."""

        def work() -> None:
            self._copying = []
            try:
                self.console.execute(f"copy as {form}")
                self.clipboard("\n".join(self._copying))
            finally:
                self._copying = None

        if not self.busy:
            self._run(work, f"copy as {form}")
