"""Calls that only root may make, and the guest is not root: EPERM.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin.errno import EPERM, Errno
from emu.syscalls.kinds import Addr, DirFd, GroupsIn, Int, Mode, Path, TimevalIn, TimevalOut, UInt
from emu.syscalls.table import Call, syscall

__all__: list[str] = []

_NOTE = "EPERM: only root may"


@syscall(14, note=_NOTE)
def mknod(_call: Call, path: Path, mode: Mode, dev: Int) -> int:
    """Refuse: the guest is not root."""
    del path, mode, dev
    raise Errno(EPERM)


@syscall(61, note=_NOTE)
def chroot(_call: Call, path: Path) -> int:
    """Refuse: the guest is not root."""
    del path
    raise Errno(EPERM)


@syscall(554, note=_NOTE)
def mknodat(_call: Call, fd: DirFd, path: Path, mode: Mode, dev: Int) -> int:
    """Refuse: the guest is not root."""
    del fd, path, mode, dev
    raise Errno(EPERM)


@syscall(51, note=_NOTE)
def acct(_call: Call, path: Addr) -> int:
    """Refuse: the guest is not root; nothing looks at the path."""
    del path
    raise Errno(EPERM)


@syscall(55, note=_NOTE)
def reboot(_call: Call, opt: Int, msg: Addr) -> int:
    """Refuse: the guest is not root."""
    del opt, msg
    raise Errno(EPERM)


@syscall(159, note=_NOTE)
def unmount(_call: Call, path: Path, flags: Int) -> int:
    """Refuse: the guest is not root."""
    del path, flags
    raise Errno(EPERM)


@syscall(167, note=_NOTE)
def mount(_call: Call, type_: Path, path: Path, flags: Int, data: Addr) -> int:
    """Refuse: the guest is not root."""
    del type_, path, flags, data
    raise Errno(EPERM)


@syscall(243, note=_NOTE)
def initgroups(_call: Call, gidsetsize: UInt, gidset: GroupsIn, gmuid: Int) -> int:
    """Refuse: the guest is not root."""
    del gidsetsize, gidset, gmuid
    raise Errno(EPERM)


@syscall(285, note=_NOTE)
def settid(_call: Call, uid: UInt, gid: UInt) -> int:
    """Refuse: the guest is not root."""
    del uid, gid
    raise Errno(EPERM)


@syscall(311, note=_NOTE)
def settid_with_pid(_call: Call, pid: Int, assume: Int) -> int:
    """Refuse: the guest is not root."""
    del pid, assume
    raise Errno(EPERM)


@syscall(140, note="the clock runs right: 0 to be made up for, and only root may change that")
def adjtime(call: Call, delta: TimevalIn, olddelta: TimevalOut) -> int:
    """Report that the clock has nothing to make up for; to change that is EPERM."""
    if delta:
        raise Errno(EPERM)
    if olddelta:
        call.space.copyout(olddelta, bytes(16))
    return 0
