"""The headless debugger: one object to start, move and look at a guest.

::

    with Session(Options(program=Path("hello.s"))) as session:
        session.start()                      # an Entry event
        session.break_at("print_line")
        event = session.cont()               # a BreakpointHit event
        session.evaluate("str[x1]")
        session.step()                       # one instruction, into calls

Every motion returns the frozen event that ended it (:mod:`debugger.events`); all else is looking
and changing.  Motions block: run them on a thread and call :meth:`Session.interrupt` from another.
What a user can do wrong raises :class:`emu.errors.DebugError` with one clear line.
"""

from __future__ import annotations

from debugger.motions import Motions
from debugger.pointing import signal_name

__all__ = ["Session", "signal_name"]


class Session(Motions):
    """A program under the debugger.  Stop points and settings outlive its runs.

    Attributes:
        program: what is debugged; ``image`` is what the process in focus runs, after an
            ``execve`` another one.
        points: breakpoints, watchpoints and catchpoints (:mod:`debugger.stopping`).
        policy: who is followed at a fork, who is frozen (:class:`debugger.engine.Policy`).
        variables: what ``set $name`` made.
        event: the last stop.
        clients: the clients that the debugger plays, in the order of their start.
        on_output: called with (descriptor, bytes) when the guest writes to its terminal.
        on_note: called with a line that the debugger itself has to say meanwhile.
    """
