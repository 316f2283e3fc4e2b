"""The file of a trace: it never holds a run up."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from emu.errors import UsageError
from emu.strace import sink as sink_module
from emu.strace.sink import Sink
from tests.serving import PATIENCE


def test_lines_come_out_in_order(tmp_path: Path) -> None:
    said: list[str] = []
    sink = Sink(tmp_path / "trace", said.append)
    for n in range(5000):
        sink.write(f"line {n}\n")
    sink.write("last\n")
    sink.close(10)
    lines = (tmp_path / "trace").read_text().splitlines()
    assert lines == [*(f"line {n}" for n in range(5000)), "last"]
    assert said == []


def test_a_file_that_cannot_be_made_is_an_error_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        Sink(tmp_path / "no" / "trace", print)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_once() -> None:
    said: list[str] = []
    sink = Sink(Path("/dev/full"), said.append)
    sink.write("first\n")
    sink.close(10)
    sink.write("too late\n")
    sink.close(10)
    (line,) = said
    assert "/dev/full" in line
    assert "goes on without" in line


class _Stuck(io.RawIOBase):
    """A pipe that nobody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.released.wait(PATIENCE)
        return len(data)  # type: ignore[arg-type]


def test_a_pipe_that_nobody_reads_costs_lines_and_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sink_module, "QUEUE_MAX", 1000)
    said: list[str] = []
    stuck = _Stuck()
    sink = Sink(stuck, said.append, name="the pipe")  # type: ignore[arg-type]
    for _ in range(1000):
        sink.write("x" * 99 + "\n")
    sink.close(0.01)
    (line,) = said
    assert "lines are lost: the pipe" in line
    stuck.released.set()


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in the file system")
def test_a_named_pipe_waits_for_its_reader_in_the_thread(tmp_path: Path) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    path = tmp_path / "pipe"
    os.mkfifo(path)
    sink = Sink(path, print)
    sink.write("hello\n")
    with path.open("rb") as reader:
        sink.close(10)
        assert reader.read() == b"hello\n"


class _Slow(io.RawIOBase):
    """Takes three bytes at a time, and nothing at all every other time."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = b""
        self.turn = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int | None:
        self.turn += 1
        if self.turn % 2:
            return None
        self.taken += bytes(data)[:3]  # type: ignore[call-overload]
        return min(3, len(data))  # type: ignore[arg-type]


def test_partial_writes_are_carried_on() -> None:
    slow = _Slow()
    sink = Sink(slow, print, name="slow")  # type: ignore[arg-type]
    sink.write("0123456\n")
    sink.close(10)
    assert slow.taken == b"0123456\n"
