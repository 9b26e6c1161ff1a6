"""POST /tasks: what is made, with which defaults, and what is refused."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from tests.api.answers import data_of, error_of, problems_of

FIELDS = {
    "id", "user_id", "title", "description", "completed", "completed_at", "priority", "tags",
    "due_date", "timezone", "reminder_at", "is_recurring", "recurrence_rule", "recurrence_mode",
    "series_id", "version", "created_at", "updated_at",
}  # fmt: skip


def test_a_title_is_enough_and_the_rest_has_its_defaults(api):
    task = data_of(api.post("/tasks", {"title": "Buy milk"}), 201)

    assert set(task) == FIELDS
    assert uuid.UUID(task["id"]).version == 7
    assert task["user_id"] == api.user_id
    assert task["created_at"] == task["updated_at"]
    defaults = {name: task[name] for name in FIELDS - {"id", "user_id", "created_at", "updated_at"}}
    assert defaults == {
        "title": "Buy milk",
        "description": None,
        "completed": False,
        "completed_at": None,
        "priority": "Medium",
        "tags": [],
        "due_date": None,
        "timezone": "UTC",
        "reminder_at": None,
        "is_recurring": False,
        "recurrence_rule": None,
        "recurrence_mode": "next",
        "series_id": None,
        "version": 1,
    }


@pytest.mark.parametrize("base", ["/api/me", "/api/{user}", "/users/me", "/users/{user}", ""])
def test_the_location_leads_to_the_task_under_the_base_that_was_used(make_api, base):
    user = f"user-{uuid.uuid4()}"
    api = make_api(user, base=base.format(user=user))

    answer = api.post("/tasks", {"title": "Buy milk"})

    assert answer.headers["Location"] == f"{api.base}/tasks/{answer.json['data']['id']}"
    assert answer.headers["ETag"] == '"1"'
    followed = api.client.get(
        answer.headers["Location"], headers={"Authorization": f"Bearer {api.token}"}
    )
    assert data_of(followed) == answer.json["data"]


def test_the_location_keeps_the_percent_signs_of_the_request(make_api):
    api = make_api("ärger <1>", base="/api/%C3%A4rger%20%3C1%3E")
    answer = api.post("/tasks", {"title": "Buy milk"})
    assert answer.headers["Location"].startswith("/api/%C3%A4rger%20%3C1%3E/tasks/")


def test_every_field_comes_back_as_it_was_given(api):
    given = {
        "title": "Stand-up",
        "description": "  with the team\n",
        "completed": False,
        "priority": "High",
        "tags": ["team", "work"],
        "due_date": "2026-03-01T08:00:00Z",
        "timezone": "Europe/Berlin",
        "reminder_at": "2026-03-01T07:45:00Z",
        "is_recurring": True,
        "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO",
        "recurrence_mode": "future",
    }
    task = data_of(api.post("/tasks", given), 201)
    assert {name: task[name] for name in given} == given
    assert uuid.UUID(task["series_id"])
    assert data_of(api.get(f"/tasks/{task['id']}")) == task


def test_a_completed_task_is_made_completed_and_leaves_no_successor(api):
    task = api.make_task(completed=True, due_date="2026-03-01", recurrence_rule="FREQ=DAILY")
    assert task["completed"] is True
    assert task["completed_at"] == task["created_at"]
    assert "next_task" not in task
    assert data_of(api.get("/tasks"))["pagination"]["total"] == 1


def test_is_completed_is_another_name_for_completed(api):
    assert api.make_task(is_completed=True)["completed"] is True


def test_server_made_fields_are_ignored(api, other):
    foreign = other.make_task()
    task = api.make_task(
        **{**foreign, "next_task": {"x": 1}, "version": "nine", "is_recurring": False}
    )
    assert task["id"] != foreign["id"]
    assert task["user_id"] == api.user_id
    assert task["version"] == 1


def test_ids_are_in_the_order_of_creation(api):
    made = [api.make_task()["id"] for _ in range(5)]
    assert made == sorted(made)


@pytest.mark.parametrize("priority", ["High", "high", "HIGH", "hIgH"])
def test_a_priority_is_matched_in_any_letter_case(api, priority):
    assert api.make_task(priority=priority)["priority"] == "High"


def test_the_users_row_is_made_from_the_tokens_claims(make_api, connection):
    api = make_api(email="ada@example.com", name="Ada")
    api.make_task()
    row = connection.execute(
        text("SELECT email, name, open_tasks FROM users WHERE id = :id"), {"id": api.user_id}
    ).one()
    assert tuple(row) == ("ada@example.com", "Ada", 1)


@pytest.mark.parametrize("claim", [["a@example.com"], "x" * 321, "nul\x00", 5, None])
def test_a_claim_that_does_not_fit_is_stored_as_null_and_refuses_nobody(
    make_api, connection, claim
):
    api = make_api(email=claim, name="Ada")
    api.make_task()
    row = connection.execute(
        text("SELECT email, name FROM users WHERE id = :id"), {"id": api.user_id}
    ).one()
    assert tuple(row) == (None, "Ada")


def test_a_later_write_keeps_the_claims_current(make_api, connection):
    make_api("ada", name="Ada").make_task()
    make_api("ada", name="Ada Lovelace").make_task()
    assert (
        connection.execute(text("SELECT name FROM users WHERE id = 'ada'")).scalar()
        == "Ada Lovelace"
    )


def test_a_read_makes_no_user(api, connection):
    api.get("/tasks")
    users = text("SELECT count(*) FROM users WHERE id = :id")
    assert connection.execute(users, {"id": api.user_id}).scalar() == 0


# What is refused


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", " \t\n\u3000"),
        ("title", "x" * 256),
        ("title", None),
        ("title", 5),
        ("title", ["x"]),
        ("title", "nul\x00"),
        ("title", "half \ud83d"),
        ("description", "x" * 2001),
        ("description", 5),
        ("description", "\x00"),
        ("description", "\udc00"),
        ("completed", "true"),
        ("completed", 1),
        ("completed", None),
        ("priority", "Urgent"),
        ("priority", None),
        ("priority", 1),
        ("priority", ""),
        ("priority", " High"),
        ("tags", "home"),
        ("tags", None),
        ("tags", {"home": 1}),
        ("tags", [""]),
        ("tags", ["  "]),
        ("tags", [None]),
        ("tags", [5]),
        ("tags", ["a,b"]),
        ("tags", ["x" * 51]),
        ("tags", ["\x00"]),
        ("tags", [f"tag {n}" for n in range(21)]),
        ("timezone", "Mars/Olympus"),
        ("timezone", "europe/berlin"),
        ("timezone", ""),
        ("timezone", None),
        ("timezone", "../../etc/passwd"),
        ("is_recurring", "yes"),
        ("is_recurring", None),
        ("recurrence_mode", "sometimes"),
        ("recurrence_mode", None),
        ("recurrence_rule", "FREQ=HOURLY"),
        ("recurrence_rule", ""),
        ("recurrence_rule", 5),
        ("recurrence_rule", "\x00"),
    ],
)
def test_an_invalid_value_is_named_by_its_field(api, field, value):
    answer = api.post("/tasks", {"title": "A task", field: value})
    assert list(problems_of(answer)) == [field]
    assert data_of(api.get("/tasks"))["items"] == []


def test_a_title_is_due(api):
    assert list(problems_of(api.post("/tasks", {}))) == ["title"]


def test_an_unknown_field_is_refused(api):
    answer = api.post("/tasks", {"title": "A task", "titel": "A typo", "due": "2026-03-01"})
    assert set(problems_of(answer)) == {"titel", "due"}


@pytest.mark.parametrize("names", [("completed", "is_completed"), ("is_completed", "completed")])
def test_both_names_of_one_field_at_once_are_refused(api, names):
    assert problems_of(api.post("/tasks", {"title": "A task", **dict.fromkeys(names, True)}))


def test_all_problems_come_at_once(api):
    answer = api.post(
        "/tasks?x=1",
        {
            "title": "",
            "priority": "Urgent",
            "completed": 1,
            "color": "red",
            "due_date": "2026-03-01T09:00:00Z",
            "reminder_at": "2026-03-01T10:00:00Z",
            "is_recurring": True,
        },
    )
    assert set(problems_of(answer)) == {
        "x", "title", "priority", "completed", "color", "reminder_at", "is_recurring",
    }  # fmt: skip


def test_every_item_of_a_list_gets_its_message(api):
    said = problems_of(api.post("/tasks", {"title": "A task", "tags": ["ok", 5, "a,b"]}))["tags"]
    assert len(said) == 2


def test_the_details_are_bounded(api):
    names = {f"{'x' * 200}{n}": 1 for n in range(150)}
    details = problems_of(api.post("/tasks", {"title": "A task", **names, "\ud800" * 99: 1}))
    assert len(details) <= 100
    assert max(map(len, details)) <= 100
    short = problems_of(api.post("/tasks", {"title": "A task", "tags": [1] * 9000}))
    assert len(short["tags"]) <= 100


# Fields that hang together


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        (
            {"due_date": "2026-03-01T09:00:00Z", "reminder_at": "2026-03-01T09:00:01Z"},
            "reminder_at",
        ),
        ({"due_date": "2026-03-01", "reminder_at": "2026-03-02T00:00:00Z"}, "reminder_at"),
        (
            {
                "due_date": "2026-03-01",
                "reminder_at": "2026-03-01T15:00:00Z",
                "timezone": "Asia/Tokyo",
            },
            "reminder_at",
        ),
        ({"recurrence_rule": "FREQ=DAILY"}, "due_date"),
        ({"is_recurring": True}, "is_recurring"),
        ({"is_recurring": True, "recurrence_rule": None}, "is_recurring"),
        (
            {"is_recurring": False, "recurrence_rule": "FREQ=DAILY", "due_date": "2026-03-01"},
            "is_recurring",
        ),
        (
            {"recurrence_rule": "FREQ=DAILY;UNTIL=20260228", "due_date": "2026-03-01"},
            "recurrence_rule",
        ),
        (
            {"recurrence_rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "due_date": "2026-03-01"},
            "recurrence_rule",
        ),
        (
            {
                "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO",
                "due_date": "2026-03-02",
                "recurrence_mode": "completion",
            },
            "recurrence_mode",
        ),
        ({"due_date": "0001-01-01T00:00:00", "timezone": "Asia/Tokyo"}, "due_date"),
        ({"due_date": "9999-12-31T23:59:59", "timezone": "America/New_York"}, "due_date"),
        ({"reminder_at": "9999-12-31T23:59:59", "timezone": "America/New_York"}, "reminder_at"),
        (
            {
                "due_date": "0001-01-01T00:00:00Z",
                "timezone": "America/New_York",
                "recurrence_rule": "FREQ=DAILY",
            },
            "due_date",
        ),
    ],
)
def test_what_does_not_fit_together_stands_under_the_field_that_has_to_change(api, fields, blamed):
    assert list(problems_of(api.post("/tasks", {"title": "A task", **fields}))) == [blamed]
    both = problems_of(api.post("/tasks", {"title": "", **fields}))
    assert set(both) == {"title", blamed}


def test_a_field_that_cannot_be_read_is_blamed_for_nothing_else(api):
    said = problems_of(
        api.post(
            "/tasks",
            {
                "title": "A task",
                "due_date": "tomorrow",
                "timezone": "Mars/Olympus",
                "reminder_at": "0001-01-01T00:00:00",
                "recurrence_rule": "FREQ=NEVER",
                "is_recurring": True,
            },
        )
    )
    assert set(said) == {"due_date", "timezone", "recurrence_rule"}


def test_a_query_parameter_is_refused(api):
    assert list(problems_of(api.post("/tasks?dry_run=1", {"title": "A task"}))) == ["dry_run"]


def test_a_reminder_needs_no_due_date(api):
    assert api.make_task(reminder_at="2026-03-01T10:00:00Z")["due_date"] is None


def test_a_reminder_may_come_with_the_last_second_of_an_all_day_date(api):
    task = api.make_task(
        due_date="2026-03-01", reminder_at="2026-03-01T23:59:59", timezone="Asia/Tokyo"
    )
    assert task["reminder_at"] == "2026-03-01T14:59:59Z"


def test_the_wrong_thing_to_post_to_is_a_405(api):
    error_of(api.post(f"/tasks/{uuid.uuid4()}", {"title": "A task"}), 405, "METHOD_NOT_ALLOWED")
