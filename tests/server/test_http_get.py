"""GET and HEAD: fields, types, directories and their listings."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from email.utils import formatdate
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from tests.server.exchange import ask, connect, request
from tests.server.site import BIG, DIGITS, HELLO, MOMENT, MOMENT_DATE
from tests.server.subject import serving
from tests.serving import Served

STRONG_TAG = re.compile(r'"[!#-~]+"')


def test_the_fields_of_a_file(server: Served) -> None:
    answer = ask(server, request("GET", "/hello.txt"))
    assert (answer.status, answer.reason, answer.body) == (200, "OK", HELLO)
    assert answer["content-length"] == str(len(HELLO))
    assert answer["content-type"] == "text/plain; charset=utf-8"
    assert answer["last-modified"] == MOMENT_DATE
    assert STRONG_TAG.fullmatch(answer["etag"])
    assert answer["accept-ranges"] == "bytes"
    assert answer["x-content-type-options"] == "nosniff"
    assert answer.persists
    assert "content-range" not in answer


@pytest.mark.parametrize(
    "target",
    ["/hello.txt", "/empty.txt", "/big.bin", "/", "/directory/", "/directory", "/nothing", "/.."],
)
def test_head_has_the_fields_of_get_and_no_body(server: Served, target: str) -> None:
    got, headed = (ask(server, request(method, target)) for method in ("GET", "HEAD"))
    assert headed.status == got.status
    assert headed.body == b""
    different = {"date"}
    assert [f for f in headed.fields if f[0] not in different] == [
        f for f in got.fields if f[0] not in different
    ]


def test_the_head_of_a_listing_has_no_body(server: Served) -> None:
    with connect(server) as link:
        link.send(request("HEAD", "/listed/"), request("GET", "/hello.txt"))
        assert link.answer(b"HEAD").status == 200
        assert link.answer().body == HELLO


@pytest.mark.parametrize(
    ("target", "body"), [("/big.bin", BIG), ("/digits.bin", DIGITS), ("/empty.txt", b"")]
)
def test_a_file_arrives_whole(server: Served, target: str, body: bytes) -> None:
    answer = ask(server, request("GET", target))
    assert answer["content-length"] == str(len(body))
    assert answer.body == body


@pytest.mark.parametrize("size", [1, 4095, 4096, 4097, 16383, 16384, 16385, 65536, 1 << 20])
def test_a_file_of_any_size_arrives_whole(server: Served, room: Path, size: int) -> None:
    data = os.urandom(size)
    (room / "file").write_bytes(data)
    assert ask(server, request("GET", f"/{room.name}/file")).body == data


def test_the_entity_tag_tells_versions_apart(server: Served, room: Path) -> None:
    path = room / "file"

    def tag() -> str:
        return ask(server, request("GET", f"/{room.name}/file"))["etag"]

    def write(data: bytes, moment: float) -> str:
        path.write_bytes(data)
        os.utime(path, (moment, moment))
        return tag()

    first = write(b"one", MOMENT)
    assert tag() == first
    other_size = write(b"three", MOMENT)
    other_time = write(b"three", MOMENT + 1)
    other_fraction = write(b"three", MOMENT + 1.5)
    twin = room / "twin"
    twin.write_bytes(b"three")
    os.utime(twin, (MOMENT + 1.5, MOMENT + 1.5))
    twin.replace(path)
    assert len({first, other_size, other_time, other_fraction, tag()}) == 5


@pytest.mark.parametrize(
    "moment",
    [
        -1577836800,
        -1,
        0,
        1,
        951782400,
        951868799,
        1709164800,
        4107542399,
        4102444800,
        1 << 31,
        253402300799,
    ],
)
def test_last_modified_is_right_in_any_year(server: Served, room: Path, moment: int) -> None:
    path = room / "file"
    path.write_bytes(b"old or new")
    os.utime(path, (moment, moment))
    if path.stat().st_mtime != moment:
        pytest.skip("the file system cannot hold this time")
    answer = ask(server, request("GET", f"/{room.name}/file"))
    # A time to come must not be sent (RFC 9110, 8.8.2.1): the time of the answer stands for it.
    expected = formatdate(moment, usegmt=True)
    assert answer["last-modified"] in {expected, answer["date"]}
    if expected != answer["last-modified"]:
        assert moment > 1_700_000_000


UTF8 = "; charset=utf-8"
TYPES = {
    "html": "text/html" + UTF8,
    "htm": "text/html" + UTF8,
    "css": "text/css" + UTF8,
    "csv": "text/csv" + UTF8,
    "xml": "text/xml" + UTF8,
    "txt": "text/plain" + UTF8,
    "md": "text/markdown" + UTF8,
    "js": "text/javascript" + UTF8,
    "mjs": "text/javascript" + UTF8,
    "json": "application/json",
    "map": "application/json",
    "wasm": "application/wasm",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "svg": "image/svg+xml",
    "ico": "image/vnd.microsoft.icon|image/x-icon",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "apng": "image/apng",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
    "rtf": "application/rtf|text/rtf",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mkv": "video/matroska|video/x-matroska",
    "avi": "video/x-msvideo|video/vnd.avi",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav|audio/vnd.wave",
    "flac": "audio/flac",
    "aac": "audio/aac",
    "m4a": "audio/mp4",
    "opus": "audio/ogg|audio/opus",
    "zip": "application/zip",
    "gz": "application/gzip",
    "tar": "application/x-tar",
    "7z": "application/x-7z-compressed",
    "bz2": "application/x-bzip2|application/bzip2",
    "rar": "application/vnd.rar",
}


def _type_of(server: Served, room: Path, name: str) -> str:
    (room / name).write_bytes(b"x")
    return ask(server, request("HEAD", f"/{room.name}/{name}"))["content-type"]


@pytest.mark.parametrize(("extension", "types"), TYPES.items(), ids=TYPES)
def test_the_type_follows_the_extension(
    server: Served, room: Path, extension: str, types: str
) -> None:
    assert _type_of(server, room, f"a.{extension}") in types.split("|")
    assert _type_of(server, room, f"B.{extension.upper()}") in types.split("|")
    assert _type_of(server, room, f"a.html.b.{extension}") in types.split("|")


@pytest.mark.parametrize(
    "name",
    [
        "none",
        "unknown.xyz",
        "html",
        ".html",
        "a.htmlx",
        "a.ht",
        "a.",
        "a.tar.",
        "a.averyveryverylongextension",
        "a.js.",
        "a.7",
    ],
)
def test_any_other_name_is_of_no_known_type(server: Served, room: Path, name: str) -> None:
    types = {"application/octet-stream"}
    if name == ".html":
        types.add("text/html" + UTF8)  # a hidden file, or a page without a name
    assert _type_of(server, room, name) in types


def test_an_extension_of_a_directory_is_none(server: Served, room: Path) -> None:
    (room / "page.html").mkdir()
    (room / "page.html" / "file").write_bytes(b"x")
    answer = ask(server, request("GET", f"/{room.name}/page.html/file"))
    assert answer["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/directory", "/directory/"),
        ("//directory", "/directory/"),
        ("/./directory", "/directory/"),
        ("/%64irectory", "/directory/"),
        ("/listed/two%20words", "/listed/two%20words/"),
        ("http://example.org/directory", "/directory/"),
    ],
)
def test_a_directory_without_a_slash_is_redirected(
    server: Served, target: str, location: str
) -> None:
    answer = ask(server, request("GET", target))
    assert (answer.status, answer["location"]) == (301, location)
    assert ask(server, request("GET", answer["location"])).status == 200


def test_a_redirection_leads_to_no_other_host(server: Served, room: Path) -> None:
    (room.parent / "example.org").mkdir()
    try:
        location = ask(server, request("GET", "//example.org"))["location"]
    finally:
        (room.parent / "example.org").rmdir()
    assert location == "/example.org/"


def test_a_redirection_keeps_the_query(server: Served) -> None:
    answer = ask(server, request("GET", "/directory?x=1&y=%20"))
    assert answer["location"] == "/directory/?x=1&y=%20"


def test_a_redirection_escapes_what_a_name_may_hold(server: Served, room: Path) -> None:
    name = "ä \"<>&'%?#[]\\^`{|}:;=,+@!$()*~"
    (room / name).mkdir()
    escaped = "".join(f"%{b:02X}" for b in name.encode())
    location = ask(server, request("GET", f"/{room.name}/{escaped}"))["location"]
    assert re.fullmatch(r"[A-Za-z0-9/._~%-]+", location)
    assert unquote_to_bytes(location) == f"/{room.name}/{name}/".encode()


def test_a_directory_shows_its_index(server: Served) -> None:
    answer = ask(server, request("GET", "/directory/"))
    assert (answer.status, answer["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<title>directory</title>" in answer.body


def test_an_index_that_is_no_file_is_not_shown(server: Served, room: Path) -> None:
    (room / "index.html").symlink_to("../hello.txt")
    answer = ask(server, request("GET", f"/{room.name}/"))
    assert answer.status in {200, 403}
    assert HELLO not in answer.body


class Listing(HTMLParser):
    """Reads a listing, and fails where its tags are not balanced."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "col"})

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        #: href -> text
        self.links: dict[str, str] = {}
        self.hrefs: list[str] = []
        #: What stands in each cell of each row.
        self.rows: list[list[str]] = []
        text = page.decode()
        assert text.lower().startswith("<!doctype html>")
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "a":
            self.hrefs.append(dict(attrs)["href"] or "")
            self.links[self.hrefs[-1]] = ""
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "a" in self.open:
            self.links[self.hrefs[-1]] += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def _listing(server: Served, target: str) -> Listing:
    answer = ask(server, request("GET", target))
    assert (answer.status, answer["content-type"]) == (200, "text/html; charset=utf-8")
    return Listing(answer.body)


