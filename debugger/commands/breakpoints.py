"""Commands on breakpoints, watchpoints and catchpoints."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from debugger.commands.arguments import (
    count_of,
    expressions,
    locations,
    numbers_of,
    split_option,
    words,
)
from debugger.commands.table import command
from debugger.expressions import parse
from debugger.locations import matching_labels
from debugger.stopping import Breakpoint, StopPoint
from emu.errors import DebugError

if TYPE_CHECKING:
    from debugger.commands.console import Console

__all__: list[str] = []


def _location_words(text: str) -> tuple[str, str, int | None]:
    """Cut ``LOCATION [pid PID] [if CONDITION]``."""
    text, condition = split_option(text, "if")
    text, pid = split_option(text, "pid")
    if pid and not pid.isdecimal():
        raise DebugError(f"pid {pid}: a process's number is expected")
    # lldb: breakpoint set --name LABEL, --file F --line N, --address A
    named = re.fullmatch(r"(?:-n|--name|-a|--address)\s+(\S+)", text)
    placed = re.fullmatch(r"(?:-f|--file)\s+(\S+)\s+(?:-l|--line)\s+(\d+)", text)
    if placed:
        text = f"{placed[1]}:{placed[2]}"
    return (named[1] if named else text), condition, int(pid) if pid else None


def _announce(console: Console, point: StopPoint) -> None:
    log = isinstance(point, Breakpoint) and point.log is not None
    what = "logpoint" if log else point.kind + (" (temporary)" if point.temporary else "")
    detail = point.describe()
    if isinstance(point, Breakpoint):
        places = [str(console.session.place_of(a)) for a in console.session.addresses(point)]
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        detail = places[0] + more
    condition = f" if {point.condition}" if point.condition else ""
    console.say(f"{what} {point.number}: {detail}{condition}")


def _break(console: Console, text: str, *, temporary: bool) -> None:
    if re.match(r"on\s+\S", text):
        _break_on(console, text[2:].strip(), temporary=temporary)
        return
    location, condition, pid = _location_words(text)
    session = console.session
    point = session.break_at(location, condition=condition, temporary=temporary, pid=pid)
    _announce(console, point)
    with contextlib.suppress(DebugError):  # before the start nothing stands anywhere
        if location and session.place().pc in session.addresses(point):
            console.say("  the process stands there: this stops it when it comes there again")


def _locations_or_on(console: Console, text: str) -> Iterable[str]:
    return [*locations(console, text), "on"]


@command(
    "break",
    aliases=("b", "br", "breakpoint set"),
    group="stopping",
    usage="[LOCATION] [pid PID] [if CONDITION]",
    complete=_locations_or_on,
)
def break_(console: Console, text: str) -> None:
    """Stop before an instruction.

    LOCATION is a label, label+offset, file:line, a line of the present file, an address (0x…),
    *EXPRESSION, or a pattern of labels (parse_*); without it the present place.  'break on GET
    /path', 'break on request' and 'break on status 404' stop at requests and responses.
    """
    _break(console, text, temporary=False)


@command(
    "tbreak",
    aliases=("tb", "thbreak"),
    group="stopping",
    usage="[LOCATION] [pid PID] [if CONDITION]",
    complete=_locations_or_on,
)
def tbreak(console: Console, text: str) -> None:
    """Set a breakpoint that is deleted when it is hit; also 'tbreak on …'."""
    _break(console, text, temporary=True)


@command("rbreak", aliases=("rb",), group="stopping", usage="PATTERN")
def rbreak(console: Console, text: str) -> None:
    """Set one breakpoint on each label of code that matches PATTERN (* ? […])."""
    names = matching_labels(console.session.image, text or "*")
    if not names:
        raise DebugError(f"no label matches {text!r}")
    for name in names:
        _announce(console, console.session.break_at(name))


@command("break on", group="stopping", usage="METHOD [TARGET] | request | status CODE")
def break_on(console: Console, text: str) -> None:
    """Stop where a request has come in, or before a response goes out.

    break on GET /path     a request line; * and ? are wildcards in the path
    break on request       any request
    break on status 404    before a response with this status is sent; 4xx is any of 400-499
    """
    _break_on(console, text, temporary=False)


def _break_on(console: Console, text: str, *, temporary: bool) -> None:
    text, condition = split_option(text, "if")
    if condition:
        parse(condition)
    parts = text.split()
    if not parts:
        raise DebugError("break on: say what, 'break on GET /path' or 'break on status 404'")
    point: StopPoint
    if parts[0] == "status":
        if len(parts) != 2:
            raise DebugError("break on status: one status is expected, such as 404 or 4xx")
        point = console.session.break_on_status(parts[1], temporary=temporary)
    else:
        method = "" if parts[0] in {"request", "*", "any"} else parts[0]
        if method.startswith("/"):
            method, parts = "", ["", *parts]
        target = parts[1] if len(parts) > 1 else ""
        point = console.session.break_on_request(method, target, temporary=temporary)
    point.condition = condition
    _announce(console, point)


@command(
    "logpoint",
    aliases=("dprintf", "log"),
    group="stopping",
    usage="LOCATION TEXT [if CONDITION]",
    complete=locations,
)
def logpoint(console: Console, text: str) -> None:
    """Print TEXT each time LOCATION is reached, and go on; {EXPRESSION} in it is evaluated."""
    text, condition = split_option(text, "if")
    location, _, message = text.partition(" ")
    if not message.strip():
        raise DebugError("logpoint: a location and a text are expected")
    for inside in re.findall(r"\{([^{}]*)\}", message):
        parse(inside.partition(":")[0])
    message = message.strip().strip('"')
    _announce(console, console.session.break_at(location, condition=condition, log=message))


def _watch(console: Console, text: str, access: str) -> None:
    text, condition = split_option(text, "if")
    # lldb: watchpoint set variable X, watchpoint set expression X
    text = re.sub(r"^(?:variable|expression|--)\s+", "", text)
    if not text:
        raise DebugError("watch: say what, a register, a label or u64[ADDRESS]")
    point = console.session.watch(text, access, condition=condition)
    size = "" if point.register else f", {point.size} bytes at {point.address:#x}"
    console.say(
        f"watchpoint {point.number}: {point.describe()}{size}"
        + (f" if {condition}" if condition else "")
    )


@command(
    "watch",
    aliases=("wa", "watchpoint set"),
    group="stopping",
    usage="EXPRESSION [if CONDITION]",
    complete=expressions,
)
def watch(console: Console, text: str) -> None:
    """Stop when a value changes: a register, a label's object, u32[x0+8].

    Writes by system calls count too.  A watched register makes the program run step by step.
    """
    _watch(console, text, "write")


@command(
    "rwatch", group="stopping", usage="EXPRESSION [if CONDITION]", complete=expressions
)  # fmt: skip
def rwatch(console: Console, text: str) -> None:
    """Stop when memory is read."""
    _watch(console, text, "read")


@command(
    "awatch", group="stopping", usage="EXPRESSION [if CONDITION]", complete=expressions
)  # fmt: skip
def awatch(console: Console, text: str) -> None:
    """Stop when memory is read or written, changed or not."""
    _watch(console, text, "access")


def _events(console: Console, text: str) -> Iterable[str]:
    del console
    parts = text.split(" ")
    if len(parts) <= 1:
        return ["syscall", "fork", "exec", "signal", "exit", "fault"]
    if parts[0] == "signal":
        from emu.darwin.flags import SIGNAL_NAMES

        return SIGNAL_NAMES.values()
    from emu.darwin.errno import MESSAGES
    from emu.darwin.numbers import signatures
    from emu.strace.selection import CLASSES

    calls = [call.name for call in signatures().values()]
    return [*calls, *CLASSES, "errno", "entry", "return", *MESSAGES]


@command(
    "catch",
    group="stopping",
    usage="syscall [NAME|GROUP…] [errno [NAME]] [entry|return] | fork | exec | signal … | exit"
    " | fault",
    complete=_events,
)
def catch(console: Console, text: str) -> None:
    """Stop at an event.

    catch syscall                 every call, at its entry and at its return
    catch syscall open read       these calls; a number stands for a name
    catch syscall network         a group: file desc network process signal memory time
    catch syscall open errno      open when it fails; 'errno ENOENT': with this error
    catch fork | exit | fault     a child is born; a process ends; an instruction cannot be executed
    catch exec                    another program has been started in a process
    catch signal SIGALRM          before a signal takes effect
    Faults stop in any case.
    """
    text, condition = split_option(text, "if")
    _announce(console, _catch(console, text, condition))


@command("tcatch", group="stopping", usage="EVENT …", complete=_events)
def tcatch(console: Console, text: str) -> None:
    """Catch an event once; see 'catch'."""
    text, condition = split_option(text, "if")
    point = _catch(console, text, condition)
    point.temporary = True
    _announce(console, point)


def _catch(console: Console, text: str, condition: str) -> StopPoint:
    event, *rest = words(text) or [""]
    if not event:
        raise DebugError("catch: say what, syscall, fork, exec, signal, exit or fault")
    edge, error = "both", ""
    wanted: list[str] = []
    while rest:
        word = rest.pop(0)
        if event == "syscall" and word == "errno":
            error = rest.pop(0) if rest and rest[0].startswith("E") else "any"
        elif event == "syscall" and word in {"entry", "exit", "return"} and (
            word != "exit" or wanted
        ):  # fmt: skip
            edge = "entry" if word == "entry" else "exit"
        else:
            wanted += [w for w in word.split(",") if w]
    if condition:
        parse(condition)
    point = console.session.catch(event, wanted, edge=edge, error=error)
    point.condition = condition
    return point


@command(
    "info breakpoints",
    aliases=("info watchpoints", "breakpoint list", "watchpoint list", "i b"),
    group="stopping",
)
def info_breakpoints(console: Console, text: str) -> None:
    """List breakpoints, watchpoints and catchpoints with their hits."""
    del text
    points = list(console.session.points)
    if not points:
        console.say("no breakpoints")
    for point in points:
        console.say(_point_line(console, point))
        if point.condition:
            console.say(f"      if {point.condition}")
        for line in point.commands:
            console.say(f"      {line}")


def _point_line(console: Console, point: StopPoint) -> str:
    notes = [f"hit {point.hits} time{'s' if point.hits != 1 else ''}"]
    if point.ignore:
        notes.append(f"ignores {point.ignore}")
    if point.pid is not None:
        notes.append(f"process {point.pid}")
    if point.temporary:
        notes.append("temporary")
    if not point.enabled:
        notes.append("disabled")
    where = point.describe()
    if isinstance(point, Breakpoint):
        found = console.session.addresses(point)
        places = ", ".join(str(console.session.place_of(a)) for a in found[:4])
        where = f"{where} at {places or 'no place in this program'}"
        where += " …" if len(found) > 4 else ""
    return f"{point.number:>4}  {point.kind:<12} {where}  [{', '.join(notes)}]"


def _points(console: Console, text: str) -> list[StopPoint]:
    points = console.session.points
    if not text:
        return list(points)
    found: list[StopPoint] = []
    for first, last in numbers_of(text):
        # Of a range those that there are.
        inside = [p for p in points if first <= p.number <= last]
        found += inside or [points.get(first)]
    return list({p.number: p for p in found}.values())


def _known_numbers(console: Console, text: str) -> Iterable[str]:
    del text
    return [str(p.number) for p in console.session.points]


@command(
    "delete",
    aliases=("d", "del", "breakpoint delete", "watchpoint delete"),
    group="stopping",
    usage="[N…]",
    complete=_known_numbers,
)
def delete(console: Console, text: str) -> None:
    """Delete breakpoints, watchpoints and catchpoints; all without numbers."""
    points = _points(console, text)
    for point in points:
        console.session.points.delete(point.number)
    console.say(f"deleted {', '.join(str(p.number) for p in points) or 'nothing'}")


@command("clear", group="stopping", usage="[LOCATION]", complete=locations)
def clear(console: Console, text: str) -> None:
    """Delete the breakpoints at a location, by default here."""
    session = console.session
    addresses = set(session.resolve(text)) if text else {session.place().pc}
    found = [p for p in session.points if addresses & set(session.addresses(p))]
    if not found:
        raise DebugError(f"no breakpoint at {text or 'this place'}")
    for point in found:
        session.points.delete(point.number)
    console.say(f"deleted {', '.join(str(p.number) for p in found)}")


def _switch(console: Console, text: str, *, on: bool) -> None:
    for point in _points(console, text):
        point.enabled = on


@command(
    "enable",
    aliases=("en", "breakpoint enable"),
    group="stopping",
    usage="[N…]",
    complete=_known_numbers,
)
def enable(console: Console, text: str) -> None:
    """Switch breakpoints on; all without numbers."""
    _switch(console, text, on=True)


@command(
    "disable",
    aliases=("breakpoint disable",),
    group="stopping",
    usage="[N…]",
    complete=_known_numbers,
)
def disable(console: Console, text: str) -> None:
    """Switch breakpoints off without forgetting them; all without numbers."""
    _switch(console, text, on=False)


@command(
    "condition", aliases=("cond",), group="stopping", usage="N [EXPRESSION]", complete=expressions
)
def condition_(console: Console, text: str) -> None:
    """Stop at breakpoint N only where EXPRESSION is true; without it always."""
    number, _, expression = text.partition(" ")
    point = _one(console, number)
    if expression.strip():
        parse(expression.strip())
    point.condition = expression.strip()


def _one(console: Console, number: str) -> StopPoint:
    if not number.isdecimal():
        raise DebugError(f"{number!r} is no breakpoint number: see 'info breakpoints'")
    return console.session.points.get(int(number))


@command("ignore", group="stopping", usage="N COUNT")
def ignore(console: Console, text: str) -> None:
    """Pass over the next COUNT hits of breakpoint N."""
    number, _, count = text.partition(" ")
    point = _one(console, number)
    point.ignore = 0 if count.strip() == "0" else count_of(console, count.strip(), 0)
    console.say(f"{point.kind} {point.number} is passed over {point.ignore} times")


@command("commands", group="stopping", usage="[N] COMMAND [; COMMAND]…")
def commands(console: Console, text: str) -> None:
    """Run commands each time a breakpoint (the last one without N) is hit.

    In a script the list may stand in lines of its own, up to 'end'.  Without commands the list
    is emptied.
    """
    number, _, rest = text.partition(" ")
    points = list(console.session.points)
    if number.isdecimal():
        point = _one(console, number)
    elif points:
        point, rest = points[-1], text
    else:
        raise DebugError("there is no breakpoint yet to give commands to")
    point.commands = [line.strip() for line in rest.split(";") if line.strip()]
