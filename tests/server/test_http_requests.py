"""Which requests are served and which are refused: request lines, fields, targets."""

from __future__ import annotations

import pytest

from tests.server.exchange import ask, connect, request
from tests.server.site import HELLO
from tests.serving import Served

REQUEST_MAX = 16 * 1024
PATH_MAX = 4096

pytestmark = pytest.mark.usefixtures("untouched")


def _get(line: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join([line, b"Host: localhost", *fields, b"", b""])


def _named(cases: dict[str, tuple[bytes, int]]) -> list[object]:
    return [pytest.param(data, status, id=name) for name, (data, status) in cases.items()]


LINES = {
    "a lower-case method": (b"get /hello.txt HTTP/1.1", 501),
    "a longer method": (b"GETT /hello.txt HTTP/1.1", 501),
    "a shorter method": (b"GE /hello.txt HTTP/1.1", 501),
    "an unknown method": (b"PROPFIND /hello.txt HTTP/1.1", 501),
    "a very long method": (b"M" * 300 + b" /hello.txt HTTP/1.1", 501),
    "tchar in a method": (b"M-!#$%&'*+.^_`|~9 /hello.txt HTTP/1.1", 501),
    "no token as method": (b"G@T /hello.txt HTTP/1.1", 400),
    "no ASCII as method": (b"G\xc3\x84T /hello.txt HTTP/1.1", 400),
    "a quoted method": (b'"GET" /hello.txt HTTP/1.1', 400),
    "no method": (b" /hello.txt HTTP/1.1", 400),
    "no target": (b"GET HTTP/1.1", 400),
    "an empty target": (b"GET  HTTP/1.1", 400),
    "no version": (b"GET /hello.txt", 400),
    "an empty version": (b"GET /hello.txt ", 400),
    "two blanks": (b"GET  /hello.txt HTTP/1.1", 400),
    "two blanks before the version": (b"GET /hello.txt  HTTP/1.1", 400),
    "a tab": (b"GET\t/hello.txt HTTP/1.1", 400),
    "a blank at the end": (b"GET /hello.txt HTTP/1.1 ", 400),
    "a fourth word": (b"GET /hello.txt HTTP/1.1 x", 400),
    "a blank in the target": (b"GET /with space.txt HTTP/1.1", 400),
    "a later 1.x": (b"GET /hello.txt HTTP/1.9", 200),
    "HTTP/1.0": (b"GET /hello.txt HTTP/1.0", 200),
    "HTTP/2.0": (b"GET /hello.txt HTTP/2.0", 505),
    "HTTP/0.9": (b"GET /hello.txt HTTP/0.9", 505),
    "HTTP/3.1": (b"GET /hello.txt HTTP/3.1", 505),
    "two digits": (b"GET /hello.txt HTTP/1.10", 400),
    "two digits in front": (b"GET /hello.txt HTTP/01.1", 400),
    "no minor version": (b"GET /hello.txt HTTP/1", 400),
    "a letter": (b"GET /hello.txt HTTP/1.x", 400),
    "a comma": (b"GET /hello.txt HTTP/1,1", 400),
    "a lower-case name": (b"GET /hello.txt http/1.1", 400),
    "another protocol": (b"GET /hello.txt FTP/1.1", 400),
    "a shorter name": (b"GET /hello.txt HTT/1.1", 400),
    "NUL": (b"GET /hello\0.txt HTTP/1.1", 400),
    "NUL as method": (b"\0 / HTTP/1.1", 400),
    "a bare CR": (b"GET /hello.txt\rHTTP/1.1", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "HTTP/2's preface": (b"PRI * HTTP/2.0", 505),
}


@pytest.mark.parametrize(("line", "status"), _named(LINES))
def test_the_request_line(server: Served, line: bytes, status: int) -> None:
    answer = ask(server, _get(line))
    assert answer.status == status
    if status in {400, 501, 505}:
        assert f"{status} {answer.reason}" in answer.body.decode()


FIELDS = {
    "a field that starts like Range": (b"Rangefoo: bytes=0-1", 200),
    "a field that is the start of Range": (b"Rang: bytes=0-1", 200),
    "Content-Length's start": (b"Content-Lengt: x", 200),
    "any case": (b"rAnGe: bytes=0-1", 206),
    "no blank": (b"Range:bytes=0-1", 206),
    "tabs and blanks": (b"Range: \t bytes=0-1 \t ", 206),
    "an empty value": (b"X-Empty:", 200),
    "a blank value": (b"X-Empty: \t ", 200),
    "obs-text": (b"X-Name: \xc3\xa4\xff", 200),
    "all tchar": (b"!#$%&'*+-.^_`|~09aZ: x", 200),
    "white space before the colon": (b"X : y", 400),
    "a tab before the colon": (b"X\t: y", 400),
    "Content-Length with white space": (b"Content-Length : 0", 400),
    "a folded value": (b"X: y\r\n z", 400),
    "a folded value with a tab": (b"X: y\r\n\tz", 400),
    "an empty name": (b": y", 400),
    "no colon": (b"X", 400),
    "a bracket in a name": (b"X(y): z", 400),
    "a blank in a name": (b"X y: z", 400),
    "a control character in a name": (b"X\x01: z", 400),
    "obs-text in a name": (b"X\xe4: z", 400),
    "NUL in a name": (b"X\0: z", 400),
    "NUL in a value": (b"X: y\0z", 400),
    "a bare CR in a value": (b"X: y\rz", 400),
    "a bare CR at the end": (b"X: y\r\r\n", 400),
    "a bare LF in a value": (b"X: y\nz: a", 400),
    "a bare LF and a blank": (b"X: y\n z", 400),
    "a control character in a value": (b"X: y\x01z", 400),
    "DEL in a value": (b"X: y\x7fz", 400),
}


@pytest.mark.parametrize(("field", "status"), _named(FIELDS))
def test_a_field(server: Served, field: bytes, status: int) -> None:
    assert ask(server, _get(b"GET /hello.txt HTTP/1.1", field)).status == status


def test_white_space_before_the_first_field_is_refused(server: Served) -> None:
    data = b"GET /hello.txt HTTP/1.1\r\n Host: localhost\r\n\r\n"
    assert ask(server, data).status == 400


def test_lines_that_end_with_lf_alone_are_refused(server: Served) -> None:
    assert ask(server, b"GET /hello.txt HTTP/1.1\nHost: localhost\n\n").status == 400


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_few_empty_lines_before_a_request_are_skipped(server: Served, count: int) -> None:
    answer = ask(server, b"\r\n" * count + request("GET", "/hello.txt"))
    assert (answer.status, answer.body) == (200, HELLO)


def test_empty_lines_without_end_are_refused(server: Served) -> None:
    assert ask(server, b"\r\n" * 5000).status == 400


HOSTS = {
    "one": (b"Host: localhost", 200),
    "one of any case": (b"hOST: localhost", 200),
    "with a port": (b"Host: localhost:8080", 200),
    "with an empty port": (b"Host: localhost:", 200),
    "IPv4": (b"Host: 127.0.0.1:80", 200),
    "IPv6": (b"Host: [::1]:80", 200),
    "IPv6 alone": (b"Host: [2001:db8::7]", 200),
    "empty": (b"Host:", 200),
    "escaped": (b"Host: a%20b", 200),
    "none": (b"X: y", 400),
    "two": (b"Host: a\r\nHost: b", 400),
    "twice the same": (b"Host: a\r\nHost: a", 400),
    # A comma is a sub-delim, but ", " holds a blank, which nothing in a host may.
    "two in one": (b"Host: a, b", 400),
    "two words": (b"Host: a b", 400),
    "a path": (b"Host: a/b", 400),
    "a user": (b"Host: me@a", 400),
    "no port number": (b"Host: a:b", 400),
    "two ports": (b"Host: a:1:2", 400),
    "an open bracket": (b"Host: [::1", 400),
    "empty brackets": (b"Host: []", 400),
    "behind a bracket": (b"Host: [::1]x", 400),
    "a bad escape": (b"Host: a%2", 400),
    "a question mark": (b"Host: a?b", 400),
    "a fragment": (b"Host: a#b", 400),
    "a backslash": (b"Host: a\\b", 400),
    "no ASCII": (b"Host: \xc3\xa4", 400),
}


@pytest.mark.parametrize(("field", "status"), _named(HOSTS))
def test_host(server: Served, field: bytes, status: int) -> None:
    assert ask(server, b"GET /hello.txt HTTP/1.1\r\n" + field + b"\r\n\r\n").status == status


def test_host_is_optional_in_1_0(server: Served) -> None:
    assert ask(server, b"GET /hello.txt HTTP/1.0\r\n\r\n").body == HELLO


def test_two_hosts_are_refused_in_1_0_too(server: Served) -> None:
    data = b"GET /hello.txt HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"
    assert ask(server, data).status == 400


def _padded(size: int) -> bytes:
    """Return a good request with a header section of ``size`` bytes."""
    bare = _get(b"GET /hello.txt HTTP/1.1", b"X: ")
    return _get(b"GET /hello.txt HTTP/1.1", b"X: " + b"p" * (size - len(bare)))


def test_a_header_section_of_the_largest_size_is_served(server: Served) -> None:
    data = _padded(REQUEST_MAX)
    assert len(data) == REQUEST_MAX
    assert ask(server, data).body == HELLO


@pytest.mark.parametrize("size", [REQUEST_MAX + 1, REQUEST_MAX + 500, 10 * REQUEST_MAX])
def test_a_larger_header_section_gets_431(server: Served, size: int) -> None:
    assert ask(server, _padded(size)).status == 431


def test_too_many_fields_get_431(server: Served) -> None:
    data = _get(b"GET /hello.txt HTTP/1.1", *[b"X%d: y" % i for i in range(5000)])
    assert ask(server, data).status == 431


def test_a_target_of_the_largest_size_is_looked_up(server: Served) -> None:
    path = "/hello.txt?" + "q" * (PATH_MAX - len("/hello.txt?"))
    assert ask(server, request("GET", path)).body == HELLO


@pytest.mark.parametrize("size", [PATH_MAX + 1, 3 * PATH_MAX, REQUEST_MAX, 3 * REQUEST_MAX])
def test_a_longer_target_gets_414(server: Served, size: int) -> None:
    assert ask(server, request("GET", "/" + "a" * (size - 1))).status == 414


TARGETS = {
    "plain": (b"/hello.txt", 200),
    "a query": (b"/hello.txt?x=1&y=%zz", 200),
    "an empty query": (b"/hello.txt?", 200),
    "two question marks": (b"/hello.txt??", 200),
    "dots in a query": (b"/hello.txt?/../", 200),
    "escaped letters": (b"/%68ello%2Etxt", 200),
    "escaped unreserved characters": (b"/%61%2e%2E%62", 200),
    "lower-case hex": (b"/hello%2etxt", 200),
    "an escaped question mark": (b"/hello.txt%3Fx", 404),
    "a blank": (b"/with%20space.txt", 200),
    "a percent sign": (b"/100%25.txt", 200),
    "a plus sign is no blank": (b"/with+space.txt", 404),
    "decoded once only": (b"/%2568ello.txt", 404),
    "raw UTF-8": ("/naïve.txt".encode(), 200),
    "escaped UTF-8": (b"/na%C3%AFve.txt", 200),
    "raw bytes that are no UTF-8": (b"/\xff\xfe", 404),
    "escaped bytes that are no UTF-8": (b"/%ff%80", 404),
    "a dot segment": (b"/./hello.txt", 200),
    "dot segments": (b"/././directory/./index.html", 200),
    "an escaped dot segment": (b"/%2e/hello.txt", 200),
    "repeated slashes": (b"///directory////index.html", 200),
    "an escaped slash": (b"/directory%2findex.html", 200),
    "dots in a name": (b"/a..b", 200),
    "three dots": (b"/...", 200),
    "absolute form": (b"http://example.org/hello.txt", 200),
    "absolute form with a port": (b"http://example.org:8080/hello.txt?x", 200),
    "absolute form of any case": (b"hTTp://EXAMPLE.org/hello.txt", 200),
    "absolute form without a path": (b"http://example.org", 200),
    "absolute form with a query only": (b"http://example.org?x=1", 200),
    "absolute form with IPv6": (b"http://[::1]:80/hello.txt", 200),
    "absolute form without a host": (b"http:///hello.txt", 400),
    "absolute form with a port only": (b"http://:80/hello.txt", 400),
    "absolute form with a bad port": (b"http://h:x/hello.txt", 400),
    "absolute form with a user": (b"http://me@h/hello.txt", 400),
    "https": (b"https://localhost/hello.txt", 400),
    "another scheme": (b"ftp://h/hello.txt", 400),
    "no slash": (b"hello.txt", 400),
    "authority form": (b"localhost:80", 400),
    "an asterisk": (b"*", 400),
    "an asterisk and more": (b"*x", 400),
    "a query only": (b"?x", 400),
    "a fragment": (b"/hello.txt#x", 400),
    "a fragment in a query": (b"/hello.txt?x#y", 400),
    "a bad escape": (b"/hello%zz.txt", 400),
    "a half escape": (b"/hello%2", 400),
    "a bare percent sign": (b"/hello%", 400),
    "a percent sign and a slash": (b"/%/hello.txt", 400),
    "a short escape before a query": (b"/hello%2?x", 400),
    "an escaped NUL": (b"/hello.txt%00", 400),
    "an escaped NUL amid": (b"/hello.txt%00.html", 400),
    "an escaped LF": (b"/hello%0a.txt", 400),
    "an escaped CR LF": (b"/%0d%0aX:%20y", 400),
    "an escaped DEL": (b"/%7f", 400),
    "an escaped tab": (b"/%09", 400),
    "a raw control character": (b"/\x01", 400),
    "a raw DEL": (b"/\x7f", 400),
    "nothing there": (b"/nothing", 404),
    "a file as a directory": (b"/hello.txt/", 404),
    "below a file": (b"/hello.txt/x", 404),
    "a backslash is a letter": (b"/..\\secret.txt", 404),
}


@pytest.mark.parametrize(("target", "status"), _named(TARGETS))
def test_a_target(server: Served, target: bytes, status: int) -> None:
    assert ask(server, request("GET", target)).status == status


def test_the_host_of_an_absolute_target_needs_host_all_the_same(server: Served) -> None:
    data = request("GET", "http://example.org/hello.txt", host=None)
    assert ask(server, data).status == 400


FORBIDDEN = [
    b"/..",
    b"/../",
    b"/../secret.txt",
    b"/../../../../../../etc/passwd",
    b"/%2e%2e/secret.txt",
    b"/%2E%2E/secret.txt",
    b"/.%2e/secret.txt",
    b"/%2e./secret.txt",
    b"/..%2fsecret.txt",
    b"/..%2Fsecret.txt",
    b"/%2e%2e%2fsecret.txt",
    b"/directory/../hello.txt",
    b"/directory/..",
    b"/directory/%2e%2e/%2e%2e/secret.txt",
    b"//../secret.txt",
    b"/./../secret.txt",
    b"/nothing/../../secret.txt",
    b"http://h/../secret.txt",
    b"/.ymawky_tmp_7",
    b"/.ymawky_tmp_nothing",
    b"/%2eymawky_tmp_7",
    b"/.ymawky%5ftmp%5F7",
    b"/listed/.ymawky_tmp_7",
    b"/link.txt",
    b"/link",
    b"/link/",
    b"/link/index.html",
    b"/out/secret.txt",
    b"/out/www/hello.txt",
    b"/fifo",
    b"/socket",
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("target", FORBIDDEN, ids=lambda t: t.decode())
def test_what_nobody_may_have(server: Served, method: str, target: bytes) -> None:
    body = b"mine now" if method == "PUT" else b""
    answer = ask(server, request(method, target, body=body))
    assert answer.status == 403
    assert b"not for you" not in answer.body


def test_a_refused_request_does_not_hide_the_next_connection(server: Served) -> None:
    with connect(server) as stuck:
        stuck.send(b"GET /fifo HTTP/1.1\r\nHost: h\r\n\r\n")
        assert ask(server, request("GET", "/hello.txt")).body == HELLO
        assert stuck.answer().status == 403


@pytest.mark.parametrize("method", ["POST", "PATCH", "TRACE"])
def test_a_method_that_is_known_and_not_allowed_gets_405(server: Served, method: str) -> None:
    answer = ask(server, request(method, "/hello.txt"))
    assert answer.status == 405
    allowed = {name.strip() for name in answer["allow"].split(",")}
    assert allowed == {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}


def test_connect_gets_405(server: Served) -> None:
    answer = ask(server, request("CONNECT", "example.org:443"))
    assert (answer.status, answer["allow"].count(",")) == (405, 4)


def test_the_body_of_a_refused_method_is_not_taken_for_a_request(server: Served) -> None:
    inner = request("GET", "/hello.txt")
    with connect(server) as link:
        link.send(request("POST", "/form", body=inner))
        answer = link.answer()
        assert (answer.status, answer.persists) == (405, False)
        assert link.ended()


def test_brewing_gets_418(server: Served) -> None:
    assert ask(server, request("BREW", "/pot")).status == 418


def test_a_method_as_long_as_the_header_gets_an_error(server: Served) -> None:
    assert ask(server, b"M" * 3 * REQUEST_MAX).status in {400, 414, 431, 501}


def test_a_client_that_closes_amid_a_header_gets_400(server: Served) -> None:
    with connect(server) as link:
        link.send(b"GET /hello.txt HT")
        link.shut()
        assert link.answer().status == 400
        assert link.ended()


def test_a_client_that_closes_before_any_byte_gets_nothing(server: Served) -> None:
    with connect(server) as link:
        link.shut()
        assert link.ended()
