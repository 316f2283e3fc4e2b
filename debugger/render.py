"""What the debugger says, as plain text without colour; the screen and the batch mode share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debugger.disassembly import shown
from debugger.engine import saved_pc
from debugger.events import Ended, Forked, ResponseStarts, StopEvent, summary
from debugger.expressions import StructAt
from debugger.registers import GENERAL, flags_text
from debugger.request import SENDS
from debugger.telescope import chain, chain_text
from debugger.trail import decision
from emu.darwin.errno import EAGAIN, EALREADY, EINPROGRESS, EINTR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from debugger.calls import CallRecord
    from debugger.expressions import Value
    from debugger.places import Place
    from debugger.session import Session
    from emu.kernel.process import Process

__all__ = [
    "code_line", "disassembly_lines", "hexdump", "quoted", "register_lines", "source_lines",
    "stop_report", "value_text", "why_lines",
]  # fmt: skip

#: Errors that say "not yet", and how many calls back the cause of a status may be.
_NO_REFUSAL = {EAGAIN, EALREADY, EINPROGRESS, EINTR}
_RECENT = 12


def stop_report(session: Session, event: StopEvent) -> str:
    """Return the lines that a stop is reported by: what, the source line, the instruction."""
    out = [summary(event)]
    if isinstance(event, Ended):
        if session.alive and session.focus.pid != event.pid:
            out.append(f"  now looking at process {session.focus.pid}")
        return "\n".join(out)
    out += _source(session, event.place)
    out.append(f"  => {code_line(session, event.place.pc, session.focus)}")
    if isinstance(event, ResponseStarts):
        out += why_lines(session, event.pid, event.status)
    if isinstance(event, Forked) and not event.number and session.policy.follow == "ask":
        out.append(f"  follow which? 'switch {event.child}' (child) or 'switch {event.parent}'")
    return "\n".join(out)


def why_lines(session: Session, pid: int, status: int) -> Iterator[str]:
    """Yield where a status was decided: the instruction, the branch that led there, a call."""
    found = decision(session.code_of(pid), session.engine.trail, pid, status)
    if found is not None:
        yield f"  {status} was chosen at {_spot(session, found.set_by.address)}"
        if found.branch is not None:
            how = "was taken" if found.taken else "was not taken"
            yield f"    since this {how}: {_spot(session, found.branch.address)}"
    record = _failed_last(session, pid)
    if record is not None:
        yield f"  the last call that failed: {record.line}, at {session.place_of_call(record)}"


def _failed_last(session: Session, pid: int) -> CallRecord | None:
    """Return the call of a process that failed last, since it sent something and not long ago.

    A descriptor that has nothing yet, or a signal, has refused nothing.
    """
    own = [r for r in session.calls() if r.pid == pid and r.kind == "call"]
    for record in reversed(own[-_RECENT:]):
        if record.name.removesuffix("_nocancel") in SENDS and not record.failed:
            return None
        if record.failed and record.error not in _NO_REFUSAL:
            return record
    return None


def _spot(session: Session, address: int) -> str:
    place = session.place_of(address)
    return f"{place}: {session.source(place.path, place.line).strip()}"


def _source(session: Session, place: Place) -> Iterator[str]:
    if place.line:
        yield f"  {place.line:>5}  {session.source(place.path, place.line).rstrip()}"
    entry = session.image.lines.at(place.pc) if place.macro else None
    for depth, (path, line) in reversed(list(enumerate(place.macro))):
        # The innermost line is shown with the macro's arguments put in.
        text = session.source(path, line)
        text = entry.statement or text if entry is not None and not depth else text
        yield f"  {line:>5}  > {text.strip()}"


def code_line(session: Session, address: int, process: Process) -> str:
    """Return address, label and instruction: ``0x100004010 <say+8>  ldr x10, [x9]``."""
    instruction = session.instruction(address, process)
    text = shown(session.image, instruction) if instruction else "(nothing is mapped here)"
    found = session.image.symbol_at(address)
    label = f" <{found[0]}{f'+{found[1]}' if found[1] else ''}>" if found else ""
    return f"{address:#x}{label}  {text}"


def disassembly_lines(
    session: Session, address: int, count: int, *, source: bool = True
) -> Iterator[str]:
    """Yield instructions with labels, and the source line before its first instruction."""
    process = session.focus
    pc, last = saved_pc(process) if process.alive else -1, ("", 0)
    marked = {a for p in session.points for a in session.addresses(p)}
    for at in range(address, address + 4 * count, 4):
        place = session.place_of(at)
        if place.symbol and not place.offset:
            yield f"{place.symbol}:"
        if source and place.line and (place.path, place.line) != last:
            last = place.path, place.line
            yield f"{place.line:>7}  {session.source(*last).strip()}"
        instruction = session.instruction(at, process)
        if instruction is None:
            yield f"  {at:#x}  (nothing is mapped here)"
            return
        sign = "=>" if at == pc else " *" if at in marked else "  "
        text = shown(session.image, instruction)
        yield f"  {sign} {at:#x}  {instruction.word:08x}  {text}"


def source_lines(session: Session, path: str, first: int, last: int) -> Iterator[str]:
    """Yield source lines; ``=>`` marks the current one, ``*`` those with breakpoints."""
    text = session.image.sources.get(path, "").splitlines()
    place = session.place() if session.alive else None
    here = place.line if place is not None and place.path == path else 0
    marked = {
        p.line
        for point in session.points
        for a in session.addresses(point)
        if (p := session.place_of(a)).path == path
    }
    for number in range(max(first, 1), min(last, len(text)) + 1):
        sign = "=>" if number == here else " *" if number in marked else "  "
        yield f"{sign}{number:>5}  {text[number - 1].rstrip()}"


def register_lines(
    session: Session, only: list[str] | None = None, *, everything: bool = False
) -> Iterator[str]:
    """Yield the registers with where they lead; a star marks what the last motion changed."""
    registers, changed = session.registers(), session.changed()
    process = session.focus
    for name in only or GENERAL:
        value = registers.get(name)
        if name.startswith("q"):
            yield f"{'*' if name in changed else ' '}{name:>4} {value:#034x}"
            continue
        hops = chain(session.image, process.space, value)
        note = chain_text(hops) if hops[0].kind != "number" else _small(value)
        yield f"{'*' if name in changed else ' '}{name:>4} {value:#018x}  {note}".rstrip()
    if only is None:
        sign = "*" if "nzcv" in changed else " "
        yield f"{sign}nzcv {flags_text(registers.get('nzcv'))}"
    if everything:
        yield from register_lines(session, [f"q{n}" for n in range(32)])
        for name in ("fpcr", "fpsr", "tpidr_el0"):
            yield f" {name} {registers.get(name):#x}"


def _small(value: int) -> str:
    """Show a number that leads nowhere: in decimal, as a character, as negative."""
    if value >> 63:
        return str(value - (1 << 64))
    character = f" {chr(value)!r}" if 32 < value < 127 else ""
    return f"{value}{character}" if value < 1 << 48 else ""


def value_text(session: Session, value: Value, style: str = "") -> str:
    """Return a value for people: hexadecimal and decimal, the label that it is, a quoted text."""
    if isinstance(value, StructAt):
        return str(value)
    if isinstance(value, bytes):
        return quoted(value)
    if isinstance(value, float):
        return repr(value)
    if style:
        return _styled(value, style)
    if abs(value) < 10:
        return str(value)
    text = f"{value:#x} ({value})"
    found = session.image.symbol_at(value)
    if found is not None:
        text = f"{value:#x} <{found[0]}{f'+{found[1]}' if found[1] else ''}>"
    return text


def _styled(value: int, style: str) -> str:
    unsigned = value & ((1 << 64) - 1)
    match style:
        case "d":
            return str(unsigned - (1 << 64) if unsigned >> 63 else unsigned)
        case "u":
            return str(unsigned)
        case "o":
            return f"{unsigned:#o}"
        case "t" | "b":
            return f"{unsigned:#b}"
        case "c":
            return f"{unsigned & 0xFF} {chr(unsigned & 0xFF)!r}"
    return f"{unsigned:#x}"


def quoted(data: bytes, limit: int = 512) -> str:
    """Quote bytes as C does; a long text is cut."""
    text = data[:limit].decode("latin-1")
    escaped = "".join(
        _ESCAPES.get(c) or (c if 32 <= ord(c) < 127 else f"\\x{ord(c):02x}") for c in text
    )
    return f'"{escaped}"' + (f" … {len(data)} bytes" if len(data) > limit else "")


_ESCAPES = {"\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0", '"': '\\"', "\\": "\\\\"}


def hexdump(address: int, data: bytes) -> Iterator[str]:
    """Yield lines of 16 bytes with their characters."""
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        text = "".join(chr(c) if 32 <= c < 127 else "." for c in row)
        yield f"{address + at:#x}  {row.hex(' '):<47}  {text}"
