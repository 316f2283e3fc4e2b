"""Event queues: what registers, what is reported and how often, and how they wait."""

import itertools
import socket as host_socket
import struct
import sys
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin.errno import EINVAL
from emu.darwin.structs import Kevent, Kevent64
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Park
from emu.kernel.signals import SigInfo
from tests.callbench import NOWHERE, READ_ONLY, CallBench
from tests.guest import run_guest
from tests.syscalls.test_socket_calls import listening, wait

ADD, CLEAR, ONESHOT = f.EV_ADD, f.EV_CLEAR, f.EV_ONESHOT
NOW = struct.pack("<2q", 0, 0)


class Queue:
    """A queue of the bench's process, spoken to in Python."""

    def __init__(self, bench: CallBench) -> None:
        self.bench = bench
        self.fd = bench.result("kqueue")
        self.now = bench.put(NOW)

    def change(
        self, ident: int, filter_: int, flags: int = ADD, fflags: int = 0, data: int = 0
    ) -> object:
        raw = Kevent(ident, filter_, flags, fflags, data, 0xCAFE).pack()
        return self.bench.call("kevent", self.fd, self.bench.put(raw), 1, 0, 0, 0)

    def events(self) -> list[tuple[int, int, int, int, int]]:
        """Return (ident, filter, flags, fflags, data) of what waits."""
        at = self.bench.buffer
        count = self.bench.result("kevent", self.fd, 0, 0, at, 8, self.now)
        raw = [Kevent.unpack(self.bench.get(at, 32 * count), 32 * n) for n in range(count)]
        assert all(e.udata == 0xCAFE for e in raw)
        return [(e.ident, e.filter, e.flags, e.fflags, e.data) for e in raw]

    def wait(self) -> Park:
        wait = self.bench.call("kevent", self.fd, 0, 0, self.bench.buffer, 8, 0)
        self.bench.process.memory.clear()
        assert isinstance(wait, Park)
        return wait


@pytest.fixture
def queue(bench: CallBench) -> Queue:
    return Queue(bench)


def pipe(bench: CallBench) -> tuple[int, int]:
    made = bench.call("pipe")
    assert isinstance(made, tuple)
    return made


def test_reading_is_reported_as_long_as_there_are_bytes(bench: CallBench, queue: Queue) -> None:
    r, w = pipe(bench)
    assert queue.change(r, f.EVFILT_READ) == 0
    assert queue.events() == []
    bench.call("write", w, bench.buffer, 3)
    assert queue.events() == [(r, f.EVFILT_READ, 0, 0, 3)]
    assert queue.events() == [(r, f.EVFILT_READ, 0, 0, 3)]
    bench.call("read", r, bench.buffer, 9)
    bench.call("close", w)
    assert queue.events() == [(r, f.EVFILT_READ, f.EV_EOF, 0, 0)]


def test_clear_reports_what_has_come_since(bench: CallBench, queue: Queue) -> None:
    r, w = pipe(bench)
    queue.change(r, f.EVFILT_READ, ADD | CLEAR)
    bench.call("write", w, bench.buffer, 3)
    assert queue.events() == [(r, f.EVFILT_READ, CLEAR, 0, 3)]
    assert queue.events() == []
    bench.call("read", r, bench.buffer, 1)
    assert queue.events() == []
    bench.call("write", w, bench.buffer, 1)
    assert queue.events() == [(r, f.EVFILT_READ, CLEAR, 0, 3)]
    bench.call("read", r, bench.buffer, 3)
    bench.call("write", w, bench.buffer, 3)
    assert queue.events() == [(r, f.EVFILT_READ, CLEAR, 0, 3)]


@pytest.mark.parametrize("flag", [0, CLEAR])
def test_a_listening_socket_is_readable_while_a_connection_waits(
    bench: CallBench, queue: Queue, flag: int
) -> None:
    listener, port = listening(bench)
    assert bench.call("ioctl", listener, f.FIONREAD, bench.buffer) == 0
    assert bench.get(bench.buffer, 4) == bytes(4)
    queue.change(listener, f.EVFILT_READ, ADD | flag)
    assert queue.events() == []
    for _ in range(3):
        with host_socket.create_connection(("127.0.0.1", port)):
            assert queue.events() == [(listener, f.EVFILT_READ, flag, 0, 1)]
            assert isinstance(wait(bench, "accept", listener, 0, 0), int)
    assert queue.events() == []


