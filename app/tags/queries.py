"""The SQL on tags. Every function takes the user's id; none commits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, array, insert

from app.database import Autocommit, Row, Transaction
from app.models import Instant, Tag, Task, User
from app.statements import Statement
from app.text import escape_like

_tags = Tag.__table__
_tasks = Task.__table__
_users = User.__table__

_tag_json = cast(
    func.json_build_object(
        literal_column("'id'"), _tags.c.id,
        literal_column("'name'"), _tags.c.name,
        literal_column("'usage_count'"), _tags.c.usage_count,
        literal_column("'created_at'"),
        func.to_char(
            func.timezone(literal_column("'UTC'"), _tags.c.created_at),
            literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""),
        ),
    ),
    Text,
)  # fmt: skip


_is_asked = (_tags.c.user_id == bindparam("owner_id"), _tags.c.id == bindparam("tag_id"))
_get_tag = Statement(select(_tags.c.id, _tags.c.name).where(*_is_asked))


def get_tag(transaction: Transaction, user_id: str, tag_id: uuid.UUID) -> Row | None:
    """The tag's `id` and `name`, or None where the user has no such tag."""
    return transaction.mapping(_get_tag, {"owner_id": user_id, "tag_id": tag_id})


class TagUsage(NamedTuple):
    """Asked tags as they are spelled on tasks, and how common they are.

    A tag that does not exist is spelled as its key: no task bears that. `bearers` is the number of
    tasks that bear the rarest of them.
    """

    names: list[str]
    bearers: int
    all_tasks: int
    revision: int


def usage_of(connection: Autocommit, user_id: str, keys: Sequence[str]) -> TagUsage:
    """What is known of the tags with these keys."""
    if not keys:
        return TagUsage([], 0, 0, 0)
    rows = connection.rows(_usage, {"owner_id": user_id, "keys": list(keys)})
    known = {key: (name, count) for key, name, count, *_ in rows if key is not None}
    asked = [known.get(key, (key, 0)) for key in keys]
    all_tasks, revision = rows[0][3:] if rows else (0, 0)
    return TagUsage(
        names=list(dict.fromkeys(name for name, _ in asked)),
        bearers=min(count for _, count in asked),
        all_tasks=all_tasks,
        revision=revision,
    )


_get_tag_named = Statement(
    select(_tags.c.id, _tags.c.name).where(
        _tags.c.user_id == bindparam("owner_id"), _tags.c.name_key == bindparam("name_key")
    )
)


def get_tag_named(transaction: Transaction, user_id: str, name_key: str) -> Row | None:
    """The `id` and `name` of the tag with this key, or None."""
    return transaction.mapping(_get_tag_named, {"owner_id": user_id, "name_key": name_key})


_usage = Statement(
    select(
        _tags.c.name_key,
        _tags.c.name,
        _tags.c.usage_count,
        (_users.c.open_tasks + _users.c.completed_tasks).label("all_tasks"),
        _users.c.revision,
    )
    .select_from(_users)
    .outerjoin(
        _tags,
        and_(
            _tags.c.user_id == _users.c.id,
            _tags.c.name_key == func.any(bindparam("keys", type_=ARRAY(Text))),
        ),
    )
    .where(_users.c.id == bindparam("owner_id")),
    plan_once=True,
)


_get_tag_json = Statement(select(_tag_json.label("json")).where(*_is_asked))


def get_tag_json(transaction: Transaction, user_id: str, tag_id: uuid.UUID) -> str:
    """The JSON text of a tag that the transaction holds."""
    [(json,)] = transaction.rows(_get_tag_json, {"owner_id": user_id, "tag_id": tag_id})
    return json


class TagPage(NamedTuple):
    """A page of tags as JSON texts, one more than asked for where there is more behind it."""

    items: list[str]
    total: int
    revision: int


