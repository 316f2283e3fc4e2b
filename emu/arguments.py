"""The command line of ``ymawky-emu``: commands, options, and what their values may be."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from emu.image import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

__all__ = ["Parser", "Version", "add_program_arguments", "add_program_options", "parse"]

_PROGRAM_HELP = "sources (.s, .S; -- ends several), a Mach-O executable or an image"
_PORT_MAX = 65535
#: Most bytes of a string in a trace.
_STRING_MAX = 1 << 20
#: Below xnu's PID_MAX, so that a pid can always be found.
_PROCS_MAX = 90000


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line, where ``--strace`` may or may not have a value.

    An optional value of argparse's would swallow the program in ``--strace PROGRAM``, so
    ``--strace=FILE`` is read as an option of another name; the guest keeps its own spelling.
    """
    spelled = [a.replace("--strace=", "--strace-file=", 1) if _names_a_file(a) else a for a in argv]
    parser = _parser(spelled)
    options, unknown = parser.parse_known_args(spelled)
    if unknown:
        _refuse(parser, options.command, unknown[0])
    options.command_line = spelled
    guests = getattr(options, "arguments", None)
    if guests:
        options.arguments = list(argv[len(argv) - len(guests) :])
    return options


def _refuse(parser: Parser, command: str, word: str) -> None:
    """End because of a word that stands where none may, or an option that is none."""
    from emu.asm.suggest import nearest

    (of_command,) = [
        action.choices[command]
        for action in parser._actions  # noqa: SLF001 - there is no other way to them
        if isinstance(action.choices, dict)
    ]
    if not word.startswith("-"):
        of_command.error(f"{word!r} is one word too many")
    remedy = nearest(word, of_command._option_string_actions)  # noqa: SLF001 - likewise
    of_command.error(f"there is no option {word}" + (f"; {remedy}" if remedy else ""))


def _names_a_file(argument: str) -> bool:
    return argument.startswith("--strace=")


class Parser(argparse.ArgumentParser):
    """One whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """End with what is wrong and where the usage stands."""
        self.exit(2, f"{self.prog}: {message} ('{self.prog} --help' explains)\n")


class Version(argparse.Action):
    """``--version``: the distribution's, which is looked up only for this."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print the version and end."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("ymawky")
        except PackageNotFoundError:
            number = "(not installed)"
        sys.stdout.write(f"{parser.prog} {number}\n")
        parser.exit()


class _HelpFormatter(argparse.HelpFormatter):
    """As wide as the terminal: argparse makes one an option, and asks ``shutil`` each time."""

    def __init__(self, prog: str) -> None:
        """Start for a command."""
        super().__init__(prog, width=_columns() - 2)


@functools.cache
def _columns() -> int:
    """Return the width of the terminal as ``shutil`` does, which would load four compressors."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


def _parser(argv: Sequence[str]) -> Parser:
    """Return the parser, with the one command that ``argv`` begins with, else with all."""
    parser = Parser(
        prog="ymawky-emu",
        description="Run and assemble arm64 programs for macOS that call the kernel themselves.",
        epilog="To step through one: ymawky-dbg. Each COMMAND has its own --help.",
        formatter_class=_HelpFormatter,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version")
    known = _commands()
    listed = ", ".join(known)
    if not argv:
        parser.error(f"a command is needed: {listed}")
    if argv[0] not in {*known, "-h", "--help", "--version"}:
        is_program = Path(argv[0]).is_file()
        remedy = f"to run a program: {parser.prog} run {argv[0]}" if is_program else listed
        parser.error(f"there is no command {argv[0]!r}: {remedy}")
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    for name in argv[:1] if known.keys() & argv[:1] else known:
        purpose, add_options = known[name]
        add_options(commands.add_parser(name, help=purpose, formatter_class=_HelpFormatter))
    return parser


def _commands() -> dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]]:
    """Return what each command is for, and what adds its options."""
    return {
        "run": ("run a program; without one, the server", _add_run),
        "asm": ("assemble sources into an image or a listing", _add_asm),
        "syscalls": ("list the system calls", _add_syscalls),
    }


def add_program_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the debugger takes too: the program, its arguments, root, port and limits."""
    add = parser.add_argument
    add("program", nargs="?", type=Path, metavar="PROGRAM", help=_PROGRAM_HELP)
    add("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENTS", help="the guest's own")
    add_program_options(parser)


