"""Printing what pointers to structs lead to: files, time, signals, resources."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.darwin.frames import Stack
from emu.darwin.structs import (
    DIRENT_NAME,
    Flock,
    Fstore,
    Iovec,
    OldSigaction,
    Radvisory,
    Rlimit,
    Rusage,
    Sigaction,
    Stat64,
    Winsize,
)
from emu.darwin.termios import CFLAGS, IFLAGS, LFLAGS, OFLAGS, SIZES, Termios
from emu.image import PAGE_SIZE
from emu.strace.shown import (
    bits,
    fetch,
    fields,
    given,
    name_or_number,
    named,
    pointer,
    quote,
    quote_start,
    signal_name,
    signal_set,
    struct_at,
    taken,
)
from emu.strace.times import timeval

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.strace.shown import Shown

__all__ = [
    "FORMATS", "file_mode", "flock", "fstore", "int_at", "iovecs", "names_of_entries",
    "radvisory", "termios", "winsize",
]  # fmt: skip

_IOVECS_SHOWN = 16
_PAGES_SHOWN = 32
#: ``struct sf_hdtr``: headers and their number, trailers and theirs.
_HDTR = struct.Struct("<Qi4xQi4x")
_ENTRIES_SHOWN = 5
#: Where an entry has its length and that of its name.
_ENTRY = struct.Struct("<16x2H")
_FILE_TYPES = {
    f.S_IFIFO: "S_IFIFO", f.S_IFCHR: "S_IFCHR", f.S_IFDIR: "S_IFDIR", f.S_IFBLK: "S_IFBLK",
    f.S_IFREG: "S_IFREG", f.S_IFLNK: "S_IFLNK", f.S_IFSOCK: "S_IFSOCK",
}  # fmt: skip


def int_at(shown: Shown, address: int) -> str:
    """Show a pointer to an ``int``: ``[5]``."""
    return _number_at(shown, address, "<i")


def _number_at(shown: Shown, address: int, code: str) -> str:
    data = fetch(shown.space, address, struct.calcsize(code)) if address else None
    return pointer(address) if data is None else f"[{struct.unpack(code, data)[0]}]"


def _number_out(code: str) -> Callable[[Shown, int], str]:
    def show(shown: Shown, i: int) -> str:
        address = shown.values[i]
        return pointer(address) if shown.error else _number_at(shown, address, code)

    return show


def _pointer_out(shown: Shown, i: int) -> str:
    """Show an address that the call has written: ``[0x300000000]``."""
    address = shown.values[i]
    data = None if shown.error or shown.count() else fetch(shown.space, address, 8)
    return pointer(address) if data is None else f"[{pointer(int.from_bytes(data, 'little'))}]"


def _residency(shown: Shown, i: int) -> str:
    """Show what mincore says of the pages of the range before."""
    start, length = shown.values[i - 2] & -PAGE_SIZE, shown.values[i - 1]
    pages = -(-(shown.values[i - 2] + length - start) // PAGE_SIZE)
    data = None if shown.error else fetch(shown.space, shown.values[i], min(pages, _PAGES_SHOWN))
    if data is None:
        return pointer(shown.values[i])
    more = ["..."] if pages > _PAGES_SHOWN else []
    return f"[{', '.join([*map(str, data), *more])}]"


# ---- files ----


#: The fields of a stat64 that are shown: mode, ino, size.
_STAT = struct.Struct(
    f"<4xH2xQ{Stat64.OFFSETS['size'] - 16}xq{Stat64.SIZE - Stat64.OFFSETS['size'] - 8}x"
)


def _stat_out(shown: Shown, i: int) -> str:
    address = shown.values[i]
    data = None if shown.error else fetch(shown.space, address, Stat64.SIZE)
    if data is None:
        return pointer(address)
    mode, ino, size = _STAT.unpack(data)
    return f"{{st_mode={file_mode(mode)}, st_size={size}, st_ino={ino}, ...}}"


def file_mode(mode: int) -> str:
    """Show a file's type and permissions."""
    kind = _FILE_TYPES.get(mode & f.S_IFMT) or hex(mode & f.S_IFMT)
    return f"{kind}|0{mode & 0o7777:03o}"


