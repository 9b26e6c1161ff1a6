"""What follows a completion: the numbered rules of the recurrence decision, R1 to R13 and R16."""

import pytest

from app.recurrence import (
    InvalidRule,
    Mode,
    Position,
    UnsuitableMode,
    check_mode,
    move_due,
    parse_rule,
    to_utc,
    zone_named,
)
from tests.unit.recurrence.examples import after, complete, instant, series, start, wall

NEW_YORK = "America/New_York"


def instants(rule: str, due: str, length: int, zone: str) -> list[str]:
    """The series as instants in UTC."""
    position: Position | None = start(rule, due, zone)
    found = []
    while position is not None and len(found) < length:
        found.append(to_utc(position.slot, zone_named(zone)).strftime("%Y-%m-%dT%H:%MZ"))
        position = complete(rule, position, zone)
    return found


def test_the_successor_is_the_first_occurrence_after_the_slot() -> None:
    assert after("FREQ=DAILY", "2026-03-07") == "2026-03-08"


def test_count_ends_the_series() -> None:
    assert series("FREQ=DAILY;COUNT=3", "2026-03-01", 9) == [
        "2026-03-01",
        "2026-03-02",
        "2026-03-03",
    ]


def test_a_count_of_one_ends_at_once() -> None:
    assert after("FREQ=DAILY;COUNT=1", "2026-03-01") is None


def test_count_is_held_against_the_stored_occurrence() -> None:
    position = Position(wall("2026-03-01"), wall("2026-03-02"), 5)
    assert complete("FREQ=DAILY;COUNT=5", position) is None
    following = complete("FREQ=DAILY;COUNT=6", position)
    assert following == Position(wall("2026-03-01"), wall("2026-03-03"), 6)


def test_the_intervals_phase_comes_from_the_anchor() -> None:
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR"
    position = Position(wall("2026-01-05"), wall("2026-01-09"), 3)
    found = complete(rule, position)
    assert found == Position(wall("2026-01-05"), wall("2026-01-19"), 4)


@pytest.mark.parametrize(
    ("rule", "due", "expected"),
    [
        ("FREQ=DAILY", "2026-03-07T09:00", ["2026-03-07T14:00Z", "2026-03-08T13:00Z"]),
        ("FREQ=WEEKLY", "2026-10-27T09:00", ["2026-10-27T13:00Z", "2026-11-03T14:00Z"]),
    ],
)
def test_the_wall_time_holds_across_a_change_of_the_clocks(
    rule: str, due: str, expected: list[str]
) -> None:
    assert instants(rule, due, 2, NEW_YORK) == expected


def test_weekdays_are_those_of_the_zone() -> None:
    assert instants("FREQ=WEEKLY;BYDAY=MO", "2026-03-02T21:00", 2, NEW_YORK) == [
        "2026-03-03T02:00Z",
        "2026-03-10T01:00Z",
    ]


def test_a_time_in_a_gap_takes_the_offset_before_it_and_comes_back_the_day_after() -> None:
    assert instants("FREQ=DAILY", "2026-03-07T02:30", 3, NEW_YORK) == [
        "2026-03-07T07:30Z",
        "2026-03-08T07:30Z",
        "2026-03-09T06:30Z",
    ]


def test_a_slot_in_a_gap_is_kept_unshifted() -> None:
    found = complete("FREQ=DAILY", start("FREQ=DAILY", "2026-03-07T02:30", NEW_YORK), NEW_YORK)
    assert found is not None
    assert found.slot == wall("2026-03-08T02:30")


def test_a_due_date_that_the_gap_has_shifted_is_no_move() -> None:
    position = Position(wall("2026-03-07T02:30"), wall("2026-03-08T02:30"), 2)
    found = complete("FREQ=DAILY", position, NEW_YORK, due="2026-03-08T03:30")
    assert found == Position(wall("2026-03-07T02:30"), wall("2026-03-09T02:30"), 3)


def test_a_time_in_an_overlap_is_the_first_reading() -> None:
    assert instants("FREQ=DAILY", "2026-10-31T01:30", 3, NEW_YORK) == [
        "2026-10-31T05:30Z",
        "2026-11-01T05:30Z",
        "2026-11-02T06:30Z",
    ]


