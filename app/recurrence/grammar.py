"""The grammar of recurrence rules: which texts are accepted, and what is said about the others.

It is a part of RFC 5545 section 3.3.10: what a task can mean by a rule, within bounds that keep
every rule cheap to evaluate.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from .errors import InvalidRule, echo
from .rule import ByDay, Frequency, Rule, Weekday

MAX_TEXT = 500
MAX_NUMBER = 1000
MAX_LIST = 31
MAX_SET_POSITIONS = 12
MAX_UNTIL_YEAR = 2200

_NUMBER = re.compile(r"-?[0-9]+")
_BY_DAY = re.compile(r"([+-]?[0-9]+)?(MO|TU|WE|TH|FR|SA|SU)")
_TWO = r"([0-9]{2})"
_UNTIL = re.compile(f"([0-9]{{4}}){_TWO}{_TWO}(?:T{_TWO}{_TWO}{_TWO}(Z)?)?")
_TIME_PARTS = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})


def parse_rule(text: str) -> Rule:
    """The rule that the text writes.

    The letter case is free; one leading `RRULE:`, one trailing semicolon and blanks around the
    text are tolerated. Raises `InvalidRule` for everything else that the grammar does not know,
    in time that does not depend on the length of the text.
    """
    stripped = _one_line(text)
    parts = _split(stripped)
    _refuse_misfits(parts)
    values: dict[str, Any] = {}
    for name, value in parts.items():
        attribute, read = _PARTS[name]
        values[attribute] = read(name, value)
    rule = Rule(**values)
    _refuse_conflicts(rule)
    return replace(rule, text=stripped)


def _one_line(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidRule(f"A recurrence rule has at most {MAX_TEXT} characters; got {len(text)}.")
    stripped = text.strip(" \t")
    if stripped[:6].upper() == "RRULE:":
        stripped = stripped[6:]
    if not stripped:
        raise InvalidRule("A recurrence rule must not be empty; it begins like 'FREQ=WEEKLY'.")
    if "\n" in stripped or "\r" in stripped:
        raise InvalidRule("A recurrence rule is one line.")
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise InvalidRule(
            f"A recurrence rule is ASCII text without blanks in it; got {echo(stripped)}."
        )
    return stripped


def _split(text: str) -> dict[str, str]:
    """The parts' values by the parts' names, both in upper case."""
    parts: dict[str, str] = {}
    for part in text.removesuffix(";").split(";"):
        name, equals, value = part.partition("=")
        name = name.upper()
        if name in _TIME_PARTS:
            raise InvalidRule(f"{echo(name)} is not supported: the task's due time is used.")
        if name not in _PARTS:
            raise InvalidRule(f"{echo(part if not equals else name)} is not supported.")
        if name in parts:
            raise InvalidRule(f"{name} must be given only once.")
        if not value:
            raise InvalidRule(f"{name} must have a value.")
        parts[name] = value.upper()
    return parts


def _refuse_misfits(parts: dict[str, str]) -> None:
    if "FREQ" not in parts:
        raise InvalidRule("FREQ must be given: DAILY, WEEKLY, MONTHLY or YEARLY.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise InvalidRule("Use COUNT or UNTIL, not both.")


def _refuse_conflicts(rule: Rule) -> None:
    """Refuse the parts that RFC 5545 does not allow beside each other."""
    yearly, weekly = rule.frequency is Frequency.YEARLY, rule.frequency is Frequency.WEEKLY
    for name in ("BYYEARDAY", "BYWEEKNO"):
        if name in rule.by_parts and not yearly:
            raise InvalidRule(f"{name} can be used with FREQ=YEARLY only.")
    if rule.by_month_day and weekly:
        raise InvalidRule("BYMONTHDAY cannot be used with FREQ=WEEKLY.")
    if rule.by_set_position and len(rule.by_parts) == 1:
        raise InvalidRule("BYSETPOS needs another BY part beside it, such as BYDAY.")
    if any(day.number for day in rule.by_day):
        if rule.frequency not in (Frequency.MONTHLY, Frequency.YEARLY):
            raise InvalidRule(
                "Numbered BYDAY values can be used with FREQ=MONTHLY or FREQ=YEARLY only."
            )
        if rule.by_week_number:
            raise InvalidRule("Numbered BYDAY values cannot be used with BYWEEKNO.")


def _frequency(name: str, value: str) -> Frequency:
    if value not in Frequency.__members__:
        raise InvalidRule(f"{name} must be DAILY, WEEKLY, MONTHLY or YEARLY; got {echo(value)}.")
    return Frequency(value)


def _small_number(name: str, value: str) -> int:
    if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= MAX_NUMBER:
        raise InvalidRule(
            f"{name} must be a whole number from 1 to {MAX_NUMBER}; got {echo(value)}."
        )
    return int(value)


def _week_start(name: str, value: str) -> Weekday:
    if value not in Weekday.__members__:
        raise InvalidRule(f"{name} must be MO, TU, WE, TH, FR, SA or SU; got {echo(value)}.")
    return Weekday[value]


def _until(name: str, value: str) -> date | datetime:
    """The last moment as written: a date, a naive wall time, or an instant in UTC."""
    match = _UNTIL.fullmatch(value)
    if match is None:
        raise InvalidRule(
            f"{name} must look like 20261231, 20261231T090000 or 20261231T090000Z;"
            f" got {echo(value)}."
        )
    year, month, day, hours, minutes, seconds, suffix = match.groups()
    try:
        until = date(int(year), int(month), int(day))
        if hours is not None:
            clock = time(int(hours), int(minutes), int(seconds), tzinfo=UTC if suffix else None)
            until = datetime.combine(until, clock)
    except ValueError:
        raise InvalidRule(f"{name} must be a real date and time; got {echo(value)}.") from None
    if until.year > MAX_UNTIL_YEAR:
        raise InvalidRule(f"{name} must not be after the year {MAX_UNTIL_YEAR}; got {echo(value)}.")
    return until


def _items(name: str, value: str, limit: int) -> list[str]:
    items = value.split(",")
    if len(items) > limit:
        raise InvalidRule(f"{name} takes at most {limit} values; got {len(items)}.")
    return items


def _numbers(
    lowest: int, highest: int, limit: int = MAX_LIST
) -> Callable[[str, str], tuple[int, ...]]:
    """A reader of lists of numbers; where `lowest` is negative, zero is left out."""
    allowed = f"1 to {highest} or {lowest} to -1" if lowest < 0 else f"{lowest} to {highest}"

    def read(name: str, value: str) -> tuple[int, ...]:
        numbers = set()
        for item in _items(name, value, limit):
            number = int(item) if _NUMBER.fullmatch(item) else 0
            if number == 0 or not lowest <= number <= highest:
                raise InvalidRule(f"{name} values must be {allowed}; got {echo(item)}.")
            numbers.add(number)
        return tuple(sorted(numbers))

    return read


def _by_day(name: str, value: str) -> tuple[ByDay, ...]:
    days = set()
    for item in _items(name, value, MAX_LIST):
        match = _BY_DAY.fullmatch(item)
        number = int(match[1]) if match and match[1] else None
        if match is None or (number is not None and not 1 <= abs(number) <= 53):
            raise InvalidRule(
                f"{name} values must be MO, TU, WE, TH, FR, SA or SU, with a number from 1 to 53"
                f" or -53 to -1 before it if need be; got {echo(item)}."
            )
        days.add(ByDay(Weekday[match[2]], number))
    return tuple(sorted(days, key=lambda day: day.sort_key))


_PARTS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "FREQ": ("frequency", _frequency),
    "INTERVAL": ("interval", _small_number),
    "COUNT": ("count", _small_number),
    "UNTIL": ("until", _until),
    "WKST": ("week_start", _week_start),
    "BYMONTH": ("by_month", _numbers(1, 12)),
    "BYWEEKNO": ("by_week_number", _numbers(-53, 53)),
    "BYYEARDAY": ("by_year_day", _numbers(-366, 366)),
    "BYMONTHDAY": ("by_month_day", _numbers(-31, 31)),
    "BYDAY": ("by_day", _by_day),
    "BYSETPOS": ("by_set_position", _numbers(-366, 366, MAX_SET_POSITIONS)),
}
