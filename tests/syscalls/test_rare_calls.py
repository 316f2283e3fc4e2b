"""Files of calls that are imported at the first use hold what the list says, and no more."""

import subprocess
import sys

import pytest

from emu.syscalls.rare import MODULES
from emu.syscalls.table import TABLE
from tests.serving import ROOT


@pytest.mark.parametrize("module", MODULES)
def test_the_list_is_right(module: str) -> None:
    rows = {number: TABLE[number].handler.__module__ for number in TABLE}
    found = {number for number, where in rows.items() if where == f"emu.syscalls.{module}"}
    assert found == set(MODULES[module])


def test_they_are_imported_when_they_are_called() -> None:
    code = (
        "import sys, emu.system\n"
        "from emu.syscalls.table import REPLACING, TABLE\n"
        "assert 'emu.syscalls.kevent' not in sys.modules\n"
        "row = TABLE[362]\n"
        "assert (row.name, row.kinds, row.note) == ('kqueue', (), '')\n"
        "assert 'emu.syscalls.kevent' in sys.modules\n"
        "assert TABLE[362].invoke is not None and TABLE[362] is not row\n"
        "known = set(REPLACING)\n"
        "names = [TABLE[number].name for number in list(TABLE)]\n"
        "assert REPLACING == known\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=50)
    assert done.returncode == 0