def test_oneshot_dispatch_disable_and_delete(bench: CallBench, queue: Queue) -> None:
    _, w = pipe(bench)
    write = f.EVFILT_WRITE
    queue.change(w, write, ADD | ONESHOT)
    assert len(queue.events()) == 1
    assert queue.events() == []
    assert queue.change(w, write, f.EV_DELETE) == "ENOENT"
    queue.change(w, write, ADD | f.EV_DISPATCH)
    assert len(queue.events()) == 1
    assert queue.events() == []
    queue.change(w, write, f.EV_ENABLE)
    assert len(queue.events()) == 1
    queue.change(w, write, ADD | f.EV_DISABLE)
    assert queue.events() == []
    assert queue.change(w, write, f.EV_DELETE) == 0
    assert queue.change(w, write, f.EV_ENABLE) == "ENOENT"


def test_closing_a_descriptor_ends_its_events(bench: CallBench, queue: Queue) -> None:
    _, w = pipe(bench)
    queue.change(w, f.EVFILT_WRITE)
    bench.call("close", w)
    assert queue.events() == []


def test_timers_count_how_often_they_ended(bench: CallBench, queue: Queue) -> None:
    queue.change(7, f.EVFILT_TIMER, ADD, f.NOTE_SECONDS, 100)
    wait = queue.wait()
    assert wait.deadline is not None
    assert 99e9 < wait.deadline - bench.host.monotonic_ns() <= 100e9
    queue.change(7, f.EVFILT_TIMER, f.EV_DELETE)
    queue.change(8, f.EVFILT_TIMER, ADD | ONESHOT, f.NOTE_NSECONDS, 1)
    assert queue.events() == [(8, f.EVFILT_TIMER, CLEAR | ONESHOT, 0, 1)]
    assert queue.events() == []
    queue.change(9, f.EVFILT_TIMER, ADD, f.NOTE_USECONDS, 1)
    ((ident, _, _, _, count),) = queue.events()
    assert (ident, count > 0) == (9, True)
    assert queue.change(7, f.EVFILT_TIMER, ADD, f.NOTE_SECONDS | f.NOTE_USECONDS, 1) == "EINVAL"


def test_processes_are_followed_to_their_end(bench: CallBench, queue: Queue) -> None:
    child = bench.kernel.fork(bench.process)
    bench.process.space.restore()
    notes = f.NOTE_EXIT | f.NOTE_FORK | f.NOTE_EXITSTATUS
    assert queue.change(child.pid, f.EVFILT_PROC, ADD, notes) == 0
    assert queue.change(4711, f.EVFILT_PROC, ADD, notes) == "ESRCH"
    assert queue.change(FIRST_PID, f.EVFILT_PROC, ADD, f.NOTE_EXITSTATUS) == "EACCES"
    grandchild = bench.kernel.fork(child)
    assert [e[3] for e in queue.events()] == [f.NOTE_FORK]
    bench.kernel.exit(child, 3 << 8)
    bench.kernel.exit(grandchild, 0)
    ((ident, _, flags, fflags, data),) = queue.events()
    assert (ident, fflags, data) == (child.pid, f.NOTE_EXIT | f.NOTE_EXITSTATUS, 3 << 8)
    assert flags & f.EV_EOF
    assert queue.change(child.pid, f.EVFILT_PROC, f.EV_DELETE) == "ENOENT"


def test_signals_are_counted_even_if_ignored(bench: CallBench, queue: Queue) -> None:
    queue.change(f.SIGCHLD, f.EVFILT_SIGNAL)
    wait = queue.wait()
    bench.kernel.scheduler.park(bench.process, wait)
    bench.kernel.post(bench.process, SigInfo(f.SIGCHLD))
    bench.kernel.post(bench.process, SigInfo(f.SIGCHLD))
    assert bench.kernel.scheduler.next() is bench.process
    assert queue.events() == [(f.SIGCHLD, f.EVFILT_SIGNAL, CLEAR, 0, 2)]
    assert queue.change(99, f.EVFILT_SIGNAL) == "EINVAL"


