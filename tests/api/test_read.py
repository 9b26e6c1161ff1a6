"""GET /tasks/{task_id}: one task."""

from __future__ import annotations

import uuid

import pytest

from app.tasks.schemas import TaskOut
from tests.api.answers import MISSING_ID, data_of, error_of, problems_of


def test_a_task_is_read_as_it_was_made(api):
    task = api.make_task(tags=["home"], due_date="2026-03-01")
    answer = api.get(f"/tasks/{task['id']}")
    assert data_of(answer) == task
    assert answer.headers["ETag"] == '"1"'


def test_the_answer_is_what_the_output_schema_says(api):
    task = api.make_task(
        due_date="2026-03-01",
        recurrence_rule="FREQ=DAILY",
        reminder_at="2026-03-01T09:00:00Z",
        completed=True,
    )
    assert TaskOut().validate(task) == {}
    assert set(task) == set(TaskOut().fields)


def test_an_id_may_be_written_in_upper_case(api):
    task = api.make_task()
    assert data_of(api.get(f"/tasks/{task['id'].upper()}")) == task


def test_a_missing_id_is_not_found(api):
    message = error_of(api.get(f"/tasks/{MISSING_ID}"), 404, "NOT_FOUND")["message"]
    assert message == "You have no task with this id."


@pytest.mark.parametrize(
    "odd",
    [
        "1",
        "not-a-uuid",
        "{id}0",
        "{{{id}}}",
        "urn:uuid:{id}",
        "{id}%0A",
        "%20{id}",
        "{hex}",
        "%00",
        "%FF",
        "..",
        "９" * 8,
    ],
)
def test_a_malformed_id_is_an_unknown_path(api, odd):
    task = api.make_task()
    path = odd.format(id=task["id"], hex=uuid.UUID(task["id"]).hex)
    message = error_of(api.get(f"/tasks/{path}"), 404, "NOT_FOUND")["message"]
    assert message.startswith("There is no such path.")


def test_a_query_parameter_is_refused(api):
    task = api.make_task()
    assert list(problems_of(api.get(f"/tasks/{task['id']}?expand=tags"))) == ["expand"]


def test_next_task_is_absent_on_reads(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY")
    api.patch(f"/tasks/{task['id']}/complete", {"completed": True})
    assert "next_task" not in data_of(api.get(f"/tasks/{task['id']}"))
