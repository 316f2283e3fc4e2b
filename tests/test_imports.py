"""The arrows between the modules point one way, as docs/architecture.md draws them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: The layers, the lowest first.  A module may import from its own layer and from those below.
#: The longest name that fits decides, so a package and its parts may stand in several rows.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("emu.console", "emu.errors", "emu.record"),
    ("emu.darwin", "emu.files", "emu.image", "emu.resources"),
    ("emu.asm", "emu.engine", "emu.host"),
    ("emu.brake", "emu.exception_level", "emu.machine", "emu.monitor"),
    ("emu.interpreter", "emu.macho", "emu.memory"),
    ("emu.libsystem", "emu.loader", "emu.mmu", "emu.kernel", "emu.slices"),
    ("emu.syscalls",),
    ("emu.gate", "emu.observer"),
    ("emu.signalling", "emu.system"),
    ("emu.cause", "emu.describe", "emu.features", "emu.idioms"),
    ("emu.hints", "emu.launch", "emu.report", "emu.stats", "emu.strace", "emu.workers"),
    ("emu.run",),
    ("emu.arguments", "emu.cli"),
    ("debugger",),  # the headless engine, session on top
    ("debugger.commands", "debugger.script"),
    ("debugger.batch", "debugger.gdb", "debugger.plain", "debugger.tui"),
    ("debugger.cli",),
)

#: A module of the outside, and the only ones that may import it.
KEEPERS = {
    "keystone": {"emu.asm.encode"},
    "unicorn": {"emu.engine"},
    # The debugger plays the client of its own guest, and is a server to gdb.
    "socket": {"emu.host", "debugger.client", "debugger.gdb"},
    "selectors": {"emu.host", "debugger.gdb"},
}


def _sources() -> list[Path]:
    return sorted(p for top in ("emu", "debugger") for p in (ROOT / top).rglob("*.py"))


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of all that ``path`` imports, inside functions too."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith((package + ".", package + "_"))


def _layer(name: str) -> int | None:
    """Return the number of the layer of ``name``, or None when no row names it."""
    if name in {"emu", "debugger"}:
        return 0
    fits = [(len(p), i) for i, row in enumerate(LAYERS) for p in row if _within(name, p)]
    return max(fits)[1] if fits else None


MODULES = [pytest.param(path, id=_module(path)) for path in _sources()]


@pytest.mark.parametrize("path", MODULES)
def test_no_import_points_up(path: Path) -> None:
    own = _layer(_module(path))
    assert own is not None, f"{_module(path)} stands in no row of LAYERS: give it one"
    up = [
        f"{path.relative_to(ROOT)}:{line}: imports {name} of a higher layer"
        for line, name in _imports(path)
        if name.partition(".")[0] in {"emu", "debugger"} and (_layer(name) or 0) > own
    ]
    assert not up, "\n".join(up)


@pytest.mark.parametrize("path", MODULES)
def test_the_outside_has_one_door(path: Path) -> None:
    own = _module(path)
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}, which is for {sorted(keepers)}"
        for line, name in _imports(path)
        for outside, keepers in KEEPERS.items()
        if _within(name, outside) and not any(_within(own, k) for k in keepers)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_emulator_does_not_know_the_debugger() -> None:
    knows = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in _sources()
        if _module(path).startswith("emu")
        for line, name in _imports(path)
        if _within(name, "debugger")
    ]
    assert not knows