def test_a_day_that_never_was_makes_one_occurrence_with_the_day_after() -> None:
    rule, zone = "FREQ=DAILY;COUNT=4", "Pacific/Apia"
    assert series(rule, "2011-12-29T09:00", 9, zone) == [
        "2011-12-29T09:00",
        "2011-12-31T09:00",
        "2012-01-01T09:00",
        "2012-01-02T09:00",
    ]


def test_an_occurrence_on_a_day_that_never_was_stands_alone_where_the_next_day_has_none() -> None:
    assert series("FREQ=MONTHLY", "2011-11-30T09:00", 3, "Pacific/Apia") == [
        "2011-11-30T09:00",
        "2011-12-31T09:00",
        "2012-01-30T09:00",
    ]


def test_late_completion_counts_the_day_that_never_was_once() -> None:
    rule, zone = "FREQ=DAILY;COUNT=6", "Pacific/Apia"
    position = start(rule, "2011-12-29T09:00", zone)
    now = instant("2012-01-01T12:00:00+14:00")
    found = complete(rule, position, zone, Mode.FUTURE, now=now)
    assert found == Position(position.anchor, wall("2012-01-02T09:00"), 4)


@pytest.mark.parametrize("zone", ["UTC", NEW_YORK, "Pacific/Apia", "Asia/Kathmandu"])
def test_a_date_stays_a_date_in_every_zone(zone: str) -> None:
    assert series("FREQ=DAILY", "2026-03-07", 3, zone) == ["2026-03-07", "2026-03-08", "2026-03-09"]
    assert series("FREQ=DAILY", "2011-12-29", 2, zone) == ["2011-12-29", "2011-12-30"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("FREQ=YEARLY", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        (
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
        ),
        ("FREQ=YEARLY;INTERVAL=4", ["2096-02-29", "2104-02-29"]),
    ],
)
def test_months_skip_and_neither_clamp_nor_overflow(rule: str, expected: list[str]) -> None:
    assert series(rule, expected[0], len(expected)) == expected


@pytest.mark.parametrize(
    ("rule", "due", "zone", "expected"),
    [
        ("FREQ=DAILY;UNTIL=20260310", "2026-03-09", "UTC", ["2026-03-09", "2026-03-10"]),
        (
            "FREQ=DAILY;UNTIL=20260309T020000Z",
            "2026-03-07T21:30",
            NEW_YORK,
            ["2026-03-07T21:30", "2026-03-08T21:30"],
        ),
        (
            "FREQ=DAILY;UNTIL=20260308",
            "2026-03-07T23:30",
            NEW_YORK,
            ["2026-03-07T23:30", "2026-03-08T23:30"],
        ),
        ("FREQ=DAILY;UNTIL=20260308T090000", "2026-03-08T09:00", NEW_YORK, ["2026-03-08T09:00"]),
        ("FREQ=DAILY;UNTIL=20260309T085959", "2026-03-08T09:00", NEW_YORK, ["2026-03-08T09:00"]),
        ("FREQ=DAILY;UNTIL=20260308T030000Z", "2026-03-07", NEW_YORK, ["2026-03-07", "2026-03-08"]),
        ("FREQ=DAILY;UNTIL=20260307T000000", "2026-03-07", NEW_YORK, ["2026-03-07"]),
    ],
)
def test_until_is_inclusive(rule: str, due: str, zone: str, expected: list[str]) -> None:
    assert series(rule, due, 9, zone) == expected


def test_a_first_due_date_off_the_rule_is_occurrence_one() -> None:
    assert series("FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2026-03-03", 9) == ["2026-03-03", "2026-03-09"]


