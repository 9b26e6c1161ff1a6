"""The days that a rule picks within one of its periods (the table of RFC 5545 section 3.3.10).

A day or a week only filters. Months and years are expanded by dateutil, on terms that keep it
right: it is asked for one period at a time, about an equivalent period of the years 2001 to
2400, with a rule rebuilt from our values in which nothing is left for it to imply. It would take
all seven days of a BYWEEKNO, lose those that week -53 lends to the December before, intersect
plain and numbered BYDAY values, and count a week's BYSETPOS from DTSTART.
"""

from calendar import isleap, monthrange
from collections.abc import Hashable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Literal

from dateutil import rrule

from .periods import DAYS_OF_CALENDAR
from .rule import ByDay, Frequency, Rule, Weekday

Offsets = tuple[int, ...]
"""Days, counted from the first day of a period, in rising order."""

_WEEKDAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
_ENGINE_START = 5 * DAYS_OF_CALENDAR + 1
_NEVER_AGAIN = 12 * 10_000
"""An interval that ends in dateutil's year 9999 after one period: UNTIL ends no empty scan."""


def with_implied_parts(rule: Rule, anchor: date) -> Rule:
    """The rule with the parts written out that it takes from its anchor."""
    match rule.frequency:
        case Frequency.WEEKLY if not rule.by_day:
            return replace(rule, by_day=(ByDay(Weekday(anchor.weekday())),))
        case Frequency.MONTHLY if not (rule.by_day or rule.by_month_day):
            return replace(rule, by_month_day=(anchor.day,))
        case Frequency.YEARLY if not (rule.by_day or rule.by_month_day or rule.by_year_day):
            if rule.by_week_number:
                return replace(rule, by_day=(ByDay(Weekday(anchor.weekday())),))
            return replace(
                rule, by_month_day=(anchor.day,), by_month=rule.by_month or (anchor.month,)
            )
    return rule


def kind_of_period(rule: Rule, first: int) -> Hashable:
    """What the picked days depend on: periods of one kind have the same offsets."""
    day = equivalent_day(first)
    match rule.frequency:
        case Frequency.WEEKLY:
            return _months_of_week(rule, day)
        case Frequency.DAILY | Frequency.MONTHLY:
            fits = not rule.by_month or day.month in rule.by_month
            return fits and monthrange(day.year, day.month)
        case Frequency.YEARLY:
            return (day.weekday(), *(isleap(day.year + other) for other in (-1, 0, 1)))


def days_picked(rule: Rule, first: int) -> Offsets:
    """The days that the rule picks in the period that begins with the day `first`.

    The rule's implied parts are written out. A rule by the day is asked about a month.
    """
    day = equivalent_day(first)
    match rule.frequency:
        case Frequency.WEEKLY:
            return _days_of_week(rule, day)
        case Frequency.DAILY:
            return _days_one_by_one(rule, day)
        case Frequency.MONTHLY:
            return _days_of_month(rule, day)
        case Frequency.YEARLY:
            return _days_of_year(rule, day)


def equivalent_day(day: int) -> date:
    """The day in the years 2001 to 2400 around which the calendar looks the same.

    The first and the last years of the calendar have neighbours there.
    """
    return date.fromordinal((day - 1) % DAYS_OF_CALENDAR + _ENGINE_START)


def _months_of_week(rule: Rule, first: date) -> Hashable:
    if not rule.by_month or first.day <= 22:
        return not rule.by_month or first.month in rule.by_month
    left_in_month = monthrange(first.year, first.month)[1] - first.day + 1
    return (left_in_month, first.month in rule.by_month, first.month % 12 + 1 in rule.by_month)


def _days_of_week(rule: Rule, first: date) -> Offsets:
    weekdays = {day.weekday for day in rule.by_day}
    days = (date.fromordinal(first.toordinal() + offset) for offset in range(7))
    return _at_set_positions(
        rule,
        tuple(
            offset
            for offset, day in enumerate(days)
            if day.weekday() in weekdays and (not rule.by_month or day.month in rule.by_month)
        ),
    )


