"""A fixed list of requests, and what a server answers to each, for two servers to be compared."""

from __future__ import annotations

import re

from tests.serving import Served

__all__ = ["REQUESTS", "answer", "comparable_log"]


def _request(line: str, *fields: str, body: bytes = b"") -> bytes:
    lines = [f"{line} HTTP/1.1", "Host: localhost", "Connection: close", *fields]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


#: Raw requests for the site of :mod:`tests.server.site`; what one puts, a later one deletes.
REQUESTS: tuple[bytes, ...] = (
    _request("GET /"),
    _request("GET /hello.txt"),
    _request("HEAD /hello.txt"),
    _request("GET /hello.txt?query=1"),
    _request("GET /big.bin"),
    _request("GET /digits.bin", "Range: bytes=10-19"),
    _request("GET /digits.bin", "Range: bytes=-5"),
    _request("GET /digits.bin", "Range: bytes=5000-"),
    _request("GET /digits.bin", "Range: bytes=0-1,5-6"),
    _request("GET /hello.txt", "If-None-Match: *"),
    _request("GET /hello.txt", 'If-Match: "other"'),
    _request("GET /hello.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"),
    _request("GET /with%20space.txt"),
    _request("GET /a..b"),
    _request("GET /directory"),
    _request("GET /directory/"),
    _request("GET /listed/"),
    _request("GET /empty.txt"),
    _request("GET /nothing"),
    _request("GET /../secret.txt"),
    _request("GET /%2e%2e/secret.txt"),
    _request("GET /link.txt"),
    _request("GET /out/secret.txt"),
    _request("GET /fifo"),
    _request("GET /socket"),
    _request("GET /%zz"),
    _request("GET /" + "a" * 5000),
    _request("GET /", "X: " + "y" * 20_000),
    _request("OPTIONS *"),
    _request("OPTIONS /hello.txt"),
    _request("PUT /put.txt", body=b"some bytes"),
    _request("GET /put.txt"),
    _request("PUT /put.txt", "Transfer-Encoding: chunked")
    + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
    _request("GET /put.txt"),
    _request("PUT /put.txt", "If-None-Match: *", body=b"x"),
    _request("PUT /put.txt"),
    _request("PUT /nothing/put.txt", body=b"x"),
    _request("PUT /directory", body=b"x"),
    _request("DELETE /put.txt"),
    _request("DELETE /put.txt"),
    _request("DELETE /directory"),
    _request("POST /", body=b"x=y"),
    _request("BREW /"),
    _request("FETCH /"),
    b"GET /hello.txt HTTP/1.0\r\n\r\n",
    b"GET /hello.txt HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: h\r\n\r\n",
    b"\0\1\2\3\r\n\r\n",
    b"GET /hello.txt HTTP/1.1\r\nHost: h\r\n\r\n" + _request("GET /a..b"),
)

_DATE = re.compile(rb"\r\nDate: [^\r]*")
_VALIDATORS = re.compile(rb"\r\n(?:ETag|Last-Modified): [^\r]*")
_LOG_TIME = re.compile(r"\[[^]]*\]")


def answer(served: Served, data: bytes) -> bytes:
    """Return all that comes back, without dates and without what only a new file can tell."""
    got = b""
    with served.connect() as connection:
        try:
            connection.sendall(data)
            while piece := connection.recv(1 << 16):
                got += piece
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has answered and does not read on
    got = _DATE.sub(b"", got)
    return _VALIDATORS.sub(b"", got) if b"/put.txt " in data else got


def comparable_log(log: str, port: int) -> list[str]:
    """Return the lines of an access log without time and port, in the order of the alphabet.

    A child writes its line when the client may have its answer already, and asks on.
    """
    return sorted(_LOG_TIME.sub("[…]", log).replace(f":{port}", ":PORT").splitlines())
