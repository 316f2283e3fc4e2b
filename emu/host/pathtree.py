"""One step in the host's directories, on paths: for hosts that cannot open a directory.

The steps are those of :mod:`emu.host.tree`, and a node is an absolute path. Each component is
still looked at before it is passed and no link is ever followed by the host, but another process
of the host that exchanges a directory for a link between the look and the step can win the race:
such a host has no call that would refuse.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

from emu.darwin.flags import RENAME_EXCL
from emu.host.errors import failure
from emu.host.walk import Tree

__all__ = ["PathTree", "make_tree"]

#: Characters that mean something else than themselves to Windows, or nothing at all.
_FORBIDDEN = set('<>:"/\\|?*') | {chr(code) for code in range(32)}
_RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"
}
_REPARSE_POINT = 0x400
_QUIET = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
_NEVER = _QUIET | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def make_tree(root: Path) -> Tree[Any]:
    """Return the best way that this host has to step through the directories of ``root``."""
    if sys.platform == "win32":
        return PathTree(root)
    else:  # noqa: RET505 - so that mypy sees it
        from emu.host.tree import DescriptorTree

        return DescriptorTree(root)


class PathTree:
    """The directories under a root, by path.

    Attributes:
        root: the real path of the root.
    """

    def __init__(self, root: Path) -> None:
        """Take ``root``, which may itself be reached through symbolic links."""
        self.root = os.path.realpath(root)
        status = os.stat(self.root)
        if not stat.S_ISDIR(status.st_mode):
            raise failure("ENOTDIR")
        self._identity = status.st_dev, status.st_ino

    def close(self) -> None:
        """Hold nothing."""

    def is_root(self, status: os.stat_result) -> bool:
        """Tell whether ``status`` is the root's."""
        return (status.st_dev, status.st_ino) == self._identity

    def enter(self, node: str, name: bytes) -> str:
        """Return the directory ``name`` in ``node``."""
        path = _join(node, name)
        if not stat.S_ISDIR(_plain_status(path).st_mode):
            raise failure("ENOTDIR")
        return path

    def up(self, node: str) -> str:
        """Return the parent of ``node``; the root is its own."""
        return node if node == self.root else os.path.dirname(node)

    def check_inside(self, node: str) -> None:
        """Do nothing: going up is taking a name away, and ends at the root."""

    def release(self, node: str) -> None:
        """Hold nothing."""

    def read_link(self, node: str, name: bytes) -> bytes | None:
        """Return where the symbolic link ``name`` points, None for anything else."""
        path = _join(node, name)
        if not stat.S_ISLNK(_plain_status(path).st_mode):
            return None
        return os.fsencode(os.readlink(path).removeprefix("\\\\?\\").replace(os.sep, "/"))

    def open(self, node: str, name: bytes, flags: int, mode: int) -> int:
        """Open ``name``; -1 stands for a directory."""
        path = _join(node, name)
        try:
            found = stat.S_IFMT(_plain_status(path).st_mode)
        except FileNotFoundError:
            found = 0
        if found == stat.S_IFLNK:
            raise failure("EEXIST" if flags & os.O_EXCL else "ELOOP")
        if found == stat.S_IFDIR:
            if flags & os.O_CREAT and flags & os.O_EXCL:
                raise failure("EEXIST")
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
                raise failure("EISDIR")
            return -1
        return os.open(path, flags | _NEVER, mode)

    def listing(self, node: str, name: bytes, fd: int) -> str:
        """Return the node of a directory that :meth:`open` found."""
        del fd
        return _join(node, name)

    def scan(self, node: str) -> "os._ScandirIterator[str]":  # noqa: UP037
        """Return the entries of a directory as the host gives them, a few at a time."""
        return os.scandir(node)

    def place(self, node: str, name: bytes) -> str:
        """Return the host's path for a call that takes nothing else (bind, connect)."""
        return _join(node, name)

    def node_path(self, node: str) -> bytes:
        """Return where a directory is in the guest's file system."""
        inside = os.path.relpath(node, self.root)
        return b"/" if inside == "." else b"/" + os.fsencode(inside.replace(os.sep, "/"))

    def fd_path(self, fd: int) -> bytes:
        """Refuse: such a host does not tell where an open file is."""
        del fd
        raise failure("ENOTSUP")

    def status(self, node: str, name: bytes) -> os.stat_result:
        """Return what the host knows of ``name``, of the link itself where it is one."""
        return _plain_status(_join(node, name))

    def node_status(self, node: str) -> os.stat_result:
        """Return what the host knows of a directory."""
        return os.stat(node)

    def unlink(self, node: str, name: bytes) -> None:
        """Remove a name that is no directory."""
        os.unlink(_join(node, name))

    def rmdir(self, node: str, name: bytes) -> None:
        """Remove an empty directory."""
        os.rmdir(_join(node, name))

    def mkdir(self, node: str, name: bytes, mode: int) -> None:
        """Make a directory."""
        os.mkdir(_join(node, name), mode)

    def rename(self, node: str, name: bytes, to: str, to_name: bytes, flags: int) -> None:
        """Rename; without replacing under Darwin's RENAME_EXCL."""
        if not flags:
            os.replace(_join(node, name), _join(to, to_name))
        elif flags == RENAME_EXCL and sys.platform == "win32":
            os.rename(_join(node, name), _join(to, to_name))
        else:
            raise failure("ENOTSUP")

    def link(self, node: str, name: bytes, to: str, to_name: bytes) -> None:
        """Make a second name."""
        os.link(_join(node, name), _join(to, to_name))

    def symlink(self, target: bytes, node: str, name: bytes) -> None:
        """Make a symbolic link; ``target`` is not looked at."""
        os.symlink(os.fsdecode(target), _join(node, name))

    def fifo(self, node: str, name: bytes, mode: int) -> None:
        """Refuse: such a host has no FIFOs with names."""
        raise failure("ENOTSUP")

    def chmod(self, node: str, name: bytes, mode: int) -> None:
        """Set the permissions, of which such a host has one: being written."""
        os.chmod(_join(node, name), mode)

    def access(self, node: str, name: bytes, mode: int) -> bool:
        """Tell whether a file may be used so."""
        return os.access(_join(node, name), mode)

    def utime(self, node: str, name: bytes, times_ns: tuple[int, int] | None) -> None:
        """Set the times of access and change of content, to now where None."""
        path = _join(node, name)
        if times_ns is None:
            os.utime(path)
        else:
            os.utime(path, ns=times_ns)


def _join(node: str, name: bytes) -> str:
    """Return the path of one component.

    Raises:
        DarwinError: ENOENT for a name that such a host cannot have.
    """
    if name == b".":
        return node
    text = os.fsdecode(name)
    if os.name == "nt" and not _possible(text):
        raise failure("ENOENT")
    return os.path.join(node, text)


def _possible(text: str) -> bool:
    """Tell whether Windows can have a file of this name and no other."""
    if not _FORBIDDEN.isdisjoint(text) or text[-1] in " .":
        return False
    return text.partition(".")[0].rstrip(" ").upper() not in _RESERVED


def _plain_status(path: str) -> os.stat_result:
    """Return the status of ``path`` itself; a junction, which is a link of its kind, is refused."""
    status = os.lstat(path)
    attributes = getattr(status, "st_file_attributes", 0)
    if attributes & _REPARSE_POINT and not stat.S_ISLNK(status.st_mode):
        raise failure("EACCES")
    return status
