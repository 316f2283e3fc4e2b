"""What Enter, b and g do on the line at the cursor, in each panel."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from debugger.calls import CallRecord

if TYPE_CHECKING:
    from debugger.tui.state import State

__all__ = ["answer", "enter", "go_to", "location", "toggle_break", "type_to"]


def location(state: State) -> str:
    """Return the cursor's place as a location for commands, or "" where it is none."""
    row = state.view.row()
    if row is None or row.target is None:
        return ""
    if state.focus == "source":
        path, line = row.target
        return f"{PurePath(path).name}:{line}"
    return f"*{row.target:#x}" if state.focus == "code" else ""


def toggle_break(state: State) -> None:
    """Set a breakpoint at the cursor, or delete those that stand there."""
    if state.focus == "calls":
        row = state.view.row()
        record = row.target if row is not None else None
        if isinstance(record, CallRecord) and record.kind == "call":
            state.submit(f"catch syscall {record.name}")
        return
    wanted = location(state)
    if not wanted:
        state.say("b: the cursor is on no code; Source and Code have some", "y.error")
        return
    there = _points_at(state)
    state.submit(f"delete {' '.join(there)}" if there else f"break {wanted}")


def _points_at(state: State) -> list[str]:
    row, out = state.view.row(), []
    for point in state.session.points:
        addresses = state.session.addresses(point)
        if row is None or not addresses:
            continue
        if state.focus == "code":
            hit = row.target in addresses
        else:
            places = [state.session.place_of(a) for a in addresses]
            hit = row.target in {(p.path, p.line) for p in places}
        if hit:
            out.append(str(point.number))
    return out


def go_to(state: State) -> None:
    """Run to the cursor."""
    wanted = location(state)
    if wanted:
        state.submit(f"advance {wanted}")
    else:
        state.say("g: the cursor is on no code; Source and Code have some", "y.error")


def enter(state: State) -> None:
    """Follow what the cursor is on."""
    row = state.view.row()
    target = row.target if row is not None else None
    if target is None:
        return
    match state.focus:
        case "calls" if target.pc:
            state.look_at(target.pc)
        case "response":
            state.look_at(target)
        case "code":
            state.look_at(target)
        case "source":
            _show_code(state, *target)
        case "processes":
            state.submit(f"switch {target}")
        case "stack" | "registers":
            state.memory = f"{target:#x}"
            state.show("memory")


def _show_code(state: State, path: str, line: int) -> None:
    addresses = state.session.image.lines.addresses(path, line)
    if addresses:
        state.views["code"].wanted = addresses[0]
        state.show("code")
    else:
        state.say(f"{PurePath(path).name}:{line} has no code", "y.error")


def answer(state: State, question: str, text: str) -> None:
    """Take what was typed to a question other than for a command."""
    from debugger.tui.calls_filter import parse_filter

    match question:
        case "calls":
            state.calls = parse_filter(state.session, text)
            state.views["calls"].follow()
        case "memory at":
            state.memory = text.strip() or "sp"
            state.views["memory"] = type(state.views["memory"])()
            state.show("memory")
        case "to the program":
            type_to(state, f"{text}\n")
        case "find":
            _find(state, text)


def type_to(state: State, text: str) -> None:
    """Type to the program, "" for an end of file; what is typed is seen in its terminal."""
    if state.session.type(text.encode()):
        state.echo(text or "^D\n")
    else:
        state.say("nobody reads the program's input: it is closed", "y.error")


def _find(state: State, text: str) -> None:
    """Move the cursor to the next line with a text, from the top again behind the last."""
    view = state.view
    page, start = view.page, view.line
    for step in range(1, page.count + 1):
        number = (start + step) % page.count
        if text.lower() in page.row(number).text.plain.lower():
            view.cursor = number
            return
    state.say(f"no line here has {text!r}", "y.error")
