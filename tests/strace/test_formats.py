"""Every kind has a printer, and no argument can make one fail."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import emu.syscalls  # noqa: F401 - fills the table
from emu.darwin.numbers import MACH_TRAPS, signatures
from emu.image import PAGE_SIZE
from emu.memory import AddressSpace, Backing, Region
from emu.strace.formats import FORMATS, open_flags
from emu.strace.shapes import shape_of
from emu.strace.shown import Shown, quote, signal_set
from emu.syscalls import kinds
from emu.syscalls.table import TABLE

_BASE = 0x1_0000_0000
_CALLS = sorted({*signatures(), *MACH_TRAPS, *TABLE})


def test_every_kind_has_a_printer() -> None:
    names = {
        part.name
        for name in kinds.__all__
        for part in get_args(getattr(kinds, name))
        if isinstance(part, kinds.Kind)
    }
    assert names - set(FORMATS) == set()


def _space() -> AddressSpace:
    space = AddressSpace()
    space.map(Region(_BASE, _BASE + 2 * PAGE_SIZE, 3, Backing(2 * PAGE_SIZE), 0, "__DATA"))
    return space


_near = st.integers(0, 64).map(lambda n: _BASE + n * 8)
_edge = st.integers(-40, 8).map(lambda n: _BASE + 2 * PAGE_SIZE + n)
_value = st.one_of(st.integers(0, 70), _near, _edge, st.integers(0, 2**64 - 1))


@settings(max_examples=150)
@given(
    number=st.sampled_from(_CALLS),
    values=st.tuples(*[_value] * 8),
    memory=st.binary(min_size=256, max_size=600),
    result=st.one_of(st.none(), _value, st.tuples(_value, _value)),
    error=st.sampled_from([0, 0, 2, 200]),
)
def test_no_arguments_can_make_a_printer_fail(
    number: int, values: tuple[int, ...], memory: bytes, result: object, error: int
) -> None:
    space = _space()
    space.poke(_BASE, memory)
    shape = shape_of(number, TABLE.get(number))
    shown = Shown((*values, number, _BASE, 0), space, 32)
    texts = [show(shown, i) for i, show in shape.before]
    shown.result, shown.error = result, error
    texts += [show(shown, i) for i, show in shape.rest]
    if shape.after is not None:
        texts.append(shape.after(shown))
    assert all(text is None or "\n" not in text for text in texts)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", '"plain"'),
        (b"it's", '"it\'s"'),
        (b'say "hi"', r'"say \"hi\""'),
        (b"a\\b\tc\r\n", r'"a\\b\tc\r\n"'),
        (b"\0\x1b\x7f\xc3\xa4", r'"\0\033\177\303\244"'),
        (b"", '""'),
    ],
)
def test_quoting(data: bytes, text: str) -> None:
    assert quote(data) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "O_RDONLY"),
        (0x601, "O_WRONLY|O_CREAT|O_TRUNC"),
        (0x100002, "O_RDWR|O_DIRECTORY"),
        (0x10000000, "O_RDONLY|0x10000000"),
        (3, "O_ACCMODE"),
    ],
)
def test_flags_of_open(value: int, text: str) -> None:
    assert open_flags(value) == text


def test_signal_sets() -> None:
    assert signal_set(0) == "[]"
    assert signal_set(1 << 1 | 1 << 14) == "[INT TERM]"
    assert signal_set(0x7FFFFFFF & ~(1 << 8)) == "~[KILL]"
