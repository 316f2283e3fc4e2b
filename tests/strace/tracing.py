"""Traces of a few lines of assembly."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from emu.strace import Lines, Objects, Selection, Sink, Tracer
from tests.guest import prepare_guest
from tests.hourglass import Hourglass

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emu.system import System

__all__ = ["trace"]


def trace(
    root: Path,
    text: str,
    *,
    objects: bool = False,
    selection: str = "",
    size: int = 32,
    clock: Callable[[], int] | None = None,
    before: Callable[[System], None] = lambda _system: None,
) -> list[str]:
    """Run ``text`` and return the lines of its trace; inode numbers are left out."""
    system, process, _ = prepare_guest(root, text)
    out = io.BytesIO()
    said: list[str] = []
    sink = Sink(out, said.append, name="here")
    renderer = Objects(sink) if objects else Lines(sink)
    system.observe(Tracer(renderer, selection=Selection(selection), size=size, clock=clock))
    before(system)
    # A process runs until it waits, and time passes then: the order of the lines is one.
    Hourglass(system)
    try:
        system.run(process)
    finally:
        sink.close()
        system.host.close()
    assert said == []
    return re.sub(r"st_ino=\d+", "st_ino=1", out.getvalue().decode()).splitlines()