def test_a_listing_has_a_link_for_each_entry(server: Served) -> None:
    listing = _listing(server, "/listed/")
    assert listing.links == {
        "../": "../",
        "one.txt": "one.txt",
        "%3Cb%3E%26%22%27.txt": "<b>&\"'.txt",
        "two%20words/": "two words/",
        ".hidden": ".hidden",
    }
    assert len(listing.hrefs) == len(listing.links)


def test_a_listing_shows_size_and_date(server: Served) -> None:
    rows = {row[0]: row[1:] for row in _listing(server, "/listed/").rows if row}
    size, date = rows["one.txt"][:2]
    assert size.strip().startswith("1")
    assert "1994" in date


def test_links_lead_nowhere_in_a_listing_either(server: Served, room: Path) -> None:
    (room / "link").symlink_to("/etc/passwd")
    if sys.platform != "win32":
        os.mkfifo(room / "fifo")
    listing = _listing(server, f"/{room.name}/")
    assert set(listing.links) <= {"../", "link", "fifo"}


def test_an_empty_directory_has_a_listing(server: Served, room: Path) -> None:
    assert list(_listing(server, f"/{room.name}/").links.values()) == ["../"]


AWKWARD = [
    "a&b",
    "<script>alert(1)<script>",
    '"quoted"',
    "it's",
    "100%",
    "%41",
    "a?b",
    "a#b",
    "a:b",
    "javascript:alert(1)",
    "a;b",
    "a\\b",
    "a b",
    " leading",
    "trailing ",
    "-dash",
    "...",
    "~",
    "日本語",
    "🦊",
    "x" * 255,
    "é" * 127,
    "&amp;",
    "&lt;",
    "`{|}^[]=@!$()*+,",
]


