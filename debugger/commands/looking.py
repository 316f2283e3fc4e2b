"""Commands that show where the program is and what it has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from debugger.commands.arguments import count_of, expressions, locations
from debugger.commands.table import command
from debugger.contracts import contract_of, contracts
from debugger.explain import explain
from debugger.expressions import number_of
from debugger.registers import read
from debugger.render import code_line, disassembly_lines, register_lines, source_lines
from debugger.telescope import chain, chain_text
from emu.darwin import flags as f
from emu.errors import DebugError
from emu.machine import REGISTERS
from emu.report import describe_prot
from emu.strace.shown import signal_set

if TYPE_CHECKING:
    from debugger.commands.console import Console
    from emu.kernel.files import OpenFile

__all__: list[str] = []

_LIST = 10


@command(
    "info registers",
    aliases=("registers", "regs", "i r", "register read", "info all-registers"),
    group="looking",
    usage="[NAME…|all]",
    complete=expressions,
)
def info_registers(console: Console, text: str) -> None:
    """Show registers, flags by name, and where pointers lead; * marks what the motion changed."""
    session = console.session
    if not text or text == "all":
        for line in register_lines(session, everything=bool(text)):
            console.say(line)
        return
    for name in text.replace("$", "").split():
        value = read(session.registers(), name)
        if value is None:
            raise DebugError(f"no register {name!r}")
        if name in REGISTERS and name != "nzcv":
            console.say("\n".join(register_lines(session, [name])))
        else:
            console.say(f" {name:>4} {value:#x}")


@command("info flags", aliases=("flags",), group="looking")
def info_flags(console: Console, text: str) -> None:
    """Show the condition flags."""
    del text
    from debugger.registers import flags_text

    console.say(flags_text(console.session.registers().get("nzcv")))


@command("explain", group="looking", usage="[LOCATION]", complete=locations)
def explain_(console: Console, text: str) -> None:
    """Say what the next instruction does with the present values, in one sentence."""
    session = console.session
    address = session.resolve(text)[0] if text else session.place().pc
    console.say(code_line(session, address, session.focus))
    console.say(f"  {explain(session.image, session.focus, address)}")


@command(
    "backtrace",
    aliases=("bt", "where", "thread backtrace", "info stack"),
    group="looking",
    usage="[N]",
)
def backtrace(console: Console, text: str) -> None:
    """Show the routines that have not returned, the innermost first; leaf routines too."""
    limit = count_of(console, text, 64)
    for i, frame in enumerate(console.session.frames()[:limit]):
        console.say(f"#{i:<2} {frame.place.pc:#x} in {frame.place}")


@command(
    "disassemble",
    aliases=("disas", "dis", "u/i", "disassembly"),
    group="looking",
    usage="[LOCATION] [COUNT]",
    complete=locations,
)
def disassemble(console: Console, text: str) -> None:
    """Show instructions with labels and their source lines; by default around the pc."""
    session = console.session
    parts = text.rsplit(maxsplit=1)
    count = 12
    if len(parts) == 2 and parts[1].isdecimal():
        text, count = parts[0], min(int(parts[1]), 4096)
    address = session.resolve(text)[0] if text else session.place().pc
    for line in disassembly_lines(session, address & -4, count):
        console.say(line)


@command(
    "list", aliases=("l", "source list"), group="looking", usage="[LOCATION]", complete=locations
)
def list_(console: Console, text: str) -> None:
    """Show the source around the present line or LOCATION; repeated, it goes on."""
    session = console.session
    path, last = console.listed
    if text or not path:
        address = session.resolve(text)[0] if text else session.pc()
        place = session.place_of(address)
        if not place.line:
            raise DebugError(f"no source is known for {place.label}; try 'disassemble'")
        path, first = place.path, place.line - _LIST // 2
    else:
        first = last + 1
    first = max(first, 1)
    lines = list(source_lines(session, path, first, first + _LIST - 1))
    if not lines:
        raise DebugError(f"{path.rpartition('/')[2]} ends at line {last}")
    console.say("\n".join(lines))
    console.listed = (path, first + len(lines) - 1)
    console.last = "list"


@command(
    "contract", aliases=("info locals", "info args"), group="looking", usage="[ROUTINE]",
    complete=locations,
)  # fmt: skip
def contract(console: Console, text: str) -> None:
    """Show a routine's contract from the source, with the present values of its registers.

    Locals are registers: In, Out, Clobbers and Errors as the comment above the routine says.
    """
    session = console.session
    routine = text or session.place().symbol
    found = contract_of(session.image, routine)
    if found is None:
        known = contracts(session.image)
        from emu.asm.suggest import nearest

        remedy = nearest(routine, known)
        more = f"; {remedy}" if remedy else ""
        raise DebugError(f"no contract stands above {routine!r}{more}")
    console.say(f"{routine}: {found.prototype or '(no prototype)'}")
    if found.purpose:
        console.say(f"  {found.purpose}")
    for part, content in found.parts.items():
        console.say(f"  {part}: {content}")
        if part not in {"In", "Out"} or not session.alive:
            continue
        for name, means in found.registers(part):
            value = read(session.registers(), {"carry": "C", "flags": "nzcv"}.get(name, name))
            if value is None:
                continue
            hops = chain(session.image, session.focus.space, value)
            note = chain_text(hops) if hops[0].kind != "number" else str(value)
            console.say(f"    {name:>4} = {value:#x}  {note}  ({means or 'see above'})")


@command("info symbol", aliases=("image lookup", "info sym"), group="looking",
         usage="EXPRESSION", complete=expressions)  # fmt: skip
def info_symbol(console: Console, text: str) -> None:
    """Say which label, section and line an address belongs to."""
    session = console.session
    text = re.sub(r"^(?:-a|--address|-n|--name)\s+", "", text)
    if not text:
        raise DebugError("info symbol: an address is expected")
    try:
        # A bare number is an address here, and no line.
        address = int(text) if text.isdecimal() else session.resolve(text)[0]
    except DebugError:
        address = number_of(session.evaluate(text)) if session.started else 0
        if not session.started:
            raise
    place = session.place_of(address)
    section = next(
        (
            f"{s.segment},{s.name}"
            for s in session.image.sections
            if s.addr <= address < s.addr + s.size
        ),
        "",
    )
    region = session.focus.space.layout.find(address) if session.alive else None
    where = section or (region.name if region is not None else "")
    named = f" {place}" if place.symbol else ""
    console.say(f"{address:#x}{named} {f'in {where}' if where else 'is not mapped'}")


@command(
    "info line", aliases=("source info",), group="looking", usage="LOCATION", complete=locations
)
def info_line(console: Console, text: str) -> None:
    """Say which addresses a source line made, and through which macros."""
    session = console.session
    addresses = session.resolve(text) if text else (session.place().pc,)
    for address in addresses:
        place = session.place_of(address)
        console.say(f"{address:#x} is {place}")
        for path, line in reversed(place.macro):
            console.say(f"  in a macro, {path.rpartition('/')[2]}:{line}  "
                        f"{session.source(path, line).strip()}")  # fmt: skip


@command("info functions", aliases=("info labels", "image dump symtab"), group="looking",
         usage="[PATTERN]")  # fmt: skip
def info_functions(console: Console, text: str) -> None:
    """List labels of code, all or those that match PATTERN."""
    from debugger.locations import matching_labels

    image = console.session.image
    for name in matching_labels(image, text or "*"):
        console.say(f"{image.symbols[name].value:#x}  {name}")


@command("info sections", aliases=("info files sections", "image list"), group="looking")
def info_sections(console: Console, text: str) -> None:
    """List the program's sections."""
    del text
    for section in console.session.image.sections:
        fill = ", zero-filled" if section.zerofill else ""
        console.say(
            f"{section.addr:#x}-{section.addr + section.size:#x}  "
            f"{section.segment},{section.name} ({section.size} bytes{fill})"
        )


