"""A task's values, between the request and the row."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.recurrence import (
    Position,
    UnknownZone,
    WallTime,
    end_of_day,
    start_of_day,
    to_wall,
    zone_named,
)
from app.text import fold

Due = date | datetime
"""A date for an all-day task, or an aware instant in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskValues:
    """All that a client can see of a task and all that its series remembers, but for id and times.

    `tags` maps each tag's key to its name. `position` is set where `rule_text` is.
    """

    title: str
    description: str | None = None
    completed_at: datetime | None = None
    priority: int = 2
    tags: Mapping[str, str]
    due: Due | None = None
    timezone: str = "UTC"
    reminder_at: datetime | None = None
    rule_text: str | None = None
    mode: str = "next"
    series_id: uuid.UUID | None = None
    position: Position | None = None

    @property
    def is_completed(self) -> bool:
        return self.completed_at is not None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone; UTC where the stored name is none any more: nothing may break on it."""
        try:
            return zone_named(self.timezone)
        except UnknownZone:
            return ZoneInfo("UTC")


def wall_due(due: Due, zone: ZoneInfo) -> WallTime:
    """`due` as the calendar and the clock on the wall in `zone` show it."""
    return to_wall(due, zone) if isinstance(due, datetime) else due


def latest_reminder(due: Due, zone: ZoneInfo) -> datetime:
    """The last moment to be reminded of what is due: the due instant, or the end of the day."""
    return due if isinstance(due, datetime) else end_of_day(due, zone)


def values_of(row: Mapping[Any, Any]) -> TaskValues:
    """The values that a row of `tasks` holds."""
    return TaskValues(
        title=row["title"],
        description=row["description"],
        completed_at=row["completed_at"],
        priority=row["priority"],
        tags={fold(name): name for name in row["tags"]},
        due=row["due_on"] or _in_utc(row["due_at"]),
        timezone=row["timezone"],
        reminder_at=_in_utc(row["reminder_at"]),
        rule_text=row["recurrence_rule"],
        mode=row["recurrence_mode"],
        series_id=row["series_id"],
        position=_position_of(row),
    )


def columns_of(values: TaskValues) -> dict[str, Any]:
    """The row of `tasks` that holds `values`; the tags' names are the tags table's to spell."""
    due, position = values.due, values.position
    due_on = None if isinstance(due, datetime) else due
    title_key = fold(values.title)
    return {
        "title": values.title,
        "title_key": title_key,
        "description": values.description,
        "search_text": f"{title_key}\n{fold(values.description or '')}",
        "completed": values.is_completed,
        "completed_at": values.completed_at,
        "priority": values.priority,
        "due_on": due_on,
        "due_at": due if due_on is None else start_of_day(due_on, values.zone),
        "timezone": values.timezone,
        "reminder_at": values.reminder_at,
        "recurrence_rule": values.rule_text,
        "recurrence_mode": str(values.mode),
        "series_id": values.series_id,
        "series_anchor": None if position is None else _as_datetime(position.anchor),
        "series_slot": None if position is None else _as_datetime(position.slot),
        "occurrence": None if position is None else position.occurrence,
    }


def _position_of(row: Mapping[Any, Any]) -> Position | None:
    if row["recurrence_rule"] is None:
        return None
    anchor, slot = row["series_anchor"], row["series_slot"]
    if row["due_on"] is not None:
        anchor, slot = anchor.date(), slot.date()
    return Position(anchor=anchor, slot=slot, occurrence=row["occurrence"])


def _as_datetime(wall: WallTime) -> datetime:
    return wall if isinstance(wall, datetime) else datetime.combine(wall, time())


def _in_utc(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.astimezone(UTC)
