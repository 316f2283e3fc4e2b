"""``ymawky-emu``: run, assemble and list raw-system-call Darwin programs."""

from __future__ import annotations

import errno
import gc
import io
import sys
from typing import TYPE_CHECKING

from emu.console import plug_closed_streams, say, write
from emu.errors import UsageError, YmawkyError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["main"]

_USAGE_STATUS = 2
_INTERRUPTED_STATUS = 128 + 2
#: What a host can run out of.
_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    plug_closed_streams()
    # Nothing that a start makes is garbage: the collector would look it through again and again.
    gc.disable()
    try:
        from emu.arguments import parse

        options = parse(sys.argv[1:] if argv is None else argv)
        status = _COMMANDS[options.command](options)
    except YmawkyError as error:
        say(f"{error}")
        return _USAGE_STATUS
    except KeyboardInterrupt:
        # Before there is a guest that could get it.
        return _INTERRUPTED_STATUS
    except OSError as error:
        if error.errno not in _SCARCE:
            raise
        say(f"cannot start: {error.strerror}")
        return _USAGE_STATUS
    except MemoryError:
        say("cannot start: not enough memory")
        return _USAGE_STATUS
    return status


def _run(options: argparse.Namespace) -> int:
    from emu.run import run

    return run(options)


def _list_syscalls(options: argparse.Namespace) -> int:
    from emu.syscalls import catalogue

    _print_lines(catalogue.table(catalogue.entries(), everything=not options.supported))
    return 0


def _assemble(options: argparse.Namespace) -> int:
    gc.enable()
    from emu import asm
    from emu.asm import imagefile
    from emu.asm.listing import listing

    image = asm.assemble(options.sources, entry=options.entry, include_dirs=options.include_dirs)
    for message in image.messages:
        write(message)
    if options.output is not None:
        _write(options.output, imagefile.dump(image))
    if options.listing or options.output is None:
        _print_lines(listing(image))
    return 0


def _print_lines(lines: Iterable[str]) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Sources may hold what the terminal's character set does not.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        for line in lines:
            print(line)
        print(end="", flush=True)
    except OSError as error:
        # Nothing more may go to stdout, not even at exit; `| head` has merely seen enough.
        sys.stdout = None
        if not isinstance(error, BrokenPipeError):
            raise UsageError(f"stdout: cannot write: {error.strerror}") from None


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; a device or pipe is written to as it is."""
    if path.is_dir():
        raise UsageError(f"{path}: cannot write: it is a directory")
    part = path.with_name(path.name + ".part")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"{path}: cannot write: {error.strerror}") from None


_COMMANDS = {"run": _run, "asm": _assemble, "syscalls": _list_syscalls}

if __name__ == "__main__":
    sys.exit(main())
