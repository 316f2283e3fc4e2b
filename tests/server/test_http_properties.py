"""Properties: answers equal the model's, packets do not matter, noise does no harm."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from tests.server.exchange import Answer, Link, Truncated, ask, connect, request
from tests.server.model import Resource, expected
from tests.server.site import MOMENT, build, snapshot
from tests.server.subject import serving
from tests.serving import Served

#: Examples of a property; a server on a shared machine answers a few thousand a second.
MANY = 150

SIZES = [0, 1, 2, 9, 100, 4096, 16384, 16385, 70_000]


class Resources:
    """Files and their targets, which a report of a failure shows without their bytes."""

    def __init__(self, made: list[tuple[str, Resource]]) -> None:
        self.made = made


@pytest.fixture(scope="module")
def resources(server: Served, root: Path) -> Iterator[Resources]:
    """Return files of many sizes and dates with their targets."""
    www = root / "www"
    made = []
    directory = www / "properties"
    directory.mkdir()
    for number, size in enumerate(SIZES):
        path = directory / f"{number}.bin"
        data = random.Random(number).randbytes(size)
        path.write_bytes(data)
        modified = MOMENT + number * 12_345_678
        os.utime(path, (modified, modified))
        target = f"/properties/{path.name}"
        made.append(
            (target, Resource(data, modified, ask(server, request("HEAD", target))["etag"]))
        )
    yield Resources(made)
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def _numbers(size: int) -> st.SearchStrategy[str]:
    near = st.integers(max(0, size - 2), size + 2)
    far = st.sampled_from([2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**64 + 1, 10**40])
    return st.one_of(near, st.integers(0, max(1, size)), far).map(str)


def _ranges(size: int) -> st.SearchStrategy[str]:
    number = _numbers(size)
    return st.one_of(
        st.builds("bytes={}-{}".format, number, number),
        st.builds("bytes={}-".format, number),
        st.builds("bytes=-{}".format, number.filter(lambda n: n != "0" or size)),
        st.builds("bytes={}-{},{}-".format, number, number, number),
        st.sampled_from(["bytes=", "bytes=-", "items=0-1", "bytes=a-b", "bytes=1--2"]),
    )


def _dates(modified: int) -> st.SearchStrategy[str]:
    moment = st.one_of(st.integers(modified - 2, modified + 2), st.integers(0, 4_000_000_000))
    return st.one_of(
        moment.map(lambda m: formatdate(m, usegmt=True)),
        moment.map(lambda m: formatdate(m, usegmt=True).replace("GMT", "UTC")),
        st.sampled_from(["", "yesterday", "0"]),
    )


def _tags(tag: str) -> st.SearchStrategy[str]:
    one = st.sampled_from([tag, f"W/{tag}", '"x"', 'W/"x"', '"a,b"', '""'])
    return st.one_of(st.just("*"), st.lists(one, min_size=1, max_size=4).map(", ".join))


@st.composite
def _cases(draw: st.DrawFn) -> tuple[int, str, dict[str, str]]:
    """Draw the number of a resource, a method, and fields as templates of its own values."""
    index = draw(st.integers(0, len(SIZES) - 1))
    modified = MOMENT + index * 12_345_678
    choices = {
        "Range": _ranges(SIZES[index]),
        "If-Range": st.one_of(st.sampled_from(["{tag}", "W/{tag}", '"x"']), _dates(modified)),
        "If-Match": _tags("{tag}"),
        "If-None-Match": _tags("{tag}"),
        "If-Modified-Since": _dates(modified),
        "If-Unmodified-Since": _dates(modified),
    }
    names = draw(st.sets(st.sampled_from(list(choices)), max_size=4))
    fields = {name: draw(choices[name]) for name in sorted(names)}
    return index, draw(st.sampled_from(["GET", "GET", "GET", "HEAD"])), fields


@given(case=_cases())
@example_settings(max_examples=MANY)
def test_the_answer_is_the_models(
    server: Served,
    resources: Resources,
    case: tuple[int, str, dict[str, str]],
) -> None:
    index, method, templates = case
    target, resource = resources.made[index]
    fields = {name: value.replace("{tag}", resource.etag) for name, value in templates.items()}
    wanted = expected(resource, method, fields)
    answer = ask(server, request(method, target, *(f"{n}: {v}" for n, v in fields.items())))
    assert answer.status == wanted.status
    if answer.status in {200, 206} and method == "GET":
        assert answer.body == wanted.body
    if wanted.content_range is None:
        assert "content-range" not in answer
    else:
        assert answer["content-range"] == wanted.content_range


#: A request of every kind: what is answered must not depend on the packets it came in.
PIPELINE = [
    (b"GET", request("GET", "/hello.txt")),
    (b"HEAD", b"\r\n" + request("HEAD", "/digits.bin", "Range: bytes=1-2")),
    (b"GET", request("GET", "/digits.bin", "Range: bytes=7-", "X-Long: " + "x" * 700)),
    (b"PUT", request("PUT", "/nothing/x", body=b"12345")),
]
PUTS = [
    (b"PUT", request("PUT", "/listed/new", body=b"0123456789" * 10)),
    (
        b"PUT",
        request("PUT", "/listed/new", "Transfer-Encoding: chunked")
        + b"5;x=y\r\nhello\r\n00a\r\n, world 42\r\n0\r\nX-Trailer: z\r\n\r\n",
    ),
    (b"GET", request("GET", "/listed/new")),
    (b"DELETE", request("DELETE", "/listed/new", "Connection: close")),
]


def _essence(answer: Answer) -> tuple[object, ...]:
    fields = tuple(f for f in answer.fields if f[0] not in {"date", "etag", "last-modified"})
    return answer.status, fields, answer.body


def _answers(served: Served, methods: list[bytes], pieces: list[bytes]) -> list[object]:
    with connect(served) as link:
        link.send(*pieces)
        return [_essence(link.answer(method)) for method in methods]


@pytest.mark.parametrize("exchange", [PIPELINE[:3], PIPELINE, PUTS], ids=["gets", "error", "puts"])
@given(seed=st.integers(0, 1 << 32), count=st.integers(1, 40))
@example_settings(max_examples=MANY // 3)
@example(seed=0, count=0)
def test_packets_do_not_matter(
    server: Served, exchange: list[tuple[bytes, bytes]], seed: int, count: int
) -> None:
    methods = [method for method, _ in exchange]
    data = b"".join(request for _, request in exchange)
    cuts = sorted(random.Random(seed).choices(range(1, len(data)), k=count))
    pieces = [data[a:b] for a, b in itertools.pairwise([0, *cuts, len(data)])]
    assert _answers(server, methods, pieces) == _answers(server, methods, [data])


@pytest.fixture(scope="module")
def target_of_noise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Served]]:
    """A server of a site of its own: noise may well say DELETE."""
    root, scratch = tmp_path_factory.mktemp("noise"), tmp_path_factory.mktemp("scratch")
    build(root)
    (root / "www" / "names").mkdir()
    with serving(root, scratch) as served:
        yield root, served


def _lives_through(served: Served, data: bytes) -> list[Answer]:
    """Send ``data`` and return all answers; the connection ends in good order."""
    with connect(served) as link:
        link.send(data)
        link.shut()
        answers = list(_until_the_end(link))
    assert ask(served, request("OPTIONS", "*")).status == 204
    return answers


def _until_the_end(link: Link) -> Iterator[Answer]:
    # Which method an answer belongs to cannot be told in noise: HEAD is left out of it.
    while True:
        try:
            yield link.answer()
        except Truncated:
            return


@given(data=st.binary(min_size=1, max_size=2000))
@example_settings(max_examples=MANY)
@example(data=b"\0" * 20_000)
@example(data=b"\xff" * 20_000)
@example(data=b"\n" * 20_000)
@example(data=b" " * 20_000)
@example(data=b"GET / HTTP/1.1\r\n" + b"A" * 20_000)
def test_random_bytes_get_4xx_or_nothing(target_of_noise: tuple[Path, Served], data: bytes) -> None:
    answers = _lives_through(target_of_noise[1], data)
    assert all(400 <= a.status < 500 or a.status in {501, 505} for a in answers)


SEEDS = [
    request("GET", "/hello.txt", "Range: bytes=0-5", 'If-Range: "x"'),
    request("GET", "/listed/", "If-None-Match: *", "Connection: keep-alive"),
    request("OPTIONS", "*"),
    request("PUT", "/hello.txt", "Expect: 100-continue", body=b"new"),
    request("PUT", "/hello.txt", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\nA: b\r\n\r\n",
    request("GET", "/digits.bin", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"),
]
TOKENS = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"%", b"%00", b"%2e%2e/", b"/../", b"//", b"?", b"#",
    b"HTTP/1.1", b"HTTP/9.9", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Host: x\r\n", b"-", b",", b"9" * 25, b"\xff", b"PUT ", b"DELETE ", b"BREW ", b"\t", b'"',
]  # fmt: skip


def _mutated(seed: int) -> bytes:
    chance = random.Random(seed)
    data = bytearray(b"".join(chance.choices(SEEDS, k=chance.randint(1, 3))))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        to = min(len(data), at + chance.choice([0, 0, 1, 1, 2, 10]))
        data[at:to] = chance.choice([*TOKENS, b"", bytes([chance.randrange(256)])])
    return bytes(data)


@given(seed=st.integers(0, 1 << 40))
@example_settings(max_examples=2 * MANY)
def test_mutated_requests_do_no_harm(target_of_noise: tuple[Path, Served], seed: int) -> None:
    root, served = target_of_noise
    answers = _lives_through(served, _mutated(seed).replace(b"HEAD", b"HAED"))
    assert all(a.status < 500 or a.status in {501, 505} for a in answers)
    assert all(b"not for you" not in a.body for a in answers)
    outside = {name for name in snapshot(root) if not name.startswith("www/")}
    assert outside == {"www", "err", "err/404.html", "secret.txt"}
    left = [p.name for p in (root / "www").glob(".ymawky_tmp_*")]
    assert set(left) <= {".ymawky_tmp_7"}


@given(name=st.binary(min_size=1, max_size=80).filter(lambda n: not set(n) & {*range(32), 47, 127}))
@example_settings(max_examples=MANY // 2)
def test_any_name_can_be_written_found_read_and_deleted(
    target_of_noise: tuple[Path, Served], name: bytes
) -> None:
    _, served = target_of_noise
    if name in {b".", b".."} or name.lower().startswith(b".ymawky_tmp_"):
        return
    escaped = quote(name, safe="")
    target = f"/names/{escaped}"
    with connect(served) as link:
        link.send(request("PUT", target, body=name))
        answer = link.answer()
        assert (answer.status, answer["location"]) == (201, target)
        link.send(request("GET", "/names/"))
        assert f'href="{escaped}"' in link.answer().body.decode("utf-8", "replace")
        link.send(request("GET", target))
        assert link.answer().body == name
        link.send(request("DELETE", target))
        assert link.answer().status == 204
