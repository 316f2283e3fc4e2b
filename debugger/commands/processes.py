"""Commands on processes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from debugger.commands.arguments import pids, words
from debugger.commands.table import command
from debugger.render import code_line
from emu.darwin import flags as f
from emu.errors import DebugError

if TYPE_CHECKING:
    from debugger.commands.console import Console
    from debugger.processes import ProcessRecord

__all__: list[str] = []


@command(
    "info processes",
    aliases=("ps", "tree", "info inferiors", "info threads", "thread list", "process status"),
    group="processes",
)
def info_processes(console: Console, text: str) -> None:
    """Show the tree: who forked whom and where, what each does, how each ended."""
    del text
    session = console.session
    for depth, record in session.processes():
        sign = "*" if record.pid == session.focus.pid else " "
        forked = f", forked at {record.forked_at}" if record.forked_at else ""
        console.say(f"{sign} {'  ' * depth}{record.pid} {_state(console, record)}{forked}")


def _state(console: Console, record: ProcessRecord) -> str:
    if record.end:
        return record.end
    session = console.session
    waits = session.engine.waits_for(record.process)
    frozen = "frozen, " if record.pid in session.policy.frozen else ""
    doing = f"waits in {waits}" if waits else record.process.state.value
    return f"{frozen}{doing} at {session.place(record.pid)}"


def _one(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise DebugError(f"{text!r} is no process: see 'info processes'")
    return int(text)


@command(
    "switch",
    aliases=("process", "inferior", "thread", "thread select", "attach"),
    group="processes",
    usage="PID",
    complete=pids,
)
def switch(console: Console, text: str) -> None:
    """Look at another process; without PID say which one is looked at."""
    session = console.session
    if text:
        session.switch(_one(text) or 0)
    process = session.focus
    console.say(f"process {process.pid}, {code_line(session, session.place().pc, process)}")


def _follow_words(console: Console, text: str) -> Iterable[str]:
    del console, text
    return ["child", "parent", "both", "ask"]


@command(
    "follow",
    aliases=("set follow-fork-mode", "set follow"),
    group="processes",
    usage="child|parent|both|ask",
    complete=_follow_words,
)
def follow(console: Console, text: str) -> None:
    """Choose who is followed when the process in focus forks.

    child: the motion goes on in the child (the default); parent: in the parent; both: the
    motion ends at the fork with both standing on their first instruction, the child in focus;
    ask: the same, and 'switch' answers.  The others run on in any case, see 'schedule-locking'.
    """
    if text:
        console.session.follow(text)
    console.say(f"follow: {console.session.policy.follow}")


def _locking_words(console: Console, text: str) -> Iterable[str]:
    del console, text
    return ["off", "step", "on"]


@command(
    "schedule-locking",
    aliases=("set schedule-locking", "set scheduler-locking", "lock"),
    group="processes",
    usage="off|step|on",
    complete=_locking_words,
)
def schedule_locking(console: Console, text: str) -> None:
    """Choose whether other processes run while one is moved.

    off: they do; step: they stand still during all motions but 'continue'; on: only the process
    in focus ever runs.
    """
    if text:
        console.session.lock(text)
    console.say(f"schedule-locking: {console.session.policy.locking}")


@command("freeze", group="processes", usage="[PID]", complete=pids)
def freeze(console: Console, text: str) -> None:
    """Let a process stand still, whatever else runs."""
    console.say(f"process {console.session.freeze(_one(text))} stands still")


@command("thaw", aliases=("unfreeze",), group="processes", usage="[PID]", complete=pids)
def thaw(console: Console, text: str) -> None:
    """Let a frozen process run again."""
    console.say(f"process {console.session.thaw(_one(text))} may run")


@command("kill", group="processes", usage="[PID]", complete=pids)
def kill(console: Console, text: str) -> None:
    """End a process, by default the one in focus, as SIGKILL does."""
    session = console.session
    process = session.process(_one(text))
    session.engine.system.kernel.exit(process, f.SIGKILL)
    console.say(f"process {process.pid} {session.engine.tree.records[process.pid].end}")
    if process is session.focus:
        session.engine.refocus()


@command("signal", group="processes", usage="NAME [PID]")
def signal(console: Console, text: str) -> None:
    """Send a signal to a process, by default the one in focus; it takes effect when it runs."""
    from debugger.session import signal_name
    from emu.kernel.signals import SigInfo

    parts = words(text)
    if not parts:
        raise DebugError("signal: say which, 'signal SIGTERM'")
    name = signal_name(parts[0])
    number = next(n for n, known in f.SIGNAL_NAMES.items() if known == name)
    process = console.session.process(_one(parts[1] if len(parts) > 1 else ""))
    console.session.engine.system.kernel.post(process, SigInfo(number))
    console.say(f"{name} is pending in process {process.pid}")
