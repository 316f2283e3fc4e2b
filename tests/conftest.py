"""What every test may use."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.serving import ROOT, Served, serving

# Shared machines are slow at times: an example has no deadline of its own, a test has one.  The
# examples are the same in every run: a run that fails can be repeated, and one that does not has
# not been lucky.  --hypothesis-profile=explore looks for new ones.
settings.register_profile(
    "explore", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ymawky", settings.get_profile("explore"), derandomize=True)
settings.load_profile("ymawky")


@pytest.fixture(scope="session")
def sample_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server with a copy of the sample site; for tests that leave the site as it is."""
    root: Path = tmp_path_factory.mktemp("sample")
    for name in ("www", "err"):
        shutil.copytree(ROOT / name, root / name)
    with serving(root, tmp_path_factory.mktemp("words")) as served:
        yield served
