"""The orders of a list, each total, and places in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, tuple_

from app.models import Task
from app.tasks.schemas import ASCENDING_BY_DEFAULT

_task = Task.__table__.c

SORT_COLUMNS: Mapping[str, Any] = {
    "created_at": _task.created_at,
    "updated_at": _task.updated_at,
    "completed_at": _task.completed_at,
    "due_date": _task.due_at,
    "priority": _task.priority,
    "title": _task.title_key,
}
NULLABLE = frozenset({"completed_at", "due_date"})
INSTANTS = frozenset({"created_at", "updated_at", "completed_at", "due_date"})


@dataclass(frozen=True, slots=True)
class Order:
    """A column, tasks without it last, the id breaking ties in the same direction."""

    sort_by: str
    is_descending: bool

    @property
    def column(self) -> Any:
        return SORT_COLUMNS[self.sort_by]

    @property
    def is_nullable(self) -> bool:
        return self.sort_by in NULLABLE

    def reversed(self) -> Order:
        return Order(self.sort_by, not self.is_descending)

    def by(self, key: Any, task_id: Any, *, nulls_last: bool = False) -> list[Any]:
        """The ORDER BY over these two columns."""
        first, second = (c.desc() if self.is_descending else c.asc() for c in (key, task_id))
        return [first.nulls_last() if nulls_last else first, second]

    def after(
        self, key: Any, task_id: Any, *, is_undated: bool, dated_only: bool = False
    ) -> ColumnElement[bool]:
        """What comes after the place that the parameters `place_key` and `place_id` name.

        `is_undated`: the place has no key; `dated_only`: what has no key is asked for apart.
        """
        place_key = bindparam("place_key", type_=self.column.type)
        place_id = bindparam("place_id", type_=_task.id.type)
        if is_undated:
            beyond = task_id < place_id if self.is_descending else task_id > place_id
            return key.is_(None) & beyond
        here, there = tuple_(key, task_id), tuple_(place_key, place_id)
        beyond = here < there if self.is_descending else here > there
        return beyond | key.is_(None) if self.is_nullable and not dated_only else beyond


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the last task's sort key and id."""

    key: Any
    task_id: str

    @property
    def parameters(self) -> dict[str, Any]:
        return {"place_key": self.key, "place_id": UUID(self.task_id)}

    def as_json(self) -> list[Any]:
        key = self.key.isoformat() if isinstance(self.key, datetime) else self.key
        return [key, self.task_id]

    @classmethod
    def from_json(cls, place: list[Any], order: Order) -> Place:
        key, task_id = place
        if key is not None and order.sort_by in INSTANTS:
            key = datetime.fromisoformat(key)
        return cls(key, task_id)


def asked_order(query: Mapping[str, Any]) -> Order:
    """The order that the parameters ask for."""
    sort_by, direction = query["sort_by"], query["sort_order"]
    is_descending = direction == "desc" if direction else sort_by not in ASCENDING_BY_DEFAULT
    return Order(sort_by, is_descending)
