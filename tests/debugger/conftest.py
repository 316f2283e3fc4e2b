from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from debugger.session import Session
from emu.asm import assemble_text
from emu.launch import Options
from emu.slices import Slices

GUESTS = Path(__file__).parent / "guests"


@pytest.fixture
def slices() -> None:
    """Let processes take turns by time, for a test in which one computes for ever."""


@pytest.fixture(autouse=True)
def _no_slices(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process run until it waits: how far the others come must not be a matter of time."""
    if "slices" not in request.fixturenames:
        monkeypatch.setattr(Slices, "begin", lambda _self: None)


@pytest.fixture
def debug(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    """Start a guest by its file's name, or a text, and stop at its entry."""
    made: list[Session] = []

    def start(guest: str, **more: object) -> Session:
        path = GUESTS / guest if guest.endswith(".s") else None
        text = path.read_text() if path else guest
        image = assemble_text(text, path.name if path else "guest.s")
        options = Options(program=Path(image.name), root=tmp_path)
        session = Session(options, image=image, **more)  # type: ignore[arg-type]
        session.policy.waits = False
        made.append(session)
        session.start()
        return session

    yield start
    for session in made:
        session.close()
