"""The periods of a rule: equal steps through the calendar from the one that holds the anchor.

Days are proleptic Gregorian ordinals here, months are numbered from the year 0 on.
"""

from dataclasses import dataclass
from datetime import date
from math import lcm

from .rule import Frequency, Rule

DAYS_OF_CALENDAR = 146_097
"""After 400 years the Gregorian calendar repeats, the weekdays included."""
MONTHS_OF_CALENDAR = 4_800
LAST_DAY = date.max.toordinal()
LAST_MONTH = 9_999 * 12 + 11


def month_number(day: int) -> int:
    """The number of the month that the day lies in."""
    there = date.fromordinal(day)
    return there.year * 12 + there.month - 1


def first_of_month(month: int) -> int:
    """The first day of the month of that number."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Periods:
    """Period 0 begins at `origin`, each next one `step` later; both in months or in days."""

    origin: int
    step: int
    in_months: bool

    def first_day(self, index: int) -> int:
        """The day that the period begins with."""
        start = self.origin + index * self.step
        return first_of_month(start) if self.in_months else start

    def index_of(self, day: int) -> int:
        """The index of the last period that begins on the day or before it."""
        place = month_number(day) if self.in_months else day
        return (place - self.origin) // self.step

    @property
    def last_index(self) -> int:
        """The index of the last period that begins within the year 9999."""
        last = LAST_MONTH if self.in_months else LAST_DAY
        return (last - self.origin) // self.step

    @property
    def cycle(self) -> int:
        """After how many periods the calendar is the same again."""
        calendar = MONTHS_OF_CALENDAR if self.in_months else DAYS_OF_CALENDAR
        return lcm(calendar, self.step) // self.step


def periods_of(rule: Rule, anchor: date) -> Periods:
    """The periods that the rule's frequency and interval cut the calendar into.

    A rule by the day that has BY parts is looked through month by month.
    """
    day = anchor.toordinal()
    match rule.frequency:
        case Frequency.DAILY if rule.is_bare:
            return Periods(day, rule.interval, in_months=False)
        case Frequency.DAILY:
            return Periods(month_number(day), 1, in_months=True)
        case Frequency.WEEKLY:
            into_week = (anchor.weekday() - rule.week_start) % 7
            return Periods(day - into_week, 7 * rule.interval, in_months=False)
        case Frequency.MONTHLY:
            return Periods(month_number(day), rule.interval, in_months=True)
        case Frequency.YEARLY:
            return Periods(anchor.year * 12, 12 * rule.interval, in_months=True)
