"""What holds for every series, whatever its rule, due date and zone."""

from calendar import isleap
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.recurrence import (
    InvalidRule,
    Mode,
    Position,
    WallTime,
    move_due,
    parse_rule,
    start_series,
    successor,
    to_utc,
    to_wall,
    upcoming,
    zone_named,
)
from tests.unit.recurrence.strategies import ZONES, due_dates, rule_texts, wall_times

SOME = settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
NOW = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
NOWS = st.datetimes(datetime(1985, 1, 1), datetime(2050, 1, 1), timezones=st.timezones())
zones = st.sampled_from(ZONES).map(zone_named)


def started(text: str, due: WallTime, zone: object) -> Position:
    try:
        return start_series(parse_rule(text), due, zone, Mode.NEXT)  # type: ignore[arg-type]
    except InvalidRule:
        assume(False)
        raise


def moment(slot: WallTime, zone: object) -> WallTime:
    return to_utc(slot, zone) if isinstance(slot, datetime) else slot  # type: ignore[arg-type]


@SOME
@given(text=rule_texts(ends=True), due=due_dates(), zone=zones, now=NOWS)
def test_successors_come_later_and_are_numbered_on(
    text: str, due: WallTime, zone: object, now: datetime
) -> None:
    rule, position = parse_rule(text), started(text, due, zone)
    for mode in (Mode.NEXT, Mode.FUTURE):
        place: Position | None = position
        for _ in range(8):
            found = successor(rule, place, place.slot, zone, mode, now)
            if found is None:
                break
            assert moment(found.slot, zone) > moment(place.slot, zone)
            assert found.occurrence > place.occurrence
            assert found.anchor == due
            assert type(found.slot) is type(due)
            assert mode is Mode.FUTURE or found.occurrence == place.occurrence + 1
            place = found


@SOME
@given(text=rule_texts(ends=True), due=due_dates(), zone=zones, now=NOWS, other=NOWS)
def test_mode_next_does_not_look_at_the_clock(
    text: str, due: WallTime, zone: object, now: datetime, other: datetime
) -> None:
    rule, position = parse_rule(text), started(text, due, zone)
    assert successor(rule, position, due, zone, Mode.NEXT, now) == successor(
        rule, position, due, zone, Mode.NEXT, other
    )


@SOME
@given(text=rule_texts(ends=True), due=due_dates(), zone=zones, now=NOWS)
def test_mode_future_is_the_first_of_the_preview_after_now(
    text: str, due: WallTime, zone: object, now: datetime
) -> None:
    rule, position = parse_rule(text), started(text, due, zone)
    found = successor(rule, position, due, zone, Mode.FUTURE, now)
    listed, _ = upcoming(rule, position, due, zone, Mode.NEXT, start=now, end=None, limit=3)
    clock = now if isinstance(due, datetime) else to_wall(now, zone).date()
    later = [after for after in listed if moment(after.slot, zone) > clock]
    assert found == (later[0] if later else None)


@SOME
@given(text=rule_texts(), due=wall_times(), zone=zones)
def test_the_time_of_day_is_kept_but_for_gaps(text: str, due: datetime, zone: object) -> None:
    rule, position = parse_rule(text), started(text, due, zone)
    listed, _ = upcoming(rule, position, due, zone, Mode.NEXT, start=None, end=None, limit=20)
    for after in listed:
        assert isinstance(after.slot, datetime)
        assert after.slot.time() == due.time()
        shown = to_wall(to_utc(after.slot, zone), zone)
        assert shown == after.slot or shown > after.slot


@SOME
@given(text=rule_texts(), due=due_dates(), zone=zones, count=st.integers(1, 12))
def test_count_is_exact(text: str, due: WallTime, zone: object, count: int) -> None:
    started(text, due, zone)
    rule = parse_rule(f"{text};COUNT={count}")
    place: Position | None = start_series(rule, due, zone, Mode.NEXT)
    last = place
    while place is not None:
        last, place = place, successor(rule, place, place.slot, zone, Mode.NEXT, NOW)
    endless = parse_rule(text)
    assert last.occurrence <= count
    if last.occurrence < count:
        assert successor(endless, last, last.slot, zone, Mode.NEXT, NOW) is None


