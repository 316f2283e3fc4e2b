"""posix_spawn: what the new process is given, and Darwin's errors."""

import struct
import sys
import threading
from pathlib import Path

import pytest

from emu.darwin import flags as f
from emu.darwin import spawn
from emu.darwin.spawn import SpawnAction, SpawnArgs, SpawnAttributes
from emu.host import Host
from emu.kernel.kernel import FIRST_PID
from emu.kernel.process import Limits, Process, State
from emu.kernel.signals import Action
from tests.callbench import NOWHERE, CallBench
from tests.guest import prepare_guest, run_guest
from tests.serving import PATIENCE
from tests.syscalls.test_exec_calls import ECHO, install, vector


def action(kind: int, fd: int = -1, *, flags: int = 0, mode: int = 0, path: str = "") -> bytes:
    """Return a file action; for a dup2 ``flags`` is the new descriptor."""
    head = b"" if kind == spawn.PSFA_CHDIR else struct.pack("<i", flags)
    head += struct.pack("<H", mode) if kind == spawn.PSFA_OPEN else b""
    return SpawnAction(kind, fd, head + path.encode()).pack()


def described(bench: CallBench, attributes: SpawnAttributes | None, *actions: bytes) -> int:
    """Put the argument that holds attributes and file actions into the guest's memory."""
    attr = bench.put(attributes.pack()) if attributes else 0
    raw = struct.pack("<2i", len(actions), len(actions)) + b"".join(actions)
    return bench.put(
        SpawnArgs(
            SpawnAttributes.SIZE if attributes else 0, attr,
            len(raw) if actions else 0, bench.put(raw), 0, 0, 0, 0,
        ).pack()
    )  # fmt: skip


class Spawner:
    """Spawns ``echo`` and shows the child."""

    def __init__(self, bench: CallBench) -> None:
        self.bench = bench

    def call(
        self, *actions: bytes, flags: int = 0, path: str = "/echo", pgroup: int = 0
    ) -> tuple[object, Process | None]:
        bench = self.bench
        attributes = SpawnAttributes(flags, 1 << (f.SIGTERM - 1), 4 | 1 << (f.SIGKILL - 1), pgroup)
        bench.process.space.copyout(bench.buffer, bytes(4))
        outcome = bench.call(
            "posix_spawn", bench.buffer, bench.path(path),
            described(bench, attributes, *actions), vector(bench, "echo"), 0,
        )  # fmt: skip
        (pid,) = struct.unpack("<i", bench.get(bench.buffer, 4))
        return outcome, bench.kernel.processes.get(pid)

    def child(self, *actions: bytes, flags: int = 0, pgroup: int = 0) -> Process:
        outcome, child = self.call(*actions, flags=flags, pgroup=pgroup)
        assert outcome == 0
        assert child is not None
        return child


@pytest.fixture
def site(tmp_path: Path) -> Path:
    install(tmp_path, "echo", ECHO)
    (tmp_path / "text").write_bytes(b"hello")
    (tmp_path / "dir").mkdir()
    install(tmp_path / "dir", "inner", ECHO)
    return tmp_path


@pytest.fixture
def spawner(site: Path, bench: CallBench) -> Spawner:
    del site
    return Spawner(bench)


# ---- what the child is ----


def test_a_child_begins_with_the_program_and_what_it_inherits(spawner: Spawner) -> None:
    parent = spawner.bench.process
    fd = spawner.bench.result("open", spawner.bench.path("text"), 0, 0)
    gone = spawner.bench.result("open", spawner.bench.path("text"), f.O_CLOEXEC, 0)
    parent.signals.actions = {f.SIGINT: Action(0x1000), f.SIGTERM: Action(f.SIG_IGN)}
    parent.signals.mask = 8
    child = spawner.child()
    assert (child.ppid, child.pgid, child.sid) == (parent.pid, parent.pgid, parent.sid)
    assert (child.path, child.name, child.state) == ("/echo", "echo", State.READY)
    assert [n for n, _ in child.files] == [fd]
    assert child.signals.actions == {f.SIGTERM: Action(f.SIG_IGN)}
    assert child.signals.mask == 8
    assert parent.space is not child.space
    assert [n for n, _ in parent.files] == [fd, gone]
    assert spawner.bench.kernel.scheduler.next() is child


