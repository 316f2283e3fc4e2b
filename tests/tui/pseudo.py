"""The real program in a pseudo-terminal, and what its screen shows."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pexpect
import pyte

__all__ = ["ROOT", "Terminal"]

ROOT = Path(__file__).resolve().parent.parent.parent
#: Seconds until a condition that does not come about is a failure.
PATIENCE = 60.0


class Terminal:
    """``ymawky-dbg`` on a terminal; ``screen`` is what a person would see."""

    def __init__(
        self, state: Path, *arguments: str, columns: int = 80, rows: int = 24, **more: str
    ) -> None:
        """Start it with the history under ``state``; ``more`` is its environment."""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        kept = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLORFGBG"}}
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable,
            ["-m", "debugger.cli", "-nx", "--port", "0", *arguments],
            dimensions=(rows, columns),
            cwd=str(ROOT),
            env=kept
            | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_STATE_HOME": str(state)}
            | more,
            timeout=PATIENCE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.child.close(force=True)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def until(self, condition: Callable[[Self], bool], what: str = "") -> Self:
        """Wait until the screen is so."""
        end = time.monotonic() + PATIENCE
        while not condition(self):
            if time.monotonic() > end:
                raise AssertionError(f"never seen: {what}\n{self.text}")
            try:
                self._stream.feed(self.child.read_nonblocking(1 << 16, 0.1))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                raise AssertionError(f"ended before: {what}\n{self.text}") from None
        return self

    def see(self, *texts: str) -> Self:
        """Wait until all these texts are on the screen."""
        return self.until(lambda t: all(text in t.text for text in texts), repr(texts))

    def gone(self, text: str) -> Self:
        """Wait until a text has left the screen."""
        return self.until(lambda t: text not in t.text, f"the end of {text!r}")

    def settle(self) -> Self:
        """Wait until nothing more is drawn: a picture is taken of a whole screen."""
        with contextlib.suppress(pexpect.TIMEOUT):
            while True:
                self._stream.feed(self.child.read_nonblocking(1 << 16, 0.3))
        return self

    def press(self, keys: str) -> Self:
        """Press keys."""
        self.child.send(keys)
        return self

    def command(self, line: str) -> Self:
        """Type a command at the command line, from a panel."""
        self.press(":").see("does it").press(f"{line}\r").press("\x1b")
        return self.see(" s step")

    def resize(self, columns: int, rows: int) -> Self:
        """Let the terminal have another size."""
        self.screen.resize(rows, columns)
        self.screen.reset()
        self.child.setwinsize(rows, columns)
        return self

    def finish(self) -> int:
        """Wait for the end; returns the exit status."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return -1 if self.child.exitstatus is None else self.child.exitstatus
