"""Which fields of one body cannot go together, whatever task they are for. Pure.

What depends on the task as it is stored, `edits` finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.http.errors import Messages
from app.recurrence import (
    InvalidRule,
    Mode,
    Rule,
    UnsuitableMode,
    check_mode,
    start_series,
    to_utc,
    zone_named,
)
from app.tasks.values import Due, latest_reminder, wall_due

OUT_OF_RANGE = "Must be within the years 1 to 9999 in UTC."
OUT_OF_RANGE_IN_ZONE = "Must be within the years 1 to 9999 in the task's time zone."
FROM_AFTER_TO = "Must not be after to."
REMINDER_TOO_LATE = "Must not be after the due date."
NEEDS_DUE_DATE = "A recurring task needs a due date."
NEEDS_RULE = "Needs a recurrence_rule beside it, such as 'FREQ=DAILY'."
NOT_BESIDE_NEW_RULE = "Must be true, or left out, beside a new recurrence_rule."


def contradictions(given: Mapping[str, Any], *, is_new: bool = False) -> Messages:
    """What is wrong between the `given` fields, as far as the others cannot change it.

    With `is_new` there is no stored task either, whose rule the given one could be.
    """
    problems: Messages = {}
    zone = zone_named(given["timezone"]) if "timezone" in given else None
    known = dict(given)
    for name in ("due_date", "reminder_at"):
        _resolve(name, known, zone, problems)
    due, reminder = known.get("due_date"), known.get("reminder_at")
    if _is_too_late(reminder, due, zone):
        problems["reminder_at"] = [REMINDER_TOO_LATE]
    rule: Rule | None = known.get("recurrence_rule")
    if rule is None:
        if known.get("is_recurring") is True and "recurrence_rule" in known:
            problems["is_recurring"] = [NEEDS_RULE]
    elif known.get("is_recurring") is not False:
        _check_rule(rule, known, zone, is_new, problems)
    elif is_new:
        problems["is_recurring"] = [NOT_BESIDE_NEW_RULE]
    return problems


def _is_too_late(reminder: datetime | None, due: Due | None, zone: ZoneInfo | None) -> bool:
    if reminder is None or due is None:
        return False
    if isinstance(due, datetime):
        return reminder > due
    return zone is not None and reminder > latest_reminder(due, zone)


def _resolve(name: str, known: dict[str, Any], zone: ZoneInfo | None, problems: Messages) -> None:
    """Makes a known wall time an instant; without its zone it is not known."""
    moment = known.get(name)
    if not isinstance(moment, datetime) or moment.tzinfo is not None:
        return
    del known[name]
    if zone is not None:
        try:
            known[name] = to_utc(moment, zone)
        except OverflowError:
            problems[name] = [OUT_OF_RANGE]


def _check_rule(
    rule: Rule,
    known: Mapping[str, Any],
    zone: ZoneInfo | None,
    is_new: bool,
    problems: Messages,
) -> None:
    due, mode = known.get("due_date"), known.get("recurrence_mode")
    if due is None and "due_date" in known:
        problems["due_date"] = [NEEDS_DUE_DATE]
    try:
        if mode is not None:
            check_mode(rule, Mode(mode))
        if due is not None and zone is not None:
            wall = wall_due(due, zone)
            if is_new:
                start_series(rule, wall, zone, Mode.NEXT)
    except UnsuitableMode as error:
        problems["recurrence_mode"] = [str(error)]
    except InvalidRule as error:
        problems["recurrence_rule"] = [str(error)]
    except OverflowError:
        problems["due_date"] = [OUT_OF_RANGE_IN_ZONE]
