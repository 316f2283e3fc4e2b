"""From the options of a command to a trace of a system."""

from __future__ import annotations

import io
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from emu.strace.lines import Lines
from emu.strace.objects import Objects
from emu.strace.selection import Selection
from emu.strace.sink import STDERR, Sink
from emu.strace.tracer import DEFAULT_SIZE, Tracer

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.system import System

__all__ = ["TraceOptions", "attach"]


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """What ``--strace`` and its companions ask for; ``path`` None means stderr."""

    path: Path | None = None
    selection: str = ""
    size: int = DEFAULT_SIZE
    times: bool = False
    objects: bool = False


def attach(system: System, options: TraceOptions, say: Callable[[str], None]) -> Sink:
    """Trace ``system`` from now on; the caller closes the sink that it gets.

    Raises:
        UsageError: the filter or the file is not possible.
    """
    selection = Selection(options.selection)
    if options.path is not None:
        sink = Sink(options.path, say)
    else:
        # Whoever does not take the trace would not take a line about it either.
        sink = Sink(_stderr(), _drop, name=STDERR)
    renderer = Objects(sink) if options.objects else Lines(sink)
    clock = time.time_ns if options.times else None
    system.observe(Tracer(renderer, selection=selection, size=options.size, clock=clock))
    return sink


def _drop(_line: str) -> None:
    """Say nothing."""


def _stderr() -> BinaryIO:
    """Return a raw stream on stderr: a buffered one holds a lock that a full pipe keeps."""
    try:
        return io.FileIO(sys.stderr.fileno(), "wb", closefd=False)
    except (OSError, ValueError):
        return sys.stderr.buffer
