"""PUT /tasks/{task_id}: fields left out return to their defaults."""

from __future__ import annotations

import pytest

from tests.api.answers import MISSING_ID, data_of, error_of, problems_of

FULL = {
    "title": "Stand-up",
    "description": "with the team",
    "priority": "High",
    "tags": ["team"],
    "due_date": "2026-03-02T08:00:00Z",
    "timezone": "Europe/Berlin",
    "reminder_at": "2026-03-02T07:45:00Z",
    "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO",
    "recurrence_mode": "future",
}


def test_fields_left_out_return_to_their_defaults(api):
    task = api.make_task(**FULL, completed=True)
    replaced = data_of(api.put(f"/tasks/{task['id']}", {"title": "Bare"}))
    bare = api.make_task(title="Bare")
    own = {"id", "created_at", "updated_at", "version", "next_task"}
    assert {k: v for k, v in replaced.items() if k not in own} == {
        k: v for k, v in bare.items() if k not in own
    }
    assert (replaced["id"], replaced["created_at"]) == (task["id"], task["created_at"])
    assert replaced["version"] == 2
    assert replaced["next_task"] is None
    assert replaced["updated_at"] > task["updated_at"]


def test_sending_back_what_was_read_changes_nothing(api):
    task = api.make_task(**FULL)
    answer = api.put(f"/tasks/{task['id']}", task)
    assert data_of(answer) == {**task, "next_task": None}
    assert answer.headers["ETag"] == '"1"'


def test_sending_back_what_a_completion_answered_changes_nothing(api):
    task = api.make_task(**FULL)
    done = data_of(api.post(f"/tasks/{task['id']}/toggle"))
    assert data_of(api.put(f"/tasks/{task['id']}", done)) == done


def test_a_title_is_due(api):
    task = api.make_task()
    assert list(problems_of(api.put(f"/tasks/{task['id']}", {"priority": "Low"}))) == ["title"]


def test_completed_may_be_set(api):
    task = api.make_task()
    done = data_of(api.put(f"/tasks/{task['id']}", {"title": "Done", "completed": True}))
    assert done["completed_at"] == done["updated_at"]


def test_completed_left_out_reopens_the_task(api):
    task = api.make_task(completed=True)
    assert data_of(api.put(f"/tasks/{task['id']}", {"title": "Open"}))["completed_at"] is None


def test_completed_at_is_not_moved_by_a_repeat(api):
    task = api.make_task(completed=True)
    again = data_of(api.put(f"/tasks/{task['id']}", {"title": "Again", "completed": True}))
    assert again["completed_at"] == task["completed_at"]


def test_leaving_the_rule_out_ends_the_series(api):
    task = api.make_task(**FULL)
    ended = data_of(api.put(f"/tasks/{task['id']}", {"title": "Once", "due_date": "2026-03-02"}))
    assert (ended["is_recurring"], ended["series_id"]) == (False, None)


def test_the_series_keeps_its_id_when_the_rule_changes(api):
    task = api.make_task(**FULL)
    changed = data_of(api.put(f"/tasks/{task['id']}", {**FULL, "recurrence_rule": "FREQ=DAILY"}))
    assert changed["series_id"] == task["series_id"]


def test_is_recurring_false_beside_the_rule_that_the_task_has_clears_it(api):
    task = api.make_task(**FULL)
    cleared = data_of(api.put(f"/tasks/{task['id']}", {**FULL, "is_recurring": False}))
    assert (cleared["is_recurring"], cleared["recurrence_rule"]) == (False, None)


def test_is_recurring_false_beside_another_rule_is_refused(api):
    task = api.make_task(**FULL)
    body = {**FULL, "is_recurring": False, "recurrence_rule": "FREQ=DAILY"}
    assert list(problems_of(api.put(f"/tasks/{task['id']}", body))) == ["is_recurring"]
    assert data_of(api.get(f"/tasks/{task['id']}"))["version"] == 1


def test_a_missing_id_is_not_found(api):
    api.make_task()
    error_of(api.put(f"/tasks/{MISSING_ID}", {"title": "New"}), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"due_date": "2026-03-01", "reminder_at": "2026-03-02T00:00:00Z"}, "reminder_at"),
        (
            {"due_date": "2026-03-01T09:00:00Z", "reminder_at": "2026-03-01T09:00:01Z"},
            "reminder_at",
        ),
        ({"recurrence_rule": "FREQ=DAILY"}, "due_date"),
        ({"is_recurring": True}, "is_recurring"),
        ({"due_date": "0001-01-01T00:00:00", "timezone": "Asia/Tokyo"}, "due_date"),
        ({"reminder_at": "9999-12-31T23:59:59", "timezone": "America/New_York"}, "reminder_at"),
        (
            {
                "due_date": "2026-03-02",
                "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO",
                "recurrence_mode": "completion",
            },
            "recurrence_mode",
        ),
    ],
)
def test_a_body_that_contradicts_itself_is_refused_before_the_id_is_looked_up(api, fields, blamed):
    task = api.make_task(**FULL)
    for task_id in (MISSING_ID, task["id"]):
        answer = api.put(
            f"/tasks/{task_id}", {"title": "A task", **fields}, headers={"If-Match": '"9"'}
        )
        assert list(problems_of(answer)) == [blamed]
    assert data_of(api.get(f"/tasks/{task['id']}"))["version"] == 1


def test_what_depends_on_the_stored_task_comes_after_the_version(api):
    task = api.make_task(**FULL)
    body = {**FULL, "is_recurring": False, "recurrence_rule": "FREQ=DAILY"}
    path = f"/tasks/{task['id']}"
    error_of(api.put(f"/tasks/{MISSING_ID}", body), 404, "NOT_FOUND")
    error_of(api.put(path, body, headers={"If-Match": '"9"'}), 412, "PRECONDITION_FAILED")
    problems_of(api.put(path, body, headers={"If-Match": '"1"'}))
