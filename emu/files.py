"""Files that a person names on a command line: what is no regular file may never end."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_descriptor", "require_regular"]

#: Names of what is open already, so that opening it does not wait for anybody.
_DESCRIPTORS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def require_regular(path: Path) -> None:
    """Refuse a pipe, whose opening waits for a writer, and a device, which may have no end.

    Directories are left to whoever opens them.

    Raises:
        OSError: it is one of these, or cannot be examined.
    """
    kind = _KINDS.get(stat.S_IFMT(path.stat().st_mode))
    if kind is not None:
        raise OSError(errno.EINVAL, f"it is {kind}; copy what it holds to a file")


def is_descriptor(path: Path) -> bool:
    """Tell whether ``path`` names a descriptor of this process: ``/dev/stdin``, ``<(…)``."""
    return os.name == "posix" and str(path).startswith(_DESCRIPTORS)
