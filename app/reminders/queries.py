"""The SQL on due reminders and their deliveries. None of it commits.

The sender is the operator's: what looks for due reminders does so across all users. What concerns
one reminder names it by its whole key, the user's id first.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import ReminderDelivery, Task
from app.reminders.outcome import Outcome, State

_tasks = cast("Table", Task.__table__)
_deliveries = cast("Table", ReminderDelivery.__table__)
_t, _d = _tasks.c, _deliveries.c

Key = tuple[str, uuid.UUID, datetime]


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is ours until its lease ends; `task` is what the API would answer."""

    user_id: str
    task_id: uuid.UUID
    reminder_at: datetime
    attempts: int
    task: Mapping[str, Any]

    @property
    def key(self) -> Key:
        return (self.user_id, self.task_id, self.reminder_at)


def _instant(name: str) -> ColumnElement[datetime]:
    return bindparam(name, type_=DateTime(timezone=True))


_key = tuple_(_d.user_id, _d.task_id, _d.reminder_at)
_is_asked = (
    _d.user_id == bindparam("owner_id"),
    _d.task_id == bindparam("asked_task_id"),
    _d.reminder_at == _instant("asked_reminder_at"),
)
_is_open = and_(_t.reminder_at.is_not(None), not_(_t.completed))
_is_still_wanted = and_(
    _t.user_id == _d.user_id, _t.id == _d.task_id, _t.reminder_at == _d.reminder_at, _is_open
)
_is_known = exists().where(
    _d.user_id == _t.user_id,
    _d.task_id == _t.id,
    _d.reminder_at == _t.reminder_at,
    _d.reminder_at > _instant("since"),
    _d.reminder_at <= _instant("due_by"),
)
_is_new = and_(
    _is_open, _t.reminder_at > _instant("since"), _t.reminder_at <= _instant("due_by"), ~_is_known
)


# Finding. The candidates come from two indexes in the same order, which is why both have bounds;
# then their rows are locked without waiting, as the new row's foreign key would otherwise wait for
# whoever is changing the task.


def _enlist_statement() -> Any:
    found = (
        select(_t.user_id, _t.id, _t.reminder_at)
        .where(_is_new)
        .order_by(_t.reminder_at)
        .limit(bindparam("most"))
        .cte("found")
    )
    due = (
        select(_t.user_id, _t.id, _t.reminder_at)
        .join(found, and_(found.c.user_id == _t.user_id, found.c.id == _t.id))
        .where(_is_open, _t.reminder_at == found.c.reminder_at)
        .with_for_update(of=_tasks, key_share=True, skip_locked=True)
        .cte("due")
    )
    rows = select(due.c.user_id, due.c.id, due.c.reminder_at, due.c.reminder_at)
    names = ["user_id", "task_id", "reminder_at", "next_attempt_at"]
    # Another sender may have enlisted them since this statement began to look.
    return insert(_deliveries).from_select(names, rows).on_conflict_do_nothing()


_enlist = _enlist_statement()


def enlist(connection: Connection, *, since: datetime, due_by: datetime, most: int) -> int:
    """Gives a row to each reminder of an open task that came due after `since`; says to how many.

    A task that is being changed at the moment is left for the next time.
    """
    parameters = {"since": since, "due_by": due_by, "most": most}
    return connection.execute(_enlist, parameters).rowcount


# Claiming

_lock_ready = (
    select(
        *(_d.user_id, _d.task_id, _d.reminder_at, _d.attempts),
        _t.id.is_not(None).label("is_wanted"),
        _t.json,
    )
    .select_from(_deliveries.outerjoin(_tasks, _is_still_wanted))
    .where(
        _d.state == State.WAITING.value,
        _d.next_attempt_at <= _instant("due_by"),
        or_(_d.claimed_until.is_(None), _d.claimed_until <= _instant("now")),
    )
    .order_by(_d.next_attempt_at)
    .limit(bindparam("most"))
    .with_for_update(of=_deliveries, skip_locked=True)
)
_claim = (
    update(_deliveries)
    .where(_key.in_(bindparam("keys", expanding=True)))
    .values(attempts=_d.attempts + 1, claimed_until=_instant("until"))
)
_cancel = delete(_deliveries).where(_key.in_(bindparam("keys", expanding=True)))


def claim(
    connection: Connection, *, due_by: datetime, now: datetime, until: datetime, most: int
) -> tuple[list[Claim], list[Key]]:
    """What this sender shall send at once, its own `until` then; and what was cancelled instead.

    Cancelled is what belongs to a task that meanwhile is completed or has another reminder. Its row
    goes, so that it starts anew if the task is reopened.
    """
    parameters = {"due_by": due_by, "now": now, "most": most}
    rows = connection.execute(_lock_ready, parameters).all()
    claims = [
        Claim(row.user_id, row.task_id, row.reminder_at, row.attempts + 1, orjson.loads(row.json))
        for row in rows
        if row.is_wanted
    ]
    cancelled = [(r.user_id, r.task_id, r.reminder_at) for r in rows if not r.is_wanted]
    if claims:
        connection.execute(_claim, {"keys": [one.key for one in claims], "until": until})
    if cancelled:
        connection.execute(_cancel, {"keys": cancelled})
    return claims, cancelled


