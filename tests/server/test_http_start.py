"""Arguments, signals and the access log."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.server.exchange import ask, connect, request
from tests.server.site import HELLO
from tests.server.subject import command, serving
from tests.serving import PATIENCE, Served


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    words, cwd = command(root, *arguments)
    return subprocess.run(
        words, cwd=cwd, check=False, capture_output=True, text=True, timeout=PATIENCE
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["x"],
        ["65536"],
        ["99999999999999999999"],
        ["-1"],
        ["8080x"],
        [""],
        ["1.2.3:80"],
        ["1.2.3.4.5:80"],
        ["1.2.3.256:80"],
        ["1.2.3.4:"],
        ["1.2.3.4:x"],
        [":80"],
        ["localhost:80"],
        ["[::1]:80"],
        ["8080", "8081"],
        ["-x"],
        ["-dd"],
        ["-d", "8080", "x"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_a_bad_argument_gets_the_usage(root: Path, arguments: list[str]) -> None:
    done = _run(root, *arguments)
    assert done.returncode == 2
    assert done.stderr.lower().startswith("usage")
    assert done.stdout == ""


def test_a_port_in_use(root: Path, server: Served) -> None:
    done = _run(root, str(server.port))
    # Who looks first says it: the emulator (2) or the server (1).
    assert done.returncode in {1, 2}
    assert str(server.port) in done.stderr
    assert "in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def _started(root: Path, *arguments: str) -> subprocess.Popen[str]:
    words, cwd = command(root, *arguments)
    return subprocess.Popen(
        words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _port(process: subprocess.Popen[str]) -> int:
    """Return the port that the server says it listens on."""
    assert process.stdout
    said = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
    assert said
    return int(said[1])


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
def test_a_signal_ends_the_server_cleanly(root: Path, name: str) -> None:
    with _started(root, "127.0.0.1:0") as process:
        assert _port(process) > 0
        process.send_signal(signal.Signals[name])
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")


def test_with_d_it_ends_after_one_connection(root: Path) -> None:
    with _started(root, "-d", "0") as process:
        with socket.create_connection(("127.0.0.1", _port(process)), timeout=PATIENCE) as client:
            client.sendall(request("GET", "/hello.txt", "Connection: close"))
            data = b""
            while piece := client.recv(4096):
                data += piece
        out, err = process.communicate(timeout=PATIENCE)
    assert data.endswith(HELLO)
    assert (process.returncode, err) == (0, "")
    assert '"GET /hello.txt HTTP/1.1" 200' in out


LINE = re.compile(
    r'(?P<peer>\S+) - - \[(?P<time>[^]]+)\] "(?P<request>[^"]*)" (?P<status>\d{3}) (?P<size>\d+|-)'
)


def _await_lines(served: Served, count: int) -> None:
    """Wait for that many lines: each is written behind its answer, by a process of its own."""
    deadline = time.monotonic() + PATIENCE
    while served.log.read_bytes().count(b"\n") < count:
        assert time.monotonic() < deadline, served.log.read_text()
        time.sleep(0.01)


@pytest.fixture(scope="module")
def logged(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return what the server logs of one request after the other."""
    scratch = tmp_path_factory.mktemp("log")
    with serving(root, scratch) as served:
        with connect(served) as link:
            link.send(request("GET", "/hello.txt"))
            link.answer()
            link.send(request("HEAD", "/hello.txt?q=1"))
            link.answer(b"HEAD")
            link.send(request("GET", "/digits.bin", "Range: bytes=0-9"))
            link.answer()
            link.send(request("GET", '/no"such\\thing'))
            link.answer()
            link.send(request("GET", "/\xff\xfe"))
            link.answer()
            link.send(request("OPTIONS", "*"))
            link.answer()
        # Each connection has a process, and it logs when the client has its answer already.
        _await_lines(served, 7)
        ask(served, b"GET /\x1b[31m HTTP/1.1\r\n\r\n")
        _await_lines(served, 8)
        ask(served, b"\x01\x02\x03\r\n\r\n")
        _await_lines(served, 9)
        return served.log.read_bytes().decode("ascii").splitlines()


def test_the_first_line_says_where_it_listens(logged: list[str]) -> None:
    assert re.search(r"127\.0\.0\.1:\d+", logged[0])


def test_a_line_for_each_request(logged: list[str]) -> None:
    lines = [LINE.fullmatch(line) for line in logged[1:]]
    assert all(lines)
    seen = [(m["request"], m["status"], m["size"]) for m in lines if m]
    assert seen[0] == ("GET /hello.txt HTTP/1.1", "200", str(len(HELLO)))
    assert seen[1][:2] == ("HEAD /hello.txt?q=1 HTTP/1.1", "200")
    assert seen[1][2] in {"0", "-"}
    assert seen[2] == ("GET /digits.bin HTTP/1.1", "206", "10") or seen[2][1:] == ("206", "10")
    assert [s[1] for s in seen] == ["200", "200", "206", "404", "404", "204", "400", "400"]


def test_the_log_says_who_and_when(logged: list[str]) -> None:
    for line in logged[1:]:
        match = LINE.fullmatch(line)
        assert match
        assert match["peer"] == "127.0.0.1"
        moment = datetime.strptime(match["time"], "%d/%b/%Y:%H:%M:%S %z")
        assert moment.utcoffset() == UTC.utcoffset(None)
        assert abs((datetime.now(UTC) - moment).total_seconds()) < 120


def test_nobody_can_forge_a_line_or_move_a_terminal(logged: list[str]) -> None:
    for line in logged:
        assert line.isprintable()
    assert '"' not in (LINE.fullmatch(logged[4]) or [""])[0].split('"', 2)[1]
