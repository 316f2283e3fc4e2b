"""The command line: completion out of the table of commands, history, suggestions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from debugger.project import project_directory

if TYPE_CHECKING:
    from prompt_toolkit.document import Document

    from debugger.tui.state import State

__all__ = ["CommandCompleter", "make_buffer"]


class CommandCompleter(Completer):
    """Completes the last word, with the commands' own completions."""

    def __init__(self, state: State) -> None:
        """Complete for the console of ``state``."""
        self._state = state

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """Yield what the last word may become; nothing while a question is answered."""
        del complete_event
        if self._state.asking or self._state.busy:
            return
        line = document.text_before_cursor
        word = line.rpartition(" ")[2]
        for found in self._state.console.complete(line):
            yield Completion(found, -len(word))


def _history() -> History:
    try:
        return FileHistory(str(project_directory() / "history"))
    except OSError:
        return InMemoryHistory()


def make_buffer(state: State, accept: Callable[[str], None]) -> Buffer:
    """Return the command line's buffer; ``accept`` gets each line."""

    def take(buffer: Buffer) -> bool:
        accept(buffer.text)
        return False

    return Buffer(
        name="command",
        multiline=False,
        completer=CommandCompleter(state),
        complete_while_typing=False,
        history=_history(),
        auto_suggest=AutoSuggestFromHistory(),
        accept_handler=take,
    )
