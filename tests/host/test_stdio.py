"""Standard streams: shared with others, so never switched, and never waited on."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emu.host import Handle
from emu.host.poller import Poller, make_poller
from emu.host.stdio import PumpedHandle, open_stream
from tests.host.conftest import outcome
from tests.serving import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors are exchanged")


@pytest.fixture
def poller() -> Iterator[Poller]:
    made = make_poller()
    yield made
    made.close()


@pytest.fixture(params=["best", "pumped"])
def pipe(request: pytest.FixtureRequest) -> Iterator[tuple[int, int, bool]]:
    reader, writer = os.pipe()
    yield reader, writer, request.param == "pumped"
    for fd in (reader, writer):
        with contextlib.suppress(OSError):
            os.close(fd)


def stream(fd: int, *, writes: bool, pumped: bool) -> Handle:
    """Open ``fd`` as if it were a standard stream."""
    if pumped or sys.platform != "linux":
        return PumpedHandle(fd, writes=writes)
    number = 1 if writes else 0
    saved = os.dup(number)
    os.dup2(fd, number)
    try:
        return open_stream(number)
    finally:
        os.dup2(saved, number)
        os.close(saved)


def read(handle: Handle, poller: Poller, size: int = 64) -> bytes:
    """Read as a guest does: wait where there is nothing."""
    buffer = memoryview(bytearray(size))
    while True:
        try:
            return bytes(buffer[: handle.read_into(buffer)])
        except BlockingIOError:
            poller.arm(handle, read=True, token=1)
            assert poller.poll(10) == [1]


def test_input_from_a_pipe(pipe: tuple[int, int, bool], poller: Poller) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    reader, writer, pumped = pipe
    handle = stream(reader, writes=False, pumped=pumped)
    assert outcome(handle.read_into, memoryview(bytearray(4))) == "EAGAIN"
    assert os.get_blocking(reader)
    os.write(writer, b"abc")
    assert read(handle, poller) == b"abc"
    os.close(writer)
    assert read(handle, poller) == b""
    handle.close()


def test_a_full_pipe_parks_the_writer_alone(pipe: tuple[int, int, bool], poller: Poller) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    reader, writer, pumped = pipe
    handle = stream(writer, writes=True, pumped=pumped)
    sent = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            sent += handle.write(bytes(1 << 16))
    assert sent < 1 << 22
    assert os.get_blocking(writer)
    poller.arm(handle, write=True, token=1)
    received = 0
    while not poller.poll(0):
        received += len(os.read(reader, 1 << 16))
    while received < sent:
        received += len(os.read(reader, 1 << 16))
    assert handle.write(b"more") == 4
    assert os.read(reader, 16) == b"more"
    handle.close()


def test_a_reader_that_is_gone_is_epipe(pipe: tuple[int, int, bool], poller: Poller) -> None:
    reader, writer, pumped = pipe
    handle = stream(writer, writes=True, pumped=pumped)
    os.close(reader)
    result = outcome(handle.write, b"x")
    while result in {"ok", "EAGAIN"}:
        poller.arm(handle, write=True, token=1)
        poller.poll(1)
        result = outcome(handle.write, b"x")
    assert result == "EPIPE"
    handle.close()


def test_what_was_written_arrives_before_closing_ends(pipe: tuple[int, int, bool]) -> None:
    reader, writer, pumped = pipe
    handle = stream(writer, writes=True, pumped=pumped)
    assert handle.write(b"last words") == 10
    handle.close()
    assert os.read(reader, 64) == b"last words"


def test_a_regular_file_keeps_the_shared_position(tmp_path: Path) -> None:
    path = tmp_path / "out"
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    os.write(fd, b"before ")
    handle = stream(fd, writes=True, pumped=False)
    handle.write(b"inside")
    handle.close()
    os.write(fd, b" after")
    os.close(fd)
    assert path.read_bytes() == b"before inside after"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a socket is pumped")
def test_a_socket_is_not_switched(poller: Poller) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    one, other = socket.socketpair()
    handle = stream(one.fileno(), writes=False, pumped=False)
    assert outcome(handle.read_into, memoryview(bytearray(4))) == "EAGAIN"
    assert os.get_blocking(one.fileno())
    other.send(b"abc")
    assert read(handle, poller) == b"abc"
    assert handle.write(b"de") == 2
    assert other.recv(4) == b"de"
    handle.close()
    one.close()
    other.close()


@pytest.mark.skipif(sys.platform != "linux", reason="opens the terminal again")
def test_a_terminal_is_read_and_written(poller: Poller) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    pty = pytest.importorskip("pty")
    main, terminal = pty.openpty()
    handle = stream(terminal, writes=False, pumped=False)
    assert outcome(handle.read_into, memoryview(bytearray(4))) == "EAGAIN"
    os.write(main, b"line\n")
    assert read(handle, poller) == b"line\n"
    assert os.get_blocking(terminal)
    for fd in (main, terminal):
        os.close(fd)
    handle.close()


def test_closed_streams_are_empty() -> None:
    code = (
        "from emu.host.stdio import open_stream\n"
        "import os, sys\n"
        "os.close(0)\n"
        "h = open_stream(0)\n"
        "sys.exit(h.read_into(memoryview(bytearray(4))))\n"
    )
    top = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE, cwd=top)
    assert done.returncode == 0
