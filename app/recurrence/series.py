"""A series of tasks: where it starts, how an edit moves it, and what comes after a completion.

A task of a series is known by its `Position` alone; no earlier task is needed to go on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from .errors import InvalidRule, UnsuitableMode, echo
from .moments import (
    Moment,
    at_day,
    day_of,
    is_all_day,
    last_moment,
    moment_of,
    moment_of_bound,
    moment_of_clock,
)
from .pattern import Pattern
from .rule import Rule, WallTime
from .zones import date_in, end_of_day, skipped_days, start_of_day

_ONE_DAY = timedelta(days=1)
_SLACK = 3
"""More days than an instant's local date can be off the day of its slot."""


class Mode(StrEnum):
    """What the completion of a task leads to."""

    NEXT = "next"
    FUTURE = "future"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True)
class Position:
    """A task's place in its series.

    The `anchor` is what the pattern counts from; the `slot` is this task's own scheduled date
    or wall time (RFC 5545's RECURRENCE-ID), unshifted where it falls into a gap; `occurrence`
    is its number, which COUNT is held against.
    """

    anchor: WallTime
    slot: WallTime
    occurrence: int


def check_mode(rule: Rule, mode: Mode) -> None:
    """Raise `UnsuitableMode` where the rule's days leave no room for the mode."""
    if mode is Mode.COMPLETION and not rule.is_bare:
        raise UnsuitableMode(
            "'completion' counts from the day of completion, so the rule may have FREQ, INTERVAL,"
            f" COUNT, UNTIL and WKST only, not {' and '.join(rule.by_parts)}."
        )


def start_series(rule: Rule, due: WallTime, zone: tzinfo, mode: Mode) -> Position:
    """The position of a series' first task, whose due date is on the rule or not.

    Raises `InvalidRule` where nothing could ever follow, even without COUNT and UNTIL, or where
    UNTIL is already over; `UnsuitableMode` as `check_mode` does.
    """
    check_mode(rule, mode)
    position = Position(anchor=due, slot=due, occurrence=1)
    last = last_moment(rule, due, zone)
    if last is not None and moment_of(due, zone) > last:
        raise InvalidRule(
            f"UNTIL must not be before the due date {day_of(due)}; got {echo(rule.until_text)}."
        )
    endless = replace(rule, count=None, until=None)
    if next(_following(endless, position, zone, day_of(due)), None) is None:
        raise InvalidRule(f"This rule never produces a date after {day_of(due)}.")
    return position


def move_due(
    rule: Rule, position: Position, old_due: WallTime, new_due: WallTime, zone: tzinfo
) -> Position:
    """The position of an open task whose due date alone was changed.

    A bare rule's pattern moves with the task, and so does any where a date became a timestamp
    or the other way round; the occurrence goes on. Else the position stays, and `successor` is
    told the due date.
    """
    if is_all_day(old_due) is not is_all_day(new_due):
        return Position(anchor=new_due, slot=new_due, occurrence=position.occurrence)
    if not rule.is_bare or moment_of(old_due, zone) == moment_of(new_due, zone):
        return position
    return Position(anchor=new_due, slot=new_due, occurrence=position.occurrence)


def successor(
    rule: Rule, position: Position, due: WallTime, zone: tzinfo, mode: Mode, now: datetime
) -> Position | None:
    """The position of the task that follows when the one due at `due` is completed at `now`.

    None where the series ends: by COUNT, by UNTIL, with the year 9999, or because nothing is
    found within the bounds of the search. Raises `UnsuitableMode` as `check_mode` does.
    """
    check_mode(rule, mode)
    if mode is Mode.COMPLETION:
        return _after_completion(rule, position, zone, date_in(now, zone))
    passed = moment_of(due, zone)
    if mode is Mode.FUTURE:
        passed = max(passed, moment_of_clock(now, due, zone))
    return next(_after(rule, position, zone, passed), None)


