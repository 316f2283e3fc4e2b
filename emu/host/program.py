"""Programs of the host that a guest process turns into (``execve`` with ``--allow-exec``).

The program gets the guest's three standard streams.  Those that are the emulator's own, and
files, it inherits; anything else goes through a pipe of the host, which :meth:`HostProgram.pump`
fills and empties without waiting.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from emu.host.errors import failure
from emu.host.file import FileHandle
from emu.host.handle import Handle
from emu.host.stdio import StreamHandle

__all__ = ["HostProgram", "Stream"]

_CHUNK = 65536
#: Chunks that are moved at once, so that an endless stream holds nobody up.
_ROUNDS = 16
#: Where the guest's stream leads: a descriptor of the emulator's own, a handle, or nowhere.
Stream = int | Handle | None


class _Pump:
    """Bytes on their way between a handle of the guest and a pipe of the program."""

    __slots__ = ("_left", "guest", "host", "to_host")

    def __init__(self, guest: Handle, host: int, *, to_host: bool) -> None:
        if sys.platform != "win32":
            os.set_blocking(host, False)
        self.guest = guest
        self.host = StreamHandle(host)
        self.to_host = to_host
        self._left = b""

    def run(self) -> bool:
        """Move what can be moved; False once there is nothing more to come."""
        buffer = memoryview(bytearray(_CHUNK))
        source, sink = (self.guest, self.host) if self.to_host else (self.host, self.guest)
        try:
            for _ in range(_ROUNDS):
                if not self._left:
                    self._left = bytes(buffer[: source.read_into(buffer)])
                if not self._left:
                    return False
                self._left = self._left[sink.write(self._left) :]
            return True  # noqa: TRY300 - there may be more, but others have their turn
        except BlockingIOError:
            return True
        except OSError:
            return False

    def waits(self) -> tuple[Handle, bool]:
        """Return the handle that :meth:`run` waits for, and whether it is to be written."""
        if self._left:
            return (self.host if self.to_host else self.guest), True
        return (self.guest if self.to_host else self.host), False


class HostProgram:
    """A running program of the host."""

    def __init__(
        self, path: str, argv: Sequence[bytes], envp: Sequence[bytes], streams: Sequence[Stream]
    ) -> None:
        """Start ``path``.

        Raises:
            OSError: it cannot be started; ENOTSUP on Windows.
        """
        if os.name == "nt":
            raise failure("ENOTSUP")
        variables = dict(v.partition(b"=")[::2] for v in envp)
        given = [_given(stream) for stream in streams]
        self._program = subprocess.Popen(
            [os.fsdecode(word) for word in argv] or [path],
            executable=path,
            env={os.fsdecode(name): os.fsdecode(value) for name, value in variables.items()},
            stdin=given[0], stdout=given[1], stderr=given[2], bufsize=0,
        )  # fmt: skip
        pipes = (self._program.stdin, self._program.stdout, self._program.stderr)
        self.pumps = [
            _Pump(stream, os.dup(pipe.fileno()), to_host=n == 0)
            for n, (stream, pipe) in enumerate(zip(streams, pipes, strict=True))
            if pipe is not None and isinstance(stream, Handle)
        ]
        for pipe in pipes:
            if pipe is not None:
                pipe.close()

    def pump(self) -> int | None:
        """Move bytes; return wait4's word once the program has ended and said all."""
        for pump in list(self.pumps):
            if not pump.run():
                pump.host.close()
                self.pumps.remove(pump)
        code = self._program.poll()
        if code is None or any(not pump.to_host for pump in self.pumps):
            return None
        self.close()
        return -code if code < 0 else code << 8

    def close(self) -> None:
        """End the program, if it still runs, and give everything back."""
        for pump in self.pumps:
            pump.host.close()
        self.pumps.clear()
        if self._program.poll() is None:
            with suppress(OSError):
                self._program.kill()
            self._program.wait()


def _given(stream: Stream) -> int:
    """Return what :class:`subprocess.Popen` takes for a stream."""
    if stream is None:
        return subprocess.DEVNULL
    if isinstance(stream, int):
        return stream
    return stream.fd if type(stream) is FileHandle else subprocess.PIPE
