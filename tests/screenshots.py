"""``make screenshots``: make the pictures in the documentation again, from the real programs."""

from __future__ import annotations

import base64
import io
import os
import re
import sys
import tempfile
from html import escape
from pathlib import Path

import pexpect
import pyte

from tests.browser import Page, Pipe, chromium
from tests.serving import ROOT, free_port, serving

IMAGES = ROOT / "docs" / "images"
COLUMNS, ROWS = 92, 27

#: A terminal, drawn by the browser.
TERMINAL = """<!DOCTYPE html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 20px; background: #14181d; }}
pre {{ margin: 0; color: #e3e8ee; font: 15px/1.4 "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
b {{ color: #7fd1c7; }}
</style><pre>{text}</pre>"""


def _site(browser: Pipe, scratch: Path) -> None:
    """Take a picture of the sample site, light and dark."""
    with serving(ROOT, scratch) as served:
        for name, dark in (("site", False), ("site-dark", True)):
            page = Page(browser, width=1000, height=1120, dark=dark).open(served.url)
            page.wait_for("document.documentElement.dataset.answered === 'HEAD'")
            (IMAGES / f"{name}.png").write_bytes(page.screenshot())


def _session(port: int) -> list[str]:
    """Type the README's two commands into a real terminal; return what it shows."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = pexpect.spawn(
        "bash",
        ["--norc", "--noprofile"],
        env=os.environ | {"PS1": "$ ", "TERM": "xterm-256color", "PATH": path},
        dimensions=(ROWS, COLUMNS),
        cwd=str(ROOT),
        timeout=30,
    )
    shown = io.BytesIO()
    shell.logfile_read = shown
    for line, answer in (
        (f"make serve PORT={port} &", rf"127\.0\.0\.1:{port}"),
        (f"curl -i http://127.0.0.1:{port}/files/hello.json", r'"libraries"[^$]*\$ '),
        ("kill -INT %1", r"\$ "),
    ):
        shell.expect(r"\$ ")
        shell.sendline(line)
        shell.expect(answer)
        shell.sendline()
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.ByteStream(screen).feed(shown.getvalue())
    return [line.rstrip() for line in screen.display]


def _terminal(browser: Pipe) -> None:
    """Take a picture of a terminal with the server and a client in it."""
    lines = _session(free_port())
    text = "\n".join(lines).strip()
    marked = re.sub(r"(?m)^(\$ .*)$", r"<b>\1</b>", escape(text, quote=False))
    document = base64.b64encode(TERMINAL.format(text=marked).encode()).decode()
    page = Page(browser, width=880, height=40 + 21 * (text.count("\n") + 1))
    page.open(f"data:text/html;base64,{document}")
    (IMAGES / "terminal.png").write_bytes(page.screenshot())


def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        _site(browser, Path(scratch))
        _terminal(browser)


if __name__ == "__main__":
    main()
