"""Printing what tells of file systems, and the structs of before 64-bit inode numbers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from emu.darwin.oldfiles import DIRENT_NAME, Stat, Statfs
from emu.darwin.structs import Statfs64
from emu.strace.pointers import file_mode, names_of_entries
from emu.strace.shown import fetch, fields, pointer, quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.strace.shown import Shown

__all__ = ["FORMATS"]

#: Where an old entry has its length and that of its name.
_ENTRY = struct.Struct("<4xHxB")


def _statfs(shown: Shown, i: int) -> str:
    return _one(shown, i, Statfs64)


def _old_statfs(shown: Shown, i: int) -> str:
    return _one(shown, i, Statfs)


def _one(shown: Shown, i: int, layout: type[Statfs64 | Statfs]) -> str:
    """Show one file system; getfsstat writes as many as its result says."""
    address = shown.values[i]
    data = None if shown.error or not address else fetch(shown.space, address, layout.SIZE)
    if data is None or (i == 0 and not shown.count()):
        return pointer(address)
    known = layout.unpack(data)
    text = fields(
        (
            ("f_bsize", known.bsize),
            ("f_blocks", known.blocks),
            ("f_bavail", known.bavail),
            ("f_fstypename", _name(known.fstypename)),
            ("f_mntonname", _name(known.mntonname)),
        )
    )
    return f"{text[:-1]}, ...}}"


def _name(padded: bytes) -> str:
    return quote(padded.partition(b"\0")[0])


def _old_stat(shown: Shown, i: int) -> str:
    address = shown.values[i]
    data = None if shown.error else fetch(shown.space, address, Stat.SIZE)
    if data is None:
        return pointer(address)
    known = Stat.unpack(data)
    return f"{{st_mode={file_mode(known.mode)}, st_size={known.size}, st_ino={known.ino}, ...}}"


def _old_dirents(shown: Shown, i: int) -> str:
    """Show the names of the first entries that were read."""
    address, count = shown.values[i], shown.count()
    data = fetch(shown.space, address, count) if count else None
    if data is None:
        return pointer(address)
    return names_of_entries(data, _ENTRY, DIRENT_NAME)


FORMATS: Final[dict[str, Callable[[Shown, int], str | None]]] = {
    "statfs_out": _statfs,
    "old_statfs_out": _old_statfs,
    "old_stat_out": _old_stat,
    "old_dirents_out": _old_dirents,
}
