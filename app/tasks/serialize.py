"""A row of `tasks` as the JSON text that is answered, built by PostgreSQL.

No row becomes a Python object on the way out (docs/performance.md); a test pins the text to
`schemas.TaskOut`.
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
    due_date = case(
        (c.due_on.is_not(None), func.to_char(c.due_on, _constant("YYYY-MM-DD"))),
        else_=_utc_text(c.due_at, SECONDS),
    )
    members: dict[str, ColumnElement[Any]] = {
        "id": _quoted(c.id),
        "user_id": func.to_json(c.user_id),
        "title": func.to_json(c.title),
        "description": _or_null(func.to_json(c.description)),
        "completed": cast(c.completed, Text),
        "completed_at": _quoted(_utc_text(c.completed_at, MICROSECONDS)),
        "priority": _quoted(_priority_name(c.priority)),
        "tags": func.to_json(c.tags),
        "due_date": _quoted(due_date),
        "timezone": func.to_json(c.timezone),
        "reminder_at": _quoted(_utc_text(c.reminder_at, SECONDS)),
        "is_recurring": cast(c.recurrence_rule.is_not(None), Text),
        "recurrence_rule": _or_null(func.to_json(c.recurrence_rule)),
        "recurrence_mode": _quoted(c.recurrence_mode),
        "series_id": _quoted(c.series_id),
        "version": c.version,
        "created_at": _quoted(_utc_text(c.created_at, MICROSECONDS)),
        "updated_at": _quoted(_utc_text(c.updated_at, MICROSECONDS)),
    }
    parts: list[ColumnElement[Any]] = []
    for name, value in members.items():
        parts += [_constant(f'{"," if parts else "{"}"{name}":'), value]
    return func.concat(*parts, _constant("}"), type_=Text)


def with_next_task(task: str, successor: str | None) -> str:
    """The task's JSON text with its successor's inside."""
    return f'{task[:-1]},"next_task":{successor or "null"}}}'


def _utc_text(instant: ColumnElement[Any], form: str) -> ColumnElement[str]:
    return func.to_char(func.timezone(_constant("UTC"), instant), _constant(form))


def _priority_name(rank: ColumnElement[int]) -> ColumnElement[str]:
    return case(
        *((rank == literal_column(str(n)), _constant(name)) for n, name in enumerate(PRIORITIES, 1))
    )


def _quoted(text: ColumnElement[Any]) -> ColumnElement[str]:
    """A JSON string of text that needs no escaping; `null` for NULL."""
    return _or_null(_constant('"').op("||")(text).op("||")(_constant('"')))


def _or_null(json: ColumnElement[Any]) -> ColumnElement[str]:
    return func.coalesce(cast(json, Text), _constant("null"))


def _constant(text: str) -> ColumnElement[str]:
    """`text` written into the statement, so that it is no parameter of every row."""
    return literal_column(f"'{text}'", Text)