def _days_one_by_one(rule: Rule, first: date) -> Offsets:
    """The days of a month that pass a DAILY rule's filters, each day being a set of its own."""
    if rule.by_set_position and not {1, -1} & set(rule.by_set_position):
        return ()
    every_day = tuple(range(1, 32))
    return _days_of_month(
        replace(rule, by_month_day=rule.by_month_day or every_day, by_set_position=()), first
    )


def _days_of_month(rule: Rule, first: date) -> Offsets:
    if rule.by_month and first.month not in rule.by_month:
        return ()
    return _days_by_engine(rule, rrule.MONTHLY, first, highest_number=5)


def _days_of_year(rule: Rule, first: date) -> Offsets:
    if rule.by_week_number:
        days = _days_of_weeks(rule, first.year)
        if rule.by_year_day:
            length = 365 + isleap(first.year)
            days &= {day if day > 0 else length + 1 + day for day in rule.by_year_day}
        if not days:
            return ()
        rule = replace(rule, by_year_day=tuple(sorted(days)))
    return _days_by_engine(rule, rrule.YEARLY, first, highest_number=5 if rule.by_month else 53)


def _days_of_weeks(rule: Rule, year: int) -> set[int]:
    """The days of the year, 1 being the first, that lie in the weeks of BYWEEKNO.

    A week belongs to the year that has four of its days or more, so the first and last days
    of a year may lie in weeks of its neighbours.
    """
    new_year = date(year, 1, 1).toordinal()
    length = 365 + isleap(year)
    days: set[int] = set()
    for owner in (year - 1, year, year + 1):
        start, end = (_first_week(each, rule.week_start) for each in (owner, owner + 1))
        weeks = (end - start) // 7
        for number in rule.by_week_number:
            index = number - 1 if number > 0 else weeks + number
            if 0 <= index < weeks:
                monday = start + 7 * index - new_year + 1
                days.update(day for day in range(monday, monday + 7) if 1 <= day <= length)
    return days


def _first_week(year: int, week_start: Weekday) -> int:
    """The day on which week 1 of the year begins: the week that holds January 4."""
    fourth = date(year, 1, 4)
    return fourth.toordinal() - (fourth.weekday() - week_start) % 7


def _days_by_engine(
    rule: Rule, frequency: Literal[0, 1], first: date, highest_number: int
) -> Offsets:
    weekdays = _engine_weekdays(rule, highest_number)
    if rule.by_day and not weekdays:
        return ()
    engine = rrule.rrule(
        frequency,
        dtstart=datetime.combine(first, time.min),
        interval=_NEVER_AGAIN,
        wkst=int(rule.week_start),
        bymonth=rule.by_month or None,
        bymonthday=rule.by_month_day or None,
        byyearday=rule.by_year_day or None,
        byweekday=weekdays or None,
        bysetpos=rule.by_set_position or None,
    )
    start = first.toordinal()
    return tuple(moment.toordinal() - start for moment in engine)


def _engine_weekdays(rule: Rule, highest_number: int) -> list[rrule.weekday]:
    """BYDAY for dateutil: without the numbers that no period has, on which it fails.

    Beside numbered ones a plain weekday is written as all of its numbers.
    """
    some_numbered = any(day.number for day in rule.by_day)
    weekdays = []
    for day in rule.by_day:
        weekday = _WEEKDAYS[day.weekday]
        if day.number is None and some_numbered:
            weekdays += [weekday(number) for number in range(1, highest_number + 1)]
        elif day.number is None:
            weekdays.append(weekday)
        elif abs(day.number) <= highest_number:
            weekdays.append(weekday(day.number))
    return weekdays


def _at_set_positions(rule: Rule, days: Offsets) -> Offsets:
    if not rule.by_set_position:
        return days
    places = {place - 1 if place > 0 else len(days) + place for place in rule.by_set_position}
    return tuple(day for place, day in enumerate(days) if place in places)
