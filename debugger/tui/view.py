"""How one panel is looked at: scrolled where, the cursor on which line; and its lines drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from debugger.tui.page import Page, Row, page_of
from debugger.tui.style import ptk

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from rich.console import Console

__all__ = ["View"]


@dataclass(slots=True)
class View:
    """One panel's scroll position.

    Attributes:
        top: the first line in sight; ``left`` the first column.
        cursor: the chosen line, or None to follow the page's own line.
        wanted: what to show at the next drawing (an address, a line), or None.
    """

    top: int = 0
    left: int = 0
    cursor: int | None = None
    wanted: Any = None
    height: int = 1
    width: int = 80
    page: Page = field(default_factory=lambda: page_of([]))
    drawn: list[StyleAndTextTuples] = field(default_factory=list)

    @property
    def line(self) -> int:
        """The line that keys are about."""
        if self.cursor is not None:
            return min(self.cursor, max(self.page.count - 1, 0))
        return max(self.page.here, 0)

    def row(self) -> Row | None:
        """What the cursor is on."""
        return self.page.row(self.line) if self.page.count else None

    def follow(self) -> None:
        """Go back to the page's own line."""
        self.cursor = self.wanted = None

    def move(self, lines: int) -> None:
        """Move the cursor, and the lines in sight with it."""
        self.cursor = min(max(self.line + lines, 0), max(self.page.count - 1, 0))

    def shift(self, columns: int) -> None:
        """Move sideways."""
        self.left = max(self.left + columns, 0)

    def scroll(self, lines: int) -> None:
        """Move the lines in sight, and the cursor only as far as it must."""
        top = min(max(self.top + lines, 0), max(self.page.count - self.height, 0))
        self.cursor = min(max(self.line, top), max(top + self.height - 1, 0))
        self.top = top

    def show(self, page: Page, height: int) -> None:
        """Take a new page and bring its line into sight."""
        self.page, self.height = page, max(height, 1)
        if self.wanted is not None:
            found = page.index(self.wanted)
            self.cursor = found if found >= 0 else None
            self.wanted = None
        line = self.line if self.cursor is not None or page.here >= 0 else 0
        # Below the present line at least one more is shown: what comes next.
        last = self.top + self.height - (2 if self.cursor is None and line < page.count - 1 else 1)
        if not self.top <= line <= last:
            self.top = line - self.height // 3
        self.top = min(max(self.top, 0), max(page.count - self.height, 0))

    def draw(self, console: Console, width: int, *, focused: bool) -> list[StyleAndTextTuples]:
        """Return the lines in sight as fragments, each as wide as the panel."""
        self.drawn = [
            self._line(console, number, width, focused=focused)
            for number in range(self.top, min(self.top + self.height, self.page.count))
        ]
        return self.drawn

    def _line(
        self, console: Console, number: int, width: int, *, focused: bool
    ) -> StyleAndTextTuples:
        text = self.page.row(number).text
        text = text[self.left :] if self.left else text.copy()
        text.truncate(width, overflow="ellipsis", pad=True)
        if self.page.current and number == self.page.here:
            text.stylize_before("y.current")
        if focused and number == self.line and (self.cursor is not None or not self.page.current):
            text.stylize_before("y.cursor")
        text.end = ""
        return [(ptk(s.style) if s.style else "", s.text) for s in text.render(console)]
