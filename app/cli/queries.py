"""The SQL about whole users and all that they have. None of it commits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    Row,
    Table,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cli.output import json_line
from app.models import Tag, Task, User

ROWS_AT_ONCE = 1000

_users = cast("Table", User.__table__)
_is_asked = _users.c.id == bindparam("owner_id")

_tag_count = (
    select(func.count())
    .select_from(Tag)
    .where(Tag.user_id == bindparam("owner_id"))
    .scalar_subquery()
    .label("tags")
)
_get_user = select(_users, _tag_count).where(_is_asked)
_list_users = (
    select(_users)
    .where(_users.c.id > bindparam("after"))
    .order_by(_users.c.id)
    .limit(bindparam("limit"))
)


def get_user(session: Session, user_id: str) -> dict[str, Any] | None:
    """The user's row with the number of `tags`, or None."""
    row = session.execute(_get_user, {"owner_id": user_id}).mappings().one_or_none()
    return None if row is None else dict(row)


def list_users(session: Session, *, after: str, limit: int) -> list[dict[str, Any]]:
    """The rows of the users whose ids follow `after`, by code point; '' is before the first."""
    rows = session.execute(_list_users, {"after": after, "limit": limit}).mappings()
    return [dict(row) for row in rows]


def delete_user(session: Session, user_id: str) -> bool:
    """Removes the user with all data; False where there is no such user."""
    gone = session.execute(
        delete(_users).where(_is_asked).returning(_users.c.id), {"owner_id": user_id}
    )
    return gone.scalar() is not None


# Making and counting

_make = insert(_users).values(id=bindparam("owner_id"), created_at=bindparam("now"))
_make_missing = _make.on_conflict_do_nothing(index_elements=["id"])
_lock = select(_users.c.revision).where(_is_asked).with_for_update()
_count = (
    update(_users)
    .where(_is_asked)
    .values(
        revision=bindparam("new_revision"),
        open_tasks=_users.c.open_tasks + bindparam("more_open"),
        completed_tasks=_users.c.completed_tasks + bindparam("more_completed"),
    )
)


def make_and_lock_user(session: Session, user_id: str, *, now: datetime) -> int:
    """The revision of the user, who is made if need be and locked until the transaction ends."""
    parameters = {"owner_id": user_id}
    session.execute(_make_missing, {**parameters, "now": now})
    revision: int = session.execute(_lock, parameters).scalar_one()
    return revision


def count_tasks(
    session: Session, user_id: str, *, revision: int, more_open: int, more_completed: int
) -> None:
    """Sets a locked user's revision and adds to the counters."""
    parameters = {
        "owner_id": user_id,
        "new_revision": revision,
        "more_open": more_open,
        "more_completed": more_completed,
    }
    session.execute(_count, parameters)


# Exporting

_every_tag = (
    select(Tag.id, Tag.name, Tag.usage_count, Tag.created_at)
    .where(Tag.user_id == bindparam("owner_id"))
    .order_by(Tag.name_key)
)
_every_task = (
    select(
        Task.json,
        Task.revision,
        Task.series_anchor,
        Task.series_slot,
        Task.occurrence,
        Task.predecessor_id,
    )
    .where(Task.user_id == bindparam("owner_id"))
    .order_by(Task.user_id, Task.id)
)


def every_tag_json(session: Session, user_id: str) -> Iterator[str]:
    """The JSON text of each of the user's tags by name: the members that the API answers."""
    for row in _stream(session, _every_tag, user_id):
        yield json_line(dict(row._mapping))


def every_task_json(session: Session, user_id: str) -> Iterator[str]:
    """The JSON text of each of the user's tasks, oldest first, read through a server-side cursor.

    It is what the API answers, with what else is stored: `revision`, the task's place in its series
    and its `predecessor_id`. What is derived from these (the folded texts) is left out.
    """
    for row in _stream(session, _every_task, user_id):
        stored = dict(row._mapping)
        answered = stored.pop("json").removesuffix("}")
        yield f"{answered},{json_line(stored).removeprefix('{')}"


def _stream(session: Session, query: Any, user_id: str) -> Iterable[Row[Any]]:
    """The rows, of which only so many are in memory at a time."""
    options = {"yield_per": ROWS_AT_ONCE}
    return session.execute(query, {"owner_id": user_id}, execution_options=options)
