"""Printing the arguments of the calls that wait: select, poll, kevent.

What those change in place is printed as it was taken, and once more behind the result:
``poll([{fd=4, events=POLLIN}], 1, -1) = 1 ([{fd=4, revents=POLLIN}])``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.darwin.structs import Kevent, Kevent64, Pollfd
from emu.strace.shown import (
    bits,
    fetch,
    fields,
    int32,
    name_or_number,
    named,
    pointer,
    signal_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.strace.shown import Shown

__all__ = ["AFTER", "FORMATS"]

_SHOWN_MAX = 32


# ---- select ----


def _descriptors(shown: Shown, address: int) -> str:
    number = max(0, min(int32(shown.values[0]), f.FD_SETSIZE))
    data = fetch(shown.space, address, -(-number // 32) * 4) if address else None
    if data is None:
        return pointer(address)
    word = int.from_bytes(data, "little")
    return f"[{' '.join(str(n) for n in range(number) if word >> n & 1)}]"


def _fd_set(shown: Shown, i: int) -> str:
    return _descriptors(shown, shown.values[i])


def _selected(shown: Shown) -> str:
    names = ("in", "out", "err")
    sets = [
        f"{name} {_descriptors(shown, address)}"
        for name, address in zip(names, shown.values[1:4], strict=True)
        if address
    ]
    return ", ".join(s for s in sets if not s.endswith("[]"))


# ---- poll ----


def _polls(shown: Shown, address: int, number: int) -> list[Pollfd] | None:
    number = min(number, _SHOWN_MAX)
    data = fetch(shown.space, address, Pollfd.SIZE * number) if address else None
    if data is None:
        return None
    return [Pollfd.unpack(data, Pollfd.SIZE * n) for n in range(number)]


def _pollfds(shown: Shown, i: int) -> str:
    found = _polls(shown, shown.values[i], shown.values[i + 1] & 0xFFFFFFFF)
    if found is None:
        return pointer(shown.values[i])
    names = named("POLL")
    return (
        f"[{', '.join(f'{{fd={p.fd}, events={bits(names, p.events & 0xFFFF)}}}' for p in found)}]"
    )


def _polled(shown: Shown) -> str:
    found = _polls(shown, shown.values[0], shown.values[1] & 0xFFFFFFFF) or []
    names = named("POLL")
    there = [
        f"{{fd={p.fd}, revents={bits(names, p.revents & 0xFFFF)}}}" for p in found if p.revents
    ]
    return f"[{', '.join(there)}]"


# ---- kevent ----

_NOTES_TIMER = {
    f.NOTE_SECONDS: "NOTE_SECONDS", f.NOTE_USECONDS: "NOTE_USECONDS",
    f.NOTE_NSECONDS: "NOTE_NSECONDS", f.NOTE_ABSOLUTE: "NOTE_ABSOLUTE",
}  # fmt: skip
_NOTES_VNODE = {
    f.NOTE_DELETE: "NOTE_DELETE", f.NOTE_WRITE: "NOTE_WRITE", f.NOTE_EXTEND: "NOTE_EXTEND",
    f.NOTE_ATTRIB: "NOTE_ATTRIB", f.NOTE_LINK: "NOTE_LINK", f.NOTE_RENAME: "NOTE_RENAME",
    f.NOTE_REVOKE: "NOTE_REVOKE", f.NOTE_FUNLOCK: "NOTE_FUNLOCK",
}  # fmt: skip
_NOTES_PROC = {
    f.NOTE_EXIT: "NOTE_EXIT", f.NOTE_FORK: "NOTE_FORK", f.NOTE_EXEC: "NOTE_EXEC",
    f.NOTE_SIGNAL: "NOTE_SIGNAL", f.NOTE_EXITSTATUS: "NOTE_EXITSTATUS",
}  # fmt: skip
#: What the bits of fflags are called, by filter.
_NOTES = {f.EVFILT_TIMER: _NOTES_TIMER, f.EVFILT_PROC: _NOTES_PROC, f.EVFILT_VNODE: _NOTES_VNODE}


def _event(e: Kevent | Kevent64) -> str:
    notes = _NOTES.get(e.filter, {})
    ident = signal_name(e.ident) if e.filter == f.EVFILT_SIGNAL else e.ident
    return fields(
        (
            ("ident", ident),
            ("filter", name_or_number(named("EVFILT_"), e.filter)),
            ("flags", bits(named("EV_"), e.flags) if e.flags else "0"),
            ("fflags", bits(notes, e.fflags) if e.fflags else "0"),
            ("data", e.data),
            ("udata", pointer(e.udata)),
        )
    )


def _events(shown: Shown, address: int, number: int, layout: type[Kevent | Kevent64]) -> str:
    count = max(0, min(number, _SHOWN_MAX))
    data = fetch(shown.space, address, layout.SIZE * count) if address else None
    if data is None:
        return pointer(address)
    texts = [_event(layout.unpack(data, layout.SIZE * n)) for n in range(count)]
    return f"[{', '.join(texts + ['...'] * (number > count))}]"


def _kevents_in(layout: type[Kevent | Kevent64]) -> Callable[[Shown, int], str]:
    return lambda shown, i: _events(shown, shown.values[i], int32(shown.values[i + 1]), layout)


def _kevents_out(layout: type[Kevent | Kevent64]) -> Callable[[Shown, int], str]:
    def show(shown: Shown, i: int) -> str:
        if shown.error:
            return pointer(shown.values[i])
        return _events(shown, shown.values[i], shown.count(), layout)

    return show


FORMATS: Final[dict[str, Callable[[Shown, int], str | None]]] = {
    "fd_set_inout": _fd_set,
    "pollfds_inout": _pollfds,
    "kevents_in": _kevents_in(Kevent),
    "kevents_out": _kevents_out(Kevent),
    "kevents64_in": _kevents_in(Kevent64),
    "kevents64_out": _kevents_out(Kevent64),
}

#: What to print behind the result, by the kind of argument that the call changed in place.
AFTER: Final[dict[str, Callable[[Shown], str]]] = {
    "fd_set_inout": _selected,
    "pollfds_inout": _polled,
}
