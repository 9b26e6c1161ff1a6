"""A headless Chromium, driven through the WebDriver protocol (W3C) with nothing but urllib."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.server import free_port

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
WAIT = 20.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,1400",
)


def what_is_missing() -> str | None:
    """What has to be installed before a browser can run here, or None."""
    missing = [
        name
        for name, commands in {
            "chromium": ("chromium", "google-chrome"),
            "chromium-driver": ("chromedriver",),
        }.items()
        if not any(map(shutil.which, commands))
    ]
    if not missing:
        return None
    return f"no browser here: install {' and '.join(missing)} (Debian's package names)"


class Browser:
    """One window. Elements are found by CSS selector, and waited for."""

    def __init__(self, driver: str, session: str):
        self._session = f"{driver}/session/{session}"

    def command(self, method: str, path: str, body: Any = None) -> Any:
        return _send(method, f"{self._session}{path}", body)

    def open(self, url: str) -> None:
        self.command("POST", "/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script's `return` gives."""
        return self.command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector: str) -> str:
        """The id of the first element, once it is there."""
        query = {"using": "css selector", "value": selector}
        end = time.monotonic() + WAIT
        while not (found := self.command("POST", "/elements", query)):
            assert time.monotonic() < end, f"{selector} did not appear"
            time.sleep(0.1)
        return found[0][ELEMENT]

    def click(self, selector: str) -> None:
        element = {ELEMENT: self.find(selector)}
        self.run("arguments[0].scrollIntoView({block: 'center'}); arguments[0].click()", element)

    def type(self, selector: str, text: str) -> None:
        self.command("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def text(self, selector: str) -> str:
        return self.command("GET", f"/element/{self.find(selector)}/text")

    def console(self) -> list[str]:
        """What the page has complained about so far."""
        entries = self.command("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in {"SEVERE", "WARNING"}]

    def screenshot(self) -> bytes:
        return base64.b64decode(self.command("GET", "/screenshot"))


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser with an empty profile; it ends with the block."""
    port = free_port()
    driver = f"http://127.0.0.1:{port}"
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = {"binary": binary, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        process = subprocess.Popen(
            ["chromedriver", f"--port={port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_ready(driver)
            body = {"capabilities": {"alwaysMatch": wanted}}
            session = _send("POST", f"{driver}/session", body)["sessionId"]
            browser = Browser(driver, session)
            try:
                yield browser
            finally:
                browser.command("DELETE", "")
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(driver: str) -> None:
    end = time.monotonic() + WAIT
    while True:
        try:
            if _send("GET", f"{driver}/status")["ready"]:
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
        time.sleep(0.05)


def _send(method: str, url: str, body: Any = None) -> Any:
    data = None if method != "POST" else json.dumps(body or {}).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["value"]
