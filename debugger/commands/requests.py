"""Commands on requests, responses and the clients that the debugger plays."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from debugger import client
from debugger.commands.arguments import count_of, words
from debugger.commands.table import command
from debugger.expressions.lexer import unescape
from debugger.render import quoted, why_lines
from debugger.trail import branches
from emu.errors import DebugError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from debugger.commands.console import Console
    from debugger.request import Connection, Piece, Request

__all__: list[str] = []

#: Lines of a body that are shown.
_BODY_LINES = 12


@command("request", aliases=("req", "info request"), group="request", usage="[CONNECTION]")
def request(console: Console, text: str) -> None:
    """Show the request that the process works on, and the byte that it looks at now.

    The byte is the last one that was read from the buffer; what stands before the bar has been
    consumed.  With a number the request of that connection.
    """
    connection = _connection(console, text)
    current = connection.current()
    read = len(connection.received)
    console.say(
        f"connection {connection.number} from {connection.name or 'a client'}, "
        f"process {connection.pid}: {read} bytes received, {connection.consumed} consumed"
    )
    if current is None:
        console.say("  (no byte has come yet)")
        return
    console.say("\n".join(_marked(connection, current)))
    if connection.looked >= 0:
        first, size = connection.looked, connection.looked_size
        seen = quoted(bytes(connection.received[first : first + size]))
        where = f"byte {first}" if size == 1 else f"bytes {first} to {first + size - 1}"
        console.say(f"looks at {where}: {seen}, in {_part(connection, current)}")
    elif read:
        console.say("no byte of it has been looked at yet")


def _connection(console: Console, text: str) -> Connection:
    if not text:
        return console.session.connection()
    found = [c for c in console.session.connections() if str(c.number) == text]
    if not found:
        raise DebugError(f"no connection {text}: see 'info connections'")
    return found[0]


def _marked(connection: Connection, current: Request) -> Iterator[str]:
    """Yield the request's lines; a caret stands under the byte that is looked at."""
    end = current.end if current.end >= 0 else len(connection.received)
    data = bytes(connection.received[current.start : end])
    at = current.start
    for shown, line in enumerate(data.splitlines(keepends=True)):
        if shown == 2 * _BODY_LINES:
            yield f"  … {end - at} more bytes"
            return
        text = quoted(line)[1:-1]
        sign = "|" if at + len(line) <= connection.consumed else " "
        yield f"  {sign} {text}"
        if at <= connection.looked < at + len(line):
            before = quoted(line[: connection.looked - at])[1:-1]
            inside = line[connection.looked - at :][: connection.looked_size]
            yield f"    {' ' * len(before)}^{'~' * (len(quoted(inside)) - 3)}"
        at += len(line)


def _part(connection: Connection, current: Request) -> str:
    at = connection.looked
    if current.body >= 0 and at >= current.body:
        return "the body"
    start = connection.received.rfind(b"\n", 0, at) + 1
    line = bytes(connection.received[start : connection.received.find(b"\r", start)])
    if start <= current.start:
        return "the request line"
    return f"the field {line.partition(b':')[0].decode('latin-1')}" if line else "the header's end"


@command("response", aliases=("resp", "info response"), group="request", usage="[CONNECTION]")
def response(console: Console, text: str) -> None:
    """Show the bytes sent so far, and for each piece the routine and the line that sent it."""
    connection = _connection(console, text)
    pieces = connection.response()
    if not pieces:
        console.say(f"connection {connection.number}: nothing has been sent yet")
        return
    total = sum(p.size for p in pieces)
    count = f"{len(pieces)} piece{'s' * (len(pieces) > 1)}"
    console.say(f"connection {connection.number}: {total} bytes in {count}")
    for piece in pieces:
        console.say(f"  {piece.size} bytes by {piece.call} in {piece.place}{_chain(piece)}")
        for line in _lines(piece.data):
            console.say(f"    {line}")
        if piece.size > len(piece.data):
            console.say(f"    … of which the first {len(piece.data)} are kept")


def _chain(piece: Piece) -> str:
    callers = [f"{p.symbol}:{p.line}" if p.line else p.label for p in piece.chain[1:5]]
    return f", for {' ← '.join(callers)}" if callers else ""