def _flock(lock: Flock) -> str:
    kinds = {f.F_RDLCK: "F_RDLCK", f.F_UNLCK: "F_UNLCK", f.F_WRLCK: "F_WRLCK"}
    return fields(
        (
            ("l_type", name_or_number(kinds, lock.type)),
            ("l_whence", name_or_number(named("SEEK_"), lock.whence)),
            ("l_start", lock.start),
            ("l_len", lock.len),
        )
    )


def flock(shown: Shown, address: int) -> str:
    """Show a record lock."""
    return struct_at(shown, address, Flock, _flock)


def fstore(shown: Shown, address: int) -> str:
    """Show the room that F_PREALLOCATE asks for."""
    return struct_at(
        shown,
        address,
        Fstore,
        lambda s: fields((("fst_offset", s.offset), ("fst_length", s.length))),
    )


def radvisory(shown: Shown, address: int) -> str:
    """Show what F_RDADVISE says will be read."""
    return struct_at(
        shown,
        address,
        Radvisory,
        lambda r: fields((("ra_offset", r.offset), ("ra_count", r.count))),
    )


def winsize(shown: Shown, address: int) -> str:
    """Show the size of a terminal."""
    return struct_at(
        shown, address, Winsize, lambda w: fields((("ws_row", w.row), ("ws_col", w.col)))
    )


def _termios(t: Termios) -> str:
    size = next(name for name, value in SIZES.items() if value == t.cflag & SIZES["CS8"])
    named_bits = (
        ("c_iflag", _bits_of(IFLAGS, t.iflag)),
        ("c_oflag", _bits_of(OFLAGS, t.oflag)),
        ("c_cflag", f"{size}|{_bits_of(CFLAGS, t.cflag & ~SIZES['CS8'])}"),
        ("c_lflag", _bits_of(LFLAGS, t.lflag)),
        ("c_ospeed", t.ospeed),
    )
    return f"{fields(named_bits)[:-1]}, ...}}"


def _bits_of(names: dict[str, int], value: int) -> str:
    return bits({bit: name for name, bit in names.items()}, value) if value else "0"


def termios(shown: Shown, address: int) -> str:
    """Show the settings of a terminal."""
    return struct_at(shown, address, Termios, _termios)


def _dirents(shown: Shown, i: int) -> str:
    """Show the names of the first entries that were read."""
    address, count = shown.values[i], shown.count()
    data = fetch(shown.space, address, count) if count else None
    if data is None:
        return pointer(address)
    return names_of_entries(data, _ENTRY, DIRENT_NAME)


def names_of_entries(data: bytes, entry: struct.Struct, name_at: int) -> str:
    """Show the first names; ``entry`` reads an entry's length and that of its name."""
    names = []
    at = 0
    while at + name_at < len(data):
        reclen, namlen = entry.unpack_from(data, at)
        names.append(quote(data[at + name_at : at + name_at + namlen]))
        if not reclen:
            break
        at += reclen
    more = [f"... {len(names)} entries"] if len(names) > _ENTRIES_SHOWN else []
    return f"[{', '.join(names[:_ENTRIES_SHOWN] + more)}]"


def iovecs(shown: Shown, address: int, number: int, filled: int | None) -> str:
    """Show buffers; ``filled`` is how many bytes a scattering read has put into them."""
    shown_number = max(min(number, _IOVECS_SHOWN), 0)
    data = fetch(shown.space, address, Iovec.SIZE * shown_number) if address else None
    if data is None:
        return pointer(address)
    out, left = [], filled
    for base, length in struct.iter_unpack("<2Q", data):
        there = length if left is None else min(length, left)
        if left is not None:
            left -= there
        start = fetch(shown.space, base, min(there, shown.limit + 1))
        text = hex(base) if start is None else quote_start(start, shown.limit)
        out.append(f"{{iov_base={text}, iov_len={length}}}")
    if number > shown_number:
        out.append("...")
    return f"[{', '.join(out)}]"


def _hdtr(shown: Shown, i: int) -> str:
    """Show what sendfile sends around the file (``struct sf_hdtr``)."""
    address = shown.values[i]
    data = fetch(shown.space, address, _HDTR.size) if address else None
    if data is None:
        return pointer(address)
    headers, count, trailers, trailer_count = _HDTR.unpack(data)
    return fields(
        (
            ("headers", iovecs(shown, headers, count, None)),
            ("trailers", iovecs(shown, trailers, trailer_count, None)),
        )
    )