# Recording. A failure counts only while the claim is the latest; a success always does.

_record = update(_deliveries).values(
    state=bindparam("new_state"),
    next_attempt_at=_instant("new_next_attempt_at"),
    claimed_until=None,
    finished_at=_instant("new_finished_at"),
    last_status=bindparam("new_status"),
    last_error=bindparam("new_error"),
)
_record_success = _record.where(*_is_asked, _d.state != State.DELIVERED.value)
_record_failure = _record.where(
    *_is_asked, _d.state == State.WAITING.value, _d.attempts == bindparam("claimed_attempts")
)


def record(
    connection: Connection,
    claim: Claim,
    outcome: Outcome,
    *,
    status: int | None,
    problem: str | None,
    now: datetime,
) -> bool:
    """Writes down what became of a claim; False where it no longer is ours to write."""
    is_success = outcome.state is State.DELIVERED
    parameters = {
        "owner_id": claim.user_id,
        "asked_task_id": claim.task_id,
        "asked_reminder_at": claim.reminder_at,
        "new_state": outcome.state.value,
        "new_next_attempt_at": outcome.next_attempt_at,
        "new_finished_at": None if outcome.state is State.WAITING else now,
        "new_status": status,
        "new_error": problem,
    }
    if not is_success:
        parameters["claimed_attempts"] = claim.attempts
    statement = _record_success if is_success else _record_failure
    return connection.execute(statement, parameters).rowcount == 1


# Reviving, and clearing away

_dead = (
    select(_d.user_id, _d.task_id, _d.reminder_at)
    .where(_d.state == State.DEAD.value)
    .order_by(_d.finished_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_new_life = {
    "state": State.WAITING.value,
    "attempts": 0,
    "next_attempt_at": _instant("now"),
    "finished_at": None,
}
_revive = update(_deliveries).where(_key.in_(_dead)).values(_new_life)
_revive_of_user = (
    update(_deliveries)
    .where(
        _d.user_id == bindparam("owner_id"),
        _key.in_(_dead.where(_d.user_id == bindparam("owner_id"))),
    )
    .values(_new_life)
)
_old = (
    select(_d.user_id, _d.task_id, _d.reminder_at)
    .where(_d.finished_at < _instant("before"))
    .order_by(_d.finished_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_prune = delete(_deliveries).where(_key.in_(_old))


def revive(connection: Connection, *, user_id: str | None, now: datetime, most: int) -> int:
    """Lets dead deliveries (of one user, or of all) be tried from the start; says how many."""
    if user_id is None:
        return connection.execute(_revive, {"now": now, "most": most}).rowcount
    parameters = {"owner_id": user_id, "now": now, "most": most}
    return connection.execute(_revive_of_user, parameters).rowcount


def prune(connection: Connection, *, before: datetime, most: int) -> int:
    """Forgets deliveries that ended before that moment; says how many."""
    return connection.execute(_prune, {"before": before, "most": most}).rowcount


# The queue at a glance

_is_sending = func.coalesce(_d.claimed_until > _instant("now"), False)
_count_scheduled = select(func.count().label("scheduled")).where(
    _is_open, _t.reminder_at > _instant("due_by")
)
_count_new = select(func.count().label("new"), func.min(_t.reminder_at).label("oldest_new")).where(
    _is_new
)
_count_waiting = (
    select(
        func.count().filter(_d.attempts == 0).label("enlisted"),
        func.count().filter(_d.attempts > 0, _is_sending).label("sending"),
        func.count().filter(_d.attempts > 0, not_(_is_sending)).label("retrying"),
        func.min(_d.reminder_at).label("oldest_waiting"),
    )
    .select_from(_deliveries.join(_tasks, _is_still_wanted))
    .where(_d.state == State.WAITING.value)
)
_count_ended = select(
    select(func.count())
    .where(_d.state == State.DELIVERED.value, _d.finished_at >= _instant("today"))
    .scalar_subquery()
    .label("delivered_today"),
    select(func.count()).where(_d.state == State.DEAD.value).scalar_subquery().label("dead"),
)


def count_queue(
    session: Session | Connection, *, since: datetime, now: datetime, today: datetime
) -> dict[str, Any]:
    """The queue's numbers at `now`; `oldest_due_at` is the longest due of what is not out yet."""
    moments = {"since": since, "due_by": now, "now": now, "today": today}
    found: dict[str, Any] = {}
    for query in (_count_scheduled, _count_new, _count_waiting, _count_ended):
        found |= session.execute(query, moments).mappings().one()
    oldest = [found[name] for name in ("oldest_new", "oldest_waiting") if found[name] is not None]
    return {
        "due": found["new"] + found["enlisted"],
        "sending": found["sending"],
        "retrying": found["retrying"],
        "dead": found["dead"],
        "delivered_today": found["delivered_today"],
        "scheduled": found["scheduled"],
        "oldest_due_at": min(oldest, default=None),
    }