@command("info mappings", aliases=("vmmap", "info proc mappings", "memory region"), group="looking")
def info_mappings(console: Console, text: str) -> None:
    """List the memory of the process: ranges, protection, what it is."""
    del text
    for region in console.session.process().space.layout.regions:
        shared = " shared" if region.backing.shared else ""
        console.say(
            f"{region.start:#x}-{region.end:#x} {describe_prot(region.prot)} {region.name}{shared}"
        )


@command("info files", aliases=("descriptors", "fds", "info fds"), group="looking")
def info_files(console: Console, text: str) -> None:
    """List the open descriptors of the process and what is behind them."""
    del text
    for fd, file in console.session.process().files:
        console.say(f"{fd:>4}  {file.kind:<7} {_flag_names(file.flags):<22} {_behind(file)}")


def _flag_names(flags: int) -> str:
    access = {0: "O_RDONLY", 1: "O_WRONLY", 2: "O_RDWR"}.get(flags & 3, "?")
    more = [n for b, n in ((4, "O_NONBLOCK"), (8, "O_APPEND")) if flags & b]
    return "|".join([access, *more])


def _behind(file: OpenFile) -> str:
    """Say what a descriptor leads to: addresses of a socket, the path of a file."""
    if file.kind == "socket":
        return _ends(file.handle) or file.name
    if file.name:
        return file.name
    try:
        path: bytes = file.handle.path()
    except OSError:
        return type(file.handle).__name__.removesuffix("Handle").lower()
    return path.decode("utf-8", "replace")


def _ends(handle: Any) -> str:  # noqa: ANN401 - as in OpenFile
    ends = []
    for ask in ("getsockname", "getpeername"):
        try:
            address = getattr(handle, ask)()
        except (AttributeError, OSError):
            continue
        host = getattr(address, "host", None)
        ends.append(f"{host}:{address.port}" if host is not None else str(address))
    return " from ".join(ends)


