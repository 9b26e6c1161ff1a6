"""The moments that the due dates of a series are compared by: dates, or instants in UTC."""

from collections.abc import Callable
from datetime import date, datetime, tzinfo

from .rule import Rule, WallTime
from .zones import FIRST_MOMENT, date_in, end_of_day, to_utc

Moment = date | datetime
"""A date in an all-day series, else an aware datetime; the two never meet in a comparison."""


def last_moment(rule: Rule, wall: WallTime, zone: tzinfo) -> Moment | None:
    """The last moment that UNTIL allows for a series of the kind of that wall time."""
    until = rule.until
    if until is None:
        return None
    if is_all_day(wall):
        return day_of(until)
    if not isinstance(until, datetime):
        return end_of_day(until, zone)
    if until.tzinfo is not None:
        return until
    try:
        return to_utc(until, zone)
    except OverflowError:
        return FIRST_MOMENT


def moment_of(wall: WallTime, zone: tzinfo) -> Moment:
    """What a due date is compared by: a date by itself, a wall time by its instant.

    Raises `OverflowError` where the instant lies outside of the years 1 to 9999.
    """
    return to_utc(wall, zone) if isinstance(wall, datetime) else wall


def moment_of_clock(now: datetime, due: WallTime, zone: tzinfo) -> Moment:
    """An instant, as what a series of the kind of that due date is compared by."""
    return date_in(now, zone) if is_all_day(due) else now


def moment_of_bound(
    bound: date | datetime,
    due: WallTime,
    zone: tzinfo,
    of_day: Callable[[date, tzinfo], datetime],
) -> Moment:
    """A date or instant that bounds a series, as what its due dates are compared by."""
    if isinstance(bound, datetime):
        return moment_of_clock(bound, due, zone)
    return bound if is_all_day(due) else of_day(bound, zone)


def at_day(day: date, wall: WallTime) -> WallTime:
    """That day, at the time of day of the wall time if it has one."""
    return datetime.combine(day, wall.time()) if isinstance(wall, datetime) else day


def day_of(wall: WallTime) -> date:
    """The date of a due date, whichever kind it is."""
    return wall.date() if isinstance(wall, datetime) else wall


def is_all_day(wall: WallTime) -> bool:
    """Whether the due date is a date, not a time of day."""
    return not isinstance(wall, datetime)