def test_awkward_names_can_be_followed(server: Served, room: Path) -> None:
    names = _made(room, [name.encode() for name in AWKWARD])
    listing = _listing(server, f"/{room.name}/")
    assert {text.encode() for text in listing.links.values()} == {*names, b"../"}
    with connect(server) as link:
        for href, text in listing.links.items():
            if href == "../":
                continue
            assert re.fullmatch(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+", href)
            assert unquote_to_bytes(href).decode() == text
            link.send(request("GET", f"/{room.name}/{href}"))
            assert link.answer().body == text.encode()


def _made(room: Path, names: list[bytes]) -> set[bytes]:
    """Make files that hold their names; return those that the file system can hold."""
    for name in names:
        with contextlib.suppress(OSError):
            Path(os.fsdecode(os.fsencode(room) + b"/" + name)).write_bytes(name)
    made = {os.fsencode(path.name) for path in room.iterdir()} & set(names)
    assert made == set(names) or sys.platform != "linux"
    return made


def test_control_characters_in_names_do_not_break_a_listing(server: Served, room: Path) -> None:
    names = _made(room, [b"\x01\x02", b"a\nb", b"a\rb", b"\x7f", b"\xff\xfe", b"a\tb"])
    answer = ask(server, request("GET", f"/{room.name}/"))
    hrefs = re.findall(rb'href="([^"]*)"', answer.body)
    assert {unquote_to_bytes(h) for h in hrefs} >= names


def test_a_listing_for_1_0_ends_with_the_connection(server: Served) -> None:
    with connect(server) as link:
        link.send(b"GET /listed/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = link.answer()
        assert "transfer-encoding" not in answer
        assert not answer.persists
        assert Listing(answer.body).links["one.txt"] == "one.txt"


def test_a_listing_is_chunked_and_the_connection_goes_on(server: Served) -> None:
    with connect(server) as link:
        link.send(request("GET", "/listed/"))
        answer = link.answer()
        assert answer["transfer-encoding"] == "chunked"
        assert answer.persists
        link.send(request("GET", "/hello.txt"))
        assert link.answer().body == HELLO


def test_the_root_has_no_parent(tmp_path: Path) -> None:
    (tmp_path / "root" / "www").mkdir(parents=True)
    (tmp_path / "root" / "www" / "file").write_bytes(b"x")
    with serving(tmp_path / "root", tmp_path) as served:
        assert _listing(served, "/").links == {"file": "file"}
        assert _listing(served, "///.//").links == {"file": "file"}


def test_without_listings_a_directory_is_forbidden(strict: Served) -> None:
    assert ask(strict, request("GET", "/listed/")).status == 403
    assert ask(strict, request("GET", "/directory/")).status == 200
