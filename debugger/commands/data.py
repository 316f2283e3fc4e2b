"""Commands on values: print, x, set, call, inject, search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from debugger.commands.arguments import expressions, locations
from debugger.commands.table import command
from debugger.disassembly import shown
from debugger.events import StopEvent
from debugger.expressions import number_of, parse
from debugger.expressions.lexer import unescape
from debugger.render import hexdump, quoted, value_text
from emu.errors import DebugError

if TYPE_CHECKING:
    from debugger.commands.console import Console

__all__: list[str] = []

_FORMAT = re.compile(r"/([0-9]*)([a-z]*)\s*(.*)", re.DOTALL)
_UNITS = {"b": 1, "h": 2, "w": 4, "g": 8}
_STYLES = "xduotacfsi"
_LINE_MAX = 10_000


def _split_format(text: str) -> tuple[str, str, str]:
    """Cut ``/NFU rest`` into count, letters and rest."""
    found = _FORMAT.match(text)
    return (found[1], found[2], found[3]) if found else ("", "", text)


@command(
    "print",
    aliases=("p", "inspect", "expression", "expr", "po"),
    group="data",
    usage="[/F] EXPRESSION",
    complete=expressions,
)
def print_(console: Console, text: str) -> None:
    """Print the value of an expression: registers, labels, memory, structs, C operators.

    print x0 + 8           print u8[x1]        print str[x1]       print (stat64)x1
    print (stat64)x1.st_size                   print/d w0          F: x d u o t c
    """
    _, style, text = _split_format(text)
    # gdb's a and s are what is shown anyway: the label, the text.
    style = "" if style in {"a", "s"} else style
    if style and style not in set("xduotbc"):
        raise DebugError(f"print: {style!r} is no format (x d u o t c)")
    if not text:
        raise DebugError("print: an expression is expected")
    session = console.session
    value = session.evaluate(text)
    session.variables["_"] = value
    number = sum(1 for name in session.variables if name.isdecimal()) + 1
    session.variables[str(number)] = value
    console.say(f"${number} = {value_text(session, value, style)}")


@command(
    "x",
    aliases=("examine", "memory read"),
    group="data",
    usage="[/NFU] EXPRESSION",
    complete=expressions,
    repeats=True,
)
def examine(console: Console, text: str) -> None:
    """Show memory: N times, in format F, in units U.

    F: x hex, d signed, u unsigned, o octal, t binary, a address, c character, f float,
    s string, i instruction.  U: b h w g, that is 1, 2, 4, 8 bytes.  'x/8xg sp', 'x/2i pc',
    'x/s x1', 'x/64b x0'.  Repeated, it goes on behind.
    """
    count_text, letters, rest = _split_format(text)
    if not rest and not letters:
        letters = console.examined_as
    console.examined_as = letters
    style = next((c for c in letters if c in _STYLES), "x")
    unit = next((_UNITS[c] for c in letters if c in _UNITS), 8 if style in "xdouta" else 1)
    if bad := [c for c in letters if c not in _STYLES and c not in _UNITS]:
        raise DebugError(f"x: {bad[0]!r} is no format ({' '.join(_STYLES)}) and no unit (b h w g)")
    count = int(count_text or 1)
    if count > _LINE_MAX:
        raise DebugError(f"x: {count} units are more than {_LINE_MAX}")
    session = console.session
    address = number_of(session.evaluate(rest)) if rest else console.examined
    console.examined = _show(console, address & ((1 << 64) - 1), count, style, unit)
    console.last = f"x/{count}{letters}"


def _show(console: Console, address: int, count: int, style: str, unit: int) -> int:
    """Write memory; returns the address behind it."""
    session = console.session
    if style == "s":
        for _ in range(count):
            text = session.evaluate(f"str[{address:#x}]")
            assert isinstance(text, bytes)  # noqa: S101 - what str[] gives
            console.say(f"{address:#x}{_label(console, address)}  {quoted(text)}")
            address += len(text) + 1
        return address
    if style == "i":
        for at in range(address, address + 4 * count, 4):
            found = session.instruction(at)
            if found is None:
                raise DebugError(f"nothing is mapped at {at:#x}")
            sign = "=>" if at == session.place().pc else "  "
            console.say(f"{sign} {at:#x}{_label(console, at)}  {shown(session.image, found)}")
        return address + 4 * count
    data = session.read_memory(address, count * unit)
    if unit == 1 and style == "x":
        for line in hexdump(address, data):
            console.say(line)
        return address + len(data)
    _units(console, address, data, style, unit)
    return address + len(data)


def _units(console: Console, address: int, data: bytes, style: str, unit: int) -> None:
    a_line = max(16 // unit, 1) if style != "a" else 1
    for at in range(0, len(data), unit * a_line):
        row = data[at : at + unit * a_line]
        values = [
            _unit_text(console, row[i : i + unit], style, unit) for i in range(0, len(row), unit)
        ]
        console.say(f"{address + at:#x}{_label(console, address + at)}  {'  '.join(values)}")


def _unit_text(console: Console, raw: bytes, style: str, unit: int) -> str:
    import struct

    value = int.from_bytes(raw, "little")
    match style:
        case "d":
            return str(int.from_bytes(raw, "little", signed=True))
        case "a":
            return value_text(console.session, value)
        case "f":
            return repr(struct.unpack("<f" if unit == 4 else "<d", raw)[0]) if unit > 3 else "?"
        case "x":
            return f"{value:#0{2 * unit + 2}x}"
        case "c" | "t" | "o" | "u":
            return value_text(console.session, value, style)
    return str(value)


def _label(console: Console, address: int) -> str:
    found = console.session.image.symbol_at(address)
    return f" <{found[0]}{f'+{found[1]}' if found[1] else ''}>" if found else ""


@command(
    "set",
    aliases=("set var", "register write", "memory write"),
    group="data",
    usage="TARGET = EXPRESSION",
    complete=expressions,
)
def set_(console: Console, text: str) -> None:
    """Change a register, a flag, memory or a variable.

    set x0 = 5     set Z = 1     set u8[x1] = 'A'     set bytes[x1] = "GET"     set $n = x0
    Other settings: set follow, set schedule-locking.
    """
    target, equals, expression = text.partition("=")
    if not equals and len(text.split()) == 2:
        # lldb: register write x0 5
        target, expression = text.split()
    if not target.strip() or not expression.strip():
        raise DebugError("set: 'set TARGET = EXPRESSION'; see 'help set'")
    console.session.assign(target, expression)


@command("call", group="data", usage="LABEL(ARGUMENT, …)", complete=locations, moves=True)
def call(console: Console, text: str) -> None:
    """Call a routine of the program with arguments in x0, x1 …; registers are put back."""
    found = re.fullmatch(r"([^()]+?)\s*\((.*)\)", text.strip(), re.DOTALL)
    if found is None:
        raise DebugError("call: 'call LABEL(ARGUMENT, …)'")
    session = console.session
    arguments = [number_of(session.evaluate(a)) for a in _split_arguments(found[2])]
    result = session.call(found[1], arguments)
    if isinstance(result, StopEvent):
        console.say("the routine has not returned; the registers are those of its stop")
        console.moved(result)
        return
    console.say(f"{found[1]} returned x0 = {value_text(session, result)}")


def _split_arguments(text: str) -> list[str]:
    """Split at commas outside brackets."""
    out, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == "," and not depth:
            out.append(text[start:i])
            start = i + 1
    last = text[start:]
    parts = [*out, last] if last.strip() or out else out
    for part in parts:
        parse(part.strip())
    return [part.strip() for part in parts]


@command("inject", group="data", usage="errno NAME [CALL]")
def inject(console: Console, text: str) -> None:
    """Make the next system call of this process (named CALL) fail with an error, unrun.

    inject errno EIO            inject errno ENOSPC write
    """
    parts = text.split()
    if parts and parts[0] == "errno":
        parts = parts[1:]
    if not 1 <= len(parts) <= 2:
        raise DebugError("inject: 'inject errno NAME [CALL]', such as 'inject errno EIO read'")
    console.session.inject(parts[0], parts[1] if len(parts) > 1 else "")
    which = parts[1] if len(parts) > 1 else "call"
    console.say(f"the next {which} of process {console.session.focus.pid} fails with {parts[0]}")


@command("search", aliases=("find", "memory find"), group="data", usage='"TEXT" | EXPRESSION')
def search(console: Console, text: str) -> None:
    """Find bytes in all memory of the process: a "text", or a number as 8 bytes (u32: 4 …)."""
    if not text:
        raise DebugError('search: say what, "text" or a number')
    session = console.session
    if text[0] in "\"'" and text[-1] == text[0] and len(text) > 2:
        needle = unescape(text[1:-1])
    else:
        value = session.evaluate(text)
        needle = (
            value
            if isinstance(value, bytes)
            else (number_of(value) & ((1 << 64) - 1)).to_bytes(8, "little")
        )
    if not needle:
        raise DebugError("search: there is nothing in this text to look for")
    found = 0
    for address, name in session.search(needle):
        found += 1
        console.say(f"{address:#x}{_label(console, address)}  in {name}")
        if found == 100:
            console.say("… and more")
            break
    if not found:
        console.say("not found")
