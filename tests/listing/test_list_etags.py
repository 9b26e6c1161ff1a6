"""A list that has not changed is a 304 for one look-up by primary key."""

from __future__ import annotations

import pytest

from tests.statements import listening

LISTS = ["/tasks", "/tasks?search=milk&limit=3", "/tags", "/tags?sort_by=usage_count"]


@pytest.mark.parametrize("path", LISTS)
def test_an_unchanged_list_is_not_sent_again(api, path):
    api.make_task(tags=["home"])
    first = api.get(path)
    again = api.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_a_304_costs_one_statement_on_the_users_row(api, connection):
    api.make_task(tags=["home"])
    etag = api.get("/tasks?tags=home").headers["ETag"]
    statements: list[str] = []
    with listening(connection, lambda text, _: statements.append(text)):
        answer = api.get("/tasks?tags=home", headers={"If-None-Match": etag})
    assert answer.status_code == 304
    assert len(statements) == 1
    assert "FROM users" in statements[0]
    assert "tasks" not in statements[0].replace("open_tasks", "")


@pytest.mark.parametrize("path", LISTS)
def test_any_write_of_the_user_makes_a_list_new(api, path):
    task = api.make_task(tags=["home"])
    etags = [api.get(path).headers["ETag"]]
    for write in (
        lambda: api.patch(f"/tasks/{task['id']}", {"title": "Other"}),
        lambda: api.post(f"/tasks/{task['id']}/toggle"),
        lambda: api.patch(f"/tags/{api.tag_named('home')['id']}", {"name": "house"}),
        lambda: api.delete(f"/tags/{api.tag_named('house')['id']}"),
        lambda: api.delete(f"/tasks/{task['id']}"),
    ):
        assert write().status_code < 300
        answer = api.get(path, headers={"If-None-Match": ", ".join(etags)})
        assert answer.status_code == 200
        etags.append(answer.headers["ETag"])
    assert len(set(etags)) == len(etags)


def test_a_write_that_changes_nothing_keeps_the_list(api):
    task = api.make_task()
    etag = api.get("/tasks").headers["ETag"]
    api.patch(f"/tasks/{task['id']}", {})
    assert api.get("/tasks", headers={"If-None-Match": etag}).status_code == 304


def test_each_query_and_each_user_has_its_own_tag(api, other):
    for client in (api, other):
        client.make_task()
    paths = ["/tasks", "/tasks?limit=1", "/tasks?status=pending", "/tags"]
    etags = [client.get(path).headers["ETag"] for client in (api, other) for path in paths]
    assert len(set(etags)) == len(etags)


def test_another_users_write_changes_nothing_here(api, other):
    etag = api.get("/tasks").headers["ETag"]
    other.make_task()
    assert api.get("/tasks", headers={"If-None-Match": etag}).status_code == 304


def test_a_preview_is_not_sent_again_until_something_changes(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY")
    path = f"/tasks/{task['id']}/occurrences"
    etag = api.get(path).headers["ETag"]
    assert api.get(path, headers={"If-None-Match": etag}).status_code == 304
    api.patch(f"/tasks/{task['id']}", {"recurrence_rule": "FREQ=WEEKLY"})
    assert api.get(path, headers={"If-None-Match": etag}).status_code == 200
