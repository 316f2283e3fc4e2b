"""``make screenshots``: make the pictures in the documentation again, from the real programs."""

from __future__ import annotations

import io
import os
import re
import struct
import sys
import tempfile
from html import escape
from pathlib import Path

import pexpect
import pyte

from emu import asm
from tests.browser import Page, Pipe, chromium
from tests.serving import ROOT, serving
from tests.tui import pictures
from tests.tui.picture import svg

IMAGES = ROOT / "docs" / "images"
COLUMNS, ROWS = 92, 27
#: The debugger's terminal.
WIDE, HIGH = 132, 40

#: Instructions in one row of the picture of the code.
SQUARES = 96
CODE = """<!DOCTYPE html><style>body {{ margin: 0; background: #0d1116; }}</style>
<svg width="768" height="{height}" shape-rendering="crispEdges">{squares}</svg>"""

#: Two terminals, drawn by the browser.
TERMINAL = """<!DOCTYPE html><meta charset="utf-8"><style>
body {{ margin: 0; background: #2d353f; }}
pre {{ margin: 0 0 6px; padding: 20px; background: #14181d; color: #e3e8ee;
  font: 15px/21px "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
b {{ color: #7fd1c7; }}
</style><pre>{server}</pre><pre>{client}</pre>"""


def _colour(word: int) -> str:
    """Return the colour of an instruction, by the top levels of the Arm ARM's encoding table."""
    if word & 0xFFE0001F == 0xD4000001:
        return "#e4572e"  # svc
    group = word >> 25 & 0xF
    if group in {0b1010, 0b1011}:
        return "#f2b134"  # branches, exceptions and system instructions
    return "#4f9dde" if group & 0b0101 == 0b0100 else "#58b88a"  # loads and stores; the rest


def _code(browser: Pipe) -> None:
    """Draw the server, one square an instruction, for the sample site."""
    text = asm.assemble([ROOT / "ymawky.s"]).section("__TEXT", "__text")
    assert text is not None
    words = struct.unpack(f"<{len(text.data) // 4}I", text.data)
    squares = (
        f'<rect x="{8 * (i % SQUARES)}" y="{8 * (i // SQUARES)}" width="7" height="7"'
        f' fill="{_colour(word)}"/>'
        for i, word in enumerate(words)
    )
    height = 8 * -(-len(words) // SQUARES)
    page = Page(browser, width=8 * SQUARES, height=height)
    page.show(CODE.format(squares="".join(squares), height=height))
    (ROOT / "www" / "images" / "code.png").write_bytes(page.screenshot())


def _site(browser: Pipe, scratch: Path) -> None:
    """Take a picture of the sample site, light and dark."""
    with serving(ROOT, scratch) as served:
        for name, dark in (("site", False), ("site-dark", True)):
            page = Page(browser, width=1000, height=1120, dark=dark).open(served.url)
            page.wait_for("document.documentElement.dataset.answered === 'HEAD'")
            (IMAGES / f"{name}.png").write_bytes(page.screenshot())


class Terminal:
    """A shell in a terminal of its own, and what it shows."""

    def __init__(self) -> None:
        """Start the shell; its commands are those of this very environment."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._shown = io.BytesIO()
        self._shell = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile"],
            env=os.environ | {"PS1": "$ ", "TERM": "xterm-256color", "PATH": path},
            dimensions=(ROWS, COLUMNS),
            cwd=str(ROOT),
            timeout=30,
        )
        self._shell.logfile_read = self._shown
        self._shell.expect(r"\$ ")

    def type(self, line: str, answer: str = r"\$ $") -> None:
        """Type a command and wait for what it says."""
        self._shell.sendline(line)
        self._shell.expect(answer)

    def interrupt(self) -> None:
        """Press Ctrl-C and wait for the shell."""
        self._shell.sendintr()
        self._shell.expect(r"\$ $")

    def text(self) -> str:
        """Return the screen, with the checkout in the home directory."""
        self._shell.close()
        screen = pyte.Screen(COLUMNS, ROWS)
        pyte.ByteStream(screen).feed(self._shown.getvalue())
        lines = "\n".join(line.rstrip() for line in screen.display)
        return lines.rstrip().removesuffix("$").strip().replace(str(ROOT), "~/ymawky")


def _terminals(browser: Pipe) -> None:
    """Take a picture of the README's commands: the server in one terminal, curl in another."""
    site = "http://127.0.0.1:8080"
    server, client = Terminal(), Terminal()
    server.type("make serve", "listening on")
    client.type(f"curl -i {site}/files/hello.json")
    client.type(f"curl -w '\\n' -r 0-18 {site}/files/hello.json")
    client.type(f"curl -si -X BREW {site}/coffee | head -1")
    server.interrupt()
    parts = [terminal.text() for terminal in (server, client)]
    marked = [
        re.sub(r"(?m)^(\$ .*)$", r"<b>\1</b>", escape(part, quote=False)).strip() for part in parts
    ]
    lines = sum(part.count("\n") + 1 for part in parts)
    page = Page(browser, width=880, height=86 + 21 * lines)
    page.show(TERMINAL.format(server=marked[0], client=marked[1]))
    (IMAGES / "terminal.png").write_bytes(page.screenshot())


def _debugger() -> None:
    """Take a picture of the debugger's screen, in the middle of a request."""
    screen, shown = pyte.Screen(WIDE, HIGH), io.BytesIO()
    command = ["-m", "debugger.cli", "--get", "/files/", "-ex", "break apply_field"]
    shell = pexpect.spawn(
        sys.executable,
        [*command, "-ex", "continue"],
        env=os.environ | {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"},
        dimensions=(HIGH, WIDE),
        cwd=str(ROOT),
        timeout=30,
    )
    shell.logfile_read = shown
    shell.expect("at apply_field")
    for key in "nnn":
        shell.send(key)
        shell.expect("next at")
    shell.expect(pexpect.TIMEOUT, timeout=1)  # all of the last screen is there
    pyte.ByteStream(screen).feed(shown.getvalue())
    shell.send("q")
    shell.expect(pexpect.EOF)
    (IMAGES / "debugger.svg").write_text(svg(screen), encoding="utf-8")


def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        _code(browser)
        _site(browser, Path(scratch))
        _terminals(browser)
    _debugger()
    pictures.main()


if __name__ == "__main__":
    main()
