"""What ``?`` shows: two columns that fit on 80 by 24."""

from __future__ import annotations

from typing import Final

__all__ = ["HELP"]

_LEFT = """\
MOTION
s  step, into calls
n  next, over calls
S N  the same to the next source line
f  finish the routine
u  until: out of the loop
c  continue; space stops it
g  go to the line at the cursor
STOPPING
b  break at the cursor, or delete
   in Calls: catch this call
COMMAND LINE
:  type a command (help lists all)
Tab completes, → takes the hint
Esc back to the panels
ELSEWHERE
e  explain the instruction
m  memory at …   i  type to the guest
y  copy as: c curl, r raw bytes,
   s strace line, g gdb commands
q  quit"""

_RIGHT = """\
PANELS
1 … 9 0        this one
Tab Shift-Tab  next, previous
↑ ↓ PgUp PgDn  move and scroll
← →            sideways
.              the present line
/              find in this panel
z  zoom    h  hide    H  show all
t  colours    Ctrl-L  draw anew
mouse and wheel do what they say
ENTER
Calls, Response  where it was made
Processes        switch to it
Stack, Registers memory there
Source, Code     the other of them
IN CALLS
/  filter: open %file fd 4 failed
a  all processes, or this one
x  failed ones only

Any key closes this."""


def _beside(left: str, right: str) -> str:
    pairs = zip(left.split("\n"), right.split("\n"), strict=True)
    return "\n".join(f"  {a:<38}{b:<35}" for a, b in pairs)


HELP: Final = _beside(_LEFT, _RIGHT)
