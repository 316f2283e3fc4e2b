"""The encoder for the tables of :mod:`emu.asm.armv8`: forms of operands, and the bits they give.

A form is a list of operands.  A register is its kind (``W X H S D Q V``; ``P``: X or sp) and its
field (``d`` and ``t`` at bit 0, ``n`` at 5, ``a`` at 10, ``m`` and ``s`` at 16); ``+1`` asks for
the odd register after an even one.  ``[n]`` is a base register, with or without an offset.
``[hlm]`` and its like are the index of a vector element and the bits that hold it.  The other
words name the immediates in ``_IMMEDIATES``.
"""

from __future__ import annotations

import functools
import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from emu.asm import armv8
from emu.asm.operands import CONDITIONS
from emu.asm.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["encode", "known"]


class Form(NamedTuple):
    """One way to write one instruction."""

    pattern: re.Pattern[str]
    fields: tuple[Callable[[str], int], ...]
    base: int


_POSITIONS = {"d": 0, "t": 0, "n": 5, "a": 10, "m": 16, "s": 16}
_TOKEN = re.compile(
    r"""(?P<kind>[WXPHSDQV])(?P<field>[dnmtsa])(?P<next>\+1)?(?P<shape>\.\w+)?(?:\[(?P<lane>\w+)\])?$
    |\[n(?:,\#(?P<offset>\w+))?\](?P<pre>!?)$|(?P<zero>\#0\.0)$|\#(?P<value>\w+)$|(?P<word>\w+)$""",
    re.VERBOSE,
)
_GENERAL = r"([12]?[0-9]|30|zr)"
_VECTOR = r"([12]?[0-9]|3[01])"
_NUMBER = r"#(-?\d+)"


def _register(shift: int) -> Callable[[str], int]:
    def field(text: str) -> int:
        return (31 if text in {"zr", "sp"} else int(text)) << shift

    return field


def _range(low: int, high: int, step: int = 1) -> Callable[[str], int]:
    """Return a reader for a number from ``low`` to ``high`` in steps."""

    def read(text: str) -> int:
        number = int(text)
        if not low <= number <= high or number % step:
            multiple = f", a multiple of {step}" if step > 1 else ""
            raise Problem(f"immediate {number} is not from {low} to {high}{multiple}")
        return number

    return read


def _spread(read: Callable[[str], int], place: Callable[[int], int]) -> Callable[[str], int]:
    """Return a field that reads a number and places its bits."""

    def field(text: str) -> int:
        return place(read(text))

    return field


def _float8(text: str) -> int:
    """Return the 8-bit form of a floating-point constant.

    The Arm ARM, VFPExpandImm: ±(16 to 31)/16 × 2 to the power of −3 to 4.  A number in
    hexadecimal is that form itself.
    """
    if text.startswith("0x"):
        return _range(0, 255)(str(int(text, 16)))
    bits: int = struct.unpack("<Q", struct.pack("<d", float(text)))[0]
    sign, exponent, fraction = bits >> 63, (bits >> 52 & 0x7FF) - 1023, bits & (1 << 52) - 1
    if not -3 <= exponent <= 4 or fraction & ((1 << 48) - 1):
        raise Problem(f"{text} has no 8-bit form")
    return sign << 7 | (exponent < 1) << 6 | (exponent - 1 & 3) << 4 | fraction >> 48