def test_users_trigger_their_own(queue: Queue) -> None:
    queue.change(1, f.EVFILT_USER, ADD | CLEAR, 0x5)
    assert queue.events() == []
    queue.change(1, f.EVFILT_USER, 0, f.NOTE_TRIGGER | 0x80000000 | 0x2)
    assert queue.events() == [(1, f.EVFILT_USER, CLEAR, 7, 0)]
    assert queue.events() == []


def test_errors_come_as_events_where_there_is_room(bench: CallBench, queue: Queue) -> None:
    changes = Kevent(99, f.EVFILT_READ, ADD, 0, 0, 1).pack()
    changes += Kevent(1, f.EVFILT_USER, ADD | f.EV_RECEIPT, 0, 0, 2).pack()
    at = bench.put(changes)
    assert bench.call("kevent", queue.fd, at, 2, bench.buffer, 4, 0) == 2
    first, second = (Kevent.unpack(bench.get(bench.buffer + 32 * n, 32)) for n in (0, 1))
    assert (first.flags, first.data, first.udata) == (ADD | f.EV_ERROR, 9, 1)
    assert (second.flags, second.data) == (ADD | f.EV_RECEIPT | f.EV_ERROR, 0)
    assert bench.call("kevent", queue.fd, at, 1, 0, 0, 0) == "EBADF"


@pytest.mark.parametrize("name", ["kevent", "kevent64"])
@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ((99, 0, 0, 0, 0), "EBADF"),
        (("fd", NOWHERE, 1, 0, 0), "EFAULT"),
        (("fd", 0, 0, NOWHERE, 1), "EFAULT"),
        (("fd", 0, 0, READ_ONLY, 1), "EFAULT"),
        (("fd", 0, 0, 0, 0), 0),
    ],
)
def test_bad_arguments(
    queue: Queue, name: str, arguments: tuple[int | str, ...], outcome: int | str
) -> None:
    real = [queue.fd if a == "fd" else a for a in arguments]
    assert queue.bench.call(name, *real, 0, 0) == outcome  # type: ignore[arg-type]
    rest = (NOWHERE,) if name == "kevent" else (0, NOWHERE)
    assert queue.bench.call(name, queue.fd, 0, 0, 0, 0, *rest) == "EFAULT"
    bad = queue.bench.put(struct.pack("<2q", 0, 10**9))
    assert queue.bench.call(name, queue.fd, 0, 0, 0, 0, *rest[:-1], bad) == "EINVAL"


def test_an_unknown_filter_is_einval(queue: Queue) -> None:
    assert queue.change(1, f.EVFILT_MACHPORT) == "EINVAL"
    assert queue.change(1, 5) == "EINVAL"


def test_kevent64_keeps_ext(bench: CallBench, queue: Queue) -> None:
    raw = Kevent64(1, f.EVFILT_USER, ADD, f.NOTE_TRIGGER, 0, 5, 6, 7).pack()
    assert bench.call("kevent64", queue.fd, bench.put(raw), 1, bench.buffer, 1, 0, 0) == 1
    event = Kevent64.unpack(bench.get(bench.buffer, 48))
    assert (event.udata, event.ext0, event.ext1) == (5, 6, 7)


def test_waiting_covers_descriptors_and_channels(bench: CallBench, queue: Queue) -> None:
    r, _ = pipe(bench)
    s = bench.result("socket", f.AF_INET, f.SOCK_DGRAM, 0)
    queue.change(r, f.EVFILT_READ)
    queue.change(s, f.EVFILT_READ)
    wait = queue.wait()
    files = bench.process.files
    assert wait.reads == (files.get(s).handle,)
    assert set(wait.channels) == {files.get(queue.fd).handle.channel, files.get(r).handle.channel}
    assert not wait.restarts


def test_children_do_not_inherit_the_queue(bench: CallBench, queue: Queue) -> None:
    other = bench.result("dup", queue.fd)
    r, _ = pipe(bench)
    child = bench.kernel.fork(bench.process)
    bench.process.space.restore()
    assert [fd for fd, _ in child.files] == [r, r + 1]
    assert other not in dict(child.files)
    assert bench.call("close", queue.fd) == 0


