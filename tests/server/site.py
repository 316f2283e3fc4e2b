"""The site that the tests ask for, and a way to see whether anything in it has changed."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import sys
from pathlib import Path

__all__ = ["BIG", "DIGITS", "HELLO", "MOMENT", "MOMENT_DATE", "build", "snapshot"]

#: RFC 9110's own example of a date.
MOMENT = 784111777
MOMENT_DATE = "Sun, 06 Nov 1994 08:49:37 GMT"

HELLO = b"hello, world\n"
DIGITS = b"0123456789" * 100
BIG = b"".join(i.to_bytes(4, "big") for i in range(300_000))

_FILES = {
    "index.html": b"<!DOCTYPE html><title>root</title>",
    "hello.txt": HELLO,
    "digits.bin": DIGITS,
    "big.bin": BIG,
    "empty.txt": b"",
    "a..b": b"two dots inside",
    "...": b"three dots",
    "with space.txt": b"space",
    "100%.txt": b"percent",
    "naïve.txt": b"accent",
    "directory/index.html": b"<!DOCTYPE html><title>directory</title>",
    "listed/one.txt": b"1",
    "listed/<b>&\"'.txt": b"markup",
    "listed/two words/x": b"x",
    "listed/.hidden": b"h",
    "listed/.ymawky_tmp_7": b"left over",
    ".ymawky_tmp_7": b"left over",
}


def build(root: Path) -> None:
    """Make ``root/www`` and ``root/err``, with things beside them that nobody may get."""
    www, err = root / "www", root / "err"
    for name, data in _FILES.items():
        path = www / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    err.mkdir()
    (err / "404.html").write_bytes(b"<!DOCTYPE html><title>our own 404</title>")
    (root / "secret.txt").write_bytes(b"not for you")
    (www / "link.txt").symlink_to("hello.txt")
    (www / "link").symlink_to("directory", target_is_directory=True)
    (www / "out").symlink_to(root, target_is_directory=True)
    if sys.platform != "win32":
        os.mkfifo(www / "fifo")
        with socket.socket(socket.AF_UNIX) as listener:
            before = Path.cwd()
            os.chdir(www)  # the name of a socket has about 100 bytes at most
            listener.bind("socket")
            os.chdir(before)
    for path in www.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (MOMENT, MOMENT))


def snapshot(root: Path) -> dict[str, str]:
    """Return what a person would notice of everything under ``root``: kind, content, time."""
    return {str(path.relative_to(root)): _seen(path) for path in sorted(root.rglob("*"))}


def _seen(path: Path) -> str:
    info = path.lstat()
    if stat.S_ISREG(info.st_mode):
        return f"{hashlib.sha256(path.read_bytes()).hexdigest()} {info.st_mtime_ns}"
    return stat.filemode(info.st_mode)
