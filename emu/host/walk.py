"""Goes along a guest's path, one component at a time, and never leaves the root.

The rules, which are xnu's ``namei``:

- an absolute path, and the absolute target of a link, starts at the root;
- ``..`` at the root is the root;
- a symbolic link is followed by putting its components in the place of its name, at most 32 times;
- the last component is left to the caller, who acts on it without following it, and says
  :meth:`Walk.follow` where it turned out to be a link that he wants followed.

So nothing is ever decided from the look of a path: what is passed was opened, and a link that is
put in the way meanwhile is either followed inside the root or refused. ``/dev`` of the guest is
never the host's (:mod:`emu.host.device`).
"""

from __future__ import annotations

import errno
import os
from typing import Generic, Protocol, TypeVar

from emu.darwin.flags import MAXSYMLINKS, PATH_MAX
from emu.host.errors import failure
from emu.host.lookup import Path, parse

__all__ = ["Tree", "Walk"]

Node = TypeVar("Node")


class Tree(Protocol[Node]):
    """The steps that a host offers: see :class:`emu.host.tree.DescriptorTree`."""

    root: Node

    def close(self) -> None: ...
    def is_root(self, status: os.stat_result, /) -> bool: ...
    def enter(self, node: Node, name: bytes, /) -> Node: ...
    def up(self, node: Node, /) -> Node: ...
    def check_inside(self, node: Node, /) -> None: ...
    def release(self, node: Node, /) -> None: ...
    def read_link(self, node: Node, name: bytes, /) -> bytes | None: ...
    def open(self, node: Node, name: bytes, flags: int, mode: int, /) -> int: ...
    def listing(self, node: Node, name: bytes, fd: int, /) -> Node: ...
    def scan(self, node: Node, /) -> os._ScandirIterator[str]: ...
    def status(self, node: Node, name: bytes, /) -> os.stat_result: ...
    def node_status(self, node: Node, /) -> os.stat_result: ...
    def place(self, node: Node, name: bytes, /) -> str: ...
    def node_path(self, node: Node, /) -> bytes: ...
    def fd_path(self, fd: int, /) -> bytes: ...
    def unlink(self, node: Node, name: bytes, /) -> None: ...
    def rmdir(self, node: Node, name: bytes, /) -> None: ...
    def mkdir(self, node: Node, name: bytes, mode: int, /) -> None: ...
    def rename(self, node: Node, name: bytes, to: Node, to_name: bytes, flags: int, /) -> None: ...
    def link(self, node: Node, name: bytes, to: Node, to_name: bytes, /) -> None: ...
    def symlink(self, target: bytes, node: Node, name: bytes, /) -> None: ...
    def fifo(self, node: Node, name: bytes, mode: int, /) -> None: ...
    def chmod(self, node: Node, name: bytes, mode: int, /) -> None: ...
    def access(self, node: Node, name: bytes, mode: int, /) -> bool: ...
    def utime(self, node: Node, name: bytes, times_ns: tuple[int, int] | None, /) -> None: ...


class Walk(Generic[Node]):
    """A walk along one path; afterwards it stands in front of the last component.

    Attributes:
        node: the directory that holds the last component.
        name: the last component; ``.`` where the path names ``node`` itself.
        directory: the path ends in a slash or dot: it names a directory or nothing.
        in_dev: the path leads to ``/dev`` (``name`` is ``.``) or to ``name`` in it.
    """

    __slots__ = ("_deny", "_links", "_start", "_tree", "directory", "in_dev", "name", "node")

    def __init__(
        self, tree: Tree[Node], start: Node, path: bytes, *, deny_links: bool = False
    ) -> None:
        """Go along ``path`` from the directory ``start``, up to its last component.

        Args:
            tree: the host's directories.
            start: where a relative path begins; stays the caller's.
            path: as the guest gave it.
            deny_links: refuse every link with ELOOP (O_NOFOLLOW_ANY).

        Raises:
            OSError: a component is missing, is no directory, may not be passed.
        """
        self._tree = tree
        self._start = start
        self._deny = deny_links
        self._links = 0
        self.node = start
        self.name = b"."
        self.directory = False
        self.in_dev = False
        self._go(parse(path))

    def follow(self) -> bool:
        """Go through the link that stands in the last place; False where there is none.

        Raises:
            DarwinError: ELOOP after 32 links, or where links are denied.
        """
        if self.in_dev or self.name == b".":
            return False
        target = self._tree.read_link(self.node, self.name)
        if target is None:
            return False
        self._count_link()
        directory = self.directory
        self._go(parse(target))
        self.directory |= directory
        return True

    def close(self) -> None:
        """Release the directory reached."""
        self._move(self._start)

    def _move(self, node: Node) -> None:
        """Stand in ``node``, and release the directory left behind."""
        left, self.node = self.node, node
        if left is not self._start and left != self._start:
            self._tree.release(left)

    def _go(self, path: Path) -> None:
        """Follow ``path`` from where the walk stands; leaves nothing open when it fails."""
        try:
            self._pass(path)
        except BaseException:
            self.close()
            raise

    def _pass(self, path: Path) -> None:
        """Go along the components of ``path``."""
        tree = self._tree
        if path.absolute:
            self._restart()
        self.name = b"."
        self.directory = path.directory
        pending = [*path.names[::-1]]
        climbed = False
        while pending:
            name = pending.pop()
            if name == b"..":
                climbed = True
                self._up()
            elif self.in_dev:
                if self.name != b".":
                    raise failure("ENOTDIR")
                self.name = name
            elif name == b"dev" and self.node == tree.root:
                self.in_dev = True
            elif not pending:
                self.name = name
            else:
                self._enter(name, pending)
        if climbed and not self.in_dev:
            tree.check_inside(self.node)

    def _restart(self) -> None:
        """Go on from the root."""
        self.in_dev = False
        self._move(self._tree.root)

    def _up(self) -> None:
        """Go to the parent directory."""
        if self.in_dev:
            if self.name != b".":
                raise failure("ENOTDIR")
            self.in_dev = False
        else:
            self._move(self._tree.up(self.node))

    def _enter(self, name: bytes, pending: list[bytes]) -> None:
        """Pass the directory ``name``, or put a link's components before ``pending``."""
        try:
            self._move(self._tree.enter(self.node, name))
        except OSError as exc:
            if exc.errno != errno.ENOTDIR:
                raise
            target = self._tree.read_link(self.node, name)
            if target is None:
                raise
            self._count_link()
            path = parse(target)
            if len(target) + sum(map(len, pending)) + len(pending) >= PATH_MAX:
                raise failure("ENAMETOOLONG") from None
            if path.absolute:
                self._restart()
            pending += path.names[::-1]

    def _count_link(self) -> None:
        """Allow one more link, or refuse it."""
        self._links += 1
        if self._deny or self._links > MAXSYMLINKS:
            raise failure("ELOOP")
