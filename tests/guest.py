"""Runs a few lines of assembly as a whole guest program.

::

    result = run_guest(tmp_path, '''
        _main:  la   x1, text
                mov  x0, #1
                mov  x2, #3
                sys  4
                mov  x0, #7
                ret
        .data
        text:   .ascii "hi\\n"
    ''')
    assert (result.exit, result.stdout) == (7, b"hi\\n")
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emu.asm import assemble_text
from emu.darwin import flags as f
from emu.host import Host
from emu.kernel.files import OpenFile
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Limits, Process
from emu.loader import load
from emu.report import CrashReporter
from emu.system import System
from tests.hourglass import Hourglass

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["PRELUDE", "Result", "prepare_guest", "run_guest"]

#: ``sys N`` makes a call, ``la xN, label`` loads an address, ``exit N`` ends the process.
PRELUDE = """
.macro sys number
    mov x16, #\\number
    svc #0x80
.endm
.macro la register, label
    adrp \\register, \\label@PAGE
    add \\register, \\register, \\label@PAGEOFF
.endm
.macro exit code
    mov x0, #\\code
    sys 1
.endm
.text
.globl _main
"""

#: A guest that has not ended after so many seconds is stuck.
_PATIENCE_S = 60


@dataclass
class Result:
    """How a guest ended and what it wrote."""

    status: int
    stdout: bytes
    system: System
    warnings: list[str] = field(default_factory=list)
    reports: list[list[str]] = field(default_factory=list)

    @property
    def exit(self) -> int | None:
        """The exit code, None where a signal ended the guest."""
        return None if self.status & 0x7F else self.status >> 8

    @property
    def signal(self) -> int:
        """The signal that ended the guest, 0 where none did."""
        return self.status & 0x7F


def prepare_guest(
    root: Path, text: str, *, argv: tuple[str, ...] = ("guest",), limits: Limits | None = None
) -> tuple[System, Process, Result]:
    """Assemble ``text`` and return a system that is ready to run it in ``root``."""
    image = assemble_text(PRELUDE + text, "guest.s")
    host = Host(root)
    result = Result(-1, b"", None)  # type: ignore[arg-type]  # filled below
    system = result.system = System(host, limits=limits, warn=result.warnings.append)
    system.observe(CrashReporter(image, lambda text: result.reports.append(text.splitlines())))
    space, registers = load(image, [a.encode() for a in argv], [], b"guest")
    process = Process(
        FIRST_PID, 1, "guest", space, FIRST_PID, FIRST_PID, bytes(registers), cwd=host.root
    )
    out = host.files.open(host.root, b".stdout", f.O_CREAT | f.O_RDWR | f.O_APPEND, 0o644)
    for fd, flags in ((0, f.O_RDONLY), (1, f.O_WRONLY), (2, f.O_WRONLY)):
        process.files.put(fd, OpenFile(out, "vnode", flags, "test"))
    return system, process, result


def run_guest(
    root: Path,
    text: str,
    *,
    argv: tuple[str, ...] = ("guest",),
    limits: Limits | None = None,
    meanwhile: Callable[[System], None] | None = None,
    hourglass: bool = False,
) -> Result:
    """Run ``text`` to its end; ``meanwhile`` runs in another thread.

    With ``hourglass`` time passes only while all processes wait.
    """
    system, process, result = prepare_guest(root, text, argv=argv, limits=limits)
    if hourglass:
        Hourglass(system)
    stuck = threading.Timer(_PATIENCE_S, system.interrupt, [f.SIGKILL])
    stuck.start()
    helper = threading.Thread(target=meanwhile, args=(system,)) if meanwhile else None
    try:
        if helper is not None:
            helper.start()
        result.status = system.run(process)
    finally:
        stuck.cancel()
        if helper is not None:
            helper.join()
        process.files.close_all()
        system.host.close()
    result.stdout = (root / ".stdout").read_bytes()
    return result
