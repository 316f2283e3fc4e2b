"""One-line hints where a program seems to be written for Linux, or trips over what is different.

Nothing is examined on the way of a call that works: the image is searched once for ``svc #0``,
and code is looked at where a call fails, has an odd number, or forks.  Each hint is given once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.darwin.errno import EBADF, NAMES
from emu.darwin.numbers import name_of
from emu.machine import EXEC, Registers
from emu.observer import Observer
from emu.syscalls.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emu.image import Image
    from emu.kernel.process import Process
    from emu.memory import AddressSpace
    from emu.system import System

__all__ = ["Hints"]

#: Linux's AT_FDCWD.
_LINUX_AT_FDCWD = -100
#: Frequent calls of Linux on arm64, by what a program puts into x8, and how many there are.
_LINUX_CALLS: Final = {
    17: "getcwd", 23: "dup", 24: "dup3", 25: "fcntl", 29: "ioctl", 34: "mkdirat",
    35: "unlinkat", 48: "faccessat", 49: "chdir", 56: "openat", 57: "close", 59: "pipe2",
    61: "getdents64", 62: "lseek", 63: "read", 64: "write", 66: "writev", 79: "newfstatat",
    80: "fstat", 93: "exit", 94: "exit_group", 101: "nanosleep", 113: "clock_gettime",
    129: "kill", 134: "rt_sigaction", 172: "getpid", 198: "socket", 200: "bind",
    201: "listen", 202: "accept", 203: "connect", 206: "sendto", 207: "recvfrom",
    214: "brk", 220: "clone", 221: "execve", 222: "mmap", 260: "wait4",
}  # fmt: skip
_LINUX_LAST = 470
#: Calls whose result a program goes on with: an error that is overlooked there does harm.
_USED: Final = {
    "open", "openat", "socket", "accept", "bind", "connect", "listen", "read", "pread", "readv",
    "recvfrom", "recvmsg", "write", "pwrite", "writev", "dup", "dup2", "pipe", "fork", "mmap",
    "lseek", "getdirentries64", "readlink", "kqueue", "execve",
}  # fmt: skip
#: The call that makes a child which begins elsewhere.
_POSIX_SPAWN: Final = 244
_SVC_0: Final = (0xD4000001).to_bytes(4, "little")
#: Instructions behind an ``svc`` that are looked at.
_REACH = 24


class Hints(Observer):
    """Watches for what is commonly mistaken."""

    def __init__(self, system: System, image: Image, say: Callable[[str], None]) -> None:
        """Give hints by ``say`` on what ``system`` runs."""
        self._system = system
        self._say = say
        self._given: set[str] = set()
        self._seen: set[int] = set()
        self._search(image)

    def _give(self, kind: str, text: str) -> None:
        if kind not in self._given:
            self._given.add(kind)
            self._say(f"hint: {text}")

    def _at(self, process: Process | None, pc: int) -> str:
        return self._system.describe(process, pc)

    # -- the image ------------------------------------------------------------------------

    def _search(self, image: Image) -> None:
        """Look for ``svc #0``: macOS takes it, but whoever writes it may think of Linux."""
        for segment in image.segments:
            at = segment.data.find(_SVC_0) if segment.prot & EXEC else -1
            while at >= 0 and at % 4:
                at = segment.data.find(_SVC_0, at + 1)
            if at >= 0:
                self._give(
                    "svc",
                    f"svc #0 at {self._at(None, segment.addr + at)}: Darwin looks at x16, "
                    "not at the immediate, so this works, but Apple's own code says svc #0x80",
                )
                return

    # -- the number -----------------------------------------------------------------------

    def odd_number(self, process: Process, arguments: tuple[int, ...]) -> None:
        """Look into x8 where x16 holds no number."""
        if not arguments[8]:
            self._look_into_x8(process, self._system.machine.read("x8"), arguments[9] - 4, 0)

    def unimplemented(self, process: Process, number: int) -> None:
        """Look into x8 where x16 holds a number that no call has."""
        if name_of(number) is None:
            r = Registers(process.registers)
            self._look_into_x8(process, r["x8"], r["pc"] - 4, r["x16"])

    def _look_into_x8(self, process: Process, x8: int, pc: int, x16: int) -> None:
        if 0 < x8 <= _LINUX_LAST:
            name = _LINUX_CALLS.get(x8)
            meaning = f", Linux's {name}," if name else ""
            self._give(
                "x8",
                f"[pid {process.pid}] x8 holds {x8}{meaning} and x16 {x16} "
                f"at {self._at(process, pc)}: Darwin takes the number of a call from x16, "
                "and its numbers are others",
            )

    # -- a failed call --------------------------------------------------------------------

    def failed(self, process: Process, number: int, arguments: tuple[int, ...], error: int) -> None:
        """Look at why a call failed, and at what becomes of its error."""
        row, pc = TABLE.get(number), arguments[9]
        if row is None:
            return
        if error == EBADF and _has_linux_cwd(arguments, [kind.name for kind in row.kinds]):
            self._give(
                "cwd",
                f"[pid {process.pid}] {row.name} at {self._at(process, pc - 4)} "
                f"got descriptor -100, Linux's AT_FDCWD; Darwin's is {f.AT_FDCWD}",
            )
        if row.name in _USED and pc not in self._seen:
            self._seen.add(pc)
            self._look_at_carry(process, row.name, pc, error)

    def _look_at_carry(self, process: Process, name: str, pc: int, error: int) -> None:
        verdict = _carry_use(process.space, pc, self._system.machine.read("x30"))
        if verdict is None:
            return
        what = {
            "sign": "the code tests the sign of x0, as on Linux",
            "lost": "the code never looks at the carry flag",
        }[verdict]
        self._give(
            "carry",
            f"[pid {process.pid}] {name} at {self._at(process, pc - 4)} failed with "
            f"{NAMES.get(error, error)}, but {what}: Darwin sets carry and leaves the positive "
            f"errno in x0, here {error} (b.cs tells)",
        )

    # -- fork -----------------------------------------------------------------------------

    def forked(self, parent: Process, child: Process) -> None:
        """Look at how the code tells the child from the parent."""
        del child
        machine = self._system.machine
        pc = machine.read("pc")
        if "fork" in self._given or pc in self._seen or machine.read("x16") == _POSIX_SPAWN:
            return
        self._seen.add(pc)
        if _told_by_x0(parent.space, pc, machine.read("x30")):
            self._give(
                "fork",
                f"[pid {parent.pid}] behind fork at {self._at(parent, pc - 4)} the code tests "
                "x0: on Darwin that is a pid in both processes; x1 is 1 in the child, 0 in the "
                "parent",
            )


