"""Structs behind pointers are shown by their fields, not as addresses."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

import pytest

from emu.darwin import flags as f
from emu.darwin import spawn
from emu.darwin.spawn import SpawnAction
from emu.darwin.termios import Termios
from emu.image import PAGE_SIZE
from emu.memory import AddressSpace, Backing, Region
from emu.strace.shapes import shape_of
from emu.strace.shown import Shown
from emu.syscalls.table import TABLE
from tests.strace.tracing import trace

if TYPE_CHECKING:
    from pathlib import Path

#: A call with its arguments in x0 to x5: numbers, or labels behind an &.
CALL = """
.macro call number, a=0, b=0, c=0, d=0, e=0, f=0
    ldr x0, =\\a
    ldr x1, =\\b
    ldr x2, =\\c
    ldr x3, =\\d
    ldr x4, =\\e
    ldr x5, =\\f
    movz x16, #(\\number) & 0xffff
    .if \\number < 0
    movn x16, #~(\\number)
    .endif
    svc #0x80
.endm
"""
DATA = """
.data
.p2align 3
buf:    .space 512
zeros:  .space 64
two:    .long 12, 61
vec:    .quad head, 4
hdtr:   .quad vec, 1, 0, 0
length: .quad 0
zone:   .long -60, 1
now:    .quad 5, 6
head:   .ascii "HEAD"
name:   .asciz "file"
dot:    .asciz "."
"""


def lines(root: Path, calls: str, data: str = "") -> list[str]:
    """Return the lines of ``calls``, without the number of the process."""
    text = f"{CALL}\n_main: {calls}\n exit 0\n {DATA}{data}"
    return [line.removeprefix("[pid 100] ") for line in trace(root, text)][:-2]


def test_what_waitid_has_found(tmp_path: Path) -> None:
    calls = f"""
        sys 2
        cbnz x1, 1f
        call 173, {f.P_ALL}, 0, buf, {f.WEXITED | f.WNOWAIT}
        b 2f
    1:  exit 3
    2:  call 173, {f.P_ALL}, 0, buf, {f.WEXITED}
        call 173, {f.P_ALL}, 0, buf, {f.WEXITED}
    """
    shown = [line for line in lines(tmp_path, calls) if line.startswith("waitid")]
    child = "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=101, si_uid=501, si_status=3}"
    assert shown[0] == f"waitid(P_ALL, 0, {child}, WEXITED|WNOWAIT) = 0"
    assert shown[1] == f"waitid(P_ALL, 0, {child}, WEXITED) = 0"
    assert re.fullmatch(r"waitid\(P_ALL, 0, 0x\w+, WEXITED\) = -1 ECHILD .*", shown[2])


def test_groups(tmp_path: Path) -> None:
    calls = "call 79, 4, buf\n call 79, 0, 0\n call 80, 2, two\n"
    assert lines(tmp_path, calls) == [
        "getgroups(4, [20]) = 1",
        "getgroups(0, NULL) = 1",
        "setgroups(2, [12, 61]) = -1 EPERM (Operation not permitted)",
    ]


def test_what_proc_info_tells(tmp_path: Path) -> None:
    calls = f"""
        call 336, 1, {f.PROC_ALL_PIDS}, 0, 0, buf, 64
        call 336, 2, 100, {f.PROC_PIDTBSDINFO}, 0, buf, 512
        call 336, 2, 100, {f.PROC_PIDT_SHORTBSDINFO}, 0, buf, 512
        call 336, 2, 100, {f.PROC_PIDTASKINFO}, 0, buf, 512
        call 336, 2, 100, {f.PROC_PIDLISTFDS}, 0, buf, 512
    """
    listed, info, short, task, fds = lines(tmp_path, calls)
    assert re.fullmatch(r"proc_info\(1, 1, 0, NULL, \[100\], 64\) = 4", listed)
    assert '{pbi_pid=100, pbi_ppid=1, pbi_comm="guest", pbi_pgid=100, ...}' in info
    assert '{pbsi_pid=100, pbsi_ppid=1, pbsi_comm="guest", ...}' in short
    assert re.search(r"\{pti_virtual_size=\d+, pti_resident_size=\d+, pti_total_user", task)
    assert ", [0, 1, 2], 512) = 24" in fds


def test_memory_and_the_clock(tmp_path: Path) -> None:
    calls = f"""
        call 197, 0x300000000, 0xc000, 3, {f.MAP_ANON | f.MAP_PRIVATE}, -1, 0
        mov w9, #1
        strb w9, [x0, #1]
        call 78, 0x300000000, 0xc000, buf
        call 250, 0x300000000, 0x4000, {f.VM_INHERIT_NONE}
        call -89, buf
        call -10, 0x203, zeros, 0x4000, 1
        call 116, 0, zeros, 0
        call 122, now, zone
        call 140, 0, buf
        call 169, 0, 0, buf, 4
        call 142, buf, now
    """
    _, residency, inherit, timebase, allocated, zone, set_time, adjusted, status, uuid = lines(
        tmp_path, calls
    )
    assert residency == "mincore(0x300000000, 49152, [1, 0, 0]) = 0"
    assert inherit == "minherit(0x300000000, 16384, VM_INHERIT_NONE) = 0"
    assert timebase == "mach_timebase_info_trap({numer=16, denom=1}) = 0"
    assert re.search(r"\(515, \[0x\w+\], 16384, 1\) = 0", allocated)
    assert "{tz_minuteswest=0, tz_dsttime=0}" in zone
    assert "({tv_sec=5, tv_usec=6}, {tz_minuteswest=-60, tz_dsttime=1}) = -1 EPERM" in set_time
    assert adjusted == "adjtime(NULL, {tv_sec=0, tv_usec=0}) = 0"
    assert re.search(r"csops\(0, 0, \[0x\w+\], 4\) = 0", status)
    assert uuid.endswith(", {tv_sec=5, tv_nsec=6}) = 0")


def test_file_systems_and_old_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    calls = """
        call 345, name, buf + 0
        call 157, name, buf
        call 18, 0, 0, 0
        call 188, name, buf
        call 5, dot, 0, 0
        call 196, 3, buf, 400, length
        call 157, buf, 0
    """
    calls, data = calls.replace("buf", "more"), ".p2align 3\nmore: .space 2432\n"
    new, old, number, stat, _, entries, bad = lines(tmp_path, calls, data)
    known = (
        r'\{f_bsize=\d+, f_blocks=\d+, f_bavail=\d+, f_fstypename="apfs", f_mntonname="/", ...\}'
    )
    assert re.fullmatch(rf'statfs64\("file", {known}\) = 0', new)
    assert re.fullmatch(rf'statfs\("file", {known}\) = 0', old)
    assert number == "getfsstat(NULL, 0, 0) = 1"
    assert "{st_mode=S_IFREG|0" in stat
    assert "st_size=5" in stat
    assert re.fullmatch(r'getdirentries\(3, \[".*"\], 400, \[0\]\) = \d+', entries)
    assert '"file"' in entries
    assert bad.startswith("statfs(")


def test_what_sendfile_sends_around_a_file(tmp_path: Path) -> None:
    calls = "call 337, 0, 1, 0, length, hdtr, 0"
    (line,) = lines(tmp_path, calls)
    assert 'headers=[{iov_base="HEAD", iov_len=4}], trailers=NULL}, 0)' in line


def test_requests_that_give_something_have_their_names_too(tmp_path: Path) -> None:
    assert lines(tmp_path, f"call 54, 1, {f.FIONBIO}, zeros\n call 54, 1, 0x80001234, 0") == [
        "ioctl(1, FIONBIO, [0]) = 0",
        "ioctl(1, 0x80001234, NULL) = -1 ENOTTY (Inappropriate ioctl for device)",
    ]


def test_advice_on_files(tmp_path: Path) -> None:
    data = ".p2align 3\nroom: .long 4, 3\n .quad 0, 77, 0\nahead: .quad 5, 6\n"
    calls = f"call 92, 1, {f.F_PREALLOCATE}, room\n call 92, 1, {f.F_RDADVISE}, ahead"
    assert lines(tmp_path, calls, data) == [
        "fcntl(1, F_PREALLOCATE, {fst_offset=0, fst_length=77}) = 0",
        "fcntl(1, F_RDADVISE, {ra_offset=5, ra_count=6}) = 0",
    ]


def test_what_posix_spawn_is_asked_for(tmp_path: Path) -> None:
    actions = [
        SpawnAction(spawn.PSFA_OPEN, 1, struct.pack("<iH", f.O_WRONLY | f.O_CREAT, 0o640) + b"o"),
        SpawnAction(spawn.PSFA_DUP2, 1, struct.pack("<i", 2)),
        SpawnAction(spawn.PSFA_CLOSE, 3, b""),
        SpawnAction(spawn.PSFA_INHERIT, 4, b""),
        SpawnAction(spawn.PSFA_CHDIR, 0, b"dir"),
        SpawnAction(spawn.PSFA_FCHDIR, 5, b""),
        SpawnAction(spawn.PSFA_FILEPORT_DUP2, 5, b""),
    ]
    raw = struct.pack("<2i", 7, 7) + b"".join(a.pack() for a in actions)
    flags = spawn.POSIX_SPAWN_SETPGROUP | spawn.POSIX_SPAWN_SETSIGMASK | spawn.POSIX_SPAWN_SETSIGDEF
    data = f"""
    .p2align 3
    attr:   .short {flags}, 0
            .long 1, 2, 7
    args:   .quad 16, attr, {len(raw)}, acts, 0, 0, 0, 0
    acts:   .byte {", ".join(map(str, raw))}
    """
    (line,) = lines(tmp_path, "call 244, buf, name, args, 0, 0", data)
    assert line.startswith("posix_spawn(0x")
    assert (
        '"file", {flags=POSIX_SPAWN_SETPGROUP|POSIX_SPAWN_SETSIGDEF|POSIX_SPAWN_SETSIGMASK,'
        " sigdefault=[HUP], sigmask=[INT], pgroup=7, file_actions=["
        'open(1, "o", O_WRONLY|O_CREAT, 0640), dup2(1, 2), close(3), inherit(4), chdir("dir"),'
        " fchdir(5), action 4]}, NULL, NULL) = -1 EBADF"
    ) in line


SETTINGS = (
    "{c_iflag=BRKINT|ICRNL|IXON|IXANY|IMAXBEL|IUTF8, c_oflag=OPOST|ONLCR,"
    " c_cflag=CS8|CREAD|HUPCL, c_lflag=ECHOKE|ECHOE|ECHO|ECHOCTL|ISIG|ICANON|IEXTEN,"
    " c_ospeed=9600, ...}"
)


@pytest.mark.parametrize(
    ("request_", "data", "text"),
    [
        (
            f.TIOCGETA,
            Termios(0x6B02, 0x3, 0x4B00, 0x5CB, bytes(20), 9600, 9600).pack(),
            SETTINGS,
        ),
        (f.TIOCGPGRP, struct.pack("<i", 100), "[100]"),
        (f.TIOCFLUSH, struct.pack("<i", 1), "[1]"),
        (f.TIOCDRAIN, b"", None),
    ],
)
def test_terminals(request_: int, data: bytes, text: str | None) -> None:
    base = 0x1_0000_0000
    space = AddressSpace()
    space.map(Region(base, base + PAGE_SIZE, 3, Backing(PAGE_SIZE), 0, "__DATA"))
    space.poke(base, data)
    shape = shape_of(54, TABLE[54])
    shown = Shown((0, request_, base, *[0] * 8), space, 32)
    shown.result = 0
    (last,) = [show(shown, i) for i, show in shape.rest]
    assert last == text
