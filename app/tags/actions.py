"""What the endpoints do to tags, each within the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.database import Row, Transaction
from app.http.errors import Conflict, Missing
from app.identity import Identity
from app.tags import queries
from app.text import fold
from app.users import lock_user, take_revision


def change_tag(
    transaction: Transaction,
    identity: Identity,
    tag_id: uuid.UUID,
    given: Mapping[str, Any],
    *,
    now: datetime,
) -> str:
    """Renames a tag, or merges it into the one that has the name; answers the tag's JSON text.

    Raises Missing, or Conflict where another tag has the name and no merge is asked for.
    """
    user_id = identity.user_id
    tag = _locked(transaction, user_id, tag_id)
    name, name_key = given["name"], fold(given["name"])
    other = queries.get_tag_named(transaction, user_id, name_key)
    if other is not None and other["id"] != tag["id"]:
        if not given["merge"]:
            raise Conflict(
                "You have a tag with this name already. Send merge: true to move the tasks to it.",
                {"name": ["Another tag has this name."]},
            )
        return _merge(transaction, identity, tag, other, now)
    if name != tag["name"]:
        queries.set_name(transaction, user_id, tag_id, name, name_key)
        revision = take_revision(transaction, identity)
        queries.respell_on_tasks(
            transaction, user_id, tag["name"], name, revision=revision, now=now
        )
    return queries.get_tag_json(transaction, user_id, tag_id)


def delete_tag(
    transaction: Transaction, identity: Identity, tag_id: uuid.UUID, *, now: datetime
) -> None:
    """Takes the tag off every task and removes it. Raises Missing."""
    tag = _locked(transaction, identity.user_id, tag_id)
    revision = take_revision(transaction, identity)
    queries.take_off_tasks(transaction, identity.user_id, tag["name"], revision=revision, now=now)
    queries.delete_tag(transaction, identity.user_id, tag_id)


def _merge(
    transaction: Transaction,
    identity: Identity,
    tag: Row,
    other: Row,
    now: datetime,
) -> str:
    user_id = identity.user_id
    revision = take_revision(transaction, identity)
    queries.respell_on_tasks(
        transaction, user_id, tag["name"], other["name"], revision=revision, now=now
    )
    queries.delete_tag(transaction, user_id, tag["id"])
    queries.recount(transaction, user_id, other["id"])
    return queries.get_tag_json(transaction, user_id, other["id"])


def _locked(transaction: Transaction, user_id: str, tag_id: uuid.UUID) -> Row:
    tag = queries.get_tag(transaction, user_id, tag_id) if lock_user(transaction, user_id) else None
    if tag is None:
        raise Missing.of("tag")
    return tag
