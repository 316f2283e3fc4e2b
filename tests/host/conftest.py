"""A root with a secret beside it, and both ways of stepping through directories."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emu.darwin.errno import NAMES
from emu.host import Handle, Host, darwin_errno
from emu.host.filesystem import FileSystem
from emu.host.pathtree import PathTree, make_tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    (made / "www" / "sub").mkdir(parents=True)
    (made / "www" / "index.html").write_bytes(b"hello")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"secret")
    return made


@pytest.fixture(params=["descriptors", "paths"])
def files(root: Path, request: pytest.FixtureRequest) -> Iterator[FileSystem]:
    tree = PathTree(root) if request.param == "paths" else make_tree(root)
    made = FileSystem(root, os.urandom, tree=tree)
    yield made
    made.close()


@pytest.fixture
def host(root: Path) -> Iterator[Host]:
    made = Host(root)
    yield made
    made.close()


def outcome(function: Callable[..., object], *arguments: object, **options: object) -> str:
    """Return the name of the errno that a call fails with, ``ok`` where it does not."""
    try:
        result = function(*arguments, **options)
    except OSError as exc:
        return NAMES[darwin_errno(exc)]
    if isinstance(result, Handle):
        result.close()
    return "ok"


def content(handle: Handle) -> bytes:
    """Read to the end and close."""
    parts = []
    buffer = memoryview(bytearray(4096))
    while count := handle.read_into(buffer):
        parts.append(bytes(buffer[:count]))
    handle.close()
    return b"".join(parts)


def open_descriptors() -> int:
    """Return how many descriptors this process has."""
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - a Path would open one more
