"""execve: what can be run, what the new program finds, and Darwin's errors."""

import struct
import sys
import threading
from pathlib import Path

import pytest

from emu.asm import assemble_text
from emu.asm.imagefile import dump
from emu.darwin import flags as f
from emu.kernel.signals import Action
from tests.callbench import NOWHERE, CallBench
from tests.guest import PRELUDE, prepare_guest, run_guest
from tests.serving import PATIENCE

#: Writes its arguments, one a line, and exits with their number.
ECHO = """
_main:  mov x19, x0
        mov x20, x1
        mov x21, x0
1:      ldr x1, [x20], #8
        mov x2, #0
2:      ldrb w3, [x1, x2]
        add x2, x2, #1
        cbnz w3, 2b
        sub x3, x2, #1
        mov w4, #10
        strb w4, [x1, x3]
        mov x0, #1
        sys 4
        subs x21, x21, #1
        b.ne 1b
        mov x0, x19
        sys 1
"""


def install(root: Path, name: str, source: str) -> None:
    (root / name).write_bytes(dump(assemble_text(PRELUDE + source, f"{name}.s")))
    (root / name).chmod(0o755)


def vector(bench: CallBench, *strings: str) -> int:
    return bench.put(struct.pack(f"<{len(strings) + 1}Q", *map(bench.path, strings), 0))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    install(tmp_path, "echo", ECHO)
    (tmp_path / "plain").write_bytes(b"x")
    (tmp_path / "text").write_bytes(b"hello")
    (tmp_path / "text").chmod(0o755)
    (tmp_path / "broken").write_bytes(struct.pack("<4I", 0xFEEDFACF, 0x0100000C, 0, 2))
    (tmp_path / "broken").chmod(0o755)
    (tmp_path / "script").write_bytes(b"#! /echo  one two \nrest")
    (tmp_path / "script").chmod(0o755)
    (tmp_path / "twice").write_bytes(b"#!/script\n")
    (tmp_path / "twice").chmod(0o755)
    (tmp_path / "blank").write_bytes(b"#!  \n")
    (tmp_path / "blank").chmod(0o755)
    (tmp_path / "dir").mkdir()
    return tmp_path


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("missing", "ENOENT"),
        ("plain", "EACCES"),
        ("dir", "EACCES"),
        ("text", "ENOEXEC"),
        ("broken", "ENOEXEC"),
        ("twice", "ENOEXEC"),
        ("blank", "ENOEXEC"),
        ("plain/x", "ENOTDIR"),
        ("x" * 2000, "ENAMETOOLONG"),
    ],
)
def test_what_cannot_be_run(bench: CallBench, name: str, outcome: str) -> None:
    space = bench.process.space
    assert bench.call("execve", bench.path(name), vector(bench, name), 0) == outcome
    assert bench.process.space is space


@pytest.mark.usefixtures("site")
def test_bad_pointers_and_too_much(bench: CallBench) -> None:
    echo = bench.path("echo")
    assert bench.call("execve", NOWHERE, 0, 0) == "EFAULT"
    assert bench.call("execve", echo, NOWHERE, 0) == "EFAULT"
    assert bench.call("execve", echo, 0, NOWHERE) == "EFAULT"
    assert bench.call("execve", echo, bench.put(struct.pack("<2Q", NOWHERE, 0)), 0) == "EFAULT"
    long = bench.path("x" * 60000)
    many = bench.put(struct.pack("<21Q", *[long] * 20, 0))
    assert bench.call("execve", echo, many, 0) == "E2BIG"


@pytest.mark.usefixtures("site")
def test_descriptors_and_signals_after_execve(bench: CallBench) -> None:
    process = bench.process
    kept = bench.result("open", bench.path("plain"), 0, 0)
    gone = bench.result("open", bench.path("plain"), f.O_CLOEXEC, 0)
    process.signals.actions = {f.SIGINT: Action(0x1000), f.SIGTERM: Action(f.SIG_IGN)}
    process.signals.mask = 4
    assert bench.call("execve", bench.path("echo"), vector(bench, "echo"), 0) == 0
    assert [fd for fd, _ in process.files] == [kept]
    assert gone != kept
    assert process.signals.actions == {f.SIGTERM: Action(f.SIG_IGN)}
    assert process.signals.mask == 4
    assert (process.name, process.path) == ("echo", "/echo")


