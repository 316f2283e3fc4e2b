"""Files mapped into memory: they are looked at as the program would find them, and left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from debugger.session import Session
from debugger.tui.panels import TABLE
from debugger.tui.state import State
from tests.debugger.test_reports import typed
from tests.debugger.test_server import arrive, image, server

__all__ = ["image", "server"]

LETTERS = bytes(range(65, 91)) * 1000


def mapped(debug: Callable[..., Session], root: Path) -> Session:
    (root / "letters").write_bytes(LETTERS)
    session = debug("mapped.s")
    session.break_at("mapped")
    session.cont()
    return session


def test_a_page_that_nobody_has_touched_shows_the_file(
    debug: Callable[..., Session], tmp_path: Path
) -> None:
    session = mapped(debug, tmp_path)
    assert session.evaluate("bytes[x0 + 16380, 10]") == LETTERS[16380:16390]
    assert session.evaluate("u8[x0 + 30000]") == 0
    for command in ("x/s x0", "info registers x0"):
        assert "ABCDEFGHIJ" in typed(session, command)[0], command
    assert "w1 becomes 0x42" in typed(session, "explain")[1]
    state = State(session)
    state.memory = "x0"
    assert "ABCD" in TABLE["memory"].draw(state, 80, 10).row(0).text.plain


def test_looking_touches_nothing(debug: Callable[..., Session], tmp_path: Path) -> None:
    session = mapped(debug, tmp_path)
    address = session.registers().get("x0")
    session.read_memory(address, 100)
    typed(session, "x/4s x0", "telescope x0", "watch u8[x0 + 1]")
    region = session.focus.space.layout.find(address)
    assert region is not None
    assert not region.backing.runs
    session.step()
    assert region.backing.runs


def test_a_response_sent_unread_is_shown_as_it_was_sent(server: Session) -> None:
    body = bytes(range(256)) * 400
    assert server.options.root is not None
    (server.options.root / "www" / "big.bin").write_bytes(body)
    arrive(server, "/big.bin")
    server.cont()
    pieces = server.connection().response()
    sent = b"".join(piece.data for piece in pieces)
    head = sent.index(b"\r\n\r\n") + 4
    kept = sent[head:]
    assert len(kept) > 4000
    assert kept == body[: len(kept)]
    assert sum(piece.size for piece in pieces) == head + len(body)
