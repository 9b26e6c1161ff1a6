"""PATCH /tasks/{task_id}: fields left out stay."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.api.answers import MISSING_ID, data_of, error_of, problems_of

DATED = {
    "due_date": "2026-03-02T08:00:00Z",
    "reminder_at": "2026-03-02T07:00:00Z",
    "timezone": "Europe/Berlin",
    "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO",
}


def revision_of(connection, table: str, column: str, api) -> int:
    query = text(f"SELECT revision FROM {table} WHERE {column} = :id")
    return connection.execute(query, {"id": api.user_id}).scalar()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Another"),
        ("description", "Said"),
        ("completed", True),
        ("priority", "Low"),
        ("tags", ["home", "work"]),
        ("due_date", "2027-01-01"),
        ("timezone", "Asia/Tokyo"),
        ("reminder_at", "2026-01-01T00:00:00Z"),
        ("recurrence_mode", "future"),
    ],
)
def test_one_field_changes_and_the_others_stay(api, field, value):
    task = api.make_task(tags=["garden"], description="Nothing")
    answer = api.patch(f"/tasks/{task['id']}", {field: value})
    changed = data_of(answer)
    assert changed[field] == value
    moved = {field, "version", "updated_at", "next_task"}
    moved |= {"completed_at"} if field == "completed" else set()
    assert {k: v for k, v in changed.items() if k not in moved} == {
        k: v for k, v in task.items() if k not in moved
    }
    assert changed["version"] == 2
    assert answer.headers["ETag"] == '"2"'
    assert changed["updated_at"] > task["updated_at"]


@pytest.mark.parametrize("field", ["description", "due_date", "reminder_at", "recurrence_rule"])
def test_null_clears_what_may_be_null(api, field):
    task = api.make_task(
        description="Said",
        **(
            DATED
            if field == "recurrence_rule"
            else {"due_date": "2026-03-02", "reminder_at": "2026-03-01T00:00:00Z"}
        ),
    )
    assert data_of(api.patch(f"/tasks/{task['id']}", {field: None}))[field] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "A task"},
        {"title": "  A task "},
        {"tags": ["HOME", "home"]},
        {"priority": "MEDIUM"},
        {"completed": False},
        {"is_recurring": True},
        {"recurrence_rule": " RRULE:FREQ=WEEKLY;BYDAY=MO"},
        {"due_date": "2026-03-02T09:00:00+01:00"},
        {"due_date": "2026-03-02T09:00:00"},
        {"id": "mine", "version": 7, "next_task": None},
    ],
)
def test_a_change_that_changes_nothing_keeps_the_version(api, body, connection):
    task = api.make_task(tags=["Home"], **DATED)
    before = revision_of(connection, "users", "id", api)
    answer = api.patch(f"/tasks/{task['id']}", body)
    assert data_of(answer) == {**task, "next_task": None}
    assert answer.headers["ETag"] == '"1"'
    assert revision_of(connection, "users", "id", api) == before


def test_every_change_takes_the_next_version_and_revision(api, connection):
    task = api.make_task()
    for number in range(2, 5):
        changed = data_of(api.patch(f"/tasks/{task['id']}", {"title": f"Title {number}"}))
        assert changed["version"] == number
    assert revision_of(connection, "users", "id", api) == 4
    assert revision_of(connection, "tasks", "user_id", api) == 4


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"completed": None}, "completed"),
        ({"colour": "red"}, "colour"),
        ({"reminder_at": "2026-03-02T08:00:01Z"}, "reminder_at"),
        ({"due_date": "2026-03-02T06:59:59Z"}, "reminder_at"),
        ({"due_date": None}, "due_date"),
        ({"recurrence_mode": "completion"}, "recurrence_mode"),
        ({"is_recurring": False, "recurrence_rule": "FREQ=DAILY"}, "is_recurring"),
        ({"recurrence_rule": "FREQ=DAILY;UNTIL=20260301"}, "recurrence_rule"),
        ({"recurrence_rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "recurrence_rule"),
    ],
)
def test_what_does_not_fit_the_stored_task_is_refused_and_nothing_changes(api, body, blamed):
    task = api.make_task(**DATED)
    answer = api.patch(f"/tasks/{task['id']}", body)
    assert list(problems_of(answer)) == [blamed]
    assert data_of(api.get(f"/tasks/{task['id']}")) == task


def test_is_recurring_true_needs_a_rule(api):
    task = api.make_task(due_date="2026-03-02")
    answer = api.patch(f"/tasks/{task['id']}", {"is_recurring": True})
    assert list(problems_of(answer)) == ["is_recurring"]


def test_is_recurring_false_alone_clears_the_rule(api):
    task = api.make_task(**DATED)
    cleared = data_of(api.patch(f"/tasks/{task['id']}", {"is_recurring": False}))
    assert (cleared["is_recurring"], cleared["recurrence_rule"], cleared["series_id"]) == (
        False,
        None,
        None,
    )


def test_a_rule_on_a_task_without_a_due_date_is_refused(api):
    task = api.make_task()
    answer = api.patch(f"/tasks/{task['id']}", {"recurrence_rule": "FREQ=DAILY"})
    assert problems_of(answer) == {"due_date": ["A recurring task needs a due date."]}


def test_the_mode_is_kept_without_a_rule(api):
    task = api.make_task(recurrence_mode="completion")
    assert task["recurrence_mode"] == "completion"
    changed = data_of(api.patch(f"/tasks/{task['id']}", {"title": "Another"}))
    assert changed["recurrence_mode"] == "completion"


def test_moving_the_due_date_past_until_is_accepted(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY;UNTIL=20260303")
    moved = data_of(api.patch(f"/tasks/{task['id']}", {"due_date": "2026-04-01"}))
    assert moved["due_date"] == "2026-04-01"
    done = data_of(api.patch(f"/tasks/{task['id']}", {"completed": True}))
    assert done["next_task"] is None


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"due_date": "0001-01-01T00:00:00Z"}, {"timezone": "America/New_York"}),
        ({"due_date": "9999-12-31T23:59:59Z"}, {"timezone": "Asia/Tokyo"}),
    ],
)
def test_a_recurring_task_whose_wall_time_would_leave_the_calendar_is_refused(api, fields, body):
    task = api.make_task(**fields)
    rule = {"recurrence_rule": "FREQ=DAILY"}
    answer = api.patch(f"/tasks/{task['id']}", {**body, **rule})
    assert set(problems_of(answer)) <= {"due_date", "recurrence_rule"}
    plain = data_of(api.patch(f"/tasks/{task['id']}", body))
    assert plain["due_date"] == fields["due_date"]


def test_a_missing_id_is_not_found(api):
    api.make_task()
    error_of(api.patch(f"/tasks/{MISSING_ID}", {"title": "New"}), 404, "NOT_FOUND")
    error_of(api.patch(f"/tasks/{MISSING_ID}", {}), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ({"due_date": "2026-03-01T09:00Z", "reminder_at": "2026-03-01T09:01Z"}, "reminder_at"),
        (
            {"due_date": "2026-03-01", "reminder_at": "2026-03-02T00:00Z", "timezone": "UTC"},
            "reminder_at",
        ),
        ({"recurrence_rule": "FREQ=DAILY", "due_date": None}, "due_date"),
        ({"is_recurring": True, "recurrence_rule": None}, "is_recurring"),
        ({"due_date": "0001-01-01T00:00", "timezone": "Asia/Tokyo"}, "due_date"),
        (
            {"recurrence_rule": "FREQ=WEEKLY;BYDAY=MO", "recurrence_mode": "completion"},
            "recurrence_mode",
        ),
    ],
)
def test_fields_that_contradict_each_other_are_refused_before_the_id_is_looked_up(
    api, body, blamed
):
    assert list(problems_of(api.patch(f"/tasks/{MISSING_ID}", body))) == [blamed]


@pytest.mark.parametrize(
    "body",
    [
        {"reminder_at": "2026-03-02T08:00:01Z"},
        {"due_date": "2026-03-01", "reminder_at": "2026-03-02T00:00:00Z"},
        {"due_date": "0001-01-01T00:00:00"},
        {"due_date": None},
    ],
)
def test_what_the_stored_task_decides_comes_after_the_id_and_the_version(api, body):
    task = api.make_task(**{**DATED, "timezone": "Asia/Tokyo"})
    error_of(api.patch(f"/tasks/{MISSING_ID}", body), 404, "NOT_FOUND")
    stale = api.patch(f"/tasks/{task['id']}", body, headers={"If-Match": '"9"'})
    error_of(stale, 412, "PRECONDITION_FAILED")
    problems_of(api.patch(f"/tasks/{task['id']}", body))
