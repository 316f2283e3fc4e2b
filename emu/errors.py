"""The exceptions of the emulator, all in one tree.

::

    YmawkyError               anything a user of the commands may see as one line
    ├── UsageError            the command line asks for something impossible
    ├── ImageError            a program file cannot be loaded
    │   └── AssemblyError     a source has errors; carries all of them
    ├── HostError             the host refuses something the emulator itself needs
    └── MachineError          the CPU engine refuses; a defect of ours, never of the guest

What a *guest* sees as a failed call is not in this tree: that is
:class:`emu.darwin.errno.Errno`, and a Python bug must never turn into one.
"""

from __future__ import annotations

__all__ = ["HostError", "ImageError", "MachineError", "UsageError", "YmawkyError"]


class YmawkyError(Exception):
    """Base of all errors that end a command with one clear line."""


class UsageError(YmawkyError):
    """The command line names something that is not there or not possible."""


class ImageError(YmawkyError):
    """A program file cannot be turned into an image."""


class HostError(YmawkyError):
    """The host refuses a resource that the emulator needs for itself."""


class MachineError(YmawkyError):
    """The CPU engine refuses an operation; never caused by a guest."""
