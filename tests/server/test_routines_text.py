"""Numbers, escapes and bytes in ``ymawky.s``: the routines, called directly."""

from __future__ import annotations

import html
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emu.asm import available
from tests.server.contracts_guest import OUT, Guest

if not available():
    pytest.skip("nothing can be assembled without Keystone", allow_module_level=True)

pytestmark = pytest.mark.emulator("calls single routines in the emulated processor")

GUEST = Guest()
LIMIT = 2**63 - 1
EINVAL = 22

# -- numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digits", "value"),
    [
        (b"0", 0),
        (b"007", 7),
        (b"1234567890", 1234567890),
        (b"999999999999999999", 999999999999999999),
        (b"9223372036854775806", LIMIT - 1),
        (b"9223372036854775807", LIMIT),
        (b"9223372036854775808", LIMIT),
        (b"9223372036854775809", LIMIT),
        (b"18446744073709551615", LIMIT),
        (b"18446744073709551616", LIMIT),
        (b"18446744073709551617", LIMIT),
        (b"99999999999999999999999999999999999999", LIMIT),
        (b"0000000000000000000000000000000000000001", 1),
    ],
)
def test_decimal_numbers_do_not_wrap(digits: bytes, value: int) -> None:
    outcome = GUEST.call("parse_decimal", *GUEST.text(digits))
    assert (outcome.carry, outcome.x0) == (False, value)


@pytest.mark.parametrize(
    "digits", [b"", b"-1", b"+1", b" 1", b"1 ", b"1,1", b"0x1", b"1_0", b"\xb1"]
)
def test_what_is_no_decimal_number(digits: bytes) -> None:
    outcome = GUEST.call("parse_decimal", *GUEST.text(digits, behind=b"123"))
    assert (outcome.carry, outcome.x0) == (True, EINVAL)


@given(st.integers(0, 10**40))
def test_decimal_numbers(value: int) -> None:
    assert GUEST.call("parse_decimal", *GUEST.text(b"%d" % value)).x0 == min(value, LIMIT)


@given(st.integers(0, 2**64 - 1))
@example(0)
@example(2**64 - 1)
def test_numbers_are_written(value: int) -> None:
    assert GUEST.appended("append_decimal", value) == b"%d" % value
    assert GUEST.appended("append_hex", value) == b"%x" % value
    assert GUEST.appended("append_padded", value, 4) == b"%04d" % (value % 10_000)


@pytest.mark.parametrize(
    ("line", "size"),
    [
        (b"0", 0),
        (b"5", 5),
        (b"a", 10),
        (b"00000000000000000000fF", 255),
        (b"7fffffff;name=value", 0x7FFFFFFF),
        (b'10 \t;a="b;c"', 16),
        (b"fffffffffffffff", 2**60 - 1),
        (b"1000000000000000", 2**60),
        (b"10000000000000000", 2**60),
        (b"10000000000000005", 2**60),
        (b"ffffffffffffffff", 2**60),
        (b"f" * 100, 2**60),
    ],
)
def test_chunk_sizes_do_not_wrap(line: bytes, size: int) -> None:
    outcome = GUEST.call("parse_chunk_size", *GUEST.text(line, behind=b"\r\n" + b"\0" * 32))
    assert (outcome.carry, outcome.x0) == (False, size)


@pytest.mark.parametrize(
    "line", [b"", b";", b"g", b"-1", b" 5", b"5 5", b"5x", b"0x5", b"5 ", b"5;a\0b", b"5;\x7f"]
)
def test_what_is_no_chunk_size(line: bytes) -> None:
    outcome = GUEST.call("parse_chunk_size", *GUEST.text(line, behind=b"\r\n" + b"\0" * 32))
    assert (outcome.carry, outcome.x0) == (True, 400)


@pytest.mark.parametrize(
    ("address", "value"),
    [
        (b"127.0.0.1", bytes([127, 0, 0, 1])),
        (b"0.0.0.0", bytes(4)),
        (b"255.255.255.255", b"\xff" * 4),
        (b"1.2.3.004", bytes([1, 2, 3, 4])),
    ],
)
def test_addresses(address: bytes, value: bytes) -> None:
    start, length = GUEST.text(address)
    outcome = GUEST.call("parse_ipv4", start, start + length)
    assert (outcome.carry, outcome.x0.to_bytes(4, "little")) == (False, value)
    plain = b".".join(b"%d" % byte for byte in value)
    assert GUEST.appended("append_ipv4", int.from_bytes(value, "little")) == plain


