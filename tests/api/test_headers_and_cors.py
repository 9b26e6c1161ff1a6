"""The headers of every answer, and who else may read it from a browser."""

from __future__ import annotations

import pytest

from app import create_app
from config import load_settings
from tests.api.answers import MISSING_ID

ORIGIN = "https://app.example.com"
EVERYWHERE = ["/tasks", f"/tasks/{MISSING_ID}", "/nowhere", "/tasks?limit=0", "/health", "/tags"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_has_its_safety_headers(api, path):
    headers = api.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["Cache-Control"] == "private, no-cache"


def test_development_does_not_insist_on_https(environment):
    settings = load_settings({**environment, "APP_ENV": "development"})
    answer = create_app(settings).test_client().get("/health/live")
    assert "Strict-Transport-Security" not in answer.headers


def test_the_docs_have_a_policy(client):
    policy = client.get("/docs").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http:" not in policy
    assert "https:" not in policy


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:3000"])
@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_listed_origin_may_read_every_answer(api, path, origin):
    headers = api.get(path, headers={"Origin": origin}).headers
    assert headers["Access-Control-Allow-Origin"] == origin
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert "Origin" in headers["Vary"]
    exposed = {name.strip() for name in headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed >= {"ETag", "Location", "Link", "Retry-After", "X-Request-ID",
                       "RateLimit", "RateLimit-Policy", "Idempotent-Replayed"}  # fmt: skip


def test_a_listed_origin_may_read_a_401(client):
    answer = client.get("/tasks", headers={"Origin": ORIGIN})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "https://appXexample.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://sub.app.example.com",
        "https://app.example.com/",
        "HTTPS://APP.EXAMPLE.COM.",
        "null",
        "*",
        "",
    ],
)
def test_any_other_origin_may_not(api, origin):
    for method in ("GET", "OPTIONS"):
        headers = api.request(
            method, "/tasks", headers={"Origin": origin, "Access-Control-Request-Method": "GET"}
        ).headers
        assert "Access-Control-Allow-Origin" not in headers
        assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": ORIGIN}])
def test_every_answer_says_that_it_differs_by_origin(api, path, headers):
    assert api.get(path, headers=headers).headers.getlist("Vary") == ["Origin"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/tasks", "/api/somebody/tasks", f"/tasks/{MISSING_ID}", "/tags"])
def test_a_preflight_needs_no_token_and_allows_what_the_api_uses(client, path, method):
    asked = "authorization,content-type,if-match,if-none-match,idempotency-key,x-request-id"
    answer = client.options(
        path,
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": asked,
        },
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert method in answer.headers["Access-Control-Allow-Methods"]
    allowed = {n.strip().lower() for n in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed >= set(asked.split(","))
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
