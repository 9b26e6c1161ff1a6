"""The reminder of a successor."""

from datetime import date, datetime, time, tzinfo

from .rule import WallTime
from .zones import to_utc, to_wall


def reminder_for(
    reminder_at: datetime, due: WallTime, next_due: WallTime, zone: tzinfo
) -> datetime | None:
    """The instant in UTC that lies as far before `next_due` as `reminder_at` before `due`.

    The distance is one of wall clocks, so 08:00 stays 08:00 across a change to summer time; an
    all-day due date counts from its midnight. For a task that was not moved, `due` is its slot,
    so that a due date in a gap passes its shift on to no reminder. None where the years 1 to
    9999 have no such instant.
    """
    try:
        distance = _clock(due) - to_wall(reminder_at, zone)
        return to_utc(_clock(next_due) - distance, zone)
    except OverflowError:
        return None


def _clock(due: date | datetime) -> datetime:
    return due if isinstance(due, datetime) else datetime.combine(due, time.min)
