"""Time zones: from wall time to instants and back (RFC 5545 section 3.3.5)."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from .errors import UnknownZone, echo

FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
LAST_MOMENT = datetime.max.replace(microsecond=0, tzinfo=UTC)
_ONE_DAY = timedelta(days=1)
_ONE_SECOND = timedelta(seconds=1)
_FIRST_YEAR_OF_ZONES, _LAST_YEAR_OF_ZONES = 1800, 2040


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_named(name: str) -> ZoneInfo:
    """The zone of that IANA name, in exactly its letters; `UnknownZone` for any other text."""
    if name not in _zone_names():
        raise UnknownZone(f"Unknown time zone {echo(name)}.")
    return ZoneInfo(name)


def to_utc(wall: datetime, zone: tzinfo) -> datetime:
    """The instant in UTC of a naive wall time in the zone.

    In a gap the offset before it holds, in an overlap the first reading. Raises `OverflowError`
    where the instant lies outside of the years 1 to 9999.
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def to_wall(instant: datetime, zone: tzinfo) -> datetime:
    """The naive wall time in the zone of an aware instant.

    Raises `OverflowError` where the wall time lies outside of the years 1 to 9999.
    """
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def date_in(instant: datetime, zone: tzinfo) -> date:
    """The local date of an instant, the first or last date there is where it lies outside."""
    try:
        return to_wall(instant, zone).date()
    except OverflowError:
        return date.min if instant.year == 1 else date.max


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The first moment in UTC of that local day, `FIRST_MOMENT` where it has no UTC value.

    A day whose midnight is skipped starts with the moment after the gap.
    """
    midnight = datetime.combine(day, time.min)
    try:
        moment = to_utc(midnight, zone)
    except OverflowError:
        return _nearest_moment(day)
    return moment if _exists(midnight, zone) else _end_of_gap(moment, zone)


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The last whole second in UTC of that local day, `LAST_MOMENT` where it has no UTC value.

    A day whose last second is skipped ends before the gap; one whose last second comes twice
    ends with the second of them.
    """
    last_second = datetime.combine(day, time(23, 59, 59))
    try:
        moment = to_utc(last_second, zone)
        again = last_second.replace(tzinfo=zone, fold=1).astimezone(UTC)
    except OverflowError:
        return _nearest_moment(day)
    return again if _exists(last_second, zone) else _end_of_gap(moment, zone) - _ONE_SECOND


@cache
def skipped_days(zone: tzinfo) -> frozenset[date]:
    """The days that the zone has left out of its calendar by crossing the date line."""
    days: set[date] = set()
    for year in range(_FIRST_YEAR_OF_ZONES, _LAST_YEAR_OF_ZONES):
        first = datetime.combine(date(year, 1, 1), time.min)
        gained = _offset(first.replace(year=year + 1), zone) - _offset(first, zone)
        if gained > timedelta(hours=20):
            noons = (first + timedelta(days=number, hours=12) for number in range(366))
            days.update(
                noon.date()
                for noon in noons
                if to_wall(to_utc(noon, zone), zone).date() > noon.date()
            )
    return frozenset(days)


def _offset(wall: datetime, zone: tzinfo) -> timedelta:
    return wall.replace(tzinfo=zone).utcoffset() or timedelta()


def _exists(wall: datetime, zone: tzinfo) -> bool:
    try:
        return to_wall(to_utc(wall, zone), zone) == wall
    except OverflowError:
        return True


def _end_of_gap(moment: datetime, zone: tzinfo) -> datetime:
    """The transition behind a gap, given the moment that a wall time inside it was read as.

    Such a moment is later than the transition, by less than the gap is long.
    """
    early, late = moment - _ONE_DAY, moment
    while late - early > _ONE_SECOND:
        middle = early + (late - early) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset():
            late = middle
        else:
            early = middle
    return late


def _nearest_moment(day: date) -> datetime:
    return FIRST_MOMENT if day.year == 1 else LAST_MOMENT
