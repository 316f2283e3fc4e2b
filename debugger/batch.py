"""No terminal: commands in, text or JSON out, for scripts, golden files and editors.

The output is stable: nothing in it depends on the clock, the host or the order of threads.  Each
command is echoed behind the prompt, then comes what it says.  With ``--json`` each line is one
object; its ``kind`` is that of a stop event, or "output", "guest", "note" or "error".
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, TextIO

from debugger.commands.console import Console, Leave
from debugger.events import StopEvent, as_dict
from debugger.render import stop_report
from debugger.script import ScriptLine, run_script
from emu.errors import DebugError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debugger.session import Session

__all__ = ["PROMPT", "Batch"]

PROMPT = "(ymawky-dbg) "
#: Bytes of a line of the guest's that are waited for its end.
_LINE_MAX = 1 << 16


class Batch:
    """Executes lines and writes to a stream."""

    def __init__(
        self, session: Session, *, json_lines: bool = False, stream: TextIO | None = None
    ) -> None:
        """Write text, or objects with ``json_lines``, to ``stream`` (stdout)."""
        self.session = session
        self._json = json_lines
        self._stream = stream or sys.stdout
        self._guest = {1: b"", 2: b""}
        session.on_output = self._on_output
        session.on_note = lambda line: self._emit("note", line)
        self.console = Console(session, out=self._out, on_event=self._on_event)

    def run(self, lines: Sequence[ScriptLine]) -> int:
        """Execute lines up to the first that fails; returns the exit status."""
        try:
            run_script(self.console, lines, self._echo)
        except Leave:
            pass
        except DebugError as error:
            self._emit("error", str(error))
            return 1
        finally:
            self._flush_guest()
        return 0

    def report(self, event: StopEvent) -> None:
        """Write a stop."""
        self._on_event(event)

    def execute(self, line: str) -> bool:
        """Execute one line of a conversation; False once the user wants to leave."""
        try:
            self.console.execute(line)
        except Leave:
            return False
        except DebugError as error:
            self._emit("error", str(error))
        return True

    def _echo(self, text: str) -> None:
        if not self._json:
            self._write(f"{PROMPT}{text}")

    def _out(self, line: str) -> None:
        self._emit("output", line)

    def _on_event(self, event: StopEvent) -> None:
        self._flush_guest()
        if self._json:
            self._write(json.dumps(as_dict(event)))
        else:
            self._write(stop_report(self.session, event))

    def _emit(self, kind: str, text: str) -> None:
        if self._json:
            self._write(json.dumps({"kind": kind, "text": text}))
        else:
            self._write(f"error: {text}" if kind == "error" else text)

    def _on_output(self, descriptor: int, data: bytes) -> None:
        """Write what the guest writes, a line at a time."""
        lines = (self._guest[descriptor] + data).split(b"\n")
        self._guest[descriptor] = lines.pop()
        for line in lines:
            self._emit("guest", line.decode("utf-8", "replace"))
        if len(self._guest[descriptor]) > _LINE_MAX:
            # Whoever writes no end of a line is not kept back for ever.
            self._emit("guest", self._guest[descriptor].decode("utf-8", "replace"))
            self._guest[descriptor] = b""

    def _flush_guest(self) -> None:
        for descriptor, rest in self._guest.items():
            if rest:
                self._emit("guest", rest.decode("utf-8", "replace"))
                self._guest[descriptor] = b""

    def _write(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()
