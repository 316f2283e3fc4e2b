"""Requests from the test suites of other parsers; ``corpora/README.md`` tells whose."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import pytest

from tests.server.exchange import Truncated, ask, connect, request
from tests.server.site import HELLO, build, snapshot
from tests.server.subject import serving
from tests.serving import Served


class Case(TypedDict):
    name: str
    verdict: str
    input: str
    statuses: list[int]


HERE = Path(__file__).parent / "corpora"
CASES: list[Case] = [
    case
    for name in ("gunicorn", "llhttp")
    for case in json.loads((HERE / f"{name}.json").read_bytes())
]

#: What others refuse and we serve, or the reverse, is never an oversight.
SUCCESS = range(200, 300)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Served]]:
    root, scratch = tmp_path_factory.mktemp("corpora"), tmp_path_factory.mktemp("scratch")
    build(root)
    with serving(root, scratch) as served:
        yield root, served


@pytest.fixture
def corpus_server(pristine: tuple[Path, Served]) -> Iterator[tuple[Path, Served]]:
    """A server whose site is as new for each test."""
    root, served = pristine
    yield root, served
    shutil.rmtree(root / "www")
    shutil.rmtree(root / "err")
    (root / "secret.txt").unlink()
    build(root)


def adapted(data: bytes) -> bytes:
    """Return the request as a server of files would rather be asked."""
    data = re.sub(rb"\A((?:\r\n)*)POST /[\w./-]* ", rb"\1PUT /upload ", data)
    line, end, rest = data.partition(b" HTTP/1.1\r\n")
    head = rest.partition(b"\r\n\r\n")[0].lower()
    if end and b"\n" not in line.lstrip(b"\r\n") and not re.search(rb"(\A|\n)host[ \t]*:", head):
        return line + end + b"Host: localhost\r\n" + rest
    return data


def statuses(served: Served, data: bytes) -> list[int]:
    """Send ``data`` and return the statuses of all answers."""
    method = data.lstrip(b"\r\n").partition(b" ")[0]
    with connect(served) as link:
        link.send(data)
        link.shut()
        seen: list[int] = []
        while True:
            try:
                seen.append(link.answer(method if not seen else b"GET").status)
            except Truncated:
                return seen


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_a_case_of_others(corpus_server: tuple[Path, Served], case: Case) -> None:
    root, served = corpus_server
    outside = {k: v for k, v in snapshot(root).items() if not k.startswith("www/")}
    data = case["input"].encode("latin-1")
    assert statuses(served, adapted(data)) == case["statuses"]
    for status in statuses(served, data):
        assert status < 500 or status in {501, 505}
    assert {k: v for k, v in snapshot(root).items() if not k.startswith("www/")} == outside
    assert [p.name for p in (root / "www").glob(".ymawky_tmp_*")] == [".ymawky_tmp_7"]
    assert ask(served, request("GET", "/hello.txt")).body == HELLO