def _iovec_in(shown: Shown, i: int) -> str:
    return iovecs(shown, shown.values[i], shown.values[i + 1] & 0xFFFFFFFF, None)


def _iovec_out(shown: Shown, i: int) -> str:
    number = shown.values[i + 1] & 0xFFFFFFFF
    return iovecs(shown, shown.values[i], number, shown.count())


# ---- signals and processes ----


def _handler(value: int) -> str:
    return {f.SIG_DFL: "SIG_DFL", f.SIG_IGN: "SIG_IGN"}.get(value) or hex(value)


def _action(a: Sigaction | OldSigaction) -> str:
    flags = bits(named("SA_"), a.flags & 0xFFFFFFFF) if a.flags else "0"
    pairs = [
        ("sa_handler", _handler(a.handler)),
        ("sa_mask", signal_set(a.mask)),
        ("sa_flags", flags),
    ]
    if isinstance(a, Sigaction) and a.tramp != a.handler and a.tramp:
        pairs.insert(1, ("sa_tramp", hex(a.tramp)))
    return fields(pairs)


def _set_at(shown: Shown, address: int) -> str:
    data = fetch(shown.space, address, 4) if address else None
    return pointer(address) if data is None else signal_set(int.from_bytes(data, "little"))


def _sigset_in(shown: Shown, i: int) -> str:
    return _set_at(shown, shown.values[i])


def _sigset_out(shown: Shown, i: int) -> str:
    return pointer(shown.values[i]) if shown.error else _set_at(shown, shown.values[i])


def _stack(s: Stack) -> str:
    flags = bits({f.SS_ONSTACK: "SS_ONSTACK", f.SS_DISABLE: "SS_DISABLE"}, s.flags & 0xFFFFFFFF)
    return fields((("ss_sp", hex(s.sp)), ("ss_size", s.size), ("ss_flags", flags)))


def wait_status(status: int) -> str:
    """Show a wait status by the macros that take it apart."""
    low = status & 0x7F
    if not low:
        return f"[{{WIFEXITED(s) && WEXITSTATUS(s) == {status >> 8 & 0xFF}}}]"
    if low == f.WSTOPPED_STATUS:
        return f"[{{WIFSTOPPED(s) && WSTOPSIG(s) == {signal_name(status >> 8 & 0xFF)}}}]"
    return f"[{{WIFSIGNALED(s) && WTERMSIG(s) == {signal_name(low)}}}]"


def _wait_status(shown: Shown, i: int) -> str:
    address = shown.values[i]
    data = fetch(shown.space, address, 4) if address and shown.count() else None
    return pointer(address) if data is None else wait_status(int.from_bytes(data, "little"))


def _rusage(r: Rusage) -> str:
    return fields((("ru_utime", timeval(r.utime)), ("ru_stime", timeval(r.stime)))).replace(
        "}}", "}, ...}"
    )


def _rlimit(r: Rlimit) -> str:
    def limit(value: int) -> str:
        return "RLIM_INFINITY" if value == f.RLIM_INFINITY else str(value)

    return fields((("rlim_cur", limit(r.cur)), ("rlim_max", limit(r.max))))


FORMATS: Final[dict[str, Callable[[Shown, int], str | None]]] = {
    "int_out": _number_out("<i"),
    "long_out": _number_out("<q"),
    "len_inout": _number_out("<I"),
    "stat_out": _stat_out,
    "pointer_out": _pointer_out,
    "residency_out": _residency,
    "hdtr_in": _hdtr,
    "dirents_out": _dirents,
    "iovec_in": _iovec_in,
    "iovec_out": _iovec_out,
    "rusage_out": given(Rusage, _rusage),
    "rlimit_in": taken(Rlimit, _rlimit),
    "rlimit_out": given(Rlimit, _rlimit),
    "wait_status_out": _wait_status,
    "sigset_in": _sigset_in,
    "sigset_out": _sigset_out,
    "sigaction_in": taken(Sigaction, _action),
    "sigaction_out": given(OldSigaction, _action),
    "stack_in": taken(Stack, _stack),
    "stack_out": given(Stack, _stack),
}
