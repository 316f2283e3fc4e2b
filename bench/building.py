"""Finds the programs of others, and compiles ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent

#: Where our C programs are built, once.
BUILT = ROOT / "build" / "bench"


class RivalError(Exception):
    """A server cannot be had, or broke down; the message says why in one line."""


def environment() -> dict[str, str]:
    """Return the variables for a server: ours, but for those that make any Python slow to start."""
    slow = {"PYTHONDONTWRITEBYTECODE", "PYTHONDEVMODE", "PYTHONMALLOC", "PYTHONPYCACHEPREFIX"}
    kept = {name: value for name, value in os.environ.items() if name not in slow}
    return kept | {"PYTHONPATH": str(ROOT)}


def found(command: str) -> str:
    """Return where a command is."""
    path = shutil.which(command)
    if path is None:
        raise RivalError(f"no {command} on PATH")
    return path


def sources_of(path: Path) -> tuple[list[Path], float]:
    """Return the C files whose names begin with the stem of ``path``, and when one changed last."""
    parts = sorted(path.parent.glob(f"{path.stem}*.[ch]"))
    changed = max((part.stat().st_mtime for part in parts), default=0.0)
    return [part for part in parts if part.suffix == ".c"], changed


def build(source: str, compiler: tuple[str, ...] = ("cc",)) -> Path:
    """Compile one of our C programs unless that is done; raise what the compiler says."""
    path = HERE / source
    binary = BUILT / f"{path.stem}-{compiler[-1]}"
    sources, changed = sources_of(path)
    if binary.exists() and binary.stat().st_mtime > changed:
        return binary
    BUILT.mkdir(parents=True, exist_ok=True)
    caches = {name: str(BUILT / "zig") for name in ("ZIG_LOCAL_CACHE_DIR", "ZIG_GLOBAL_CACHE_DIR")}
    # Another run may be using the one that is there.
    fresh = binary.with_name(f"{binary.name}.{os.getpid()}")
    done = subprocess.run(
        [found(compiler[0]), *compiler[1:], "-O2", "-static", *map(str, sources), "-o", str(fresh)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | caches,
    )
    if done.returncode != 0:
        raise RivalError(f"{source} does not build: {last_line(done.stderr)}")
    fresh.replace(binary)
    return binary


def last_line(said: str) -> str:
    """Return the last line that a program printed: its result, or why it ended."""
    return (said.strip().splitlines() or ["it does not say why"])[-1]
