"""The set-up tells clearly what it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import PATIENCE, ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return what `make` needs to set up, without anything set up."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def _make(checkout: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=checkout,
        env=os.environ | {"MAKEFLAGS": ""} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_help_names_the_targets() -> None:
    said = _make(ROOT, "help").stdout
    targets = "serve test lint types conformance bench bench-quick clean"
    for target in targets.split():
        assert f"make {target} " in said


def test_a_python_that_is_too_old_is_refused(checkout: Path) -> None:
    old = checkout / "python-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = _make(checkout, "serve", f"PYTHON={old}")
    assert done.returncode != 0
    assert f"{old} is not a Python 3.11 or newer" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_refused(checkout: Path) -> None:
    broken = checkout / "broken" / "ensurepip"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError")
    done = _make(checkout, "serve", f"PYTHON={sys.executable}", PYTHONPATH=str(broken.parent))
    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()
