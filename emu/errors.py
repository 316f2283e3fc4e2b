"""The exceptions of the emulator, all in one tree.

::

    YmawkyError               anything a user of the commands may see as one line
    ├── UsageError            the command line asks for something impossible
    ├── ImageError            a program file cannot be loaded
    │   └── AssemblyError     a source has errors; carries all of them
    ├── HostError             the host refuses something the emulator itself needs
    ├── DebugError            the debugger cannot do what a command asks
    │   └── ExpressionError   an expression is wrong; says where
    ├── StrictError           ``--strict``: the guest made a call that is not implemented
    └── MachineError          the CPU engine refuses; a defect of ours, never of the guest

What a *guest* sees as a failed call is not in this tree: that is
:class:`emu.darwin.errno.Errno`, and a Python bug must never turn into one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "AssemblyError",
    "DebugError",
    "Diagnostic",
    "ExpressionError",
    "HostError",
    "ImageError",
    "MachineError",
    "StrictError",
    "UsageError",
    "YmawkyError",
]


class YmawkyError(Exception):
    """Base of all errors that end a command with one clear line."""


class UsageError(YmawkyError):
    """The command line names something that is not there or not possible."""


class ImageError(YmawkyError):
    """A program file cannot be turned into an image."""


@record
class Diagnostic:
    """One finding of the assembler at one place of a source.

    ``line`` and ``column`` count from 1; line 0 means the file as a whole.  ``text`` is the
    line as assembled (inside a macro: with the arguments put in), ``length`` the number of
    characters that the caret underlines.  ``stack`` says how the assembler got there, innermost
    first, in words; ``suggestion`` is a remedy or empty.
    """

    path: str
    line: int
    column: int
    message: str
    text: str = ""
    length: int = 1
    stack: tuple[str, ...] = ()
    suggestion: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        """Return the finding as a compiler prints it: place, message, line, caret, stack."""
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        out = [f"{place}: {self.severity}: {self.message}"]
        if self.text:
            lead = "".join("\t" if c == "\t" else " " for c in self.text[: self.column - 1])
            out += [f"  {self.text}", f"  {lead}^{'~' * (self.length - 1)}"]
        out += [f"  {note}" for note in self.stack]
        if self.suggestion:
            out.append(f"  {self.suggestion}")
        return "\n".join(out)


class AssemblyError(ImageError):
    """Sources cannot be assembled; ``diagnostics`` are all the errors found."""

    #: How many diagnostics ``str()`` prints in full.
    SHOWN = 30

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Take the errors in the order of the source."""
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        """Return the first errors in full, and how many there are."""
        shown = [str(d) for d in self.diagnostics[: self.SHOWN]]
        more = len(self.diagnostics) - len(shown)
        if more:
            shown.append(f"... and {more} more errors")
        return "\n".join(shown)


class HostError(YmawkyError):
    """The host refuses a resource that the emulator needs for itself."""


class DebugError(YmawkyError):
    """A debugger command asks for something impossible; the session lives on."""


class ExpressionError(DebugError):
    """An expression cannot be read or evaluated; ``str()`` marks the column."""

    def __init__(self, message: str, text: str, column: int) -> None:
        """Take what is wrong, the expression, and the 0-based column in it."""
        super().__init__(message)
        self.message = message
        self.text = text
        self.column = column

    def __str__(self) -> str:
        """Return the message, the expression, and a caret under the column."""
        return f"{self.message}\n  {self.text}\n  {' ' * self.column}^"


class StrictError(YmawkyError):
    """The guest made a call that is not implemented; the text is a whole report."""


class MachineError(YmawkyError):
    """The CPU engine refuses an operation; never caused by a guest."""
