"""Kinds of system-call arguments: how the 64 bits of a register become a Python value.

A handler's annotations *are* its specification: ``read(call, fd: Fd, buf: OutBuf, nbyte:
Size)``.  The table decodes by them; the tracer (:mod:`emu.strace.formats`) prints by them, one
way of printing for each name.

Where an argument says how much of something there is (a buffer's length, a number of iovecs), it
follows the pointer at once: the printer of the pointer looks at the next argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from emu.record import record

if TYPE_CHECKING:
    from emu.memory import AddressSpace

__all__ = [
    "INLINE", "AccessMode", "Addr", "Advice", "AtFlags", "CodeStatusOut", "DirFd", "DirentsOut",
    "FcntlArg", "FcntlCmd", "Fd", "FdPairOut", "FdSetInOut", "FilledBuf", "FlockOp", "GroupsIn",
    "GroupsOut", "HdtrIn", "InBuf", "Inherit", "Int", "IntOut", "IoctlArg", "IoctlRequest",
    "IovecIn", "IovecOut", "ItimerWhich", "ItimervalIn", "ItimervalOut", "Kevents64In",
    "Kevents64Out", "KeventsIn", "KeventsOut", "Kind", "LenInOut", "Long", "LongOut",
    "MachTimeOut", "MapFlags", "Mode", "MsgFlags", "MsghdrIn", "MsghdrOut", "MsyncFlags",
    "OldDirentsOut", "OldStatOut", "OldStatfsOut", "OpenFlags", "OutBuf", "Path", "Pid",
    "PointerOut", "PollfdsInOut", "ProcInfoOut", "Prot", "RenameFlags", "ResidencyOut",
    "RlimitIn", "RlimitOut", "RlimitWhich", "RusageOut", "RusageWho", "ShutHow", "SigHow",
    "SigSet", "SigSetIn", "SigSetOut", "SigactionIn", "SigactionOut", "SiginfoOut", "Signal",
    "Size", "SizedOut", "SockDomain", "SockLevel", "SockOpt", "SockOptIn", "SockOptOut",
    "SockProtocol", "SockType", "Sockaddr", "SockaddrOut", "SpawnArgsIn", "StackIn", "StackOut",
    "StatOut", "StatfsOut", "Strings", "SysctlName", "TimebaseOut", "TimespecIn", "TimevalIn",
    "TimevalOut", "TimevalsIn", "TimezoneIn", "TimezoneOut", "UInt", "Uid", "WaitIdType",
    "WaitOptions", "WaitStatusOut", "Whence",
]  # fmt: skip

#: Longest path that a call takes, its NUL included (MAXPATHLEN).
MAXPATHLEN = 1024


@record(eq=False)
class Kind:
    """A kind: its name and how a register is decoded (the address space is for pointers).

    ``points`` marks a pointer, and ``out`` one to what the call writes, which is there to be
    printed only once it has returned.
    """

    name: str
    decode: Callable[[int, AddressSpace], object]
    points: bool = False
    out: bool = False


def _int32(value: int, _space: AddressSpace) -> int:
    """The kernel looks at the low half only."""
    return ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


def _uint32(value: int, _space: AddressSpace) -> int:
    return value & 0xFFFFFFFF


def _int64(value: int, _space: AddressSpace) -> int:
    return (value ^ 1 << 63) - (1 << 63)


def _uint64(value: int, _space: AddressSpace) -> int:
    return value


#: Decoders so simple that a call's own expression does them; {} is the register.
INLINE: dict[Callable[[int, AddressSpace], object], str] = {
    _int32: "(({} & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000",
    _uint32: "{} & 0xFFFFFFFF",
    _uint64: "{}",
}


def _path(value: int, space: AddressSpace) -> bytes:
    return space.copyinstr(value, MAXPATHLEN)


def _int(name: str) -> Kind:
    return Kind(name, _int32)


def _taken(name: str) -> Kind:
    """Return the kind of a pointer to what the call reads."""
    return Kind(name, _uint64, points=True)


def _given(name: str) -> Kind:
    """Return the kind of a pointer to what the call writes."""
    return Kind(name, _uint64, points=True, out=True)


# ---- numbers ----

Int = Annotated[int, _int("int")]
UInt = Annotated[int, Kind("uint", _uint32)]
Long = Annotated[int, Kind("long", _int64)]
Size = Annotated[int, Kind("size", _uint64)]
Fd = Annotated[int, _int("fd")]
#: A directory's descriptor, or AT_FDCWD.
DirFd = Annotated[int, _int("dirfd")]
Pid = Annotated[int, _int("pid")]
Uid = Annotated[int, Kind("uid", _uint32)]
Signal = Annotated[int, _int("signal")]
#: A signal set by value.
SigSet = Annotated[int, Kind("sigset", _uint32)]
#: Permissions of a file, in octal.
Mode = Annotated[int, Kind("mode", _uint32)]

# ---- numbers with names, and sets of bits: emu.darwin.flags has them ----

OpenFlags = Annotated[int, _int("open_flags")]
AtFlags = Annotated[int, _int("at_flags")]
AccessMode = Annotated[int, _int("access_mode")]
Whence = Annotated[int, _int("whence")]
FlockOp = Annotated[int, _int("flock_op")]
RenameFlags = Annotated[int, Kind("rename_flags", _uint32)]
FcntlCmd = Annotated[int, _int("fcntl_cmd")]
#: What follows an FcntlCmd: a number, a set of flags or a pointer.
FcntlArg = Annotated[int, Kind("fcntl_arg", _int64)]
IoctlRequest = Annotated[int, Kind("ioctl_request", _uint32)]
#: What follows an IoctlRequest.
IoctlArg = Annotated[int, _given("ioctl_arg")]
Prot = Annotated[int, _int("prot")]
MapFlags = Annotated[int, _int("map_flags")]
MsyncFlags = Annotated[int, _int("msync_flags")]
Advice = Annotated[int, _int("advice")]
#: What becomes of memory in a child (VM_INHERIT_).
Inherit = Annotated[int, _int("inherit")]
SockDomain = Annotated[int, _int("sock_domain")]
SockType = Annotated[int, _int("sock_type")]
SockProtocol = Annotated[int, _int("sock_protocol")]
SockLevel = Annotated[int, _int("sock_level")]
#: What follows a SockLevel, and is followed by the value and its length.
SockOpt = Annotated[int, _int("sock_opt")]
MsgFlags = Annotated[int, _int("msg_flags")]
ShutHow = Annotated[int, _int("shut_how")]
SigHow = Annotated[int, _int("sig_how")]
WaitOptions = Annotated[int, _int("wait_options")]
WaitIdType = Annotated[int, _int("wait_idtype")]
ItimerWhich = Annotated[int, Kind("itimer_which", _uint32)]
RusageWho = Annotated[int, _int("rusage_who")]
RlimitWhich = Annotated[int, Kind("rlimit_which", _uint32)]

# ---- strings and buffers ----

#: A guest pointer to a struct that has no kind of its own; the handler reads or writes it.
Addr = Annotated[int, _taken("addr")]
#: A NUL-terminated path, decoded: EFAULT and ENAMETOOLONG come before the handler runs.
Path = Annotated[bytes, Kind("path", _path, points=True)]
#: A guest pointer to bytes that the call reads / fills; the length comes next.
InBuf = Annotated[int, _taken("inbuf")]
OutBuf = Annotated[int, _given("outbuf")]
#: One that is filled whole, whatever the call returns.
FilledBuf = Annotated[int, _given("filledbuf")]
#: One whose length stands at the pointer that comes next.
SizedOut = Annotated[int, _given("sized_out")]
#: The numbers that name a sysctl; how many they are comes next.
SysctlName = Annotated[int, _taken("sysctl_name")]
#: Buffers of a gathering write / a scattering read; their number comes next.
IovecIn = Annotated[int, _taken("iovec_in")]
IovecOut = Annotated[int, _given("iovec_out")]
#: Entries of a directory; the buffer's size comes next.
DirentsOut = Annotated[int, _given("dirents_out")]
#: posix_spawn's attributes and file actions.
SpawnArgsIn = Annotated[int, _taken("spawn_args_in")]
#: A vector of strings that a null pointer ends: argv, envp.
Strings = Annotated[int, _taken("strings")]

# ---- structs: ``In`` ones are read, ``Out`` ones written ----

IntOut = Annotated[int, _given("int_out")]
LongOut = Annotated[int, _given("long_out")]
#: An address that the call writes.
PointerOut = Annotated[int, _given("pointer_out")]
#: A length that the call reads and changes: that of a sockaddr or of an option's value.
LenInOut = Annotated[int, _given("len_inout")]
#: A byte a page, for an address and a length that come before.
ResidencyOut = Annotated[int, _given("residency_out")]
#: What stands at the third and the fourth argument before tells what proc_info writes.
ProcInfoOut = Annotated[int, _given("proc_info_out")]
#: The CS_ flags of a program's signature.
CodeStatusOut = Annotated[int, _given("code_status_out")]
FdPairOut = Annotated[int, _given("fd_pair_out")]
StatOut = Annotated[int, _given("stat_out")]
StatfsOut = Annotated[int, _given("statfs_out")]
#: The same as the calls before 64-bit inode numbers write them.
OldStatOut = Annotated[int, _given("old_stat_out")]
OldStatfsOut = Annotated[int, _given("old_statfs_out")]
OldDirentsOut = Annotated[int, _given("old_dirents_out")]
TimevalIn = Annotated[int, _taken("timeval_in")]
TimevalOut = Annotated[int, _given("timeval_out")]
#: Access and modification time.
TimevalsIn = Annotated[int, _taken("timevals_in")]
TimespecIn = Annotated[int, _taken("timespec_in")]
TimezoneIn = Annotated[int, _taken("timezone_in")]
TimezoneOut = Annotated[int, _given("timezone_out")]
#: ``mach_timespec_t``: seconds and nanoseconds of 32 bits.
MachTimeOut = Annotated[int, _given("mach_timespec_out")]
#: How long a tick of the clock is.
TimebaseOut = Annotated[int, _given("timebase_out")]
ItimervalIn = Annotated[int, _taken("itimerval_in")]
ItimervalOut = Annotated[int, _given("itimerval_out")]
RusageOut = Annotated[int, _given("rusage_out")]
RlimitIn = Annotated[int, _taken("rlimit_in")]
RlimitOut = Annotated[int, _given("rlimit_out")]
WaitStatusOut = Annotated[int, _given("wait_status_out")]
SigSetIn = Annotated[int, _taken("sigset_in")]
SigSetOut = Annotated[int, _given("sigset_out")]
SigactionIn = Annotated[int, _taken("sigaction_in")]
SigactionOut = Annotated[int, _given("sigaction_out")]
StackIn = Annotated[int, _taken("stack_in")]
StackOut = Annotated[int, _given("stack_out")]
#: What waitid tells of a child.
SiginfoOut = Annotated[int, _given("siginfo_out")]
#: Group ids; their number comes before.
GroupsIn = Annotated[int, _taken("groups_in")]
GroupsOut = Annotated[int, _given("groups_out")]
#: A sockaddr; its length comes next, for ``Out`` as a pointer.
Sockaddr = Annotated[int, _taken("sockaddr")]
SockaddrOut = Annotated[int, _given("sockaddr_out")]
#: An option's value behind SockLevel and SockOpt; its length comes next.
SockOptIn = Annotated[int, _taken("sock_opt_in")]
SockOptOut = Annotated[int, _given("sock_opt_out")]
#: What sendfile sends before and behind a file.
HdtrIn = Annotated[int, _taken("hdtr_in")]
MsghdrIn = Annotated[int, _taken("msghdr_in")]
MsghdrOut = Annotated[int, _given("msghdr_out")]
#: Sets of descriptors and lists of polls, which the call reads and changes.
FdSetInOut = Annotated[int, _taken("fd_set_inout")]
PollfdsInOut = Annotated[int, _taken("pollfds_inout")]
#: Lists of events; their number comes next, for ``Out`` the number that there is room for.
KeventsIn = Annotated[int, _taken("kevents_in")]
KeventsOut = Annotated[int, _given("kevents_out")]
Kevents64In = Annotated[int, _taken("kevents64_in")]
Kevents64Out = Annotated[int, _given("kevents64_out")]
