"""``python -m bench.latency``: a step of the debugger's screen with its redraw.

The real application gets its keys from a pipe and draws into memory; what is told is the median
time from the key to the last byte for the terminal, and the bytes that a step writes.
"""

from __future__ import annotations

import asyncio
import io
import os
import statistics
import tempfile
import time

from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from bench.rivals import ROOT
from debugger.client import get
from debugger.events import StopEvent
from debugger.session import Session
from debugger.tui.application import Debugger
from debugger.tui.state import State
from emu.launch import Options

__all__ = ["main"]

STEPS = 40
SIZES = ((80, 24), (190, 60))


async def _drawn(debugger: Debugger, before: StopEvent | None) -> None:
    """Wait until another stop than ``before`` is on the screen."""
    state, done = debugger.state, asyncio.Event()

    def look(_application: object) -> None:
        if not state.busy and state.session.event is not before:
            done.set()

    debugger.application.after_render += look
    await done.wait()
    debugger.application.after_render -= look


async def _steps(debugger: Debugger, keys: PipeInput) -> list[float]:
    """Press s again and again; return the seconds that each step took."""
    state, times = debugger.state, []
    state.runner, state.changed = debugger._run, debugger._changed  # noqa: SLF001
    running = asyncio.create_task(
        debugger.application.run_async(pre_run=lambda: state.begin([], get("/")))
    )
    await _drawn(debugger, None)
    for _ in range(STEPS):
        before = state.session.event
        start = time.perf_counter()
        keys.send_text("s")
        await _drawn(debugger, before)
        times.append(time.perf_counter() - start)
    debugger.application.exit()
    await running
    return times


def _measured(columns: int, rows: int) -> str:
    screen, size = io.StringIO(), Size(rows=rows, columns=columns)
    output = Vt100_Output(screen, lambda: size, term="xterm-256color")
    with (
        create_pipe_input() as keys,
        create_app_session(input=keys, output=output),
        Session(Options(root=ROOT, port=0)) as session,
    ):
        times = asyncio.run(_steps(Debugger(State(session)), keys))
    return (
        f"{columns}x{rows}: a step with its redraw takes {statistics.median(times) * 1000:.1f} ms, "
        f"{min(times) * 1000:.1f} ms at best (of {STEPS}), and writes "
        f"{len(screen.getvalue()) / (STEPS + 1) / 1000:.1f} KB"
    )


def main() -> None:
    """Print a line for each size of the terminal."""
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        for columns, rows in SIZES:
            print(_measured(columns, rows), flush=True)


if __name__ == "__main__":
    main()