@pytest.mark.parametrize(
    ("rule", "due", "done", "mode", "expected"),
    [
        ("FREQ=DAILY", "2026-03-01", "2026-03-09", Mode.NEXT, "2026-03-02"),
        ("FREQ=DAILY", "2026-03-01", "2026-03-09", Mode.FUTURE, "2026-03-10"),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", "2026-03-18", Mode.FUTURE, "2026-03-23"),
        ("FREQ=DAILY;COUNT=5", "2026-03-01", "2026-03-04", Mode.FUTURE, "2026-03-05"),
        ("FREQ=DAILY;COUNT=5", "2026-03-01", "2026-03-09", Mode.FUTURE, None),
        ("FREQ=DAILY", "2026-03-01", "2026-03-09", Mode.COMPLETION, "2026-03-10"),
        ("FREQ=WEEKLY;INTERVAL=2", "2026-03-02", "2026-03-05", Mode.COMPLETION, "2026-03-19"),
        ("FREQ=MONTHLY", "2026-01-15", "2026-01-31", Mode.COMPLETION, "2026-03-31"),
        ("FREQ=DAILY;COUNT=2", "2026-03-01", "2026-03-09", Mode.COMPLETION, "2026-03-10"),
        ("FREQ=DAILY;COUNT=1", "2026-03-01", "2026-03-09", Mode.COMPLETION, None),
        ("FREQ=DAILY;UNTIL=20260309", "2026-03-01", "2026-03-09", Mode.COMPLETION, None),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", "2026-02-27", Mode.NEXT, "2026-03-09"),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", "2026-02-27", Mode.FUTURE, "2026-03-09"),
        ("FREQ=DAILY", "2026-03-02", "2026-03-01", Mode.COMPLETION, "2026-03-03"),
        ("FREQ=WEEKLY", "2026-03-09", "2026-03-02", Mode.COMPLETION, "2026-03-16"),
        ("FREQ=WEEKLY", "2026-03-09", "2026-03-06", Mode.COMPLETION, "2026-03-13"),
    ],
)
def test_late_and_early_completion_follow_the_mode(
    rule: str, due: str, done: str, mode: Mode, expected: str | None
) -> None:
    now = instant(f"{done}T12:00:00+00:00")
    assert after(rule, due, mode=mode, now=now) == expected


def test_future_means_after_now_to_the_second() -> None:
    rule, due = "FREQ=DAILY", "2026-03-01T09:00"
    for now, expected in [
        ("2026-03-05T08:59:59+00:00", "2026-03-05T09:00"),
        ("2026-03-05T09:00:00+00:00", "2026-03-06T09:00"),
    ]:
        assert after(rule, due, mode=Mode.FUTURE, now=instant(now)) == expected


def test_future_means_after_today_in_the_zone_for_a_date() -> None:
    position = start("FREQ=DAILY", "2026-03-01")
    now = instant("2026-03-05T03:00:00+00:00")
    found = complete("FREQ=DAILY", position, NEW_YORK, Mode.FUTURE, now=now)
    assert found == Position(position.anchor, wall("2026-03-05"), 5)


def test_completion_counts_from_the_local_date_at_the_old_wall_time() -> None:
    rule, mode = "FREQ=DAILY;INTERVAL=3", Mode.COMPLETION
    position = start(rule, "2026-03-01T09:00", NEW_YORK, mode)
    found = complete(rule, position, NEW_YORK, mode, now=instant("2026-03-07T03:00:00+00:00"))
    assert found is not None
    assert found.slot == found.anchor == wall("2026-03-09T09:00")
    assert found.occurrence == 2


def test_a_series_goes_on_from_its_new_slot_where_the_mode_changes_later() -> None:
    rule = "FREQ=WEEKLY"
    position = start(rule, "2026-03-02", mode=Mode.COMPLETION)
    now = instant("2026-03-05T12:00:00+00:00")
    second = complete(rule, position, mode=Mode.COMPLETION, now=now)
    assert second is not None
    third = complete(rule, second, mode=Mode.NEXT, now=now)
    assert third == Position(wall("2026-03-12"), wall("2026-03-19"), 3)


def test_completion_goes_with_plain_rules_only() -> None:
    check_mode(parse_rule("FREQ=WEEKLY;INTERVAL=2;COUNT=3;WKST=SU"), Mode.COMPLETION)
    check_mode(parse_rule("FREQ=WEEKLY;BYDAY=MO"), Mode.FUTURE)
    with pytest.raises(UnsuitableMode, match="not BYMONTH and BYDAY"):
        check_mode(parse_rule("FREQ=WEEKLY;BYDAY=MO;BYMONTH=1"), Mode.COMPLETION)
    with pytest.raises(UnsuitableMode):
        start("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", mode=Mode.COMPLETION)
    with pytest.raises(UnsuitableMode):
        complete("FREQ=WEEKLY;BYDAY=MO", start("FREQ=WEEKLY", "2026-03-02"), mode=Mode.COMPLETION)


@pytest.mark.parametrize(
    ("moved_to", "expected"), [("2026-03-04", 2), ("2026-03-10", 3), ("2026-02-20", 2)]
)
def test_moving_a_task_moves_this_instance_alone(moved_to: str, expected: int) -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO"
    position = start(rule, "2026-03-02")
    moved = move_due(parse_rule(rule), position, position.slot, wall(moved_to), zone_named("UTC"))
    assert moved == position
    found = complete(rule, moved, due=moved_to)
    monday = {2: "2026-03-09", 3: "2026-03-16"}[expected]
    assert found == Position(position.anchor, wall(monday), expected)


