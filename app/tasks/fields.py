"""The fields of a task that need more than a length: dates, zones, rules and tags."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from marshmallow import ValidationError, fields

from app.http.fields import readable_text, shorten
from app.recurrence import InvalidRule, Rule, UnknownZone, parse_rule, zone_named
from app.tags.schemas import TagName
from app.tasks.contradictions import OUT_OF_RANGE
from app.text import fold

MAX_TAGS = 20

_DATE = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME = r"T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
_OFFSET = r"(?P<offset>Z|(?P<sign>[+-])(?P<off_hour>[0-9]{2}):(?P<off_minute>[0-9]{2}))?"
_TIMESTAMP = re.compile(rf"{_DATE}(?P<time>{_TIME}{_OFFSET})?")

NOT_A_DATE = "Must be a date such as 2026-03-01 or a timestamp such as 2026-03-01T09:00:00Z"
NOT_A_TIMESTAMP = "Must be a timestamp such as 2026-03-01T09:00:00Z"


def read_moment(text: str) -> date | datetime | None:
    """A date, a naive wall time or an aware UTC instant, in whole seconds; None for anything else.

    RFC 3339 with `T` and `Z` in upper case; seconds and offset may be missing, fractions are cut.
    Raises OverflowError where the instant has no UTC value in the years 1 to 9999.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    part = match.groupdict()
    try:
        day = date(int(part["year"]), int(part["month"]), int(part["day"]))
        if part["time"] is None:
            return day
        wall = datetime(  # noqa: DTZ001 - a wall time has no zone until the task's is known
            day.year, day.month, day.day,
            int(part["hour"]), int(part["minute"]), int(part["second"] or 0),
        )  # fmt: skip
    except ValueError:
        return None
    if part["offset"] is None:
        return wall
    if part["offset"] == "Z":
        return wall.replace(tzinfo=UTC)
    hours, minutes = int(part["off_hour"]), int(part["off_minute"])
    if hours > 23 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return wall.replace(tzinfo=timezone(-offset if part["sign"] == "-" else offset)).astimezone(UTC)


class Moment(fields.Field[Any]):
    """A timestamp, or with `or_date` also a date; what it means in a zone is decided later."""

    def __init__(self, *, or_date: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self.or_date = or_date

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date | datetime:
        text = readable_text(value)
        try:
            moment = read_moment(text)
        except OverflowError:
            raise ValidationError(OUT_OF_RANGE) from None
        if moment is None or not (self.or_date or isinstance(moment, datetime)):
            expected = NOT_A_DATE if self.or_date else NOT_A_TIMESTAMP
            raise ValidationError(f"{expected}; got '{shorten(text)}'.")
        return moment


class ZoneName(fields.Field[str]):
    """The name of an IANA time zone."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        name = readable_text(value)
        try:
            zone_named(name)
        except UnknownZone as error:
            raise ValidationError(str(error)) from None
        return name


class RuleText(fields.Field[Rule]):
    """An RRULE (RFC 5545, section 3.3.10), parsed."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Rule:
        try:
            return parse_rule(readable_text(value))
        except InvalidRule as error:
            raise ValidationError(str(error)) from None


class TagNames(fields.Field[dict[str, str]]):
    """A list of tag names, as a mapping from each name's key to its first spelling."""

    _name = TagName()

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, str]:
        if not isinstance(value, list):
            raise ValidationError("Must be a list of texts.")
        names: dict[str, str] = {}
        problems: dict[int, list[str]] = {}
        for place, item in enumerate(value):
            try:
                name = self._name.deserialize(item)
            except ValidationError as error:
                problems[place] = list(error.messages)
            else:
                names.setdefault(fold(name), name)
        if problems:
            raise ValidationError(problems)
        if len(names) > MAX_TAGS:
            raise ValidationError(f"Must hold at most {MAX_TAGS} different tags; got {len(names)}.")
        return names
