"""The user's row: made by the first write, locked first by every write, keeper of the counters.

Whoever holds its lock is the only writer of that user's data, so revisions are visible in order,
counters are exact, and no two writes of one user can deadlock.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CTE, Table, Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from app.database import Autocommit, Transaction
from app.identity import Identity
from app.models import User
from app.statements import Statement

_users = cast("Table", User.__table__)
_profile = {
    "email": bindparam("owner_email", type_=Text),
    "name": bindparam("owner_name", type_=Text),
}
_counters = {
    "open_tasks": _users.c.open_tasks + bindparam("more_open"),
    "completed_tasks": _users.c.completed_tasks + bindparam("more_completed"),
}


def _upsert() -> Any:
    new = insert(_users).values(
        id=bindparam("owner_id"),
        created_at=bindparam("now"),
        revision=1,
        open_tasks=bindparam("more_open"),
        completed_tasks=bindparam("more_completed"),
        **_profile,
    )
    change = {"revision": _users.c.revision + 1, **_counters, **_profile}
    return new.on_conflict_do_update(index_elements=["id"], set_=change).returning(
        _users.c.id, _users.c.revision
    )


def _change() -> Any:
    change = update(_users).where(_users.c.id == bindparam("owner_id"))
    return change.values(revision=_users.c.revision + 1, **_counters, **_profile).returning(
        _users.c.id, _users.c.revision
    )


def owner_made() -> CTE:
    """A CTE that makes or updates the user's row and gives its new `revision`."""
    return _upsert().cte("owner")


def owner_changed() -> CTE:
    """A CTE that takes the next `revision` of a user who has a row."""
    return _change().cte("owner")


def owner_parameters(
    identity: Identity, *, more_open: int = 0, more_completed: int = 0
) -> dict[str, Any]:
    """The statement parameters of `owner_made` and `owner_changed`; the first also reads `now`."""
    return {
        "owner_id": identity.user_id,
        "owner_email": identity.email,
        "owner_name": identity.name,
        "more_open": more_open,
        "more_completed": more_completed,
    }


_revision = Statement(
    select(_users.c.revision).where(_users.c.id == bindparam("owner_id")), plan_once=True
)


def get_revision(connection: Autocommit, user_id: str) -> int:
    """The user's revision: 0 for one who has not written yet."""
    found = connection.row(_revision, {"owner_id": user_id})
    return found[0] if found else 0


_lock = Statement(select(_users.c.id).where(_users.c.id == bindparam("owner_id")).with_for_update())
_next_revision = Statement(_change())


def lock_user(transaction: Transaction, user_id: str) -> bool:
    """Takes the user's lock until the transaction ends; False for one who has no data."""
    return transaction.row(_lock, {"owner_id": user_id}) is not None


def take_revision(transaction: Transaction, identity: Identity) -> int:
    """The user's next revision, for a change that this transaction makes."""
    [(_, revision)] = transaction.rows(_next_revision, owner_parameters(identity))
    return revision
