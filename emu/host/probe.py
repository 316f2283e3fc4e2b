"""Whether an address can be listened on, asked before a guest starts."""

from __future__ import annotations

import socket
import sys

from emu.darwin.errno import MESSAGES, NAMES
from emu.host.errors import darwin_errno

__all__ = ["bind_problem", "problem_of"]


def bind_problem(address: str, port: int) -> str | None:
    """Return why ``address:port`` cannot be bound, in Darwin's words, or None if it can.

    Binds and lets go at once; port 0 can always be had.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if sys.platform != "win32":
                # As servers do: a connection in TIME_WAIT is no obstacle.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        return problem_of(error)
    return None


def problem_of(error: OSError) -> str:
    """Return what went wrong in Darwin's words."""
    return MESSAGES[NAMES[darwin_errno(error)]]
