"""Pictures for docs/tutorial.md, from the real screen; ``make screenshots`` makes them anew."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.tui.picture import svg
from tests.tui.pseudo import ROOT, Terminal

__all__ = ["main"]

IMAGES = ROOT / "docs" / "images"
_LIGHT = ("#fbfcfd", "#1f2933")


def _save(screen: Terminal, name: str, *colours: str) -> None:
    text = svg(screen.settle().screen, *colours).replace(str(ROOT), "~/ymawky")
    (IMAGES / f"dbg-{name}.svg").write_text(text, encoding="utf-8")


def _from_the_first_byte_to_the_200(state: Path) -> None:
    with Terminal(state, "--get", "/index.html", columns=120, rows=38) as screen:
        screen.see("request GET", "Connection: close")
        _save(screen, "arrived")
        screen.command("until parse_request").see("until at parse_request")
        screen.command("step header").see("[H]ost: localhost")
        _save(screen, "header")
        screen.command("break on status 200").see("breakpoint 2")
        screen.press("c").see("breakpoint 2: response").press("n").see("next at send_all")
        screen.press("7").see("[7 Response]", "HTTP/1.1 200 OK")
        _save(screen, "response")
        screen.press("?").see("Any key closes")
        _save(screen, "help")
        screen.press("?").gone("Any key closes").press("q").finish()


def _two_children(state: Path) -> None:
    with Terminal(state, "--get", "/index.html", columns=120, rows=38) as screen:
        screen.see("request GET", "Connection: close")
        screen.command("freeze").see("process 101 stands still")
        screen.command("get /files/").see("client 2").command("break on request")
        screen.see("breakpoint 2").press("c").see("request GET /files/")
        screen.command("thaw 101").command("lock step").see("schedule-locking: step")
        screen.press("9").see("> └ 102").press("s").see("[102] step at")
        screen.press("\x1b[A\r").see("> └ 101").press("n").see("[101] next at")
        _save(screen, "children")
        screen.press("q").finish()


def _why_403(state: Path) -> None:
    with Terminal(state, "--get", "/files/../../secret", columns=120, rows=38) as screen:
        screen.see("request GET", "Connection: close")
        screen.command("watch x0 if x0 == 403").see("watchpoint 2: x0 (write)")
        screen.press("c").see("fail    FORBIDDEN", "▸")
        _save(screen, "403")
        screen.press("q").finish()


def _sizes_and_colours(state: Path) -> None:
    for name, columns, rows, theme in (
        ("small", 80, 24, "dark"),
        ("wide", 190, 58, "dark"),
        ("light", 120, 38, "light"),
    ):
        with Terminal(
            state, "--get", "/", columns=columns, rows=rows, YMAWKY_THEME=theme
        ) as screen:
            screen.see("request GET", "Connection: close")
            screen.command("until parse_fields").see("until at parse_fields")
            screen.press("nnnnnn8").see("next at parse_fields+")
            _save(screen, name, *(_LIGHT if theme == "light" else ()))
            screen.press("q").finish()


def main() -> None:
    """Make all pictures of the debugger."""
    with tempfile.TemporaryDirectory() as scratch:
        state = Path(scratch)
        _from_the_first_byte_to_the_200(state)
        _two_children(state)
        _why_403(state)
        _sizes_and_colours(state)


if __name__ == "__main__":
    main()
