"""Calls at random with arguments at random: whatever a guest does, a call has an outcome."""

import random
import struct
import sys
from pathlib import Path

import pytest

from emu.darwin.numbers import name_of
from emu.host import Host
from emu.kernel.process import Park
from emu.syscalls.table import TABLE, Syscall
from tests.callbench import NOWHERE, READ_ONLY, CallBench

CALLS = 20_000
#: How often the process and its files are made anew.
FRESH = 500
ROWS = {
    name: row
    for number, row in TABLE.items()
    if (name := name_of(number)) and name not in {"exit", "execve", "fork", "vfork"}
}
NUMBERS = [
    *(0, 1, 2, 3, 4, 5, 7, 8, 16, 20, 64, 0x100, 0x200, 0x203, 0x1000, 0x4000, 0xFFFF, -1, -2),
    *(2**31 - 1, 2**31, 2**63 - 1, 2**63, NOWHERE, READ_ONLY),
]


class Hostile:
    """A process and somebody who makes calls in it without knowing what they do."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        (root / "file").write_bytes(b"x" * 100)
        self.chance = chance
        self.bench = bench = CallBench(Host(root))
        for what in ("file", "."):
            bench.call("open", bench.path(what), 0 if what == "." else 2, 0)
        bench.call("pipe")
        bench.call("kqueue")
        bench.call("socketpair", 1, 1, 0, bench.put(bytes(8)))
        for kind in (1, 2):
            bench.call("socket", 2, kind, 0)
        self.paths = [bench.path(p) for p in ("file", ".", "new", "", "/dev/null", "x/y")]
        words = [self.word() for _ in range(60)]
        self.memory = bench.put(struct.pack("<60Q", *words))

    def word(self) -> int:
        near = self.bench.buffer + 8 * self.chance.randrange(64)
        number: int = self.chance.choice([*NUMBERS, near, near, self.chance.getrandbits(64)])
        return number & 0xFFFF_FFFF_FFFF_FFFF

    def arguments(self, row: Syscall) -> list[int]:
        """Return arguments that have the right kind, most of the time."""
        return [self.argument(kind.name, out=kind.out) for kind in row.kinds]

    def argument(self, kind: str, *, out: bool) -> int:
        if self.chance.random() < 0.1:
            return self.word()
        if kind in {"fd", "dirfd"}:
            return self.chance.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, -2))
        if kind == "path":
            return self.chance.choice(self.paths)
        if out or kind in {"addr", "inbuf"} or kind.endswith(("_in", "_inout", "_out")):
            return self.memory + 8 * self.chance.randrange(40)
        return self.chance.choice(NUMBERS)


@pytest.mark.skipif(sys.platform == "win32", reason="calls that Windows has not would hide others")
@pytest.mark.parametrize("seed", range(3))
def test_every_call_has_an_outcome(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    hostile = None
    for number in range(CALLS):
        if hostile is None or number % FRESH == 0:
            if hostile is not None:
                hostile.bench.close()
            (tmp_path / str(number)).mkdir()
            hostile = Hostile(tmp_path / str(number), chance)
        name = chance.choice(list(ROWS))
        outcome = hostile.bench.call(name, *hostile.arguments(ROWS[name]))
        assert isinstance(outcome, int | tuple | str | Park), name
        hostile.bench.process.memory.clear()
        if not hostile.bench.process.space.layout.find(hostile.memory):
            hostile.bench.close()
            hostile = None
    if hostile is not None:
        hostile.bench.close()


def test_an_unknown_option_s_level_is_no_failure_of_ours(bench: CallBench) -> None:
    s = bench.result("socket", 2, 1, 0)
    length = bench.put(struct.pack("<I", 4))
    assert bench.call("getsockopt", s, 77, 1, bench.buffer, length) == "ENOPROTOOPT"
    assert bench.call("setsockopt", s, 77, 1, bench.buffer, 4) == "ENOPROTOOPT"
