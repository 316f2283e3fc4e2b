"""sysctl and sysctlbyname: what a program asks of the machine it runs on.

The answers are those of one small, fixed Mac, so that a program's run does not depend on the
host; only the clock's are its own.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct
from collections.abc import Callable, Iterator

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, ENAMETOOLONG, ENOENT, ENOMEM, EPERM, ERANGE, Errno
from emu.darwin.structs import Timeval
from emu.image import PAGE_SIZE
from emu.syscalls.kinds import (
    Addr,
    CodeStatusOut,
    InBuf,
    LenInOut,
    Pid,
    Size,
    SizedOut,
    SysctlName,
    UInt,
)
from emu.syscalls.table import Call, syscall

__all__ = ["CPUS", "MEMORY"]

#: The Mac that programs see: processors, and bytes of memory.
CPUS, MEMORY = 1, 8 << 30
_NAME_MAX = 1024
#: Most components of a numeric name (CTL_MAXNAME).
_CTL_MAXNAME = 12
#: The node that turns a name into its number.
_NAME2OID = (0, 3)

Value = Callable[[Call], bytes]


def _text(text: str) -> Value:
    return lambda _call: text.encode() + b"\0"


def _int(value: int) -> Value:
    return lambda _call: struct.pack("<i", value)


def _long(value: int) -> Value:
    return lambda _call: struct.pack("<q", value)


def _boottime(call: Call) -> bytes:
    return Timeval.from_ns(call.host.realtime_ns() - call.now()).pack()


_VERSION = "Darwin Kernel Version 24.6.0: ymawky-emu; root:xnu-11417.140.69~1/RELEASE_ARM64_T8103"

#: What an M1 has of the architecture's features, and what later processors have.
_FEATURES = (
    "AES", "CRC32", "CSV2", "CSV3", "DIT", "DPB", "DPB2", "DotProd", "ECV", "FCMA", "FHM", "FP16",
    "FRINTTS", "FlagM", "FlagM2", "JSCVT", "LRCPC", "LRCPC2", "LSE", "LSE2", "PAuth", "PMULL",
    "RDM", "SB", "SHA1", "SHA256", "SHA3", "SHA512", "SSBS",
)  # fmt: skip
_LATER_FEATURES = ("BF16", "BTI", "FPAC", "I8MM", "PAuth2", "SME", "SPECRES")

#: Name, numeric name where it has one (bsd/sys/sysctl.h), value.
_NODES: tuple[tuple[str, tuple[int, ...], Value], ...] = (
    ("kern.ostype", (1, 1), _text("Darwin")),
    ("kern.osrelease", (1, 2), _text("24.6.0")),
    ("kern.osrevision", (1, 3), _int(199506)),
    ("kern.version", (1, 4), _text(_VERSION)),
    ("kern.maxvnodes", (1, 5), _int(263168)),
    ("kern.maxproc", (1, 6), _int(4176)),
    ("kern.maxfiles", (1, 7), _int(122880)),
    ("kern.argmax", (1, 8), _int(1048576)),
    ("kern.hostname", (1, 10), _text("localhost")),
    ("kern.posix1version", (1, 17), _int(200112)),
    ("kern.ngroups", (1, 18), _int(16)),
    ("kern.job_control", (1, 19), _int(1)),
    ("kern.saved_ids", (1, 20), _int(1)),
    ("kern.boottime", (1, 21), _boottime),
    ("kern.maxfilesperproc", (1, 29), _int(f.OPEN_MAX)),
    ("kern.maxprocperuid", (1, 30), _int(2784)),
    ("kern.usrstack64", (1, 59), _long(0x16FE00000)),
    ("kern.osversion", (1, 65), _text("24G84")),
    ("kern.osproductversion", (), _text("15.6")),
    ("kern.bootargs", (), _text("")),
    ("kern.clockrate", (1, 12), lambda _call: struct.pack("<5i", 100, 10000, 0, 100, 100)),
    ("kern.ipc.somaxconn", (), _int(f.SOMAXCONN)),
    ("kern.ipc.maxsockbuf", (), _int(8388608)),
    ("kern.secure_kernel", (), _int(0)),
    ("kern.hv_support", (), _int(0)),
    ("hw.machine", (6, 1), _text("arm64")),
    ("hw.model", (6, 2), _text("Macmini9,1")),
    ("hw.ncpu", (6, 3), _int(CPUS)),
    ("hw.byteorder", (6, 4), _int(1234)),
    ("hw.physmem", (6, 5), _int(0x7FFF_FFFF)),
    ("hw.usermem", (6, 6), _int(0x7000_0000)),
    ("hw.pagesize", (6, 7), _long(PAGE_SIZE)),
    ("hw.vectorunit", (6, 13), _int(1)),
    ("hw.cachelinesize", (6, 16), _long(128)),
    ("hw.l1icachesize", (6, 17), _long(131072)),
    ("hw.l1dcachesize", (6, 18), _long(65536)),
    ("hw.l2cachesize", (6, 20), _long(4194304)),
    ("hw.tbfrequency", (), _long(62_500_000)),
    ("hw.memsize", (6, 24), _long(MEMORY)),
    ("hw.availcpu", (6, 25), _int(CPUS)),
    ("hw.activecpu", (), _int(CPUS)),
    ("hw.physicalcpu", (), _int(CPUS)),
    ("hw.physicalcpu_max", (), _int(CPUS)),
    ("hw.logicalcpu", (), _int(CPUS)),
    ("hw.logicalcpu_max", (), _int(CPUS)),
    ("hw.packages", (), _int(1)),
    ("hw.pagesize32", (), _long(PAGE_SIZE)),
    ("hw.cputype", (), _int(0x0100000C)),
    ("hw.cpusubtype", (), _int(2)),
    ("hw.cpu64bit_capable", (), _int(1)),
    ("hw.cpufamily", (), _int(0x1B588BB3)),
    ("hw.targettype", (), _text("J274")),
    ("hw.optional.arm64", (), _int(1)),
    ("hw.optional.floatingpoint", (), _int(1)),
    ("hw.optional.neon", (), _int(1)),
    ("hw.optional.AdvSIMD", (), _int(1)),
    ("hw.optional.armv8_crc32", (), _int(1)),
    *((f"hw.optional.arm.FEAT_{name}", (), _int(1)) for name in _FEATURES),
    *((f"hw.optional.arm.FEAT_{name}", (), _int(0)) for name in _LATER_FEATURES),
    ("machdep.cpu.brand_string", (), _text("Apple M1")),
    ("machdep.cpu.core_count", (), _int(CPUS)),
    ("machdep.cpu.thread_count", (), _int(CPUS)),
    ("sysctl.proc_translated", (), _int(0)),
    ("vm.pagesize", (), _int(PAGE_SIZE)),
    ("security.mac.proc_enforce", (), _int(1)),
)


def _numbered() -> Iterator[tuple[bytes, tuple[int, ...], Value]]:
    """Give those without a number one of their own, as xnu does with OID_AUTO."""
    for index, (name, oid, value) in enumerate(_NODES):
        yield name.encode(), oid or (_TOPS[name.partition(".")[0]], _OID_AUTO + index), value


_TOPS = {"kern": 1, "vm": 2, "hw": 6, "machdep": 7, "sysctl": 0, "security": 8}
_OID_AUTO = 100
_NAMED = {name: (oid, value) for name, oid, value in _numbered()}
_NUMBERED = dict(_NAMED.values())


@syscall(202, note="the usual names, to be read")
def sysctl(
    call: Call,
    name: SysctlName,
    namelen: UInt,
    old: SizedOut,
    oldlenp: LenInOut,
    new: InBuf,
    newlen: Size,
) -> int:
    """Report a value by its numeric name, or with {0, 3} the numeric name of the name ``new``."""
    if not 2 <= namelen <= _CTL_MAXNAME:
        raise Errno(EINVAL)
    oid = struct.unpack(f"<{namelen}i", call.space.copyin(name, 4 * namelen))
    if oid == _NAME2OID:
        found, _ = _find(_copyin_name(call, new, newlen))
        return _answer(call, struct.pack(f"<{len(found)}i", *found), old, oldlenp)
    if oid not in _NUMBERED:
        raise Errno(ENOENT)
    if new:
        raise Errno(EPERM)
    return _answer(call, _NUMBERED[oid](call), old, oldlenp)


@syscall(274, note="the usual names, to be read")
def sysctlbyname(
    call: Call,
    name: InBuf,
    namelen: Size,
    old: SizedOut,
    oldlenp: LenInOut,
    new: InBuf,
    newlen: Size,
) -> int:
    """Report a value by its name."""
    del newlen
    _, value = _find(_copyin_name(call, name, namelen))
    if new:
        raise Errno(EPERM)
    return _answer(call, value(call), old, oldlenp)


def _copyin_name(call: Call, address: int, length: int) -> bytes:
    if length >= _NAME_MAX:
        raise Errno(ENAMETOOLONG)
    return call.space.copyin(address, length).partition(b"\0")[0]


def _find(name: bytes) -> tuple[tuple[int, ...], Value]:
    try:
        return _NAMED[name]
    except KeyError:
        raise Errno(ENOENT) from None


def _answer(call: Call, raw: bytes, old: int, oldlenp: int) -> int:
    """Write a value and its length; ENOMEM where there is too little room."""
    room = 0
    if oldlenp:
        (room,) = struct.unpack("<Q", call.space.copyin(oldlenp, 8))
    if old:
        call.space.copyout(old, raw[:room])
    if oldlenp:
        written = min(room, len(raw)) if old else len(raw)
        call.space.copyout(oldlenp, struct.pack("<Q", written))
    if old and room < len(raw):
        raise Errno(ENOMEM)
    return 0


# ---- code signing ----

#: What the linker's own signature of a program gives: CS_VALID, CS_ADHOC, CS_LINKER_SIGNED.
#: Bytes of an ``audit_token_t``.
_AUDIT_TOKEN = 32
_CS_STATUS = 0x1 | 0x2 | 0x20000
_CS_OPS_STATUS = 0


@syscall(169, note="CS_OPS_STATUS alone")
def csops(call: Call, pid: Pid, ops: UInt, useraddr: CodeStatusOut, usersize: Size) -> int:
    """Report the state of a process's signature: that of every freshly linked program."""
    call.kernel.find(pid or call.process.pid)
    if ops != _CS_OPS_STATUS:
        raise Errno(EINVAL)
    if usersize < 4:
        raise Errno(ERANGE)
    call.space.copyout(useraddr, struct.pack("<I", _CS_STATUS))
    return 0


@syscall(170, note="CS_OPS_STATUS alone; the token is read and not compared")
def csops_audittoken(
    call: Call, pid: Pid, ops: UInt, useraddr: CodeStatusOut, usersize: Size, uaudittoken: Addr
) -> int:
    """Report the same of a process that an audit token names besides."""
    if not uaudittoken:
        raise Errno(EINVAL)
    call.space.copyin(uaudittoken, _AUDIT_TOKEN)
    return csops(call, pid, ops, useraddr, usersize)
