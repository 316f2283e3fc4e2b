"""Calls single routines of ``ymawky.s`` in the emulated CPU, with a kernel made for the test."""

from __future__ import annotations

import ctypes
import functools
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from emu.asm import assemble
from emu.image import PAGE_SIZE, Image
from emu.kernel.commpage import COMMPAGE
from emu.machine import EXEC, READ, STATE_SIZE, WRITE, Machine, Registers
from tests.serving import ROOT

__all__ = ["ARENA", "ARENA_SIZE", "CARRY", "CLOCK", "OUT", "Guest", "Kernel", "Outcome", "image"]

SOURCE = ROOT / "ymawky.s"
#: Where a test puts what it passes by pointer; the page behind it is not mapped.
ARENA, ARENA_SIZE = 0x2_0000_0000, 0x4_0000
_STACK, _STACK_SIZE = 0x2_1000_0000, 0x4_0000
#: The time of day in the commpage, in seconds since 1970.
CLOCK = 1_795_392_000
#: Holds one ``brk``: the place that a routine returns to.
_RETURN = 0x2_2000_0000
_BRK = bytes.fromhex("000020d4")
# Calls that do not return: exit, and sigreturn to where the signal came.
_ENDS = (1, 184)
#: Where in the arena a routine under test writes.
OUT = ARENA + 0x1_0000
_UNTOUCHED = b"\xa5" * 64
#: The carry flag in a saved state's flags.
CARRY = 1 << 29
#: Calls of the kernel after which a routine is stuck.
_CALLS_MAX = 5000

#: Takes a call's number and x0…x7; returns x0, x1 and whether the call failed.
Kernel = Callable[[int, tuple[int, ...]], tuple[int, int, bool]]


@dataclass
class Outcome:
    """How a call of a routine ended."""

    #: "returned", "exited" (or back from a signal), or what stopped it: "fault"…
    kind: str
    before: Registers
    after: Registers
    #: Numbers of the kernel's calls.
    calls: list[int] = field(default_factory=list)
    status: int = 0

    @property
    def x0(self) -> int:
        return self.after["x0"]

    @property
    def carry(self) -> bool:
        return bool(self.after["nzcv"] & CARRY)


@functools.cache
def image() -> Image:
    """Return the server, assembled once."""
    return assemble([SOURCE])


def _commpage() -> bytes:
    """Return a commpage with a time of day that is good for ever, and stands still."""
    page = bytearray(PAGE_SIZE)
    page[0x90] = 1
    struct.pack_into("<5Q", page, 0x120, 1, CLOCK, 0, 0, 1 << 63)
    return bytes(page)


def _no_kernel(number: int, _arguments: tuple[int, ...]) -> tuple[int, int, bool]:
    raise AssertionError(f"a call of the kernel, {number}, that nobody expects")


class Guest:
    """The server's image in a CPU of its own; nothing of it runs by itself."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.symbols = {name: symbol.value for name, symbol in image().symbols.items()}
        self._kept: list[object] = []
        self._initial: list[tuple[int, bytes]] = []
        for segment in image().segments:
            if segment.prot:
                self._map(segment.addr, segment.size, segment.prot, segment.data)
                if segment.prot & WRITE:
                    self._initial.append((segment.addr, segment.data.ljust(segment.size, b"\0")))
        self._map(ARENA, ARENA_SIZE, READ | WRITE, b"")
        self._map(_STACK, _STACK_SIZE, READ | WRITE, b"")
        self._map(_RETURN, PAGE_SIZE, READ | EXEC, _BRK)
        self._map(COMMPAGE, PAGE_SIZE, READ, _commpage())

    def _map(self, address: int, size: int, prot: int, data: bytes) -> None:
        buffer = mmap.mmap(-1, size)
        buffer[: len(data)] = data
        anchor = ctypes.c_char.from_buffer(buffer)
        self._kept += [buffer, anchor]
        self.machine.map(address, size, prot, ctypes.addressof(anchor))

    def reset(self) -> None:
        """Put the writable segments back to what the image says."""
        for address, data in self._initial:
            self.machine.write_memory(address, data)

    def put(self, data: bytes, offset: int = 0) -> int:
        """Place bytes in the arena; returns their address."""
        self.machine.write_memory(ARENA + offset, data)
        return ARENA + offset

    def get(self, address: int, size: int) -> bytes:
        """Return bytes of the guest."""
        data = self.machine.read_memory(address, size)
        assert data is not None, hex(address)
        return data

    def text(self, data: bytes, behind: bytes = bytes(32)) -> tuple[int, int]:
        """Place a text in the arena; returns its address and length."""
        return self.put(data + behind), len(data)

    def appended(self, routine: str, *arguments: int) -> bytes:
        """Return what ``routine(OUT, *arguments)`` appends; see that it keeps to its place."""
        self.machine.write_memory(OUT, _UNTOUCHED * 128)
        outcome = self.call(routine, OUT, *arguments)
        assert outcome.kind == "returned"
        assert self.get(outcome.x0 + 16, len(_UNTOUCHED)) == _UNTOUCHED
        return self.get(OUT, outcome.x0 - OUT)

    def word(self, address: int) -> int:
        """Return 64 bits of the guest."""
        value: int = struct.unpack("<Q", self.get(address, 8))[0]
        return value

    def state(self, field_name: str) -> int:
        """Return the address of a field of the connection's state (``conn_…`` or ``req_…``)."""
        return self.symbols["hot"] + self.symbols[field_name]

    def call(
        self, routine: str, *arguments: int, kernel: Kernel = _no_kernel, seed: int = 1
    ) -> Outcome:
        """Call a routine with x0, x1… = ``arguments`` and x28 at the state.

        All other registers hold values that depend on ``seed`` and that no routine expects.
        """
        before = Registers(bytes(STATE_SIZE))
        for number in range(30):
            before[f"x{number}"] = 0xDEAD_0000_0000_0000 | seed << 32 | number * 0x0101
        for number in range(32):
            before[f"q{number}"] = (0xFEED << 112) | seed << 64 | number
        for number, value in enumerate(arguments):
            before[f"x{number}"] = value
        before["x28"] = self.symbols["hot"]
        before["x30"] = _RETURN
        before["sp"] = _STACK + _STACK_SIZE - 0x1000
        before["pc"] = self.symbols[routine]
        before["nzcv"] = (seed % 16) << 28
        self.machine.load(bytes(before))
        return self._run(Outcome("returned", before, before), kernel)

    def _run(self, outcome: Outcome, kernel: Kernel) -> Outcome:
        while True:
            stop = self.machine.run()
            if stop.kind != "svc":
                break
            *arguments, number, _pc, flags = self.machine.read_call()
            outcome.calls.append(number)
            assert len(outcome.calls) < _CALLS_MAX, "the routine does not end"
            if number in _ENDS:
                outcome.kind, outcome.status = "exited", arguments[0]
                return outcome
            x0, x1, failed = kernel(number, tuple(arguments))
            self.machine.write_result(x0, x1, flags | CARRY if failed else flags & ~CARRY)
        outcome.after = Registers(self.machine.save())
        if stop.kind != "brk" or outcome.after["pc"] != _RETURN:
            outcome.kind = f"{stop.kind} at {outcome.after['pc']:#x}, address {stop.address:#x}"
        return outcome
