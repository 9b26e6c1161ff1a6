"""From the list's parameters to SQL conditions (contract, section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_

from app.http.errors import Messages, ValidationFailed
from app.models import Task
from app.recurrence import end_of_day, start_of_day, to_utc, zone_named
from app.tasks.fields import OUT_OF_RANGE

# No zone is further than this from UTC, nor any day longer: what lies outside cannot match a date.
WIDEST_DAY = timedelta(hours=48)

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class DueRange:
    """The due filter: each end a date, an aware instant, or open; both inclusive."""

    start: date | datetime | None
    end: date | datetime | None
    zone: ZoneInfo

    def conditions(self) -> list[Condition]:
        """A date bound compares with an all-day task as a date, and means the day in `zone`."""
        found: list[Condition] = []
        if isinstance(self.start, datetime):
            found.append(Task.due_at >= self.start)
        elif self.start is not None:
            first = start_of_day(self.start, self.zone)
            found.append(Task.due_at >= _earlier(first))
            found.append(
                or_(Task.due_on >= self.start, and_(Task.due_on.is_(None), Task.due_at >= first))
            )
        if isinstance(self.end, datetime):
            found.append(Task.due_at <= self.end)
        elif self.end is not None:
            last = end_of_day(self.end, self.zone)
            found.append(Task.due_at <= _later(last))
            found.append(
                or_(Task.due_on <= self.end, and_(Task.due_on.is_(None), Task.due_at <= last))
            )
        return found


def due_range(query: Mapping[str, Any]) -> DueRange:
    """The due filter that the parameters give; raises ValidationFailed where it makes no sense."""
    zone = zone_named(query["timezone"])
    problems: Messages = {}
    start = _bound("due_date_from", query, zone, problems)
    end = _bound("due_date_to", query, zone, problems)
    if start is not None and end is not None and _first(start, zone) > _last(end, zone):
        problems["due_date_from"] = ["Must not be after due_date_to."]
    if problems:
        raise ValidationFailed(problems)
    return DueRange(start, end, zone)


def conditions(
    user_id: str, query: Mapping[str, Any], due: DueRange, tag_names: Sequence[str]
) -> list[Condition]:
    """All filters together. `tag_names` are the asked tags as they are spelled on the tasks."""
    found: list[Condition] = [Task.user_id == user_id]
    if query["status"] is not None:
        found.append(Task.completed if query["status"] else ~Task.completed)
    if query["priority"]:
        found.append(Task.priority.in_(query["priority"]))
    if tag_names:
        compare = Task.tags.contains if query["tags_match"] == "all" else Task.tags.overlap
        found.append(compare(list(tag_names)))
    if query["is_recurring"] is not None:
        is_set = Task.recurrence_rule.is_not(None)
        found.append(is_set if query["is_recurring"] else ~is_set)
    if query["has_due_date"] is not None:
        is_set = Task.due_at.is_not(None)
        found.append(is_set if query["has_due_date"] else ~is_set)
    found += due.conditions()
    found += [Task.search_text.contains(word, autoescape=True) for word in query["search"]]
    return found


def _bound(name: str, query: Mapping[str, Any], zone: ZoneInfo, problems: Messages) -> Any:
    moment = query[name]
    if isinstance(moment, datetime) and moment.tzinfo is None:
        try:
            return to_utc(moment, zone)
        except (OverflowError, ValueError):
            problems[name] = [OUT_OF_RANGE]
            return None
    return moment


def _first(moment: date | datetime, zone: ZoneInfo) -> datetime:
    return moment if isinstance(moment, datetime) else start_of_day(moment, zone)


def _last(moment: date | datetime, zone: ZoneInfo) -> datetime:
    return moment if isinstance(moment, datetime) else end_of_day(moment, zone)


def _earlier(instant: datetime) -> datetime:
    try:
        return instant - WIDEST_DAY
    except OverflowError:
        return datetime.min.replace(tzinfo=instant.tzinfo)


def _later(instant: datetime) -> datetime:
    try:
        return instant + WIDEST_DAY
    except OverflowError:
        return datetime.max.replace(tzinfo=instant.tzinfo)