def upcoming(
    rule: Rule,
    position: Position,
    due: WallTime,
    zone: tzinfo,
    mode: Mode,
    *,
    start: date | datetime | None,
    end: date | datetime | None,
    limit: int,
) -> tuple[list[Position], bool]:
    """The positions that follow the task due at `due`, and whether there are more of them.

    They are what mode `next` leads to, whatever the task's own mode is: the other two depend on
    days that nobody knows yet. Only those from `start` to `end`, both inclusive, are listed, at
    most `limit` of them. A date as a bound means that day in the zone, an aware datetime an
    instant; for an all-day series, its date in the zone.
    """
    passed = moment_of(due, zone)
    first = None if start is None else moment_of_bound(start, due, zone, start_of_day)
    last = None if end is None else moment_of_bound(end, due, zone, end_of_day)
    listed: list[Position] = []
    for position_after in _after(rule, position, zone, passed, first):
        if last is not None and moment_of(position_after.slot, zone) > last:
            break
        if len(listed) == limit:
            return listed, True
        listed.append(position_after)
    return listed, False


def _after_completion(rule: Rule, position: Position, zone: tzinfo, day: date) -> Position | None:
    """One interval after the day of completion, or after the slot where that is the slot again."""
    found = _one_interval_after(at_day(day, position.slot), rule, position, zone)
    if found is not None and moment_of(found.slot, zone) == moment_of(position.slot, zone):
        return _one_interval_after(position.slot, rule, position, zone)
    return found


def _one_interval_after(
    origin: WallTime, rule: Rule, position: Position, zone: tzinfo
) -> Position | None:
    """The position after this one where the pattern counts from `origin`.

    The new slot is the new anchor, so that the series goes on from it in every mode.
    """
    there = Position(anchor=origin, slot=origin, occurrence=position.occurrence)
    found = next(_following(rule, there, zone, day_of(origin)), None)
    return None if found is None else replace(found, anchor=found.slot)


def _after(
    rule: Rule, position: Position, zone: tzinfo, passed: Moment, first: Moment | None = None
) -> Iterator[Position]:
    """The positions after this one, after the moment `passed` and not before `first`."""
    latest = passed if first is None else max(passed, first)
    beyond = date_in(latest, zone) if isinstance(latest, datetime) else latest
    beyond = date.fromordinal(max(beyond.toordinal() - _SLACK, 1))
    for found in _following(rule, position, zone, beyond):
        moment = moment_of(found.slot, zone)
        if moment > passed and (first is None or moment >= first):
            yield found


def _following(rule: Rule, position: Position, zone: tzinfo, beyond: date) -> Iterator[Position]:
    """The positions after this one whose slots lie on days after `beyond`.

    Those that are left out are counted, not walked, and use up COUNT.
    """
    pattern = Pattern(rule, day_of(position.anchor))
    slot_day = day_of(position.slot)
    beyond = max(beyond, slot_day)
    repeated = _repeated_days(pattern, position, zone)
    occurrence = position.occurrence + pattern.count_between(slot_day, beyond)
    occurrence -= sum(slot_day < day <= beyond for day in repeated)
    last = last_moment(rule, position.anchor, zone)
    for day in pattern.days_after(beyond):
        if day in repeated:
            continue
        occurrence += 1
        slot = at_day(day, position.anchor)
        if rule.count is not None and occurrence > rule.count:
            return
        try:
            moment = moment_of(slot, zone)
        except OverflowError:
            return
        if last is not None and moment > last:
            return
        yield Position(position.anchor, slot, occurrence)


def _repeated_days(pattern: Pattern, position: Position, zone: tzinfo) -> frozenset[date]:
    """The days whose moment the day before has had already, because the zone skipped that day.

    Both wall times are the same instant then, which is one occurrence.
    """
    if is_all_day(position.anchor):
        return frozenset()
    pairs = ((day, day + _ONE_DAY) for day in skipped_days(zone))
    return frozenset(after for day, after in pairs if pattern.has(day) and pattern.has(after))
