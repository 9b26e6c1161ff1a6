"""The days of a rule from its anchor on: the next ones after a day, and how many up to one."""

from collections.abc import Hashable, Iterator
from datetime import date

from .expand import Offsets, days_picked, kind_of_period, with_implied_parts
from .periods import LAST_DAY, LAST_MONTH, first_of_month, month_number, periods_of
from .rule import Frequency, Rule

SEARCH_MONTHS = 41 * 12
SEARCH_PERIODS = 100


class Pattern:
    """The days of a rule that has its anchor on a given day, COUNT and UNTIL left aside.

    Nothing is walked from the anchor: every question begins at the period that holds the day
    asked about, and periods of one kind are expanded once. The anchor itself is not of the
    pattern; callers count it as the first occurrence.
    """

    def __init__(self, rule: Rule, anchor: date) -> None:
        self._rule = with_implied_parts(rule, anchor)
        self._is_bare = rule.is_bare
        self._anchor = anchor
        self._origin = anchor.toordinal()
        self._periods = periods_of(rule, anchor)
        self._cycle = self._cycle_of_days()
        self._offsets: dict[Hashable, Offsets] = {}

    def days_after(self, day: date) -> Iterator[date]:
        """The days after that day, in order.

        The end comes with the year 9999, and where a rule with BY parts finds nothing for 41
        years or 100 of its periods, whichever is longer.
        """
        last = max(day.toordinal(), self._origin)
        index = self._periods.index_of(last)
        horizon = self._horizon(last)
        while index <= self._periods.last_index and self._periods.first_day(index) <= horizon:
            for found in self._days_of(index):
                if last < found <= horizon:
                    yield date.fromordinal(found)
                    last, horizon = found, self._horizon(found)
            index = self._next_index(index)

    def count_between(self, after: date, until: date) -> int:
        """How many days of the pattern come after the one day and not after the other."""
        start, end = max(after.toordinal(), self._origin), until.toordinal()
        if end <= start:
            return 0
        first, last = self._periods.index_of(start), self._periods.index_of(end)
        if first == last:
            return sum(start < day <= end for day in self._days_of(first))
        return (
            sum(start < day for day in self._days_of(first))
            + self._count_periods(first + 1, last)
            + sum(day <= end for day in self._days_of(last))
        )

    def has(self, day: date) -> bool:
        """Whether the day is the anchor or one of the pattern after it."""
        return day == self._anchor or self.count_between(_day_before(day), day) == 1

    def _count_periods(self, first: int, end: int) -> int:
        """How many days the periods from `first` on and before `end` have; a cycle counts once."""
        cycles, rest = divmod(end - first, self._cycle)
        count = self._count_each(first, first + rest)
        if cycles:
            rest_of_cycle = self._count_each(first + rest, first + self._cycle)
            count += cycles * (count + rest_of_cycle)
        return count

    def _count_each(self, first: int, end: int) -> int:
        count, index = 0, first
        while index < end:
            count += len(self._days_of(index))
            index = self._next_index(index)
        return count

    def _days_of(self, index: int) -> list[int]:
        """The pattern's days in one period, as ordinals in rising order."""
        first = self._periods.first_day(index)
        if self._is_bare:
            return [day for day in (self._day_like_anchor(first),) if day is not None]
        kind = kind_of_period(self._rule, first)
        if kind not in self._offsets:
            self._offsets[kind] = days_picked(self._rule, first)
        offsets = self._offsets[kind]
        if self._rule.frequency is Frequency.DAILY and self._rule.interval > 1:
            out_of_phase = self._origin - first
            return [
                first + offset
                for offset in offsets
                if (offset - out_of_phase) % self._rule.interval == 0
            ]
        return [first + offset for offset in offsets]

    def _next_index(self, index: int) -> int:
        """The next period worth a look: long intervals of days pass over whole months."""
        by_months = self._rule.frequency is Frequency.DAILY and not self._is_bare
        if not by_months or index >= self._periods.last_index:
            return index + 1
        start = self._periods.first_day(index + 1)
        in_phase = start + (self._origin - start) % self._rule.interval
        return self._periods.index_of(min(in_phase, LAST_DAY))

    def _day_like_anchor(self, first: int) -> int | None:
        """The day of a bare rule in the period that begins with `first`.

        Months and years that lack the anchor's day are skipped (RFC 5545 section 3.3.10:
        "recurrence instances falling on invalid dates ... MUST be ignored").
        """
        match self._rule.frequency:
            case Frequency.DAILY | Frequency.WEEKLY:
                return first + self._origin - self._periods.first_day(0)
            case Frequency.MONTHLY:
                month = date.fromordinal(first)
            case Frequency.YEARLY:
                month = date.fromordinal(first).replace(month=self._anchor.month)
        try:
            return month.replace(day=self._anchor.day).toordinal()
        except ValueError:
            return None

    def _cycle_of_days(self) -> int:
        """After how many periods their numbers of days are the same again."""
        rule = self._rule
        if rule.frequency is Frequency.DAILY and not self._is_bare:
            return self._periods.cycle * rule.interval
        by_days_alone = rule.frequency in (Frequency.DAILY, Frequency.WEEKLY) and not rule.by_month
        return 1 if by_days_alone else self._periods.cycle

    def _horizon(self, day: int) -> int:
        """The last day that a search beginning after the given day looks at."""
        if self._is_bare:
            return LAST_DAY
        in_months = _months_later(day, SEARCH_MONTHS)
        steps = SEARCH_PERIODS * self._rule.interval
        match self._rule.frequency:
            case Frequency.DAILY:
                in_periods = day + steps
            case Frequency.WEEKLY:
                in_periods = day + 7 * steps
            case Frequency.MONTHLY:
                in_periods = _months_later(day, steps)
            case Frequency.YEARLY:
                in_periods = _months_later(day, 12 * steps)
        return min(max(in_months, in_periods), LAST_DAY)


def _months_later(day: int, months: int) -> int:
    """The same day of a later month, within a day or three at a month's end."""
    start = month_number(day)
    month = start + months
    return LAST_DAY if month > LAST_MONTH else first_of_month(month) + day - first_of_month(start)


def _day_before(day: date) -> date:
    return date.fromordinal(max(day.toordinal() - 1, 1))
