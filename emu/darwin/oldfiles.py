"""Structs of the file calls before 64-bit inode numbers (xnu: ``user64_stat`` and its like).

``stat``, ``statfs`` and ``getdirentries`` have them; C libraries for arm64 never ask for them, but
the calls are there.
"""

from typing import Annotated

from emu.darwin.layout import I16, I32, I64, U8, U16, U32, U64, Layout, characters, layout

__all__ = ["DIRENT_NAME", "Dirent32", "Stat", "Statfs", "pack_dirent"]


@layout
class Stat(Layout):
    """``struct stat`` with 32-bit inode numbers and without a time of birth."""

    dev: I32
    ino: U32
    mode: U16
    nlink: U16
    uid: U32
    gid: U32
    rdev: I32
    atime: I64
    atime_nsec: I64
    mtime: I64
    mtime_nsec: I64
    ctime: I64
    ctime_nsec: I64
    size: I64
    blocks: I64
    blksize: I32
    flags: U32
    gen: U32
    lspare: I32 = 0
    qspare: Annotated[bytes, characters(16, 8)] = b""


@layout
class Statfs(Layout):
    """``struct statfs`` with short names."""

    otype: I16
    oflags: I16
    bsize: I64
    iosize: I64
    blocks: U64
    bfree: U64
    bavail: U64
    files: U64
    ffree: U64
    fsid0: I32
    fsid1: I32
    owner: U32
    reserved1: I16
    type: I16
    flags: I64
    reserved2: Annotated[bytes, characters(16, 8)]
    fstypename: Annotated[bytes, characters(15)]
    mntonname: Annotated[bytes, characters(90)]
    mntfromname: Annotated[bytes, characters(90)]
    reserved3: U8 = 0
    reserved4: Annotated[bytes, characters(32, 8)] = b""


@layout
class Dirent32(Layout):
    """The fixed part of a directory entry; the NUL-terminated name stands behind it."""

    ino: U32
    reclen: U16
    type: U8
    namlen: U8


#: Offset of a directory entry's name.
DIRENT_NAME = Dirent32.SIZE


def pack_dirent(ino: int, kind: int, name: bytes) -> bytes:
    """Return one entry as getdirentries writes it: ``kind`` is a ``DT_`` constant."""
    reclen = (DIRENT_NAME + len(name) + 1 + 3) & ~3
    return (Dirent32(ino & 0xFFFFFFFF, reclen, kind, len(name)).pack() + name).ljust(reclen, b"\0")