def _has_linux_cwd(arguments: tuple[int, ...], kinds: list[str]) -> bool:
    return any(
        kind == "dirfd" and arguments[i] & 0xFFFFFFFF == _LINUX_AT_FDCWD & 0xFFFFFFFF
        for i, kind in enumerate(kinds)
    )


# ---- looking at code ----


def _words(space: AddressSpace, pc: int, lr: int) -> Iterator[int]:
    """Yield the instructions that run next if no conditional branch is taken.

    Ends at a call, a computed jump, or where nothing is mapped; one ``ret`` is followed.
    """
    back: int | None = lr
    for _ in range(_REACH):
        data = space.peek(pc, 4)
        if data is None:
            return
        word = int.from_bytes(data, "little")
        yield word
        if word & 0xFC000000 == 0x14000000:  # b
            pc += ((word & 0x3FFFFFF ^ 0x2000000) - 0x2000000) * 4
        elif word == 0xD65F03C0 and back is not None:  # ret
            pc, back = back, None
        elif word & 0xFE000000 == 0xD6000000 or word & 0xFC000000 == 0x94000000:
            return
        else:
            pc += 4


def _carry_use(space: AddressSpace, pc: int, lr: int) -> str | None:
    """Tell what becomes of the carry behind ``pc``.

    Returns "lost" where the flags are overwritten or another call comes before they are used,
    "sign" where that is because x0 is compared, and None if the carry is used or it is not clear.
    """
    for word in _words(space, pc, lr):
        if _uses_carry(word):
            return None
        if word & 0x7E000000 == 0x36000000 and word & 31 == 0 and word >> 19 & 31 == 31:
            return "sign"  # tbz, tbnz of bit 31 or 63 of x0
        if _sets_flags(word):
            compares_x0 = word & 0x1F00001F == 0x1100001F and word >> 5 & 31 == 0
            return "sign" if compares_x0 else "lost"
        if word & 0xFFE0001F == 0xD4000001:  # svc
            return "lost"
    return None


def _uses_carry(word: int) -> bool:
    carry_conditions = (2, 3, 8, 9)  # cs, cc, hi, ls
    if word & 0xFF000000 == 0x54000000:  # b.cond
        return word & 15 in carry_conditions
    if word & 0x1FE00000 == 0x1A800000 or word & 0x3FE00000 == 0x3A400000:  # csel, ccmp …
        return word >> 12 & 15 in carry_conditions
    # adc, sbc, and reading the flags as a register
    return word & 0x1FE00000 == 0x1A000000 or word & 0xFFFFFFE0 == 0xD53B4200


def _sets_flags(word: int) -> bool:
    arithmetic = word & 0x3F000000 in (0x31000000, 0x2B000000)  # adds, subs
    logic = word & 0x7F800000 == 0x72000000 or word & 0x7F000000 == 0x6A000000  # ands, bics
    return arithmetic or logic or word & 0xFF203C07 == 0x1E202000  # fcmp


def _told_by_x0(space: AddressSpace, pc: int, lr: int) -> bool:
    """Tell whether x0 is compared with zero before x1 is looked at."""
    copies = {0}
    for word in _words(space, pc, lr):
        low, first, second = word & 31, word >> 5 & 31, word >> 16 & 31
        if word & 0x7E000000 == 0x34000000:  # cbz, cbnz
            return low in copies
        if word & 0x7FFFFC1F == 0x7100001F:  # cmp with 0
            return first in copies
        if word & 0x7FE0FFE0 == 0x2A0003E0:  # mov
            if second == 1:
                return False
            if second in copies:
                copies.add(low)
    return False