def test_attributes(spawner: Spawner) -> None:
    parent = spawner.bench.process
    parent.signals.actions = {f.SIGTERM: Action(f.SIG_IGN), f.SIGHUP: Action(f.SIG_IGN)}
    child = spawner.child(
        flags=spawn.POSIX_SPAWN_SETSIGDEF
        | spawn.POSIX_SPAWN_SETSIGMASK
        | spawn.POSIX_SPAWN_SETPGROUP
        | spawn.POSIX_SPAWN_RESETIDS
    )
    assert child.signals.actions == {f.SIGHUP: Action(f.SIG_IGN)}
    assert child.signals.mask == 4
    assert child.pgid == child.pid
    assert parent.pgid != child.pgid
    other = spawner.child(flags=spawn.POSIX_SPAWN_SETPGROUP, pgroup=child.pid)
    assert other.pgid == child.pid
    leader = spawner.child(flags=spawn.POSIX_SPAWN_SETSID)
    assert (leader.sid, leader.pgid) == (leader.pid, leader.pid)


def test_a_child_that_starts_suspended_waits_for_sigcont(spawner: Spawner) -> None:
    child = spawner.child(flags=spawn.POSIX_SPAWN_START_SUSPENDED)
    assert child.state is State.STOPPED
    assert spawner.bench.kernel.scheduler.next() is None
    spawner.bench.call("kill", child.pid, f.SIGCONT, 1)
    assert spawner.bench.kernel.scheduler.next() is child


def test_file_actions_happen_in_turn(spawner: Spawner, tmp_path: Path) -> None:
    bench = spawner.bench
    text = bench.result("open", bench.path("text"), f.O_CLOEXEC, 0)
    directory = bench.result("open", bench.path("dir"), 0, 0)
    bench.process.umask = 0o027
    child = spawner.child(
        action(spawn.PSFA_FCHDIR, directory),
        action(spawn.PSFA_OPEN, 9, flags=f.O_WRONLY | f.O_CREAT, mode=0o666, path="made"),
        action(spawn.PSFA_DUP2, 9, flags=10),
        action(spawn.PSFA_CLOSE, 9),
        action(spawn.PSFA_CLOSE, directory),
        action(spawn.PSFA_INHERIT, text),
        action(spawn.PSFA_CHDIR, path="/"),
    )
    assert [n for n, _ in child.files] == [text, 10]
    made = tmp_path / "dir" / "made"
    assert made.exists()
    if sys.platform != "win32":
        assert made.stat().st_mode & 0o777 == 0o640
    assert child.files.get(text) is bench.process.files.get(text)
    assert child.cwd.path() == b"/"
    assert [n for n, _ in bench.process.files] == [text, directory]


def test_cloexec_default_keeps_what_the_actions_name(spawner: Spawner) -> None:
    bench = spawner.bench
    for _ in range(4):
        bench.result("open", bench.path("text"), 0, 0)
    child = spawner.child(
        action(spawn.PSFA_INHERIT, 1),
        action(spawn.PSFA_DUP2, 2, flags=7),
        action(spawn.PSFA_OPEN, 8, path="/text"),
        flags=spawn.POSIX_SPAWN_CLOEXEC_DEFAULT,
    )
    assert [n for n, _ in child.files] == [1, 7, 8]


def test_the_directory_of_the_actions_is_where_the_program_is_looked_for(
    spawner: Spawner,
) -> None:
    outcome, child = spawner.call(action(spawn.PSFA_CHDIR, path="dir"), path="inner")
    assert outcome == 0
    assert child is not None
    assert child.name == "inner"