def test_dates_passed_over_by_a_move_use_up_count() -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO;COUNT=3"
    position = start(rule, "2026-03-02")
    assert complete(rule, position, due="2026-03-10") is not None
    assert complete(rule, position, due="2026-03-17") is None


def test_moving_a_task_of_a_bare_rule_moves_the_pattern() -> None:
    rule = "FREQ=WEEKLY;COUNT=3"
    second = complete(rule, start(rule, "2026-02-23"))
    assert second is not None
    moved = move_due(
        parse_rule(rule), second, wall("2026-03-02"), wall("2026-03-04"), zone_named("UTC")
    )
    assert moved == Position(wall("2026-03-04"), wall("2026-03-04"), 2)
    third = complete(rule, moved)
    assert third == Position(wall("2026-03-04"), wall("2026-03-11"), 3)
    assert complete(rule, third) is None


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO"])
@pytest.mark.parametrize(
    ("old", "new"), [("2026-03-02", "2026-03-04T09:00"), ("2026-03-02T09:00", "2026-03-04")]
)
def test_a_date_that_becomes_a_timestamp_or_back_anchors_anew(
    rule: str, old: str, new: str
) -> None:
    position = Position(wall(old), wall(old), 4)
    moved = move_due(parse_rule(rule), position, wall(old), wall(new), zone_named("UTC"))
    assert moved == Position(wall(new), wall(new), 4)


def test_a_repeated_due_date_changes_nothing() -> None:
    position = Position(wall("2026-03-07T02:30"), wall("2026-03-08T02:30"), 2)
    again = wall("2026-03-08T03:30")
    rule, zone = parse_rule("FREQ=DAILY"), zone_named(NEW_YORK)
    assert move_due(rule, position, again, again, zone) is position
    assert move_due(rule, position, position.slot, again, zone) is position


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "2026-03-01"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1", "2026-03-01"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=2SU", "2026-03-01"),
        ("FREQ=MONTHLY;BYDAY=6MO", "2026-03-01"),
        ("FREQ=YEARLY;BYMONTH=12;BYDAY=8MO", "2026-03-01"),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "2026-03-01"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-03-01"),
        ("FREQ=DAILY;BYDAY=TU;BYSETPOS=2", "2026-03-01"),
        ("FREQ=YEARLY;INTERVAL=1000;BYYEARDAY=366", "2026-03-01"),
        ("FREQ=YEARLY;BYWEEKNO=53;BYMONTH=7", "2026-03-01"),
    ],
)
def test_a_rule_that_never_yields_is_refused(rule: str, due: str) -> None:
    with pytest.raises(InvalidRule, match=r"^This rule never produces a date after 2026-03-01\.$"):
        start(rule, due)
    with pytest.raises(InvalidRule, match=r"^This rule never produces a date after 2026-03-01\.$"):
        start(rule, f"{due}T23:30", "Asia/Tokyo")


def test_a_first_due_date_at_the_end_of_the_calendar_is_refused() -> None:
    for due in ("9999-12-31", "9999-12-31T12:00"):
        with pytest.raises(InvalidRule, match="after 9999-12-31"):
            start("FREQ=DAILY", due)


@pytest.mark.parametrize(
    ("rule", "due", "zone"),
    [
        ("FREQ=DAILY;UNTIL=20260228", "2026-03-01", "UTC"),
        ("FREQ=DAILY;UNTIL=20260228T235959", "2026-03-01", "UTC"),
        ("FREQ=DAILY;UNTIL=20260228", "2026-03-01T00:00", NEW_YORK),
        ("FREQ=DAILY;UNTIL=20260301T085959Z", "2026-03-01T09:00", "UTC"),
        ("FREQ=DAILY;UNTIL=20260301T085959", "2026-03-01T09:00", NEW_YORK),
        ("FREQ=DAILY;UNTIL=00010101T000000", "2026-03-01T09:00", "Asia/Tokyo"),
    ],
)
def test_until_before_the_due_date_is_refused(rule: str, due: str, zone: str) -> None:
    message = r"^UNTIL must not be before the due date 2026-03-01; got"
    with pytest.raises(InvalidRule, match=message):
        start(rule, due, zone)


