"""The server itself under the debugger."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from debugger.client import get, raw
from debugger.commands.console import Console
from debugger.events import Ended, RequestArrived, ResponseStarts, StepDone
from debugger.session import Session
from emu.image import Image
from emu.launch import Options, load_program

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def image() -> Image:
    return load_program(None)


@pytest.fixture
def server(image: Image, tmp_path: Path) -> Iterator[Session]:
    for name in ("www", "err"):
        shutil.copytree(ROOT / name, tmp_path / name)
    with Session(Options(root=tmp_path, port=0), image=image) as session:
        session.policy.waits = False
        session.start()
        yield session


def arrive(session: Session, target: str = "/index.html") -> RequestArrived:
    """Play a client and stop in the child that has its request."""
    session.play(get(target))
    session.break_on_request(temporary=True)
    event = session.cont()
    assert isinstance(event, RequestArrived)
    return event


def test_one_command_leads_to_the_first_byte_of_a_request(server: Session) -> None:
    event = arrive(server)
    assert event.pid == 101
    assert event.head == "GET /index.html HTTP/1.1"
    connection = server.connection()
    assert bytes(connection.received).startswith(b"GET /index.html HTTP/1.1\r\n")
    assert connection.looked == -1


#: What Capstone calls by another name than the source.
_ALIASES = {
    "b.cc": "b.lo", "b.cs": "b.hs", "mov": "movz orr movn mov.w", "cmp": "subs", "tst": "ands",
    "movz": "mov", "movn": "mov", "lsl": "ubfiz", "sxtw": "sbfm", "ldr": "mov ldr", "mvn": "orn",
    "neg": "sub", "csetm": "csinv", "cset": "csinc", "cneg": "csneg", "uxtw": "mov", "mul": "madd",
    "ldur": "ldr", "stur": "str", "umov": "mov", "ins": "mov", "xtn": "xtn2", "cmn": "adds",
    "ror": "extr", "sxtl": "sshll", "uxtl": "ushll", "not": "mvn", "orr": "mov",
    "b.hs": "b.cs", "b.lo": "b.cc", "ldrb": "ldurb", "strb": "sturb", "ldrh": "ldurh", "bic": "and",
}  # fmt: skip


def test_every_line_of_the_line_table_is_the_line_of_its_instruction(image: Image) -> None:
    """All of the server's code: the word at an address is what its source line says."""
    from debugger.disassembly import decode
    from debugger.locations import is_code

    section = image.section("__TEXT", "__text")
    assert section is not None
    wrong, seen = [], 0
    for entry in image.lines.entries:
        if not is_code(image, entry.addr) or not section.addr <= entry.addr < section.addr + (
            section.size
        ):  # fmt: skip
            continue
        where = entry.where
        text = image.sources[where.path].splitlines()[where.line - 1]
        text = re.sub(r"//.*|^\s*[\w$.]+:", "", text).strip()
        mnemonic = text.split()[0].lower() if text.split() else ""
        if "\\" in mnemonic or not mnemonic:
            continue
        at = entry.addr - section.addr
        word = int.from_bytes(section.data[at : at + 4], "little")
        found = decode(word, entry.addr).mnemonic
        seen += 1
        if found != mnemonic and found not in _ALIASES.get(mnemonic, "").split():
            wrong.append(f"{where.line}: {text!r} is {found}")
    assert not wrong, "\n".join(wrong[:20])
    assert seen > 2000


