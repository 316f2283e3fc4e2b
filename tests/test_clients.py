"""Real clients: curl, wget, http.client and httpx."""

from __future__ import annotations

import http.client
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving import PATIENCE, Served, serving

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
needs_wget = pytest.mark.skipif(shutil.which("wget") is None, reason="no wget on this machine")

DATA = random.Random(1).randbytes(300_000)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("site")
    (root / "www").mkdir()
    (root / "www" / "data.bin").write_bytes(DATA)
    (root / "www" / "index.html").write_text("<!DOCTYPE html><title>hello</title>")
    return root


@pytest.fixture(scope="module")
def served(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(site, tmp_path_factory.mktemp("words")) as served:
        yield served


def _run(*command: str | Path, cwd: Path | None = None, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@needs_curl
def test_curl_gets_a_range(served: Served) -> None:
    assert _run("curl", "-sf", "-r", "1000-1999", served.url + "data.bin") == DATA[1000:2000]


@needs_curl
def test_curl_resumes_a_download(served: Served, tmp_path: Path) -> None:
    part = tmp_path / "data.bin"
    part.write_bytes(DATA[:100_000])
    status = _run(
        "curl", "-sf", "-C", "-", "-o", part, "-w", "%{http_code}", served.url + "data.bin"
    )
    assert (status, part.read_bytes()) == (b"206", DATA)


@needs_curl
def test_curl_uploads_a_file(served: Served, site: Path, tmp_path: Path) -> None:
    source = tmp_path / "upload.bin"
    source.write_bytes(DATA)
    upload = ("curl", "-sf", "-T", source, "-w", "%{http_code}", served.url + "uploaded.bin")
    assert _run(*upload) == b"201"
    assert (site / "www" / "uploaded.bin").read_bytes() == DATA
    assert _run(*upload) == b"204"


@needs_curl
def test_curl_uploads_what_it_reads_from_a_pipe(served: Served, site: Path) -> None:
    status = _run(
        "curl", "-sf", "-T", "-", "-w", "%{http_code}", served.url + "piped.bin", stdin=DATA
    )
    assert (status, (site / "www" / "piped.bin").read_bytes()) == (b"201", DATA)


@needs_curl
def test_curl_speaks_the_old_version(served: Served) -> None:
    assert _run("curl", "-sf", "--http1.0", served.url + "data.bin") == DATA


@needs_curl
def test_curl_keeps_its_connection(served: Served) -> None:
    urls = [served.url + name for name in ("data.bin", "", "missing", "data.bin")]
    sent = _run("curl", "-s", *(w for u in urls for w in ("-o", "/dev/null", u)), "-w",
                "%{num_connects} %{http_code}\n")  # fmt: skip
    assert sent.split() == [b"1", b"200", b"0", b"200", b"0", b"404", b"0", b"200"]


@needs_curl
def test_curl_downloads_again_only_what_changed(served: Served, tmp_path: Path) -> None:
    tag, out = tmp_path / "tag", tmp_path / "out"
    get = ("curl", "-sf", "-o", out, "-w", "%{http_code}", served.url + "data.bin")
    assert _run(*get, "--etag-save", tag) == b"200"
    assert _run(*get, "--etag-compare", tag) == b"304"
    assert _run(*get, "-z", out) == b"304"


@needs_wget
def test_wget_continues_a_download(served: Served, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(DATA[:123_457])
    _run("wget", "-q", "-c", served.url + "data.bin", cwd=tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == DATA


@needs_wget
def test_wget_mirrors_a_listing(served: Served, site: Path, tmp_path: Path) -> None:
    names = {"one & two.txt", "50%.txt", "å.txt"}
    (site / "www" / "mirrored").mkdir(exist_ok=True)
    for name in names:
        (site / "www" / "mirrored" / name).write_text(name)
    _run("wget", "-q", "-r", "-np", "-nH", "--cut-dirs=1", "--restrict-file-names=nocontrol",
         served.url + "mirrored/", cwd=tmp_path)  # fmt: skip
    assert {n: (tmp_path / n).read_text() for n in names} == {n: n for n in names}


def test_http_client_does_everything_on_one_connection(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    statuses = []
    for method, path, body in (
        ("GET", "/data.bin", None),
        ("HEAD", "/data.bin", None),
        ("PUT", "/written.txt", "written by http.client"),
        ("GET", "/written.txt", None),
        ("DELETE", "/written.txt", None),
        ("GET", "/written.txt", None),
        ("OPTIONS", "/", None),
    ):
        connection.request(method, path, body)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        assert not answer.will_close
    connection.close()
    assert statuses == [200, 200, 201, 200, 204, 404, 204]


def test_httpx_streams_both_ways(served: Served) -> None:
    pieces = [DATA[i : i + 7000] for i in range(0, len(DATA), 7000)]
    with httpx.Client(base_url=served.url, timeout=PATIENCE) as client:
        assert client.put("streamed.bin", content=iter(pieces)).status_code == 201
        with client.stream("GET", "streamed.bin") as answer:
            assert b"".join(answer.iter_bytes()) == DATA
        ranged = client.get("streamed.bin", headers={"Range": "bytes=-5"})
        assert (ranged.status_code, ranged.content) == (206, DATA[-5:])
