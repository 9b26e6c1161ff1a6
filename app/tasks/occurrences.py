"""The preview of a series: the due dates of the tasks that would follow one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import structlog
from sqlalchemy import Text, bindparam, select

from app.database import Autocommit
from app.freshness import held_list, list_etag
from app.http.envelope import Reply
from app.http.errors import Messages, Missing, ValidationFailed
from app.http.fingerprint import fingerprint
from app.models import Task, User
from app.recurrence import (
    Mode,
    Position,
    end_of_day,
    parse_rule,
    start_of_day,
    to_utc,
    upcoming,
    zone_named,
)
from app.statements import Statement
from app.tasks.contradictions import FROM_AFTER_TO, OUT_OF_RANGE
from app.tasks.values import TaskValues, values_of, wall_due

_owner = bindparam("owner_id", type_=Text)
_revision = select(User.revision).where(User.id == _owner).scalar_subquery()
_get_row = Statement(
    select(Task.__table__, _revision.label("user_revision")).where(
        Task.user_id == _owner, Task.id == bindparam("task_id")
    ),
    plan_once=True,
)
Bound = date | datetime | None

_log = structlog.get_logger()


def list_occurrences(
    connection: Autocommit, user_id: str, task_id: uuid.UUID, query: Mapping[str, Any]
) -> Reply:
    """The preview that the parameters ask for. Raises Missing, or ValidationFailed."""
    asked = fingerprint(user_id, "occurrences", task_id, sorted(query.items()))
    if (held := held_list(connection, user_id, asked)) is not None:
        return held
    parameters = {"owner_id": user_id, "task_id": task_id}
    row = connection.mapping(_get_row, parameters)
    if row is None:
        raise Missing.of("task")
    return Reply(
        preview(values_of(row), query), headers={"ETag": list_etag(row["user_revision"], asked)}
    )


def preview(task: TaskValues, query: Mapping[str, Any]) -> str:
    """JSON text of the due dates that completing the task, and then each next one, would lead to.

    An empty list where it has no rule or its series has ended, also where what is stored can no
    longer be evaluated (R19). Raises ValidationFailed for a range that its zone makes senseless.
    """
    start, end = _range(query, task.zone)
    try:
        found, has_more = _upcoming(task, start, end, query["limit"])
        items = [_item(position, task.zone) for position in found]
    except Exception as error:  # whatever was stored earlier
        _log.warning("series_unreadable", series_id=str(task.series_id), error=type(error).__name__)
        items, has_more = [], False
    return orjson.dumps({"items": items, "has_more": has_more}).decode()


def _upcoming(
    task: TaskValues, start: Bound, end: Bound, limit: int
) -> tuple[list[Position], bool]:
    if task.rule_text is None:
        return [], False
    assert task.due is not None
    assert task.position is not None
    zone = zone_named(task.timezone)
    return upcoming(
        parse_rule(task.rule_text),
        task.position,
        wall_due(task.due, zone),
        zone,
        Mode(task.mode),
        start=start,
        end=end,
        limit=limit,
    )


def _item(position: Position, zone: ZoneInfo) -> dict[str, Any]:
    slot = position.slot
    if isinstance(slot, datetime):
        due_date = to_utc(slot, zone).replace(tzinfo=None).isoformat() + "Z"
    else:
        due_date = slot.isoformat()
    return {"due_date": due_date, "occurrence": position.occurrence}


def _range(query: Mapping[str, Any], zone: ZoneInfo) -> tuple[Bound, Bound]:
    """Both ends as dates or instants. That two dates are in order, the schema has seen to."""
    problems: Messages = {}
    start, end = (_resolved(name, query, zone, problems) for name in ("from", "to"))
    if start is not None and end is not None and _is_after(start, end, zone):
        problems["from"] = [FROM_AFTER_TO]
    if problems:
        raise ValidationFailed(problems)
    return start, end


def _resolved(name: str, query: Mapping[str, Any], zone: ZoneInfo, problems: Messages) -> Bound:
    moment: Bound = query[name]
    if not isinstance(moment, datetime) or moment.tzinfo is not None:
        return moment
    try:
        return to_utc(moment, zone)
    except OverflowError:
        problems[name] = [OUT_OF_RANGE]
        return None


def _is_after(start: date | datetime, end: date | datetime, zone: ZoneInfo) -> bool:
    """A day that the zone skipped has no first moment before its last: dates compare as dates."""
    if not isinstance(start, datetime) and not isinstance(end, datetime):
        return start > end
    first = start if isinstance(start, datetime) else start_of_day(start, zone)
    last = end if isinstance(end, datetime) else end_of_day(end, zone)
    return first > last
