"""If-Match on writes, If-None-Match on reads (contract, section 7, Versions)."""

from __future__ import annotations

import pytest

from tests.api.answers import EVERY_WRITE_ON_A_TASK, data_of, error_of

STALE = ['"2"', '"0"', 'W/"1"', '"2", W/"1"', '""', '"ä"']
HOLDS = ["*", " * ", '"1"', ' "1" ', '"7", "1"', '"7","1","8"', 'W/"1", "1"', ',"1",']
MALFORMED = ["", "1", "'1'", '"1', '1"', "W/1", '*, "1"', '"1" "2"', "W/", '"a\x7fb"', "**", ",",
             '"1";', 'w/"1"', "x" * 5000]  # fmt: skip


@pytest.mark.parametrize("value", HOLDS)
@pytest.mark.parametrize("endpoint", EVERY_WRITE_ON_A_TASK, ids=str)
def test_a_condition_that_holds_lets_the_write_through(api, endpoint, value):
    task = api.make_task()
    answer = api.request(
        endpoint.method, endpoint.at(task["id"]), json=endpoint.body, headers={"If-Match": value}
    )
    assert answer.status_code in {200, 204}


@pytest.mark.parametrize("value", STALE)
@pytest.mark.parametrize("endpoint", EVERY_WRITE_ON_A_TASK, ids=str)
def test_a_condition_that_does_not_hold_changes_nothing_and_names_the_current_tag(
    api, endpoint, value
):
    task = api.make_task()
    answer = api.request(
        endpoint.method, endpoint.at(task["id"]), json=endpoint.body, headers={"If-Match": value}
    )
    error_of(answer, 412, "PRECONDITION_FAILED")
    assert answer.headers["ETag"] == '"1"'
    assert data_of(api.get(f"/tasks/{task['id']}")) == task


@pytest.mark.parametrize("value", MALFORMED)
@pytest.mark.parametrize("endpoint", EVERY_WRITE_ON_A_TASK, ids=str)
def test_a_malformed_condition_is_a_bad_request(api, endpoint, value):
    task = api.make_task()
    answer = api.request(
        endpoint.method, endpoint.at(task["id"]), json=endpoint.body, headers={"If-Match": value}
    )
    error_of(answer, 400, "BAD_REQUEST")
    assert data_of(api.get(f"/tasks/{task['id']}")) == task


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/tasks/{}", {}),
        ("PUT", "/tasks/{}", {"title": "A task"}),
        ("PATCH", "/tasks/{}/complete", {"completed": False}),
    ],
)
def test_it_is_checked_also_where_nothing_would_change(api, method, path, body):
    task = api.make_task()
    answer = api.request(method, path.format(task["id"]), json=body, headers={"If-Match": '"2"'})
    error_of(answer, 412, "PRECONDITION_FAILED")


def test_a_second_writer_who_read_the_same_version_is_refused(api):
    task = api.make_task()
    tag = api.get(f"/tasks/{task['id']}").headers["ETag"]
    first = api.patch(f"/tasks/{task['id']}", {"title": "First"}, headers={"If-Match": tag})
    second = api.patch(f"/tasks/{task['id']}", {"title": "Second"}, headers={"If-Match": tag})
    assert data_of(first)["title"] == "First"
    error_of(second, 412, "PRECONDITION_FAILED")
    assert second.headers["ETag"] == first.headers["ETag"] == '"2"'


def test_if_match_is_not_looked_at_where_there_is_no_version(api):
    assert api.post("/tasks", {"title": "x"}, headers={"If-Match": '"9"'}).status_code == 201
    assert api.get("/tasks", headers={"If-Match": '"9"'}).status_code == 200


@pytest.mark.parametrize("value", ['"1"', 'W/"1"', "*", '"5", "1"', '"5",W/"1"'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_the_client_holds_already_is_not_sent_again(api, value, method):
    task = api.make_task()
    answer = api.request(method, f"/tasks/{task['id']}", headers={"If-None-Match": value})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == '"1"'
    assert "Content-Type" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("value", ['"2"', '"11"', "1", "", "rubbish", "x" * 5000])
def test_anything_else_is_sent(api, value):
    task = api.make_task()
    answer = api.get(f"/tasks/{task['id']}", headers={"If-None-Match": value})
    assert data_of(answer) == task


def test_a_missing_task_is_not_found_whatever_the_client_holds(api):
    task = api.make_task()
    api.delete(f"/tasks/{task['id']}")
    answer = api.get(f"/tasks/{task['id']}", headers={"If-None-Match": "*"})
    error_of(answer, 404, "NOT_FOUND")


def test_if_none_match_does_not_keep_a_write_from_happening(api):
    task = api.make_task()
    answer = api.patch(f"/tasks/{task['id']}", {"title": "New"}, headers={"If-None-Match": '"1"'})
    assert data_of(answer)["title"] == "New"