def _lines(data: bytes) -> Iterator[str]:
    lines = data.splitlines(keepends=True)
    for line in lines[:_BODY_LINES]:
        yield quoted(line, 120)
    if len(lines) > _BODY_LINES:
        yield f"… {len(lines) - _BODY_LINES} more lines"


@command("info connections", aliases=("connections",), group="request")
def info_connections(console: Console, text: str) -> None:
    """List the clients' connections: request line, bytes, what was answered."""
    del text
    found = console.session.connections()
    if not found:
        console.say("no client has sent anything yet")
    for connection in found:
        lines = [r.line for r in connection.requests if r.line]
        status = [p.data.partition(b"\r")[0].decode("latin-1") for p in connection.response()[:1]]
        line = lines[-1] if lines else "(no line)"
        answer = status[0] if status else "nothing yet"
        console.say(f"{connection.number:>4}  process {connection.pid}  {line}  → {answer}")


@command("why", group="request", usage="[STATUS]")
def why(console: Console, text: str) -> None:
    """Say where the status of the present response was decided, and which branch led there.

    The way of the process is kept while a 'break on status' is set; without STATUS that of the
    response that is about to be sent, or was sent last.
    """
    session = console.session
    status = text
    if not status:
        head = getattr(session.event, "head", "")
        pieces = session.connection().response()
        sent = pieces[0].data.decode("latin-1") if pieces else ""
        status = (head if head.startswith("HTTP/") else sent)[9:12]
    if not status.isdecimal():
        raise DebugError("no response has been begun: 'break on status 4xx', then continue")
    lines = list(why_lines(session, _answering(console), int(status)))
    if not lines:
        raise DebugError(f"nothing is known of {status}: set 'break on status {status}' beforehand")
    console.say("\n".join(lines))


def _answering(console: Console) -> int:
    """Return the process whose way is told: the focus, or the one that answered last."""
    session = console.session
    focus, connections = session.focus.pid, session.connections()
    if session.engine.traffic.of(focus) is None and connections:
        return connections[-1].pid
    return focus


@command("trail", group="request", usage="[N]")
def trail(console: Console, text: str) -> None:
    """Show the last N (10) conditional branches on the way here, while 'break on status' is set."""
    session = console.session
    pid = _answering(console)
    code = session.code_of(pid)
    count = count_of(console, text, 10)
    found = list(itertools.islice(branches(code, session.engine.trail, pid), min(count, 1000)))
    if not found:
        raise DebugError("no way is kept: it is while a 'break on status' is set")
    for branch, taken in reversed(found):
        place = session.place_of(branch.address)
        sign = "taken    " if taken else "not taken"
        console.say(f"{sign} {place}: {session.source(place.path, place.line).strip()}")


def _play(console: Console, made: client.ClientRequest) -> None:
    console.session.play(made)
    console.say(f"client {len(console.session.clients)}: {made.label}")


@command("get", group="request", usage="TARGET")
def get(console: Console, text: str) -> None:
    """Be a client: request TARGET; the program sees it once it runs."""
    if not text:
        raise DebugError("get: 'get /index.html'")
    _play(console, client.get(text))


@command("put", group="request", usage="TARGET FILE")
def put(console: Console, text: str) -> None:
    """Be a client: send the content of a file of yours as TARGET."""
    parts = words(text)
    if len(parts) != 2:
        raise DebugError("put: 'put /notes.txt FILE'")
    _play(console, client.put(parts[0], Path(parts[1])))


@command("send", aliases=("raw",), group="request", usage="'BYTES'")
def send(console: Console, text: str) -> None:
    r"""Be a client: send these bytes; \r \n \t \0 \xHH are understood."""
    if not text:
        raise DebugError(r"send: 'send GET / HTTP/1.1\r\nHost: a\r\n\r\n'")
    if text[0] in "\"'" and text[-1] == text[0] and len(text) > 1:
        text = text[1:-1]
    _play(console, client.raw(unescape(text)))


@command("send file", group="request", usage="FILE")
def send_file(console: Console, text: str) -> None:
    """Be a client: send the bytes of a file as they are."""
    if not text:
        raise DebugError("send file: a file is expected")
    _play(console, client.request_file(Path(text)))


