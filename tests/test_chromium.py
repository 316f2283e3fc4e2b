"""A real browser on the sample site."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from tests.browser import FOUND, Page, Pipe, chromium
from tests.serving import ROOT, Served

pytestmark = pytest.mark.skipif(FOUND is None, reason="no Chromium on this machine")

NAMES = sorted(p.name + "/" * p.is_dir() for p in (ROOT / "www" / "files").iterdir())


@pytest.fixture(scope="module")
def browser() -> Iterator[Pipe]:
    with chromium() as pipe:
        yield pipe


@pytest.fixture
def page(browser: Pipe) -> Iterator[Page]:
    page = Page(browser)
    yield page
    page.close()


def test_the_first_page_loads_whole(page: Page, sample_server: Served) -> None:
    page.open(sample_server.url)
    page.wait_for("document.documentElement.dataset.answered === 'HEAD'")
    types = {
        url.removeprefix(sample_server.url): answer for url, answer in page.responses().items()
    }
    assert types[""] == (200, "text/html")
    assert types["style.css"] == (200, "text/css")
    assert types["script.js"] == (200, "text/javascript")
    assert types["images/ymawky.svg"] == (200, "image/svg+xml")
    assert types["images/code.png"] == (200, "image/png")
    assert page.evaluate("document.querySelector('figure img').naturalWidth") > 0
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "800px"
    assert "Server: ymawky" in page.evaluate("document.getElementById('exchange').innerText")
    assert page.errors() == []


@pytest.mark.parametrize(
    ("label", "status"),
    [
        pytest.param("HEAD", "200 OK", id="head"),
        pytest.param("GET of 64 bytes", "206 Partial Content", id="range"),
        pytest.param("OPTIONS", "204 No Content", id="options"),
        pytest.param("GET of nothing", "404 Not Found", id="missing"),
        pytest.param("BREW", "418", id="brew"),
    ],
)
def test_a_button_shows_the_answer(
    page: Page, sample_server: Served, label: str, status: str
) -> None:
    page.open(sample_server.url)
    page.wait_for("document.documentElement.dataset.answered === 'HEAD'")
    page.evaluate(
        f"[...document.querySelectorAll('button')].find((b) => b.innerText === '{label}').click()"
    )
    shown = "document.getElementById('exchange').innerText"
    page.wait_for(f"{shown}.includes('HTTP/1.1 {status}')")


def test_the_video_plays_and_scrubs(page: Page, sample_server: Served) -> None:
    page.open(sample_server.url + "video.html")
    page.evaluate("(window.film = document.querySelector('video')).play()")
    page.wait_for("film.currentTime > 0.2")
    for second in (9, 2, 11):
        page.evaluate(
            f"new Promise((done) => {{ film.onseeked = done; film.currentTime = {second} }})"
        )
        assert page.evaluate("film.currentTime") >= second
    assert page.evaluate("film.error") is None
    film = sample_server.url + "media/request.webm"
    assert page.responses()[film] == (206, "video/webm")
    assert page.errors() == []


def test_the_listing_leads_to_every_file(page: Page, sample_server: Served) -> None:
    page.open(sample_server.url + "files/")
    links = page.evaluate("[...document.links].map((a) => [a.innerText, a.getAttribute('href')])")
    listed = {text: unquote(href) for text, href in links if text.strip("/") != ".."}
    assert listed == {name: name for name in NAMES}
    answers = page.evaluate(
        "Promise.all([...document.links].map((a) => fetch(a.href).then((r) => r.status)))"
    )
    assert set(answers) == {200}


def test_a_missing_page_has_a_page(page: Page, sample_server: Served) -> None:
    page.open(sample_server.url + "nowhere.html")
    assert page.evaluate("document.title") == "404 Not Found"
    assert page.responses()[sample_server.url + "nowhere.html"] == (404, "text/html")
