"""What dtruss prints, as its manual and its script have it."""

from __future__ import annotations

from tests.native.dtruss import parse, refusal
from tests.native.traces import Call

SAMPLE = """\
\tPID/THRD  SYSCALL(args) \t\t = return
ymawky: listening on http://127.0.0.1:8080
 1234/0x1a2b:  open("www/a (1).html\\0", 0x1000004, 0x0)\t\t = 3 0
 1234/0x1a2b:  read(0x3, "<p>) = 7 0\\n\\0", 0x1000)\t\t = 11 0
 1234/0x1a2b:  fstat64(0x9, 0x16FDFFE90, 0x0)\t\t = -1 Err#9
 1234/0x1a2b:  mmap(0x0, 0x4000, 0x3, 0x1002, 0xFFFFFFFFFFFFFFFF, 0x0)\t\t = 0x104E58000 0
dtrace: error on enabled probe ID 2174 (ID 153: syscall::read:return): invalid user access
 1234/0x1a2b:  fork()\t\t = 1235 0
 1235/0x1a2c:  fork()\t\t = 0 0
127.0.0.1 - - [23/Nov/2026:05:21:00 +0000] "GET / HTTP/1.1" 200 3611
 1235/0x1a2c:      104      32     28  close_nocancel(0x3)\t\t = 0 0
 1235/0x1a2c:  odd(0x1, 0x2, 0x3)\t\t = -1 Err#999
"""


def test_each_call_with_its_result() -> None:
    assert parse(SAMPLE.splitlines()) == {
        1234: [
            Call("open", None, 3),
            Call("read", 3, 11),
            Call("fstat64", 9, -1, "EBADF"),
            Call("mmap", 0, 0x104E58000),
            Call("fork", None, 1235),
        ],
        1235: [
            Call("fork", None, 0),
            Call("close_nocancel", 3, 0),
            Call("odd", 1, -1, "errno 999"),
        ],
    }


def test_why_it_would_not() -> None:
    said = [
        "",
        "something else",
        "dtrace: system integrity protection is on, some features will not be available",
        "dtrace: failed to initialize dtrace: DTrace requires additional privileges",
    ]
    assert refusal(said) == said[2]
    assert refusal(["sudo: a password is required"]) == "sudo: a password is required"
    assert refusal(said[:2]) == "something else"
    assert refusal([]) == ""