_IMMEDIATES: dict[str, Callable[[str], int]] = {
    "flags": _range(0, 15),
    "u6": _spread(_range(0, 63), lambda n: n << 15),
    "u16": _range(0, 0xFFFF),
    "rotate": _spread(_range(0, 63), lambda n: n << 10),
    "halfturn": _spread(_range(90, 270, 90), lambda n: _odd_turn(n) << 12),
    "turn11": _spread(_range(0, 270, 90), lambda n: n // 90 << 11),
    "turn13": _spread(_range(0, 270, 90), lambda n: n // 90 << 13),
    "offset": _spread(_range(-256, 255), lambda n: (n & 0x1FF) << 12),
    "offset8": _spread(_range(-4096, 4088, 8), lambda n: (n // 8 & 0x1FF) << 12 | (n < 0) << 22),
    "fraction16": _spread(_range(1, 16), lambda n: 32 - n << 16),
    "fraction32": _spread(_range(1, 32), lambda n: 64 - n << 10),
    "fraction64": _spread(_range(1, 64), lambda n: 64 - n << 10),
    "float13": _spread(_float8, lambda n: n << 13),
    "float16": _spread(_float8, lambda n: n >> 5 << 16 | (n & 31) << 5),
}
_LANES: dict[str, Callable[[str], int]] = {
    "hlm": _spread(_range(0, 7), lambda n: n >> 2 << 11 | (n >> 1 & 1) << 21 | (n & 1) << 20),
    "hl": _spread(_range(0, 3), lambda n: n >> 1 << 11 | (n & 1) << 21),
    "hl4": _spread(_range(0, 1), lambda n: n << 21),
    "h": _spread(_range(0, 1), lambda n: n << 11),
}
_CODES = {name: i for i, name in enumerate(CONDITIONS[:16])} | {"cs": 2, "cc": 3}


def _odd_turn(angle: int) -> int:
    if angle == 180:
        raise Problem("the rotation is 90 or 270")
    return int(angle == 270)


def _condition(text: str) -> int:
    return _CODES[text] << 12


def _operand(token: str, *, short: bool) -> tuple[str, list[Callable[[str], int]]]:
    """Return the pattern and the fields of one operand of a form."""
    match = _TOKEN.match(token)
    if match is None:
        raise ValueError(token)
    if match["kind"]:
        return _register_operand(match, short=short)
    if match["zero"]:
        return r"#0\.0+", []
    if match["word"]:
        if match["word"] == "condition":
            return f"({'|'.join(CONDITIONS)})", [_condition]
        return match["word"], []
    if match["value"] == "zero":
        return r"#0(?:\.0*)?", []
    if name := match["value"]:
        number = (
            r"#([-+]?(?:0x[0-9a-f]+|[\d.]+(?:[eE][-+]?\d+)?))"
            if name.startswith("float")
            else _NUMBER
        )
        return number, [_IMMEDIATES[name]]
    base = r"\[(?:x([12]?[0-9]|30)|(sp))"
    fields = [_register(5), _register(5)]
    if name := match["offset"]:
        return base + "," + _NUMBER + r"\]" + match["pre"], [*fields, _IMMEDIATES[name]]
    return base + r"\]" + match["pre"], fields


def _register_operand(
    match: re.Match[str], *, short: bool
) -> tuple[str, list[Callable[[str], int]]]:
    kind, shape, lane = match["kind"], match["shape"] or "", match["lane"]
    position = _POSITIONS[match["field"]]
    if match["next"]:
        return kind.lower() + _GENERAL, [lambda _: 0]
    if kind == "P":
        return r"(?:x([12]?[0-9]|30)|(sp))", [_register(position)] * 2
    pattern = _GENERAL if kind in "WX" else _VECTOR
    if lane == "hlm":
        pattern = "([0-9]|1[0-5])"
    text = kind.lower() + pattern + ("" if short else re.escape(shape))
    fields: list[Callable[[str], int]] = [_register(position)]
    if lane:
        return text + r"\[(-?\d+)\]", [*fields, _LANES[lane]]
    return text, fields


def _compile(form: str, base: int, *, short: bool = False) -> Form:
    patterns: list[str] = []
    fields: list[Callable[[str], int]] = []
    for token in _operands_of(form):
        pattern, found = _operand(token, short=short)
        patterns.append(pattern)
        fields += found
    return Form(re.compile(",".join(patterns) + "$"), tuple(fields), base)


def _operands_of(form: str) -> list[str]:
    return [] if form == "-" else re.split(r",(?![^\[]*\])", form)


@functools.cache
def _table() -> dict[str, list[tuple[str, int]]]:
    """Return the forms and base words of each mnemonic."""
    found: dict[str, list[tuple[str, int]]] = {}
    form = ""
    for line in armv8.FORMS.strip().splitlines():
        if line.endswith(":"):
            form = line[:-1]
            continue
        for item in line.split():
            mnemonic, _, word = item.partition("=")
            found.setdefault(mnemonic, []).append((form, int(word, 16)))
    return found


@functools.cache
def _forms(mnemonic: str) -> tuple[Form, ...]:
    """Return the compiled forms of ``mnemonic``, which may carry an arrangement: ``fadd.8h``."""
    stem, _, arrangement = mnemonic.partition(".")
    rows = _table().get(stem, ())
    if not arrangement:
        return tuple(_compile(form, base) for form, base in rows)
    return tuple(
        _compile(form, base, short=True)
        for form, base in rows
        if (shape := re.search(r"V[dnm](\.\w+)", form)) and shape[1] == "." + arrangement
        if ".4b[" not in form and not ("h[" in form and arrangement[1:] == "s")
    )


def known(mnemonic: str) -> bool:
    """Tell whether a mnemonic stands in the tables."""
    return mnemonic.partition(".")[0] in _table() or mnemonic in _SYSTEM


def encode(mnemonic: str, operands: str) -> int | None:
    """Return the word of an instruction, or None if no form in the tables fits.

    Raises:
        Problem: for a form that fits with a number that does not.
    """
    if mnemonic in _SYSTEM:
        return _system(mnemonic, operands)
    problem: Problem | None = None
    for form in _forms(mnemonic):
        match = form.pattern.match(operands)
        if match is None:
            continue
        try:
            word = form.base
            for field, text in zip(form.fields, match.groups(), strict=True):
                if text is not None:
                    word |= field(text)
        except Problem as found:
            problem = found
            continue
        _check_registers(mnemonic, operands)
        return word
    if problem is not None:
        raise problem
    if mnemonic.startswith("fmov") and "#" in operands:
        raise Problem(f"invalid operands for '{mnemonic}'")  # Keystone would make a zero of it
    return None


def _check_registers(mnemonic: str, operands: str) -> None:
    """Refuse register choices whose effect the architecture leaves open."""
    registers = [int(r) if r != "zr" else 31 for r in re.findall(r"[wx](\d+|zr)", operands)]
    if mnemonic.startswith("casp"):
        pairs = registers[:4]
        if pairs[0] % 2 or pairs[2] % 2 or pairs[1] != pairs[0] + 1 or pairs[3] != pairs[2] + 1:
            raise Problem(f"'{mnemonic}' needs pairs of an even register and the one after it")
    if operands.endswith("!") and registers[:1] == registers[1:2]:
        raise Problem(f"'{mnemonic}' cannot write its base register back and load it as well")


# -- system instructions -----------------------------------------------------------------

_SYSTEM = frozenset({"mrs", "msr", "dc", "at", "tlbi"})
_FLAGS = {"pan": 0xD500409F, "uao": 0xD500407F, "dit": 0xD503405F, "ssbs": 0xD503403F}


@functools.cache
def _registers() -> dict[str, str]:
    return dict(item.split("=") for item in armv8.REGISTERS.split())


@functools.cache
def _operations() -> dict[str, int]:
    items = (item.split("=") for item in armv8.OPERATIONS.split())
    return {name: int(word, 16) for name, word in items}


def _system(mnemonic: str, operands: str) -> int | None:
    """Encode a system instruction whose register or operation only these tables know."""
    first, _, second = operands.partition(",")
    if mnemonic in {"mrs", "msr"}:
        return _move_system(mnemonic, first, second)
    word = _operations().get(f"{mnemonic}.{first}")
    if word is None:
        return None
    if (second == "") != (word & 31 == 31):
        takes = "no register" if word & 31 == 31 else "a register"
        raise Problem(f"'{mnemonic} {first}' takes {takes}")
    return word if not second else word | _general(second)


def _move_system(mnemonic: str, first: str, second: str) -> int | None:
    if mnemonic == "msr" and first in _FLAGS and re.fullmatch(_NUMBER, second):
        return _FLAGS[first] | _range(0, 15)(second[1:]) << 8
    name, register = (second, first) if mnemonic == "mrs" else (first, second)
    found = _registers().get(name)
    if found is None:
        return None
    if found[4:] == "r" and mnemonic == "msr":
        raise Problem(f"system register {name} can only be read")
    base = 0xD5300000 if mnemonic == "mrs" else 0xD5100000
    return base | int(found[:4], 16) << 5 | _general(register)


def _general(text: str) -> int:
    match = re.fullmatch(r"x([12]?[0-9]|30|zr)", text)
    if match is None:
        raise Problem(f"expected a 64-bit register, not '{text[:20]}'")
    return 31 if match[1] == "zr" else int(match[1])
