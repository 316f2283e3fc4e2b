from __future__ import annotations

import pytest

from tests.asm.zig import Zig


@pytest.fixture(scope="session")
def zig(tmp_path_factory: pytest.TempPathFactory) -> Zig:
    return Zig(tmp_path_factory.mktemp("zig"))
