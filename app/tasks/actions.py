"""What the endpoints do to tasks, each within the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from app.database import Autocommit, Row, Transaction
from app.http.conditional import TagCondition, require_match, version_etag
from app.http.errors import Missing
from app.identity import Identity
from app.recurrence import (
    Mode,
    WallTime,
    parse_rule,
    reminder_for,
    successor,
    to_utc,
    zone_named,
)
from app.tags import queries as tag_queries
from app.tasks import edits, queries
from app.tasks.values import Due, TaskValues, latest_reminder, values_of, wall_due

Given = Mapping[str, Any]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Changed:
    """A task after a change: its JSON text, its successor's inside, and its version."""

    json: str
    version: int


def create_task(
    connection: Autocommit, identity: Identity, given: Given, *, now: datetime
) -> tuple[uuid.UUID, str]:
    """Makes a task; answers its id and its JSON text. A completed one leaves no successor."""
    values = edits.edited(edits.BLANK, given, stored=None, now=now)
    return queries.insert_task(connection, identity, values, now=now)


def patch_task(
    transaction: Transaction,
    identity: Identity,
    task_id: uuid.UUID,
    given: Given,
    *,
    if_match: TagCondition | None,
    now: datetime,
) -> Changed:
    """Changes the given fields; raises Missing, PreconditionFailed or ValidationFailed."""
    row = _locked(transaction, identity, task_id, if_match)
    stored = values_of(row)
    wanted = edits.edited(stored, given, stored=stored, now=now)
    return _store(transaction, identity, row, stored, wanted, now)


def replace_task(
    transaction: Transaction,
    identity: Identity,
    task_id: uuid.UUID,
    given: Given,
    *,
    if_match: TagCondition | None,
    now: datetime,
) -> Changed:
    """Replaces the task: fields left out return to their defaults. Raises as `patch_task`."""
    row = _locked(transaction, identity, task_id, if_match)
    stored = values_of(row)
    wanted = edits.replaced(given, stored=stored, now=now)
    return _store(transaction, identity, row, stored, wanted, now)


def set_completed(
    transaction: Transaction,
    identity: Identity,
    task_id: uuid.UUID,
    completed: bool | None,
    *,
    if_match: TagCondition | None,
    now: datetime,
) -> Changed:
    """Completes or reopens the task, or with None flips it; what already holds changes nothing."""
    row = _locked(transaction, identity, task_id, if_match)
    stored = values_of(row)
    wanted = not stored.is_completed if completed is None else completed
    if wanted == stored.is_completed:
        return _store(transaction, identity, row, stored, stored, now)
    changed = replace(stored, completed_at=now if wanted else None)
    return _store(transaction, identity, row, stored, changed, now)


def delete_task(
    transaction: Transaction,
    identity: Identity,
    task_id: uuid.UUID,
    *,
    if_match: TagCondition | None,
) -> None:
    """Removes the task for good; raises Missing or PreconditionFailed."""
    row = _locked(transaction, identity, task_id, if_match)
    _delete(transaction, identity, row)


def _locked(
    transaction: Transaction, identity: Identity, task_id: uuid.UUID, if_match: TagCondition | None
) -> Row:
    row = queries.lock_task(transaction, identity.user_id, task_id)
    if row is None:
        raise Missing.of("task")
    require_match(if_match, version_etag(row["version"]))
    return row


def _store(
    transaction: Transaction,
    identity: Identity,
    row: Row,
    stored: TaskValues,
    wanted: TaskValues,
    now: datetime,
) -> Changed:
    """Writes what differs, then makes or removes the successor as the completion asks for."""
    task_id = row["id"]
    if wanted == stored:
        json, version = row["json"], row["version"]
    else:
        names = _retag(transaction, identity, stored, wanted, now)
        json, version = queries.update_task(
            transaction,
            identity,
            task_id,
            wanted,
            tag_names=names,
            more_completed=wanted.is_completed - stored.is_completed,
            now=now,
        )
    if wanted.is_completed and not stored.is_completed:
        next_json = _leave_successor(transaction, identity, task_id, wanted, now)
    elif wanted.is_completed:
        next_json = queries.get_successor_json(transaction, identity.user_id, task_id)
    else:
        if stored.is_completed:
            _take_successor_back(transaction, identity, task_id)
        next_json = None
    return Changed(f'{json[:-1]},"next_task":{next_json or "null"}}}', version)


