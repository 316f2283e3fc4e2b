"""Paths, hosts, ranges and entity tags in ``ymawky.s``: the routines, called directly."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emu.asm import available
from tests.server.contracts_guest import OUT, Guest

if not available():
    pytest.skip("nothing can be assembled without Keystone", allow_module_level=True)

pytestmark = pytest.mark.emulator("calls single routines in the emulated processor")

GUEST = Guest()


# -- paths ---------------------------------------------------------------------------------


def resolved(path: bytes) -> bytes | int:
    """Return the path below the document root, or the status of the refusal."""
    GUEST.machine.write_memory(OUT, b"/" * 16)
    start, length = GUEST.text(path)
    out = OUT + 16
    decoded = GUEST.call("decode_target", out, start, start + length)
    if decoded.carry:
        return decoded.x0
    outcome = GUEST.call("collapse_path", out, decoded.x0)
    return outcome.x0 if outcome.carry else b"/" + GUEST.get(out, outcome.x0 - out)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (b"/", b"/"),
        (b"/a", b"/a"),
        (b"/a/", b"/a/"),
        (b"//a///b//", b"/a/b/"),
        (b"/./a/./b/.", b"/a/b/"),
        (b"/a/.", b"/a/"),
        (b"/%61%2Fb", b"/a/b"),
        (b"/%2e/a", b"/a"),
        (b"/a..b", b"/a..b"),
        (b"/...", b"/..."),
        (b"/.a", b"/.a"),
        (b"/..a", b"/..a"),
        (b"/%E6%97%a5", b"/\xe6\x97\xa5"),
        (b"/%2541", b"/%41"),
        (b"/a+b", b"/a+b"),
        (b"/..", 403),
        (b"/../", 403),
        (b"/a/..", 403),
        (b"/a/../b", 403),
        (b"/%2e%2E", 403),
        (b"/.%2e/x", 403),
        (b"/..%2fx", 403),
        (b"/a%2f..%2fb", 403),
        (b"/.ymawky_tmp_", 403),
        (b"/.ymawky_tmp_7", 403),
        (b"/a/.YMAWKY_TMP_7", 403),
        (b"/.ymawky_tmp_7/", 403),
        (b"/%2eymawky_tmp_7", 403),
        (b"/.ymawky_tmp", b"/.ymawky_tmp"),
        (b"/x.ymawky_tmp_7", b"/x.ymawky_tmp_7"),
        (b"/%", 400),
        (b"/%4", 400),
        (b"/%4g", 400),
        (b"/%g4", 400),
        (b"/%-1", 400),
        (b"/%00", 400),
        (b"/%1f", 400),
        (b"/%0d%0a", 400),
        (b"/%7f", 400),
        (b"/%%41", 400),
    ],
)
def test_paths(path: bytes, wanted: bytes | int) -> None:
    assert resolved(path) == wanted


@given(st.lists(st.sampled_from([b".", b"..", b"", b"a", b"b.c", b"...", b"..x"]), max_size=12))
def test_paths_collapse_as_segments(segments: list[bytes]) -> None:
    wanted: bytes | int = 403
    if b".." not in segments:
        kept = [s for s in segments if s not in {b"", b"."}]
        ends = not segments or segments[-1] in {b"", b"."}
        wanted = b"/" + b"/".join(kept) + (b"/" if ends and kept else b"")
    assert resolved(b"/" + b"/".join(segments)) == wanted


@pytest.mark.parametrize(
    ("authority", "valid"),
    [
        (b"", True),
        (b"localhost", True),
        (b"localhost:8080", True),
        (b"a.b-c_d~e", True),
        (b"x:", True),
        (b"127.0.0.1:80", True),
        (b"[::1]", True),
        (b"[::1]:8080", True),
        (b"[v1.fe80::a+en1]", True),
        (b"%41b", True),
        (b"a,b", True),
        (b"a b", False),
        (b"a/b", False),
        (b"user@host", False),
        (b"host:port", False),
        (b"host:80:80", False),
        (b"[::1", False),
        (b"[]", False),
        (b"[::1]x", False),
        (b"::1", False),
        (b"%4", False),
        (b"%zz", False),
        (b"a\\b", False),
        (b"a?b", False),
        (b"h\xc3\xb6st", False),
        (b'"a"', False),
    ],
)
def test_hosts(authority: bytes, *, valid: bool) -> None:
    start, length = GUEST.text(authority)
    assert GUEST.call("check_authority", start, start + length).carry is not valid


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (b"/a.html", b"text/html; charset=utf-8"),
        (b"/a.HTM", b"text/html; charset=utf-8"),
        (b"/a.tar.gz", b"application/gzip"),
        (b"/a.7z", b"application/x-7z-compressed"),
        (b"/a.mjs", b"text/javascript; charset=utf-8"),
        (b"/.css", b"text/css; charset=utf-8"),
        (b"/a", b"application/octet-stream"),
        (b"/a.", b"application/octet-stream"),
        (b"/a.unknown", b"application/octet-stream"),
        (b"/a.htmlhtmlhtml", b"application/octet-stream"),
        (b"/b.html/a", b"application/octet-stream"),
        (b"/a.ht\0l", b"application/octet-stream"),
        (b"/a.woff2", b"font/woff2"),
    ],
)
def test_types(path: bytes, wanted: bytes) -> None:
    start, length = GUEST.text(path)
    outcome = GUEST.call("find_type", start, start + length)
    assert GUEST.get(outcome.x0, outcome.after["x1"]) == wanted


# -- ranges and conditions -----------------------------------------------------------------


def parsed_range(data: bytes, size: int) -> tuple[int, int] | int:
    """Return the first byte and the number of bytes, or a status: 200 or 416."""
    outcome = GUEST.call("parse_range", *GUEST.text(data), size)
    assert outcome.kind == "returned"
    if outcome.x0 == 206:
        return outcome.after["x1"], outcome.after["x2"]
    assert outcome.carry is (outcome.x0 == 416)
    return outcome.x0


@pytest.mark.parametrize(
    ("data", "size", "wanted"),
    [
        (b"bytes=0-0", 10, (0, 1)),
        (b"bytes=0-9", 10, (0, 10)),
        (b"bytes=2-", 10, (2, 8)),
        (b"bytes=-3", 10, (7, 3)),
        (b"bytes=-30", 10, (0, 10)),
        (b"bytes=5-100", 10, (5, 5)),
        (b"BYTES=1-2", 10, (1, 2)),
        (b"bytes=9-9", 10, (9, 1)),
        (b"bytes=0-99999999999999999999999999", 10, (0, 10)),
        (b"bytes=-99999999999999999999999999", 10, (0, 10)),
        (b"bytes=10-", 10, 416),
        (b"bytes=10-20", 10, 416),
        (b"bytes=-0", 10, 416),
        (b"bytes=18446744073709551616-", 10, 416),
        (b"bytes=18446744073709551616-18446744073709551617", 10, 416),
        (b"bytes=9223372036854775808-9223372036854775807", 10, 200),
        (b"bytes=99999999999999999999-99999999999999999998", 10, 200),
        (b"bytes=99999999999999999999-099999999999999999999", 10, 416),
        (b"bytes=99999999999999999999-199999999999999999999", 10, 416),
        (b"bytes=0-0", 0, 416),
        (b"bytes=0-", 0, 416),
        (b"bytes=-0", 0, 416),
        (b"bytes=-5", 0, 200),
        (b"bytes=3-2", 10, 200),
        (b"bytes=-", 10, 200),
        (b"bytes=", 10, 200),
        (b"bytes", 10, 200),
        (b"", 10, 200),
        (b"bytes=0-1,3-4", 10, 200),
        (b"bytes=0-1,", 10, 200),
        (b"bytes=a-b", 10, 200),
        (b"bytes=1-2-3", 10, 200),
        (b"bytes= 1-2", 10, 200),
        (b"bytes=--2", 10, 200),
        (b"bytes=+1-2", 10, 200),
        (b"lines=1-2", 10, 200),
        (b"bytes 1-2", 10, 200),
    ],
)
def test_ranges(data: bytes, size: int, wanted: tuple[int, int] | int) -> None:
    assert parsed_range(data, size) == wanted


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_ranges_are_those_of_a_slice(first: int, last: int, size: int) -> None:
    data = bytes(range(size))
    found = parsed_range(b"bytes=%d-%d" % (first, last), size)
    if last < first:
        assert found == 200
    elif first >= size:
        assert found == 416
    else:
        assert isinstance(found, tuple)
        assert data[found[0] :][: found[1]] == data[first : last + 1]


def matched(value: bytes, *, strong: bool) -> bool:
    GUEST.machine.write_memory(GUEST.state("req_etag"), b'"tag"')
    GUEST.machine.write_memory(GUEST.state("req_etag_length"), struct.pack("<Q", 5))
    return bool(GUEST.call("match_tag_list", *GUEST.text(value), strong).x0)


@pytest.mark.parametrize(
    ("value", "weak", "strong"),
    [
        (b"*", True, True),
        (b'"tag"', True, True),
        (b'W/"tag"', True, False),
        (b'"a", "tag"', True, True),
        (b'"a",W/"b" ,\t"tag"', True, True),
        (b'"a,b", "tag"', True, True),
        (b', ,"tag",', True, True),
        (b'W/"tag", "tag"', True, True),
        (b'"Tag"', False, False),
        (b'"ta"', False, False),
        (b'"tag', False, False),
        (b"tag", False, False),
        (b'w/"tag"', False, False),
        (b'"a" *', False, False),
        (b"*, *", False, False),
        (b"", False, False),
        (b'""', False, False),
    ],
)
def test_entity_tags(value: bytes, *, weak: bool, strong: bool) -> None:
    assert (matched(value, strong=False), matched(value, strong=True)) == (weak, strong)


@given(st.integers(0, 10**30), st.integers(0, 10**30), st.integers(0, 3))
def test_digits_are_compared_as_numbers(one: int, other: int, zeros: int) -> None:
    first, second = b"0" * zeros + b"%d" % one, b"%d" % other
    below = GUEST.call(
        "digits_below", GUEST.put(first), len(first), GUEST.put(second, 0x100), len(second)
    )
    assert bool(below.x0) is (one < other)
