"""What a request costs: system calls by name, and instructions within a budget.

A change that makes a request dearer has to change the numbers here, and in docs/server.md.
"""

from __future__ import annotations

import pytest

from emu.asm import available
from emu.darwin.errno import ENOENT
from emu.darwin.numbers import name_of
from tests.server.contracts_guest import ARENA, Guest
from tests.server.contracts_kernel import S_IFDIR, S_IFREG, pack_stat

if not available():
    pytest.skip("nothing can be assembled without Keystone", allow_module_level=True)

pytestmark = pytest.mark.emulator("calls single routines in the emulated processor")

GUEST = Guest()
INSTRUCTIONS = GUEST.machine.count_instructions()

PLAIN = b"GET /page.html HTTP/1.1\r\nHost: localhost\r\n\r\n"
BROWSER = (
    b"GET /page.html HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive\r\n"
    b'sec-ch-ua: "Chromium";v="120", "Not?A_Brand";v="8"\r\nsec-ch-ua-mobile: ?0\r\n'
    b'sec-ch-ua-platform: "Linux"\r\nUpgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0'
    b" (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
    b" Safari/537.36\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,"
    b"image/avif,image/webp,image/apng,*/*;q=0.8\r\nSec-Fetch-Site: none\r\n"
    b"Sec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n"
    b"Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n"
)
RANGE = PLAIN[:-2] + b"Range: bytes=100-199\r\n\r\n"
HEAD_CALLS = "recvfrom open fstat64"

#: Request, calls, instructions at most: 5 % above what was measured.
COSTS = {
    "a small file": (PLAIN, f"{HEAD_CALLS} read sendto close write", 3100),
    "a small file, for a browser": (BROWSER, f"{HEAD_CALLS} read sendto close write", 7600),
    "a small file, the last of its connection": (
        PLAIN[:-2] + b"Connection: close\r\n\r\n",
        f"{HEAD_CALLS} read sendto write",
        3500,
    ),
    "a range": (
        RANGE,
        f"{HEAD_CALLS} close setsockopt mmap writev munmap close write",
        4100,
    ),
    "the head of a file": (
        PLAIN.replace(b"GET", b"HEAD"),
        f"{HEAD_CALLS} sendto close write",
        3100,
    ),
    "nothing there": (
        PLAIN.replace(b"page", b"nope"),
        "recvfrom open open sendto write",
        2600,
    ),
    "a new file": (
        b"PUT /new HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
        ("recvfrom fstatat64 fstatat64 getpid open write fstat64 renameatx_np close sendto write"),
        3100,
    ),
}


class Site:
    """A kernel with one file of 1 KiB, of which every call succeeds."""

    def __init__(self, request: bytes) -> None:
        self._sent = [request]

    def __call__(self, number: int, arguments: tuple[int, ...]) -> tuple[int, int, bool]:
        write = GUEST.machine.write_memory
        match name_of(number):
            case "recvfrom":
                data = self._sent.pop()
                write(arguments[1], data)
                return len(data), 0, False
            case "fstat64":
                write(arguments[1], pack_stat(S_IFREG, 1024))
            case "fstatat64":
                if GUEST.get(arguments[1], 8) == b"www/new\0":
                    return ENOENT, 0, True
                write(arguments[2], pack_stat(S_IFDIR, 0))
            case "open":
                path = GUEST.get(arguments[0], 16)
                missing = path.startswith((b"err/", b"www/nope"))
                return (ENOENT, 0, True) if missing else (3, 0, False)
            case "read" | "write" | "sendto":
                return arguments[2], 0, False
            case "writev":
                lengths = (GUEST.word(arguments[1] + 16 * n + 8) for n in range(2))
                return sum(lengths), 0, False
            case "mmap":
                return ARENA, 0, False
        return 0, 0, False


@pytest.mark.parametrize(("request_bytes", "calls", "most"), COSTS.values(), ids=COSTS)
def test_a_request_costs_no_more(request_bytes: bytes, calls: str, most: int) -> None:
    GUEST.reset()
    GUEST.call("open_connection", 5, 0x0100007F, 4)
    before = INSTRUCTIONS()
    outcome = GUEST.call("serve_request", kernel=Site(request_bytes))
    spent = INSTRUCTIONS() - before
    assert outcome.kind == "returned"
    assert " ".join(name_of(number) or "" for number in outcome.calls) == calls
    assert most * 0.8 < spent <= most