def _retag(
    transaction: Transaction,
    identity: Identity,
    stored: TaskValues,
    wanted: TaskValues,
    now: datetime,
) -> list[str]:
    """Keeps the tags' counts; answers the names that the task shall bear, ordered by their keys."""
    added = {key: name for key, name in wanted.tags.items() if key not in stored.tags}
    removed = [key for key in stored.tags if key not in wanted.tags]
    names = {key: name for key, name in stored.tags.items() if key in wanted.tags}
    if added or removed:
        # The user's row is locked already, so the tags' rows cannot be fought over.
        ids = [queries.new_id() for _ in added]
        if added:
            names |= tag_queries.add_bearer(transaction, identity.user_id, added, ids, now)
        if removed:
            tag_queries.remove_bearer(transaction, identity.user_id, removed)
    return [names[key] for key in sorted(names)]


def _leave_successor(
    transaction: Transaction,
    identity: Identity,
    task_id: uuid.UUID,
    done: TaskValues,
    now: datetime,
) -> str | None:
    """Makes the next task of the series, unless one is there or the series ends here."""
    existing = queries.get_successor_json(transaction, identity.user_id, task_id)
    if existing is not None or done.rule_text is None:
        return existing
    values = next_in_series(done, now)
    if values is None:
        return None
    return queries.insert_successor(transaction, identity, values, now=now, predecessor_id=task_id)


def next_in_series(done: TaskValues, now: datetime) -> TaskValues | None:
    """What the completion of `done` at `now` leads to (recurrence.md R12 to R19); None at the end.

    Whatever was stored earlier ends the series where it can no longer be evaluated: it must not
    stand in the way of a completion.
    """
    try:
        return _next_in_series(done, now)
    except Exception as error:
        _log.warning("series_unreadable", series_id=str(done.series_id), error=type(error).__name__)
        return None


def _next_in_series(done: TaskValues, now: datetime) -> TaskValues | None:
    assert done.due is not None
    assert done.position is not None
    assert done.rule_text is not None
    zone = zone_named(done.timezone)
    old_due = wall_due(done.due, zone)
    mode = Mode(done.mode)
    position = successor(parse_rule(done.rule_text), done.position, old_due, zone, mode, now)
    if position is None:
        return None
    due = _due_at(position.slot, zone)
    return replace(
        done,
        completed_at=None,
        due=due,
        reminder_at=_next_reminder(done, position.slot, due, zone),
        position=position,
    )


def _due_at(slot: WallTime, zone: ZoneInfo) -> Due:
    return to_utc(slot, zone) if isinstance(slot, datetime) else slot


def _next_reminder(
    done: TaskValues, next_slot: WallTime, next_due: Due, zone: ZoneInfo
) -> datetime | None:
    """At the old distance by the clock (R17), but not after `next_due`, as a gap could put it.

    Where `done` was not moved, its due date is its slot: one in a gap hands its shift on to nobody.
    """
    assert done.due is not None
    assert done.position is not None
    if done.reminder_at is None:
        return None
    slot = done.position.slot
    due = slot if _due_at(slot, zone) == done.due else wall_due(done.due, zone)
    moved = reminder_for(done.reminder_at, due, next_slot, zone)
    return moved and min(moved, latest_reminder(next_due, zone))


def _take_successor_back(transaction: Transaction, identity: Identity, task_id: uuid.UUID) -> None:
    """Undo: the successor goes if nothing has touched it since it was made (R15)."""
    row = queries.get_successor(transaction, identity.user_id, task_id)
    if row is not None and row["version"] == 1 and not row["completed"]:
        _delete(transaction, identity, row)


def _delete(transaction: Transaction, identity: Identity, row: Row) -> None:
    queries.delete_task(
        transaction, identity, row["id"], tag_names=row["tags"], completed=row["completed"]
    )
