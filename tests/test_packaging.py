"""What a wheel carries, and that it runs without the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from emu import asm
from emu.asm import imagefile
from tests.serving import PATIENCE, ROOT, serving

pytest.importorskip("hatchling", reason="wheels are built with hatchling")
pytestmark = pytest.mark.skipif(not asm.available(), reason="no assembler on this machine")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel of this checkout, unpacked."""
    made: Path = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE)
    (path,) = made.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(made / "unpacked")
    return made / "unpacked"


def test_a_wheel_carries_the_server_and_its_site(wheel: Path) -> None:
    data = wheel / "emu" / "data"
    assert (data / "ymawky.s").read_bytes() == (ROOT / "ymawky.s").read_bytes()
    image = imagefile.load((data / "ymawky.img").read_bytes())
    assert set(image.sources) == {"ymawky.s"}
    assert {entry.where.path for entry in image.lines.entries} == {"ymawky.s"}
    for top in ("www", "err"):
        carried = {p.relative_to(data): p.read_bytes() for p in (data / top).rglob("*.*")}
        ours = {p.relative_to(ROOT): p.read_bytes() for p in (ROOT / top).rglob("*.*")}
        assert carried == ours


def test_a_wheel_serves_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    with serving(None, tmp_path, package=wheel) as served:
        answer = httpx.get(served.url, timeout=PATIENCE)
        assert answer.content == (ROOT / "www" / "index.html").read_bytes()
        assert str(wheel) in served.words.read_text()