@command("info clients", aliases=("clients",), group="request")
def info_clients(console: Console, text: str) -> None:
    """List the clients that the debugger plays, and what they got."""
    del text
    if not console.session.clients:
        console.say("the debugger plays no client: 'get /index.html' does")
    for number, one in enumerate(console.session.clients, 1):
        got = one.response.partition(b"\r")[0].decode("latin-1") or "nothing yet"
        problem = f" ({one.problem})" if one.problem else ""
        console.say(f"{number:>4}  {one.request.label}: {one.state}{problem}, got {got}")


@command("hang up", aliases=("hangup",), group="request", usage="[CLIENT]")
def hang_up(console: Console, text: str) -> None:
    """Let a client (the last one) vanish, as clients do."""
    clients = console.session.clients
    number = int(text) if text.isdecimal() else len(clients)
    if not 1 <= number <= len(clients):
        raise DebugError(f"no client {text or '(none is played)'}: see 'info clients'")
    clients[number - 1].close()
    console.say(f"client {number} has gone")


def _forms(console: Console, text: str) -> Iterable[str]:
    del console, text
    return ["curl", "raw", "strace", "gdb"]


@command("copy as", aliases=("copy",), group="request", usage="curl|raw|strace [N]|gdb",
         complete=_forms)  # fmt: skip
def copy_as(console: Console, text: str) -> None:
    """Write something in a form to take away.

    curl: the present request as a curl command; raw: its bytes, for 'send'; strace N: call N
    of 'calls' (the last one without N); gdb: commands that bring gdb to this place.
    """
    form, _, rest = text.partition(" ")
    match form:
        case "curl":
            console.say(_curl(console))
        case "raw":
            connection = console.session.connection()
            current = connection.current()
            data = connection.received[current.start :] if current is not None else b""
            console.say(quoted(bytes(data), 1 << 20)[1:-1])
        case "strace":
            records = console.session.calls()
            wanted = [r for r in records if not rest or str(r.sequence) == rest.strip()]
            if not wanted:
                raise DebugError(f"no call {rest.strip()}: see 'calls'")
            console.say(f"[pid {wanted[-1].pid}] {wanted[-1].line}")
        case "gdb":
            place = console.session.place()
            console.say(f"break *{place.pc:#x}\ncontinue\nx/4i $pc\ninfo registers")
        case _:
            raise DebugError("copy as: curl, raw, strace or gdb")


def _body(connection: Connection, current: Request, *, chunked: bool) -> bytes:
    """Return what has come of a request's body, without the framing of chunks."""
    if current.body < 0:
        return b""
    end = current.end if current.end >= 0 else len(connection.received)
    left = bytes(connection.received[current.body : end])
    if not chunked:
        return left
    out = b""
    while left:
        size, _, left = left.partition(b"\r\n")
        length = re.match(rb"[0-9a-fA-F]+", size)
        count = int(length[0], 16) if length else 0
        out += left[:count]
        left = left[count + 2 :] if count else b""
    return out


def _curl(console: Console) -> str:
    session = console.session
    connection = session.connection()
    current = connection.current()
    if current is None or not current.line:
        raise DebugError("no request has come yet")
    head = bytes(connection.received[current.start : current.body if current.body >= 0 else None])
    out = ["curl", "-i", "--http1.1"]
    if current.method == "HEAD":
        out.append("-I")
    elif current.method != "GET":
        out += ["-X", current.method]
    host = ""
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "host":
            host = value.strip()
        if name and name.lower() != "content-length":
            out += ["-H", line]
    body = _body(connection, current, chunked=b"chunked" in head.lower())
    feed = ""
    if body:
        # Every byte as an octal number: any shell hands it on as it is.
        feed = f"printf '{''.join(f'{chr(92)}{byte:03o}' for byte in body)}' | "
        out += ["--data-binary", "@-"]
    listeners = session.engine.listeners
    address = listeners[-1].handle.host_address() if listeners else None
    where = f"{address.host}:{address.port}" if address is not None else host
    return feed + shlex.join([*out, "--path-as-is", f"http://{where}{current.target}"])
