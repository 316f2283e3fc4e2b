from __future__ import annotations

import pytest

from emu.asm import available
from tests.asm.zig import Zig


@pytest.fixture(autouse=True)
def _keystone() -> None:
    if not available():
        pytest.skip("assembling takes Keystone, which has no wheel for this machine")


@pytest.fixture(scope="session")
def zig(tmp_path_factory: pytest.TempPathFactory) -> Zig:
    pytest.importorskip("ziglang")
    return Zig(tmp_path_factory.mktemp("zig"))
