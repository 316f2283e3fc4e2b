"""What posix_spawn takes: xnu's ``bsd/sys/spawn_internal.h`` and ``spawn.h``.

The call's third argument points at a :class:`SpawnArgs`, whose pairs of size and pointer lead to
attributes and file actions.
"""

from typing import Annotated

from emu.darwin.layout import I32, U16, U32, U64, Layout, characters, layout

__all__ = ["FLAG_NAMES", "SpawnAction", "SpawnActions", "SpawnArgs", "SpawnAttributes"]

# ---- psa_flags ----
POSIX_SPAWN_RESETIDS = 0x1
POSIX_SPAWN_SETPGROUP = 0x2
POSIX_SPAWN_SETSIGDEF = 0x4
POSIX_SPAWN_SETSIGMASK = 0x8
POSIX_SPAWN_SETEXEC = 0x40
POSIX_SPAWN_START_SUSPENDED = 0x80
POSIX_SPAWN_DISABLE_ASLR = 0x100
POSIX_SPAWN_SETSID = 0x400
POSIX_SPAWN_CLOEXEC_DEFAULT = 0x4000

#: The names of the flags.
FLAG_NAMES = {bit: name for name, bit in globals().items() if name.startswith("POSIX_SPAWN_")}

# ---- psfaa_type ----
PSFA_OPEN = 0
PSFA_CLOSE = 1
PSFA_DUP2 = 2
PSFA_INHERIT = 3
PSFA_FILEPORT_DUP2 = 4
PSFA_CHDIR = 5
PSFA_FCHDIR = 6


@layout
class SpawnArgs(Layout):
    """The first four pairs of ``_posix_spawn_args_desc``: what is behind them is for daemons."""

    attr_size: U64
    attrp: U64
    file_actions_size: U64
    file_actions: U64
    port_actions_size: U64
    port_actions: U64
    mac_extensions_size: U64
    mac_extensions: U64


@layout
class SpawnAttributes(Layout):
    """The beginning of ``_posix_spawnattr``: flags and what belongs to them."""

    flags: U16
    sigdefault: U32
    sigmask: U32
    pgroup: I32


@layout
class SpawnActions(Layout):
    """The head of ``_posix_spawn_file_actions``: room for actions, and how many there are."""

    alloc: I32
    count: I32


@layout
class SpawnAction(Layout):
    """``_psfa_action``: a type, a descriptor, and a union of what each type needs besides."""

    type: I32
    filedes: I32
    union: Annotated[bytes, characters(1032, 4)]

    @property
    def newfiledes(self) -> int:
        """The descriptor that a dup2 makes."""
        return int.from_bytes(self.union[:4], "little", signed=True)

    @property
    def oflag(self) -> int:
        """The flags of an open."""
        return self.newfiledes

    @property
    def mode(self) -> int:
        """The permissions of a file that an open makes."""
        return int.from_bytes(self.union[4:6], "little")

    @property
    def path(self) -> bytes | None:
        """The path of an open or a chdir, None where it has no end."""
        at = 6 if self.type == PSFA_OPEN else 0
        text, end, _ = self.union[at : at + 1024].partition(b"\0")
        return text if end else None
