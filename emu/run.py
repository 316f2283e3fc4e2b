"""``ymawky-emu run``: start a program, pass signals on, and end with its status."""

from __future__ import annotations

import gc
import os
import signal
import time
from typing import TYPE_CHECKING

from emu import console
from emu.darwin import flags as f
from emu.errors import StrictError, UsageError
from emu.hints import Hints
from emu.host.probe import bind_problem
from emu.launch import Options, prepare
from emu.report import CrashReporter, describe_place

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from types import FrameType

    from emu.stats import Statistics
    from emu.strace import Sink
    from emu.system import System
    from emu.workers import Tie

__all__ = ["check_address", "options_of", "run"]

_PREFIX = "ymawky-emu: "
#: Exit status after ``--strict`` has stopped the run.
_STRICT_STATUS = 3
#: Host signals that the guest gets, by the host's name and with Darwin's number.
_FORWARDED = {"SIGINT": f.SIGINT, "SIGTERM": f.SIGTERM, "SIGHUP": f.SIGHUP}


def options_of(arguments: argparse.Namespace) -> Options:
    """Return launch options from a parsed command line."""
    options = Options(
        program=arguments.program,
        arguments=arguments.arguments,
        root=arguments.root,
        port=arguments.port,
        listen=arguments.listen,
        entry=arguments.entry,
        environment=dict(arguments.env),
        slide=arguments.slide,
        allow_exec=arguments.allow_exec,
        network=arguments.network,
        include_dirs=arguments.include_dirs,
    )
    options.limits.processes = arguments.max_procs
    return options


def run(arguments: argparse.Namespace) -> int:
    """Run a program as the command line says; returns the exit status of the first process."""
    options = options_of(arguments)
    say = _quiet if arguments.quiet else console.say
    image = options.load()
    for message in () if arguments.quiet or arguments.worker else image.messages:
        console.write(message)
    root, why = options.chosen_root()
    if arguments.workers > 1 and arguments.worker is None:
        say(f"{image.name}: the guest's / is {root} ({why}); {arguments.workers} workers")
        return _supervise(arguments, options, say)
    tie = _tie(arguments.worker)
    if tie is None:
        check_address(options)
    else:
        options.share(tie.listener)
        say = _quiet
    system, first = prepare(options, image, console.say)
    say(f"{image.name}: the guest's / is {root} ({why})")
    trace = _start_trace(arguments, system)
    report, hint = _beside(trace, console.say), _beside(trace, say)
    system.warn = report
    system.describe = lambda process, address: describe_place(
        (process and process.image) or image, address
    )
    system.observe(CrashReporter(image, report, strict=arguments.strict))
    system.observe(Hints(system, image, hint))
    statistics = _statistics(system) if arguments.stats else None
    _forward_signals(system, say)
    # What stands now stays to the end: the collector need not walk it, which would hold up
    # every guest for some 10 ms at a time.  Requests leave next to no circles behind.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()
    if tie is not None:
        tie.follow(lambda: system.interrupt(f.SIGTERM))
    began = time.monotonic()
    try:
        status = system.run(first)
    except StrictError as error:
        report(str(error))
        return _STRICT_STATUS
    finally:
        signal.set_wakeup_fd(-1)
        if trace is not None:
            trace.close()
    if statistics is not None and tie is not None:
        tie.tell(statistics.counts())
    elif statistics is not None:
        _say_counts(statistics.counts(), began)
    return _exit_status(status)


def _tie(worker: str | None) -> Tie | None:
    """Return what ties a worker to its parent."""
    if worker is None:
        return None
    from emu.workers import Tie

    return Tie(worker)


def _statistics(system: System) -> Statistics:
    from emu.stats import Statistics

    return Statistics(system)


def _say_counts(counts: Sequence[int], began: float) -> None:
    """Say what a run did that ``began`` then, on the monotonic clock."""
    from emu.stats import in_words

    console.say(in_words(counts, time.monotonic() - began))


def _supervise(arguments: argparse.Namespace, options: Options, say: Callable[[str], None]) -> int:
    """Run the workers that ``--workers`` asks for; returns their exit status."""
    if _is_traced(arguments):
        raise UsageError("--workers: their traces would mix; trace a run without it")
    from emu.workers import Crew

    gc.enable()
    crew = Crew(arguments.command_line, options.address(), say)
    began = time.monotonic()
    status = crew.run(arguments.workers)
    if arguments.stats and crew.counts:
        _say_counts(crew.counts, began)
    return status


def _is_traced(arguments: argparse.Namespace) -> bool:
    asked = vars(arguments)
    return any(asked[f"strace{what}"] for what in ("", "_file", "_filter", "_time", "_json"))


def _start_trace(arguments: argparse.Namespace, system: System) -> Sink | None:
    """Trace the calls where ``--strace`` or one of its companions asks for it."""
    if not _is_traced(arguments):
        return None
    from emu.strace import TraceOptions, attach

    options = TraceOptions(
        path=arguments.strace_file,
        selection=arguments.strace_filter,
        size=arguments.strace_size,
        times=arguments.strace_time,
        objects=arguments.strace_json,
    )
    return attach(system, options, console.say)


def _beside(trace: Sink | None, say: Callable[[str], None]) -> Callable[[str], None]:
    """Return ``say``, or what puts the same line in its place between those of a trace."""
    if trace is None or not trace.on_stderr or say is _quiet:
        return say
    return lambda line: trace.write(f"{_PREFIX}{line}\n")


def _quiet(_line: str) -> None:
    """Say nothing."""


def check_address(options: Options) -> None:
    """Refuse a port that cannot be bound before the guest starts: the clearer of two answers."""
    address = options.address()
    if address is None:
        return
    problem = bind_problem(*address)
    if problem:
        raise UsageError(f"{address[0]}:{address[1]}: {problem}; choose another with --port")


def _forward_signals(system: System, say: Callable[[str], None]) -> None:
    """Give the guest what the terminal or ``kill`` sends; a second Ctrl-C ends everything."""
    seen: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if number in seen or (seen and name == "SIGINT"):
            os._exit(128 + number)
        seen.append(number)
        say(f"{name}: the guest gets it (once more: stop at once)")
        system.interrupt(_FORWARDED[name])

    for name in _FORWARDED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), forward)
    # Python acts on a signal between two of its own instructions only: one that comes just
    # before the host is asked to wait, or to another thread, would be seen when the wait is over.
    signal.set_wakeup_fd(system.host.poller.wakeup_fileno(), warn_on_full_buffer=False)


def _exit_status(status: int) -> int:
    killed_by = status & 0x7F
    return 128 + killed_by if killed_by else status >> 8
