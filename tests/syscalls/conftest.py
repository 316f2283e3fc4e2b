from collections.abc import Iterator
from pathlib import Path

import pytest

from emu.host import Host
from tests.callbench import CallBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CallBench]:
    made = CallBench(Host(tmp_path))
    yield made
    made.close()
