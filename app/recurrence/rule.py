"""The value that a recurrence rule is once it has been read (RFC 5545 section 3.3.10)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum

WallTime = date | datetime
"""A date for an all-day task, or a naive datetime: whole seconds of wall time in its zone."""


class Frequency(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Weekday(IntEnum):
    """The days of the week, numbered as `date.weekday()` does."""

    MO = 0
    TU = 1
    WE = 2
    TH = 3
    FR = 4
    SA = 5
    SU = 6


@dataclass(frozen=True, slots=True)
class ByDay:
    """A weekday, or only the one of that number in its month or year (negative: from the end)."""

    weekday: Weekday
    number: int | None = None

    def __str__(self) -> str:
        return f"{self.number or ''}{self.weekday.name}"

    @property
    def sort_key(self) -> tuple[int, int]:
        return (self.number or 0, self.weekday)


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule; two rules are equal where they mean the same, however they are written.

    `text` is the rule as it was given, less blanks around it and an `RRULE:` prefix. `until` is
    a date, a naive datetime (wall time in the task's zone) or an aware one in UTC.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    week_start: Weekday = Weekday.MO
    by_month: tuple[int, ...] = ()
    by_week_number: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[ByDay, ...] = ()
    by_set_position: tuple[int, ...] = ()
    text: str = field(default="", compare=False)

    @property
    def by_parts(self) -> dict[str, tuple[int, ...] | tuple[ByDay, ...]]:
        """The BY parts that the rule has, by their RFC names."""
        parts: dict[str, tuple[int, ...] | tuple[ByDay, ...]] = {
            "BYMONTH": self.by_month,
            "BYWEEKNO": self.by_week_number,
            "BYYEARDAY": self.by_year_day,
            "BYMONTHDAY": self.by_month_day,
            "BYDAY": self.by_day,
            "BYSETPOS": self.by_set_position,
        }
        return {name: values for name, values in parts.items() if values}

    @property
    def is_bare(self) -> bool:
        """Whether the rule has no BY part, so that its pattern is the anchor's alone."""
        return not self.by_parts

    @property
    def canonical(self) -> str:
        """The one text for all rules equal to this one."""
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={self.until_text}")
        if self.week_start is not Weekday.MO:
            parts.append(f"WKST={self.week_start.name}")
        parts += [f"{name}={','.join(map(str, values))}" for name, values in self.by_parts.items()]
        return ";".join(parts)

    @property
    def until_text(self) -> str:
        """UNTIL's value as the RFC writes it, empty where there is none."""
        if self.until is None:
            return ""
        day = self.until.isoformat()[:10].replace("-", "")
        if not isinstance(self.until, datetime):
            return day
        time = self.until.time().isoformat().replace(":", "")
        return f"{day}T{time}" + ("Z" if self.until.tzinfo else "")
