"""Commands that move the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debugger.commands.arguments import count_of, locations
from debugger.commands.table import command
from debugger.expressions import number_of
from emu.errors import DebugError

if TYPE_CHECKING:
    from debugger.commands.console import Console

__all__: list[str] = []


@command("run", aliases=("r", "process launch"), group="motion", moves=True)
def run(console: Console, text: str) -> None:
    """Start the program (again) and continue.

    Breakpoints and settings stay; clients that the debugger plays do not.
    """
    del text
    console.moved(console.session.run())


@command("start", aliases=("starti", "restart"), group="motion", moves=True)
def start(console: Console, text: str) -> None:
    """Start the program (again) and stop at its entry."""
    del text
    console.moved(console.session.start())


@command(
    "continue",
    aliases=("c", "cont", "fg", "process continue", "thread continue"),
    group="motion",
    usage="[N]",
    moves=True,
)
def continue_(console: Console, text: str) -> None:
    """Continue until something stops the program; with N, at the N-th hit of the breakpoint."""
    console.moved(console.session.cont(count_of(console, text)))


@command(
    "step",
    aliases=("s", "si", "stepi", "thread step-inst", "thread step-in"),
    group="motion",
    usage="[N]",
    moves=True,
)
def step(console: Console, text: str) -> None:
    """Execute N instructions, into calls.

    At a fork, 'follow' says whether the step goes on in the child or in the parent.
    """
    console.moved(console.session.step(count_of(console, text)))


@command(
    "next",
    aliases=("n", "ni", "nexti", "thread step-inst-over", "thread step-over"),
    group="motion",
    usage="[N]",
    moves=True,
)
def next_(console: Console, text: str) -> None:
    """Execute N instructions; a bl and all that it calls is one."""
    console.moved(console.session.next(count_of(console, text)))


@command("step line", aliases=("sl",), group="motion", usage="[N]", moves=True)
def step_line(console: Console, text: str) -> None:
    """Go to the next source line, into calls.

    All instructions that a macro's invocation made are one line.
    """
    console.moved(console.session.line(count=count_of(console, text)))


@command("next line", aliases=("nl",), group="motion", usage="[N]", moves=True)
def next_line(console: Console, text: str) -> None:
    """Go to the next source line, over calls."""
    console.moved(console.session.line(over=True, count=count_of(console, text)))


@command("step branch", aliases=("next branch", "sb"), group="motion", moves=True)
def step_branch(console: Console, text: str) -> None:
    """Go to the next branch, call or return, and stop before it."""
    del text
    console.moved(console.session.to_kind("jump", "conditional", "return", "call"))


@command("step call", aliases=("next call", "sc"), group="motion", moves=True)
def step_call(console: Console, text: str) -> None:
    """Go to the next bl or blr and stop before it."""
    del text
    console.moved(console.session.to_kind("call"))


@command(
    "step syscall", aliases=("next syscall", "ss", "step svc"), group="motion", moves=True
)  # fmt: skip
def step_syscall(console: Console, text: str) -> None:
    """Go to the next svc and stop before it."""
    del text
    console.moved(console.session.to_kind("syscall"))


@command(
    "step header",
    aliases=("step to next header field", "next header", "sh"),
    group="motion",
    moves=True,
)
def step_header(console: Console, text: str) -> None:
    """Run until the program reads the first byte of the request's next header field."""
    del text
    console.moved(console.session.to_header_field())


@command("finish", aliases=("fin", "f", "thread step-out"), group="motion", moves=True)
def finish(console: Console, text: str) -> None:
    """Run until the present routine has returned, and show its x0."""
    del text
    console.moved(console.session.finish())


@command(
    "until", aliases=("u",), group="motion", usage="[LOCATION]", complete=locations, moves=True
)
def until(console: Console, text: str) -> None:
    """Run to a higher address of this routine, out of a loop; or to LOCATION."""
    console.moved(console.session.until(text))


@command("advance", group="motion", usage="LOCATION", complete=locations, moves=True)
def advance(console: Console, text: str) -> None:
    """Run to LOCATION, in the process in focus."""
    if not text:
        raise DebugError("advance: say where to, 'advance LABEL'")
    console.moved(console.session.advance(text))


@command("jump", aliases=("j",), group="motion", usage="LOCATION", complete=locations)
def jump(console: Console, text: str) -> None:
    """Set the pc to LOCATION; nothing is executed."""
    if not text:
        raise DebugError("jump: say where to, 'jump LABEL'")
    console.moved(console.session.jump(text))


@command("return", aliases=("thread return",), group="motion", usage="[VALUE]")
def return_(console: Console, text: str) -> None:
    """Leave the present routine at once, with VALUE in x0; the rest of it is not executed."""
    session = console.session
    value = number_of(session.evaluate(text)) if text else None
    console.moved(session.return_now(value))
