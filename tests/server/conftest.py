"""A server of the tests' own site, and rooms in it for tests that write."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.exchange import ask, request
from tests.server.site import HELLO, build, snapshot
from tests.server.subject import NATIVE, command, serving
from tests.server.tunables import tuned
from tests.serving import Served

_numbers = itertools.count()

#: Tunables of a server that waits a second at most, and of one with small limits.
HASTY = dict.fromkeys(
    (
        "HEADER_TIMEOUT",
        "RECV_TIMEOUT",
        "IDLE_TIMEOUT",
        "SEND_TIMEOUT",
        "PUT_GRACE",
        "DRAIN_TIMEOUT",
    ),
    1,
)
STRICT = {"MAX_BODY": 1000, "MAX_PROCS": 4, "MAX_REQUESTS": 3, "ALLOW_LISTING": 0}


def pytest_configure() -> None:
    """Refuse what cannot be tested before a thousand tests do."""
    if NATIVE is not None and not os.access(NATIVE, os.X_OK):
        raise pytest.UsageError(f"YMAWKY_NATIVE: {NATIVE} is no executable: build it with 'make'")


def pytest_report_header() -> str:
    """Say which server is tested."""
    words, _ = command(Path("ROOT"))
    return "server: " + shlex.join(words)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is about the emulator while the server runs without it."""
    for item in items if NATIVE is not None else ():
        mark = item.get_closest_marker("emulator")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"about the emulator: {mark.args[0]}"))


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guest's file system; ``www`` in it is the docroot."""
    root: Path = tmp_path_factory.mktemp("root")
    build(root)
    return root


@pytest.fixture(scope="session")
def server(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that most tests share."""
    with serving(root, tmp_path_factory.mktemp("words")) as served:
        yield served


@pytest.fixture
def room(root: Path) -> Iterator[Path]:
    """An empty directory in the docroot, for this test alone."""
    path = root / "www" / f"room{next(_numbers)}"
    path.mkdir()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def untouched(server: Served, root: Path) -> Iterator[None]:
    """After the test everything is as before, and the server still answers."""
    before = snapshot(root)
    yield
    assert snapshot(root) == before
    assert ask(server, request("GET", "/hello.txt")).body == HELLO


@pytest.fixture(scope="session")
def hasty(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the same site that waits a second at most, for anything."""
    scratch = tmp_path_factory.mktemp("hasty")
    source = tuned(scratch, **HASTY)
    with serving(root, scratch, source=source) as served:
        yield served


@pytest.fixture(scope="session")
def strict(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the same site with small limits and without listings."""
    scratch = tmp_path_factory.mktemp("strict")
    source = tuned(scratch, **STRICT)
    with serving(root, scratch, source=source) as served:
        yield served