def test_setexec_replaces_the_caller(spawner: Spawner) -> None:
    bench, process = spawner.bench, spawner.bench.process
    fd = bench.result("open", bench.path("text"), 0, 0)
    before = process.space
    process.signals.actions = {f.SIGTERM: Action(f.SIG_IGN)}
    flags = spawn.POSIX_SPAWN_SETEXEC | spawn.POSIX_SPAWN_SETSIGDEF
    actions = (action(spawn.PSFA_DUP2, fd, flags=5), action(spawn.PSFA_CLOSE, fd))
    args = described(bench, SpawnAttributes(flags, 1 << (f.SIGTERM - 1), 0, 0), *actions)
    path, argv = bench.path("/dir/inner"), vector(bench, "x")
    assert bench.call("posix_spawn", 0, path, args, argv, 0) == 0
    assert process.space is not before
    assert (process.pid, process.name) == (FIRST_PID, "inner")
    assert [n for n, _ in process.files] == [5]
    assert process.signals.actions == {}
    assert list(bench.kernel.processes) == [FIRST_PID]


# ---- errors ----


@pytest.mark.parametrize(
    ("actions", "path", "outcome"),
    [
        ([], "/missing", "ENOENT"),
        ([], "/text", "EACCES"),
        ([], "/dir", "EACCES"),
        ([], "/" + "x" * 2000, "ENAMETOOLONG"),
        ([action(spawn.PSFA_CLOSE, 77)], "/echo", "EBADF"),
        ([action(spawn.PSFA_DUP2, 77, flags=3)], "/echo", "EBADF"),
        ([action(spawn.PSFA_DUP2, 0, flags=5000)], "/echo", "EBADF"),
        ([action(spawn.PSFA_INHERIT, 77)], "/echo", "EBADF"),
        ([action(spawn.PSFA_FCHDIR, 77)], "/echo", "EBADF"),
        ([action(spawn.PSFA_FCHDIR, 0)], "/echo", "ENOTDIR"),
        ([action(spawn.PSFA_CHDIR, path="missing")], "/echo", "ENOENT"),
        ([action(spawn.PSFA_CHDIR, path="x" * 1032)], "/echo", "ENAMETOOLONG"),
        ([action(spawn.PSFA_OPEN, 3, path="missing")], "/echo", "ENOENT"),
        ([action(spawn.PSFA_OPEN, -1, path="text")], "/echo", "EBADF"),
        ([action(spawn.PSFA_FILEPORT_DUP2, 3, flags=4)], "/echo", "EINVAL"),
        ([action(99, 3)], "/echo", "EINVAL"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("flags", [0, spawn.POSIX_SPAWN_SETEXEC])
def test_what_fails_leaves_nothing_behind(
    spawner: Spawner, actions: list[bytes], path: str, outcome: str, flags: int
) -> None:
    bench = spawner.bench
    bench.result("open", bench.path("text"), 0, 0)
    assert spawner.call(*actions, path=path, flags=flags) == (outcome, None)
    assert list(bench.kernel.processes) == [FIRST_PID]
    assert [(n, file.references) for n, file in bench.process.files] == [(0, 1)]
    assert bench.process.children == {}


def test_groups_and_sessions_that_cannot_be(spawner: Spawner) -> None:
    assert spawner.call(flags=spawn.POSIX_SPAWN_SETPGROUP, pgroup=4711)[0] == "EPERM"
    assert spawner.call(flags=spawn.POSIX_SPAWN_SETPGROUP, pgroup=-1)[0] == "EINVAL"
    in_place = spawn.POSIX_SPAWN_SETEXEC | spawn.POSIX_SPAWN_SETSID
    assert spawner.call(flags=in_place)[0] == "EPERM"


def test_sizes_that_do_not_fit_are_einval(spawner: Spawner) -> None:
    bench = spawner.bench
    one = struct.pack("<2i", 1, 1) + action(spawn.PSFA_CLOSE, 0)
    two = struct.pack("<2i", 1, 2) + action(spawn.PSFA_CLOSE, 0)
    many = 8 + SpawnAction.SIZE * (bench.process.files.limit + 1)
    for size, raw in ((8, one), (len(one) - 1, one), (len(one) + 8, one), (len(two), two),
                      (many, one), (2**63, one)):  # fmt: skip
        args = bench.put(SpawnArgs(0, 0, size, bench.put(raw), 0, 0, 0, 0).pack())
        assert bench.call("posix_spawn", 0, bench.path("/echo"), args, 0, 0) == "EINVAL"
    ports = bench.put(SpawnArgs(0, 0, 0, 0, 24, bench.buffer, 0, 0).pack())
    assert bench.call("posix_spawn", 0, bench.path("/echo"), ports, 0, 0) == "EINVAL"
    assert "port actions" in bench.warnings[0]


def test_bad_pointers(spawner: Spawner) -> None:
    bench = spawner.bench
    echo, argv = bench.path("/echo"), vector(bench, "echo")
    call = "posix_spawn"
    assert bench.call(call, bench.buffer, NOWHERE, 0, argv, 0) == "EFAULT"
    assert bench.call(call, bench.buffer, echo, NOWHERE, argv, 0) == "EFAULT"
    assert bench.call(call, bench.buffer, echo, 0, NOWHERE, 0) == "EFAULT"
    assert bench.call(call, bench.buffer, echo, 0, argv, NOWHERE) == "EFAULT"
    for pairs in ((16, NOWHERE, 0, 0), (0, 0, 8 + SpawnAction.SIZE, NOWHERE)):
        args = bench.put(SpawnArgs(*pairs, 0, 0, 0, 0).pack())
        assert bench.call(call, bench.buffer, echo, args, argv, 0) == "EFAULT"
    assert list(bench.kernel.processes) == [FIRST_PID]
    # The child runs by then, so nobody looks whether its number could be written.
    assert bench.call(call, NOWHERE, echo, 0, argv, 0) == 0
    assert len(bench.kernel.processes) == 2


def test_too_many_processes_are_eagain(site: Path) -> None:
    bench = CallBench(Host(site), Limits(processes=1))
    assert bench.call("posix_spawn", 0, bench.path("/echo"), 0, 0, 0) == "EAGAIN"
    bench.close()


# ---- a guest that spawns ----

SPAWNER = """
_main:  la x0, pid
        la x1, path
        la x2, args
        la x3, argv
        mov x4, #0
        sys 244
        b.cs 1f
        cbnz x0, 1f
        la x9, pid
        ldr w0, [x9]
        sub sp, sp, #16
        mov x1, sp
        mov x2, #0
        mov x3, #0
        sys 7
        la x9, pid
        ldr w9, [x9]
        cmp w0, w9
        b.ne 1f
        ldrb w0, [sp, #1]
        add w0, w0, #10
        sys 1
1:      exit 99
.data
.p2align 3
pid:    .quad 0
args:   .quad 0, 0, {size}, actions, 0, 0, 0, 0
actions: .byte {actions}
.p2align 3
argv:   .quad path, word, 0
path:   .asciz "{path}"
word:   .asciz "{word}"
"""


def spawner_of(path: str, word: str, *actions: bytes) -> str:
    raw = struct.pack("<2i", len(actions), len(actions)) + b"".join(actions)
    numbers = ", ".join(map(str, raw))
    return SPAWNER.format(size=len(raw), actions=numbers, path=path, word=word)


def test_a_guest_spawns_a_program_and_waits_for_it(site: Path) -> None:
    opened = action(spawn.PSFA_OPEN, 1, flags=f.O_WRONLY | f.O_CREAT, mode=0o644, path="out")
    result = run_guest(site, spawner_of("/echo", "word", opened))
    assert result.exit == 12
    assert result.stdout == b""
    assert (site / "out").read_bytes() == b"/echo\nword\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no program of Windows takes the guest's pipe")
@pytest.mark.parametrize(("allowed", "status"), [(True, 12), (False, 99)])
def test_programs_of_the_host_are_spawned_only_where_that_is_allowed(
    tmp_path: Path, *, allowed: bool, status: int
) -> None:
    (tmp_path / "script").write_text("echo from the host; exit 2")
    opened = action(spawn.PSFA_OPEN, 1, flags=f.O_WRONLY | f.O_CREAT, mode=0o644, path="out")
    text = spawner_of("/bin/sh", str(tmp_path / "script"), opened)
    system, process, _ = prepare_guest(tmp_path, text)
    system.host.allow_exec = allowed
    stuck = threading.Timer(PATIENCE, system.interrupt, [f.SIGKILL])
    stuck.start()
    try:
        assert system.run(process) == status << 8
    finally:
        stuck.cancel()
        process.files.close_all()
        system.host.close()
    assert (tmp_path / "out").read_bytes() == b"from the host\n" * allowed
