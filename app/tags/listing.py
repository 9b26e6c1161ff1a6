"""One page of the list of tags, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from app.database import Autocommit
from app.freshness import held_list, list_etag
from app.http.envelope import Reply
from app.http.fingerprint import fingerprint
from app.http.links import next_page
from app.tags import queries
from app.text import fold


def list_tags(connection: Autocommit, user_id: str, query: Mapping[str, Any]) -> Reply:
    """The page that the parameters ask for, in the envelope's `data`."""
    asked = fingerprint(user_id, "tags", sorted(query.items()))
    if (held := held_list(connection, user_id, asked)) is not None:
        return held
    by_usage = query["sort_by"] == "usage_count"
    limit, offset = query["limit"], query["offset"]
    page = queries.list_tags(
        connection,
        user_id,
        prefix_key=fold(query["search"].strip()),
        by_usage=by_usage,
        is_descending=(query["sort_order"] or ("desc" if by_usage else "asc")) == "desc",
        limit=limit,
        offset=offset,
    )
    has_more = len(page.items) > limit
    pagination = {
        "limit": limit,
        "offset": offset,
        "total": page.total,
        "has_more": has_more,
        "next_cursor": None,
    }
    items = ",".join(page.items[:limit])
    data = f'{{"items":[{items}],"pagination":{orjson.dumps(pagination).decode()}}}'
    headers = {"ETag": list_etag(page.revision, asked)}
    if has_more:
        headers["Link"] = next_page(offset=offset + limit)
    return Reply(data, headers=headers)
