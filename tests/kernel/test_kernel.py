"""Processes, signals, descriptors and the scheduler, as the plain data that they are."""

import pytest

from emu.darwin import flags as f
from emu.darwin.errno import EAGAIN, EBADF, EMFILE, ESRCH, Errno
from emu.kernel.files import FdTable, OpenFile
from emu.kernel.kernel import LAUNCHD, Kernel
from emu.kernel.process import Limits, Park, Process, State, Timer
from emu.kernel.scheduler import Scheduler
from emu.kernel.signals import Action, SigInfo, SignalState, bit
from emu.memory import AddressSpace


class Handle:
    """Counts how often it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def process(pid: int = 100, ppid: int = LAUNCHD) -> Process:
    return Process(pid, ppid, "t", AddressSpace(), pid, pid)


def kernel_with_parent(limit: int = 50) -> tuple[Kernel, Process]:
    kernel = Kernel(Limits(processes=limit))
    parent = process()
    kernel.add(parent)
    return kernel, parent


def test_a_file_closes_with_its_last_descriptor() -> None:
    table, handle = FdTable(), Handle()
    fd = table.add(OpenFile(handle, "vnode", 0))
    child = table.fork()
    table.close(fd)
    assert handle.closed == 0
    child.close_all()
    assert handle.closed == 1


def test_the_lowest_descriptor_is_taken_and_the_limit_is_emfile() -> None:
    table = FdTable(limit=3)
    for expected in range(3):
        assert table.add(OpenFile(Handle(), "vnode", 0)) == expected
    with pytest.raises(Errno) as failed:
        table.add(OpenFile(Handle(), "vnode", 0))
    assert failed.value.number == EMFILE
    table.close(1)
    assert table.add(OpenFile(Handle(), "vnode", 0)) == 1
    with pytest.raises(Errno) as failed:
        table.close(7)
    assert failed.value.number == EBADF


def test_putting_a_file_where_one_is_closes_that_one() -> None:
    table, first = FdTable(), Handle()
    table.put(5, OpenFile(first, "vnode", 0))
    table.put(5, OpenFile(Handle(), "vnode", 0))
    assert first.closed == 1


def test_fork_inherits_handlers_and_mask_but_nothing_pending_and_no_timer() -> None:
    kernel, parent = kernel_with_parent()
    parent.signals.actions[f.SIGUSR1] = Action(handler=0x1000)
    parent.signals.mask = bit(f.SIGUSR2)
    parent.signals.post(SigInfo(f.SIGUSR2))
    parent.timer = Timer(deadline=5)
    child = kernel.fork(parent)
    assert child.signals.action(f.SIGUSR1).handler == 0x1000
    assert child.signals.mask == bit(f.SIGUSR2)
    assert child.signals.pending == 0
    assert child.timer.deadline == 0


def test_too_many_processes_is_eagain_until_one_is_reaped() -> None:
    kernel, parent = kernel_with_parent(limit=3)
    children = [kernel.fork(parent) for _ in range(2)]
    with pytest.raises(Errno) as failed:
        kernel.fork(parent)
    assert failed.value.number == EAGAIN
    kernel.exit(children[0], 0)
    with pytest.raises(Errno):
        kernel.fork(parent)  # a zombie still counts
    kernel.reap(parent, children[0])
    assert kernel.fork(parent).pid not in {100, children[1].pid}


def test_pids_are_not_used_twice_while_their_owner_lives() -> None:
    kernel, parent = kernel_with_parent()
    kernel._last_pid = 99998
    pids = {kernel.fork(parent).pid for _ in range(5)}
    assert len(pids) == 5
    assert 100 not in pids


@pytest.mark.parametrize(
    ("action", "stays"),
    [
        (Action(), True),
        (Action(handler=0x1000), True),
        (Action(handler=f.SIG_IGN), False),
        (Action(flags=f.SA_NOCLDWAIT), False),
    ],
)
def test_an_ended_child_stays_a_zombie_unless_the_parent_said_otherwise(
    action: Action,
    *,
    stays: bool,
) -> None:
    kernel, parent = kernel_with_parent()
    parent.signals.actions[f.SIGCHLD] = action
    child = kernel.fork(parent)
    kernel.exit(child, 7 << 8)
    assert (child.pid in kernel.processes) is stays
    assert bool(parent.signals.pending & bit(f.SIGCHLD)) is (action.handler == 0x1000)


def test_orphans_go_to_launchd_which_reaps_them() -> None:
    kernel, parent = kernel_with_parent()
    living, dead = kernel.fork(parent), kernel.fork(parent)
    kernel.exit(dead, 0)
    kernel.exit(parent, 0)
    assert living.ppid == LAUNCHD
    assert dead.pid not in kernel.processes
    kernel.exit(living, 0)
    assert not kernel.processes


def test_kill_finds_one_a_group_or_everyone_else() -> None:
    kernel, parent = kernel_with_parent()
    child = kernel.fork(parent)
    assert kernel.targets(parent, child.pid) == [child]
    assert set(map(id, kernel.targets(parent, 0))) == {id(parent), id(child)}
    assert kernel.targets(parent, -1) == [child] or parent.pgid == child.pgid
    with pytest.raises(Errno) as failed:
        kernel.targets(parent, 4711)
    assert failed.value.number == ESRCH


def test_a_blocked_signal_waits_and_sigkill_does_not() -> None:
    signals = SignalState(mask=0xFFFFFFFF)
    assert not signals.post(SigInfo(f.SIGUSR1))
    assert signals.next() == 0
    signals.post(SigInfo(f.SIGKILL))
    assert signals.next() == f.SIGKILL


def test_an_ignored_signal_is_not_even_pending() -> None:
    signals = SignalState()
    assert not signals.post(SigInfo(f.SIGCHLD))
    signals.actions[f.SIGPIPE] = Action(handler=f.SIG_IGN)
    assert not signals.post(SigInfo(f.SIGPIPE))
    assert signals.pending == 0


def test_the_scheduler_wakes_by_channel_deadline_and_signal() -> None:
    scheduler = Scheduler()
    a, b = process(1), process(2)
    scheduler.park(a, Park(channels=("door",), deadline=50))
    scheduler.park(b, Park(deadline=20))
    assert scheduler.next() is None
    assert scheduler.next_deadline() == 20
    assert scheduler.expire(19) == []
    scheduler.expire(20)
    assert scheduler.next() is b
    scheduler.wakeup("door")
    assert scheduler.next() is a
    assert scheduler.next_deadline() is None, "a's deadline went with its wait"


def test_who_has_waited_has_a_turn_beside_one_that_is_always_first() -> None:
    scheduler, server, child = Scheduler(), process(100), process(101)
    scheduler.ready(server, first=True)
    scheduler.park(child, Park(deadline=20))
    scheduler.expire(20)
    ran = []
    for _ in range(4):
        ran.append(chosen := scheduler.next())
        if chosen is server:
            scheduler.ready(server, first=True)
    assert child in ran[:2]
    assert ran.count(server) == 3


def test_who_used_up_a_slice_has_a_turn_beside_one_that_is_always_first() -> None:
    scheduler, server, child = Scheduler(), process(100), process(101)
    scheduler.ready(server, first=True)
    scheduler.ready(child)
    ran = []
    for _ in range(4):
        ran.append(chosen := scheduler.next())
        if chosen is server:
            scheduler.ready(server, first=True)
    assert child in ran[:2]
    assert ran.count(server) == 3


def test_one_that_always_waits_again_does_not_keep_another_from_the_cpu() -> None:
    scheduler, busy, waiting = Scheduler(), process(100), process(101)
    scheduler.ready(busy)
    for _ in range(4):
        scheduler.park(waiting, Park(channels=("door",)))
        scheduler.wakeup("door")
        if scheduler.next() is busy:
            return
    pytest.fail("the busy process never ran")


def test_stale_timers_do_not_pile_up() -> None:
    scheduler, p = Scheduler(), process()
    for n in range(1, 20000):
        p.timer = Timer(deadline=n)
        scheduler.arm(p)
    assert len(scheduler._timers) < 2000


def test_an_interval_timer_skips_what_it_missed() -> None:
    timer = Timer(deadline=100, interval=30)
    timer.advance(175)
    assert timer.deadline == 190
    once = Timer(deadline=100)
    once.advance(175)
    assert once.deadline == 0


def test_a_stopped_process_runs_again_with_sigcont_only() -> None:
    kernel, parent = kernel_with_parent()
    parent.state = State.STOPPED
    kernel.post(parent, SigInfo(f.SIGUSR1))
    assert kernel.scheduler.next() is None
    kernel.post(parent, SigInfo(f.SIGCONT))
    assert kernel.scheduler.next() is parent
