"""One page of a list of tasks: which way to it, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from app.database import Autocommit
from app.freshness import held_list, list_etag
from app.http import cursor
from app.http.envelope import Reply
from app.http.fingerprint import fingerprint
from app.http.links import next_page
from app.tags import queries as tag_queries
from app.tags.queries import TagUsage
from app.tasks.asked import AskedList, asked_list
from app.tasks.order import Place
from app.tasks.pages import PageShape, kept_total_statement, page_statement

DEEP_OFFSET = 1000


def list_tasks(connection: Autocommit, user_id: str, query: Mapping[str, Any]) -> Reply:
    """The page that the parameters ask for, in the envelope's `data`."""
    asked = asked_list(query)
    name = fingerprint(user_id, "tasks", asked.text, query["cursor"])
    if (held := held_list(connection, user_id, name)) is not None:
        return held
    walk = fingerprint(user_id, asked.walk)
    place = None
    if query["cursor"] is not None:
        place = Place.from_json(cursor.place_in(walk, query["cursor"]), asked.order)
    tags = tag_queries.usage_of(connection, user_id, asked.tag_keys)
    parameters = {**asked.parameters, "owner_id": user_id, "tag_names": tags.names}
    if place is not None:
        parameters |= place.parameters
    page = PageShape(
        filter=asked.filter,
        order=asked.order,
        start=_start(connection, asked, place, parameters),
        total=asked.total,
        is_gathered=_is_gathered(asked, tags),
    )
    [(revision, *found)] = connection.rows(page_statement(page), parameters)
    if asked.tag_keys:
        # What was looked up first is as old as it is: no change since then may pass as contained.
        revision = min(revision, tags.revision)
    return _reply(asked, walk, list_etag(revision, name), *found)


def _start(
    connection: Autocommit, asked: AskedList, place: Place | None, parameters: Mapping[str, Any]
) -> str:
    """Where the page begins, and for a deep offset from which end of the list it is nearer."""
    if place is not None:
        return "undated_place" if place.key is None else "place"
    offset = asked.offset or 0
    if offset >= DEEP_OFFSET and asked.filter.is_status_only and not asked.order.is_nullable:
        found = connection.row(kept_total_statement(asked.filter.status), parameters)
        if found is not None and offset > found[0] / 2:
            return "end"
    return "offset" if offset else "top"


def _is_gathered(asked: AskedList, tags: TagUsage) -> bool:
    """Is it better to take all matches from the filter's index than to walk in the list's order?

    What is counted anyway is better gathered once, and a search too short for the index had better
    look at every task once than twice. Of tags it is known how many tasks bear them: a walk meets a
    match every `all tasks / bearers` tasks.
    """
    if asked.filter.is_tags_only:
        return tags.bearers**2 < tags.all_tasks * (asked.limit + (asked.offset or 0))
    return asked.total is not None and (asked.filter.is_narrow or asked.filter.words > 0)


def _reply(
    asked: AskedList,
    walk: str,
    etag: str,
    total: int | None,
    items: str | None,
    has_more: bool,
    last_key: Any,
    last_id: str | None,
) -> Reply:
    headers = {"ETag": etag}
    next_cursor = None
    if has_more and last_id is not None:
        next_cursor = cursor.seal(walk, Place(last_key, last_id).as_json())
        headers["Link"] = next_page(cursor=next_cursor)
    pagination = {
        "limit": asked.limit,
        "offset": asked.offset,
        "total": total,
        "has_more": has_more,
        "next_cursor": next_cursor,
    }
    data = f'{{"items":[{items or ""}],"pagination":{orjson.dumps(pagination).decode()}}}'
    return Reply(data, headers=headers)
