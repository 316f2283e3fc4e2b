"""The nearest name to a misspelt one."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["nearest"]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the remedy ``did you mean 'X'?`` with the name in ``known`` most like ``name``."""
    candidates = [k for k in known if abs(len(k) - len(name)) <= _SLACK]
    best = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    return f"did you mean '{best[0]}'?" if best else ""


_SLACK = 3
