"""The page ``docs/commands.md``, made from the table of commands.

``python -m debugger.commands.reference > docs/commands.md`` makes it anew.
"""

from __future__ import annotations

import sys

import debugger.commands  # noqa: F401 - fills the table
from debugger.commands.table import GROUPS, Command, groups

__all__ = ["reference"]

_HEAD = """\
# Commands of ymawky-dbg

This page is made from the table of commands (`python -m debugger.commands.reference`); `help
COMMAND` says the same inside the debugger. A beginning of a command's words is enough where no
other command begins like it, and the names that gdb and lldb have for things work too. An empty
line repeats the last motion. How expressions and locations are written is in
[debugger.md](debugger.md).
"""


def reference() -> str:
    """Return the page."""
    parts = [_HEAD]
    for group, rows in groups().items():
        parts.append(f"## {GROUPS[group]}\n")
        parts += [_entry(row) for row in rows]
    return "\n".join(parts)


def _entry(row: Command) -> str:
    usage = f"{row.name} {row.usage}".rstrip()
    also = f"Also: {', '.join(f'`{alias}`' for alias in row.aliases)}.\n" if row.aliases else ""
    summary, _, more = row.help.partition("\n")
    more = more.strip("\n")
    detail = f"\n```text\n{more}\n```\n" if more else ""
    return f"### `{usage}`\n\n{summary}\n{detail}" + (f"\n{also}" if also else "")


if __name__ == "__main__":
    sys.stdout.write(reference())
