"""Printing what calls tell of processes: waitid, getgroups, proc_info, csops."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.darwin.frames import Siginfo
from emu.darwin.structs import ProcBsdinfo, ProcBsdshortinfo, ProcTaskinfo
from emu.strace.shown import (
    fetch,
    fields,
    int32,
    name_or_number,
    named,
    pointer,
    quote,
    quote_start,
    signal_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from emu.strace.shown import Shown

__all__ = ["FORMATS"]

#: Numbers of a list that are shown.
_SHOWN = 16
#: Bytes of an entry of PROC_PIDLISTFDS (``struct proc_fdinfo``): a descriptor and its type.
_FDINFO = struct.Struct("<iI")


def _siginfo(shown: Shown, i: int) -> str:
    """Show what waitid has found: nothing, or how a child fares."""
    address = shown.values[i]
    data = None if shown.error else fetch(shown.space, address, Siginfo.SIZE)
    if data is None:
        return pointer(address)
    info = Siginfo.unpack(data)
    if not info.signo:
        return "{si_signo=0}"
    ended = info.code == f.CLD_EXITED
    return fields(
        (
            ("si_signo", signal_name(info.signo)),
            ("si_code", name_or_number(named("CLD_"), info.code)),
            ("si_pid", info.pid),
            ("si_uid", info.uid),
            ("si_status", info.status if ended else signal_name(info.status)),
        )
    )


# ---- lists of numbers ----


def _numbers(shown: Shown, address: int, count: int) -> str:
    """Show so many 32-bit numbers at ``address``."""
    data = fetch(shown.space, address, 4 * min(max(count, 0), _SHOWN)) if address else None
    if data is None:
        return pointer(address)
    texts = [str(n) for (n,) in struct.iter_unpack("<i", data)]
    return f"[{', '.join(texts + ['...'] * (count > _SHOWN))}]"


def _groups_in(shown: Shown, i: int) -> str:
    return _numbers(shown, shown.values[i], int32(shown.values[i - 1]))


def _groups_out(shown: Shown, i: int) -> str:
    """Show the groups that were written: none where only their number was asked for."""
    if shown.error or not shown.values[i - 1] & 0xFFFFFFFF:
        return pointer(shown.values[i])
    return _numbers(shown, shown.values[i], shown.count())


# ---- proc_info ----


def _proc_info(shown: Shown, i: int) -> str:
    """Show what proc_info has written; the call's number and its flavor tell what it is."""
    address, count = shown.values[i], shown.count()
    if not count or not address:
        # PROC_PIDPATHINFO returns 0 and writes a path all the same.
        return _path(shown, i) if _flavor(shown, i) == f.PROC_PIDPATHINFO else pointer(address)
    if int32(shown.values[i - 4]) == f.PROC_INFO_CALL_LISTPIDS:
        return _numbers(shown, address, count // 4)
    show = _FLAVORS.get(_flavor(shown, i))
    data = fetch(shown.space, address, count) if show else None
    return pointer(address) if show is None or data is None else show(data)


def _flavor(shown: Shown, i: int) -> int:
    """Return the flavor of PROC_INFO_CALL_PIDINFO, 0 for another call or a failed one."""
    if shown.error or int32(shown.values[i - 4]) != f.PROC_INFO_CALL_PIDINFO:
        return 0
    return shown.values[i - 2] & 0xFFFFFFFF


def _path(shown: Shown, i: int) -> str:
    address = shown.values[i]
    data = fetch(shown.space, address, min(shown.values[i + 1] & 0xFFFFFFFF, 1024))
    if data is None:
        return pointer(address)
    return quote_start(data.partition(b"\0")[0], shown.limit)


def _fds(data: bytes) -> str:
    whole = data[: len(data) // _FDINFO.size * _FDINFO.size]
    texts = [str(fd) for fd, _ in _FDINFO.iter_unpack(whole)]
    return f"[{', '.join(texts[:_SHOWN] + ['...'] * (len(texts) > _SHOWN))}]"


def _some(pairs: Iterable[tuple[str, object]]) -> str:
    """Show a struct of which there is more."""
    return fields(pairs)[:-1] + ", ...}"


def _bsdinfo(data: bytes) -> str:
    if len(data) < ProcBsdinfo.SIZE:
        return quote(data)
    info = ProcBsdinfo.unpack(data)
    return _some(
        (
            ("pbi_pid", info.pid),
            ("pbi_ppid", info.ppid),
            ("pbi_comm", quote(info.comm.rstrip(b"\0"))),
            ("pbi_pgid", info.pgid),
        )
    )


def _shortinfo(data: bytes) -> str:
    if len(data) < ProcBsdshortinfo.SIZE:
        return quote(data)
    info = ProcBsdshortinfo.unpack(data)
    return _some(
        (
            ("pbsi_pid", info.pid),
            ("pbsi_ppid", info.ppid),
            ("pbsi_comm", quote(info.comm.rstrip(b"\0"))),
        )
    )


def _taskinfo(data: bytes) -> str:
    if len(data) < ProcTaskinfo.SIZE:
        return quote(data)
    info = ProcTaskinfo.unpack(data)
    return _some(
        (
            ("pti_virtual_size", info.virtual_size),
            ("pti_resident_size", info.resident_size),
            ("pti_total_user", info.total_user),
        )
    )


_FLAVORS: Final[dict[int, Callable[[bytes], str]]] = {
    f.PROC_PIDLISTFDS: _fds,
    f.PROC_PIDTBSDINFO: _bsdinfo,
    f.PROC_PIDTASKALLINFO: _bsdinfo,
    f.PROC_PIDTASKINFO: _taskinfo,
    f.PROC_PIDT_SHORTBSDINFO: _shortinfo,
}


def _code_status(shown: Shown, i: int) -> str:
    """Show the flags of a program's signature."""
    address = shown.values[i]
    data = None if shown.error else fetch(shown.space, address, 4)
    return pointer(address) if data is None else f"[{int.from_bytes(data, 'little'):#x}]"


FORMATS: Final[dict[str, Callable[[Shown, int], str | None]]] = {
    "siginfo_out": _siginfo,
    "groups_in": _groups_in,
    "groups_out": _groups_out,
    "proc_info_out": _proc_info,
    "code_status_out": _code_status,
}
