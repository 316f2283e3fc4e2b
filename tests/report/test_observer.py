"""What observers are told, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emu.observer import Observer, Observers
from tests.guest import prepare_guest
from tests.hourglass import Hourglass
from tests.strace.test_lines import TURNS

FORKS = """
_main:  sys 2
        cbnz x1, child
        mov x0, #-1
        mov x1, #0
        mov x2, #0
        mov x3, #0
        sys 7
        mov x0, #99
        sys 6
        mov x16, #-1
        svc #0x80
        sys 161
        exit 0
child:  mov x1, #0
        ldr x0, [x1]
"""


class Recorder(Observer):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def entering(self, process: Any, number: int, row: Any, arguments: Any) -> None:
        del row, arguments
        self.events.append(f"{process.pid} entering {number}")

    def returned(
        self, process: Any, number: int, row: Any, arguments: Any, result: Any, error: int
    ) -> None:
        del row, arguments
        self.events.append(f"{process.pid} returned {number} {result} {error}")

    def parked(self, process: Any, wait: Any) -> None:
        assert wait is process.wait
        self.events.append(f"{process.pid} parked")

    def resumed(self, process: Any, wait: Any) -> None:
        assert wait is process.wait
        self.events.append(f"{process.pid} resumed")

    def odd_number(self, process: Any, arguments: Any) -> None:
        self.events.append(f"{process.pid} odd {arguments[8] - (1 << 64)}")

    def unimplemented(self, process: Any, number: int) -> None:
        assert process.registers
        self.events.append(f"{process.pid} unimplemented {number}")

    def failed(self, process: Any, number: int, arguments: Any, error: int) -> None:
        del arguments
        self.events.append(f"{process.pid} failed {number} {error}")

    def faulted(self, process: Any, info: Any) -> None:
        self.events.append(f"{process.pid} faulted {info.signal}")

    def delivered(self, process: Any, info: Any, effect: str) -> None:
        self.events.append(f"{process.pid} delivered {info.signal} {effect}")

    def crashed(self, process: Any, info: Any) -> None:
        assert process.space.peek(int.from_bytes(process.registers[256:264], "little"), 4)
        self.events.append(f"{process.pid} crashed {info.signal}")

    def forked(self, parent: Any, child: Any) -> None:
        self.events.append(f"{parent.pid} forked {child.pid}")

    def ended(self, process: Any) -> None:
        assert process.space.layout.regions
        self.events.append(f"{process.pid} ended {process.status}")


def _watch(root: Path, text: str, *observers: Observer) -> None:
    system, process, _ = prepare_guest(root, text)
    for observer in observers:
        system.observe(observer)
    Hourglass(system)  # the order is always the same
    try:
        system.run(process)
    finally:
        system.host.close()


def test_forks_faults_failures_and_ends(tmp_path: Path) -> None:
    recorder = Recorder()
    _watch(tmp_path, FORKS, recorder)
    assert recorder.events == [
        "100 entering 2",
        "100 forked 101",
        "100 returned 2 (101, 0) 0",
        "101 faulted 11",
        "101 delivered 11 core",
        "101 crashed 11",
        "101 ended 11",
        "100 entering 7",
        "100 returned 7 101 0",
        "100 entering 6",
        "100 failed 6 9",
        "100 returned 6 None 9",
        "100 odd -1",
        "100 entering -1",
        "100 unimplemented -1",
        "100 returned -1 None 78",
        *recorder.events[16:],
    ]
    assert recorder.events[-1] in {"100 ended 0", "100 ended 12"}


def test_a_parked_call_is_entered_again(tmp_path: Path) -> None:
    recorder = Recorder()
    _watch(tmp_path, TURNS, recorder)
    mine = [e for e in recorder.events if e.startswith("100 ")]
    at = mine.index("100 parked")
    assert mine[at - 1 : at + 4] == [
        "100 entering 3",
        "100 parked",
        "100 resumed",
        "100 entering 3",
        "100 returned 3 2 0",
    ]


def test_several_observers_hear_the_same(tmp_path: Path) -> None:
    first, second = Recorder(), Recorder()
    _watch(tmp_path, FORKS, first, Observer(), second)
    assert first.events == second.events != []


def test_only_who_follows_calls_is_called_for_each(tmp_path: Path) -> None:
    system, _, _ = prepare_guest(tmp_path, "_main: ret")
    assert system.follower is None
    system.observe(Observer())
    assert system.follower is None
    recorder = Recorder()
    system.observe(recorder)
    assert system.follower is recorder
    system.host.close()


@pytest.mark.parametrize("name", [n for n in vars(Observer) if not n.startswith("_")])
def test_nothing_is_lost_on_the_way_to_several(name: str) -> None:
    assert name == "follows_calls" or name in vars(Observers)
