"""``--strace-filter``."""

from __future__ import annotations

import pytest

from emu.darwin.numbers import number_of
from emu.errors import UsageError
from emu.strace import Selection


@pytest.mark.parametrize(
    ("text", "shown", "hidden"),
    [
        ("", "read open fork sigaction", ""),
        ("open,close", "open close open_nocancel close_nocancel", "read openat"),
        ("%file", "open openat stat64 unlink rename execve", "read close fork"),
        ("%network", "socket accept recvfrom setsockopt accept_nocancel", "read open"),
        ("%process", "fork wait4 exit kill execve", "open sigaction"),
        ("%process,!exit", "fork wait4", "exit open"),
        ("!read", "open write", "read read_nocancel"),
        ("%desc,!%network", "read close fstat64", "recvfrom open"),
        ("%signal , %memory", "sigaction kill mmap", "read"),
        ("%mach", "task_self_trap", "read"),
        ("%time", "gettimeofday select", "read"),
        ("read_nocancel", "read read_nocancel", "write"),
    ],
)
def test_what_is_shown(text: str, shown: str, hidden: str) -> None:
    selection = Selection(text)
    assert [n for n in shown.split() if number_of(n) not in selection] == []
    assert [n for n in hidden.split() if number_of(n) in selection] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [("opn", "did you mean open"), ("%net", "there are %file"), ("!nothing", "no call 'nothing'")],
)
def test_what_does_not_exist_is_an_error(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Selection(text)
