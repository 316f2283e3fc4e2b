"""``ymawky-dbg`` as it is started: batch, JSON, scripts, what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.debugger.conftest import GUESTS
from tests.serving import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
CALLS, TINY, TROUBLE, ARGUMENTS = (
    str(GUESTS / f"{name}.s") for name in ("calls", "tiny", "trouble", "arguments")
)


def start(*arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": os.devnull}
    process: subprocess.Popen[str] = subprocess.Popen(
        [sys.executable, "-m", "debugger.cli", *arguments],
        env=environment,
        cwd=cwd,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return process


def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
    process = start(*arguments)
    out, err = process.communicate(typed, timeout=PATIENCE)
    return process.returncode, out, err


def test_batch_runs_commands_and_ends_with_0() -> None:
    status, out, err = run("--batch", "-ex", "break say", "-ex", "continue", CALLS)
    assert (status, err) == (0, "")
    assert "[100] breakpoint 1 at say (calls.s:33)" in out


def test_a_breakpoint_where_the_process_stands_says_when_it_stops() -> None:
    note = "  the process stands there: this stops it when it comes there again"
    out = run("--batch", "-ex", "break _main", "-ex", "break say", CALLS)[1]
    assert out.splitlines()[4:6] == ["breakpoint 1: _main (calls.s:13)", note]
    assert out.count(note) == 1


@pytest.mark.parametrize(
    ("arguments", "guests"),
    [
        (["P", "one", "-ex", "c", "--batch"], ["one"]),
        (
            ["--batch", "-ex", "c", "P", "one", "-v", "--foo=1", "-1"],
            ["one", "-v", "--foo=1", "-1"],
        ),
        (["--batch", "P", "--", "-ex", "bt"], ["-ex", "bt"]),
        (["--batch", "P", "-ex", "c", "x", "--", "--json"], ["x", "--", "--json"]),
        (["--batch", "--args", "P", "-ex", "bt", "P"], ["-ex", "bt", "P"]),
        (["--batch", "-ex", "c", "--", "P", "--batch"], ["--batch"]),
    ],
)
def test_options_stand_anywhere_up_to_the_mark(arguments: list[str], guests: list[str]) -> None:
    words = [ARGUMENTS if word == "P" else word for word in arguments]
    status, out, err = run(*([] if "c" in words else ["-ex", "c"]), *words)
    assert (status, err) == (0, "")
    behind = out.partition("(ymawky-dbg) c")[2].splitlines()[1:-1]
    assert behind == [ARGUMENTS if word == "P" else word for word in guests]


def test_an_option_that_is_none_suggests_the_nearest() -> None:
    status, _, err = run("--bach", CALLS)
    assert status == 2
    assert "there is no option --bach; did you mean '--batch'?" in err
    assert err.count("\n") == 1


def test_help_behind_a_program_is_the_programs_own() -> None:
    assert "PROGRAM" in run("--help")[1]
    assert "-h\n" in run("--batch", "-ex", "c", ARGUMENTS, "-h")[1]


def test_a_command_that_fails_ends_the_batch_with_1() -> None:
    status, out, _ = run("--batch", "-ex", "break nowhere", "-ex", "echo on", CALLS)
    assert status == 1
    assert "error: no label 'nowhere'" in out
    assert "echo" not in out


def test_scripts_and_commands_run_in_their_order(tmp_path: Path) -> None:
    script = tmp_path / "a.dbg"
    script.write_text("# comment\nbreak say\ncommands\n  p x0\nend\necho two\n")
    out = run("--batch", "-ex", "echo one", "-x", str(script), "-ex", "c", CALLS)[1]
    assert out.index("one") < out.index("two") < out.index("breakpoint 1 at") < out.index("$1 = 3")


def test_an_error_in_a_script_says_where(tmp_path: Path) -> None:
    script = tmp_path / "a.dbg"
    script.write_text("echo fine\n\nbreka say\n")
    status, out, _ = run("--batch", "-x", str(script), CALLS)
    assert status == 1
    assert f"error: {script}:3: no command 'breka'; did you mean 'break'?" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--batch", "-x", "nowhere.dbg", CALLS], "nowhere.dbg: No such file"),
        (["--batch", "nowhere.s"], "nowhere.s: No such file"),
        (["--batch", "--root", "nowhere", CALLS], "no such directory"),
        (["--batch", "--get", "/", "--raw", "x", CALLS], "one of --get"),
        (["--batch", "--put", "/x", "nowhere", CALLS], "nowhere: No such file"),
        (["--batch", "--request", "nowhere", CALLS], "nowhere: No such file"),
    ],
)
def test_what_cannot_be_started_is_one_line(arguments: list[str], complaint: str) -> None:
    status, _, err = run(*arguments)
    assert status == 2
    assert complaint in err
    assert len(err.splitlines()) == 1


def test_json_is_one_object_a_line() -> None:
    commands = ["break respond", "continue", "print 1 + 1", "finish", "continue"]
    arguments = [a for c in commands for a in ("-ex", c)]
    status, out, _ = run("--batch", "--json", "--get", "/ok", *arguments, TINY)
    events = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [e["kind"] for e in events] == [
        "request", "output", "breakpoint", "output", "step", "exit",
    ]  # fmt: skip
    request, hit, step = events[0], events[2], events[4]
    assert (request["head"], request["pid"]) == ("GET /ok HTTP/1.1", 101)
    assert (hit["symbol"], hit["offset"], hit["file"]) == ("respond", 0, "tiny.s")
    assert (step["routine"], step["value"]) == ("respond", 41)


def test_json_says_errors_too() -> None:
    status, out, _ = run("--batch", "--json", "-ex", "p 1 +", CALLS)
    assert status == 1
    assert json.loads(out.splitlines()[-1])["kind"] == "error"


def test_without_a_terminal_there_is_a_plain_console_that_says_so() -> None:
    status, out, err = run(CALLS, typed="break say\nc\nbt\n\nnonsense\nquit\n")
    assert status == 0
    assert "this is no terminal" in err
    assert "#1  0x100001010 in _main+16" in out
    assert "error: no command 'nonsense'" in out


def test_a_closed_pipe_is_the_end() -> None:
    process = start("--batch", *(["-ex", "info registers"] * 200), CALLS)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.close()
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def _await(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"{text!r} never came")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole console")
def test_ctrl_c_stops_the_guest_and_the_session_lives_on() -> None:
    process = start(TROUBLE)
    assert process.stdin is not None
    process.stdin.write("advance spin\nlogpoint spin+4 looping\ncontinue\n")
    process.stdin.flush()
    _await(process, "[100] looping")
    process.send_signal(signal.SIGINT)
    _await(process, "interrupted at spin")
    out, _ = process.communicate("p $pid\nquit\n", timeout=PATIENCE)
    assert "$1 = 0x64 (100)" in out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole console")
def test_ctrl_c_stops_a_program_that_waits_for_the_outside() -> None:
    process = start(TINY)
    assert process.stdin is not None
    process.stdin.write("logpoint accept_loop+16 waits\ncontinue\n")
    process.stdin.flush()
    _await(process, "[100] waits")
    process.send_signal(signal.SIGINT)
    # It may be on its way into the call, or wait in it.
    _await(process, "at accept_loop+16 (tiny.s:25)")
    assert process.communicate("quit\n", timeout=PATIENCE)[1].count("\n") == 1


def test_an_init_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".ymawky-dbg").write_text("echo from the init file\n")
    process = start("--batch", CALLS, cwd=tmp_path)
    out, _ = process.communicate(timeout=PATIENCE)
    assert "from the init file" in out
    process = start("--batch", "-nx", CALLS, cwd=tmp_path)
    assert "from the init file" not in process.communicate(timeout=PATIENCE)[0]


def test_a_port_in_use_is_refused_before_the_guest_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = run("--batch", "--port", str(port), "--get", "/", "-ex", "explain")
    assert (status, out) == (2, "")
    assert f"127.0.0.1:{port}: Address already in use; choose another with --port" in err


def test_hints_stand_between_the_stops(tmp_path: Path) -> None:
    source = tmp_path / "linux.s"
    source.write_text("_main: mov x0, #1\n mov x16, #0\n mov x8, #64\n svc #0x80\n")
    out = run("--batch", "-ex", "continue", str(source))[1]
    assert "hint: [pid 100] x8 holds 64, Linux's write" in out
    assert "linux.s:4)" in out.partition("hint: ")[2].splitlines()[0]


def test_several_sources_are_linked_and_includes_found(tmp_path: Path) -> None:
    (tmp_path / "headers").mkdir()
    (tmp_path / "headers" / "seven.s").write_text("mov x0, #7\n")
    (tmp_path / "a.s").write_text('.globl _main\n_main: .include "seven.s"\n b leave\n')
    (tmp_path / "b.s").write_text(".globl leave\nleave: mov x16, #1\n svc #0x80\n")
    sources = (str(tmp_path / "a.s"), str(tmp_path / "b.s"))
    status, out, _ = run("--batch", "-I", str(tmp_path / "headers"), "-ex", "continue", *sources)
    assert status == 0
    assert "process 100 exited with 7" in out


def test_what_the_output_cannot_show_does_not_end_the_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")):
        monkeypatch.setenv(name, value)
    status, out, err = run("--batch", "-ex", "help catch", "-ex", "echo on", CALLS)
    assert (status, err) == (0, "")
    assert "NAME|GROUP?" in out
    assert out.endswith("on\n")
