"""A row of `tasks` as the JSON text that is answered, built by PostgreSQL.

Passing the text through costs a tenth of building it from rows in Python (docs/performance.md); a
test pins it to `schemas.TaskOut`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, case, cast, func, literal_column

from app.models import PRIORITIES, Task

MICROSECONDS = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
SECONDS = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


def task_json(table: FromClause = Task.__table__) -> ColumnElement[str]:
    """The SQL expression for one task of `table` as JSON text."""
    c = table.c
    members: dict[str, ColumnElement[Any]] = {
        "id": c.id,
        "user_id": c.user_id,
        "title": c.title,
        "description": c.description,
        "completed": c.completed,
        "completed_at": _utc_text(c.completed_at, MICROSECONDS),
        "priority": _priority_name(c.priority),
        "tags": c.tags,
        "due_date": case(
            (c.due_on.is_not(None), func.to_char(c.due_on, _constant("YYYY-MM-DD"))),
            else_=_utc_text(c.due_at, SECONDS),
        ),
        "timezone": c.timezone,
        "reminder_at": _utc_text(c.reminder_at, SECONDS),
        "is_recurring": c.recurrence_rule.is_not(None),
        "recurrence_rule": c.recurrence_rule,
        "recurrence_mode": c.recurrence_mode,
        "series_id": c.series_id,
        "version": c.version,
        "created_at": _utc_text(c.created_at, MICROSECONDS),
        "updated_at": _utc_text(c.updated_at, MICROSECONDS),
    }
    pairs = [part for name, value in members.items() for part in (_constant(name), value)]
    return cast(func.json_build_object(*pairs), Text)


def with_next_task(task: str, successor: str | None) -> str:
    """The task's JSON text with its successor's inside."""
    return f'{task[:-1]}, "next_task" : {successor or "null"}}}'


def _utc_text(instant: ColumnElement[Any], form: str) -> ColumnElement[str]:
    return func.to_char(func.timezone(_constant("UTC"), instant), _constant(form))


def _priority_name(rank: ColumnElement[int]) -> ColumnElement[str]:
    return case(
        *((rank == literal_column(str(n)), _constant(name)) for n, name in enumerate(PRIORITIES, 1))
    )


def _constant(text: str) -> ColumnElement[str]:
    """`text` written into the statement, so that it is no parameter of every row."""
    return literal_column(f"'{text}'", Text)
