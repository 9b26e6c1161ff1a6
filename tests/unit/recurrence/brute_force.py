"""A second evaluator of rules: every day of every period held against RFC 5545's table.

It shares nothing with the package but the reading of the text, and knows neither dateutil nor
any short cut.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from app.recurrence import Rule

ONE_DAY = timedelta(days=1)


def days_of_series(rule: Rule, anchor: date, until: date) -> list[date]:
    """The anchor and all days of the rule after it up to `until`, COUNT and UNTIL left aside."""
    days = [anchor]
    for period in periods(rule, anchor, until):
        picked = [day for day in period if fits(rule, anchor, day)]
        days += [day for day in at_set_positions(rule, picked) if anchor < day <= until]
    return days


def periods(rule: Rule, anchor: date, until: date) -> Iterator[list[date]]:
    """Every INTERVALth period from the anchor's on, each as the list of all of its days."""
    start = anchor
    if rule.frequency == "WEEKLY":
        while start.weekday() != rule.week_start:
            start -= ONE_DAY
    elif rule.frequency == "MONTHLY":
        start = start.replace(day=1)
    elif rule.frequency == "YEARLY":
        start = start.replace(month=1, day=1)
    number = 0
    while start <= until:
        end = start + ONE_DAY
        while not begins_period(rule, end):
            end += ONE_DAY
        if number % rule.interval == 0:
            yield [start + ONE_DAY * offset for offset in range((end - start).days)]
        start, number = end, number + 1


def begins_period(rule: Rule, day: date) -> bool:
    return {
        "DAILY": True,
        "WEEKLY": day.weekday() == rule.week_start,
        "MONTHLY": day.day == 1,
        "YEARLY": (day.month, day.day) == (1, 1),
    }[rule.frequency]


def fits(rule: Rule, anchor: date, day: date) -> bool:
    parts = set(rule.by_parts) - {"BYSETPOS"}
    picks_day = parts - {"BYMONTH", "BYWEEKNO"}
    if rule.frequency == "WEEKLY" and not picks_day and day.weekday() != anchor.weekday():
        return False
    if rule.frequency == "MONTHLY" and not picks_day and day.day != anchor.day:
        return False
    if rule.frequency == "YEARLY" and not picks_day:
        if "BYWEEKNO" in parts:
            if day.weekday() != anchor.weekday():
                return False
        elif day.day != anchor.day or ("BYMONTH" not in parts and day.month != anchor.month):
            return False
    return (
        ("BYMONTH" not in parts or day.month in rule.by_month)
        and ("BYWEEKNO" not in parts or any(n in rule.by_week_number for n in week(rule, day)))
        and ("BYYEARDAY" not in parts or any(n in rule.by_year_day for n in year_day(day)))
        and ("BYMONTHDAY" not in parts or any(n in rule.by_month_day for n in month_day(day)))
        and ("BYDAY" not in parts or fits_by_day(rule, day))
    )


def fits_by_day(rule: Rule, day: date) -> bool:
    within_year = rule.frequency == "YEARLY" and not rule.by_month
    from_start, from_end = year_day(day) if within_year else month_day(day)
    numbers = {None, (from_start + 6) // 7, -((6 - from_end) // 7)}
    return any(each.weekday == day.weekday() and each.number in numbers for each in rule.by_day)


def month_day(day: date) -> tuple[int, int]:
    next_month = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return day.day, -(next_month - day).days


def year_day(day: date) -> tuple[int, int]:
    number = (day - date(day.year, 1, 1)).days + 1
    return number, -(date(day.year + 1, 1, 1) - day).days


def week(rule: Rule, day: date) -> tuple[int, int]:
    """The number of the day's week, from the start and from the end of the week's own year."""
    middle = day
    while middle.weekday() != (rule.week_start + 3) % 7:
        middle += ONE_DAY if (day.weekday() - rule.week_start) % 7 < 3 else -ONE_DAY
    from_start, from_end = year_day(middle)
    return (from_start + 6) // 7, -((6 - from_end) // 7)


def at_set_positions(rule: Rule, days: list[date]) -> list[date]:
    if not rule.by_set_position:
        return days
    size = len(days)
    return [
        day
        for place, day in enumerate(days)
        if place + 1 in rule.by_set_position or place - size in rule.by_set_position
    ]
