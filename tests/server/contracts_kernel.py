"""A kernel that answers the calls of a single routine at random, as a real one might."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

from tests.server.contracts_guest import ARENA, Guest

__all__ = ["ERRORS", "REQUESTS", "S_IFREG", "RandomKernel", "pack_stat"]

# Errors that a kernel may give: EINTR, EAGAIN, ENOENT, ENOTDIR, EACCES, EEXIST, ELOOP, ENOSPC,
# EPIPE, ECONNRESET, EINVAL, and one that nobody knows.
ERRORS = (4, 35, 2, 20, 13, 17, 62, 28, 32, 54, 22, 99)
S_IFREG, S_IFDIR, S_IFIFO = 0o100644, 0o040755, 0o010644
LINES = b"5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\nrest of it\r\n"
FIELDS = (
    b'Host: localhost:8080\r\nConnection: keep-alive\r\nIf-None-Match: W/"a", "b"\r\n'
    b'Range: bytes=2-5\r\nIf-Range: "x"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n'
)
REQUESTS = (
    b"GET /a%20b/c.html?q HTTP/1.1\r\n" + FIELDS + b"\r\n",
    b"HEAD /directory/ HTTP/1.0\r\n\r\n",
    b"PUT /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
    + FIELDS
    + b"\r\n"
    + LINES,
    b"PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n12345",
)


def pack_stat(mode: int, size: int) -> bytes:
    """Return a struct stat64."""
    head = struct.pack("<iHHQ", 1, mode, 1, 0x1234).ljust(48, b"\0")
    head += struct.pack("<qq", 784_111_777, 5)
    return head.ljust(96, b"\0") + struct.pack("<q", size).ljust(48, b"\0")


@dataclass
class RandomKernel:
    """Answers calls as a kernel might; ``patience`` calls on, everything fails."""

    guest: Guest
    rng: random.Random
    failures: float
    patience: int = 300
    listed: int = 0
    request: bytes = REQUESTS[0]

    def __call__(self, number: int, arguments: tuple[int, ...]) -> tuple[int, int, bool]:
        self.patience -= 1
        if self.patience < 0:
            return 9, 0, True  # EBADF ends every loop
        if self.rng.random() < self.failures:
            return self.rng.choice(ERRORS), 0, True
        return self._succeed(number, arguments), self._child(number), False

    def _child(self, number: int) -> int:
        return int(number == 2 and self.rng.random() < 0.2)

    def _succeed(self, number: int, arguments: tuple[int, ...]) -> int:
        self._report(number, arguments)
        match number:
            case 3 | 29:  # read, recvfrom
                return self._fill(arguments[1], arguments[2], file=number == 3)
            case 4 | 133:  # write, sendto
                return self.rng.choice((arguments[2], max(1, arguments[2] // 2)))
            case 121:  # writev
                lengths = [self.guest.word(arguments[1] + 16 * n + 8) for n in range(2)]
                return self.rng.randint(1, sum(lengths))
            case 344:  # getdirentries64
                return self._list(arguments[1])
        # open, getpid and socket; accept; mmap; proc_info
        return {5: 3, 20: 3, 97: 3, 30: 7, 197: ARENA, 336: 257 * 4}.get(number, 0)

    def _report(self, number: int, arguments: tuple[int, ...]) -> None:
        """Fill in what a call tells by a pointer."""
        write = self.guest.machine.write_memory
        if number == 116:  # gettimeofday
            write(arguments[0], struct.pack("<qq", 1_700_000_000, 999_999))
        elif number in {30, 32}:  # accept, getsockname
            write(arguments[1], bytes.fromhex("10021f907f0000010000000000000000"))
        elif number in {339, 470}:  # fstat64, fstatat64
            mode = self.rng.choice((S_IFREG, S_IFREG, S_IFDIR, S_IFIFO))
            size = self.rng.choice((0, 4, 5000, 100_000))
            write(arguments[1 if number == 339 else 2], pack_stat(mode, size))

    def _fill(self, address: int, size: int, *, file: bool) -> int:
        data = b"x" * size if file else self.rng.choice((LINES, self.request, b"GE", b""))
        data = data[: self.rng.choice((size, size, max(1, size // 3)))]
        self.guest.machine.write_memory(address, data)
        return len(data)

    def _list(self, address: int) -> int:
        self.listed += 1
        if self.listed > 3:
            return 0
        data = b""
        for name in (b".", b"..", b"a&<\">'b", b"n" * 255, b".ymawky_tmp_3", b"\x01\xff"):
            size = (21 + len(name) + 8) // 8 * 8
            head = struct.pack("<QQHHB", 1, 0, size, len(name), 8)
            data += (head + name).ljust(size, b"\0")
        self.guest.machine.write_memory(address, data)
        return len(data)
