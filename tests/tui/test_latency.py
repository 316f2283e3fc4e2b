"""A step with its redraw, from the key to the last byte for the terminal: ``-s`` shows it."""

from __future__ import annotations

import asyncio
import io
import statistics
import time
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from debugger.client import get
from debugger.session import Session
from debugger.tui.application import Debugger
from debugger.tui.state import State
from emu.launch import Options
from tests.tui.pseudo import ROOT

STEPS = 40


async def _steps(debugger: Debugger, keys: PipeInput) -> list[float]:
    """Press s again and again; return the seconds that each step took."""
    state, done = debugger.state, asyncio.Event()
    before = state.session.event

    def drawn(_application: object) -> None:
        if not state.busy and state.session.event is not before:
            done.set()

    debugger.application.after_render += drawn
    times = []
    for _ in range(STEPS):
        before = state.session.event
        done.clear()
        start = time.perf_counter()
        keys.send_text("s")
        await done.wait()
        times.append(time.perf_counter() - start)
    return times


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (190, 60)])
def test_a_step_with_its_redraw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int, rows: int
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    async def measured(debugger: Debugger, keys: PipeInput) -> list[float]:
        running = asyncio.create_task(
            debugger.application.run_async(pre_run=lambda: debugger.state.begin([], get("/")))
        )
        debugger.state.runner = debugger._run
        debugger.state.changed = debugger._changed
        while debugger.state.session.event is None or debugger.state.busy:
            await asyncio.sleep(0)
        try:
            return await _steps(debugger, keys)
        finally:
            debugger.application.exit()
            await running

    size = Size(rows=rows, columns=columns)
    output = Vt100_Output(io.StringIO(), lambda: size, term="xterm-256color")
    options = Options(root=ROOT, port=0)
    with (
        create_pipe_input() as keys,
        create_app_session(input=keys, output=output),
        Session(options) as session,
    ):
        debugger = Debugger(State(session))
        times = asyncio.run(measured(debugger, keys))
    middle = statistics.median(times)
    print(f"{columns}x{rows}: a step with its redraw takes {middle * 1000:.1f} ms")  # noqa: T201
    assert middle < 0.030 if (columns, rows) == (80, 24) else middle < 0.2
