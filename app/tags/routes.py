"""The tag endpoints."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response

from app.database import Autocommit, Transaction
from app.http.contract import contract
from app.http.envelope import Reply, no_content
from app.identity import current_identity, current_user_id
from app.tags import actions, examples, listing
from app.tags.schemas import TagChange, TagListQuery, TagOut, TagPageOut

blueprint = Blueprint("tags", __name__)


@blueprint.get("/tags")
@contract(query=TagListQuery(), returns=TagPageOut(), examples=examples.LIST)
def list_tags(query: dict[str, Any]) -> Reply:
    """List tags with how many tasks bear each; `search` finds names by their beginning."""
    with Autocommit() as connection:
        return listing.list_tags(connection, current_user_id(), query)


@blueprint.patch("/tags/<uuid:tag_id>")
@contract(body=TagChange(), returns=TagOut(), examples=examples.RENAME)
def change_tag(tag_id: uuid.UUID, body: dict[str, Any]) -> Reply:
    """Rename a tag everywhere, or merge it into the one that has the name."""
    with Transaction() as transaction:
        json = actions.change_tag(
            transaction, current_identity(), tag_id, body, now=datetime.now(UTC)
        )
    return Reply(json)


@blueprint.delete("/tags/<uuid:tag_id>")
@contract(status=204)
def delete_tag(tag_id: uuid.UUID) -> Response:
    """Delete a tag and take it off every task."""
    with Transaction() as transaction:
        actions.delete_tag(transaction, current_identity(), tag_id, now=datetime.now(UTC))
    return no_content()
