"""Two users trying each other's ids everywhere: another's id answers as a missing one."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.api.answers import BASES, EVERY_ENDPOINT, ON_LISTS, ON_TAGS, ON_TASKS, data_of, error_of

EVERYTHING = "SELECT to_jsonb(t) FROM {} t WHERE {} = :id ORDER BY 1::text"


def everything_of(connection, user_id: str) -> list:
    """All rows of a user, as they are stored."""
    found = []
    for table, column in (("users", "id"), ("tasks", "user_id"), ("tags", "user_id")):
        rows = connection.execute(text(EVERYTHING.format(table, column)), {"id": user_id})
        found.append(rows.scalars().all())
    return found


def told(answer) -> tuple:
    """All that an answer says, but the id of the request."""
    request_id = answer.headers["X-Request-ID"]
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    return answer.status_code, headers, answer.get_data(as_text=True).replace(request_id, "-")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("endpoint", ON_TASKS + ON_TAGS, ids=str)
def test_a_foreign_id_answers_exactly_as_a_missing_one(make_api, other, connection, base, endpoint):
    victims_task = other.make_task(
        title="Secret", tags=["secret"], due_date="2026-03-01", recurrence_rule="FREQ=DAILY"
    )
    victims_tag = other.tag_named("secret")
    before = everything_of(connection, other.user_id)
    api = make_api("mallory", base=base.format(user_id="mallory"))
    api.make_task(tags=["own"])
    own = everything_of(connection, "mallory")

    foreign = api.request(
        endpoint.method, endpoint.at(victims_task["id"], victims_tag["id"]), json=endpoint.body
    )
    missing = api.request(endpoint.method, endpoint.at(), json=endpoint.body)

    error_of(foreign, 404, "NOT_FOUND")
    assert told(foreign) == told(missing)
    assert everything_of(connection, other.user_id) == before
    assert everything_of(connection, "mallory") == own


@pytest.mark.parametrize(
    "headers", [{"If-Match": '"1"'}, {"If-Match": "*"}, {"If-None-Match": "*"}]
)
@pytest.mark.parametrize("endpoint", ON_TASKS, ids=str)
def test_a_condition_tells_nothing_about_a_foreign_task(api, other, endpoint, headers):
    victims = other.make_task()["id"]
    foreign = api.request(
        endpoint.method, endpoint.at(victims), json=endpoint.body, headers=headers
    )
    missing = api.request(endpoint.method, endpoint.at(), json=endpoint.body, headers=headers)
    error_of(foreign, 404, "NOT_FOUND")
    assert told(foreign) == told(missing)


@pytest.mark.parametrize("base", ["/api/{user_id}", "/users/{user_id}"])
@pytest.mark.parametrize("endpoint", EVERY_ENDPOINT, ids=str)
def test_a_foreign_path_is_forbidden_whatever_it_names(make_api, other, connection, base, endpoint):
    task, tag = other.make_task(tags=["secret"]), other.tag_named("secret")
    before = everything_of(connection, other.user_id)
    api = make_api("mallory", base=base.format(user_id=other.user_id))

    there = api.request(endpoint.method, endpoint.at(task["id"], tag["id"]), json=endpoint.body)
    error_of(there, 403, "FORBIDDEN")
    nobody = make_api("mallory", base=base.format(user_id="nobody"))
    assert told(there) == told(nobody.request(endpoint.method, endpoint.at(), json=endpoint.body))
    assert everything_of(connection, other.user_id) == before
    assert everything_of(connection, "mallory") == [[], [], []]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("path", [e.path for e in ON_LISTS if e.method == "GET"])
def test_lists_hold_ones_own_things_only(make_api, other, base, path):
    other.make_task(title="Secret", tags=["secret"])
    api = make_api("mallory", base=base.format(user_id="mallory"))
    for query in ("", "?search=sec", "?search=sec&sort_order=desc"):
        page = data_of(api.get(path + query))
        assert (page["items"], page["pagination"]["total"]) == ([], 0)
    assert data_of(api.get("/tasks?tags=secret"))["items"] == []


def test_two_users_may_have_tags_of_the_same_name(api, other):
    api.make_task(tags=["home"])
    other.make_task(tags=["HOME"])
    assert api.tag_named("home")["usage_count"] == 1
    assert other.tag_named("HOME")["usage_count"] == 1
    other.patch(f"/tags/{other.tag_named('HOME')['id']}", {"name": "house"})
    assert api.tag_named("home")["usage_count"] == 1


def test_the_body_cannot_name_another_owner(api, other):
    victims = other.make_task()
    task = api.make_task(user_id=other.user_id, id=victims["id"])
    assert task["user_id"] == api.user_id
    assert len(data_of(other.get("/tasks"))["items"]) == 1


def test_bases_show_the_same_things(make_api):
    task = make_api("ada").make_task(tags=["home"])
    for base in BASES:
        api = make_api("ada", base=base.format(user_id="ada"))
        assert data_of(api.get(f"/tasks/{task['id']}")) == task
        assert data_of(api.get("/tasks"))["items"] == [task]
        assert api.tag_named("home")["usage_count"] == 1
