"""What came from clients and what went back: connections, requests, responses, and where they are.

The debugger sees every receive and send of the guest.  It knows for each byte in a receive
buffer which byte of which connection it is, so that an access of the program to the buffer says
what the program looks at; and for each piece that is sent, the routine that sent it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from debugger.places import Place
    from debugger.unwind import StackSnapshot
    from emu.kernel.files import OpenFile
    from emu.kernel.process import Process

__all__ = [
    "PIECE_MAX", "RECEIVES", "SENDS", "STREAM_MAX", "Connection", "Piece", "Request", "Traffic",
    "requests_in",
]  # fmt: skip

RECEIVES: Final = {"read", "readv", "recvfrom", "recvmsg"}
SENDS: Final = {"write", "writev", "sendto", "sendmsg"}
#: Connections that are remembered.
KEPT = 200
#: Bytes that are kept of each direction of a connection: a body may be a gigabyte.
STREAM_MAX: Final = 1 << 20
#: Bytes that are kept of what one call sent: more than anybody looks at.
PIECE_MAX: Final = 1 << 13


@dataclass(frozen=True, slots=True)
class Request:
    """One request in a connection's stream: offsets of its start, of its body, and of its end.

    ``body`` and ``end`` are -1 as long as the bytes that decide them have not come.
    """

    start: int
    body: int
    end: int
    line: str

    @property
    def method(self) -> str:
        """The request line's first word."""
        return self.line.partition(" ")[0]

    @property
    def target(self) -> str:
        """The request line's second word."""
        return self.line.partition(" ")[2].partition(" ")[0]


_LENGTH = re.compile(rb"\r?\ncontent-length[ \t]*:[ \t]*([0-9]+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r?\ntransfer-encoding[ \t]*:[^\r\n]*chunked", re.IGNORECASE)
_CHUNK_END = re.compile(rb"(?:^|\r\n)0+[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n")


def requests_in(stream: bytes | bytearray, at: int = 0) -> list[Request]:
    """Cut a client's bytes from ``at`` on into requests; the last may be incomplete."""
    out: list[Request] = []
    while at < len(stream):
        # A server may skip empty lines before a request.
        while stream[at : at + 2] == b"\r\n":
            at += 2
        line_end = stream.find(b"\n", at)
        if line_end < 0:
            if at < len(stream):
                out.append(Request(at, -1, -1, ""))
            break
        line = stream[at:line_end].rstrip(b"\r").decode("latin-1")
        head_end = stream.find(b"\r\n\r\n", at)
        body = head_end + 4 if head_end >= 0 else -1
        end = _end(stream, at, body) if body >= 0 else -1
        out.append(Request(at, body, end, line))
        if end < 0:
            break
        at = end
    return out


def _end(stream: bytes | bytearray, start: int, body: int) -> int:
    head = stream[start:body]
    if _CHUNKED.search(head):
        found = _CHUNK_END.search(stream, body)
        return found.end() if found else -1
    length = _LENGTH.search(head)
    end = body + (int(length[1]) if length else 0)
    return end if end <= len(stream) else -1


@dataclass(frozen=True, slots=True)
class Piece:
    """What one call sent: ``size`` bytes, the first of them, who sent them, and from where.

    ``place`` is the ``svc``, and ``stack`` what stood on the stack then.
    """

    data: bytes
    size: int
    pid: int
    call: str
    place: Place
    stack: StackSnapshot

    @property
    def chain(self) -> tuple[Place, ...]:
        """The routine that sent it and its callers, the innermost first."""
        return self.stack.places


@dataclass(frozen=True, slots=True)
class _Segment:
    """Guest memory that holds bytes of a stream."""

    address: int
    size: int
    offset: int


