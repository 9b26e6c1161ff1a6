"""From the list's parameters to SQL conditions (contract, section 5).

A filter's shape (which conditions) is apart from its values (statement parameters), so that a
statement is built once for each shape and not for each request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, SmallInteger, Text, and_, bindparam, func, or_
from sqlalchemy.dialects.postgresql import ARRAY

from app.http.errors import Messages, ValidationFailed
from app.models import Instant, Task
from app.recurrence import end_of_day, start_of_day, to_utc, zone_named
from app.tasks.contradictions import OUT_OF_RANGE
from app.text import escape_like

# An all-day task is found by its date in any zone, but by an index on the start of its day: no zone
# is further from UTC, and where a day was skipped, its start is that of the next.
FARTHEST_ZONE = timedelta(hours=16)
SKIPPED_DAY = timedelta(hours=24)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
SHORTEST_INDEXED_WORD = 3  # a trigram has three characters

Condition = ColumnElement[bool]
Parameters = dict[str, Any]
_task = Task.__table__.c


@dataclass(frozen=True, slots=True)
class FilterShape:
    """Which conditions a list has. `due_from` and `due_to` are `date`, `instant` or None."""

    status: bool | None = None
    has_priority: bool = False
    tags_match: str | None = None
    due_from: str | None = None
    due_to: str | None = None
    is_recurring: bool | None = None
    has_due_date: bool | None = None
    words: int = 0
    is_narrow: bool = False
    """Is there an index that leads to the matches alone, few of the user's tasks as a rule?"""

    @property
    def is_status_only(self) -> bool:
        return self == FilterShape(status=self.status)

    @property
    def is_tags_only(self) -> bool:
        tags_alone = FilterShape(tags_match=self.tags_match, is_narrow=self.is_narrow)
        return self.tags_match is not None and self == tags_alone

    def conditions(self) -> list[Condition]:
        """The SQL for all of them together, the user's own tasks first."""
        return [_task.user_id == bindparam("owner_id"), *self._asked()]

    def _asked(self) -> Iterator[Condition]:
        if self.status is not None:
            yield _task.completed if self.status else ~_task.completed
        if self.has_priority:
            yield _task.priority == func.any(bindparam("priorities", type_=ARRAY(SmallInteger)))
        if self.tags_match is not None:
            names = bindparam("tag_names", type_=ARRAY(Text))
            yield (
                _task.tags.contains(names)
                if self.tags_match == "all"
                else _task.tags.overlap(names)
            )
        if self.is_recurring is not None:
            is_set = _task.recurrence_rule.is_not(None)
            yield is_set if self.is_recurring else ~is_set
        if self.has_due_date is not None:
            is_set = _task.due_at.is_not(None)
            yield is_set if self.has_due_date else ~is_set
        if self.due_from is not None:
            yield _task.due_at >= bindparam("due_at_from", type_=Instant)
        if self.due_from == "date":
            yield or_(
                _task.due_on >= bindparam("due_on_from", type_=Date),
                and_(
                    _task.due_on.is_(None),
                    _task.due_at >= bindparam("day_from", type_=Instant),
                ),
            )
        if self.due_to is not None:
            yield _task.due_at <= bindparam("due_at_to", type_=Instant)
        if self.due_to == "date":
            yield or_(
                _task.due_on <= bindparam("due_on_to", type_=Date),
                and_(
                    _task.due_on.is_(None),
                    _task.due_at <= bindparam("day_to", type_=Instant),
                ),
            )
        for number in range(self.words):
            yield _task.search_text.like(bindparam(f"word_{number}", type_=Text), escape="\\")


def read_filter(query: Mapping[str, Any]) -> tuple[FilterShape, Parameters]:
    """The shape and the values of a list's filter. Raises ValidationFailed if senseless.

    Of the values `owner_id` is missing, and `tag_names`: the asked tags as the user spells them.
    """
    due_from, due_to, parameters = _due_range(query)
    if query["priority"]:
        parameters["priorities"] = list(query["priority"])
    words = query["search"]
    parameters |= {f"word_{number}": f"%{escape_like(word)}%" for number, word in enumerate(words)}
    is_narrow = (
        bool(due_from or due_to or query["tags"])
        or query["is_recurring"] is True
        or any(len(word) >= SHORTEST_INDEXED_WORD for word in words)
    )
    shape = FilterShape(
        status=query["status"],
        has_priority=bool(query["priority"]),
        tags_match=query["tags_match"] if query["tags"] else None,
        due_from=due_from,
        due_to=due_to,
        is_recurring=query["is_recurring"],
        has_due_date=query["has_due_date"],
        words=len(words),
        is_narrow=is_narrow,
    )
    return shape, parameters


def _due_range(query: Mapping[str, Any]) -> tuple[str | None, str | None, Parameters]:
    """The kinds of the due filter's two ends, and their values. Both ends are inclusive.

    A date means the whole day in `timezone`, but an all-day task it meets as a date.
    """
    zone = zone_named(query["timezone"])
    problems: Messages = {}
    start = _bound("due_date_from", query, zone, problems)
    end = _bound("due_date_to", query, zone, problems)
    first = start if isinstance(start, datetime) else start and start_of_day(start, zone)
    last = end if isinstance(end, datetime) else end and end_of_day(end, zone)
    if first is not None and last is not None and _is_after(start, end, first, last):
        problems["due_date_from"] = ["Must not be after due_date_to."]
    if problems:
        raise ValidationFailed(problems)
    parameters: Parameters = {}
    if first is not None:
        earliest = first if isinstance(start, datetime) else _moved(start, -FARTHEST_ZONE)
        parameters |= {"due_at_from": min(first, earliest), "due_on_from": start, "day_from": first}
    if last is not None:
        latest = last if isinstance(end, datetime) else _moved(end, FARTHEST_ZONE + SKIPPED_DAY)
        parameters |= {"due_at_to": max(last, latest), "due_on_to": end, "day_to": last}
    return _kind(start), _kind(end), parameters


def _is_after(
    start: date | datetime, end: date | datetime, first: datetime, last: datetime
) -> bool:
    """A day that the zone skipped has no first moment before its last: dates compare as dates."""
    if isinstance(start, datetime) or isinstance(end, datetime):
        return first > last
    return start > end


def _kind(bound: date | datetime | None) -> str | None:
    if bound is None:
        return None
    return "instant" if isinstance(bound, datetime) else "date"


def _bound(name: str, query: Mapping[str, Any], zone: ZoneInfo, problems: Messages) -> Any:
    moment = query[name]
    if isinstance(moment, datetime) and moment.tzinfo is None:
        try:
            return to_utc(moment, zone)
        except (OverflowError, ValueError):
            problems[name] = [OUT_OF_RANGE]
            return None
    return moment


def _moved(day: date, by: timedelta) -> datetime:
    """The start of `day` in UTC, moved as far as Python's years reach."""
    try:
        return datetime.combine(day, time(), UTC) + by
    except OverflowError:
        return LATEST if by > timedelta() else EARLIEST
