"""What an edit makes of a task: how its dates, zone, reminder and rule hang together. Pure.

A field that is not given keeps what `current` has. What counts for a series is what changed, not
what was sent (recurrence.md R16).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.http.errors import Messages, ValidationFailed
from app.recurrence import (
    InvalidRule,
    Mode,
    Position,
    Rule,
    UnsuitableMode,
    check_mode,
    move_due,
    parse_rule,
    start_series,
    to_utc,
)
from app.tasks.contradictions import (
    NEEDS_DUE_DATE,
    NEEDS_RULE,
    NOT_BESIDE_NEW_RULE,
    OUT_OF_RANGE,
    OUT_OF_RANGE_IN_ZONE,
    REMINDER_TOO_LATE,
)
from app.tasks.values import TaskValues, latest_reminder, wall_due

BLANK = TaskValues(title="", tags={})
"""What a new task, and a replaced one, starts from."""

Given = Mapping[str, Any]


def edited(
    current: TaskValues, given: Given, *, stored: TaskValues | None, now: datetime
) -> TaskValues:
    """`current` with what is `given`; raises ValidationFailed with all that does not fit together.

    `stored` is the task as it is, None for a new one: a replacing edit starts from a `current` of
    defaults, but what changed is judged against `stored`.
    """
    problems: Messages = {}
    plain = replace(
        current,
        title=given.get("title", current.title),
        description=given.get("description", current.description),
        priority=given.get("priority", current.priority),
        tags=_spelled(given.get("tags", current.tags), stored),
        timezone=given.get("timezone", current.timezone),
        mode=given.get("recurrence_mode", current.mode),
    )
    dated = _with_dates(plain, given, problems)
    timed = _with_series(dated, given, stored, problems)
    if problems:
        raise ValidationFailed(problems)
    if "completed" in given and given["completed"] != timed.is_completed:
        return replace(timed, completed_at=now if given["completed"] else None)
    return timed


def replaced(given: Given, *, stored: TaskValues, now: datetime) -> TaskValues:
    """The values of a full replacement: fields left out return to their defaults."""
    start = replace(BLANK, completed_at=stored.completed_at)
    return edited(start, {"completed": False, **given}, stored=stored, now=now)


def _spelled(tags: Mapping[str, str], stored: TaskValues | None) -> Mapping[str, str]:
    """`tags` as the task spells them already: sending another letter case changes nothing."""
    if stored is None:
        return tags
    return {key: stored.tags.get(key, name) for key, name in tags.items()}


def _with_dates(values: TaskValues, given: Given, problems: Messages) -> TaskValues:
    zone = values.zone
    due = _resolved("due_date", given, values.due, zone, problems)
    reminder = _resolved("reminder_at", given, values.reminder_at, zone, problems)
    if reminder is not None and due is not None and reminder > latest_reminder(due, zone):
        problems["reminder_at"] = [REMINDER_TOO_LATE]
    return replace(values, due=due, reminder_at=reminder)


def _resolved(name: str, given: Given, kept: Any, zone: ZoneInfo, problems: Messages) -> Any:
    """The given date or instant, a wall time read in `zone`; what is kept where none is given."""
    moment = given.get(name, kept)
    if not isinstance(moment, datetime) or moment.tzinfo is not None:
        return moment
    try:
        return to_utc(moment, zone)
    except OverflowError:
        problems[name] = [OUT_OF_RANGE]
        return None


def _with_series(
    values: TaskValues, given: Given, stored: TaskValues | None, problems: Messages
) -> TaskValues:
    rule_text = _asked_rule(values, given, stored, problems)
    if rule_text is None:
        return replace(values, rule_text=None, series_id=None, position=None)
    if values.due is None:
        problems.setdefault("due_date", [NEEDS_DUE_DATE])
    if problems:
        return values
    try:
        position = _position(
            replace(values, rule_text=rule_text), given.get("recurrence_rule"), stored
        )
    except InvalidRule as error:
        problems["recurrence_rule"] = [str(error)]
        return values
    except UnsuitableMode as error:
        problems["recurrence_mode"] = [str(error)]
        return values
    except OverflowError:
        problems["due_date"] = [OUT_OF_RANGE_IN_ZONE]
        return values
    series_id = stored.series_id if stored is not None and stored.series_id else uuid.uuid4()
    return replace(values, rule_text=rule_text, position=position, series_id=series_id)


def _asked_rule(
    values: TaskValues, given: Given, stored: TaskValues | None, problems: Messages
) -> str | None:
    """The text of the rule that the task shall have. `is_recurring` may confirm it or clear it."""
    rule: Rule | None = given.get("recurrence_rule")
    text = values.rule_text if "recurrence_rule" not in given else rule.text if rule else None
    wanted = given.get("is_recurring")
    if wanted is True and text is None:
        problems["is_recurring"] = [NEEDS_RULE]
    if wanted is not False:
        return text
    if rule is not None and not (stored and _is_same_rule(rule, stored.rule_text)):
        problems["is_recurring"] = [NOT_BESIDE_NEW_RULE]
    return None


def _position(values: TaskValues, rule: Rule | None, stored: TaskValues | None) -> Position:
    """Where the task stands in its series; raises InvalidRule or UnsuitableMode."""
    assert values.due is not None
    assert values.rule_text is not None
    zone, due = values.zone, wall_due(values.due, values.zone)
    if (
        stored is None
        or stored.position is None
        or stored.due is None
        or (rule is not None and not _is_same_rule(rule, stored.rule_text))
    ):
        return start_series(rule or parse_rule(values.rule_text), due, zone, Mode(values.mode))
    rule = rule or _readable(values.rule_text)
    if rule is not None and values.mode != stored.mode:
        check_mode(rule, Mode(values.mode))
    if values.timezone != stored.timezone:
        return _anchored_anew(rule, Position(anchor=due, slot=due, occurrence=1), zone)
    if values.due == stored.due:
        return stored.position
    if rule is None:
        return replace(stored.position, anchor=due, slot=due)
    moved = move_due(rule, stored.position, wall_due(stored.due, zone), due, zone)
    return moved if moved.anchor == stored.position.anchor else _anchored_anew(rule, moved, zone)


def _anchored_anew(rule: Rule | None, position: Position, zone: ZoneInfo) -> Position:
    """The new position, unless nothing could ever follow it; UNTIL is no matter of a move."""
    if rule is not None:
        start_series(replace(rule, until=None), position.anchor, zone, Mode.NEXT)
    return position


def _readable(text: str) -> Rule | None:
    """The stored rule, or None where it can no longer be read: that stands in no edit's way."""
    try:
        return parse_rule(text)
    except InvalidRule:
        return None


def _is_same_rule(rule: Rule, text: str | None) -> bool:
    return text is not None and _readable(text) == rule