def add_program_options(parser: argparse.ArgumentParser) -> None:
    """Add root, port, limits and the other options of a program that is run."""
    add = parser.add_argument
    add(
        "--root", type=Path, metavar="DIR",
        help="the guest's / (the working directory if it has www/, else the sample site)",
    )  # fmt: skip
    add("--port", type=_port, metavar="N", help="append N to the guest's arguments")
    add("--listen", type=_address, metavar="ADDRESS:PORT", help="listen there on the host")
    _add_assembling(parser)
    add("--slide", type=_slide, default=0, metavar="N", help="move a Mach-O up by N bytes")
    add(
        "--env", action="append", default=[], type=_variable, metavar="NAME=VALUE",
        help="add a variable to the guest's environment",
    )  # fmt: skip
    add("--allow-exec", action="store_true", help="execve may start programs of the host")
    add("--network", action="store_true", help="the guest may connect to other machines")
    add("--max-procs", type=_count, default=512, metavar="N", help="guest processes (512)")


def _add_assembling(parser: argparse.ArgumentParser) -> None:
    """Add what concerns sources wherever they are assembled."""
    add = parser.add_argument
    add("--entry", metavar="SYMBOL", help="start there instead of _main, _start or start")
    add(
        "-I", dest="include_dirs", action="append", default=[], type=Path, metavar="DIR",
        help="look there too for what a source includes",
    )  # fmt: skip


def _add_run(parser: argparse.ArgumentParser) -> None:
    add_program_arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="only errors on stderr")
    parser.add_argument("--stats", action="store_true", help="counts and times at the end")
    parser.add_argument("--strict", action="store_true", help="stop at a call that is not there")
    parser.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="N emulators on one socket"
    )
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    _add_trace(parser.add_argument_group("system calls", "one line each, as strace prints them"))


def _add_trace(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--strace", action="store_true", help="to stderr, or with --strace=FILE to a file")
    add("--strace-file", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    add(
        "--strace-filter", default="", metavar="CALLS",
        help="open,close,%%file,%%network,%%process,!read: these alone, and without those",
    )  # fmt: skip
    add("--strace-size", type=_bytes, default=32, metavar="N", help="bytes of strings (32)")
    add("--strace-time", action="store_true", help="time of day, and how long each call took")
    add("--strace-json", action="store_true", help="one JSON object a line")


def _add_asm(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("sources", nargs="+", type=Path, metavar="FILE", help="sources, which are linked")
    add("-o", dest="output", type=Path, metavar="OUT", help="write the image there")
    add("--listing", action="store_true", help="print address, words and source lines")
    _add_assembling(parser)


def _add_syscalls(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--supported", action="store_true", help="without those known by name only")


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) <= _PORT_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 0 to {_PORT_MAX}")


def _slide(text: str) -> int:
    try:
        slide = int(text, 0)
    except ValueError:
        slide = -1
    if slide < 0 or slide % PAGE_SIZE:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no multiple of the page size, {PAGE_SIZE:#x}"
        )
    return slide


def _address(text: str) -> tuple[str, int]:
    import ipaddress

    address, colon, port = text.rpartition(":")
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        colon = ""
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} is no ADDRESS:PORT with a dotted IPv4 address")
    return address, _port(port)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME=VALUE")
    return name, value


def _bytes(text: str) -> int:
    if text.isascii() and text.isdecimal():
        return min(int(text), _STRING_MAX)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of bytes")


def _count(text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= _PROCS_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_PROCS_MAX}")
