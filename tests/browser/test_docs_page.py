"""The documentation page in a real browser: it needs nothing but this server, and it works."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.webdriver import Browser, running_browser, what_is_missing
from tests.conftest import token_for
from tests.server import LiveServer

MISSING = what_is_missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


@pytest.fixture(scope="module")
def page(live_server: LiveServer) -> Iterator[Browser]:
    """The page, open in a browser, with a token given to it."""
    with running_browser() as browser:
        browser.open(f"{live_server.url}/docs")
        browser.click(".btn.authorize")
        browser.type(".auth-container input", token_for("someone-at-a-browser"))
        browser.click(".auth-btn-wrapper button[type=submit]")
        browser.click(".auth-btn-wrapper .btn-done")
        yield browser


def try_out(page: Browser, operation: str) -> tuple[str, str]:
    """The status and body that the page shows after pressing 'Execute'."""
    block = f"#operations-{operation}"
    page.click(f"{block} .opblock-summary-control")
    page.click(f"{block} .btn.execute")
    status = page.text(f"{block} .live-responses-table tbody .response-col_status")
    body = page.text(f"{block} .live-responses-table tbody .highlight-code")
    return status.split()[0], body


def test_a_task_made_on_the_page_is_listed_on_the_page(page: Browser):
    status, body = try_out(page, "tasks-create_task")
    assert status == "201"
    assert '"title": "Buy milk"' in body

    status, body = try_out(page, "tasks-list_tasks")
    if folder := os.environ.get("SCREENSHOTS"):
        (Path(folder) / "docs.png").write_bytes(page.screenshot())
    assert status == "200"
    assert '"title": "Buy milk"' in body


def test_a_public_path_is_asked_for_at_the_root(page: Browser):
    status, body = try_out(page, "health-ready")
    assert status == "200"
    assert '"status": "ok"' in body


def test_the_page_shows_version_3_1_and_the_bases(page: Browser):
    assert "OAS 3.1" in page.text(".info .title")
    assert "/api/{user_id}" in page.text(".servers select")
    assert page.run("return document.querySelectorAll('.opblock').length") >= 15


def test_the_page_loads_nothing_from_elsewhere_and_breaks_no_policy(
    page: Browser, live_server: LiveServer
):
    urls = page.run("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert any(url.endswith("/openapi.json") for url in urls)
    assert [url for url in urls if not url.startswith((live_server.url, "data:"))] == []
    assert page.console() == []