# ---- files ----

VNODE = f.EVFILT_VNODE
EVERY = f.NOTE_DELETE | f.NOTE_WRITE | f.NOTE_EXTEND | f.NOTE_ATTRIB | f.NOTE_LINK | f.NOTE_RENAME


@pytest.fixture
def watched(tmp_path: Path, bench: CallBench, queue: Queue) -> int:
    (tmp_path / "file").write_bytes(b"0123456789")
    fd = bench.result("open", bench.path("file"), f.O_RDWR, 0)
    assert queue.change(fd, VNODE, ADD | CLEAR, EVERY) == 0
    assert queue.events() == []
    return fd


@pytest.mark.parametrize(
    ("call", "notes"),
    [
        (("write", "fd", "buf", 30), f.NOTE_WRITE | f.NOTE_EXTEND),
        (("ftruncate", "fd", 5), f.NOTE_WRITE),
        (("fchmod", "fd", 0o400), f.NOTE_ATTRIB),
        (("link", "path", "new"), f.NOTE_LINK),
        (("unlink", "path"), f.NOTE_DELETE),
        (("rename", "path", "new"), f.NOTE_RENAME),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="an open file can be neither moved nor removed")
def test_a_file_that_changes_is_reported_once(
    bench: CallBench, queue: Queue, watched: int, call: tuple[str | int, ...], notes: int
) -> None:
    at = {"fd": watched, "buf": bench.buffer, "path": bench.path("file"), "new": bench.path("new")}
    name, *arguments = call
    bench.result(str(name), *[a if isinstance(a, int) else at[a] for a in arguments])
    assert queue.events() == [(watched, VNODE, CLEAR, notes, 0)]
    assert queue.events() == []


def test_reading_is_no_change(bench: CallBench, queue: Queue, watched: int) -> None:
    bench.result("read", watched, bench.buffer, 5)
    assert queue.events() == []


def test_only_what_was_asked_for_is_reported(bench: CallBench, queue: Queue, watched: int) -> None:
    queue.change(watched, VNODE, ADD | CLEAR, f.NOTE_EXTEND)
    bench.result("ftruncate", watched, 3)
    assert queue.events() == []
    queue.change(watched, VNODE, f.EV_DELETE)
    queue.change(watched, VNODE, ADD, f.NOTE_WRITE)
    bench.result("ftruncate", watched, 1)
    again = [queue.events(), queue.events()]
    assert [[e[3] for e in events] for events in again] == [[f.NOTE_WRITE]] * 2


def test_a_new_name_in_a_directory_is_a_write(
    bench: CallBench, queue: Queue, tmp_path: Path
) -> None:
    (tmp_path / "dir").mkdir()
    fd = bench.result("open", bench.path("dir"), 0, 0)
    queue.change(fd, VNODE, ADD | CLEAR, f.NOTE_WRITE | f.NOTE_LINK)
    bench.result("mkdir", bench.path("dir/inner"), 0o755)
    assert queue.events()[0][3] & f.NOTE_WRITE


def test_a_queue_that_watches_a_file_looks_again(queue: Queue, watched: int) -> None:
    del watched
    assert queue.wait().deadline is not None


def test_what_is_no_file_cannot_be_watched_as_one(bench: CallBench, queue: Queue) -> None:
    r, _ = pipe(bench)
    assert queue.change(r, VNODE, ADD, EVERY) == "EINVAL"
    assert queue.change(99, VNODE, ADD, EVERY) == "EBADF"


# ---- queues in queues ----


def test_a_queue_in_a_queue_reports_how_many_events_wait_in_it(bench: CallBench) -> None:
    outer, inner = Queue(bench), Queue(bench)
    assert outer.change(inner.fd, f.EVFILT_READ) == 0
    assert outer.events() == []
    _, w = pipe(bench)
    inner.change(w, f.EVFILT_WRITE)
    inner.change(8, f.EVFILT_TIMER, ADD, f.NOTE_NSECONDS, 1)
    assert outer.events() == [(inner.fd, f.EVFILT_READ, 0, 0, 2)]
    assert len(inner.events()) == 2


def test_waiting_goes_through_queues_to_what_the_host_announces(bench: CallBench) -> None:
    outer, inner = Queue(bench), Queue(bench)
    s = bench.result("socket", f.AF_INET, f.SOCK_DGRAM, 0)
    inner.change(s, f.EVFILT_READ)
    inner.change(1, f.EVFILT_TIMER, ADD, f.NOTE_SECONDS, 100)
    outer.change(inner.fd, f.EVFILT_READ)
    handle = bench.process.files.get(s).handle
    wait = outer.wait()
    assert wait.reads == (handle,)
    assert wait.deadline is not None
    pollfd = bench.put(struct.pack("<ihh", outer.fd, f.POLLIN, 0))
    wait = bench.call("poll", pollfd, 1, -1)  # type: ignore[assignment]
    assert isinstance(wait, Park)
    assert wait.reads == (handle,)
    assert wait.deadline is not None


def test_many_queues_in_many_queues_are_each_looked_at_once(bench: CallBench) -> None:
    """Five levels of thirty queues that each hold all of the level below: 30**4 ways down."""
    bench.process.files.limit = 1024
    levels = [[Queue(bench) for _ in range(30)] for _ in range(5)]
    for lowers, uppers in itertools.pairwise(levels):
        for upper, lower in itertools.product(uppers, lowers):
            assert upper.change(lower.fd, f.EVFILT_READ) == 0
    top, bottom = levels[-1][0], levels[0][0]
    assert top.events() == []
    bottom.change(1, f.EVFILT_USER, ADD, f.NOTE_TRIGGER)
    assert len(top.events()) == 8
    bottom.change(1, f.EVFILT_USER, f.EV_DELETE)
    assert isinstance(top.wait(), Park)


def test_a_guest_waits_for_its_child_by_kevent(tmp_path: Path) -> None:
    text = f"""
    _main:  sys 362
            mov x19, x0
            sys 2
            cbnz x1, child
            la x1, change
            str x0, [x1]
            mov x0, x19
            mov x2, #1
            la x3, event
            mov x4, #1
            mov x5, #0
            sys 363
            cmp x0, #1
            b.ne bad
            la x1, event
            ldr x0, [x1, #16]
            lsr x0, x0, #8
            sys 1
    bad:    exit 99
    child:
            mov x0, #0
            mov x1, #0
            mov x2, #1
            mov x3, #1
            mov x4, #0
            movz x5, #0x4240
            movk x5, #0xF, lsl #16  // 1 ms
            sys 334
            exit 8
    .data
    .p2align 3
    change: .quad 0
            .short {f.EVFILT_PROC & 0xFFFF}, {ADD}
            .long {f.NOTE_EXIT | f.NOTE_EXITSTATUS}
            .quad 0, 0
    event:  .space 32
    """
    assert run_guest(tmp_path, text, hourglass=True).exit == 8


def test_queues_do_not_hold_each_other(tmp_path: Path) -> None:
    # 3 in 3, then 3 in 4, which is fine, then 4 in 3; at last somebody asks 4.
    text = f"""
    .macro put inner, outer
            la x1, change
            mov x9, #\\inner
            str x9, [x1]
            mov x0, #\\outer
            mov x2, #1
            mov x3, #0
            mov x4, #0
            mov x5, #0
            sys 363
    .endm
    _main:  sys 362
            sys 362
            put 3, 3
            b.cc bad
            mov x19, x0
            put 3, 4
            b.cs bad
            put 4, 3
            b.cc bad
            add x19, x19, x0
            mov x0, #4
            mov x1, #0
            mov x2, #0
            la x3, change
            mov x4, #1
            la x5, soon
            sys 363
            b.cs bad
            mov x0, x19
            sys 1
    bad:    exit 99
    .data
    .p2align 3
    change: .quad 0
            .short {f.EVFILT_READ & 0xFFFF}, {ADD}
            .long 0
            .quad 0, 0
    soon:   .quad 0, 1000
    """
    assert run_guest(tmp_path, text).exit == 2 * EINVAL
