"""Executables for macOS: built by the system's compiler on a Mac, elsewhere by zig."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

from emu import macho
from tests.macho.cross import cross_compile

__all__ = ["HOST_RUNS_IT", "executable", "is_foreign"]

#: Whether this machine starts arm64 executables for macOS by itself.
HOST_RUNS_IT = sys.platform == "darwin" and platform.machine() == "arm64"


def executable(source: Path, scratch: Path) -> Path:
    """Build ``source`` in ``scratch`` as ``make`` builds the server; return the executable."""
    target = scratch / "ymawky"
    if not HOST_RUNS_IT:
        return cross_compile(source, target)
    command = ["cc", "-arch", "arm64", "-o", str(target), str(source)]
    subprocess.run(command, check=True, timeout=60)
    return target


def is_foreign(program: Path) -> bool:
    """Tell whether ``program`` is for macOS, and this machine is no Mac that could start it."""
    with program.open("rb") as file:
        return macho.is_macho(file.read(16)) and not HOST_RUNS_IT
