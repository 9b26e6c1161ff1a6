"""The tag endpoints."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Blueprint, Response

from app.database import reading
from app.extensions import db
from app.http.contract import contract
from app.http.envelope import Reply, no_content
from app.http.links import next_page
from app.identity import current_identity, current_user_id
from app.tags import actions, examples, queries
from app.tags.schemas import TagChange, TagListQuery, TagOut, TagPageOut
from app.text import fold

blueprint = Blueprint("tags", __name__)


@blueprint.get("/tags")
@contract(query=TagListQuery(), returns=TagPageOut(), examples=examples.LIST)
def list_tags(query: dict[str, Any]) -> Reply:
    """List tags with how many tasks bear each; `search` finds names by their beginning."""
    by_usage = query["sort_by"] == "usage_count"
    with reading() as connection:
        rows, total = queries.list_tags(
            connection,
            current_user_id(),
            prefix_key=fold(query["search"].strip()),
            by_usage=by_usage,
            is_descending=(query["sort_order"] or ("desc" if by_usage else "asc")) == "desc",
            limit=query["limit"],
            offset=query["offset"],
        )
    return _page(query, rows, total)


@blueprint.patch("/tags/<uuid:tag_id>")
@contract(body=TagChange(), returns=TagOut(), examples=examples.RENAME)
def change_tag(tag_id: uuid.UUID, body: dict[str, Any]) -> Reply:
    """Rename a tag everywhere, or merge it into the one that has the name."""
    json = actions.change_tag(db.session, current_identity(), tag_id, body, now=datetime.now(UTC))
    db.session.commit()
    return Reply(json)


@blueprint.delete("/tags/<uuid:tag_id>")
@contract(status=204)
def delete_tag(tag_id: uuid.UUID) -> Response:
    """Delete a tag and take it off every task."""
    actions.delete_tag(db.session, current_identity(), tag_id, now=datetime.now(UTC))
    db.session.commit()
    return no_content()


def _page(query: dict[str, Any], rows: list[str], total: int) -> Reply:
    limit, offset = query["limit"], query["offset"]
    has_more = len(rows) > limit
    pagination = {
        "limit": limit,
        "offset": offset,
        "total": total,
        "has_more": has_more,
        "next_cursor": None,
    }
    data = (
        f'{{"items":[{",".join(rows[:limit])}],"pagination":{orjson.dumps(pagination).decode()}}}'
    )
    return Reply(data, headers={"Link": next_page(offset=offset + limit)} if has_more else {})
