"""Short ways to write down series, due dates and what follows from them."""

from datetime import UTC, date, datetime

from app.recurrence import (
    Mode,
    Position,
    WallTime,
    parse_rule,
    start_series,
    successor,
    to_utc,
    to_wall,
    zone_named,
)

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def wall(text: str) -> WallTime:
    """`2026-03-07` as a date, `2026-03-07T09:00` as a wall time."""
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def shown(slot: WallTime, zone: str = "UTC") -> str:
    """The slot as a clock in the zone shows it, shifted where it falls into a gap."""
    if not isinstance(slot, datetime):
        return slot.isoformat()
    info = zone_named(zone)
    return to_wall(to_utc(slot, info), info).isoformat(timespec="minutes")


def start(rule: str, due: str, zone: str = "UTC", mode: Mode = Mode.NEXT) -> Position:
    return start_series(parse_rule(rule), wall(due), zone_named(zone), mode)


def complete(
    rule: str,
    position: Position,
    zone: str = "UTC",
    mode: Mode = Mode.NEXT,
    due: str | None = None,
    now: datetime = LONG_AGO,
) -> Position | None:
    """The position after completing the task at `now`; it was due at its slot unless moved."""
    moved = position.slot if due is None else wall(due)
    return successor(parse_rule(rule), position, moved, zone_named(zone), mode, now)


def series(rule: str, due: str, length: int, zone: str = "UTC") -> list[str]:
    """What a clock shows for the first tasks, each completed as soon as it is there."""
    position: Position | None = start(rule, due, zone)
    slots = []
    while position is not None and len(slots) < length:
        slots.append(shown(position.slot, zone))
        position = complete(rule, position, zone)
    return slots


def after(rule: str, due: str, **completion: object) -> str | None:
    """What a clock in UTC shows for the successor of a series' first task."""
    mode = completion.get("mode", Mode.NEXT)
    assert isinstance(mode, Mode)
    found = complete(rule, start(rule, due, mode=mode), **completion)  # type: ignore[arg-type]
    return None if found is None else shown(found.slot)
