"""The real program on a real (pseudo-)terminal, by what its screen shows."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.serving import PATIENCE

if TYPE_CHECKING:
    from tests.tui.pseudo import Terminal

Start = Callable[..., "Terminal"]


def _current(terminal: Terminal) -> int:
    """Return the number of the source line that is marked."""
    found = re.search(r"^[ ●○]> *(\d+) ", terminal.text, re.MULTILINE)
    return int(found[1]) if found else 0


def _moved(line: int) -> Callable[[Terminal], bool]:
    return lambda t: _current(t) not in {0, line}


def test_one_command_shows_the_request_in_the_child(arrived: Start) -> None:
    screen = arrived()
    assert screen.lines[0].startswith(" [101] breakpoint 1: request GET /index.html")
    assert "svc" not in screen.text
    assert re.search(r">\d+ +b\.cc +Lreceive_exit", screen.text)
    assert r"Host: localhost\r\n" in screen.text


def test_each_motion_has_a_key(arrived: Start) -> None:
    screen = arrived()
    screen.press("n").see("next at receive")
    screen.press("s").see("step at receive")
    screen.press("f").see("finish: receive")
    screen.press("u").see("until at")
    screen.press("c").see("process 101 exited with 0")


def test_keys_that_come_at_once_are_all_done(arrived: Start) -> None:
    arrived().press("sss").see("step at receive_header+96", "step at receive_header+100")


def test_a_macro_is_shown_with_what_it_became(arrived: Start) -> None:
    screen = arrived()
    screen.command("until parse_request").see("until at parse_request")
    screen.see("▸ stp x29, x30, [sp", "│ mov x29, sp")
    screen.press("s").see("│ stp x29, x30, [sp", "▸ mov x29, sp")


def test_b_sets_a_breakpoint_at_the_cursor_and_deletes_it(arrived: Start) -> None:
    screen = arrived()
    line = _current(screen)
    screen.press("j").press("b").see(f"●{line + 1:>5} ", "breakpoint 2:")
    screen.press("b").gone("●")


def test_a_panel_comes_by_its_number(arrived: Start) -> None:
    screen = arrived()
    screen.press("2").see("[2 Code]", "> 10000", "b.lo Lreceive_exit")
    screen.press("4").see("[4 Stack]", "fp +0")
    screen.press("5").see("[5 Memory]", "16fdff")
    screen.press("3").see("[3 Registers]", "nzcv", "x28")
    screen.press("7").see("[7 Response]", "nothing has been sent")
    screen.press("8").see("[8 Calls]", "recvfrom(4, ")
    screen.press("9").see("[9 Processes]", "> └ 101", "2 of 2 live")
    screen.press("0").see("[0 Terminal]", "listening on")
    screen.press("6").see("[6 Request]", "0/88 consumed")


def test_the_request_marks_the_byte_that_is_looked_at(arrived: Start) -> None:
    screen = arrived()
    screen.command("until parse_request").see("until at parse_request")
    screen.see("88/88 consumed", r"| Host: localhost\r\n")
    screen.command("step header").see("[H]ost: localhost")


def test_the_response_says_who_sent_it_and_goes_there(arrived: Start) -> None:
    screen = arrived()
    screen.press("c").see("exited with 0").press("7").see("HTTP/1.1 200 OK", "by send")
    line = _current(screen)
    screen.press("\r").gone(f">{line:>4} ").see("system  sendto")
    screen.press(".").see(f">{line:>4} ")


def test_calls_are_filtered(arrived: Start) -> None:
    screen = arrived().press("8").see("recvfrom(4, ", "process 101")
    screen.press("x").see("─ failed").press("x").see("─ process 101")
    screen.press("/").see("calls>").press("listen recvfrom all\r").see("100 listen(3, ")
    screen.see("─ listen recvfrom all", "101 recvfrom(4, ").press("a").gone("listen(3, ")
    screen.press("/").see("calls>").press("fd 3 all\r").see("─ fd 3 all").gone("recvfrom(4, ")
    screen.press("\x1b[H").see("100 bind(3, ", "100 listen(3, ")
    screen.press("/").see("calls>").press("opne\r").see("did you mean open")


def test_a_call_leads_to_where_it_was_made(arrived: Start) -> None:
    screen = arrived().press("8/").see("calls>").press("listen all\r").see("100 listen(3, ")
    # From the first line on: behind the calls there may be who waits.
    screen.press("\x1b[H\r").see("[1 Source]", "system  listen")


def test_enter_on_a_process_switches_to_it(arrived: Start) -> None:
    screen = arrived().press("9").see("> └ 101").press("\x1b[A\r")
    screen.see("> 100", "process 100, ")


def test_a_panel_is_zoomed_hidden_and_shown_again(arrived: Start) -> None:
    screen = arrived().press("3z").gone("[1 Source]").see("[3 Registers]", "x15 ")
    screen.press("z").see("[1 Source]")
    screen.press("h").gone("3 Registers").press("H").see("3 Registers")


def test_tab_goes_round_and_colon_comes_to_the_command_line(arrived: Start) -> None:
    screen = arrived().press("\t").see("[2 Code]").press("\x1b[Z").see("[1 Source]")
    screen.press(":").see("Enter does it").press("pri\t").see("> print")
    screen.press(" x28\r").see("<hot>").press("\x1b").see(" s step")


def test_completion_offers_labels_and_history_suggests(arrived: Start) -> None:
    screen = arrived().press(":").see("does it").press("break parse_req\t")
    screen.see("parse_request").press("\x15").press("print x2\r").see("0x1000 (4096)")
    screen.press("pri").until(lambda t: t.text.count("> print x2") == 2, "the suggestion")
    screen.press("\x1b[C\r").see("$2 = 0x1000")


def test_an_error_is_one_line_and_a_typo_has_a_remedy(arrived: Start) -> None:
    screen = arrived().command("brak x").see("no command 'brak'", "break")
    screen.command("print 1 +").see("^")
    screen.command("x/4x 16").see("nothing is mapped")


def test_help_closes_with_any_key(arrived: Start) -> None:
    screen = arrived().press("?").see("MOTION", "IN CALLS", "Any key closes")
    screen.press("s").until(lambda t: "MOTION" not in t.text and _current(t) > 0, "the source")


def test_a_long_continue_shows_that_it_runs_and_stops_on_a_key(arrived: Start) -> None:
    screen = arrived().press("c").see("exited with 0")
    screen.press("c").see("running: continue", "space or Ctrl-C stops it")
    screen.press(" ").see("interrupted, waiting in accept")
    screen.press("c").see("running: continue").press("\x03").see("interrupted, waiting in accept")


def test_a_command_stops_the_running_program_and_is_done(arrived: Start) -> None:
    screen = arrived().press("c").see("exited with 0").press("c").see("running: continue")
    screen.command("get /").see("client 2: GET /").press("c").see("process 102 exited")


def test_two_children_of_two_connections(arrived: Start) -> None:
    screen = arrived()
    screen.command("freeze").see("stands still")
    screen.command("get /files/").see("client 2").command("break on request").see("breakpoint 2")
    screen.press("c").see("breakpoint 2: request GET /files/").press("9")
    screen.see("101", "> └ 102")


def test_two_commands_tell_why_it_is_a_403(arrived: Start) -> None:
    screen = arrived("/files/../../secret").command("watch x0 if x0 == 403")
    screen.see("watchpoint 2").command("continue").see("fail    FORBIDDEN", "check_segment")


def test_mouse_and_wheel(arrived: Start) -> None:
    screen = arrived()
    row = next(i for i, line in enumerate(screen.lines) if "8 Calls" in line)
    place = f"{screen.lines[row].index('8 Calls') + 2};{row + 1}"
    screen.press(f"\x1b[<0;{place}M\x1b[<0;{place}m").see("[8 Calls]", "recvfrom(4")
    top = screen.lines[2]
    screen.press("\x1b[<64;10;5M").until(lambda t: t.lines[2] != top, "the wheel")


def test_it_follows_the_size_of_the_terminal(arrived: Start) -> None:
    screen = arrived()
    screen.resize(132, 42).see("[1 Source]", "[2 Code]", "[4 Stack]", "[8 Calls]")
    screen.resize(190, 60).see("[7 Response]", "[9 Processes]", "[2 Code]")
    screen.resize(40, 10).see("the screen needs", "60x16")
    screen.resize(80, 24).see("[1 Source] 2 Code", "s step").press("s").see("step at")


def test_no_colour_has_none_and_is_readable(arrived: Start) -> None:
    screen = arrived(NO_COLOR="1")
    colours = {
        colour
        for row in screen.screen.buffer.values()
        for cell in row.values()
        for colour in (cell.fg, cell.bg)
    }
    assert colours <= {"default"}
    assert "[1 Source]" in screen.text
    assert _current(screen)


def test_light_and_dark(arrived: Start) -> None:
    screen = arrived(YMAWKY_THEME="light")
    assert screen.screen.buffer[9][9].bg == "fbfcfd"
    screen.press("t").until(lambda t: t.screen.buffer[9][9].bg == "default", "no colours")
    screen.press("t").until(lambda t: t.screen.buffer[9][9].bg == "10151c", "the dark ones")


def test_copy_as_reaches_the_console_and_the_clipboard(arrived: Start) -> None:
    arrived().press("yc").see("curl -i --http1.1", "/index.html")


def test_a_program_that_no_client_asks_shows_its_calls(terminal: Start, tmp_path: Path) -> None:
    source = tmp_path / "quiet.s"
    source.write_text(".globl _main\n_main: mov x16, #20\n svc #0x80\n", encoding="utf-8")
    screen = terminal(str(source)).see("entry at _main", "[8 Calls]")
    screen.press("s").press("s").see("getpid() = ")


def test_the_program_is_typed_to(arrived: Start) -> None:
    arrived().press("i").see("to the program>").press("hello\r").see("to the program>")


def test_a_lost_terminal_leaves_the_breakpoints(
    terminal: Start, arrived: Start, tmp_path: Path
) -> None:
    screen = arrived().command("break parse_request").see("breakpoint 2")
    screen.child.kill(signal.Signals["SIGHUP"])
    screen.finish()
    again = terminal("--get", "/", columns=180, rows=40).see("lost its terminal", "Lreceive_exit")
    kept = next(tmp_path.rglob("restored-breakpoints"))
    again.command(f"source {kept}").see("breakpoint 2: parse_request")


def test_q_leaves(arrived: Start) -> None:
    assert arrived().press("q").finish() == 0


def test_quit_leaves_too(arrived: Start) -> None:
    assert arrived().press(":quit\r").finish() == 0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"columns": 50, "rows": 12}, "needs 60x16, so here is the plain console"),
        ({"TERM": "dumb"}, "cannot move its cursor, so here is the plain console"),
    ],
)
def test_a_poor_terminal_gets_the_plain_console(
    terminal: Start, more: dict[str, object], says: str
) -> None:
    screen = terminal("--get", "/", **more)
    screen.until(lambda t: says in t.text.replace("\n", ""), says).see("(ymawky-dbg)")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_in_tmux(tmp_path: Path) -> None:
    import sys

    environment = os.environ | {"TMUX_TMPDIR": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    environment.pop("TMUX", None)
    root = Path(__file__).parent.parent.parent

    def tmux(*words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", "screen", "-f", os.devnull, *words],
            env=environment, cwd=root, check=False, capture_output=True, text=True,
            timeout=PATIENCE,
        )  # fmt: skip
        return done.stdout

    program = f"{sys.executable} -m debugger.cli -nx --port 0 --get /"
    tmux("new-session", "-d", "-x", "100", "-y", "30", "-s", "one", program)
    try:
        _wait(lambda: "request GET / " in tmux("capture-pane", "-p"))
        tmux("send-keys", "n")
        _wait(lambda: "next at receive" in tmux("capture-pane", "-p"))
        tmux("resize-window", "-x", "140", "-y", "45")
        _wait(lambda: "[2 Code]" in tmux("capture-pane", "-p"))
    finally:
        tmux("kill-server")


def _wait(condition: Callable[[], bool]) -> None:
    import time

    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
