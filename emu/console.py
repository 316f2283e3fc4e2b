"""The emulator's own words on stderr, and standard streams that are there in any case."""

from __future__ import annotations

import os
import sys

__all__ = ["plug_closed_streams", "say", "write"]


def say(line: str) -> None:
    """Write one of the emulator's own lines to stderr."""
    write(f"ymawky-emu: {line}")


def write(line: str) -> None:
    """Write a line to stderr; one that cannot be written is dropped."""
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        # A full disk or a reader who left: what is still buffered must not fail again at exit.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until exit


def plug_closed_streams() -> None:
    """Put the null device in the place of those of descriptors 0-2 that are closed.

    Else the next files to be opened would stand there, and whoever writes to stdout or stderr
    would write into them.
    """
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
