"""Recurring tasks: RFC 5545 rules and the series that they make, as values in and values out.

Nothing here reads a clock, a database or a request.
"""

from .errors import InvalidRule, UnknownZone, UnsuitableMode
from .grammar import parse_rule
from .reminders import reminder_for
from .rule import Rule, WallTime
from .series import (
    Mode,
    Position,
    check_mode,
    move_due,
    start_series,
    successor,
    upcoming,
)
from .zones import end_of_day, start_of_day, to_utc, to_wall, zone_named

__all__ = [
    "InvalidRule",
    "Mode",
    "Position",
    "Rule",
    "UnknownZone",
    "UnsuitableMode",
    "WallTime",
    "check_mode",
    "end_of_day",
    "move_due",
    "parse_rule",
    "reminder_for",
    "start_of_day",
    "start_series",
    "successor",
    "to_utc",
    "to_wall",
    "upcoming",
    "zone_named",
]
