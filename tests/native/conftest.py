"""The server of these tests is the Mach-O that ``make`` builds, run in the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.macho.cross import cross_compile
from tests.server.conftest import room, root, untouched
from tests.server.tunables import tuned
from tests.serving import ROOT, Served, serving

__all__ = ["hasty", "room", "root", "server", "strict", "untouched"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Zig builds what it needs of its own the first time: leave it the time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def server(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that most tests share."""
    scratch = tmp_path_factory.mktemp("native")
    program = cross_compile(ROOT / "ymawky.s", scratch / "ymawky")
    with serving(root, scratch, "--quiet", program=program) as served:
        yield served


@pytest.fixture(scope="session")
def hasty(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the same site that waits a second at most, for anything."""
    scratch = tmp_path_factory.mktemp("hasty")
    source = tuned(
        scratch,
        HEADER_TIMEOUT=1,
        RECV_TIMEOUT=1,
        IDLE_TIMEOUT=1,
        SEND_TIMEOUT=1,
        PUT_GRACE=1,
        DRAIN_TIMEOUT=1,
    )
    program = cross_compile(source, scratch / "ymawky")
    with serving(root, scratch, "--quiet", program=program) as served:
        yield served


@pytest.fixture(scope="session")
def strict(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the same site with small limits and without listings."""
    scratch = tmp_path_factory.mktemp("strict")
    source = tuned(scratch, MAX_BODY=1000, MAX_PROCS=4, MAX_REQUESTS=3, ALLOW_LISTING=0)
    program = cross_compile(source, scratch / "ymawky")
    with serving(root, scratch, "--quiet", program=program) as served:
        yield served
