"""Names and numbers of calls, flags and signals."""

from __future__ import annotations

import pytest

from emu.darwin import flags, numbers


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "exit"),
        (3, "read"),
        (5, "open"),
        (20, "getpid"),
        (46, "sigaction"),
        (184, "sigreturn"),
        (336, "proc_info"),
        (344, "getdirentries64"),
        (397, "write_nocancel"),
        (463, "openat"),
        (488, "renameatx_np"),
        (500, "getentropy"),
        (557, "coalition_policy_get"),
        (-28, "task_self_trap"),
        (-31, "mach_msg_trap"),
    ],
)
def test_calls_are_named_both_ways(number: int, name: str) -> None:
    assert numbers.name_of(number) == name
    assert numbers.number_of(name) == number


@pytest.mark.parametrize("number", [0, 8, 558, 10_000, -1, -1000])
def test_numbers_that_are_no_call_have_no_name(number: int) -> None:
    assert numbers.name_of(number) is None


def test_a_signature_tells_arguments_in_order() -> None:
    call = numbers.signatures()[197]
    assert [argument.name for argument in call.arguments] == [
        *("addr", "len", "prot", "flags", "fd", "pos"),
    ]
    assert "".join(argument.kind for argument in call.arguments) == "pqiiil"
    assert call.returns == "p"


def test_long_lines_of_the_table_are_read_whole() -> None:
    assert len(numbers.signatures()[333 + 33].arguments) == 7


def test_nocancel_twins_are_the_same_call() -> None:
    twins = [call for call in numbers.signatures().values() if call.twin_of is not None]
    assert len(twins) == 32
    for twin in twins:
        first = numbers.signatures()[twin.twin_of or 0]
        assert twin.name == f"{first.name}_nocancel"
        assert twin.arguments == first.arguments


def test_every_kind_is_known() -> None:
    calls = numbers.signatures().values()
    assert {argument.kind for call in calls for argument in call.arguments} <= set("iulqps")
    assert {call.returns for call in calls} <= set("iulqpv")


def test_signals_have_darwins_numbers() -> None:
    assert sorted(flags.SIGNAL_NAMES) == list(range(1, 32))
    assert flags.SIGNAL_NAMES[10] == "SIGBUS"
    assert flags.SIGNAL_NAMES[20] == "SIGCHLD"


def test_bits_are_written_by_name_and_the_rest_in_hex() -> None:
    bits = flags.names_with("O_", skip=("O_RDONLY", "O_ACCMODE", "O_SEARCH"))
    assert flags.decode_bits(flags.O_WRONLY | flags.O_CREAT, bits) == "O_WRONLY|O_CREAT"
    assert flags.decode_bits(0x20000004, bits) == "O_NONBLOCK|O_NOFOLLOW_ANY"
    assert flags.decode_bits(0x80000000 | 8, bits) == "O_APPEND|0x80000000"
    assert flags.decode_bits(0, {0: "PROT_NONE"}) == "PROT_NONE"
    assert flags.decode_bits(0, bits) == "0"
