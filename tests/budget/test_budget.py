"""A request costs no more than its budget: a change that makes the server slower is seen here.

Counted, not timed.  ``python -m tests.budget`` writes the budget again; do that when a request
has become cheaper, or when it has to cost more and the commit says why.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.budget.counting import WORKS, Cost, cost_of, make_site

BUDGET = Path(__file__).with_name("budget.json")


@pytest.mark.parametrize("name", WORKS)
def test_a_request_costs_no_more_than_its_budget(name: str, tmp_path: Path) -> None:
    make_site(tmp_path)
    budget = Cost(**json.loads(BUDGET.read_text())[name])
    over = cost_of(WORKS[name], tmp_path).over(budget)
    assert not over, f"{name}:\n" + "\n".join(over)


def test_a_request_costs_the_same_beside_idle_connections(tmp_path: Path) -> None:
    make_site(tmp_path)
    work = WORKS["1 KiB, a connection each"]
    alone, beside = cost_of(work, tmp_path), cost_of(work, tmp_path, idle=200)
    assert not beside.over(alone)
