"""Reads a guest's path: what it consists of, and the limits that xnu sets.

No host is asked here. :mod:`emu.host.walk` goes along the components.
"""

from functools import lru_cache
from typing import NamedTuple

from emu.darwin.flags import NAME_MAX, PATH_MAX
from emu.host.errors import failure

__all__ = ["Path", "parse"]

#: Paths whose parts are remembered: a server is asked for the same ones.
_REMEMBERED = 256


class Path(NamedTuple):
    """A path in parts.

    Attributes:
        absolute: it starts at the root.
        names: the components without ``.`` and empty ones; empty for the start itself.
        directory: it ends in a slash or a dot, so it names a directory or nothing.
    """

    absolute: bool
    names: tuple[bytes, ...]
    directory: bool


@lru_cache(_REMEMBERED)
def parse(path: bytes) -> Path:
    """Take ``path`` apart.

    Raises:
        DarwinError: ENOENT for the empty path; ENAMETOOLONG for one of 1,024 bytes and more, or
            a component of more than 255.
    """
    if not path:
        raise failure("ENOENT")
    if len(path) >= PATH_MAX:
        raise failure("ENAMETOOLONG")
    parts = path.split(b"/")
    names = tuple(name for name in parts if name and name != b".")
    if len(path) > NAME_MAX and max(map(len, names), default=0) > NAME_MAX:
        raise failure("ENAMETOOLONG")
    return Path(path[0] == 0x2F, names, parts[-1] in {b"", b"."})
