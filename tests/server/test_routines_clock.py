"""The time of day: from the commpage, as libc reads it, or from the kernel."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from emu.asm import available
from emu.darwin.numbers import name_of
from emu.kernel.commpage import COMMPAGE
from tests.server.contracts_guest import CLOCK, Guest

if not available():
    pytest.skip("nothing can be assembled without Keystone", allow_module_level=True)

pytestmark = pytest.mark.emulator("calls single routines in the emulated processor")

GUEST = Guest()
TIME, TIMEBASE = COMMPAGE + 0x120, COMMPAGE + 0x90
FOREVER = 1 << 63
#: What the kernel answers where it is asked.
ASKED_US = 1_000_000 * 77 + 5


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    page = GUEST.get(COMMPAGE, 0x1000)
    yield
    GUEST.machine.write_memory(COMMPAGE, page)


def read_clock() -> tuple[int, list[str]]:
    """Return the microseconds that the routine tells, and the calls that it made."""

    def kernel(number: int, arguments: tuple[int, ...]) -> tuple[int, int, bool]:
        assert name_of(number) == "gettimeofday"
        GUEST.machine.write_memory(arguments[0], struct.pack("<qi", 77, 5))
        return 0, 0, False

    outcome = GUEST.call("read_clock", kernel=kernel)
    return outcome.x0, [name_of(number) or "" for number in outcome.calls]


@pytest.mark.parametrize(
    ("fraction", "scale", "most", "expected_us"),
    [
        (0, 0, FOREVER, CLOCK * 10**6),
        (1 << 63, 0, FOREVER, CLOCK * 10**6 + 500_000),
        ((1 << 64) - 1, 0, FOREVER, CLOCK * 10**6 + 999_999),
    ],
)
def test_the_commpage_tells_without_a_call(
    fraction: int, scale: int, most: int, expected_us: int
) -> None:
    GUEST.machine.write_memory(TIME, struct.pack("<5Q", 1, CLOCK, fraction, scale, most))
    assert read_clock() == (expected_us, [])


def test_ticks_since_then_are_added_and_carry_into_the_seconds() -> None:
    # So large a tick wraps the fraction: the sum is within the next two seconds.
    GUEST.machine.write_memory(TIME, struct.pack("<5Q", 1, CLOCK, (1 << 64) - 1, 1, FOREVER))
    told, calls = read_clock()
    assert calls == []
    assert CLOCK * 10**6 + 10**6 <= told < CLOCK * 10**6 + 2 * 10**6


@pytest.mark.parametrize(
    ("address", "data"),
    [
        pytest.param(TIME, bytes(8), id="no time was ever left"),
        pytest.param(TIME + 32, bytes(8), id="it is older than its second"),
        pytest.param(TIME, struct.pack("<Q", FOREVER - 1), id="it is of the future"),
        pytest.param(TIMEBASE, b"\3", id="the counter is another one"),
        pytest.param(TIMEBASE, b"\0", id="the counter cannot be read"),
    ],
)
def test_otherwise_the_kernel_is_asked(address: int, data: bytes) -> None:
    GUEST.machine.write_memory(TIME + 32, struct.pack("<Q", 1 << 62))
    GUEST.machine.write_memory(address, data)
    assert read_clock() == (ASKED_US, ["gettimeofday"])
