"""The SQL on single tasks. Every function takes the user's id; none commits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import uuid_utils.compat
from sqlalchemy import (
    DateTime,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from app.database import Autocommit, Row, Transaction
from app.identity import Identity
from app.models import Task, User
from app.statements import Statement
from app.tags import queries as tag_queries
from app.tasks.values import TaskValues, columns_of
from app.users import owner_changed, owner_made, owner_parameters

_tasks = Task.__table__
_is_asked = (Task.user_id == bindparam("owner_id"), Task.id == bindparam("task_id"))

VALUE_COLUMNS = tuple(columns_of(TaskValues(title="", tags={})))


def new_id() -> uuid.UUID:
    """A time-ordered id: version 7 of RFC 9562."""
    return uuid_utils.compat.uuid7()


# Reading

_get_json = Statement(select(Task.json, Task.version).where(*_is_asked), plan_once=True)
_get_successor_json = Statement(
    select(Task.json).where(
        Task.user_id == bindparam("owner_id"), Task.predecessor_id == bindparam("task_id")
    ),
    plan_once=True,
)


def get_task_json(connection: Autocommit, user_id: str, task_id: uuid.UUID) -> Any:
    """The task as (JSON text, version), or None where the user has no such task."""
    return connection.row(_get_json, {"owner_id": user_id, "task_id": task_id})


def get_successor_json(transaction: Transaction, user_id: str, task_id: uuid.UUID) -> str | None:
    """The JSON text of the task that this one's completion left, or None."""
    parameters = {"owner_id": user_id, "task_id": task_id}
    found = transaction.row(_get_successor_json, parameters)
    return found[0] if found else None


# Locking. A statement sees what was committed when it began, but a row that it waited for as it is
# now: so the user's row is locked in a CTE, and the task's row with it, not read beside it.

_owner_lock = select(User.id).where(User.id == bindparam("owner_id")).with_for_update().cte("owner")
_lock_task = Statement(
    select(_tasks)
    .select_from(_owner_lock.join(_tasks, _tasks.c.user_id == _owner_lock.c.id))
    .where(*_is_asked)
    .with_for_update(of=_tasks),
    plan_once=True,
)
_get_successor = Statement(
    select(Task.id, Task.version, Task.completed, Task.tags).where(
        Task.user_id == bindparam("owner_id"), Task.predecessor_id == bindparam("task_id")
    ),
    plan_once=True,
)


def lock_task(transaction: Transaction, user_id: str, task_id: uuid.UUID) -> Row | None:
    """The task's row as it is now, locked after its user's; None where there is no such task."""
    parameters = {"owner_id": user_id, "task_id": task_id}
    return transaction.mapping(_lock_task, parameters)


def get_successor(transaction: Transaction, user_id: str, task_id: uuid.UUID) -> Row | None:
    """What decides over the task's successor: `id`, `version`, `completed`, `tags`."""
    parameters = {"owner_id": user_id, "task_id": task_id}
    return transaction.mapping(_get_successor, parameters)


# Writing


def _insert_statement() -> Any:
    """One statement for a new task: the owner's row, the tags' counts, and the task itself."""
    owner = owner_made()
    borne = tag_queries.bear(owner).cte("borne_tags")
    names = select(
        func.coalesce(
            func.array_agg(aggregate_order_by(borne.c.name, borne.c.name_key)),
            cast(literal_column("'{}'"), ARRAY(Text)),
        )
    ).scalar_subquery()
    given = {
        name: cast(bindparam(name, type_=_tasks.c[name].type), _tasks.c[name].type)
        for name in VALUE_COLUMNS
    }
    row = {
        "user_id": bindparam("owner_id", type_=Text),
        "id": bindparam("task_id", type_=_tasks.c.id.type),
        "predecessor_id": bindparam("predecessor_id", type_=_tasks.c.id.type),
        "tags": names,
        "revision": owner.c.revision,
        "created_at": bindparam("now", type_=DateTime(timezone=True)),
        "updated_at": bindparam("now", type_=DateTime(timezone=True)),
        **given,
    }
    source = select(*row.values()).select_from(owner)
    return insert(_tasks).from_select(list(row), source).returning(_tasks.c.json)


