"""The database itself refuses what must not be, without any help of the app."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

OF_ADA = "WHERE user_id = 'keys-ada'"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
TASK = {
    "user_id": "keys-ada",
    "title": "A task",
    "title_key": "a task",
    "search_text": "a task\n",
    "revision": 1,
    "created_at": NOW,
    "updated_at": NOW,
}


@pytest.fixture
def rows(connection):
    """Inserts rows as they are, for two users who are there already."""
    for user in ("keys-ada", "keys-bob"):
        connection.execute(
            text("INSERT INTO users (id, created_at) VALUES (:id, now())"), {"id": user}
        )

    def insert(table: str, **values) -> uuid.UUID:
        values = {"id": uuid.uuid4(), **values}
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)
        return values["id"]

    def make(table: str = "tasks", **values) -> uuid.UUID:
        if table == "tasks":
            return insert("tasks", **{**TASK, **values})
        defaults = {"user_id": "keys-ada", "name": "home", "name_key": "home", "created_at": NOW}
        return insert("tags", **{**defaults, **values})

    return make


@pytest.fixture
def refuse(connection):
    """Asserts that what happens inside breaks the constraint of this name."""

    class Refuse:
        def __call__(self, constraint: str):
            self.constraint = constraint
            return self

        def __enter__(self):
            self.savepoint = connection.begin_nested()

        def __exit__(self, kind, error, _trace):
            self.savepoint.rollback()
            assert kind is not None, f"{self.constraint} did not refuse it"
            assert issubclass(kind, IntegrityError)
            assert error.orig.diag.constraint_name == self.constraint
            return True

    return Refuse()


def check_deferred(connection) -> None:
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def test_a_task_has_no_predecessor_of_another_user(rows, refuse):
    bobs = rows(user_id="keys-bob")
    with refuse("fk_tasks_predecessor"):
        rows(user_id="keys-ada", predecessor_id=bobs)


def test_a_task_cannot_be_moved_to_another_user_with_its_successor_left(rows, refuse, connection):
    first = rows()
    rows(predecessor_id=first)
    with refuse("fk_tasks_predecessor"):
        connection.execute(
            text("UPDATE tasks SET user_id = 'keys-bob' WHERE id = :id"), {"id": first}
        )


def test_one_predecessor_has_one_successor(rows, refuse):
    first = rows()
    rows(predecessor_id=first)
    with refuse("uq_tasks_user_id_predecessor_id"):
        rows(predecessor_id=first)


def test_a_deleted_predecessor_is_forgotten_and_the_user_kept(rows, connection):
    first = rows()
    second = rows(predecessor_id=first)
    connection.execute(text("DELETE FROM tasks WHERE id = :id"), {"id": first})
    row = connection.execute(
        text("SELECT user_id, predecessor_id FROM tasks WHERE id = :id"), {"id": second}
    ).one()
    assert tuple(row) == ("keys-ada", None)


def test_two_users_may_have_tasks_of_one_id(rows):
    task_id = rows()
    assert rows(user_id="keys-bob", id=task_id) == task_id


def test_a_task_bears_no_tag_that_only_another_user_has(rows, refuse):
    rows("tags", user_id="keys-bob")
    with refuse("fk_tasks_tags"):
        rows(tags=["home"])
    assert rows(user_id="keys-bob", tags=["home"])


def test_a_task_cannot_be_given_a_foreign_tag_later(rows, refuse, connection):
    rows("tags", user_id="keys-bob")
    rows()
    with refuse("fk_tasks_tags"):
        connection.execute(text(f"UPDATE tasks SET tags = '{{home}}' {OF_ADA}"))


def test_a_task_bears_a_tag_once(rows, refuse):
    rows("tags")
    with refuse("fk_tasks_tags"):
        rows(tags=["home", "home"])


def test_a_tag_that_a_task_bears_cannot_go(rows, refuse, connection):
    rows("tags")
    rows(tags=["home"])
    with refuse("fk_tasks_tags"):
        connection.execute(text(f"DELETE FROM tags {OF_ADA}"))
        check_deferred(connection)


def test_a_tag_that_a_task_bears_cannot_be_renamed_alone(rows, refuse, connection):
    rows("tags")
    rows(tags=["home"])
    with refuse("fk_tasks_tags"):
        connection.execute(text(f"UPDATE tags SET name = 'house', name_key = 'house' {OF_ADA}"))
        check_deferred(connection)


def test_a_tag_may_be_renamed_together_with_its_tasks(rows, connection):
    rows("tags")
    rows(tags=["home"])
    connection.execute(text(f"UPDATE tags SET name = 'house', name_key = 'house' {OF_ADA}"))
    connection.execute(text(f"UPDATE tasks SET tags = '{{house}}' {OF_ADA}"))
    check_deferred(connection)


def test_a_name_is_unique_within_a_user_without_regard_to_case(rows, refuse):
    rows("tags")
    with refuse("uq_tags_user_id_name_key"):
        rows("tags", name="Home")
    with refuse("uq_tags_user_id_name"):
        rows("tags", name_key="other")
    rows("tags", user_id="keys-bob")


def test_a_user_takes_everything_along(rows, connection):
    rows("tags")
    first = rows(tags=["home"])
    rows(predecessor_id=first)
    rows("tags", user_id="keys-bob")
    kept = rows(user_id="keys-bob", tags=["home"])
    connection.execute(text("DELETE FROM users WHERE id = 'keys-ada'"))
    check_deferred(connection)
    owners = text("SELECT user_id FROM tasks UNION ALL SELECT user_id FROM tags")
    left = [
        owner for owner in connection.execute(owners).scalars() if owner in {"keys-ada", "keys-bob"}
    ]
    assert left == ["keys-bob", "keys-bob"]
    assert kept


@pytest.mark.parametrize("table", ["tasks", "tags"])
def test_a_row_needs_a_user(rows, refuse, table):
    with refuse(f"fk_{table}_users"):
        rows(table, user_id="nobody")


SERIES = {
    "due_at": NOW,
    "recurrence_rule": "FREQ=DAILY",
    "series_id": uuid.uuid4(),
    "series_anchor": datetime(2026, 3, 1),
    "series_slot": datetime(2026, 3, 1),
    "occurrence": 1,
}


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("ck_tasks_title_not_blank", {"title": " \t\n"}),
        ("ck_tasks_title_length", {"title": ""}),
        ("ck_tasks_title_length", {"title": "x" * 256}),
        ("ck_tasks_description_length", {"description": "x" * 2001}),
        ("ck_tasks_completed_at_agrees", {"completed": True}),
        ("ck_tasks_completed_at_agrees", {"completed": False, "completed_at": NOW}),
        ("ck_tasks_priority_known", {"priority": 0}),
        ("ck_tasks_priority_known", {"priority": 4}),
        ("ck_tasks_tags_at_most_20", {"tags": [f"t{n}" for n in range(21)]}),
        ("ck_tasks_due_on_has_start", {"due_on": NOW.date()}),
        (
            "ck_tasks_reminder_not_after_due",
            {"due_at": NOW, "reminder_at": NOW.replace(second=1)},
        ),
        (
            "ck_tasks_reminder_not_after_due",
            {"due_at": NOW, "due_on": NOW.date(), "reminder_at": NOW.replace(day=4)},
        ),
        ("ck_tasks_rule_needs_due", {**SERIES, "due_at": None}),
        ("ck_tasks_series_whole", {**SERIES, "series_id": None}),
        ("ck_tasks_series_whole", {**SERIES, "recurrence_rule": None}),
        ("ck_tasks_recurrence_mode_known", {"recurrence_mode": "sometimes"}),
        ("ck_tasks_counted_from_one", {"version": 0}),
        ("ck_tasks_counted_from_one", {**SERIES, "occurrence": 0}),
    ],
)
def test_a_task_that_the_contract_does_not_know_is_refused(rows, refuse, constraint, values):
    try:
        with refuse(constraint):
            rows(**values)
    except AssertionError:
        if "title_not_blank" not in constraint and values.get("title") != "":
            raise
        with refuse("ck_tasks_title_not_blank"):
            rows(**values)


def test_a_task_is_not_its_own_predecessor(rows, refuse):
    task_id = uuid.uuid4()
    with refuse("ck_tasks_not_its_own_predecessor"):
        rows(id=task_id, predecessor_id=task_id)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("ck_tags_name_form", {"name": "a,b"}),
        ("ck_tags_name_form", {"name": " "}),
        ("ck_tags_name_length", {"name": "x" * 51}),
        ("ck_tags_usage_count", {"usage_count": -1}),
    ],
)
def test_a_tag_that_the_contract_does_not_know_is_refused(rows, refuse, constraint, values):
    with refuse(constraint):
        rows("tags", **values)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("ck_users_counts", "open_tasks = -1"),
        ("ck_users_counts", "completed_tasks = -1"),
        ("ck_users_counts", "revision = -1"),
        ("ck_users_id_length", "id = repeat('x', 256)"),
        ("ck_users_id_length", "id = ''"),
    ],
)
def test_a_user_that_the_contract_does_not_know_is_refused(
    rows, refuse, connection, constraint, change
):
    assert rows
    with refuse(constraint):
        connection.execute(text(f"UPDATE users SET {change} WHERE id = 'keys-bob'"))


def test_every_check_of_the_database_has_been_tried(connection):
    checks = connection.execute(
        text(
            "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid IN "
            "('users'::regclass, 'tags'::regclass, 'tasks'::regclass)"
        )
    ).scalars()
    tried = set()
    for test in (
        test_a_task_that_the_contract_does_not_know_is_refused,
        test_a_tag_that_the_contract_does_not_know_is_refused,
        test_a_user_that_the_contract_does_not_know_is_refused,
    ):
        tried |= {case[0] for case in test.pytestmark[0].args[1]}
    assert set(checks) - tried == {"ck_tasks_not_its_own_predecessor"}


def test_the_database_calls_blank_only_what_the_app_calls_blank(connection):
    blank = connection.execute(
        text(
            "SELECT point FROM generate_series(1, 1114111) AS point "
            "WHERE point NOT BETWEEN 55296 AND 57343 AND NOT chr(point) ~ '\\S'"
        )
    ).scalars()
    assert [point for point in blank if not chr(point).isspace()] == []