@pytest.mark.parametrize(
    "address",
    [
        *(b"", b"1", b"1.2.3", b"1.2.3.", b"1.2.3.4.", b"1.2.3.4.5", b"256.1.1.1", b"1.2.3.4444"),
        *(b"a.b.c.d", b"1..2.3", b" 1.2.3.4", b"-1.2.3.4", b".1.2.3.4"),
    ],
)
def test_what_is_no_address(address: bytes) -> None:
    start, length = GUEST.text(address)
    assert GUEST.call("parse_ipv4", start, start + length).carry


# -- escapes -------------------------------------------------------------------------------


@given(st.binary(max_size=300))
def test_bytes_are_escaped_for_a_link(data: bytes) -> None:
    assert (
        GUEST.appended("append_escaped", *GUEST.text(data), 8) == quote(data, safe="-._~").encode()
    )


@given(st.binary(max_size=300))
def test_bytes_are_escaped_for_a_location(data: bytes) -> None:
    assert (
        GUEST.appended("append_escaped", *GUEST.text(data), 128)
        == quote(data, safe="/-._~").encode()
    )


@given(st.text(st.characters(blacklist_categories=["Cc", "Cs"]), max_size=60))
def test_text_is_escaped_for_html(data: str) -> None:
    written = GUEST.appended("append_markup", *GUEST.text(data.encode())).decode()
    assert html.unescape(written) == data
    assert not set("<>\"'") & set(written)


def test_controls_cannot_get_into_html() -> None:
    assert (
        GUEST.appended("append_markup", *GUEST.text(b"a\x01\n\x7fb")).decode()
        == "a\ufffd\ufffd\ufffdb"
    )


@given(st.binary(max_size=100))
def test_the_log_holds_one_line_without_quotes(data: bytes) -> None:
    written = GUEST.appended("append_quoted", *GUEST.text(data), 6000)
    assert all(0x20 <= byte <= 0x7E and byte != 0x22 for byte in written)
    plain = written.decode("unicode_escape").encode("latin-1") if data else b""
    assert plain == data


def test_a_long_line_of_the_log_is_cut() -> None:
    assert len(GUEST.appended("append_quoted", *GUEST.text(b"a" * 500), 100)) == 100


# -- bytes ---------------------------------------------------------------------------------


@given(st.binary(max_size=100), st.integers(0, 255))
def test_a_byte_is_found(data: bytes, byte: int) -> None:
    start, length = GUEST.text(data, behind=bytes([byte]) * 32)
    found = GUEST.call("find_byte", start, start + length, byte).x0 - start
    assert found == (data.index(byte) if byte in data else length)


@given(st.binary(max_size=100))
def test_a_control_character_is_found(data: bytes) -> None:
    start, _ = GUEST.text(data, behind=b"\r" + b"a" * 32)
    found = GUEST.call("find_control", start).x0 - start
    wanted = (n for n, c in enumerate(data + b"\r") if (c < 32 and c != 9) or c == 127)
    assert found == next(wanted)


@given(st.binary(max_size=40), st.binary(max_size=40))
@example(b"[`{@", b"{@[`")
def test_letters_are_compared_without_case(one: bytes, other: bytes) -> None:
    size = min(len(one), len(other))
    first, second = GUEST.put(one), GUEST.put(other, 0x100)
    equal = GUEST.call("equal_folded", first, second, size).x0
    assert bool(equal) is (one[:size].lower() == other[:size].lower())
    swapped = GUEST.put(one.swapcase(), 0x100)
    assert GUEST.call("equal_folded", first, swapped, len(one)).x0 == 1


@given(st.binary(max_size=200), st.integers(1, 40))
def test_bytes_move_down_over_themselves(data: bytes, distance: int) -> None:
    GUEST.machine.write_memory(OUT + distance, data)
    end = GUEST.call("append_bytes", OUT, OUT + distance, len(data)).x0
    assert GUEST.get(OUT, len(data)) == data
    assert end == OUT + len(data)


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        (b"HTTP/1.0", 0),
        (b"HTTP/1.1", 1),
        (b"HTTP/1.9", 1),
        (b"HTTP/0.9", 505),
        (b"HTTP/2.0", 505),
        (b"HTTP/1.x", 400),
        (b"HTTP/11 ", 400),
        (b"http/1.1", 400),
        (b"HTTQ/1.1", 400),
        (b"HTTP 1.1", 400),
        (b"HTTP/1,1", 400),
        (b"HTTP/:.1", 400),
        (b"HTTP/1.:", 400),
    ],
)
def test_versions(version: bytes, wanted: int) -> None:
    outcome = GUEST.call("parse_version", int.from_bytes(version, "little"))
    assert (outcome.x0, outcome.carry) == (wanted, wanted >= 400)
