"""The corpus: programs in the style people write, and what each says of itself.

The comment at the top of a source holds lines ``key: value``: ``args`` (as a shell splits them),
``env`` (one NAME=VALUE), ``stdin`` (with C's escapes), ``exit`` (status, 0 unless said) and
``needs`` (numbers of calls).  What it writes stands in ``expected/NAME.txt``.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected"

_SAYS = re.compile(r"^\s*(?://|;|\*|#)\s*(args|env|stdin|exit|needs): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Program:
    """One program: its sources, the first of which describes it."""

    name: str
    sources: tuple[Path, ...]
    arguments: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    stdin: bytes = b""
    status: int = 0
    needs: tuple[int, ...] = ()

    @property
    def output(self) -> bytes:
        """What it writes to stdout."""
        return (EXPECTED / f"{self.name}.txt").read_bytes()

    def unmet(self) -> list[int]:
        """Return the calls that it needs and that are not there."""
        import emu.syscalls  # noqa: F401 - fills the table
        from emu.syscalls.table import TABLE

        return [number for number in self.needs if number not in TABLE]


def _read(name: str, *sources: Path) -> Program:
    says = dict(_SAYS.findall(sources[0].read_text("utf-8")))
    return Program(
        name,
        sources,
        tuple(shlex.split(says.get("args", ""))),
        tuple(shlex.split(says.get("env", ""))),
        says.get("stdin", "").encode().decode("unicode_escape").encode(),
        int(says.get("exit", 0)),
        tuple(int(n) for n in says.get("needs", "").split(",") if n),
    )


def programs() -> list[Program]:
    """Return the whole corpus."""
    single = [_read(p.stem, p) for p in sorted((HERE / "programs").glob("*.[sS]"))]
    parts = (HERE / "linked" / name for name in ("main.s", "numbers.s", "data.s"))
    return [*single, _read("linked", *parts)]
