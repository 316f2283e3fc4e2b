"""``make screenshots``: make the pictures in the documentation again, with the real server."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser import Page, chromium
from tests.serving import ROOT, serving

IMAGES = ROOT / "docs" / "images"


def main() -> None:
    """Take a picture of the sample site, light and dark."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        serving(ROOT, Path(scratch)) as served,
        chromium() as browser,
    ):
        for name, dark in (("site", False), ("site-dark", True)):
            page = Page(browser, width=1000, height=1120, dark=dark).open(served.url)
            page.wait_for("document.documentElement.dataset.answered === 'HEAD'")
            (IMAGES / f"{name}.png").write_bytes(page.screenshot())


if __name__ == "__main__":
    main()
