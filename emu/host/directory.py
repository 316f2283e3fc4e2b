"""Open directories: where paths begin, and lists of entries."""

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from emu.darwin.flags import (
    DT_BLK,
    DT_CHR,
    DT_DIR,
    DT_FIFO,
    DT_LNK,
    DT_REG,
    DT_SOCK,
    DT_UNKNOWN,
    S_IFMT,
    SEEK_CUR,
    SEEK_SET,
)
from emu.host.errors import failure
from emu.host.handle import Handle, HostStat

if TYPE_CHECKING:
    from emu.host.walk import Tree

__all__ = ["Directory", "Entry"]

_TYPES = {kind << 12: kind for kind in (DT_FIFO, DT_CHR, DT_DIR, DT_BLK, DT_REG, DT_LNK, DT_SOCK)}


class Entry(NamedTuple):
    """One name in a directory, its inode number and a ``DT_`` type."""

    name: bytes
    ino: int
    type: int


class Directory(Handle):
    """An open directory.

    Entries are read from the host as they are asked for: :meth:`peek` shows the one at
    :attr:`position`, :meth:`advance` goes on. ``.`` and ``..`` come first.

    Attributes:
        node: what the tree of the host knows it by.
        is_root: it is the guest's root, so its ``..`` is itself.
        position: the number of entries passed.
    """

    __slots__ = ("_ahead", "_scan", "_tree", "is_root", "node", "position")
    kind = "directory"

    def __init__(self, tree: "Tree[Any]", node: Any, *, is_root: bool) -> None:  # noqa: ANN401
        """Own ``node`` of ``tree``."""
        super().__init__()
        self._tree = tree
        self.node = node
        self.is_root = is_root
        self.position = 0
        self._scan: Any = None
        self._ahead: Entry | None = None

    def read_into(self, view: memoryview) -> int:
        raise failure("EISDIR")

    def pread_into(self, view: memoryview, offset: int) -> int:
        raise failure("EISDIR")

    def stat(self) -> HostStat:
        return HostStat.of(self._tree.node_status(self.node))

    def path(self) -> bytes:
        return self._tree.node_path(self.node)

    def sync(self) -> None:
        """Do nothing: the host keeps directories safe by itself."""

    def peek(self) -> Entry | None:
        """Return the entry at the position, None at the end."""
        if self._ahead is None:
            self._ahead = self._read()
        return self._ahead

    def advance(self) -> None:
        """Go past the entry that :meth:`peek` shows."""
        if self.peek() is not None:
            self.position += 1
            self._ahead = None

    def seek(self, offset: int, whence: int) -> int:
        """Go to the entry that had this position; 0 reads the directory anew."""
        if whence == SEEK_CUR:
            offset += self.position
        elif whence != SEEK_SET:
            raise failure("EINVAL")
        if offset < 0:
            raise failure("EINVAL")
        if offset == 0 or offset < self.position:
            self._rewind()
        while self.position < offset and self.peek() is not None:
            self.advance()
        return self.position

    def _rewind(self) -> None:
        """Stand before the first entry."""
        if self._scan is not None:
            self._scan.close()
            self._scan = None
        self._ahead = None
        self.position = 0

    def _read(self) -> Entry | None:
        """Read the entry at the position from the host."""
        if self.position == 0:
            return Entry(b".", self._tree.node_status(self.node).st_ino, DT_DIR)
        if self.position == 1:
            return Entry(b"..", self._parent_ino(), DT_DIR)
        if self._scan is None:
            self._scan = self._tree.scan(self.node)
        entry = next(self._scan, None)
        if entry is None:
            return None
        return Entry(os.fsencode(entry.name), entry.inode(), _type(entry))

    def _parent_ino(self) -> int:
        """Return the inode number of ``..``."""
        tree = self._tree
        if self.is_root:
            return tree.node_status(self.node).st_ino
        parent = tree.up(self.node)
        try:
            return tree.node_status(parent).st_ino
        finally:
            tree.release(parent)

    def __del__(self) -> None:
        """Close with the last process that has it as its working directory."""
        self.close()

    def _release(self) -> None:
        if self._scan is not None:
            self._scan.close()
        self._tree.release(self.node)


def _type(entry: os.DirEntry[str]) -> int:
    """Return the ``DT_`` type; the host is asked again only for what is rare."""
    if entry.is_symlink():
        return DT_LNK
    if entry.is_file(follow_symlinks=False):
        return DT_REG
    if entry.is_dir(follow_symlinks=False):
        return DT_DIR
    try:
        return _TYPES.get(entry.stat(follow_symlinks=False).st_mode & S_IFMT, DT_UNKNOWN)
    except OSError:
        return DT_UNKNOWN
