"""An error at a place inside one statement, before anyone knows which line that is."""

from __future__ import annotations

__all__ = ["Problem"]


class Problem(Exception):  # noqa: N818 - not an error of the program: it becomes a Diagnostic
    """What is wrong with a statement: message, column inside the statement, remedy.

    ``column`` is 0-based and None where the statement as a whole is meant.
    """

    def __init__(
        self, message: str, column: int | None = None, length: int = 1, suggestion: str = ""
    ) -> None:
        """Describe an error at ``column`` that covers ``length`` characters."""
        super().__init__(message)
        self.message = message
        self.column = column
        self.length = length
        self.suggestion = suggestion
