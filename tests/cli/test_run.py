"""``ymawky-emu run`` as a user starts it: statuses, words, signals, and what goes wrong."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from emu import asm, resources
from emu.asm import imagefile
from emu.errors import UsageError
from emu.launch import load_program
from tests.guest import PRELUDE
from tests.serving import PATIENCE, ROOT, serving

HELLO = """
_main:  mov x0, #1
        la x1, text
        mov x2, #6
        sys 4
        exit {code}
.cstring
text:   .asciz "hello\\n"
"""


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "emu.cli", *map(str, arguments)]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def run(cwd: Path, *arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(*arguments), cwd=cwd, env=environment(), input=stdin, capture_output=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip


def program(directory: Path, text: str, name: str = "guest.s") -> Path:
    path = directory / name
    path.write_text(PRELUDE + text)
    return path


def words(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    assert b"Traceback" not in done.stderr
    return done.stderr.decode().splitlines()


@pytest.mark.parametrize("code", [0, 3, 255])
def test_the_exit_status_and_stdout_are_the_guest_s(tmp_path: Path, code: int) -> None:
    done = run(tmp_path, "run", "--root", ".", program(tmp_path, HELLO.format(code=code)))
    assert (done.returncode, done.stdout) == (code, b"hello\n")
    assert words(done) == ["ymawky-emu: guest.s: the guest's / is . (--root)"]


def test_a_guest_that_a_signal_ended_gives_128_and_the_signal(tmp_path: Path) -> None:
    done = run(tmp_path, "run", "--root", ".", program(tmp_path, "_main: brk #1\n"))
    assert done.returncode == 128 + 5
    assert any("SIGTRAP" in line for line in words(done))


def test_quiet_says_nothing_when_nothing_is_wrong(tmp_path: Path) -> None:
    guest = program(tmp_path, HELLO.format(code=0))
    done = run(tmp_path, "run", "--quiet", "--root", ".", guest)
    assert (done.stdout, done.stderr) == (b"hello\n", b"")


def test_stats_count_calls_and_instructions(tmp_path: Path) -> None:
    guest = program(tmp_path, HELLO.format(code=0))
    done = run(tmp_path, "run", "--quiet", "--stats", "--root", ".", guest)
    (line,) = words(done)
    assert "0 requests, 2 calls, 9 instructions" in line


def test_arguments_and_standard_input_reach_the_guest(tmp_path: Path) -> None:
    text = """
    _main:  ldr x19, [x1, #16]      // argv[2]
            mov x0, #0
            la x1, buffer
            mov x2, #16
            sys 3
            mov x2, x0
            la x1, buffer
            mov x0, #1
            sys 4
            ldrb w0, [x19]
            sys 1
    .zerofill __DATA,__bss,buffer,16,4
    """
    done = run(tmp_path, "run", "--root", ".", program(tmp_path, text), "-x", "A", stdin=b"input")
    assert (done.returncode, done.stdout) == (ord("A"), b"input")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--root", "nowhere", "good.s"], "--root nowhere: no such directory"),
        (["run", "--root", "good.s", "good.s"], "--root good.s: no such directory"),
        (["run", "missing.s"], "missing.s: No such file or directory"),
        (["run", "."], ".: Is a directory"),
        (["run", "noise.bin"], "noise.bin: "),
        (["run", "damaged.img"], "damaged.img: the image file is damaged"),
        (["run", "--port", "65536"], "'65536' is no port"),
        (["run", "--port", "x"], "'x' is no port"),
        (["run", "--listen", "localhost:80"], "'localhost:80' is no ADDRESS:PORT"),
        (["run", "--max-procs", "0"], "'0' is no number"),
        (["run", "--env", "nothing"], "'nothing' is no NAME=VALUE"),
        (["run", "--entry", "nobody", "good.s"], "nobody"),
        (["asm", "good.s", "-o", "no/such/place"], "no/such/place: cannot write"),
        (["asm", "missing.s"], "missing.s"),
    ],
)
def test_what_is_not_possible_is_said_in_one_line(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    program(tmp_path, HELLO.format(code=0), "good.s")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    (tmp_path / "damaged.img").write_bytes(imagefile.MAGIC + bytes(range(256)))
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert says in words(done)[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in directories")
@pytest.mark.parametrize("arguments", ["run a.s", "run a", "asm a.s", "asm a", "asm good.s a.s"])
def test_a_pipe_without_a_writer_is_not_waited_for(tmp_path: Path, arguments: str) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    program(tmp_path, HELLO.format(code=0), "good.s")
    pipe = tmp_path / arguments.rsplit(maxsplit=1)[-1]
    os.mkfifo(pipe)
    done = run(tmp_path, *arguments.split())
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = words(done)
    assert pipe.name in line
    assert line.endswith("it is a named pipe; copy what it holds to a file")


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="this system has no /dev/stdin")
def test_a_source_may_come_from_stdin(tmp_path: Path) -> None:
    done = run(tmp_path, "asm", "/dev/stdin", stdin=b".globl _main\n_main: mov x0, #42\n")
    assert done.returncode == 0
    assert b"d2800540" in done.stdout


def test_an_unreadable_program_is_said_in_one_line(tmp_path: Path) -> None:
    guest = program(tmp_path, HELLO.format(code=0))
    guest.chmod(0)
    if os.access(guest, os.R_OK):
        pytest.skip("this user may read everything")
    done = run(tmp_path, "run", guest)
    assert done.returncode == 2
    assert "Permission denied" in words(done)[-1]


def test_all_errors_of_a_source_are_listed(tmp_path: Path) -> None:
    guest = program(tmp_path, "_main: mvo x0, #1\n ret\n add x0, x1, nowhere\n")
    done = run(tmp_path, "run", guest)
    text = "\n".join(words(done))
    assert done.returncode == 2
    assert "mvo" in text
    assert "did you mean 'mov'" in text
    assert "nowhere" in text


@pytest.mark.parametrize("option", ["--port", "--listen"])
def test_a_port_in_use_is_refused_before_the_guest_starts(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        value = port if option == "--port" else f"127.0.0.1:{port}"
        done = run(tmp_path, "run", option, value)
    assert done.returncode == 2
    (line,) = words(done)
    assert f"127.0.0.1:{port}: Address already in use" in line


def test_a_port_in_use_that_the_guest_was_told_is_the_guest_s_word(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "run", "--root", ".", ROOT / "ymawky.s", port)
    assert done.returncode == 1
    assert str(port) in words(done)[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("sent", "status"), [("SIGINT", 0), ("SIGTERM", 0)])
def test_a_signal_goes_to_the_server_which_ends_cleanly(
    tmp_path: Path, sent: str, status: int
) -> None:
    with serving(None, tmp_path) as served:
        served.process.send_signal(getattr(signal, sent))
        assert served.process.wait(PATIENCE) == status
        assert f"{sent}: the guest gets it" in served.words.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("sent", "number"), [(signal.SIGINT, 2), (signal.SIGTERM, 15)])
def test_a_guest_that_does_not_listen_ends_at_the_second_signal(
    tmp_path: Path, sent: signal.Signals, number: int
) -> None:
    text = f"""
    _main:  la x1, action
            mov x0, #{number}
            mov x2, #0
            sys 46                  // ignore it
            mov x0, #1
            la x1, ready
            mov x2, #1
            sys 4
    1:      b 1b
    .data
    .p2align 3
    action: .quad 1, 0, 0
    ready:  .ascii "!"
    """
    guest = program(tmp_path, text)
    process = subprocess.Popen(
        command("run", "--root", ".", guest), cwd=tmp_path, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert process.stdout.read(1) == b"!"
        process.stderr.readline()
        process.send_signal(sent)
        assert sent.name.encode() in process.stderr.readline()
        process.send_signal(sent)
        assert process.wait(PATIENCE) == 128 + number


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_ctrl_c_ends_a_guest_that_computes(tmp_path: Path) -> None:
    text = """
    _main:  mov x0, #1
            la x1, ready
            mov x2, #1
            sys 4
    1:      b 1b
    .data
    ready:  .ascii "!"
    """
    guest = program(tmp_path, text)
    process = subprocess.Popen(
        command("run", "--quiet", "--root", ".", guest), cwd=tmp_path, env=environment(),
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    with process:
        assert process.stdout.read(1) == b"!"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 128 + 2


#: Runs a command while another thread takes the signal, as any thread of a process may.
_SIGNALLED = """
import signal, sys, threading
from emu.cli import main
from emu.host.poller import Poller
waits = threading.Event()
poll = Poller.poll
def polled(self, timeout_s):
    if timeout_s is None:
        waits.set()
    return poll(self, timeout_s)
def press():
    waits.wait()
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
Poller.poll = polled
threading.Thread(target=press).start()
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_that_interrupts_nothing_wakes_a_guest_that_waits(tmp_path: Path) -> None:
    guest = program(tmp_path, "_main: mov x0, #0\n sys 111\n exit 0\n")
    done = subprocess.run(
        [sys.executable, "-c", _SIGNALLED, "run", "--quiet", "--root", ".", str(guest)],
        cwd=tmp_path, env=environment(), timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 128 + 15


def test_the_sample_site_is_served_where_there_is_no_other(tmp_path: Path) -> None:
    with serving(None, tmp_path) as served:
        assert "the sample site" in served.words.read_text()


def test_the_working_directory_is_served_where_it_has_www(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    with serving(None, tmp_path) as served:
        assert f"{tmp_path} (the working directory)" in served.words.read_text()


def test_asm_writes_an_image_that_runs(tmp_path: Path) -> None:
    guest = program(tmp_path, HELLO.format(code=4))
    assert run(tmp_path, "asm", guest, "-o", "guest.img").returncode == 0
    done = run(tmp_path, "run", "--quiet", "--root", ".", "guest.img")
    assert (done.returncode, done.stdout) == (4, b"hello\n")


def test_an_own_program_is_told_how_to_get_the_working_directory(tmp_path: Path) -> None:
    done = run(tmp_path, "run", program(tmp_path, HELLO.format(code=0)))
    (line,) = words(done)
    assert line.endswith("(the sample site; for this directory say --root .)")


def test_what_a_source_says_goes_to_stderr(tmp_path: Path) -> None:
    text = HELLO.format(code=0) + '.print "so far"\n.warning "take care"\n'
    guest = program(tmp_path, text)
    for _cold_and_cached in range(2):
        done = run(tmp_path, "run", "--root", ".", guest)
        assert done.stdout == b"hello\n"
        assert words(done)[0] == "so far"
        assert "guest.s:" in words(done)[1]
        assert "warning: take care" in words(done)[1]
    assert run(tmp_path, "run", "--quiet", "--root", ".", guest).stderr == b""
    listed = run(tmp_path, "asm", "-o", "guest.img", guest)
    assert words(listed)[0] == "so far"


@pytest.mark.parametrize("command", ["run", "asm"])
def test_includes_are_looked_for_where_i_says(tmp_path: Path, command: str) -> None:
    (tmp_path / "headers").mkdir()
    (tmp_path / "headers" / "exit.s").write_text("mov x0, #9\nmov x16, #1\nsvc #0x80\n")
    guest = program(tmp_path, '_main:\n.include "exit.s"\n')
    assert run(tmp_path, command, guest).returncode == 2
    done = run(tmp_path, command, "-I", "elsewhere", "-I", "headers", guest)
    assert done.returncode == (9 if command == "run" else 0)


def test_without_keystone_it_is_said_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, executable = tmp_path / "ymawky.s", tmp_path / "ymawky"
    monkeypatch.setattr(asm, "available", lambda: False)
    monkeypatch.setattr(resources, "server_source", lambda: source)
    monkeypatch.setattr(resources, "prebuilt", lambda: None)
    with pytest.raises(UsageError, match="no such file, and no prebuilt image"):
        load_program(None)
    source.touch()
    with pytest.raises(UsageError, match=r"no Keystone .* is not built: run 'make'"):
        load_program(None)
    executable.touch()
    with pytest.raises(UsageError, match=r"no Keystone .* is older than its source: run 'make'"):
        load_program(None)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("", "ymawky-emu: a command is needed: run, asm, syscalls "),
        ("rnu", "ymawky-emu: there is no command 'rnu': run, asm, syscalls "),
        ("guest.s", "there is no command 'guest.s': to run a program: ymawky-emu run guest.s "),
        ("--strace run", "there is no command '--strace': "),
        (
            "run --strase x.s",
            "ymawky-emu run: there is no option --strase; did you mean '--strace'?",
        ),
        ("syscalls one", "ymawky-emu syscalls: 'one' is one word too many "),
        ("run --port x", "argument --port: 'x' is no port: a number from 0 to 65535 "),
    ],
)
def test_what_is_wrong_in_the_command_line_is_one_line(
    tmp_path: Path, arguments: str, complaint: str
) -> None:
    program(tmp_path, "_main: ret\n")
    done = run(tmp_path, *arguments.split())
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = words(done)
    assert complaint in line


def test_the_version_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert re.fullmatch(rb"ymawky-emu (\d[\w.+]*|\(not installed\))\s+", done.stdout)


def test_asm_lists_addresses_words_and_lines(tmp_path: Path) -> None:
    done = run(tmp_path, "asm", "--listing", program(tmp_path, "_main: mov x0, #7\n ret\n"))
    assert done.returncode == 0
    assert b"d28000e0" in done.stdout
    assert b"mov x0, #7" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there is no head")
def test_a_listing_into_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    guest = program(tmp_path, "_main:\n.rept 30000\n nop\n.endr\n")
    shell = " ".join(command("asm", "--listing", guest)) + " | head -1"
    done = subprocess.run(
        ["sh", "-c", shell], env=environment(), capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1
