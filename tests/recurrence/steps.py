"""What the tests do to series over HTTP, and how they read what comes of it."""

from __future__ import annotations

from typing import Any

from tests.api.answers import data_of
from tests.conftest import Api

NEW_YORK = "America/New_York"
Task = dict[str, Any]


def complete(api: Api, task: Task) -> Task:
    """The task after its completion, its successor in `next_task`."""
    return data_of(api.patch(f"/tasks/{task['id']}/complete", {"completed": True}))


def reopen(api: Api, task: Task) -> Task:
    return data_of(api.patch(f"/tasks/{task['id']}/complete", {"completed": False}))


def change(api: Api, task: Task, **fields: Any) -> Task:
    """The task after a PATCH."""
    return data_of(api.patch(f"/tasks/{task['id']}", fields))


def read(api: Api, task: Task) -> Task:
    return data_of(api.get(f"/tasks/{task['id']}"))


def successor(api: Api, task: Task) -> Task:
    """The task that the completion of this one leaves."""
    left = complete(api, task)["next_task"]
    assert left is not None
    return left


def due_after(api: Api, task: Task) -> str | None:
    """When the successor is due; None where the series ends."""
    left = complete(api, task)["next_task"]
    return None if left is None else left["due_date"]


def due_dates(api: Api, task: Task, at_most: int) -> list[str]:
    """The due dates from this task on, each task completed for the next one."""
    found = [task["due_date"]]
    while len(found) < at_most:
        task = complete(api, task)["next_task"]
        if task is None:
            break
        found.append(task["due_date"])
    return found


def preview(api: Api, task: Task, **parameters: Any) -> Any:
    """The `data` of the task's occurrences; `from_` stands for `from`."""
    query = {name.rstrip("_"): str(value) for name, value in parameters.items()}
    return data_of(api.get(f"/tasks/{task['id']}/occurrences", query_string=query))


def previewed(api: Api, task: Task, **parameters: Any) -> list[str]:
    """The due dates of the task's occurrences."""
    return [item["due_date"] for item in preview(api, task, **parameters)["items"]]


def all_tasks(api: Api) -> list[Task]:
    return data_of(api.get("/tasks?limit=100&sort_by=created_at&sort_order=asc"))["items"]
