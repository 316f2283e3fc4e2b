"""The guest's file system: everything that takes a path.

Each function takes the :class:`~emu.host.directory.Directory` where a relative path begins, and
the path as the guest gave it. Failures are :class:`OSError`; nothing here waits.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from emu.darwin import flags as darwin
from emu.host.device import DEVICES, DeviceDirectory, DeviceHandle, device_stat
from emu.host.directory import Directory
from emu.host.errors import failure
from emu.host.file import FifoHandle, FileHandle
from emu.host.handle import Handle, HostStat
from emu.host.pathtree import make_tree
from emu.host.walk import Tree, Walk
from emu.record import record

__all__ = ["FileSystem"]

#: Darwin's flags of ``open`` that the host understands by another number.
_FLAGS = [
    (darwin.O_APPEND, os.O_APPEND),
    (darwin.O_CREAT, os.O_CREAT),
    (darwin.O_TRUNC, os.O_TRUNC),
    (darwin.O_EXCL, os.O_EXCL),
    (darwin.O_SYNC, getattr(os, "O_SYNC", 0)),
    (darwin.O_DSYNC, getattr(os, "O_DSYNC", 0)),
    (darwin.O_DIRECTORY, getattr(os, "O_DIRECTORY", 0)),
]
_TRANSLATED = {0: 0}
#: What opening a symbolic link without following it fails with.
_LINK_MET = {errno.ELOOP, errno.ENOTDIR}


@record
class Size:
    """A file system in blocks of ``block`` bytes and in files."""

    block: int
    blocks: int
    free: int
    #: Free blocks that are not kept for the superuser.
    available: int
    files: int
    files_free: int


class FileSystem:
    """The files under one root.

    Attributes:
        root: the directory ``/`` of the guest.
    """

    def __init__(
        self, root: Path, entropy: Callable[[int], bytes], *, tree: Tree[Any] | None = None
    ) -> None:
        """Serve the files under ``root``.

        Args:
            root: a directory of the host.
            entropy: gives the bytes of ``/dev/random``.
            tree: how to step through directories, where not in the host's best way.

        Raises:
            OSError: ``root`` is no directory or may not be entered.
        """
        self._tree: Tree[Any] = make_tree(root) if tree is None else tree
        self._entropy = entropy
        self.root = Directory(self._tree, self._tree.root, is_root=True)

    def close(self) -> None:
        """Give back the root."""
        self.root.close()
        self._tree.close()

    # ---- opening ----

    def open(self, at: Directory, path: bytes, flags: int, mode: int = 0o666) -> Handle:
        """Open a file or directory.

        Args:
            at: where a relative path begins.
            path: as the guest gave it.
            flags: Darwin's ``O_``; with O_NOFOLLOW_ANY any link is refused with ELOOP.
            mode: permissions of a new file; the emulator's own umask is taken off too.

        Returns:
            A :class:`FileHandle`, :class:`FifoHandle`, :class:`Directory` or
            :class:`DeviceHandle`.

        Raises:
            OSError: ENOENT, EEXIST, ELOOP, EISDIR, ENXIO for a device of the host, …
        """
        walk = self._walk(at, path, deny=bool(flags & darwin.O_NOFOLLOW_ANY))
        try:
            while True:
                if walk.in_dev:
                    return self._open_device(walk, flags)
                try:
                    return self._open_last(walk, flags, mode)
                except OSError as exc:
                    if exc.errno not in _LINK_MET:
                        raise
                    if flags & darwin.O_NOFOLLOW and not walk.directory:
                        raise self._refusal(walk, exc) from exc
                    if not walk.follow():
                        raise
        finally:
            walk.close()

    def _open_last(self, walk: Walk[Any], flags: int, mode: int) -> Handle:
        """Open the last component, which may turn out to be a link."""
        tree, node, name = self._tree, walk.node, walk.name
        if walk.directory:
            # A name with a slash is never made, it has to be a directory.
            flags = flags & ~(darwin.O_CREAT | darwin.O_EXCL) | darwin.O_DIRECTORY
        try:
            fd = tree.open(node, name, _host_flags(flags), mode)
        except OSError as exc:
            if exc.errno == errno.ENXIO:
                raise self._not_opened(walk, flags) from exc
            raise
        try:
            status = os.fstat(fd) if fd >= 0 else tree.status(node, name)
            kind = stat.S_IFMT(status.st_mode)
            if kind == stat.S_IFREG:
                return FileHandle(fd, tree)
            if kind == stat.S_IFDIR:
                listing = tree.listing(node, name, fd)
                return Directory(tree, listing, is_root=tree.is_root(status))
            if kind == stat.S_IFIFO:
                return FifoHandle(fd, tree, wait_for_writer=not flags & darwin.O_NONBLOCK)
            raise failure("ENXIO")  # noqa: TRY301 - the descriptor is closed below
        except BaseException:
            if fd >= 0:
                os.close(fd)
            raise

    def _open_device(self, walk: Walk[Any], flags: int) -> Handle:
        """Open something in ``/dev``."""
        if walk.name == b".":
            if flags & (darwin.O_ACCMODE | darwin.O_CREAT):
                raise failure("EISDIR")
            return DeviceDirectory(self._tree)
        if walk.name not in DEVICES:
            raise failure("EPERM" if flags & darwin.O_CREAT else "ENOENT")
        if flags & darwin.O_CREAT and flags & darwin.O_EXCL:
            raise failure("EEXIST")
        if flags & darwin.O_DIRECTORY or walk.directory:
            raise failure("ENOTDIR")
        return DeviceHandle(walk.name, self._entropy)

    def _refusal(self, walk: Walk[Any], exc: OSError) -> OSError:
        """Return what O_NOFOLLOW fails with: ELOOP for a link whatever the host says."""
        if self._tree.read_link(walk.node, walk.name) is not None:
            return failure("ELOOP")
        return exc

    def _not_opened(self, walk: Walk[Any], flags: int) -> OSError:
        """Return what a socket, or a FIFO that nobody reads, fails with."""
        mode = self._tree.status(walk.node, walk.name).st_mode
        if stat.S_ISSOCK(mode):
            return failure("EOPNOTSUPP")
        if stat.S_ISFIFO(mode) and not flags & darwin.O_NONBLOCK:
            return BlockingIOError(errno.EAGAIN, "nobody reads the FIFO yet")
        return failure("ENXIO")

    # ---- asking ----

    def size(self) -> Size:
        """Return how large the file system of the root is and how much of it is free."""
        path = os.fsdecode(self._tree.place(self._tree.root, b"."))
        if hasattr(os, "statvfs"):
            known = os.statvfs(path)
            return Size(
                known.f_frsize, known.f_blocks, known.f_bfree, known.f_bavail, known.f_files,
                known.f_ffree,
            )  # fmt: skip
        import shutil

        usage = shutil.disk_usage(path)
        free = usage.free // 4096
        return Size(4096, usage.total // 4096, free, free, 1 << 32, 1 << 31)

    def stat(
        self, at: Directory, path: bytes, *, follow: bool = True, deny_links: bool = False
    ) -> HostStat:
        """Return what the host knows of a file, of a link itself without ``follow``.

        Raises:
            OSError: ENOENT, ENOTDIR, ELOOP where a link is met under ``deny_links``, …
        """
        walk = self._walk(at, path, deny=deny_links)
        try:
            while not walk.in_dev:
                status = self._tree.status(walk.node, walk.name)
                if stat.S_ISLNK(status.st_mode) and (follow or deny_links or walk.directory):
                    walk.follow()
                    continue
                if walk.directory and not stat.S_ISDIR(status.st_mode):
                    raise failure("ENOTDIR")
                return HostStat.of(status)
            return device_stat(walk.name)
        finally:
            walk.close()

    def access(self, at: Directory, path: bytes, mode: int, *, follow: bool = True) -> None:
        """Check that a file may be used; ``mode`` is a set of Darwin's ``R_OK W_OK X_OK``.

        Raises:
            OSError: EACCES, or why the file is not found.
        """
        if mode & ~7:
            raise failure("EINVAL")
        walk = self._to_last(at, path, follow=follow)
        try:
            if walk.in_dev:
                allowed = not mode & device_stat(walk.name).mode & 0 and not mode & darwin.X_OK
            else:
                self._tree.status(walk.node, walk.name)
                allowed = self._tree.access(walk.node, walk.name, mode)
            if not allowed:
                raise failure("EACCES")
        finally:
            walk.close()

    def readlink(self, at: Directory, path: bytes) -> bytes:
        """Return where a symbolic link points.

        Raises:
            OSError: EINVAL where it is no link, ENOENT, …
        """
        walk = self._to_last(at, path, follow=False)
        try:
            target = None
            if walk.in_dev:
                device_stat(walk.name)
            else:
                target = self._tree.read_link(walk.node, walk.name)
            if target is None:
                raise failure("EINVAL")
            return target
        finally:
            walk.close()

    # ---- changing names ----

    def unlink(self, at: Directory, path: bytes, *, deny_links: bool = False) -> None:
        """Remove a name.

        Raises:
            OSError: EPERM for a directory, ENOENT, …
        """
        walk = self._changing(at, path, deny=deny_links)
        try:
            if walk.name == b".":
                raise failure("EPERM")
            mode = 0
            if walk.directory or os.name == "nt":
                mode = self._tree.status(walk.node, walk.name).st_mode
            if stat.S_ISDIR(mode):
                raise failure("EPERM")
            if walk.directory:
                raise failure("ENOTDIR")
            try:
                self._tree.unlink(walk.node, walk.name)
            except IsADirectoryError:
                raise failure("EPERM") from None
        finally:
            walk.close()

    def rmdir(self, at: Directory, path: bytes, *, deny_links: bool = False) -> None:
        """Remove an empty directory.

        Raises:
            OSError: ENOTEMPTY, ENOTDIR, EBUSY for the root, EINVAL for ``.``, …
        """
        walk = self._changing(at, path, deny=deny_links)
        try:
            self._check_named(walk, path)
            self._tree.rmdir(walk.node, walk.name)
        finally:
            walk.close()

    def mkdir(self, at: Directory, path: bytes, mode: int) -> None:
        """Make a directory."""
        walk = self._changing(at, path)
        try:
            if walk.name == b".":
                raise failure("EEXIST")
            self._tree.mkdir(walk.node, walk.name, mode)
        finally:
            walk.close()

    def mkfifo(self, at: Directory, path: bytes, mode: int) -> None:
        """Make a FIFO."""
        self._make(at, path, lambda node, name: self._tree.fifo(node, name, mode))

    def symlink(self, target: bytes, at: Directory, path: bytes) -> None:
        """Make a symbolic link whose content is ``target``, whatever that means."""
        if not target:
            raise failure("ENOENT")
        if len(target) >= darwin.PATH_MAX:
            raise failure("ENAMETOOLONG")
        self._make(at, path, lambda node, name: self._tree.symlink(target, node, name))

    def _make(self, at: Directory, path: bytes, make: Callable[[Any, bytes], None]) -> None:
        """Make a name that is no directory."""
        walk = self._changing(at, path)
        try:
            if walk.name == b".":
                raise failure("EEXIST")
            if walk.directory:
                raise failure("ENOENT")
            make(walk.node, walk.name)
        finally:
            walk.close()

    def link(
        self, at: Directory, path: bytes, to_at: Directory, to_path: bytes, *, follow: bool = True
    ) -> None:
        """Make a second name for a file."""
        source = self._to_last(at, path, follow=follow)
        try:
            if source.in_dev or source.name == b".":
                raise failure("EPERM")
            mode = self._tree.status(source.node, source.name).st_mode
            if stat.S_ISDIR(mode):
                raise failure("EPERM")
            if source.directory:
                raise failure("ENOTDIR")
            self._make(
                to_at,
                to_path,
                lambda node, name: self._tree.link(source.node, source.name, node, name),
            )
        finally:
            source.close()

    def rename(
        self, at: Directory, path: bytes, to_at: Directory, to_path: bytes, flags: int = 0
    ) -> None:
        """Rename, replacing what is there.

        Args:
            at: where ``path`` begins.
            path: the old name.
            to_at: where ``to_path`` begins.
            to_path: the new name.
            flags: Darwin's ``RENAME_EXCL`` or ``RENAME_SWAP``, and ``RENAME_NOFOLLOW_ANY``.

        Raises:
            OSError: EINVAL for ``.`` and ``..``, for two flags at once, for a directory that
                would go into itself; EEXIST with RENAME_EXCL; ENOTSUP; ENOENT, EISDIR, …
        """
        deny = bool(flags & darwin.RENAME_NOFOLLOW_ANY)
        flags &= ~(darwin.RENAME_NOFOLLOW_ANY | darwin.RENAME_SECLUDE)
        if flags & ~(darwin.RENAME_SWAP | darwin.RENAME_EXCL) or flags == 6:
            raise failure("EINVAL")
        source = self._changing(at, path, deny=deny)
        try:
            target = self._changing(to_at, to_path, deny=deny)
            try:
                self._check_named(source, path)
                self._check_named(target, to_path)
                if source.directory or target.directory:
                    status = self._tree.status(source.node, source.name)
                    if not stat.S_ISDIR(status.st_mode):
                        raise failure("ENOTDIR")
                self._tree.rename(source.node, source.name, target.node, target.name, flags)
            finally:
                target.close()
        finally:
            source.close()

    # ---- changing files ----

    def chmod(self, at: Directory, path: bytes, mode: int) -> None:
        """Set the permissions of a file, following links."""
        self._change(at, path, lambda node, name: self._tree.chmod(node, name, mode))

    def utimes(
        self, at: Directory, path: bytes, times_ns: tuple[int, int] | None, *, follow: bool = True
    ) -> None:
        """Set the times of access and change of content, to now where None."""
        self._change(
            at, path, lambda node, name: self._tree.utime(node, name, times_ns), follow=follow
        )

    def truncate(self, at: Directory, path: bytes, length: int) -> None:
        """Cut or extend a file to ``length`` bytes."""
        handle = self.open(at, path, darwin.O_WRONLY | darwin.O_NONBLOCK)
        try:
            if not isinstance(handle, FileHandle):
                raise failure("EINVAL")
            handle.truncate(length)
        finally:
            handle.close()

    def _change(
        self,
        at: Directory,
        path: bytes,
        change: Callable[[Any, bytes], None],
        *,
        follow: bool = True,
    ) -> None:
        """Call ``change`` with the place of an existing file."""
        walk = self._to_last(at, path, follow=follow)
        try:
            if walk.in_dev:
                raise failure("EPERM")
            change(walk.node, walk.name)
        finally:
            walk.close()

    # ---- Unix-domain sockets ----

    @contextlib.contextmanager
    def place_of(self, at: Directory, path: bytes) -> Iterator[str]:
        """Give the host's path under which a socket file is to be made, while it is needed.

        Raises:
            OSError: EADDRINUSE where something is there, or why the directory is not found.
        """
        walk = self._changing(at, path)
        try:
            if walk.directory or walk.name == b".":
                raise failure("EADDRINUSE")
            yield self._tree.place(walk.node, walk.name)
        finally:
            walk.close()

    @contextlib.contextmanager
    def socket_at(self, at: Directory, path: bytes) -> Iterator[str]:
        """Give the host's path of an existing socket file, while it is needed.

        Raises:
            OSError: ENOTSOCK for another kind of file, ENOENT, …
        """
        walk = self._to_last(at, path, follow=True)
        try:
            if walk.in_dev or not stat.S_ISSOCK(self._tree.status(walk.node, walk.name).st_mode):
                raise failure("ENOTSOCK")
            yield self._tree.place(walk.node, walk.name)
        finally:
            walk.close()

    # ---- walking ----

    def _walk(self, at: Directory, path: bytes, *, deny: bool = False) -> Walk[Any]:
        """Walk to the last component."""
        if isinstance(at, DeviceDirectory) and path[:1] not in {b"", b"/"}:
            path = b"/dev/" + path
        start = self._tree.root if at.is_root else at.node
        return Walk(self._tree, start, path, deny_links=deny)

    def _to_last(self, at: Directory, path: bytes, *, follow: bool) -> Walk[Any]:
        """Walk to the last component, and on through links that stand there."""
        walk = self._walk(at, path)
        while (follow or walk.directory) and walk.follow():
            pass
        return walk

    def _changing(self, at: Directory, path: bytes, *, deny: bool = False) -> Walk[Any]:
        """Walk to a name that is to be made, removed or renamed."""
        walk = self._walk(at, path, deny=deny)
        if walk.in_dev:
            walk.close()
            raise failure("EPERM")
        return walk

    def _check_named(self, walk: Walk[Any], path: bytes) -> None:
        """Refuse ``.``, ``..`` and the root, which have no name to be removed or renamed."""
        if path.rpartition(b"/")[2] == b".":
            raise failure("EINVAL")
        if walk.name == b".":
            raise failure("EBUSY" if walk.node == self._tree.root else "EINVAL")


def _host_flags(flags: int) -> int:
    """Translate Darwin's ``O_`` into the host's; what is ours to do is left out."""
    found = _TRANSLATED.get(flags)
    if found is None:
        found = flags & darwin.O_ACCMODE
        for bit, host in _FLAGS:
            if flags & bit:
                found |= host
        _TRANSLATED[flags] = found
    return found