@SOME
@given(
    text=rule_texts(ends=True),
    due=due_dates(),
    zone=zones,
    skip=st.integers(0, 6),
    day=st.booleans(),
)
def test_the_preview_and_repeated_completion_agree(
    text: str, due: WallTime, zone: object, skip: int, day: bool
) -> None:
    rule, position = parse_rule(text), started(text, due, zone)
    walked: list[Position] = []
    place: Position | None = position
    while len(walked) < 12 and (place := successor(rule, place, place.slot, zone, Mode.NEXT, NOW)):
        walked.append(place)
    assume(len(walked) > skip)
    bound = moment(walked[skip].slot, zone)
    if day and isinstance(bound, datetime):
        bound = to_wall(bound, zone).date()
        assume(skip == 0 or to_wall(to_utc(walked[skip - 1].slot, zone), zone).date() < bound)
    listed, has_more = upcoming(
        rule, position, due, zone, Mode.NEXT, start=bound, end=None, limit=5
    )
    assert listed == walked[skip : skip + 5]
    assert has_more is (len(walked) > skip + 5)


@SOME
@given(text=rule_texts(ends=True, bare=True), due=due_dates(), zone=zones, now=NOWS)
def test_mode_completion_counts_one_interval_and_never_repeats_the_slot(
    text: str, due: WallTime, zone: object, now: datetime
) -> None:
    rule, position = parse_rule(text), started(text, due, zone)
    found = successor(rule, position, due, zone, Mode.COMPLETION, now)
    if found is None:
        assert rule.count == 1
        return
    assert found.slot == found.anchor
    assert moment(found.slot, zone) != moment(due, zone)
    assert found.occurrence == 2
    done = to_wall(now, zone).date()
    slot = found.slot.date() if isinstance(found.slot, datetime) else found.slot
    assert slot > min(done, due.date() if isinstance(due, datetime) else due)


@SOME
@given(text=rule_texts(), due=due_dates(), zone=zones, days=st.integers(-40, 400))
def test_a_moved_task_is_followed_by_the_first_occurrence_after_slot_and_due_date(
    text: str, due: WallTime, zone: object, days: int
) -> None:
    rule, position = parse_rule(text), started(text, due, zone)
    moved_to = due + timedelta(days=days)
    moved = move_due(rule, position, due, moved_to, zone)
    found = successor(rule, moved, moved_to, zone, Mode.NEXT, NOW)
    if found is None:
        return
    assert moment(found.slot, zone) > moment(moved_to, zone)
    if rule.is_bare:
        assert (moved.anchor, moved.occurrence) == (moved_to, 1)
        return
    assert moved == position
    assert moment(found.slot, zone) > moment(due, zone)
    end = max(due, moved_to)
    between, _ = upcoming(rule, position, due, zone, Mode.NEXT, start=None, end=None, limit=500)
    passed = [after for after in between if moment(after.slot, zone) <= moment(end, zone)]
    assert found.occurrence == len(passed) + 2


@SOME
@given(leap=st.integers(1, 2499), interval=st.integers(1, 1000))
def test_leap_days_come_in_leap_years_only(leap: int, interval: int) -> None:
    year = 4 * leap if isleap(4 * leap) else 2000
    due = date(year, 2, 29)
    rule, utc = parse_rule(f"FREQ=YEARLY;INTERVAL={interval}"), zone_named("UTC")
    found, _ = upcoming(
        rule, Position(due, due, 1), due, utc, Mode.NEXT, start=None, end=None, limit=5
    )
    later = [later for later in range(year + interval, 10_000, interval) if isleap(later)]
    assert [after.slot for after in found] == [date(later, 2, 29) for later in later[:5]]
