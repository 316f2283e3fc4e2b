"""What ``?`` shows: two columns that fit on 80 by 24."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples

__all__ = ["HELP"]

_LEFT = """\
MOTION
s  step, into calls
n  next, over calls
S N  same, to the next source line
f  finish the routine
u  until: out of the loop
c  continue; space stops it
g  go to the line at the cursor
STOPPING
b  break at the cursor, or delete
   (in Calls: catch this call)
COMMAND LINE
:  type a command (help lists all)
Tab  completes, → takes the hint
Esc  back to the panels
ELSEWHERE
e  explain the instruction
m  memory at … (i types to the guest)
y  copy as: c curl, r raw bytes,
   s strace line, g gdb commands
q  quit; Ctrl-Z to the shell"""

_RIGHT = """\
PANELS
1…9 0  this one
Tab    the next, Shift-Tab the last
↑ ↓    move, PgUp PgDn scroll
← →    sideways
.      the present line
/      find in this panel
z h H  zoom, hide, show all
t      colours (Ctrl-L draws anew)
mouse  chooses, the wheel scrolls
ENTER
Calls, Response   where it is made
Processes         switch to it
Stack, Registers  memory there
Source, Code      the other one
IN CALLS
/  filter: open %file fd 4 failed
a  all processes, or this one
x  failed ones only

Any key closes this."""


def _cell(line: str, width: int) -> Iterator[tuple[str, str]]:
    """Yield one line: a heading, or keys and what they do."""
    if line.isupper():
        yield "class:y-bar-strong", f"{line:<{width}}"
        return
    keys, gap, words = line.partition("  ")
    if not keys or not gap:
        keys, gap, words = "", "", line
    yield "class:y-bar-strong", keys
    yield "", f"{gap + words:<{width - len(keys)}}"


def _beside(left: str, right: str) -> StyleAndTextTuples:
    out: StyleAndTextTuples = []
    for a, b in zip(left.split("\n"), right.split("\n"), strict=True):
        out += [("", "  "), *_cell(a, 38), *_cell(b, 35), ("", "\n")]
    return out[:-1]


HELP: Final = _beside(_LEFT, _RIGHT)
