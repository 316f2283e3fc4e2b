"""ioctl on terminals: size, settings, and who has them."""

import os
import select
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from emu.darwin import flags as f
from emu.darwin.structs import Winsize
from emu.darwin.termios import LFLAGS, VMIN, VTIME, Termios
from emu.host.stdio import StreamHandle
from emu.kernel.files import OpenFile
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Park
from tests.callbench import NOWHERE, READ_ONLY, CallBench


class Terminal(NamedTuple):
    """The guest's end of a pseudo-terminal, and the end of who types."""

    bench: CallBench
    fd: int
    outer: int

    def ioctl(self, request: int, argument: int) -> object:
        return self.bench.call("ioctl", self.fd, request, argument)

    def type(self, text: bytes) -> None:
        """Type, and wait until the terminal has it."""
        os.write(self.outer, text)
        handle = self.bench.process.files.get(self.fd).handle
        assert select.select([handle.fileno()], [], [], 20)[0]

    def settings(self) -> Termios:
        assert self.ioctl(f.TIOCGETA, self.bench.buffer) == 0
        return Termios.unpack(self.bench.get(self.bench.buffer, Termios.SIZE))

    def change(self, request: int, **new: object) -> object:
        old = self.settings()
        values = {name: getattr(old, name) for name in Termios.OFFSETS} | new
        return self.ioctl(request, self.bench.put(Termios(**values).pack()))


