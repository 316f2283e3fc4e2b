"""``copy as curl``: a command that sends the same request again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest

from debugger.client import raw
from debugger.session import Session
from tests.debugger.test_reports import typed

HEAD = b"PUT /ok HTTP/1.1\r\nHost: a\r\nX-Quote: it's\r\n"
BODY = b"a 'b' %s \\n \x00\xff\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        b"5;x=y\r\n" + BODY[:5] + b"\r\n%x\r\n" % (len(BODY) - 5) + BODY[5:] + b"\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 100\r\n\r\n" + BODY,
    ],
    ids=["length", "chunks", "part of it"],
)
def test_a_body_is_sent_again_byte_by_byte(debug: Callable[..., Session], sent: bytes) -> None:
    session = debug("tiny.s")
    session.play(raw(sent))
    session.break_on_request(temporary=True)
    session.cont()
    session.step(2)
    (line,) = typed(session, "copy as curl")
    printed, _, command = line.partition(" | ")
    octal = shlex.split(printed)[1]
    assert bytes(int(n, 8) for n in re.findall(r"\\(\d{3})", octal)) == BODY
    words = shlex.split(command)
    assert words[:4] == ["curl", "-i", "--http1.1", "-X"]
    assert ("X-Quote: it's" in words, words[words.index("--data-binary") + 1]) == (True, "@-")
    assert words[-1].endswith("/ok")
