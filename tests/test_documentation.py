"""The documentation page and its assets: all from the app itself, and nothing else beside them."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from app.http.documentation import ASSETS, DOCUMENT


def test_the_root_leads_to_the_docs_without_a_page_of_its_own(client: FlaskClient):
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/docs")
    assert answer.data == b""
    assert "Content-Type" not in answer.headers


def test_everything_that_the_page_loads_is_served_by_the_app(client: FlaskClient):
    page = client.get("/docs")
    assert page.mimetype == "text/html"
    links = re.findall(r'(?:src|href)="([^"]+)"', page.get_data(as_text=True))
    assert {link.removeprefix("/docs/") for link in links} == set(ASSETS)
    for link in links:
        asset = client.get(link)
        assert asset.status_code == 200
        assert asset.headers["X-Content-Type-Options"] == "nosniff"
    script = client.get("/docs/docs.js").get_data(as_text=True)
    assert 'url: "/openapi.json"' in script
    assert "http" not in script


def test_the_pages_policy_allows_nothing_from_elsewhere(client: FlaskClient):
    policy = client.get("/docs").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "http" not in policy
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "LICENSE",
        "index.html",
        "docs.html",
        "openapi.py",
        ".env",
        "../openapi.json",
        "../../config.py",
        "..%2f..%2fconfig.py",
        "%2e%2e/config.py",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "docs.js/",
        "swagger-ui.css%00",
        "swagger-ui-bundle.js.map",
    ],
)
def test_other_files_do_not_exist(client: FlaskClient, name: str):
    answer = client.get(f"/docs/{name}")
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("path", ["/docs", "/docs/docs.js", "/openapi.json", "/"])
def test_only_reading_is_allowed(client: FlaskClient, path: str):
    answer = client.post(path)
    assert answer.status_code == 405
    assert answer.json["error"]["code"] == "METHOD_NOT_ALLOWED"
    head = client.head(path)
    assert head.status_code == client.get(path).status_code
    assert head.data == b""


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/swagger-ui.css"])
def test_what_a_browser_holds_is_not_sent_again(client: FlaskClient, path: str):
    first = client.get(path)
    assert first.headers["Cache-Control"].startswith("public")
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_document_is_served_as_it_is_committed(client: FlaskClient):
    answer = client.get("/openapi.json")
    assert answer.mimetype == "application/json"
    assert answer.data == DOCUMENT.read_bytes()