@dataclass(slots=True)
class Connection:
    """One client's connection.

    Attributes:
        number: counts from 1.
        name: the peer's address.
        received: the client's bytes so far.
        looked: offset in ``received`` of the byte that the program read last, or -1.
        consumed: offset behind the furthest byte that it has read.
        pieces: what was sent.
    """

    number: int
    file: OpenFile
    name: str
    pid: int
    received: bytearray = field(default_factory=bytearray)
    looked: int = -1
    consumed: int = 0
    pieces: list[Piece] = field(default_factory=list)
    announced: int = 0
    #: Offset of the field that a motion went to last, or -1; and the size of the last look.
    stepped: int = -1
    looked_size: int = 1
    segments: list[_Segment] = field(default_factory=list)
    #: Bytes that ``pieces`` hold.
    kept: int = 0
    #: The requests in the first ``_cut`` bytes received.
    _requests: list[Request] = field(default_factory=list)
    _cut: int = 0

    @property
    def requests(self) -> list[Request]:
        """The requests so far; not to be changed."""
        if self._cut != len(self.received):
            # Those that are complete stay what they are.
            done = [r for r in self._requests if r.end >= 0]
            self._cut = len(self.received)
            self._requests = done + requests_in(self.received, done[-1].end if done else 0)
        return self._requests

    def announce(self) -> list[str]:
        """Return the lines of the requests that have come since this was asked last."""
        fresh = [r.line for r in self.requests[self.announced :] if r.line]
        self.announced += len(fresh)
        return fresh

    def add(self, piece: Piece) -> None:
        """Keep a piece of what was sent."""
        self.pieces.append(piece)
        self.kept += len(piece.data)

    @property
    def answered(self) -> int:
        """How many final responses have been begun."""
        return sum(1 for p in self.pieces if _is_final(p.data))

    def current(self) -> Request | None:
        """The request that is being worked on: the last one whose response has been begun.

        Before a response to the next one is begun, that is the first unanswered request.
        """
        found = self.requests
        if not found:
            return None
        done = self.answered
        # While the response is sent its request is still the current one, until more is read.
        if done and (done >= len(found) or self.consumed <= found[done].start):
            done -= 1
        return found[min(done, len(found) - 1)]

    def response(self) -> list[Piece]:
        """The pieces of the response that was begun last."""
        starts = [i for i, p in enumerate(self.pieces) if _is_final(p.data)]
        return self.pieces[starts[-1] :] if starts else list(self.pieces)

    def offset_of(self, address: int) -> int | None:
        """Return which byte of the stream stands at a guest address."""
        for segment in reversed(self.segments):
            if segment.address <= address < segment.address + segment.size:
                return segment.offset + address - segment.address
        return None

    def address_of(self, offset: int) -> int | None:
        """Return where a byte of the stream stands in guest memory."""
        for segment in reversed(self.segments):
            if segment.offset <= offset < segment.offset + segment.size:
                return segment.address + offset - segment.offset
        return None

    def span(self) -> tuple[int, int] | None:
        """Return the first and last guest address that hold received bytes."""
        if not self.segments:
            return None
        first = min(s.address for s in self.segments)
        return first, max(s.address + s.size for s in self.segments) - 1

    def next_field(self) -> tuple[int, int] | None:
        """Return the offsets (first, last) of the field line that comes next.

        That is the one behind the byte that is looked at; a program that has read ahead, to find
        the header's end, will come back, so then the one behind the field stepped to last.
        """
        request = self.current()
        if request is None:
            return None
        done = max(self.stepped, request.start)
        found = self._field_behind(request, max(self.looked, done))
        return found or self._field_behind(request, done)

    def _field_behind(self, request: Request, at: int) -> tuple[int, int] | None:
        start = self.received.find(b"\r\n", at) + 2
        end = self.received.find(b"\r\n", start)
        if start < 2 or end <= start or (request.body >= 0 and start >= request.body):
            return None
        return start, end - 1


def _is_final(data: bytes) -> bool:
    return data[:7] == b"HTTP/1." and data[9:10] != b"1"


class Traffic:
    """All connections of a run."""

    def __init__(self) -> None:
        """Start with none."""
        self.connections: list[Connection] = []
        self._by_file: dict[int, Connection] = {}
        self._by_pid: dict[int, Connection] = {}
        self._count = 0

    def of(self, pid: int) -> Connection | None:
        """Return the connection that a process used last."""
        return self._by_pid.get(pid)

    def forked(self, parent: int, child: int) -> None:
        """A child uses what its parent used."""
        if parent in self._by_pid:
            self._by_pid[child] = self._by_pid[parent]

    def executed(self, pid: int) -> None:
        """The memory of a process is another one: what it received is no longer there."""
        connection = self._by_pid.get(pid)
        if connection is not None and connection.pid == pid:
            connection.segments.clear()

    def ended(self, pid: int) -> None:
        """Forget a process; what it received stays."""
        self._by_pid.pop(pid, None)

    def connection(self, process: Process, file: OpenFile) -> Connection:
        """Return the connection behind an open socket."""
        found = self._by_file.get(id(file))
        if found is None or found.file is not file:
            self._count += 1
            found = Connection(self._count, file, file.name, process.pid)
            self._by_file[id(file)] = found
            self.connections.append(found)
            if len(self.connections) > KEPT:
                oldest = self.connections.pop(0)
                self._by_file.pop(id(oldest.file), None)
        found.pid = process.pid
        self._by_pid[process.pid] = found
        return found

    def received(
        self, process: Process, file: OpenFile, pieces: list[tuple[int, bytes]]
    ) -> Connection:
        """Note bytes that came into guest memory: (address, data)."""
        connection = self.connection(process, file)
        for address, data in pieces:
            offset = len(connection.received)
            if offset + len(data) > STREAM_MAX:
                break
            connection.received += data
            last = address + len(data)
            # What stood there before is overwritten.
            connection.segments = [
                s for s in connection.segments if s.address + s.size <= address or s.address >= last
            ]
            connection.segments.append(_Segment(address, len(data), offset))
        return connection

    def looked(self, pid: int, address: int, size: int) -> None:
        """Note that the program read bytes of a receive buffer."""
        connection = self._by_pid.get(pid)
        offset = connection.offset_of(address) if connection is not None else None
        if connection is not None and offset is not None:
            connection.looked, connection.looked_size = offset, size
            end = min(offset + size, len(connection.received))
            connection.consumed = max(connection.consumed, end)
