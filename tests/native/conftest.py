"""The server of these tests is the Mach-O that ``make`` builds where there is no Mac.

It runs in the emulator, as with ``YMAWKY_NATIVE`` (:mod:`tests.server.subject`); on a Mac with
Apple silicon it runs by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.macho.cross import cross_compile
from tests.server import subject
from tests.server.conftest import HASTY, STRICT, room, root, untouched
from tests.server.tunables import tuned
from tests.serving import ROOT, Served

__all__ = ["hasty", "program", "room", "root", "server", "strict", "untouched"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Zig builds what it needs of its own the first time: leave it the time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The executable."""
    return cross_compile(ROOT / "ymawky.s", tmp_path_factory.mktemp("native") / "ymawky")


@pytest.fixture(scope="module", autouse=True)
def native(program: Path) -> Iterator[None]:
    """Servers that tests start themselves are the executable too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "NATIVE", program)
        yield


@pytest.fixture(scope="session")
def server(root: Path, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that most tests share."""
    with subject.serving(root, tmp_path_factory.mktemp("words"), native=program) as served:
        yield served


@pytest.fixture(scope="session")
def hasty(root: Path, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the same site that waits a second at most, for anything."""
    scratch = tmp_path_factory.mktemp("hasty")
    source = tuned(scratch, **HASTY)
    with subject.serving(root, scratch, source=source, native=program) as served:
        yield served


@pytest.fixture(scope="session")
def strict(root: Path, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the same site with small limits and without listings."""
    scratch = tmp_path_factory.mktemp("strict")
    source = tuned(scratch, **STRICT)
    with subject.serving(root, scratch, source=source, native=program) as served:
        yield served
