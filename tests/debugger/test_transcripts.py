"""Batch transcripts as golden files: each names its guest, and holds commands and answers.

The commands of a transcript are the lines behind the prompt; run them, and the text is the same.
``YMAWKY_TRANSCRIPTS=write pytest tests/debugger/test_transcripts.py`` writes them anew: look at
the difference before you keep it.
"""

from __future__ import annotations

import io
import os
import re
import shlex
from pathlib import Path

import pytest

from debugger.batch import PROMPT, Batch
from debugger.client import get, raw
from debugger.expressions.lexer import unescape
from debugger.script import ScriptLine, joined
from debugger.session import Session
from emu.asm import assemble_text
from emu.launch import Options
from tests.debugger.conftest import GUESTS

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))

#: What differs from run to run: ports of loopback.
_UNSTABLE = [
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"port=\d+"), "port=PORT"),
    (re.compile(r"/\S*/(?=(?:saved|sub)\.txt)"), ""),
]


def _stable(text: str) -> str:
    for pattern, stands_for in _UNSTABLE:
        text = pattern.sub(stands_for, text)
    return text


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda p: p.stem)
def test_transcript(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _settle(monkeypatch)
    text = path.read_text(encoding="utf-8")
    head, _, golden = text.partition("\n")
    guest, *options = shlex.split(head.removeprefix("# "))
    commands = [line.removeprefix(PROMPT) for line in golden.splitlines() if PROMPT in line]
    found = f"{head}\n{_stable(_run(guest, options, commands, tmp_path))}"
    if os.environ.get("YMAWKY_TRANSCRIPTS") == "write":
        path.write_text(found, encoding="utf-8")
    assert found == text


def _settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the guest one environment on every host: its strings decide where the stack begins."""
    for name in ("LC_ALL", "NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LANG", "C.UTF-8")


def _run(guest: str, options: list[str], commands: list[str], root: Path) -> str:
    image = assemble_text((GUESTS / guest).read_text(encoding="utf-8"), guest)
    stream = io.StringIO()
    with Session(Options(program=Path(guest), root=root), image=image) as session:
        session.policy.waits = False
        batch = Batch(session, stream=stream, json_lines="--json" in options)
        event = session.start()
        if "--get" in options:
            session.play(get(options[options.index("--get") + 1]))
            session.break_on_request(temporary=True)
            event = session.cont()
        if "--raw" in options:
            session.play(raw(unescape(options[options.index("--raw") + 1])))
            session.break_on_request(temporary=True)
            event = session.cont()
        batch.report(event)
        for command in commands:
            # A conversation: a command that fails does not end it.
            batch.run(joined([ScriptLine(command)]))
    return stream.getvalue()