def _update_statement() -> Any:
    owner = owner_changed()
    given = {name: bindparam(f"new_{name}", type_=_tasks.c[name].type) for name in VALUE_COLUMNS}
    return (
        update(_tasks)
        .where(_tasks.c.user_id == owner.c.id, _tasks.c.id == bindparam("task_id"))
        .values(
            tags=bindparam("new_tags", type_=ARRAY(Text)),
            version=_tasks.c.version + 1,
            revision=owner.c.revision,
            updated_at=bindparam("now"),
            **given,
        )
        .returning(_tasks.c.json, _tasks.c.version)
    )


def _delete_statement() -> Any:
    owner = owner_changed()
    borne = tag_queries.unbear(owner, bindparam("tag_names", type_=ARRAY(Text))).cte("unborne")
    return delete(_tasks).where(*_is_asked).add_cte(owner, borne)


_insert = Statement(_insert_statement(), plan_once=True)
_update = Statement(_update_statement(), plan_once=True)
_delete = Statement(_delete_statement(), plan_once=True)


def insert_task(
    connection: Autocommit, identity: Identity, values: TaskValues, *, now: datetime
) -> tuple[uuid.UUID, str]:
    """Makes a task; answers its id and its JSON text."""
    parameters = _insert_parameters(identity, values, now, predecessor_id=None)
    [(json,)] = connection.rows(_insert, parameters)
    return parameters["task_id"], json


def insert_successor(
    transaction: Transaction,
    identity: Identity,
    values: TaskValues,
    *,
    now: datetime,
    predecessor_id: uuid.UUID,
) -> str:
    """Makes the task that follows another in its series; answers its JSON text."""
    parameters = _insert_parameters(identity, values, now, predecessor_id=predecessor_id)
    [(json,)] = transaction.rows(_insert, parameters)
    return json


def _insert_parameters(
    identity: Identity, values: TaskValues, now: datetime, *, predecessor_id: uuid.UUID | None
) -> dict[str, Any]:
    return {
        **owner_parameters(
            identity,
            more_open=0 if values.is_completed else 1,
            more_completed=1 if values.is_completed else 0,
        ),
        **tag_queries.bear_parameters(values.tags, [new_id() for _ in values.tags]),
        **columns_of(values),
        "task_id": new_id(),
        "predecessor_id": predecessor_id,
        "now": now,
    }


def update_task(
    transaction: Transaction,
    identity: Identity,
    task_id: uuid.UUID,
    values: TaskValues,
    *,
    tag_names: Sequence[str],
    more_completed: int,
    now: datetime,
) -> tuple[str, int]:
    """Gives a locked task new values and the next version; answers its JSON text and version.

    `more_completed` is 1 where it turns completed, -1 where it opens again, else 0.
    """
    parameters = {
        **owner_parameters(identity, more_open=-more_completed, more_completed=more_completed),
        **{f"new_{name}": value for name, value in columns_of(values).items()},
        "new_tags": list(tag_names),
        "task_id": task_id,
        "now": now,
    }
    [(json, version)] = transaction.rows(_update, parameters)
    return json, version


def delete_task(
    transaction: Transaction,
    identity: Identity,
    task_id: uuid.UUID,
    *,
    tag_names: Sequence[str],
    completed: bool,
) -> None:
    """Removes a locked task for good."""
    parameters = {
        **owner_parameters(
            identity,
            more_open=0 if completed else -1,
            more_completed=-1 if completed else 0,
        ),
        "tag_names": list(tag_names),
        "task_id": task_id,
    }
    transaction.execute(_delete, parameters)
