"""proc_info: lists of processes and what is known of one.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

import struct
from collections.abc import Callable

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL, ENOMEM, Errno
from emu.darwin.structs import ProcBsdinfo, ProcBsdshortinfo, ProcTaskinfo
from emu.kernel.process import Process, State
from emu.syscalls.kinds import Addr, Int, ProcInfoOut, UInt
from emu.syscalls.table import Call, syscall

__all__: list[str] = []


@syscall(336, note="calls 1 (list of pids) and 2 (five flavours of what is known of one)")
def proc_info(
    call: Call,
    callnum: Int,
    pid: Int,
    flavor: UInt,
    arg: Addr,
    buffer: ProcInfoOut,
    buffersize: Int,
) -> int:
    """List pids (1), or tell of one (2); returns bytes written."""
    del arg
    if callnum == f.PROC_INFO_CALL_LISTPIDS:
        return _list_pids(call, pid, flavor, buffer, buffersize)
    if callnum == f.PROC_INFO_CALL_PIDINFO:
        return _pid_info(call, call.kernel.find(pid), flavor, buffer, buffersize)
    raise Errno(EINVAL)


def _list_pids(call: Call, pid: int, flavor: int, buffer: int, buffersize: int) -> int:
    """List pids: ``pid`` is the kind of list, ``flavor`` whose.

    Without a buffer it returns the bytes that would be needed, with room to grow, as xnu.
    """
    pids = [p.pid for p in _listed(call, pid, flavor)]
    if not buffer:
        return 4 * (len(call.kernel.processes) + 20)
    if buffersize < 4:
        raise Errno(EINVAL)
    data = struct.pack(f"<{len(pids)}i", *pids)[: buffersize & ~3]
    call.space.copyout(buffer, data)
    return len(data)


def _listed(call: Call, kind: int, whose: int) -> list[Process]:
    everyone = list(call.kernel.processes.values())
    match kind:
        case f.PROC_ALL_PIDS:
            return everyone
        case f.PROC_PGRP_ONLY:
            return [p for p in everyone if p.pgid == whose]
        case f.PROC_PPID_ONLY:
            parent = call.kernel.processes.get(whose)
            return list(parent.children.values()) if parent else []
        case f.PROC_UID_ONLY | f.PROC_RUID_ONLY:
            return [p for p in everyone if p.uid == whose]
        case f.PROC_TTY_ONLY:
            return []
    raise Errno(EINVAL)


# ---- one process ----

#: ``SIDL`` … ``SZOMB`` of bsd/sys/proc.h.
_STATUS = {State.STOPPED: 4, State.ZOMBIE: 5}
_RUNS = 2
#: ``PROX_FDTYPE_`` by the kind of an open file.
_FD_TYPES = {"socket": 2, "psxshm": 3, "psxsem": 4, "kqueue": 5, "pipe": 6}


def _pid_info(call: Call, process: Process, flavor: int, buffer: int, buffersize: int) -> int:
    if flavor == f.PROC_PIDLISTFDS:
        return _list_fds(call, process, buffer, buffersize)
    if flavor == f.PROC_PIDPATHINFO:
        raw = process.path.encode(errors="surrogateescape") + b"\0"
        if buffersize < len(raw):
            raise Errno(ENOMEM)
        call.space.copyout(buffer, raw)
        return 0
    if flavor not in _FLAVORS:
        raise Errno(EINVAL)
    raw = _FLAVORS[flavor](process)
    if buffersize < len(raw):
        raise Errno(ENOMEM)
    call.space.copyout(buffer, raw)
    return len(raw)


def _list_fds(call: Call, process: Process, buffer: int, buffersize: int) -> int:
    """List descriptors and their types; without a buffer the bytes to reserve."""
    if not buffer:
        return 8 * (len(process.files) + 20)
    pairs = [struct.pack("<iI", fd, _FD_TYPES.get(file.kind, 1)) for fd, file in process.files]
    raw = b"".join(pairs[: max(0, buffersize) // 8])
    call.space.copyout(buffer, raw)
    return len(raw)


def _bsdinfo(p: Process) -> bytes:
    name = p.name.encode(errors="replace")
    seconds, ns = divmod(p.started_ns, 10**9)
    return ProcBsdinfo(
        flags=0x10, status=_STATUS.get(p.state, _RUNS), xstatus=p.status, pid=p.pid, ppid=p.ppid,
        uid=p.uid, gid=p.gid, ruid=p.uid, rgid=p.gid, svuid=p.uid, svgid=p.gid, rfu=0,
        comm=name[:15], name=name[:31], nfiles=len(p.files), pgid=p.pgid, pjobc=0,
        tdev=0xFFFFFFFF, tpgid=0, nice=p.nice, start_sec=seconds, start_usec=ns // 1000,
    ).pack()  # fmt: skip


def _shortinfo(p: Process) -> bytes:
    return ProcBsdshortinfo(
        p.pid, p.ppid, p.pgid, _STATUS.get(p.state, _RUNS), p.name.encode(errors="replace")[:15],
        0x10, p.uid, p.gid, p.uid, p.gid, p.uid, p.gid, 0,
    ).pack()  # fmt: skip


def _taskinfo(p: Process) -> bytes:
    regions = p.space.layout.regions
    resident = sum(n for b in {r.backing for r in regions} for _, n in b.runs)
    virtual = sum(r.end - r.start for r in regions)
    return ProcTaskinfo(
        virtual, resident, p.used_ns, 0, p.used_ns, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 31
    ).pack()


_FLAVORS: dict[int, Callable[[Process], bytes]] = {
    f.PROC_PIDTASKALLINFO: lambda p: _bsdinfo(p) + _taskinfo(p),
    f.PROC_PIDTBSDINFO: _bsdinfo,
    f.PROC_PIDTASKINFO: _taskinfo,
    f.PROC_PIDT_SHORTBSDINFO: _shortinfo,
}