def test_a_request_is_stepped_as_it_runs(server: Session) -> None:
    """Stepping shows each instruction once, in the order in which the free run executes them."""
    arrive(server)
    stepped: list[int] = []
    for _ in range(1500):
        event = server.step()
        if not isinstance(event, StepDone) or event.place.symbol == "send_all":
            break
        stepped.append(event.place.pc)
        assert event.place.line, f"no source line for {event.place}"
    assert len(stepped) > 300
    while server.focus.pid == 101:
        server.cont()
    # The same request again, at full speed but for a hook that only writes down.
    arrive(server)
    free: list[int] = []
    machine = server.engine.machine
    remove = machine.hook_code(
        lambda pc: free.append(pc) if server.engine.system.current.pid == 102 else None
    )
    server.break_at("send_all", temporary=True)
    server.cont()
    remove()
    # The clock's time is in the response, so compare up to there.
    common = min(len(stepped), len(free) - 1, 300)
    assert free[1 : common + 1] == stepped[:common]


def test_header_fields_one_by_one(server: Session) -> None:
    arrive(server)
    seen = []
    for _ in range(3):
        server.to_header_field()
        connection = server.connection()
        line = bytes(connection.received[connection.looked :]).partition(b"\r")[0]
        seen.append(line.partition(b":")[0])
    assert seen == [b"Host", b"User-Agent", b"Connection"]


@pytest.mark.parametrize(
    ("target", "status"), [("/index.html", 200), ("/../x", 403), ("/nothing", 404)]
)
def test_a_status_is_stopped_at_before_it_is_sent(
    server: Session, target: str, status: int
) -> None:
    server.play(get(target))
    server.break_on_status(f"{status}")
    event = server.cont()
    assert isinstance(event, ResponseStarts)
    assert event.status == status
    assert server.clients[0].response == b""
    names = [frame.place.symbol for frame in server.frames()]
    assert names[0] == "send_all"
    assert "serve_request" in names
    assert names[-1] == "_main"


def test_each_piece_of_a_response_names_who_sent_it(server: Session) -> None:
    arrive(server)
    event = server.cont()
    assert isinstance(event, Ended)
    pieces = server.connection().response()
    assert pieces[0].data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert pieces[0].place.symbol == "send_all"
    assert "serve_get" in [place.symbol for place in pieces[0].chain]


def test_two_children_of_two_connections_at_once(server: Session) -> None:
    server.follow("parent")
    server.break_at("parse_request")
    for target in ("/index.html", "/style.css"):
        server.play(get(target))
        server.cont()
        server.freeze()
        server.switch(100)
    alive = [r.pid for _, r in server.processes() if r.alive]
    assert alive == [100, 101, 102]
    for pid, name in ((101, b"/index.html"), (102, b"/style.css")):
        server.switch(pid)
        assert name in bytes(server.connection().received)
        assert server.place().symbol == "parse_request"
        server.thaw()
    server.lock("on")
    for pid in (102, 101, 102, 101):
        server.switch(pid)
        assert server.step().pid == pid
    assert server.place(101).pc == server.place(102).pc


def test_pipelined_requests_are_told_apart(server: Session) -> None:
    server.play(
        raw(
            b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
            b"GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
    )
    server.break_on_request(temporary=True)
    server.cont()
    connection = server.connection()
    assert [r.line for r in connection.requests] == ["GET /a HTTP/1.1", "GET /b HTTP/1.1"]
    current = connection.current()
    assert current is not None
    assert current.target == "/a"


def test_a_client_that_vanishes_leaves_the_session_alive(server: Session) -> None:
    arrive(server)
    server.clients[0].close()
    assert isinstance(server.cont(), Ended)
    assert server.alive
    arrive(server)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/../x", "403 was chosen at check_segment"),
        ("/nothing", "the last call that failed: open("),
    ],
)
def test_why_a_status(server: Session, target: str, said: str) -> None:
    """Two commands: break on the status, and continue."""
    lines: list[str] = []
    console = Console(server, out=lines.append)
    server.play(get(target))
    console.execute("break on status 4xx")
    console.execute("continue")
    assert any(said in line for line in lines), lines
    if "chosen" in said:
        assert any("since this was taken" in line for line in lines)
    console.execute("trail 3")
    assert len([line for line in lines if line.startswith(("taken", "not taken"))]) == 3
