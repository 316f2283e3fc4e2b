"""``python -m tests.budget``: count what requests cost now, and make that the budget."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.budget.counting import WORKS, cost_of, make_site
from tests.budget.test_budget import BUDGET


def main() -> None:
    """Write the budget."""
    with tempfile.TemporaryDirectory() as scratch:
        make_site(Path(scratch))
        costs = {name: asdict(cost_of(work, Path(scratch))) for name, work in WORKS.items()}
    rounded = {work: {k: round(v, 2) for k, v in cost.items()} for work, cost in costs.items()}
    BUDGET.write_text(json.dumps(rounded, indent=2) + "\n")
    print(BUDGET.read_text(), end="")  # noqa: T201 - a command prints


if __name__ == "__main__":
    main()