@command("info signals", aliases=("info signal", "process handle"), group="looking")
def info_signals(console: Console, text: str) -> None:
    """Show pending and blocked signals and those with a handler."""
    del text
    session = console.session
    signals = session.process().signals
    console.say(f"pending {signal_set(signals.pending)}, blocked {signal_set(signals.mask)}")
    for number, action in sorted(signals.actions.items()):
        name = f.SIGNAL_NAMES.get(number, str(number))
        how = {f.SIG_DFL: "default", f.SIG_IGN: "ignored"}.get(action.handler)
        console.say(f"  {name}: {how or session.place_of(action.handler)}")


@command("info timers", aliases=("info timer",), group="looking")
def info_timers(console: Console, text: str) -> None:
    """Show the interval timer and the deadline of the call that waits."""
    del text
    session = console.session
    now = session.engine.system.host.monotonic_ns()
    found = False
    for _, record in session.processes():
        process = record.process
        if not record.alive:
            continue
        if process.timer.deadline:
            found = True
            left = (process.timer.deadline - now) / 1e9
            console.say(f"{process.pid}: SIGALRM in {left:.1f} s")
        if process.wait is not None and process.wait.deadline is not None:
            found = True
            left = (process.wait.deadline - now) / 1e9
            console.say(f"{process.pid}: {session.engine.waits_for(process)} ends in {left:.1f} s")
    if not found:
        console.say("no timer is armed")


@command("info pending", aliases=("info waits",), group="looking")
def info_pending(console: Console, text: str) -> None:
    """Show the calls that wait, in all processes."""
    del text
    from debugger.calls import call_text

    session = console.session
    waiting = session.engine.log.waiting
    if not waiting:
        console.say("no call waits")
    for pid, call in waiting.items():
        place = session.place_of(call.values[9] - 4)
        console.say(f"{pid}: {call_text(call)} … at {place}")


def _call_filters(console: Console, text: str) -> Iterable[str]:
    del console, text
    from emu.strace.selection import CLASSES

    return ["failed", "pid", "fd", *(f"%{name}" for name in CLASSES)]


@command(
    "calls",
    aliases=("info calls", "strace"),
    group="looking",
    usage="[N] [NAME|%CLASS…] [fd N] [pid PID|all] [failed]",
    complete=_call_filters,
)
def calls(console: Console, text: str) -> None:
    """Show the last N (20) system calls of this process, as strace prints them.

    'failed' shows failures alone; names, %classes, a descriptor and a process choose.
    """
    session = console.session
    wanted, count, failed, fd = [], 20, False, -1
    pid: int | None = session.focus.pid
    parts = text.split()
    while parts:
        word = parts.pop(0)
        if word.isdecimal():
            count = int(word)
        elif word == "failed":
            failed = True
        elif word == "all":
            pid = None
        elif word in {"pid", "fd"}:
            value = parts.pop(0) if parts else ""
            if word == "fd":
                fd = _number(value)
            else:
                pid = None if value == "all" else _number(value)
        else:
            wanted.append(word)
    console.say("\n".join(_chosen(console, wanted, count, failed=failed, fd=fd, pid=pid)) or "none")


def _number(text: str) -> int:
    if not text.isdecimal():
        raise DebugError(f"{text!r} is no number")
    return int(text)


def _chosen(
    console: Console, wanted: list[str], count: int, *, failed: bool, fd: int, pid: int | None
) -> list[str]:
    from emu.strace.selection import Selection

    session = console.session
    selection = Selection(",".join(session.check_calls(wanted))) if wanted else None
    found = [
        r
        for r in session.calls()
        if (pid is None or r.pid == pid)
        and (not failed or r.failed)
        and (fd < 0 or r.fd == fd)
        and (selection is None or (r.kind == "call" and r.number in selection))
    ]
    return [
        f"{r.sequence:>5} [{r.pid}] {r.line}" + (f"  at {session.place_of_call(r)}" if r.pc else "")
        for r in found[-count:]
    ]


@command("telescope", aliases=("tele", "stack"), group="looking", usage="[EXPRESSION] [N]",
         complete=expressions)  # fmt: skip
def telescope(console: Console, text: str) -> None:
    """Show N (8) words of memory, by default of the stack, and where each leads."""
    session = console.session
    parts = text.rsplit(maxsplit=1)
    count = 8
    if parts and parts[-1].isdecimal():
        count = count_of(console, parts[-1])
        text = " ".join(parts[:-1])
    address = number_of(session.evaluate(text or "sp"))
    for at in range(address, address + 8 * min(count, 512), 8):
        value = int.from_bytes(session.read_memory(at, 8), "little")
        hops = chain(session.image, session.focus.space, value)
        note = chain_text(hops) if hops[0].kind != "number" else ""
        console.say(f"{at:#x}  +{at - address:<4} {value:#018x}  {note}".rstrip())
