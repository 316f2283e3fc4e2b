"""Renaming without replacing, and exchanging: what ``rename`` alone cannot do."""

from __future__ import annotations

import ctypes
import os
import sys

from emu.darwin.flags import RENAME_EXCL, RENAME_SWAP
from emu.host.errors import failure

__all__ = ["rename_with_flags"]


def rename_with_flags(node: int, name: bytes, to: int, to_name: bytes, flags: int) -> None:
    """Rename in one step with Darwin's ``flags``, RENAME_EXCL or RENAME_SWAP.

    Args:
        node: the descriptor of the directory that holds ``name``.
        name: one component.
        to: the descriptor of the directory that gets ``to_name``.
        to_name: one component.
        flags: one of the two.

    Raises:
        OSError: EEXIST, ENOENT, …; ENOTSUP where host or file system cannot do it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux":
        call, number = "renameat2", {RENAME_EXCL: 1, RENAME_SWAP: 2}[flags]
    else:
        call, number = "renameatx_np", flags
    function = getattr(libc, call, None)
    if function is None:
        raise failure("ENOTSUP")
    function.argtypes = [
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    ]
    if function(node, name, to, to_name, number) == 0:
        return
    code = ctypes.get_errno()
    if sys.platform == "linux" and os.strerror(code) == os.strerror(22):
        raise failure("ENOTSUP" if flags == RENAME_EXCL else "EINVAL")
    raise OSError(code, os.strerror(code))
