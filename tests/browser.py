"""A headless Chromium, driven by the DevTools protocol over a pair of pipes."""

from __future__ import annotations

import base64
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

FOUND = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

#: No word to anywhere but the page; the sandbox cannot be had as root.
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--autoplay-policy=no-user-gesture-required",
)

#: Starts a command with two descriptors as 3, which the browser reads, and 4, which it writes.
AT_3_AND_4 = """
import os, sys
for fd, high in zip(map(int, sys.argv[1:3]), (100, 101)):
    os.dup2(fd, high)
os.dup2(100, 3)
os.dup2(101, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""

#: Seconds that the browser has for any one thing.
PATIENCE = 60.0


class BrowserError(Exception):
    """The browser answered with an error, or not in time."""


class Pipe:
    """Messages to and from the browser: JSON, each ended by a zero byte."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd, self._write_fd = read_fd, write_fd
        self._pending = b""
        self._last_id = 0
        self.events: list[dict[str, Any]] = []
        self._selector = selectors.DefaultSelector()
        self._selector.register(read_fd, selectors.EVENT_READ)

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come meanwhile are kept."""
        self._last_id += 1
        message: dict[str, Any] = {"id": self._last_id, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._write_fd, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._last_id:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._pending:
            if not self._selector.select(max(0.0, deadline - time.monotonic())):
                raise BrowserError(f"no answer within {PATIENCE} s")
            data = os.read(self._read_fd, 1 << 16)
            if not data:
                raise BrowserError("the browser ended")
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def close(self) -> None:
        self._selector.close()
        os.close(self._read_fd)
        os.close(self._write_fd)


class Page:
    """One tab."""

    def __init__(
        self, pipe: Pipe, *, width: int = 1000, height: int = 900, dark: bool = False
    ) -> None:
        self._pipe = pipe
        target = pipe.call("Target.createTarget", url="about:blank")
        attached = pipe.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session: str = attached["sessionId"]
        self._target: str = target["targetId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._pipe.call(method, self._session, **params)

    def open(self, url: str) -> Self:
        """Load ``url`` with all that it takes in."""
        self._pipe.events.clear()
        answer = self._call("Page.navigate", url=url)
        if "errorText" in answer:
            raise BrowserError(f"{url}: {answer['errorText']}")
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")
        return self

    def show(self, html: str) -> None:
        """Make ``html`` the document."""
        frame = self._call("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self._call("Page.setDocumentContent", frameId=frame, html=html)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Return the value of ``expression`` once it is true."""
        deadline = time.monotonic() + PATIENCE
        while not (value := self.evaluate(expression)):
            if time.monotonic() > deadline:
                raise BrowserError(f"never true: {expression}")
            # The browser's own clock paces the wait.
            self.evaluate("new Promise((wake) => setTimeout(wake, 20))")
        return value

    def close(self) -> None:
        """Close the tab."""
        self._pipe.call("Target.closeTarget", targetId=self._target)

    def screenshot(self) -> bytes:
        """Return the window's content as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def _events(self, method: str) -> Iterator[dict[str, Any]]:
        self.evaluate("0")  # takes in what has arrived
        return (
            e["params"]
            for e in self._pipe.events
            if e.get("method") == method and e.get("sessionId") == self._session
        )

    def errors(self) -> list[str]:
        """Return what stands in the console as an error or warning since :meth:`open`."""
        logged = [e["entry"] for e in self._events("Log.entryAdded")]
        said = list(self._events("Runtime.consoleAPICalled"))
        return [
            *(
                f"{e['text']} {e.get('url', '')}"
                for e in logged
                if e["level"] in {"error", "warning"}
            ),
            *(str(e["args"]) for e in said if e["type"] in {"error", "warning", "assert"}),
            *(str(e["exceptionDetails"]) for e in self._events("Runtime.exceptionThrown")),
        ]

    def responses(self) -> dict[str, tuple[int, str]]:
        """Return status and MIME type by URL of all that was loaded since :meth:`open`."""
        answers = [e["response"] for e in self._events("Network.responseReceived")]
        return {
            a["url"]: (a["status"], a["mimeType"])
            for a in answers
            if not a["url"].startswith("data:")
        }


@contextmanager
def chromium() -> Iterator[Pipe]:
    """Start the browser; end it, and all that it wrote, afterwards."""
    if FOUND is None:
        raise BrowserError("there is no Chromium here")
    to_browser, from_us = os.pipe()
    to_us, from_browser = os.pipe()
    as_root = sys.platform != "win32" and os.geteuid() == 0
    flags = [*FLAGS, *(["--no-sandbox"] if as_root else [])]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [FOUND, *flags, f"--user-data-dir={profile}"]
        browser = subprocess.Popen(
            [sys.executable, "-c", AT_3_AND_4, str(to_browser), str(from_browser), *command],
            pass_fds=(to_browser, from_browser),
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        pipe = Pipe(to_us, from_us)
        try:
            # The browser ends with its last tab: this one stays.
            pipe.call("Target.createTarget", url="about:blank")
            yield pipe
            pipe.call("Browser.close")
        finally:
            pipe.close()
            try:
                browser.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                browser.kill()
                browser.wait()
