"""The guest's ``/dev``: four devices that exist in this process alone.

No device of the host is ever opened, whatever the root contains.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.darwin.flags import DT_CHR, DT_DIR, S_IFCHR, S_IFDIR
from emu.host.directory import Directory, Entry
from emu.host.errors import failure
from emu.host.handle import Buffer, Handle, HostStat

if TYPE_CHECKING:
    from emu.host.walk import Tree

__all__ = ["DEVICES", "DeviceDirectory", "DeviceHandle", "device_stat"]

#: Name → xnu's device number, ``major << 24 | minor``.
DEVICES = {
    b"null": 0x3000002,
    b"zero": 0x3000003,
    b"random": 0xE000000,
    b"urandom": 0xE000001,
}
_FIRST_INO = 0x7FFF_0000


def device_stat(name: bytes) -> HostStat:
    """Return what ``stat`` says of a device, or of the directory itself for ``.``.

    Raises:
        DarwinError: ENOENT for another name.
    """
    if name == b".":
        return _stat(_FIRST_INO, S_IFDIR | 0o555, 0)
    if name not in DEVICES:
        raise failure("ENOENT")
    return _stat(_FIRST_INO + 1 + list(DEVICES).index(name), S_IFCHR | 0o666, DEVICES[name])


def _stat(ino: int, mode: int, rdev: int) -> HostStat:
    """Return the status of something without content and times."""
    return HostStat(0, ino, mode, 1, 0, 0, rdev, 0, 0, 4096, 0, 0, 0, 0)


class DeviceHandle(Handle):
    """An open device of the guest."""

    __slots__ = ("_entropy", "name")
    kind = "device"

    def __init__(self, name: bytes, entropy: Callable[[int], bytes]) -> None:
        """Open ``name``; ``entropy`` gives random bytes."""
        super().__init__()
        device_stat(name)
        self.name = name
        self._entropy = entropy

    def read_into(self, view: memoryview) -> int:
        if self.name == b"null":
            return 0
        size = len(view)
        view[:] = bytes(size) if self.name == b"zero" else self._entropy(size)
        return size

    def write(self, data: Buffer) -> int:
        return len(data)

    def stat(self) -> HostStat:
        return device_stat(self.name)

    def seek(self, offset: int, whence: int) -> int:
        del offset, whence
        return 0

    def path(self) -> bytes:
        return b"/dev/" + self.name


class DeviceDirectory(Directory):
    """The guest's ``/dev`` itself, opened to be listed."""

    __slots__ = ()

    def __init__(self, tree: Tree[Any]) -> None:
        """Open ``/dev`` in a file system that keeps its other files in ``tree``."""
        super().__init__(tree, tree.root, is_root=False)

    def stat(self) -> HostStat:
        return device_stat(b".")

    def path(self) -> bytes:
        return b"/dev"

    def _read(self) -> Entry | None:
        names = [b".", b"..", *DEVICES]
        if self.position >= len(names):
            return None
        name = names[self.position]
        if name in DEVICES:
            return Entry(name, device_stat(name).ino, DT_CHR)
        return Entry(name, device_stat(b".").ino, DT_DIR)

    def _release(self) -> None:
        """Hold nothing of the host."""
