"""The reminder of a successor keeps its wall-clock distance before the due date."""

import pytest

from app.recurrence import reminder_for, zone_named
from tests.unit.recurrence.examples import instant, wall

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("reminder", "due", "next_due", "expected"),
    [
        (
            "2026-03-07T13:00:00+00:00",
            "2026-03-07T09:00",
            "2026-03-08T09:00",
            "2026-03-08T12:00:00+00:00",
        ),
        (
            "2026-10-31T12:00:00+00:00",
            "2026-10-31T09:00",
            "2026-11-01T09:00",
            "2026-11-01T13:00:00+00:00",
        ),
        # The evening before, across the change of the clocks.
        (
            "2026-03-07T01:00:00+00:00",
            "2026-03-07T09:00",
            "2026-03-08T09:00",
            "2026-03-08T01:00:00+00:00",
        ),
        # An all-day date counts from its midnight: 18:00 on the day itself, and on the day before.
        ("2026-03-07T23:00:00+00:00", "2026-03-07", "2026-03-08", "2026-03-08T22:00:00+00:00"),
        ("2026-03-06T23:00:00+00:00", "2026-03-07", "2026-03-09", "2026-03-08T22:00:00+00:00"),
        # Any offset will do for the reminder.
        (
            "2026-03-07T14:00:00+01:00",
            "2026-03-07T09:00",
            "2026-03-14T09:00",
            "2026-03-14T12:00:00+00:00",
        ),
        # Where the new one falls into a gap, it takes the offset before it.
        (
            "2026-03-07T07:30:00+00:00",
            "2026-03-07T09:00",
            "2026-03-08T09:00",
            "2026-03-08T07:30:00+00:00",
        ),
    ],
)
def test_the_distance_is_one_of_wall_clocks(
    reminder: str, due: str, next_due: str, expected: str
) -> None:
    found = reminder_for(instant(reminder), wall(due), wall(next_due), zone_named(NEW_YORK))
    assert found == instant(expected)


def test_a_reminder_that_the_calendar_has_no_room_for_is_none() -> None:
    reminder = instant("9999-12-30T23:00:00+00:00")
    zone = zone_named(NEW_YORK)
    assert reminder_for(reminder, wall("9999-12-30"), wall("9999-12-31"), zone) is not None
    assert (
        reminder_for(
            instant("9999-12-31T03:00:00+00:00"), wall("9999-12-30"), wall("9999-12-31"), zone
        )
        is None
    )
