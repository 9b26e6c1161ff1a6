"""Many new tasks of one user in one transaction, with every counter and revision kept exact."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast

import orjson
from sqlalchemy import (
    ARRAY,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cli import queries
from app.models import Tag, Task
from app.tasks.queries import new_id
from app.tasks.values import TaskValues, columns_of

ROWS_AT_ONCE = 1000

_tags = cast("Table", Tag.__table__)
_tasks = cast("Table", Task.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task as it shall be stored; its revision comes from its place among the others."""

    id: uuid.UUID
    values: TaskValues
    created_at: datetime
    updated_at: datetime
    version: int = 1
    predecessor_id: uuid.UUID | None = None


def add_tasks(
    session: Session,
    user_id: str,
    tasks: Iterable[NewTask],
    *,
    now: datetime,
    on_progress: Callable[[int], Any],
) -> None:
    """Adds `tasks` to what the user has; makes the user and the tags that do not exist yet.

    `on_progress` is told the number of tasks of each chunk. A predecessor stands before or in the
    same chunk as its successor. Requests of this user wait until the transaction ends.
    """
    revision = queries.make_and_lock_user(session, user_id, now=now)
    names: dict[str, str] = {}
    bearers: Counter[str] = Counter()
    completed = total = 0
    for chunk in _chunks(tasks):
        keys = Counter(key for task in chunk for key in task.values.tags)
        names |= _made_tags(session, user_id, chunk, names, now)
        rows = [_row(task, names, revision + n) for n, task in enumerate(chunk, start=1)]
        _insert_rows(session, user_id, rows)
        bearers += keys
        completed += sum(task.values.is_completed for task in chunk)
        total += len(chunk)
        revision += len(chunk)
        on_progress(len(chunk))
    _count_bearers(session, user_id, bearers)
    queries.count_tasks(
        session,
        user_id,
        revision=revision,
        more_open=total - completed,
        more_completed=completed,
    )


def _chunks(tasks: Iterable[NewTask]) -> Iterator[list[NewTask]]:
    iterator = iter(tasks)
    while chunk := list(islice(iterator, ROWS_AT_ONCE)):
        yield chunk


def _row(task: NewTask, names: Mapping[str, str], revision: int) -> dict[str, Any]:
    return {
        **columns_of(task.values),
        "tags": [names[key] for key in sorted(task.values.tags)],
        "id": task.id,
        "predecessor_id": task.predecessor_id,
        "version": task.version,
        "revision": revision,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
    }


# The rows travel as one JSON parameter: a tenth of the work of binding each value by itself, and
# COPY is not to be had beside a wait callback (app/database.py).

_given = [c.name for c in _tasks.columns if c.name != "user_id" and c.computed is None]
_insert = text(
    f"INSERT INTO tasks (user_id, {', '.join(_given)}) "  # noqa: S608, names of our own columns
    f"SELECT :owner_id, {', '.join(_given)} "
    "FROM json_populate_recordset(NULL::tasks, CAST(:rows AS json))"
)


def _insert_rows(session: Session, user_id: str, rows: list[dict[str, Any]]) -> None:
    session.execute(_insert, {"owner_id": user_id, "rows": orjson.dumps(rows).decode()})


_names = select(_tags.c.name_key, _tags.c.name).where(
    _tags.c.user_id == bindparam("owner_id"),
    _tags.c.name_key == func.any(bindparam("tag_keys", type_=ARRAY(Text))),
)


def _made_tags(
    session: Session,
    user_id: str,
    chunk: list[NewTask],
    known: Mapping[str, str],
    now: datetime,
) -> dict[str, str]:
    """The names of the tags that `known` lacks, by key, as they are spelled: the first one wins."""
    wanted = {
        key: name for task in chunk for key, name in task.values.tags.items() if key not in known
    }
    if not wanted:
        return {}
    rows = [
        {"user_id": user_id, "id": new_id(), "name": name, "name_key": key, "created_at": now}
        for key, name in wanted.items()
    ]
    session.execute(insert(_tags).on_conflict_do_nothing(), rows)
    found = session.execute(_names, {"owner_id": user_id, "tag_keys": list(wanted)})
    return {row.name_key: row.name for row in found}


_count = text(
    "UPDATE tags SET usage_count = usage_count + borne.number "
    "FROM unnest(CAST(:tag_keys AS text[]), CAST(:numbers AS integer[])) "
    "AS borne (name_key, number) "
    "WHERE tags.user_id = :owner_id AND tags.name_key = borne.name_key"
)


def _count_bearers(session: Session, user_id: str, bearers: Mapping[str, int]) -> None:
    parameters = {"tag_keys": list(bearers), "numbers": list(bearers.values())}
    session.execute(_count, {"owner_id": user_id, **parameters})
