"""What a list's query string alone decides, worked out once for each query that is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from app.http.errors import ValidationFailed
from app.tasks.filters import FilterShape, read_filter
from app.tasks.order import Order, asked_order
from app.text import fold

REMEMBERED = 512
PAGING = frozenset({"limit", "offset", "cursor", "include_total", "sort_by", "sort_order"})


@dataclass(frozen=True, slots=True)
class AskedList:
    """A list as it is asked for, whoever asks.

    `parameters` are the statement's, but for the user and the tags; `text` stands for everything
    that is asked, `walk` for what may not change while a client follows cursors.
    """

    filter: FilterShape
    order: Order
    limit: int
    offset: int | None
    total: str | None
    tag_keys: tuple[str, ...]
    parameters: Mapping[str, Any]
    text: str
    walk: str


def asked_list(query: Mapping[str, Any]) -> AskedList:
    """What the parameters ask for. Raises ValidationFailed for what does not go together."""
    by_cursor = query["cursor"] is not None
    if by_cursor and query["offset"] is not None:
        raise ValidationFailed({"offset": ["Give a cursor or an offset, not both."]})
    return _asked(tuple((n, v) for n, v in query.items() if n != "cursor"), by_cursor)


@lru_cache(maxsize=REMEMBERED)
def _asked(pairs: tuple[tuple[str, Any], ...], by_cursor: bool) -> AskedList:
    query = dict(pairs)
    shape, parameters = read_filter(query)
    parameters["page_limit"] = query["limit"] + 1
    parameters["page_offset"] = query["offset"] or 0
    order = asked_order(query)
    tag_keys = tuple(dict.fromkeys(fold(name) for name in query["tags"]))
    filters = [(name, value) for name, value in sorted(pairs) if name not in PAGING]
    return AskedList(
        filter=shape,
        order=order,
        limit=query["limit"],
        offset=None if by_cursor else query["offset"] or 0,
        total=_total(query["include_total"], by_cursor, shape, tag_keys),
        tag_keys=tag_keys,
        parameters=parameters,
        text=_text(sorted(pairs)),
        walk=_text([order.sort_by, order.is_descending, filters]),
    )


def _total(
    wanted: bool | None, by_cursor: bool, shape: FilterShape, tag_keys: tuple[str, ...]
) -> str | None:
    """How the total comes about; without being asked for it comes on pages without a cursor."""
    if (by_cursor and not wanted) or wanted is False:
        return None
    if shape.is_status_only:
        return "kept"
    return "borne" if shape.is_tags_only and len(tag_keys) == 1 else "counted"


def _text(asked: Any) -> str:
    return orjson.dumps(asked, default=str).decode()
