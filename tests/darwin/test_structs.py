"""Sizes and offsets of Darwin's structs, as xnu's headers have them."""

from __future__ import annotations

import struct

import pytest

from emu.darwin import frames, oldfiles, spawn, structs, termios
from emu.darwin.layout import Layout, layout

TABLE: list[tuple[type[Layout], int, dict[str, int]]] = [
    (structs.Timespec, 16, {"nsec": 8}),
    (structs.Timeval, 16, {"usec": 8}),
    (structs.Timezone, 8, {"dsttime": 4}),
    (structs.Itimerval, 32, {"interval": 0, "value": 16}),
    (structs.Iovec, 16, {"base": 0, "len": 8}),
    (
        structs.Stat64,
        144,
        {"dev": 0, "mode": 4, "nlink": 6, "ino": 8, "uid": 16, "gid": 20, "rdev": 24}
        | {"atime": 32, "mtime": 48, "ctime": 64, "birthtime": 80, "size": 96}
        | {"blocks": 104, "blksize": 112, "flags": 116, "gen": 120},
    ),
    (structs.Statfs64, 2168, {"fsid0": 48, "fstypename": 72, "mntonname": 88}),
    (structs.Dirent, 24, {"seekoff": 8, "reclen": 16, "namlen": 18, "type": 20}),
    (structs.Flock, 24, {"pid": 16, "type": 20, "whence": 22}),
    (structs.Fstore, 32, {"posmode": 4, "offset": 8, "length": 16, "bytesalloc": 24}),
    (structs.Radvisory, 16, {"count": 8}),
    (structs.Winsize, 8, {"col": 2}),
    (structs.SockaddrIn, 16, {"family": 1, "port": 2, "addr": 4, "zero": 8}),
    (structs.SockaddrIn6, 28, {"port": 2, "flowinfo": 4, "addr": 8, "scope_id": 24}),
    (structs.SockaddrUn, 106, {"path": 2}),
    (structs.Linger, 8, {"linger": 4}),
    (structs.Msghdr, 48, {"iov": 16, "control": 32, "controllen": 40, "flags": 44}),
    (structs.Cmsghdr, 12, {"type": 8}),
    (structs.Pollfd, 8, {"events": 4, "revents": 6}),
    (structs.Kevent, 32, {"filter": 8, "flags": 10, "fflags": 12, "data": 16, "udata": 24}),
    (structs.Kevent64, 48, {"udata": 24, "ext0": 32}),
    (structs.Rlimit, 16, {"max": 8}),
    (structs.Rusage, 144, {"stime": 16, "maxrss": 32, "nivcsw": 136}),
    (structs.ProcBsdinfo, 136, {"comm": 48, "name": 64, "nfiles": 96, "start_sec": 120}),
    (structs.ProcBsdshortinfo, 64, {"comm": 16, "flags": 32}),
    (structs.ProcTaskinfo, 96, {"policy": 48, "priority": 92}),
    (structs.Sigaction, 24, {"handler": 0, "tramp": 8, "mask": 16, "flags": 20}),
    (structs.OldSigaction, 16, {"handler": 0, "mask": 8, "flags": 12}),
    (
        frames.Siginfo,
        104,
        {"code": 8, "pid": 12, "uid": 16, "status": 20, "addr": 24, "value": 32},
    ),
    (frames.Stack, 24, {"size": 8, "flags": 16}),
    (frames.Ucontext64, 56, {"sigmask": 4, "stack": 8, "link": 32, "mcsize": 40, "mcontext": 48}),
    (frames.ExceptionState, 16, {"esr": 8, "exception": 12}),
    (frames.ThreadState, 272, {"x": 0, "fp": 232, "lr": 240, "sp": 248, "pc": 256, "cpsr": 264}),
    (frames.NeonState, 528, {"v": 0, "fpsr": 512, "fpcr": 516}),
    (spawn.SpawnArgs, 64, {"file_actions": 24, "port_actions_size": 32}),
    (spawn.SpawnAttributes, 16, {"sigdefault": 4, "sigmask": 8, "pgroup": 12}),
    (spawn.SpawnActions, 8, {"count": 4}),
    (spawn.SpawnAction, 1040, {"filedes": 4, "union": 8}),
    (oldfiles.Stat, 120, {"ino": 4, "mode": 8, "rdev": 20, "atime": 24, "size": 72, "gen": 96}),
    (oldfiles.Statfs, 336, {"fsid0": 64, "owner": 72, "fstypename": 104, "mntonname": 119}),
    (oldfiles.Dirent32, 8, {"reclen": 4, "type": 6, "namlen": 7}),
    (termios.Termios, 72, {"lflag": 24, "cc": 32, "ispeed": 56, "ospeed": 64}),
    (frames.Mcontext64, 816, {"es": 0, "ss": 16, "ns": 288}),
]


@pytest.mark.parametrize(
    ("cls", "size", "offsets"), TABLE, ids=lambda v: getattr(v, "__name__", "")
)
def test_sizes_and_offsets_are_those_of_xnu(
    cls: type[Layout], size: int, offsets: dict[str, int]
) -> None:
    assert size == cls.SIZE
    assert {name: cls.OFFSETS[name] for name in offsets} == offsets


@pytest.mark.parametrize("cls", [row[0] for row in TABLE], ids=lambda cls: cls.__name__)
def test_unpack_and_pack_give_the_same_bytes_back(cls: type[Layout]) -> None:
    zeros = bytes(cls.SIZE)
    assert cls.unpack(zeros).pack() == zeros


def test_every_exported_layout_is_in_the_table() -> None:
    classes = {
        value
        for module in (structs, frames, spawn, oldfiles, termios)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Layout) and value is not Layout
    }
    assert classes == {row[0] for row in TABLE}


def test_a_port_is_in_network_order() -> None:
    packed = structs.SockaddrIn(16, 2, 8080, bytes([127, 0, 0, 1])).pack()
    assert packed == bytes([16, 2, 0x1F, 0x90, 127, 0, 0, 1]) + bytes(8)
    assert structs.SockaddrIn.unpack(packed).port == 8080


def test_nested_and_array_fields_keep_their_values() -> None:
    timer = structs.Itimerval(structs.Timeval(1, 2), structs.Timeval(3, 4))
    assert structs.Itimerval.unpack(b"skip" + timer.pack(), 4) == timer
    state = frames.ThreadState(tuple(range(29)), 29, 30, 31, 32, 33)
    assert frames.ThreadState.unpack(state.pack()) == state
    assert struct.unpack_from("<Q", state.pack(), 8 * 28) == (28,)


@pytest.mark.parametrize("ns", [0, 1_999, 1_000_000_000, 123_456_789_000])
def test_timeval_rounds_nanoseconds_down(ns: int) -> None:
    assert structs.Timeval.from_ns(ns).to_ns() == ns - ns % 1000


@pytest.mark.parametrize(
    ("name", "reclen"), [(b".", 24), (b"ab", 24), (b"abc", 32), (b"x" * 255, 280)]
)
def test_dirent_is_terminated_and_a_multiple_of_eight(name: bytes, reclen: int) -> None:
    entry = structs.pack_dirent(7, 9, 8, name)
    assert len(entry) == reclen == int.from_bytes(entry[16:18], "little")
    assert entry[18:21] == bytes([len(name), 0, 8])
    assert entry[21:].rstrip(b"\0") == name
    assert entry[21 + len(name)] == 0


def test_a_field_that_is_no_c_type_is_refused() -> None:
    with pytest.raises(TypeError, match="no C type"):
        layout(type("Bad", (Layout,), {"__annotations__": {"a": int}}))