@pytest.fixture
def terminal(bench: CallBench) -> Iterator[Terminal]:
    if sys.platform == "win32":
        pytest.skip("no pseudo-terminals there")
    outer, inner = os.openpty()
    own = os.open(os.ttyname(inner), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    fd = bench.process.files.add(OpenFile(StreamHandle(own), "stdio", f.O_RDWR, "stdin"))
    yield Terminal(bench, fd, outer)
    os.close(inner)
    os.close(outer)


def raw(settings: Termios, minimum: int = 1, tenths: int = 0) -> dict[str, object]:
    """Return what switches to single characters without echo."""
    cc = bytearray(settings.cc)
    cc[VMIN], cc[VTIME] = minimum, tenths
    off = LFLAGS["ICANON"] | LFLAGS["ECHO"] | LFLAGS["ISIG"]
    return {"lflag": settings.lflag & ~off, "cc": bytes(cc)}


@pytest.mark.parametrize("request_", [f.TIOCSETA, f.TIOCSETAW, f.TIOCSETAF])
def test_settings_are_those_of_the_host(terminal: Terminal, request_: int) -> None:
    before = terminal.settings()
    lines = LFLAGS["ICANON"] | LFLAGS["ECHO"] | LFLAGS["ISIG"]
    assert before.lflag & lines == lines
    assert before.cc[:4] == bytes([4, 255, 255, 127])
    assert (before.cc[8], before.ospeed) == (3, 38400)
    assert terminal.change(request_, **raw(before)) == 0
    after = terminal.settings()
    assert after.lflag == before.lflag & ~lines
    assert (after.iflag, after.oflag, after.cflag) == (before.iflag, before.oflag, before.cflag)
    terminal.type(b"\x03")
    assert terminal.bench.call("read", terminal.fd, terminal.bench.buffer, 9) == 1
    assert terminal.change(request_, lflag=before.lflag, cc=before.cc) == 0
    assert terminal.settings() == before


def test_a_character_that_is_off_stays_so(terminal: Terminal) -> None:
    cc = bytearray(terminal.settings().cc)
    cc[8] = 0xFF
    assert terminal.change(f.TIOCSETA, cc=bytes(cc)) == 0
    assert terminal.settings().cc[8] == 0xFF


def test_a_read_waits_as_long_as_vmin_and_vtime_say(terminal: Terminal) -> None:
    bench, fd = terminal.bench, terminal.fd
    wait = bench.call("read", fd, bench.buffer, 1)
    assert isinstance(wait, Park)
    assert wait.deadline is None
    terminal.change(f.TIOCSETA, **raw(terminal.settings(), 0, 7))
    assert terminal.settings().cc[VMIN : VTIME + 1] == bytes([0, 7])
    wait = bench.call("read", fd, bench.buffer, 1)
    assert isinstance(wait, Park)
    assert wait.deadline is not None
    assert 0 < wait.deadline - bench.host.monotonic_ns() <= 7 * 10**8
    bench.process.memory.clear()
    terminal.change(f.TIOCSETA, **raw(terminal.settings(), 0, 0))
    assert bench.call("read", fd, bench.buffer, 1) == 0
    terminal.type(b"x")
    assert bench.call("read", fd, bench.buffer, 1) == 1


def test_what_was_typed_is_forgotten(terminal: Terminal) -> None:
    bench = terminal.bench
    terminal.change(f.TIOCSETA, **raw(terminal.settings()))
    terminal.type(b"typed")
    assert terminal.ioctl(f.TIOCFLUSH, bench.put(struct.pack("<i", 1))) == 0
    assert isinstance(bench.call("read", terminal.fd, bench.buffer, 1), Park)
    terminal.type(b"more")
    terminal.change(f.TIOCSETAF, **raw(terminal.settings()))
    assert isinstance(bench.call("read", terminal.fd, bench.buffer, 1), Park)
    assert terminal.ioctl(f.TIOCFLUSH, bench.put(bytes(4))) == 0


def test_the_size_can_be_changed(terminal: Terminal) -> None:
    bench = terminal.bench
    assert terminal.ioctl(f.TIOCSWINSZ, bench.put(Winsize(43, 132, 0, 0).pack())) == 0
    assert terminal.ioctl(f.TIOCGWINSZ, bench.buffer) == 0
    assert Winsize.unpack(bench.get(bench.buffer, 8)) == Winsize(43, 132, 0, 0)
    assert os.get_terminal_size(terminal.outer) == (132, 43)


def test_output_is_the_host_s_at_once(terminal: Terminal) -> None:
    bench = terminal.bench
    assert terminal.ioctl(f.TIOCDRAIN, 0) == 0
    assert terminal.ioctl(f.TIOCOUTQ, bench.buffer) == 0
    assert bench.get(bench.buffer, 4) == bytes(4)


def test_the_foreground_is_a_group_of_the_session(terminal: Terminal) -> None:
    bench = terminal.bench

    def group(request: int) -> int:
        assert terminal.ioctl(request, bench.buffer) == 0
        (number,) = struct.unpack("<i", bench.get(bench.buffer, 4))
        return int(number)

    def set_group(number: int) -> object:
        return terminal.ioctl(f.TIOCSPGRP, bench.put(struct.pack("<i", number)))

    assert group(f.TIOCGPGRP) == group(f.TIOCGSID) == FIRST_PID
    child = bench.kernel.fork(bench.process)
    bench.process.space.restore()
    assert set_group(child.pid) == "EPERM"
    child.pgid = child.pid
    assert set_group(child.pid) == 0
    assert group(f.TIOCGPGRP) == child.pid
    assert set_group(-1) == "EINVAL"
    assert set_group(4711) == "EPERM"
    assert terminal.ioctl(f.TIOCSCTTY, 0) == 0


def test_who_begins_a_session_has_no_terminal(terminal: Terminal) -> None:
    bench = terminal.bench
    bench.process.sid = bench.process.pgid = 4711
    for request in (f.TIOCGPGRP, f.TIOCGSID, f.TIOCSPGRP):
        assert terminal.ioctl(request, bench.put(struct.pack("<i", 4711))) == "ENOTTY"
    assert terminal.ioctl(f.TIOCSCTTY, 0) == "EPERM"


GIVES = [f.TIOCGETA, f.TIOCGWINSZ, f.TIOCGPGRP, f.TIOCGSID, f.TIOCOUTQ]
TAKES = [f.TIOCSETA, f.TIOCSETAW, f.TIOCSETAF, f.TIOCSWINSZ, f.TIOCSPGRP, f.TIOCFLUSH]


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [*((r, NOWHERE) for r in (*GIVES, *TAKES)), *((r, READ_ONLY) for r in GIVES)],
)
def test_bad_pointers(terminal: Terminal, request_: int, pointer: int) -> None:
    assert terminal.ioctl(request_, pointer) == "EFAULT"


@pytest.mark.parametrize("request_", [*GIVES, *TAKES, f.TIOCDRAIN, f.TIOCSCTTY])
def test_what_is_no_terminal_has_none_of_this(bench: CallBench, request_: int) -> None:
    pipe = bench.call("pipe")
    assert isinstance(pipe, tuple)
    assert bench.call("ioctl", pipe[0], request_, bench.buffer) == "ENOTTY"
    assert bench.call("ioctl", 99, request_, bench.buffer) == "EBADF"
