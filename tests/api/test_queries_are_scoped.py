"""Every statement on a user's table names the caller's id, on a tour through everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, select

from app.models import Task
from app.statements import Statement
from app.tasks import queries
from tests.api.answers import BASES
from tests.statements import listening

USERS_TABLES = re.compile(r"\b(users|tasks|tags)\b|^\s*EXECUTE\b", re.IGNORECASE)
CALLER = "the-caller-of-the-tour"


class Listener:
    """The statements on users' tables, and those of them that do not name the caller."""

    def __init__(self, user_id: str):
        self.user_id = user_id
        self.heard: list[str] = []
        self.unscoped: list[str] = []

    def __call__(self, statement: str, parameters: Any) -> None:
        if not USERS_TABLES.search(statement):
            return
        self.heard.append(statement)
        sets = parameters if isinstance(parameters, list) else [parameters]
        for given in sets:
            values = given.values() if isinstance(given, dict) else given
            if self.user_id not in list(values):
                self.unscoped.append(statement)


@pytest.fixture
def listener(connection: Connection) -> Iterator[Listener]:
    listener = Listener(CALLER)
    with listening(connection, listener):
        yield listener


def tour(api: Any) -> None:
    """Every endpoint, each with what makes its SQL differ."""
    plain = api.make_task(title="Plain")["id"]
    tagged = api.make_task(
        title="Tagged", tags=["a", "b"], due_date="2026-03-01", recurrence_rule="FREQ=DAILY"
    )["id"]
    seen = [
        api.get("/tasks"),
        api.get("/tasks?limit=1&sort_by=due_date"),
        api.get("/tasks?limit=1&status=pending&include_total=false"),
        api.get("/tasks?q=a&tags=a,b&tags_match=any&priority=low&status=completed&offset=5"),
        api.get("/tasks?due_date_from=2026-01-01&due_date_to=2027-01-01T00:00:00Z&tags=a"),
        api.get("/tasks?tags=nowhere&has_due_date=true&is_recurring=false"),
        api.get(f"/tasks/{plain}"),
        api.request("HEAD", f"/tasks/{plain}"),
        api.get(f"/tasks/{plain}/occurrences"),
        api.get(f"/tasks/{tagged}/occurrences?limit=3&from=2026-03-02"),
        api.get("/tasks", headers={"If-None-Match": "*"}),
        api.get("/tags", headers={"If-None-Match": '"1"'}),
        api.put(f"/tasks/{tagged}", {"title": "Put", "tags": ["b", "c"], "due_date": "2026-03-01",
                                     "recurrence_rule": "FREQ=DAILY"}),
        api.patch(f"/tasks/{tagged}", {"tags": ["a", "c"]}),
        api.patch(f"/tasks/{tagged}", {}),
        api.patch(f"/tasks/{tagged}/complete", {"completed": True}),
        api.patch(f"/tasks/{tagged}/complete", {"completed": True}),
        api.patch(f"/tasks/{tagged}/complete", {"completed": False}),
        api.post(f"/tasks/{tagged}/toggle"),
        api.post(f"/tasks/{plain}/toggle", headers={"If-Match": '"1"'}),
        api.get("/tags"),
        api.get("/tags?search=a&sort_by=usage_count&limit=1"),
        api.get("/tags?offset=50"),
    ]  # fmt: skip
    cursor = seen[1].json["data"]["pagination"]["next_cursor"]
    seen.append(api.get(f"/tasks?limit=1&sort_by=due_date&cursor={cursor}"))
    tag = {name: api.tag_named(name)["id"] for name in ("a", "b", "c")}
    seen += [
        api.patch(f"/tags/{tag['a']}", {"name": "aa"}),
        api.patch(f"/tags/{tag['a']}", {"name": "c", "merge": True}),
        api.patch(f"/tags/{tag['b']}", {"name": "b"}),
        api.delete(f"/tags/{tag['c']}"),
        api.delete(f"/tags/{tag['b']}"),
        api.delete(f"/tasks/{tagged}"),
        api.delete(f"/tasks/{plain}"),
    ]
    assert [
        answer.status_code for answer in seen if answer.status_code not in {200, 204, 304}
    ] == []
    refused = [
        api.patch(f"/tags/{tag['b']}", {"name": "x"}),
        api.get(f"/tasks/{plain}"),
        api.get(f"/tasks/{plain}/occurrences"),
        api.put(f"/tasks/{plain}", {"title": "x"}),
        api.delete(f"/tasks/{plain}"),
    ]
    assert {answer.status_code for answer in refused} == {404}
    for left in api.get("/tasks").json["data"]["items"]:
        api.delete(f"/tasks/{left['id']}")


def test_no_statement_of_a_tour_through_everything_misses_the_callers_id(make_api, other, listener):
    for base in BASES:
        other.make_task(tags=["a"])
        listener.heard.clear()
        listener.unscoped.clear()
        tour(make_api(CALLER, base=base.format(user_id=CALLER)))
        assert len(listener.heard) > 60
        assert listener.unscoped == []


def test_every_route_on_users_data_is_on_the_tour(app, make_api, client):
    visited = set()
    app_rules = {
        (method, re.sub(r"^(/api/<user_id>|/users/<user_id>)", "", rule.rule))
        for rule in app.url_map.iter_rules()
        if "_tasks." in rule.endpoint or "_tags." in rule.endpoint
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    api = make_api(CALLER)
    request = api.request

    def remember(method, path, **options):
        adapter = app.url_map.bind("localhost")
        rule, _ = adapter.match(path.partition("?")[0], method=method, return_rule=True)
        visited.add((method, rule.rule))
        return request(method, path, **options)

    api.request = remember
    tour(api)
    assert {(m, r) for m, r in app_rules} <= visited | {("HEAD", r) for _, r in visited}


def test_the_listener_would_hear_a_query_without_the_user(api, connection, monkeypatch):
    task = api.make_task()
    listener = Listener(api.user_id)
    monkeypatch.setattr(
        queries,
        "get_task_json",
        lambda on, user_id, task_id: on.row(
            Statement(select(Task.json, Task.version).where(Task.id == task_id))
        ),
    )
    with listening(connection, listener):
        assert api.get(f"/tasks/{task['id']}").status_code == 200
    assert len(listener.unscoped) == 1
