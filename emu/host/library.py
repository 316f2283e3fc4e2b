"""Libraries of the host."""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["open_library"]


def open_library(path: str) -> int | None:
    """Open a library for :class:`ctypes.CDLL`, or leave that to it (None).

    ctypes looks up all that a library calls at once, in Unicorn's 8,000 functions of nine
    architectures; the loader does that at the first call of each.
    """
    if sys.platform == "win32":
        return None
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
    dlopen.restype = ctypes.c_void_p
    handle: int | None = dlopen(os.fsencode(path), os.RTLD_LAZY)
    return handle
