"""One page of a list of tasks: its order, its place, its total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from app.http import cursor
from app.http.envelope import Reply
from app.http.errors import ValidationFailed
from app.http.links import next_page
from app.models import Task, User
from app.tags import queries as tag_queries
from app.tasks import filters
from app.tasks.schemas import ASCENDING_BY_DEFAULT
from app.tasks.serialize import task_json
from app.text import fold

SORT_COLUMNS: Mapping[str, Any] = {
    "created_at": Task.created_at,
    "updated_at": Task.updated_at,
    "completed_at": Task.completed_at,
    "due_date": Task.due_at,
    "priority": Task.priority,
    "title": Task.title_key,
}
NULLABLE_SORTS = frozenset({"completed_at", "due_date"})
INSTANT_SORTS = frozenset({"created_at", "updated_at", "completed_at", "due_date"})


@dataclass(frozen=True, slots=True)
class Order:
    """A total order: a column, tasks without it last, the id breaking ties in the same direction."""

    sort_by: str
    is_descending: bool

    @property
    def column(self) -> Any:
        return SORT_COLUMNS[self.sort_by]

    def clauses(self) -> list[Any]:
        columns = (self.column, Task.id)
        first, second = (c.desc() if self.is_descending else c.asc() for c in columns)
        return [first.nulls_last() if self.sort_by in NULLABLE_SORTS else first, second]

    def after(self, place: Place) -> ColumnElement[bool]:
        """The condition for what comes after `place`."""
        if place.key is None:
            beyond = Task.id < place.task_id if self.is_descending else Task.id > place.task_id
            return self.column.is_(None) & beyond
        here, there = tuple_(self.column, Task.id), tuple_(place.key, place.task_id)
        beyond = here < there if self.is_descending else here > there
        return beyond | self.column.is_(None) if self.sort_by in NULLABLE_SORTS else beyond


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the last task's sort key and id."""

    key: Any
    task_id: UUID

    def as_json(self) -> list[Any]:
        key = self.key.isoformat() if isinstance(self.key, datetime) else self.key
        return [key, str(self.task_id)]

    @classmethod
    def from_json(cls, place: list[Any], order: Order) -> Place:
        key, task_id = place
        if key is not None and order.sort_by in INSTANT_SORTS:
            key = datetime.fromisoformat(key)
        return cls(key, UUID(task_id))


def list_tasks(connection: Connection, user_id: str, query: Mapping[str, Any]) -> Reply:
    """The page that the parameters ask for, in the envelope's `data`."""
    if query["cursor"] is not None and query["offset"] is not None:
        raise ValidationFailed({"offset": ["Give a cursor or an offset, not both."]})
    due = filters.due_range(query)
    order = _order(query)
    binding = _binding(user_id, query, order)
    place = None
    if query["cursor"] is not None:
        place = Place.from_json(cursor.unseal(binding, query["cursor"]), order)
    names = _tag_names(connection, user_id, query)
    if names is None:
        return _reply(query, binding, rows=[], total=0)
    conditions = filters.conditions(user_id, query, due, names)
    total = _total(user_id, query, conditions) if _wants_total(query) else None
    rows = connection.execute(_page(query, order, place, conditions, total)).all()
    if rows or total is None:
        return _reply(query, binding, rows, rows[0].total if rows else None)
    counted = connection.execute(select(total)).scalar()
    return _reply(query, binding, rows, counted or 0)


def _order(query: Mapping[str, Any]) -> Order:
    sort_by, direction = query["sort_by"], query["sort_order"]
    is_descending = direction == "desc" if direction else sort_by not in ASCENDING_BY_DEFAULT
    return Order(sort_by, is_descending)


def _binding(user_id: str, query: Mapping[str, Any], order: Order) -> str:
    """The page's size and place may change during a walk; user, filters and order may not."""
    paging = {"limit", "offset", "cursor", "include_total", "sort_by", "sort_order"}
    kept = sorted((name, value) for name, value in query.items() if name not in paging)
    return cursor.bound_to(user_id, order.sort_by, order.is_descending, kept)


def _tag_names(connection: Connection, user_id: str, query: Mapping[str, Any]) -> list[str] | None:
    """The asked tags as they are spelled; None where they cannot be found on any task."""
    keys = {fold(name) for name in query["tags"]}
    if not keys:
        return []
    names = tag_queries.names_of(connection, user_id, keys)
    found_enough = len(names) == len(keys) if query["tags_match"] == "all" else bool(names)
    return names if found_enough else None


def _wants_total(query: Mapping[str, Any]) -> bool:
    if query["include_total"] is not None:
        return bool(query["include_total"])
    return query["cursor"] is None


def _total(user_id: str, query: Mapping[str, Any], conditions: Sequence[Any]) -> Any:
    """The SQL for the number of all matches; kept counters answer it where only a status is asked."""
    if len(conditions) == 1 + (query["status"] is not None):
        kept = {
            None: User.open_tasks + User.completed_tasks,
            True: User.completed_tasks,
            False: User.open_tasks,
        }[query["status"]]
        return select(kept).where(User.id == user_id).scalar_subquery()
    return select(func.count()).select_from(Task).where(*conditions).scalar_subquery()


def _page(
    query: Mapping[str, Any],
    order: Order,
    place: Place | None,
    conditions: Sequence[Any],
    total: Any,
) -> Select[Any]:
    """The page's rows and one more: `json`, `key`, `id`, and where asked for `total`."""
    columns = [task_json().label("json"), order.column.label("key"), Task.id]
    if total is not None:
        columns.append(total.label("total"))
    page = select(*columns).where(*conditions).order_by(*order.clauses()).limit(query["limit"] + 1)
    if place is not None:
        return page.where(order.after(place))
    return page.offset(query["offset"]) if query["offset"] else page


def _reply(
    query: Mapping[str, Any], binding: str, rows: Sequence[Row[Any]], total: int | None
) -> Reply:
    limit = query["limit"]
    has_more = len(rows) > limit
    shown = rows[:limit]
    next_cursor = None
    if has_more:
        next_cursor = cursor.seal(binding, Place(shown[-1].key, shown[-1].id).as_json())
    pagination = {
        "limit": limit,
        "offset": None if query["cursor"] is not None else query["offset"] or 0,
        "total": total,
        "has_more": has_more,
        "next_cursor": next_cursor,
    }
    items = ",".join(row.json for row in shown)
    data = f'{{"items":[{items}],"pagination":{orjson.dumps(pagination).decode()}}}'
    headers = {"Link": next_page(cursor=next_cursor, offset=None)} if has_more else {}
    return Reply(data, headers=headers)
