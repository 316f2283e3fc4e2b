"""``python -m bench.curves``: what a request or a fork costs as one thing grows.

The cost is processor time of the server (user and system), in microseconds: it is steadier than a
rate on a machine that has other things to do.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bench.rivals import RIVALS, ROOT, Running, Site, started
from emu.host.limits import raise_open_files

REQUESTS = 1500
FORKS = 1000
PAGE = 0x4000

#: More connections, and more requests on each, than the server takes as it comes.
TUNABLES = {"MAX_PROCS": 1100, "MAX_REQUESTS": 4000, "IDLE_TIMEOUT": 120}

#: Writes to PAGES pages, then forks and waits FORKS times; the child ends at once.
FORKER = """
.globl _main
_main:
    adrp    x9, memory@PAGE
    add     x9, x9, memory@PAGEOFF
    mov     x10, #{pages}
1:  str     x9, [x9]
    add     x9, x9, #4, lsl #12
    subs    x10, x10, #1
    b.ne    1b
    mov     x19, #{forks}
2:  mov     x16, #2
    svc     #0x80
    cbnz    x1, 3f
    mov     x0, #-1
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    mov     x16, #7
    svc     #0x80
    subs    x19, x19, #1
    b.ne    2b
3:  mov     x0, #0
    mov     x16, #1
    svc     #0x80
.zerofill __DATA,__bss,memory,{size},14
"""


def ask(connection: socket.socket, path: str, *, filler: int = 0) -> int:
    """Ask for ``path`` with so many bytes of header fields more; returns the answer's bytes."""
    fields = "".join(f"X-{n}: {'x' * 90}\r\n" for n in range(filler // 97))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
    answer = connection.recv(1 << 18)
    head = answer.index(b"\r\n\r\n") + 4
    length = re.search(rb"Content-Length: (\d+)", answer[:head])
    if not answer.startswith(b"HTTP/1.1 200") or length is None:
        raise ValueError(answer[:60])
    left = head + int(length[1]) - len(answer)
    while left:
        part = connection.recv(min(left, 1 << 18))
        if not part:
            raise ValueError("the connection broke")
        left -= len(part)
    return head + int(length[1])


def cost(running: Running, request: Callable[[int], object], times: int) -> float:
    """Return the server's processor time per request, in µs."""
    before = running.process.cpu_times()
    for n in range(times):
        request(n)
    after = running.process.cpu_times()
    return (after.user + after.system - before.user - before.system) / times * 1e6


def processes(running: Running) -> dict[int, tuple[float, float]]:
    """Cost of a request, and resident MiB, beside so many connections that are kept idle."""
    found: dict[int, tuple[float, float]] = {}
    kept: list[socket.socket] = []
    for number in (1, 10, 64, 250, 500, 1000):
        while len(kept) < number:
            kept.append(socket.create_connection(("127.0.0.1", running.port), timeout=30))
            ask(kept[-1], "/1k")
        last = kept[-4:]
        spent = cost(running, lambda n, last=last: ask(last[n % len(last)], "/1k"), REQUESTS)  # type: ignore[misc]
        found[number] = (spent, running.memory() / (1 << 20))
    for connection in kept:
        connection.close()
    return found


def sizes(running: Running, site: Site) -> dict[int, float]:
    """Cost of a request for a file of so many bytes on a kept connection."""
    found = {}
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
        for size in (1 << 10, 16 << 10, 256 << 10, 4 << 20):
            (site.root / "www" / f"s{size}").write_bytes(bytes(size))
            times = max(50, min(REQUESTS, (200 << 20) // size))
            path = f"/s{size}"
            found[size] = cost(running, lambda _, path=path: ask(connection, path), times)  # type: ignore[misc]
    return found


def headers(running: Running) -> dict[int, float]:
    """Cost of a request with so many bytes of header fields on a kept connection."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
        return {
            size: cost(running, lambda _, size=size: ask(connection, "/1k", filler=size), 500)  # type: ignore[misc]
            for size in (0, 970, 1940, 3880)
        }


def forks(scratch: Path) -> dict[int, float]:
    """Cost of a fork and the wait for it, by the KiB that the parent has written."""
    found = {}
    for pages in (1, 4, 16, 64, 256):
        program = scratch / f"fork{pages}.s"
        program.write_text(FORKER.format(pages=pages, forks=FORKS, size=pages * PAGE))
        few, many = (_spent(program, scratch, count) for count in (1, FORKS))
        found[pages * PAGE >> 10] = (many - few) / (FORKS - 1) * 1e6
    return found


def _spent(program: Path, scratch: Path, count: int) -> float:
    """Return the processor seconds of a run with so many forks."""
    text = program.read_text().replace(f"x19, #{FORKS}", f"x19, #{count}")
    copy = program.with_stem(f"{program.stem}-{count}")
    copy.write_text(text)
    command = [sys.executable, "-m", "emu.cli", "run", "--quiet", "--root", str(scratch), str(copy)]
    subprocess.run(command, cwd=ROOT, check=True)  # fills the cache
    before = os.times()
    subprocess.run(command, cwd=ROOT, check=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def _tuned(scratch: Path) -> Path:
    text = (ROOT / "ymawky.s").read_text()
    for name, value in TUNABLES.items():
        text = re.sub(rf"^(\.equ {name}), \S+", rf"\1, {value}", text, flags=re.MULTILINE)
    path = scratch / "ymawky.s"
    path.write_text(text)
    return path


def main() -> None:
    """Measure all curves, print them, and keep them as JSON."""
    raise_open_files()
    with tempfile.TemporaryDirectory() as name:
        site = Site(Path(name, "site"), Path(name))
        (site.root / "www").mkdir(parents=True)
        for file in ("1k", "1k.html"):
            (site.root / "www" / file).write_bytes(bytes(1 << 10))
        source = _tuned(site.scratch)
        ours = RIVALS[0]
        many = replace(
            ours,
            command=lambda s, p: [*ours.command(s, p), "--max-procs", "1200", str(source)],
        )
        with started(many, site) as running:
            found: dict[str, Mapping[int, object]] = {
                "file bytes: us": sizes(running, site),
                "header bytes: us": headers(running),
                "connections: us, resident MiB": processes(running),
            }
        found["written KiB: us per fork and wait"] = forks(site.scratch)
    for title, curve in found.items():
        print(title)
        for x, y in curve.items():
            values = y if isinstance(y, tuple) else (y,)
            print(f"  {x:9}", *(f"{value:9.1f}" for value in values))
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "curves.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
