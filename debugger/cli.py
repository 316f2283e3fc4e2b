"""``ymawky-dbg``: step through a request, with every child in hand."""

from __future__ import annotations

import argparse
import gc
import io
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from debugger import client
from debugger.expressions.lexer import unescape
from debugger.script import INIT_FILE, ScriptLine, joined, read_script
from emu.arguments import Parser, Version, add_program_arguments, add_program_options
from emu.asm.suggest import nearest
from emu.errors import UsageError, YmawkyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from debugger.batch import Batch
    from debugger.session import Session

    #: Runs the session on the terminal after the commands of scripts; returns the exit status.
    Screen = Callable[[Session, Sequence[ScriptLine], client.ClientRequest | None], int]

__all__ = ["main"]

_USAGE_STATUS, _INTERRUPTED_STATUS = 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parsed(sys.argv[1:] if argv is None else list(argv))
    for stream in (sys.stdout, sys.stderr):
        # Not every terminal and every file has all our signs; no answer is lost for one of them.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        return _debug(options)
    except YmawkyError as error:
        print(f"ymawky-dbg: {error}", file=sys.stderr, flush=True)
        return _USAGE_STATUS
    except KeyboardInterrupt:
        return _INTERRUPTED_STATUS
    except BrokenPipeError:
        # `| head` has seen enough; nothing more may go to stdout, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


class _InOrder(argparse.Action):
    """Keeps -x and -ex in the order in which they were given."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Append (option, value)."""
        del parser
        namespace.commands = [*namespace.commands, (option_string, values)]


def _parsed(argv: list[str]) -> argparse.Namespace:
    """Read the command line as gdb does: our options stand anywhere, up to ``--`` or ``--args``.

    What is no option of ours is the program, and behind it the program's own arguments.
    """
    end = next((i for i, word in enumerate(argv) if word in {"--", "--args"}), len(argv))
    usage = _parser().format_usage().removeprefix("usage: ").rstrip()
    own = Parser(prog="ymawky-dbg", allow_abbrev=False, add_help=False, usage=usage)
    _add_options(own)
    add_program_options(own)
    options, rest = own.parse_known_args(argv[:end])
    if rest and rest[0] in {"-h", "--help"}:
        _parser().parse_args(["--help"])
    if rest and rest[0].startswith("-"):
        remedy = nearest(rest[0], re.findall(r"--?[a-z][\w-]*", usage))
        own.error(f"there is no option {rest[0]}" + (f"; {remedy}" if remedy else ""))
    behind = argv[end + 1 :]
    if not rest and behind:
        rest, behind = behind[:1], behind[1:]
    # The word that ends the options also keeps arguments from being taken for sources to link.
    marked = ["--", *behind] if end < len(argv) else []
    options.program = Path(rest[0]) if rest else None
    options.arguments = [*rest[1:], *marked]
    return options


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="ymawky-dbg",
        description="Debug the server, or another program of raw Darwin system calls.",
        epilog="Options may stand behind PROGRAM too; behind -- or --args all words are its own.",
        allow_abbrev=False,
    )
    _add_options(parser)
    add_program_arguments(parser)
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add the debugger's own options."""
    add = parser.add_argument
    add("--get", metavar="TARGET", help="request TARGET and stop in the child that gets it")
    add("--put", nargs=2, metavar=("TARGET", "FILE"), help="send FILE to TARGET, and stop there")
    add("--request", type=Path, metavar="FILE", help="send the bytes of FILE, and stop there")
    add("--raw", metavar="BYTES", help=r"send these bytes (\r \n \xHH), and stop there")
    add("--batch", action="store_true", help="no terminal: run the commands and end")
    add("--json", action="store_true", help="with --batch: one JSON object a line")
    commands = {"action": _InOrder, "dest": "commands", "default": []}
    add("-x", "--script", metavar="FILE", help="run the commands of FILE", **commands)  # type: ignore[arg-type]
    add("-ex", metavar="COMMAND", help="run one command", **commands)  # type: ignore[arg-type]
    add("-nx", action="store_true", help=f"do not read {INIT_FILE}")
    add("--plain", action="store_true", help="a plain console in place of the screen")
    add("--version", action=Version, nargs=0, help="print the version")


def _debug(options: argparse.Namespace) -> int:
    from debugger.batch import Batch
    from debugger.session import Session
    from emu.run import check_address, options_of

    request = _client_request(options)
    lines = _lines(options)
    interactive = not options.batch
    launched = options_of(options)
    check_address(launched)
    with Session(launched, interactive=interactive and _has_terminal()) as session:
        # As in a run without a debugger (emu.run): what lives for ever is not looked through
        # again and again for what may go.
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)
        if interactive and not options.plain and not options.json and _has_terminal():
            screen = _screen()
            if screen is not None:
                return screen(session, lines, request)
        batch = Batch(session, json_lines=options.json)
        session.policy.waits = interactive
        _interrupt_by_signal(session)
        _begin(session, batch, request)
        status = batch.run(lines)
        if options.batch or status:
            return status
        return _converse(batch, options)


def _begin(session: Session, batch: Batch, request: client.ClientRequest | None) -> None:
    """Stop at the entry, or in the child as the client's request arrives."""
    event = session.start()
    if request is not None:
        session.play(request)
        session.break_on_request(temporary=True)
        event = session.cont()
    batch.report(event)


def _converse(batch: Batch, options: argparse.Namespace) -> int:
    from debugger.plain import converse

    if not options.plain and not _has_terminal():
        print("ymawky-dbg: this is no terminal, so here is the plain console", file=sys.stderr)
    return converse(batch)


def _has_terminal() -> bool:
    return all(s is not None and s.isatty() for s in (sys.stdin, sys.stdout))


def _screen() -> Screen | None:
    """Return the screen's main function; None, and a line that says why, where it has no place."""
    from debugger import tui

    problem = tui.problem()
    if problem:
        print(f"ymawky-dbg: {problem}, so here is the plain console", file=sys.stderr, flush=True)
        return None
    return tui.main


def _client_request(options: argparse.Namespace) -> client.ClientRequest | None:
    made = [
        client.get(options.get) if options.get is not None else None,
        client.put(options.put[0], Path(options.put[1])) if options.put else None,
        client.request_file(options.request) if options.request else None,
        client.raw(unescape(options.raw)) if options.raw is not None else None,
    ]
    asked = [request for request in made if request is not None]
    if len(asked) > 1:
        raise UsageError("one of --get, --put, --request and --raw")
    return asked[0] if asked else None


def _lines(options: argparse.Namespace) -> list[ScriptLine]:
    """Return the commands to run: init files, then scripts and -ex in their order."""
    out: list[ScriptLine] = []
    if not options.nx:
        places = dict.fromkeys((Path.home() / INIT_FILE, Path.cwd() / INIT_FILE))
        for path in places:
            if path.is_file():
                out += read_script(path)
    typed: list[ScriptLine] = []
    for option, value in options.commands:
        if option == "-ex":
            typed.append(ScriptLine(value))
        else:
            out += joined(typed)
            typed = []
            out += read_script(Path(value))
    return [*out, *joined(typed)]


def _interrupt_by_signal(session: Session) -> None:
    """Ctrl-C stops a running guest; at the prompt it only empties the line."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        if session.running:
            session.interrupt()
        else:
            signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, interrupt)


if __name__ == "__main__":
    sys.exit(main())