def list_tags(
    connection: Autocommit,
    user_id: str,
    *,
    prefix_key: str,
    by_usage: bool,
    is_descending: bool,
    limit: int,
    offset: int,
) -> TagPage:
    """One page of the user's tags whose keys begin with `prefix_key`."""
    statement = _list_statement(bool(prefix_key), by_usage, is_descending)
    parameters = {
        "owner_id": user_id,
        "prefix": f"{escape_like(prefix_key)}%",
        "page_limit": limit + 1,
        "page_offset": offset,
    }
    rows = connection.rows(statement, parameters)
    revision, total, _ = rows[0]
    return TagPage([json for _, _, json in rows if json is not None], total, revision)


@cache
def _list_statement(has_prefix: bool, by_usage: bool, is_descending: bool) -> Statement:
    """Rows of revision, total and JSON text; an empty page is one row without the last."""
    is_listed = [_tags.c.user_id == bindparam("owner_id")]
    if has_prefix:
        is_listed.append(_tags.c.name_key.like(bindparam("prefix", type_=Text), escape="\\"))

    def in_order(table: Any) -> list[Any]:
        first = table.c.usage_count if by_usage else table.c.name_key
        return [first.desc() if is_descending else first, table.c.name_key]

    total = select(func.count()).select_from(_tags).where(*is_listed).scalar_subquery()
    revision = select(_users.c.revision).where(_users.c.id == bindparam("owner_id"))
    about = select(
        func.coalesce(revision.scalar_subquery(), literal_column("0")).label("revision"),
        total.label("total"),
    ).subquery()
    listed = select(_tag_json.label("json"), _tags.c.usage_count, _tags.c.name_key)
    listed = listed.where(*is_listed).order_by(*in_order(_tags))
    page = listed.limit(bindparam("page_limit")).offset(bindparam("page_offset")).subquery()
    rows = select(about.c.revision, about.c.total, page.c.json)
    return Statement(rows.select_from(about.outerjoin(page, true())).order_by(*in_order(page)))


_borne = (
    func.unnest(
        bindparam("tag_ids", type_=ARRAY(Uuid)),
        bindparam("tag_names", type_=ARRAY(Text)),
        bindparam("tag_keys", type_=ARRAY(Text)),
    )
    .table_valued(column("id", Uuid), column("name", Text), column("name_key", Text))
    .render_derived(name="borne")
)


def bear(owner: Any) -> Any:
    """An INSERT that counts one more task on each tag, making those that do not exist.

    It reads the statement parameters `owner_id`, `tag_ids`, `tag_names`, `tag_keys` and `now`, runs
    after `owner` (the CTE that locks the user's row), and returns `name` and `name_key` as the tags
    spell them: the first spelling wins.
    """
    new = select(
        bindparam("owner_id", type_=Text), _borne.c.id, _borne.c.name, _borne.c.name_key,
        literal_column("1"), bindparam("now", type_=Instant),
    )  # fmt: skip
    if owner is not None:
        new = new.select_from(owner.join(_borne, literal_column("true")))
    statement = insert(_tags).from_select(
        ["user_id", "id", "name", "name_key", "usage_count", "created_at"], new
    )
    return statement.on_conflict_do_update(
        index_elements=["user_id", "name_key"], set_={"usage_count": _tags.c.usage_count + 1}
    ).returning(_tags.c.name, _tags.c.name_key)


def bear_parameters(tags: Mapping[str, str], new_ids: Sequence[uuid.UUID]) -> dict[str, Any]:
    """The statement parameters of `bear` for a mapping from keys to names."""
    return {
        "tag_ids": list(new_ids),
        "tag_names": list(tags.values()),
        "tag_keys": list(tags),
    }


def unbear(owner: Any, names: Any) -> Any:
    """An UPDATE that counts one task less on each of the user's tags with these names."""
    change = update(_tags).where(_tags.c.user_id == owner.c.id, _tags.c.name == func.any(names))
    return change.values(usage_count=_tags.c.usage_count - 1).returning(_tags.c.id)


_bear_alone = Statement(bear(None))
_keys = bindparam("tag_keys", type_=ARRAY(Text))
_unbear_alone = Statement(
    update(_tags)
    .where(_tags.c.user_id == bindparam("owner_id"), _tags.c.name_key == func.any(_keys))
    .values(usage_count=_tags.c.usage_count - 1)
)


