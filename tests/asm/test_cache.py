"""The cache: right when inputs change, whole when damaged, shared between processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emu.asm import build, cache, cached
from emu.errors import AssemblyError
from emu.image import Image
from tests.serving import PATIENCE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "cache"
    monkeypatch.setattr(cache, "directory", lambda: directory)
    return directory


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.s"
    path.write_text(
        '.globl _main\n_main: mov x0, #1\nret\n.include "b.s"\n.incbin "c.bin"\n', encoding="utf-8"
    )
    (tmp_path / "b.s").write_text("nop\n", encoding="utf-8")
    (tmp_path / "c.bin").write_bytes(b"1234")
    return path


@pytest.fixture
def assemblies(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often something is really assembled."""
    count: list[int] = []
    real = build.assemble_traced

    def counting(*args: object) -> object:
        count.append(1)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "assemble_traced", counting)
    return count


def text(image: Image) -> bytes:
    section = image.section("__TEXT", "__text")
    assert section is not None
    return section.data


@pytest.mark.usefixtures("where")
def test_the_second_time_nothing_is_assembled(source: Path, assemblies: list[int]) -> None:
    first, second = cached([source]), cached([source])
    assert len(assemblies) == 1
    assert text(first) == text(second)
    assert second.symbols == first.symbols
    assert second.lines.entries == first.lines.entries


@pytest.mark.usefixtures("where")
@pytest.mark.parametrize("name", ["a.s", "b.s", "c.bin"])
def test_a_change_of_any_file_that_was_read_counts(
    source: Path, assemblies: list[int], name: str
) -> None:
    before = text(cached([source]))
    changed = source.parent / name
    changed.write_bytes(changed.read_bytes() + b"\nnop\n\n\n\n")
    assert text(cached([source])) != before
    assert len(assemblies) == 2


@pytest.mark.usefixtures("where")
def test_a_file_that_now_comes_first_counts(tmp_path: Path, assemblies: list[int]) -> None:
    source = tmp_path / "a.s"
    source.write_text('.globl _main\n_main:\n.include "inc.s"\n', encoding="utf-8")
    for name, line in (("one", ""), ("two", "nop\n")):
        (tmp_path / name).mkdir()
        if line:
            (tmp_path / name / "inc.s").write_text(line, encoding="utf-8")
    dirs = [tmp_path / "one", tmp_path / "two"]
    before = text(cached([source], include_dirs=dirs))
    assert text(cached([source], include_dirs=dirs)) == before
    (tmp_path / "one" / "inc.s").write_text("ret\n", encoding="utf-8")
    assert text(cached([source], include_dirs=dirs)) != before
    assert len(assemblies) == 2


@pytest.mark.usefixtures("where")
def test_options_count(tmp_path: Path, assemblies: list[int]) -> None:
    source = tmp_path / "a.s"
    source.write_text("_main: mov x0, #N\nother: ret\n", encoding="utf-8")
    one, two = cached([source], defines={"N": 1}), cached([source], defines={"N": 2})
    assert text(one) != text(two)
    assert cached([source], defines={"N": 1}, entry="other").entry == one.entry + 4
    assert len(assemblies) == 3


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_entry_is_made_anew(
    where: Path, source: Path, assemblies: list[int], damage: bytes | None
) -> None:
    good = text(cached([source]))
    for path in list(where.iterdir()):
        old = path.read_bytes()
        half = old[: len(old) // 2] + b"?" + old[len(old) // 2 + 1 :]
        path.write_bytes(half if damage is None else damage)
        assert text(cached([source])) == good
        assert text(cached([source])) == good
    assert len(assemblies) == 2


def test_an_unwritable_place_is_no_error(where: Path, source: Path, assemblies: list[int]) -> None:
    where.write_text("a file, not a directory", encoding="utf-8")
    assert text(cached([source])) == text(cached([source]))
    assert len(assemblies) == 2


def test_no_home_is_no_error(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(cache, "directory", homeless)
    assert text(cached([source]))


@pytest.mark.usefixtures("where")
def test_errors_are_not_cached(source: Path) -> None:
    source.write_text("frob\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(AssemblyError, match="frob"):
            cached([source])


def test_the_place_is_the_platforms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.directory() == tmp_path / "ymawky"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache.directory() == tmp_path / ".cache" / "ymawky"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.directory() == tmp_path / "Library" / "Caches" / "ymawky"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache.directory() == tmp_path / "local" / "ymawky" / "Cache"


_RACER = """
import sys
from pathlib import Path
from emu.asm import cache, cached
place, source = map(Path, sys.argv[1:])
cache.directory = lambda: place
sys.stdin.readline()
for _ in range(20):
    image = cached([source])
    for path in place.glob("*.image"):
        path.unlink(missing_ok=True)
print(image.section("__TEXT", "__text").data.hex())
"""


def test_two_processes_may_fill_it_at_once(tmp_path: Path, source: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, str(tmp_path / "shared"), str(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    results = [racer.communicate("go\n", timeout=PATIENCE)[0] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert results[0] == results[1] != ""


_LOADER = """
import sys
from pathlib import Path
from emu.asm import cache, cached
cache.directory = lambda: Path(sys.argv[1])
cached([Path("ymawky.s")])
print(*sorted({"keystone", "emu.asm.build", "emu.asm.parser"} & set(sys.modules)))
"""


def test_a_hit_imports_no_assembler(tmp_path: Path) -> None:
    def modules() -> str:
        command = [sys.executable, "-c", _LOADER, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        return done.stdout.strip()

    assert modules() == "emu.asm.build emu.asm.parser keystone"
    assert modules() == ""
