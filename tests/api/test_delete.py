"""DELETE /tasks/{task_id}: gone for good."""

from __future__ import annotations

from sqlalchemy import text

from tests.api.answers import MISSING_ID, data_of, error_of


def test_a_deleted_task_is_gone_and_nothing_is_said(api, connection):
    task, kept = api.make_task(), api.make_task()
    answer = api.delete(f"/tasks/{task['id']}")
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    error_of(api.get(f"/tasks/{task['id']}"), 404, "NOT_FOUND")
    ids = (
        connection.execute(
            text("SELECT id::text FROM tasks WHERE user_id = :id"), {"id": api.user_id}
        )
        .scalars()
        .all()
    )
    assert ids == [kept["id"]]


def test_a_second_delete_finds_nothing(api):
    task = api.make_task()
    api.delete(f"/tasks/{task['id']}")
    error_of(api.delete(f"/tasks/{task['id']}"), 404, "NOT_FOUND")
    error_of(api.delete(f"/tasks/{MISSING_ID}"), 404, "NOT_FOUND")


def test_the_kept_counters_follow(api, connection):
    for completed in (False, True):
        task = api.make_task(completed=completed)
        api.make_task(completed=completed)
        api.delete(f"/tasks/{task['id']}")
    counters = "SELECT open_tasks, completed_tasks FROM users WHERE id = :id"
    assert tuple(connection.execute(text(counters), {"id": api.user_id}).one()) == (1, 1)


def test_a_deleted_predecessor_leaves_its_successor(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY")
    done = data_of(api.post(f"/tasks/{task['id']}/toggle"))
    assert api.delete(f"/tasks/{task['id']}").status_code == 204
    left = data_of(api.get(f"/tasks/{done['next_task']['id']}"))
    assert left["due_date"] == "2026-03-02"
    assert data_of(api.post(f"/tasks/{left['id']}/toggle"))["next_task"]["due_date"] == "2026-03-03"
