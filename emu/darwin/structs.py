"""The structs that Darwin arm64 system calls take and give.

Sizes and offsets are those of xnu's headers; ``tests/darwin/test_structs.py`` holds the table.
What a signal handler finds on its stack is in :mod:`emu.darwin.frames`.
"""

from typing import Annotated, Self

from emu.darwin.layout import I16, I32, I64, U8, U16, U16BE, U32, U64, Layout, characters, layout

__all__ = [
    "Cmsghdr",
    "Flock",
    "Fstore",
    "Iovec",
    "Itimerval",
    "Kevent",
    "Kevent64",
    "Linger",
    "Msghdr",
    "OldSigaction",
    "Pollfd",
    "ProcBsdinfo",
    "ProcBsdshortinfo",
    "ProcTaskinfo",
    "Radvisory",
    "Rlimit",
    "Rusage",
    "Sigaction",
    "SockaddrIn",
    "SockaddrIn6",
    "SockaddrUn",
    "Stat64",
    "Statfs64",
    "Timespec",
    "Timeval",
    "Timezone",
    "Winsize",
    "pack_dirent",
]


@layout
class Timespec(Layout):
    """Seconds and nanoseconds."""

    sec: I64
    nsec: I64


@layout
class Timeval(Layout):
    """Seconds and microseconds."""

    sec: I64
    usec: I32

    @classmethod
    def from_ns(cls, ns: int) -> Self:
        """Return the time or duration of ``ns`` nanoseconds, rounded down."""
        return cls(ns // 1_000_000_000, ns % 1_000_000_000 // 1000)

    def to_ns(self) -> int:
        """Return the time or duration in nanoseconds."""
        return self.sec * 1_000_000_000 + self.usec * 1000


@layout
class Timezone(Layout):
    """Minutes west of Greenwich and a daylight-saving flag; xnu answers zeros."""

    minuteswest: I32
    dsttime: I32


@layout
class Itimerval(Layout):
    """What an interval timer is reloaded with, and what is left of it."""

    interval: Timeval
    value: Timeval


@layout
class Iovec(Layout):
    """A buffer of readv and writev."""

    base: U64
    len: U64


# ---- files ----


@layout
class Stat64(Layout):
    """``struct stat`` with 64-bit inode numbers."""

    dev: I32
    mode: U16
    nlink: U16
    ino: U64
    uid: U32
    gid: U32
    rdev: I32
    atime: I64
    atime_nsec: I64
    mtime: I64
    mtime_nsec: I64
    ctime: I64
    ctime_nsec: I64
    birthtime: I64
    birthtime_nsec: I64
    size: I64
    blocks: I64
    blksize: I32
    flags: U32
    gen: U32
    lspare: I32 = 0
    qspare: Annotated[bytes, characters(16, 8)] = b""


@layout
class Statfs64(Layout):
    """What statfs64 tells of a mounted file system."""

    bsize: U32
    iosize: I32
    blocks: U64
    bfree: U64
    bavail: U64
    files: U64
    ffree: U64
    fsid0: I32
    fsid1: I32
    owner: U32
    type: U32
    flags: U32
    fssubtype: U32
    fstypename: Annotated[bytes, characters(16)]
    mntonname: Annotated[bytes, characters(1024)]
    mntfromname: Annotated[bytes, characters(1024)]
    flags_ext: U32 = 0
    reserved: Annotated[bytes, characters(28, 4)] = b""


@layout
class Dirent(Layout):
    """The fixed part of a directory entry; the NUL-terminated name stands at :data:`NAME`."""

    ino: U64
    seekoff: U64
    reclen: U16
    namlen: U16
    type: U8


#: Offset of a directory entry's name.
DIRENT_NAME = 21


def pack_dirent(ino: int, seekoff: int, kind: int, name: bytes) -> bytes:
    """Return one entry as getdirentries64 writes it.

    Args:
        ino: the inode number.
        seekoff: the directory position of the entry that follows.
        kind: a ``DT_`` constant.
        name: without its NUL, at most 255 bytes.
    """
    reclen = (DIRENT_NAME + len(name) + 1 + 7) & ~7
    head = Dirent.STRUCT.pack(ino, seekoff, reclen, len(name), kind)[:DIRENT_NAME]
    return (head + name).ljust(reclen, b"\0")


@layout
class Flock(Layout):
    """A record lock of fcntl."""

    start: I64
    len: I64
    pid: I32
    type: I16
    whence: I16


@layout
class Fstore(Layout):
    """Room that F_PREALLOCATE asks for; ``bytesalloc`` is what it got."""

    flags: U32
    posmode: I32
    offset: I64
    length: I64
    bytesalloc: I64


@layout
class Radvisory(Layout):
    """What F_RDADVISE says will be read."""

    offset: I64
    count: I32


@layout
class Winsize(Layout):
    """The size of a terminal in characters and pixels."""

    row: U16
    col: U16
    xpixel: U16
    ypixel: U16


# ---- sockets ----


@layout
class SockaddrIn(Layout):
    """An IPv4 address and port."""

    len: U8
    family: U8
    port: U16BE
    addr: Annotated[bytes, characters(4, 4)]
    zero: Annotated[bytes, characters(8)] = b""


@layout
class SockaddrIn6(Layout):
    """An IPv6 address and port."""

    len: U8
    family: U8
    port: U16BE
    flowinfo: U32
    addr: Annotated[bytes, characters(16, 4)]
    scope_id: U32


@layout
class SockaddrUn(Layout):
    """A Unix-domain address; ``path`` is padded with NULs."""

    len: U8
    family: U8
    path: Annotated[bytes, characters(104)]


@layout
class Linger(Layout):
    """Whether and how long close waits for unsent bytes."""

    onoff: I32
    linger: I32


@layout
class Msghdr(Layout):
    """What sendmsg and recvmsg take."""

    name: U64
    namelen: U32
    iov: U64
    iovlen: I32
    control: U64
    controllen: U32
    flags: I32


@layout
class Cmsghdr(Layout):
    """The head of one control message; data and the next head are aligned to 4 bytes."""

    len: U32
    level: I32
    type: I32


# ---- waiting ----


@layout
class Pollfd(Layout):
    """One descriptor of poll."""

    fd: I32
    events: I16
    revents: I16


@layout
class Kevent(Layout):
    """A change or an event of kevent."""

    ident: U64
    filter: I16
    flags: U16
    fflags: U32
    data: I64
    udata: U64


@layout
class Kevent64(Layout):
    """A change or an event of kevent64."""

    ident: U64
    filter: I16
    flags: U16
    fflags: U32
    data: I64
    udata: U64
    ext0: U64
    ext1: U64


# ---- processes ----


@layout
class Rlimit(Layout):
    """A soft and a hard limit."""

    cur: U64
    max: U64


@layout
class Rusage(Layout):
    """Resources used."""

    utime: Timeval
    stime: Timeval
    maxrss: I64 = 0
    ixrss: I64 = 0
    idrss: I64 = 0
    isrss: I64 = 0
    minflt: I64 = 0
    majflt: I64 = 0
    nswap: I64 = 0
    inblock: I64 = 0
    oublock: I64 = 0
    msgsnd: I64 = 0
    msgrcv: I64 = 0
    nsignals: I64 = 0
    nvcsw: I64 = 0
    nivcsw: I64 = 0


@layout
class ProcBsdinfo(Layout):
    """What proc_info tells of a process (bsd/sys/proc_info.h)."""

    flags: U32
    status: U32
    xstatus: U32
    pid: U32
    ppid: U32
    uid: U32
    gid: U32
    ruid: U32
    rgid: U32
    svuid: U32
    svgid: U32
    rfu: U32
    comm: Annotated[bytes, characters(16)]
    name: Annotated[bytes, characters(32)]
    nfiles: U32
    pgid: U32
    pjobc: U32
    tdev: U32
    tpgid: U32
    nice: I32
    start_sec: U64
    start_usec: U64


@layout
class ProcBsdshortinfo(Layout):
    """The same in short."""

    pid: U32
    ppid: U32
    pgid: U32
    status: U32
    comm: Annotated[bytes, characters(16)]
    flags: U32
    uid: U32
    gid: U32
    ruid: U32
    rgid: U32
    svuid: U32
    svgid: U32
    rfu: U32


@layout
class ProcTaskinfo(Layout):
    """What proc_info tells of a process's memory and time (bytes, nanoseconds)."""

    virtual_size: U64
    resident_size: U64
    total_user: U64
    total_system: U64
    threads_user: U64
    threads_system: U64
    policy: I32
    faults: I32
    pageins: I32
    cow_faults: I32
    messages_sent: I32
    messages_received: I32
    syscalls_mach: I32
    syscalls_unix: I32
    csw: I32
    threadnum: I32
    numrunning: I32
    priority: I32


@layout
class Sigaction(Layout):
    """The action that sigaction *takes*: xnu's ``__sigaction``, with the trampoline."""

    handler: U64
    tramp: U64
    mask: U32
    flags: I32


@layout
class OldSigaction(Layout):
    """The action that sigaction *gives*: without the trampoline."""

    handler: U64
    mask: U32
    flags: I32
