"""Programs for macOS, built as ``make`` builds them where there is no Mac."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
#: The Makefile's: what zig needs of its own is built once, in ten seconds or so.
CACHE = ROOT / "build" / "zig"


def cross_compile(source: Path, target: Path, *options: str) -> Path:
    """Compile and link one source, C or assembly, with libSystem; return ``target``."""
    command = [sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-macos"]
    done = subprocess.run(
        [*command, *options, "-o", str(target), str(source)],
        env={
            **os.environ,
            "ZIG_GLOBAL_CACHE_DIR": str(CACHE),
            "ZIG_LOCAL_CACHE_DIR": str(CACHE),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target
