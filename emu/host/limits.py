"""What the host lets one process have, raised as far as it goes."""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
from collections.abc import Iterator

__all__ = ["raise_open_files", "spare_descriptor", "too_tight_for"]

#: More than any guest machine needs; macOS refuses to raise the limit to "unlimited".
_WANTED = 65536


#: Descriptors that are kept for :func:`spare_descriptor`: one, or none where there was none left.
_spare: list[int] = []


def raise_open_files() -> None:
    """Raise the host's limit of open descriptors: all guest processes share one host process."""
    _keep_spare()
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft < wanted:
        # What is left then is enough for most; a guest beyond it sees ENFILE.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def too_tight_for(size: int) -> int | None:
    """Return the limit of address space (``ulimit -v``, bytes) that keeps ``size`` from being had.

    None where there is no limit or room enough.
    """
    if sys.platform == "win32":
        return None
    import resource

    allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
    if allowed == resource.RLIM_INFINITY:
        return None
    try:
        mmap.mmap(-1, size, prot=0).close()
    except OSError:
        return allowed
    return None


def _keep_spare() -> None:
    if not _spare:
        with contextlib.suppress(OSError):
            _spare.append(os.open(os.devnull, os.O_RDONLY))


@contextlib.contextmanager
def spare_descriptor() -> Iterator[None]:
    """Have one descriptor of the host's free, even when the guests have taken all others.

    The emulator reads files of its own at times, such as a module that is imported late.
    """
    if _spare:
        os.close(_spare.pop())
    try:
        yield
    finally:
        _keep_spare()
