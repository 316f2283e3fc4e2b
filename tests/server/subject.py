"""The server that these tests are about: the source in the emulator, or an executable.

``YMAWKY_NATIVE=./ymawky pytest tests/server`` starts that executable by itself, as a person on
a Mac would, in the directory that it serves.  What a test can see of the two is the same but
for what the marker ``emulator`` says of single tests; those are skipped then.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from emu import asm, resources
from tests.native.building import executable, is_foreign
from tests.serving import ROOT, Served, started
from tests.serving import serving as emulated

__all__ = ["NATIVE", "command", "serving"]

#: The executable to test, or None for the source in the emulator.
NATIVE = Path(os.environ["YMAWKY_NATIVE"]).resolve() if os.environ.get("YMAWKY_NATIVE") else None


def command(root: Path, *arguments: str, program: Path | None = None) -> tuple[list[str], Path]:
    """Return what starts the server of ``root/www`` with arguments, and in which directory.

    ``program`` is an executable other than :data:`NATIVE`.  Where there is no Mac it needs the
    emulator.
    """
    program = program or NATIVE
    if program is not None and not is_foreign(program):
        return [str(program), *arguments], root
    run = [sys.executable, "-m", "emu.cli", "run", "--quiet", "--root", str(root)]
    # The emulator would take options before its program for its own.
    return [*run, str(program or _server()), "--", *arguments], ROOT


def _server() -> Path:
    """Return the source, or what ``make`` built of it where nothing can be assembled."""
    source = resources.server_source()
    return source if asm.available() else resources.prebuilt() or source


@contextmanager
def serving(
    root: Path,
    scratch: Path,
    *,
    source: Path | None = None,
    wrapper: Sequence[str] = (),
    native: Path | None = None,
) -> Iterator[Served]:
    """Serve ``root/www`` while the context lasts.

    ``source`` is one other than ``ymawky.s``; ``wrapper`` is a command that starts the server;
    ``native`` is an executable other than :data:`NATIVE`.
    """
    native = native or NATIVE
    must_build = native is not None or not asm.available()
    program = executable(source, scratch) if source is not None and must_build else source
    if native is None:
        with emulated(root, scratch, "--quiet", program=program, wrapper=wrapper) as served:
            yield served
        return
    words, cwd = command(root, "0", program=program or native)
    with started([*wrapper, *words], 0, scratch, cwd=cwd, leads=True) as served:
        yield served
