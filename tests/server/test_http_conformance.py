"""``docs/conformance.md`` names tests: each exists, and no row goes without."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.serving import ROOT

PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")


def _rows(columns: int) -> list[list[str]]:
    """Return the cells of all rows of tables with so many columns, their heads aside."""
    lines = [line.strip("|").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line] for line in lines]
    return [r for r in rows if len(r) == columns and r[0] not in {"requirement", "---"}]


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_bytes())
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


@pytest.fixture(scope="module")
def tests() -> set[str]:
    return set().union(*map(_functions, Path(__file__).parent.glob("test_*.py")))


def test_every_named_test_exists(tests: set[str]) -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 50
    assert named <= tests


def test_every_row_has_a_test() -> None:
    rows = _rows(3)
    assert len(rows) > 80
    assert [row for row in rows if "`test_" not in row[2]] == []


def test_what_is_not_met_is_said_in_words() -> None:
    rows = _rows(2)
    assert len(rows) > 3
    assert all(len(row[1].split()) > 5 for row in rows)


def test_every_row_names_a_section_of_its_rfc() -> None:
    assert [row[0] for row in _rows(3) if not re.match(r"\d", row[0])] == []