@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=1", "FREQ=WEEKLY;UNTIL=20260305"])
def test_a_series_may_end_before_its_second_occurrence(rule: str) -> None:
    assert after(rule, "2026-03-01") is None


def test_a_due_date_moved_past_until_ends_the_series() -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260309"
    position = start(rule, "2026-03-02")
    assert complete(rule, position, due="2026-03-12") is None


@pytest.mark.parametrize(
    ("rule", "due", "zone"),
    [
        ("FREQ=YEARLY", "9998-12-31T22:00", "America/New_York"),
        ("FREQ=DAILY;BYMONTH=12;BYMONTHDAY=31;INTERVAL=1", "9998-12-31T22:00", "America/New_York"),
    ],
)
def test_an_occurrence_without_a_utc_value_is_none(rule: str, due: str, zone: str) -> None:
    position = Position(wall(due), wall(due), 1)
    assert complete(rule, position, zone) is None
    assert complete(rule, position, "UTC") is not None


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
        "FREQ=DAILY;INTERVAL=3;BYMONTH=1,12",
        "FREQ=WEEKLY;WKST=SU;BYDAY=SU,MO,FR",
        "FREQ=MONTHLY;BYMONTHDAY=1,2,-1",
        "FREQ=YEARLY;BYWEEKNO=1,-1",
    ],
)
def test_the_ends_of_the_calendar_are_no_obstacle(rule: str) -> None:
    first = start(rule, "0001-01-01")
    assert complete(rule, first) is not None
    for day in ("9999-11-30", "9999-12-29", "9999-12-31"):
        late: Position | None = Position(wall(day), wall(day), 1)
        while late is not None:
            late = complete(rule, late)


@pytest.mark.parametrize(
    ("rule", "due", "expected"),
    [
        # Where BYWEEKNO stands without BYDAY, the anchor's weekday holds, not all seven.
        ("FREQ=YEARLY;BYWEEKNO=20", "2026-05-12", ["2026-05-12", "2027-05-18", "2028-05-16"]),
        # A week's BYSETPOS counts from the start of the week, not from the anchor.
        (
            "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1",
            "2026-03-04",
            ["2026-03-04", "2026-03-09", "2026-03-16"],
        ),
        (
            "FREQ=WEEKLY;BYDAY=SU,MO;BYSETPOS=1;WKST=SU",
            "2026-03-02",
            ["2026-03-02", "2026-03-08", "2026-03-15"],
        ),
        # Plain and numbered BYDAY values are a union.
        (
            "FREQ=MONTHLY;BYDAY=TU,1MO",
            "2026-03-02",
            ["2026-03-02", "2026-03-03", "2026-03-10", "2026-03-17", "2026-03-24"],
        ),
        ("FREQ=YEARLY;BYDAY=SA,20MO", "2026-05-16", ["2026-05-16", "2026-05-18", "2026-05-23"]),
        # Week -53 of 2015 begins in 2014, where dateutil does not see it.
        ("FREQ=YEARLY;BYWEEKNO=-53;BYDAY=MO", "2014-06-02", ["2014-06-02", "2014-12-29"]),
        # A monthly set position counts days before the anchor too.
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,15,20;BYSETPOS=2",
            "2026-03-10",
            ["2026-03-10", "2026-03-15", "2026-04-15"],
        ),
        ("FREQ=YEARLY;BYMONTH=1;BYDAY=1MO", "2026-01-05", ["2026-01-05", "2027-01-04"]),
        ("FREQ=YEARLY;BYMONTHDAY=31", "2026-01-31", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=YEARLY;BYYEARDAY=-1,100", "2026-04-10", ["2026-04-10", "2026-12-31", "2027-04-10"]),
        ("FREQ=DAILY;BYDAY=MO;BYSETPOS=-1", "2026-03-02", ["2026-03-02", "2026-03-09"]),
        ("FREQ=WEEKLY;BYMONTH=1", "2026-01-30", ["2026-01-30", "2027-01-01"]),
    ],
)
def test_the_table_of_by_parts_holds_where_libraries_go_wrong(
    rule: str, due: str, expected: list[str]
) -> None:
    assert series(rule, due, len(expected)) == expected


def test_the_week_starts_where_wkst_says() -> None:
    rule, due = "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "1997-08-05"
    assert series(rule, due, 4) == ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    assert series(rule + ";WKST=SU", due, 4) == [
        "1997-08-05",
        "1997-08-17",
        "1997-08-19",
        "1997-08-31",
    ]
