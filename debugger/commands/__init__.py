"""The commands, a file a group; importing this package fills the table."""

from debugger.commands import (  # noqa: F401 - they enter themselves into the table
    breakpoints,
    data,
    looking,
    motion,
    processes,
    requests,
    settings,
)