def add_bearer(
    transaction: Transaction,
    user_id: str,
    tags: Mapping[str, str],
    new_ids: Sequence[uuid.UUID],
    now: datetime,
) -> dict[str, str]:
    """Counts one more task on each of `tags`; answers their names by key as the tags spell them."""
    parameters = {"owner_id": user_id, "now": now, **bear_parameters(tags, new_ids)}
    return {key: name for name, key in transaction.rows(_bear_alone, parameters)}


def remove_bearer(transaction: Transaction, user_id: str, keys: Sequence[str]) -> None:
    """Counts one task less on each of the tags; they stay, if need be with 0."""
    transaction.execute(_unbear_alone, {"owner_id": user_id, "tag_keys": list(keys)})


_set_name = Statement(
    update(_tags)
    .where(*_is_asked)
    .values(name=bindparam("new_name"), name_key=bindparam("new_name_key"))
)


def set_name(
    transaction: Transaction, user_id: str, tag_id: uuid.UUID, name: str, name_key: str
) -> None:
    """Gives the tag another name; the tasks that bear it are not told."""
    parameters = {"owner_id": user_id, "tag_id": tag_id}
    transaction.execute(_set_name, {**parameters, "new_name": name, "new_name_key": name_key})


_old_name = cast(bindparam("old_name"), Text)
_without = func.array_remove(_tasks.c.tags, _old_name)
_with_new = func.array_append(_without, cast(bindparam("new_name"), Text))


def _retagged(names: Any) -> Statement:
    """An UPDATE of every task that bears the tag `old_name`."""
    change = update(_tasks).where(
        _tasks.c.user_id == bindparam("owner_id"), _tasks.c.tags.contains(array([_old_name]))
    )
    return Statement(
        change.values(
            tags=names,
            version=_tasks.c.version + 1,
            revision=bindparam("new_revision"),
            updated_at=bindparam("now"),
        )
    )


def _by_key(names: Any) -> Any:
    """An array of tag names, each once and in the order of their keys."""
    ordered = func.array_agg(aggregate_order_by(_tags.c.name, _tags.c.name_key))
    query = select(func.coalesce(ordered, cast(literal_column("'{}'"), ARRAY(Text))))
    is_named = _tags.c.name == func.any(names)
    return query.where(_tags.c.user_id == bindparam("owner_id"), is_named).scalar_subquery()


_respell = _retagged(_by_key(_with_new))
_take_off = _retagged(_without)


def respell_on_tasks(
    transaction: Transaction,
    user_id: str,
    old_name: str,
    new_name: str,
    *,
    revision: int,
    now: datetime,
) -> None:
    """Puts the existing tag `new_name` in the place of `old_name` on every task that bears it."""
    parameters = {"owner_id": user_id, "old_name": old_name, "new_name": new_name}
    transaction.execute(_respell, {**parameters, "new_revision": revision, "now": now})


def take_off_tasks(
    transaction: Transaction, user_id: str, name: str, *, revision: int, now: datetime
) -> None:
    """Takes a tag off every task that bears it."""
    parameters = {"owner_id": user_id, "old_name": name}
    transaction.execute(_take_off, {**parameters, "new_revision": revision, "now": now})


_bearers = (
    select(func.count())
    .select_from(_tasks)
    .where(_tasks.c.user_id == bindparam("owner_id"), _tasks.c.tags.contains(array([_tags.c.name])))
)
_recount = Statement(update(_tags).where(*_is_asked).values(usage_count=_bearers.scalar_subquery()))


def recount(transaction: Transaction, user_id: str, tag_id: uuid.UUID) -> None:
    """Sets a tag's count to the number of tasks that bear it."""
    transaction.execute(_recount, {"owner_id": user_id, "tag_id": tag_id})


_delete = Statement(delete(_tags).where(*_is_asked))


def delete_tag(transaction: Transaction, user_id: str, tag_id: uuid.UUID) -> None:
    """Removes a tag that no task bears any more."""
    transaction.execute(_delete, {"owner_id": user_id, "tag_id": tag_id})
