"""What is kept of a project between sessions: the history, and breakpoints of a lost terminal."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

__all__ = ["project_directory"]


def project_directory() -> Path:
    """Return the directory for the working directory's project, made if need be.

    It is under ``$XDG_STATE_HOME`` (``~/.local/state``), or ``%LOCALAPPDATA%`` on Windows.
    """
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home())
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    here = Path.cwd()
    mark = hashlib.sha256(str(here).encode()).hexdigest()[:12]
    made = base / "ymawky" / f"{here.name or 'root'}-{mark}"
    made.mkdir(parents=True, exist_ok=True)
    return made
