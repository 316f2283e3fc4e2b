"""Reads what ``sudo dtruss -f`` prints, which is a line for each call that has returned.

::

    \tPID/THRD  SYSCALL(args) \t\t = return
     1234/0x1a2b:  open("www/index.html\\0", 0x1000004, 0x0)\t\t = 3 0
     1234/0x1a2b:  fstat64(0x5, 0x16FDFFE90, 0x0)\t\t = -1 Err#9
     1234/0x1a2b:  mmap(0x0, 0x4000, 0x3, 0x1002, 0xFFFFFFFF, 0x0)\t\t = 0x104E58000 0

The number behind the result is errno; a call that failed has ``Err#`` in front of it, and -1 as
its result.  Strings and buffers stand in quotes with C's escapes, so that a line is a call; some
versions put times in further columns behind the process.  Whatever looks otherwise is the
program's own output, or dtrace's word on a probe that failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from emu.darwin.errno import NAMES
from tests.native.traces import Call, Trace

__all__ = ["parse", "refusal"]

_LINE = re.compile(
    r"\s*(?P<pid>\d+)/(?:0x[0-9a-f]+|\d+):\s+(?:\d+\s+)*"
    r"(?P<name>[a-z_]\w*)\((?P<arguments>.*)\)\s+="
    r"\s+(?P<result>-?\d+|-?0x[0-9a-f]+)\s+(?P<failed>Err#)?(?P<errno>\d+)\s*",
    re.IGNORECASE,
)
_FIRST = re.compile(r"(-?\d+|0x[0-9a-f]+)(?:,|$)", re.IGNORECASE)


def parse(lines: Iterable[str]) -> Trace:
    """Return the calls of each process; lines that are no calls are passed over."""
    trace: Trace = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match:
            trace.setdefault(int(match["pid"]), []).append(_call(match))
    return trace


def _call(match: re.Match[str]) -> Call:
    first = _FIRST.match(match["arguments"])
    number = int(match["errno"])
    return Call(
        match["name"],
        int(first[1], 0) if first else None,
        int(match["result"], 0),
        NAMES.get(number, f"errno {number}") if match["failed"] else "",
    )


def refusal(lines: Iterable[str]) -> str:
    """Return why dtruss would not trace, in its own words, if it has any."""
    words = [line.strip() for line in lines]
    said = [w for w in words if w.startswith(("dtrace:", "sudo:", "dtruss:"))]
    return (said or [w for w in words if w] or [""])[0]
