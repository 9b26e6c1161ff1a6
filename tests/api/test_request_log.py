"""One structured line a request: what it holds and what never."""

from __future__ import annotations

import io
import sys

import orjson
import pytest
import structlog

from app.http import request_log
from app.tasks import queries
from tests.api.answers import MISSING_ID
from tests.conftest import token_for


@pytest.fixture
def lines(monkeypatch):
    """What the app logs as JSON, line by line."""
    buffer = io.BytesIO()
    before = structlog.get_config()

    class Stream:
        def __init__(self, raw):
            self.buffer = raw

        def isatty(self):
            return False

    monkeypatch.setattr(sys, "stderr", Stream(buffer))
    request_log.configure("INFO", as_json=True)
    fresh = structlog.get_logger()
    monkeypatch.setattr(request_log, "_log", fresh)
    yield lambda: [orjson.loads(line) for line in buffer.getvalue().splitlines()]
    monkeypatch.undo()
    structlog.configure(**before)


def test_a_request_is_one_line_of_json(make_api, lines):
    api = make_api("ada", base="/users/ada")
    api.get(f"/tasks/{MISSING_ID}?x=1", headers={"X-Request-ID": "my-id"})
    (line,) = lines()
    assert isinstance(line.pop("duration_ms"), float)
    assert line.pop("timestamp")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": "/users/<user_id>/tasks/<uuid:task_id>",
        "status": 422,
        "user": "ada",
        "correlation_id": "my-id",
    }


def test_a_request_without_a_user_or_a_route_is_logged_too(client, lines):
    client.get("/nowhere")
    client.get("/tasks")
    client.get("/tasks", headers={"Authorization": "Bearer secret-rubbish"})
    found = [(line["route"], line["status"], line["user"]) for line in lines()]
    assert found == [(None, 404, None), ("/tasks", 401, None), ("/tasks", 401, None)]


def test_no_token_no_body_and_no_query_is_ever_logged(make_api, lines, monkeypatch):
    api = make_api("ada", email="ada@example.com")
    api.make_task(title="Very secret title")
    api.get("/tasks?q=secretsearch")
    api.post("/tasks", {"title": "Very secret title", "secretfield": 1})
    api.post("/tasks", data=b"{secretsyntax", headers={"Content-Type": "application/json"})

    def crash(*_args, **_options):
        raise RuntimeError("secretmessage")

    monkeypatch.setattr(queries, "get_task_json", crash)
    api.get(f"/tasks/{MISSING_ID}")
    text = orjson.dumps(lines()).decode()
    assert "secret" not in text
    assert "ada@example.com" not in text
    assert api.token not in text
    assert token_for("ada")[:20] not in text


def test_a_crash_is_found_by_the_correlation_id(api, lines, monkeypatch):
    def crash(*_args, **_options):
        raise ZeroDivisionError("with data in it")

    monkeypatch.setattr(queries, "get_task_json", crash)
    answer = api.get(f"/tasks/{MISSING_ID}")
    crashed, request = lines()
    assert crashed["event"] == "crash"
    assert crashed["error"] == "ZeroDivisionError"
    assert any("test_request_log.py" in frame for frame in crashed["frames"])
    assert crashed["correlation_id"] == answer.json["error"]["correlation_id"]
    assert request["status"] == 500


def test_a_user_cannot_break_a_line_in_two(make_api, lines):
    make_api('a"\n{"event": "forged"}\u2028', base="").get("/tasks")
    (line,) = lines()
    assert line["event"] == "request"


def test_development_reads_as_text(monkeypatch, client, capsys):
    before = structlog.get_config()
    request_log.configure("DEBUG", as_json=False)
    monkeypatch.setattr(request_log, "_log", structlog.get_logger())
    client.get("/nowhere")
    structlog.configure(**before)
    assert "request" in capsys.readouterr().err


def test_the_level_silences_what_lies_below(client, lines):
    request_log.configure("WARNING", as_json=True)
    request_log._log = structlog.get_logger()
    client.get("/nowhere")
    assert lines() == []
