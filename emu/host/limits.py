"""What the host lets one process have, raised as far as it goes."""

from __future__ import annotations

import contextlib
import sys

__all__ = ["raise_open_files"]

#: More than any guest machine needs; macOS refuses to raise the limit to "unlimited".
_WANTED = 65536


def raise_open_files() -> None:
    """Raise the host's limit of open descriptors: all guest processes share one host process."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft < wanted:
        # What is left then is enough for most; a guest beyond it sees ENFILE.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
