"""Servers with other limits than the real one's."""

from __future__ import annotations

import re
from pathlib import Path

from tests.serving import ROOT

__all__ = ["tuned"]


def tuned(scratch: Path, **tunables: int) -> Path:
    """Return a copy of ``ymawky.s`` in ``scratch`` with other values of its tunables."""
    text = (ROOT / "ymawky.s").read_text()
    for name, value in tunables.items():
        text, count = re.subn(
            rf"^(\.equ {name}), [^/\n]+", rf"\1, {value} ", text, flags=re.MULTILINE
        )
        assert count == 1, f"{name} is set {count} times"
    path = scratch / "ymawky.s"
    path.write_text(text)
    return path