CALLER = """
_main:  sys 2
        cbnz x1, 1f
        mov x19, x0
        sub sp, sp, #16
        mov x0, #-1
        mov x1, sp
        mov x2, #0
        mov x3, #0
        sys 7
        ldr w0, [sp]
        lsr w0, w0, #8
        add w0, w0, #10
        sys 1
1:      la x0, path
        la x1, argv
        mov x2, #0
        sys 59
        exit 77
.data
.p2align 3
argv:   .quad path, word, 0
path:   .asciz "{path}"
word:   .asciz "word"
"""


@pytest.mark.parametrize(
    ("path", "lines"),
    [("/echo", ["/echo", "word"]), ("/script", ["/echo", "one", "two", "/script", "word"])],
)
def test_a_child_runs_another_program(site: Path, path: str, lines: list[str]) -> None:
    result = run_guest(site, CALLER.replace("{path}", path))
    assert result.stdout.decode().split("\n")[:-1] == lines
    assert result.exit == 10 + len(lines)


def test_two_programs_at_the_same_addresses_take_turns(site: Path) -> None:
    """Each computes while the other does: the engine must not run one's code for the other."""
    spin = "_main: mov x19, #{n}\n mov x20, #40\n1: sys 20\n subs x20, x20, #1\n b.ne 2f\n"
    spin += (
        " mov x0, x19\n sys 1\n2: movz x9, #0x40, lsl #16\n3: subs x9, x9, #1\n b.ne 3b\n b 1b\n"
    )
    install(site, "one", spin.replace("{n}", "1"))
    install(site, "two", "nop_: nop\n".replace("nop_: ", "") + spin.replace("{n}", "2"))
    starter = """
    _main:  sys 2
            cbnz x1, one
            sys 2
            cbnz x1, two
            mov x19, #0
            sub sp, sp, #16
            mov x20, #2
    1:      mov x0, #-1
            mov x1, sp
            mov x2, #0
            mov x3, #0
            sys 7
            ldrb w9, [sp, #1]
            add x19, x19, x9
            subs x20, x20, #1
            b.ne 1b
            mov x0, x19
            sys 1
    one:    la x0, path1
            b 2f
    two:    la x0, path2
    2:      mov x1, #0
            mov x2, #0
            sys 59
            exit 77
    .data
    path1:  .asciz "one"
    path2:  .asciz "two"
    """
    assert run_guest(site, starter).exit == 3


# ---- programs of the host ----

HOST_CALLER = """
_main:  sys 42
        mov x19, x0
        mov x20, x1
        sys 2
        cbnz x1, child
        mov x0, x20
        sys 6
        la x21, buffer
1:      mov x0, x19
        mov x1, x21
        mov x2, #64
        sys 3
        cbz x0, 2f
        mov x2, x0
        mov x0, #1
        mov x1, x21
        sys 4
        b 1b
2:      sub sp, sp, #16
        mov x0, #-1
        mov x1, sp
        mov x2, #0
        mov x3, #0
        sys 7
        ldrb w0, [sp, #1]
        sys 1
child:  mov x0, x20
        mov x1, #1
        sys 90
        mov x0, x20
        sys 6
        la x0, path
        la x1, argv
        mov x2, #0
        sys 59
        sys 1                       // exit(errno)
.data
.p2align 3
argv:   .quad path, option, script, 0
path:   .asciz "/bin/sh"
option: .asciz "-c"
script: .asciz "echo from the host; exit 6"
buffer: .space 64
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no program of Windows takes the guest's pipe")
@pytest.mark.parametrize(
    ("allowed", "status", "output"), [(True, 6, b"from the host\n"), (False, 2, b"")]
)
def test_the_host_s_programs_run_only_where_that_is_allowed(
    tmp_path: Path, *, allowed: bool, status: int, output: bytes
) -> None:
    system, process, _ = prepare_guest(tmp_path, HOST_CALLER)
    system.host.allow_exec = allowed
    stuck = threading.Timer(PATIENCE, system.interrupt, [f.SIGKILL])
    stuck.start()
    try:
        assert system.run(process) == status << 8
    finally:
        stuck.cancel()
        process.files.close_all()
        system.host.close()
    assert (tmp_path / ".stdout").read_bytes() == output
