"""The task endpoints."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response

from app.database import Autocommit, Transaction
from app.http.conditional import TagCondition, version_etag
from app.http.contract import contract
from app.http.envelope import Reply, no_content
from app.http.errors import Missing
from app.http.links import path_as_written
from app.identity import current_identity, current_user_id
from app.tasks import actions, examples, listing, occurrences, queries
from app.tasks.schemas import (
    ChangedTaskOut,
    CompletionBody,
    NewTask,
    OccurrencesOut,
    OccurrencesQuery,
    TaskBody,
    TaskListQuery,
    TaskOut,
    TaskPageOut,
    TaskPatch,
    ToggleBody,
)

blueprint = Blueprint("tasks", __name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@blueprint.post("/tasks")
@contract(body=NewTask(), returns=TaskOut(), status=201, examples=examples.CREATE)
def create_task(body: dict[str, Any]) -> Reply:
    """Create a task. Tags that do not exist yet are made."""
    with Autocommit() as connection:  # one statement, so one transaction
        task_id, json = actions.create_task(connection, current_identity(), body, now=utc_now())
    return Reply(json, 201, {"Location": f"{path_as_written()}/{task_id}", "ETag": version_etag(1)})


@blueprint.get("/tasks")
@contract(query=TaskListQuery(), returns=TaskPageOut(), examples=examples.LIST)
def list_tasks(query: dict[str, Any]) -> Reply:
    """List tasks: search, filter, sort and page. All filters combine."""
    with Autocommit() as connection:
        return listing.list_tasks(connection, current_user_id(), query)


@blueprint.get("/tasks/<uuid:task_id>")
@contract(returns=TaskOut(), examples=examples.ONE)
def get_task(task_id: uuid.UUID) -> Reply:
    """Get one task."""
    with Autocommit() as connection:
        found = queries.get_task_json(connection, current_user_id(), task_id)
    if found is None:
        raise Missing.of("task")
    json, version = found
    return Reply(json, headers={"ETag": version_etag(version)})


@blueprint.get("/tasks/<uuid:task_id>/occurrences")
@contract(query=OccurrencesQuery(), returns=OccurrencesOut(), examples=examples.OCCURRENCES)
def preview_occurrences(task_id: uuid.UUID, query: dict[str, Any]) -> Reply:
    """Preview the due dates of a recurring task's successors."""
    with Autocommit() as connection:
        return occurrences.list_occurrences(connection, current_user_id(), task_id, query)


@blueprint.put("/tasks/<uuid:task_id>")
@contract(body=TaskBody(), returns=ChangedTaskOut(), takes_if_match=True, examples=examples.REPLACE)
def replace_task(task_id: uuid.UUID, body: dict[str, Any], if_match: TagCondition | None) -> Reply:
    """Replace a task. Fields left out return to their defaults."""
    with Transaction() as transaction:
        changed = actions.replace_task(
            transaction, current_identity(), task_id, body, if_match=if_match, now=utc_now()
        )
    return _reply(changed)


@blueprint.patch("/tasks/<uuid:task_id>")
@contract(body=TaskPatch(), returns=ChangedTaskOut(), takes_if_match=True, examples=examples.PATCH)
def patch_task(task_id: uuid.UUID, body: dict[str, Any], if_match: TagCondition | None) -> Reply:
    """Change some fields of a task. Fields left out stay."""
    with Transaction() as transaction:
        changed = actions.patch_task(
            transaction, current_identity(), task_id, body, if_match=if_match, now=utc_now()
        )
    return _reply(changed)


@blueprint.delete("/tasks/<uuid:task_id>")
@contract(status=204, takes_if_match=True)
def delete_task(task_id: uuid.UUID, if_match: TagCondition | None) -> Response:
    """Delete a task for good."""
    with Transaction() as transaction:
        actions.delete_task(transaction, current_identity(), task_id, if_match=if_match)
    return no_content()


@blueprint.patch("/tasks/<uuid:task_id>/complete")
@contract(
    body=CompletionBody(), returns=ChangedTaskOut(), takes_if_match=True, examples=examples.COMPLETE
)
def complete_task(task_id: uuid.UUID, body: dict[str, Any], if_match: TagCondition | None) -> Reply:
    """Set a task's completion. A recurring task leaves its successor behind in `next_task`."""
    return _set_completed(task_id, body["completed"], if_match)


@blueprint.post("/tasks/<uuid:task_id>/toggle")
@contract(
    body=ToggleBody(),
    body_is_required=False,
    returns=ChangedTaskOut(),
    takes_if_match=True,
    examples=examples.TOGGLE,
)
def toggle_task(task_id: uuid.UUID, body: dict[str, Any], if_match: TagCondition | None) -> Reply:
    """Flip a task's completion. Needs no body."""
    return _set_completed(task_id, None, if_match)


def _set_completed(
    task_id: uuid.UUID, completed: bool | None, if_match: TagCondition | None
) -> Reply:
    with Transaction() as transaction:
        changed = actions.set_completed(
            transaction, current_identity(), task_id, completed, if_match=if_match, now=utc_now()
        )
    return _reply(changed)


def _reply(changed: actions.Changed) -> Reply:
    return Reply(changed.json, headers={"ETag": version_etag(changed.version)})
