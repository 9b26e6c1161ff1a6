"""The decorator around every view: it reads arguments, repeats lost races, closes the envelope.

What a view takes and gives is declared once, here; the OpenAPI document is made from the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Response, g, request
from marshmallow import Schema
from sqlalchemy.exc import DBAPIError

from app.database import is_worth_repeating
from app.http import conditional, request_log
from app.http.body import MAX_BODY_BYTES, read_object
from app.http.envelope import Reply, not_modified, success_response
from app.http.errors import ValidationFailed
from app.http.schemas import BodySchema, NoQuery, QuerySchema
from app.http.turns import turn_of
from app.waiting import start_request_clock

View = Callable[..., Reply | Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What one view takes and gives.

    `touches_database` and `examples` are for the OpenAPI document only. Of the examples, `requests`
    maps names to bodies, `responses` maps names to what the envelope's `data` holds, and `errors`
    lists errors that this view alone raises, or whose details are its own.
    """

    body: BodySchema | None = None
    body_is_required: bool = True
    body_limit: int = MAX_BODY_BYTES
    query: QuerySchema = field(default_factory=NoQuery)
    returns: Schema | None = None
    status: int = 200
    takes_if_match: bool = False
    touches_database: bool = True
    examples: Mapping[str, Any] = field(default_factory=dict)


def contract(**terms: Any) -> Callable[[View], Callable[..., Response]]:
    """Hands a view its `body`, `query` and `if_match` as far as its contract has them.

    All problems of body and query come back together as one 422. A read whose connection was cut
    runs once more, and so does anything that lost a race in the database.
    """
    agreed = Contract(**terms)

    def decorate(view: View) -> Callable[..., Response]:
        @wraps(view)
        def wrapper(**arguments: Any) -> Response:
            arguments.update(_read_arguments(agreed))
            is_read = request.method in {"GET", "HEAD"}
            with nullcontext() if is_read else turn_of(g.user_id):
                start_request_clock()
                try:
                    answer = _at_most_twice(view, arguments, is_read=is_read)
                finally:
                    start_request_clock(math.inf)  # what this thread does next is not this request
            return answer if isinstance(answer, Response) else _closed(answer)

        wrapper.contract = agreed  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _at_most_twice(view: View, arguments: dict[str, Any], *, is_read: bool) -> Reply | Response:
    try:
        return view(**arguments)
    except DBAPIError as error:
        if not is_worth_repeating(error, is_read=is_read):
            raise
        request_log.warn("repeated", error)
    return view(**arguments)


def _read_arguments(agreed: Contract) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    given = None
    if agreed.body is not None:
        given = read_object(limit=agreed.body_limit, is_required=agreed.body_is_required)
    if agreed.takes_if_match:
        arguments["if_match"] = conditional.if_match()
    query, messages = agreed.query.read(request.query_string)
    if agreed.query.fields:
        arguments["query"] = query
    if agreed.body is not None and given is not None:
        arguments["body"], problems = agreed.body.read(given)
        messages = {**messages, **problems}
    if messages:
        raise ValidationFailed(messages)
    return arguments


def _closed(reply: Reply) -> Response:
    etag = reply.headers.get("ETag")
    if etag is not None and request.method in {"GET", "HEAD"} and conditional.is_fresh(etag):
        return not_modified(reply.headers)
    return success_response(reply)
