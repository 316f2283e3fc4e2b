from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tui.pseudo import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start the debugger on a terminal of its own."""
    pytest.importorskip("pexpect", reason="needs a pseudo-terminal")
    from tests.tui.pseudo import Terminal

    made: list[Terminal] = []

    def start(*arguments: str, **more: object) -> Terminal:
        made.append(Terminal(tmp_path, *arguments, **more))  # type: ignore[arg-type]
        return made[-1]

    yield start
    for one in made:
        one.child.close(force=True)


@pytest.fixture
def arrived(terminal: Callable[..., Terminal]) -> Callable[..., Terminal]:
    """Start it, and come to the child that has received a request."""

    def start(target: str = "/index.html", **more: object) -> Terminal:
        return terminal("--get", target, **more).see(
            "request GET", "b.cc    Lreceive_exit", "Connection: close"
        )

    return start
