"""Every answer is in the envelope, whatever goes wrong, and carries its request's id."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from app.tasks import queries
from tests.api.answers import MISSING_ID, data_of, error_of


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/api",
        "/api/me",
        "/api/",
        "/api/me/nowhere",
        "/users/me/users",
        "/tasks/",
        "/api/me/tasks/",
        "/tags/",
        "/api//tasks",
        "/api/me//tasks",
        "/api//me/tasks",
        "/tasks//" + MISSING_ID,
        f"/tasks/{MISSING_ID}/",
        f"/tasks/{MISSING_ID}/nowhere",
        f"/tasks/{MISSING_ID}/complete/",
        "/health/",
        "/health//live",
        "/docs/",
        "/static/x",
        "/favicon.ico",
        "/Tasks",
        "/tasks%2F",
        "/tasks%00",
        "/%FF",
        "/api/me/tasks;x=1",
    ],
)
def test_an_unknown_path_is_not_found_and_never_redirected(client, path):
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        error_of(client.open(path, method=method), 404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["//tasks", "///tasks", "//", "/api/me/\xff", "/\xc3", "/tasks\n"])
def test_a_path_that_no_client_library_would_send_is_not_found(client, path):
    error_of(client.get("/", environ_overrides={"PATH_INFO": path}), 404, "NOT_FOUND")


@pytest.mark.parametrize("name", ["nowhere.js", "../config.py", "%2e%2e/config.py", "/etc/passwd"])
def test_the_docs_hold_nothing_but_their_assets(client, name):
    error_of(client.get(f"/docs/{name}"), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/tasks", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("PATCH", "/api/me/tasks", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", f"/tasks/{MISSING_ID}", {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}),
        ("GET", f"/tasks/{MISSING_ID}/toggle", {"POST", "OPTIONS"}),
        ("PUT", f"/users/x/tasks/{MISSING_ID}/complete", {"PATCH", "OPTIONS"}),
        ("POST", "/tags", {"GET", "HEAD", "OPTIONS"}),
        ("GET", f"/tags/{MISSING_ID}", {"PATCH", "DELETE", "OPTIONS"}),
        ("POST", "/health", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/docs", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/tasks", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("BREW", "/tasks", {"GET", "HEAD", "OPTIONS", "POST"}),
    ],
)
def test_a_wrong_method_names_the_right_ones(client, method, path, allowed):
    answer = client.open(path, method=method)
    error_of(answer, 405, "METHOD_NOT_ALLOWED")
    assert set(answer.headers["Allow"].split(", ")) == allowed


def test_a_method_may_be_overridden_by_nothing(api):
    task = api.make_task()
    answer = api.post("/tasks", {"title": "x"}, headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code == 201
    assert data_of(api.get(f"/tasks/{task['id']}")) == task


@pytest.mark.parametrize(
    "path", ["/tasks", "/api/somebody/tasks", "/tags", "/health", f"/tasks/{MISSING_ID}"]
)
def test_options_needs_no_token_and_says_what_is_allowed(client, path):
    answer = client.options(path)
    assert answer.status_code == 200
    assert answer.data == b""
    assert "html" not in answer.headers.get("Content-Type", "")
    assert "OPTIONS" in answer.headers["Allow"]


def test_head_answers_as_get(api, client):
    task = api.make_task()
    for path in (f"/tasks/{task['id']}", "/tasks", "/tags", f"/tasks/{MISSING_ID}"):
        get, head = api.get(path), api.request("HEAD", path)
        assert head.status_code == get.status_code
        assert head.data == b""
        own = {"X-Request-ID"}
        assert {k: v for k, v in head.headers.items() if k not in own} == {
            k: v for k, v in get.headers.items() if k not in own
        }
    assert client.head("/health/live").status_code == 200
    assert client.head("/tasks").status_code == 401


# The request's id


@pytest.mark.parametrize("given", ["a", "0f-._Z", "x" * 128])
def test_a_sane_request_id_is_kept(api, given):
    for path in ("/tasks", f"/tasks/{MISSING_ID}", "/nowhere"):
        answer = api.get(path, headers={"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] == given
        if answer.status_code >= 400:
            assert answer.json["error"]["correlation_id"] == given


@pytest.mark.parametrize(
    "given", ["", "x" * 129, "a b", "a,b", "ä", "<script>", '"', "a\tb", "{}", "${jndi:x}"]
)
def test_any_other_request_id_is_replaced(api, given):
    answer = api.get(f"/tasks/{MISSING_ID}", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 32
    error_of(answer, 404, "NOT_FOUND")


def test_every_request_without_an_id_gets_its_own(api):
    assert len({api.get("/tasks").headers["X-Request-ID"] for _ in range(5)}) == 5


# Crashes


@pytest.mark.parametrize("base", ["/api/me", "/users/me", ""])
def test_a_crash_says_nothing_of_the_inside(make_api, monkeypatch, base):
    def crash(*_args, **_options):
        raise RuntimeError("SELECT password FROM secrets")

    monkeypatch.setattr(queries, "get_task_json", crash)
    answer = make_api(base=base).get(f"/tasks/{MISSING_ID}")
    error_of(answer, 500, "INTERNAL_ERROR")
    text = answer.get_data(as_text=True)
    assert "password" not in text
    assert "RuntimeError" not in text
    assert "Traceback" not in text


def test_a_crash_in_a_write_leaves_nothing_behind(api, monkeypatch):
    update = queries.update_task

    def update_and_crash(*arguments, **options):
        update(*arguments, **options)
        raise KeyError("x")

    task = api.make_task()
    with monkeypatch.context() as patched:
        patched.setattr(queries, "update_task", update_and_crash)
        answer = api.patch(f"/tasks/{task['id']}", {"title": "Half done"})
        error_of(answer, 500, "INTERNAL_ERROR")
    assert data_of(api.get(f"/tasks/{task['id']}")) == task


def test_an_error_of_the_database_says_nothing_of_the_statement(api, monkeypatch):
    def fail(*_args, **_options):
        raise OperationalError("SELECT 1 FROM hidden", {}, Exception("hidden too"))

    monkeypatch.setattr(queries, "get_task_json", fail)
    answer = api.get(f"/tasks/{MISSING_ID}")
    error_of(answer, 500, "INTERNAL_ERROR")
    assert "hidden" not in answer.get_data(as_text=True)


def test_a_host_that_is_none_is_a_bad_request(api):
    for host in ("a" * 70 + ".example", "exa mple", "::::", "\xff"):
        answer = api.get("/tasks", headers={"Host": host})
        assert answer.status_code in {200, 400}
        assert set(answer.json) == {"data", "error"}


# Public paths


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/live", "/health?probe=1"])
def test_health_needs_no_token(client, path):
    assert data_of(client.get(path)) == {"status": "ok"}


def test_health_looks_at_no_token(client):
    assert client.get("/health", headers={"Authorization": "Bearer rubbish"}).status_code == 200


def test_the_root_leads_to_the_docs(client):
    answer = client.get("/")
    assert answer.status_code in {301, 302, 303, 307, 308}
    assert answer.headers["Location"] == "/docs"
