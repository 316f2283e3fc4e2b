"""One step in the host's directories, on descriptors.

A *node* is a directory: its descriptor. Every step names one component and never follows a
symbolic link, so a link that appears between two steps is met by the second one and not passed.
:mod:`emu.host.pathtree` has the same steps for hosts that cannot open a directory (Windows).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from emu.darwin.flags import F_GETPATH, PATH_MAX
from emu.host.errors import failure
from emu.host.renaming import rename_with_flags

assert sys.platform != "win32"  # noqa: S101 - this is how mypy learns it

import fcntl  # noqa: E402 - Windows has none

__all__ = ["DescriptorTree"]

if sys.platform == "linux":
    #: A place to go on from, without the permission to read it.
    _SEARCH = os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW
else:
    #: ``O_SEARCH`` of Darwin, which Python does not name.
    _SEARCH = 0x40000000 | os.O_CLOEXEC | os.O_NOFOLLOW
_ENTER = _SEARCH | os.O_DIRECTORY

#: Opening neither follows a link, nor waits, nor makes a terminal ours.
_NEVER = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

#: What entering a link fails with, and what reading something else as a link does.
_LINK_MET = {errno.ENOTDIR, errno.ELOOP}
_NOT_A_LINK = {errno.EINVAL}


class DescriptorTree:
    """The directories under a root, by descriptor.

    Attributes:
        root: the node of the root.
    """

    def __init__(self, root: Path) -> None:
        """Open ``root``, which may itself be reached through symbolic links.

        Raises:
            OSError: it is no directory or may not be entered.
        """
        self.root = os.open(root, _ENTER & ~os.O_NOFOLLOW)
        self._identity = _identity(os.stat(self.root))

    def close(self) -> None:
        """Give back the root's descriptor."""
        os.close(self.root)

    def is_root(self, status: os.stat_result) -> bool:
        """Tell whether ``status`` is the root's."""
        return _identity(status) == self._identity

    def enter(self, node: int, name: bytes) -> int:
        """Return the directory ``name`` in ``node``.

        Raises:
            OSError: ENOTDIR where it is something else, perhaps a symbolic link.
        """
        try:
            return os.open(name, _ENTER, dir_fd=node)
        except OSError as exc:
            if exc.errno in _LINK_MET:
                raise failure("ENOTDIR") from exc
            raise

    def up(self, node: int) -> int:
        """Return the parent of ``node``; the root is its own."""
        if node == self.root or self.is_root(os.stat(node)):
            return self.root
        parent = os.open(b"..", _ENTER, dir_fd=node)
        if self.is_root(os.stat(parent)):
            os.close(parent)
            return self.root
        return parent

    def check_inside(self, node: int) -> None:
        """Climb from ``node`` to the root.

        A directory that somebody outside moves away while a path with ``..`` is walked could
        carry the walk out of the root: then the climb meets the host's own root first.

        Raises:
            DarwinError: ENOENT where ``node`` is not below the root.
        """
        climber = node
        try:
            while climber != self.root:
                parent = self.up(climber)
                outside = parent != self.root and os.path.samestat(
                    os.stat(parent), os.stat(climber)
                )
                climber = self.step(climber, parent, keep=node)
                if outside:
                    raise failure("ENOENT")
        finally:
            self.step(climber, self.root, keep=node)

    def step(self, node: int, following: int, *, keep: int) -> int:
        """Release ``node`` unless it is ``keep`` or the root, and return ``following``."""
        if node not in (keep, self.root):
            os.close(node)
        return following

    def release(self, node: int) -> None:
        """Give back a node that :meth:`enter` or :meth:`up` returned."""
        if node != self.root:
            os.close(node)

    def read_link(self, node: int, name: bytes) -> bytes | None:
        """Return where the symbolic link ``name`` points, None for anything else."""
        try:
            return os.readlink(name, dir_fd=node)
        except OSError as exc:
            if exc.errno in _NOT_A_LINK:
                return None
            raise

    def open(self, node: int, name: bytes, flags: int, mode: int) -> int:
        """Open ``name`` with the host's flags, never following a link, and never waiting."""
        return os.open(name, flags | _NEVER, mode, dir_fd=node)

    def listing(self, node: int, name: bytes, fd: int) -> int:
        """Return the node of a directory that :meth:`open` opened."""
        del node, name
        return fd

    def scan(self, node: int) -> "os._ScandirIterator[str]":  # noqa: UP037
        """Return the entries of an open directory as the host gives them, a few at a time."""
        return os.scandir(node)

    def place(self, node: int, name: bytes) -> str:
        """Return a path of the host for a call that takes nothing else (bind, connect)."""
        if sys.platform == "linux":
            return f"/proc/self/fd/{node}/{os.fsdecode(name)}"
        return os.fsdecode(_host_path(node) + b"/" + name)

    def node_path(self, node: int) -> bytes:
        """Return where a directory is in the guest's file system."""
        return self.fd_path(node)

    def fd_path(self, fd: int) -> bytes:
        """Return where an open file is in the guest's file system.

        Raises:
            DarwinError: ENOENT where it was removed, or moved out of the root.
        """
        root, path = _host_path(self.root), _host_path(fd)
        if path == root:
            return b"/"
        if root == b"/":
            return path
        if not path.startswith(root + b"/"):
            raise failure("ENOENT")
        return path[len(root) :]

    def status(self, node: int, name: bytes) -> os.stat_result:
        """Return what the host knows of ``name``, of the link itself where it is one."""
        return os.stat(name, dir_fd=node, follow_symlinks=False)

    def node_status(self, node: int) -> os.stat_result:
        """Return what the host knows of a directory."""
        return os.stat(node)

    def unlink(self, node: int, name: bytes) -> None:
        """Remove a name that is no directory."""
        os.unlink(name, dir_fd=node)

    def rmdir(self, node: int, name: bytes) -> None:
        """Remove an empty directory."""
        os.rmdir(name, dir_fd=node)

    def mkdir(self, node: int, name: bytes, mode: int) -> None:
        """Make a directory."""
        os.mkdir(name, mode, dir_fd=node)

    def rename(self, node: int, name: bytes, to: int, to_name: bytes, flags: int) -> None:
        """Rename, replacing what is there unless ``flags`` (Darwin's ``RENAME_``) say otherwise."""
        if flags:
            rename_with_flags(node, name, to, to_name, flags)
        else:
            os.rename(name, to_name, src_dir_fd=node, dst_dir_fd=to)

    def link(self, node: int, name: bytes, to: int, to_name: bytes) -> None:
        """Make a second name; of the link itself where ``name`` is one."""
        os.link(name, to_name, src_dir_fd=node, dst_dir_fd=to, follow_symlinks=False)

    def symlink(self, target: bytes, node: int, name: bytes) -> None:
        """Make a symbolic link; ``target`` is not looked at."""
        os.symlink(target, name, dir_fd=node)

    def fifo(self, node: int, name: bytes, mode: int) -> None:
        """Make a FIFO."""
        os.mkfifo(name, mode, dir_fd=node)

    def chmod(self, node: int, name: bytes, mode: int) -> None:
        """Set the permissions of a file that is no link."""
        if sys.platform == "linux":
            # fchmodat there cannot refuse links; a descriptor of the file itself can be asked.
            self._on_descriptor(node, name, lambda path: os.chmod(path, mode))
        else:
            os.chmod(name, mode, dir_fd=node, follow_symlinks=False)

    def access(self, node: int, name: bytes, mode: int) -> bool:
        """Tell whether a file that is no link may be used so."""
        return os.access(name, mode, dir_fd=node, follow_symlinks=False)

    def utime(self, node: int, name: bytes, times_ns: tuple[int, int] | None) -> None:
        """Set the times of access and change of content, to now where None."""
        if times_ns is None:
            os.utime(name, dir_fd=node, follow_symlinks=False)
        else:
            os.utime(name, ns=times_ns, dir_fd=node, follow_symlinks=False)

    def _on_descriptor(self, node: int, name: bytes, change: Callable[[str], None]) -> None:
        """Call ``change`` with a path that can only mean what ``name`` is now, if no link."""
        fd = os.open(name, _SEARCH, dir_fd=node)
        try:
            if stat.S_ISLNK(os.stat(fd).st_mode):
                raise failure("ELOOP")
            change(f"/proc/self/fd/{fd}")
        finally:
            os.close(fd)


def _identity(status: os.stat_result) -> tuple[int, int]:
    """Return what tells one file of the host from all others."""
    return status.st_dev, status.st_ino


def _host_path(fd: int) -> bytes:
    """Return where the host says that an open file is."""
    if sys.platform == "linux":
        path = os.readlink(b"/proc/self/fd/%d" % fd)
        if path.endswith(b" (deleted)"):
            raise failure("ENOENT")
        return path
    return fcntl.fcntl(fd, F_GETPATH, bytes(PATH_MAX)).rstrip(b"\0")
