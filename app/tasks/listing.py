"""One page of a list of tasks: which way to it, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row

from app.freshness import held_list, list_etag
from app.http import cursor
from app.http.envelope import Reply
from app.http.errors import ValidationFailed
from app.http.fingerprint import fingerprint
from app.http.links import next_page
from app.tags import queries as tag_queries
from app.tags.queries import TagUsage
from app.tasks.filters import FilterShape, read_filter
from app.tasks.order import Order, Place, asked_order
from app.tasks.pages import (
    PageShape,
    kept_total_statement,
    page_statement,
)
from app.text import fold

DEEP_OFFSET = 1000
PAGING = frozenset({"limit", "offset", "cursor", "include_total", "sort_by", "sort_order"})


def list_tasks(connection: Connection, user_id: str, query: Mapping[str, Any]) -> Reply:
    """The page that the parameters ask for, in the envelope's `data`."""
    if query["cursor"] is not None and query["offset"] is not None:
        raise ValidationFailed({"offset": ["Give a cursor or an offset, not both."]})
    order = asked_order(query)
    asked = fingerprint(user_id, "tasks", sorted(query.items()))
    if (held := held_list(connection, user_id, asked)) is not None:
        return held
    binding = _binding(user_id, query, order)
    place = None
    if query["cursor"] is not None:
        place = Place.from_json(cursor.place_in(binding, query["cursor"]), order)
    tags = tag_queries.usage_of(connection, user_id, [fold(name) for name in query["tags"]])
    shape, parameters = read_filter(user_id, query, tags)
    parameters["page_limit"] = query["limit"] + 1
    parameters["page_offset"] = query["offset"] or 0
    if place is not None:
        parameters |= place.parameters
    page = PageShape(
        filter=shape,
        order=order,
        start=_start(connection, shape, order, place, parameters),
        total=_total(query, shape, tags),
        is_gathered=_is_gathered(query, shape, tags),
    )
    rows = connection.execute(page_statement(page), parameters).all()
    # What was looked up first is as old as it is: a change since then must not pass as contained.
    revision = min(rows[0].revision, tags.revision) if tags.names else rows[0].revision
    return _reply(query, binding, rows, list_etag(revision, asked))


def _binding(user_id: str, query: Mapping[str, Any], order: Order) -> str:
    """The page's size and place may change during a walk; user, filters and order may not."""
    kept = [[name, value] for name, value in sorted(query.items()) if name not in PAGING]
    return fingerprint(user_id, order.sort_by, order.is_descending, kept)


def _total(query: Mapping[str, Any], shape: FilterShape, tags: TagUsage) -> str | None:
    """How the total comes about; without being asked for it comes on pages without a cursor."""
    wanted = query["include_total"]
    if not (query["cursor"] is None if wanted is None else wanted):
        return None
    if shape.is_status_only:
        return "kept"
    return "borne" if shape.is_tags_only and len(tags.names) == 1 else "counted"


def _start(
    connection: Connection,
    shape: FilterShape,
    order: Order,
    place: Place | None,
    parameters: Mapping[str, Any],
) -> str:
    """Where the page begins, and for a deep offset from which end of the list it is nearer."""
    if place is not None:
        return "undated_place" if place.key is None else "place"
    offset = parameters["page_offset"]
    if offset >= DEEP_OFFSET and shape.is_status_only and not order.is_nullable:
        total = connection.execute(kept_total_statement(shape.status), parameters).scalar() or 0
        if offset > total / 2:
            return "end"
    return "offset" if offset else "top"


def _is_gathered(query: Mapping[str, Any], shape: FilterShape, tags: TagUsage) -> bool:
    """Is it better to take all matches from the filter's index than to walk in the list's order?

    What is counted anyway is better gathered once. Of tags it is known how many tasks bear them:
    a walk meets a match every `all tasks / bearers` tasks.
    """
    if shape.is_tags_only:
        return tags.bearers**2 < tags.all_tasks * (query["limit"] + (query["offset"] or 0))
    return shape.is_narrow and _total(query, shape, tags) is not None


def _reply(query: Mapping[str, Any], binding: str, rows: Sequence[Row[Any]], etag: str) -> Reply:
    limit = query["limit"]
    found = [row for row in rows if row.json is not None]
    has_more = len(found) > limit
    shown = found[:limit]
    next_cursor = None
    if has_more:
        next_cursor = cursor.seal(binding, Place(shown[-1].key, shown[-1].id).as_json())
    pagination = {
        "limit": limit,
        "offset": None if query["cursor"] is not None else query["offset"] or 0,
        "total": rows[0].total,
        "has_more": has_more,
        "next_cursor": next_cursor,
    }
    items = ",".join([row.json for row in shown])
    data = f'{{"items":[{items}],"pagination":{orjson.dumps(pagination).decode()}}}'
    headers = {"ETag": etag}
    if has_more:
        headers["Link"] = next_page(cursor=next_cursor, offset=None)
    return Reply(data, headers=headers)
