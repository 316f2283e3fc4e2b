"""One-line hints where a program seems to be written for Linux, or trips over what is different.

Nothing is examined on the way of a call that works: the image is searched once for ``svc #0``,
and code is looked at where a call fails, has an odd number, or forks.  Each hint is given once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emu.darwin import flags as f
from emu.darwin.errno import EBADF, EFAULT, NAMES
from emu.idioms import carry_use, is_svc, linux_call, svc_0, told_by_x0, x1_is_stale
from emu.machine import EXEC, Registers
from emu.observer import Observer
from emu.syscalls.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.image import Image
    from emu.kernel.process import Process
    from emu.kernel.signals import SigInfo
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
        """Look for ``svc #0``, which macOS takes too, and for numbers in x8 alone."""
        for segment in image.segments:
            if not segment.prot & EXEC:
                continue
            at = svc_0(segment.data)
            if at >= 0:
                self._give(
                    "svc",
                    f"svc #0 at {self._at(None, segment.addr + at)}: Darwin looks at x16, "
                    "not at the immediate, so this works, but Apple's own code says svc #0x80",
                )
            found = linux_call(segment.data, _LINUX_CALLS)
            if found is not None:
                self._give("x8", _number_in_x8(self._at(None, segment.addr + found[0]), found[1]))

    # -- the number -----------------------------------------------------------------------

    def odd_number(self, process: Process, arguments: tuple[int, ...]) -> None:
        """Look into x8 where x16 holds no number."""
        if not arguments[8]:
            x8, pc = self._system.machine.read("x8"), arguments[9] - 4
            self._look_into_x8(process, x8, pc, 0)
            if 0 < x8 <= _LINUX_LAST:
                self._explain_0(process, arguments[0] & 0xFFFF, pc)

    def _explain_0(self, process: Process, number: int, pc: int) -> None:
        from emu.darwin.numbers import name_of

        name = name_of(number) or "none of Darwin's calls"
        self._give(
            "0",
            f"[pid {process.pid}] x16 holds 0 at {self._at(process, pc)}, which is syscall(): it "
            f"takes the number of another call from x0, here {number}, {name}",
        )

    def unimplemented(self, process: Process, number: int) -> None:
        """Look into x8 where x16 holds a number that no call has, and at that number."""
        from emu.darwin.numbers import name_of, number_of

        if name_of(number) is not None:
            return
        r = Registers(process.registers)
        self._look_into_x8(process, r["x8"], r["pc"] - 4, r["x16"])
        name = _LINUX_CALLS.get(number)
        if name is not None and "x8" not in self._given:
            own = number_of(name)
            darwins = f"{own} on Darwin" if own else "none of Darwin's calls"
            self._give(
                "number",
                f"[pid {process.pid}] {number} in x16 at {self._at(process, r['pc'] - 4)} is "
                f"Linux's number of {name}, which is {darwins}",
            )

    def _look_into_x8(self, process: Process, x8: int, pc: int, x16: int) -> None:
        if 0 < x8 <= _LINUX_LAST:
            where = f"{self._at(process, pc)} (there it holds {x16})"
            self._give("x8", f"[pid {process.pid}] " + _number_in_x8(where, x8))

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
        if error == EFAULT and not arguments[1] and x1_is_stale(process.space, pc - 4):
            self._give(
                "x1",
                f"[pid {process.pid}] {row.name} at {self._at(process, pc - 4)} failed with EFAULT:"
                " x1 is 0, for on Darwin each call leaves its second result there, mostly 0",
            )
        if row.name in _USED and pc not in self._seen:
            self._seen.add(pc)
            self._look_at_carry(process, row.name, pc, error)

    def _look_at_carry(self, process: Process, name: str, pc: int, error: int) -> None:
        verdict = carry_use(process.space, pc, self._system.machine.read("x30"))
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

    # -- the end --------------------------------------------------------------------------

    def delivered(self, process: Process, info: SigInfo, effect: str) -> None:
        """Say where a process was that Ctrl-C or the like ends amid a computation."""
        ends = effect == "terminate" and not info.pid and info.signal in {f.SIGINT, f.SIGTERM}
        # A debugger knows where it is.
        if not ends or self._system.gate is not None:
            return
        pc = self._system.machine.read("pc")
        word = int.from_bytes(process.space.peek(pc, 4) or bytes(4), "little")
        if not is_svc(word):
            self._give(
                "loop",
                f"[pid {process.pid}] {f.SIGNAL_NAMES[info.signal]} ends it at "
                f"{self._at(process, pc)}, computing: a loop without an end?",
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
        if told_by_x0(parent.space, pc, machine.read("x30")):
            self._give(
                "fork",
                f"[pid {parent.pid}] behind fork at {self._at(parent, pc - 4)} the code tests "
                "x0: on Darwin that is a pid in both processes; x1 is 1 in the child, 0 in the "
                "parent",
            )


def _number_in_x8(where: str, number: int) -> str:
    name = _LINUX_CALLS.get(number)
    meaning = f", Linux's {name}," if name else ""
    return (
        f"x8 holds {number}{meaning} but Darwin takes the number of a call from x16, "
        f"and its numbers are others: {where}"
    )


def _has_linux_cwd(arguments: tuple[int, ...], kinds: list[str]) -> bool:
    return any(
        kind == "dirfd" and arguments[i] & 0xFFFFFFFF == _LINUX_AT_FDCWD & 0xFFFFFFFF
        for i, kind in enumerate(kinds)
    )
