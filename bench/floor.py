"""The floor: the app's own SQL behind a bare WSGI callable. No framework, no validation, no log.

What it leaves out is what the app costs. It verifies each token's signature and expiry, sends the
statements that `app.tasks` makes as text over psycopg2, and passes PostgreSQL's JSON through. It
understands the requests of `bench.workloads` and no others; its cursors are its own.
"""

from __future__ import annotations

import base64
import binascii
import gc
import hmac
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson
import psycopg2
import psycopg2.extras
from uuid_utils.compat import uuid7

from app.recurrence import end_of_day, start_of_day, zone_named
from app.statements import Statement
from app.tags import queries as tag_queries
from app.tasks import queries
from app.tasks.filters import FARTHEST_ZONE, SHORTEST_INDEXED_WORD, SKIPPED_DAY, FilterShape
from app.tasks.listing import DEEP_OFFSET
from app.tasks.order import Order
from app.tasks.pages import PageShape, kept_total_statement, page_statement
from app.tasks.schemas import ASCENDING_BY_DEFAULT, PRIORITY_RANK

ADDRESS = os.environ["DATABASE_URL"]
SECRET = os.environ["JWT_SECRET"].encode()
PATH = re.compile(r"/api/([^/]+)/tasks(?:/([0-9a-f-]{36})(/complete)?)?")
STATUS = {200: "200 OK", 201: "201 Created", 401: "401 Unauthorized", 404: "404 Not Found"}
UTC_ZONE = zone_named("UTC")
PREPARED_ONCE = "-c plan_cache_mode=force_generic_plan"  # as the app's direct connections have it
PREPARED_ONCE = "-c plan_cache_mode=force_generic_plan"  # as the app's direct connections have it

Answer = tuple[int, str]
Query = Mapping[str, str]

_local = threading.local()


def run(
    cursor: Any, statement: Statement, parameters: Mapping[str, Any], *, opening: str = ""
) -> Any:
    """Sends a statement of the app as the app does on a direct connection."""
    text, given = statement.sent(parameters, _local.info)
    cursor.execute(f"{opening}{text}", given)
    return cursor


def first_row(
    cursor: Any, statement: Statement, parameters: Mapping[str, Any], *, opening: str = ""
) -> dict[str, Any]:
    """The first row, by its columns' names."""
    values = run(cursor, statement, parameters, opening=opening).fetchone()
    return dict(zip((column.name for column in cursor.description), values, strict=True))


GET = queries._get_json
USAGE = tag_queries._usage
KEPT_TOTAL = kept_total_statement(None)
INSERT = queries._insert
LOCK = queries._lock_task
UPDATE = queries._update
GET_SUCCESSOR = queries._get_successor
GET_SUCCESSOR_JSON = queries._get_successor_json


def application(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    status, data = _answer(environ)
    body = f'{{"data":{data},"error":null}}'.encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start(STATUS[status], headers)
    return [body]


def _answer(environ: dict[str, Any]) -> Answer:
    matched = PATH.fullmatch(environ["PATH_INFO"])
    if matched is None:
        return (200 if environ["PATH_INFO"] == "/health/live" else 404), "null"
    user_id, task_id, is_completion = matched.groups()
    if _subject_of(environ.get("HTTP_AUTHORIZATION", "")) != user_id:
        return 401, "null"
    if environ["REQUEST_METHOD"] == "POST":
        return _create(user_id, _body(environ))
    if is_completion:
        return _complete(user_id, task_id, _body(environ)["completed"])
    if task_id:
        return _get(user_id, task_id)
    return _list(user_id, dict(parse_qsl(environ["QUERY_STRING"])))


def _subject_of(authorization: str) -> str | None:
    signed, _, signature = authorization.removeprefix("Bearer ").rpartition(".")
    expected = hmac.digest(SECRET, signed.encode(), "sha256")
    try:
        if not hmac.compare_digest(_decoded(signature), expected):
            return None
        claims = orjson.loads(_decoded(signed.partition(".")[2]))
    except (binascii.Error, orjson.JSONDecodeError):
        return None
    return claims["sub"] if claims["exp"] > time.time() else None


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _body(environ: dict[str, Any]) -> Any:
    return orjson.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))


def _connection() -> Any:
    """This thread's connection, in autocommit."""
    connection = getattr(_local, "connection", None)
    if connection is None:
        connection = _local.connection = psycopg2.connect(ADDRESS, options=PREPARED_ONCE)
        connection.autocommit = True
        _local.info = {"is_direct": True}
    return connection


def _get(user_id: str, task_id: str) -> Answer:
    with _connection().cursor() as cursor:
        found = run(cursor, GET, {"owner_id": user_id, "task_id": task_id}).fetchone()
    return (200, found[0]) if found else (404, "null")


def _list(user_id: str, query: Query) -> Answer:
    limit, offset = int(query["limit"]), int(query.get("offset", 0))
    order = _order(query)
    parameters: dict[str, Any] = {
        "owner_id": user_id,
        "page_limit": limit + 1,
        "page_offset": offset,
    }
    with _connection().cursor() as cursor:
        shape, is_gathered = _filter(cursor, query, parameters, limit + offset)
        total = "kept" if shape.is_status_only else "borne" if shape.is_tags_only else "counted"
        start = _start(cursor, query, shape, order, parameters)
        wanted = PageShape(
            filter=shape,
            order=order,
            start=start,
            total=None if "cursor" in query else total,
            is_gathered=is_gathered,
        )
        page = run(cursor, page_statement(wanted), parameters).fetchone()
    return 200, _page_json(page, limit, None if "cursor" in query else offset)


def _order(query: Query) -> Order:
    sort_by = query.get("sort_by", "created_at")
    direction = query.get("sort_order")
    is_descending = direction == "desc" if direction else sort_by not in ASCENDING_BY_DEFAULT
    return Order(sort_by, is_descending)


def _filter(
    cursor: Any, query: Query, parameters: dict[str, Any], reach: int
) -> tuple[FilterShape, bool]:
    """The filter, and whether its matches are gathered, as `app.tasks.listing` decides it."""
    if "tags" in query:
        parameters["keys"] = [query["tags"]]
        tag = first_row(cursor, USAGE, parameters)
        parameters["tag_names"] = [tag["name"]]
        is_gathered = tag["usage_count"] ** 2 < tag["all_tasks"] * reach
        return FilterShape(tags_match="all", is_narrow=True), is_gathered
    if "due_date_from" in query:
        first, last = (date.fromisoformat(query[f"due_date_{end}"]) for end in ("from", "to"))
        day_from, day_to = start_of_day(first, UTC_ZONE), end_of_day(last, UTC_ZONE)
        day_from_last = start_of_day(last, UTC_ZONE)
        parameters |= {"due_on_from": first, "day_from": day_from}
        parameters |= {"due_on_to": last, "day_to": day_to}
        parameters["due_at_from"] = day_from - FARTHEST_ZONE
        parameters["due_at_to"] = max(day_to, day_from_last + FARTHEST_ZONE + SKIPPED_DAY)
        return FilterShape(due_from="date", due_to="date", is_narrow=True), True
    if "search" in query:
        parameters["word_0"] = f"%{query['search']}%"
        is_narrow = len(query["search"]) >= SHORTEST_INDEXED_WORD
        return FilterShape(words=1, is_narrow=is_narrow), True
    return FilterShape(), False


def _start(
    cursor: Any, query: Query, shape: FilterShape, order: Order, parameters: dict[str, Any]
) -> str:
    if "cursor" in query:
        place = orjson.loads(_decoded(query["cursor"]))
        parameters["place_key"], parameters["place_id"] = place
        return "place"
    offset = parameters["page_offset"]
    if offset >= DEEP_OFFSET and shape.is_status_only and not order.is_nullable:
        total = run(cursor, KEPT_TOTAL, parameters).fetchone()[0]
        if offset > total / 2:
            return "end"
    return "offset" if offset else "top"


def _page_json(page: tuple[Any, ...], limit: int, offset: int | None) -> str:
    """From the row that `page_statement` describes."""
    _, total, items, has_more, *place = page
    next_cursor = None
    if has_more:
        next_cursor = base64.urlsafe_b64encode(orjson.dumps(place, default=str)).decode()
    pagination = {
        "limit": limit,
        "offset": offset,
        "total": total,
        "has_more": has_more,
        "next_cursor": next_cursor,
    }
    return f'{{"items":[{items or ""}],"pagination":{orjson.dumps(pagination).decode()}}}'


def _create(user_id: str, body: Mapping[str, Any]) -> Answer:
    title, description, tags = body["title"], body["description"], body["tags"]
    title_key = title.lower()
    parameters = {
        **dict.fromkeys(queries.VALUE_COLUMNS),
        "owner_id": user_id,
        "owner_email": None,
        "owner_name": None,
        "more_open": 1,
        "more_completed": 0,
        "tag_ids": [uuid7() for _ in tags],
        "tag_names": tags,
        "tag_keys": tags,
        "task_id": uuid7(),
        "predecessor_id": None,
        "now": datetime.now(UTC),
        "title": title,
        "title_key": title_key,
        "description": description,
        "search_text": f"{title_key}\n{description.lower()}",
        "completed": False,
        "priority": PRIORITY_RANK[body["priority"]],
        "due_at": datetime.fromisoformat(body["due_date"]),
        "timezone": "UTC",
        "recurrence_mode": "next",
    }
    with _connection().cursor() as cursor:
        return 201, run(cursor, INSERT, parameters).fetchone()[0]


def _complete(user_id: str, task_id: str, completed: bool) -> Answer:
    asked = {"owner_id": user_id, "task_id": task_id}
    now = datetime.now(UTC)
    with _connection().cursor() as cursor:
        row = first_row(cursor, LOCK, asked, opening="BEGIN;")
        json = row["json"]
        if completed != row["completed"]:
            more_completed = completed - row["completed"]
            row |= {"completed": completed, "completed_at": now if completed else None}
            new = {f"new_{name}": row[name] for name in (*queries.VALUE_COLUMNS, "tags")}
            owner = {"owner_email": None, "owner_name": None, "now": now}
            owner |= {"more_open": -more_completed, "more_completed": more_completed}
            json = run(cursor, UPDATE, {**asked, **owner, **new}).fetchone()[0]
        run(cursor, GET_SUCCESSOR_JSON if completed else GET_SUCCESSOR, asked)
        cursor.execute("COMMIT")
    return 200, f'{json[:-1]},"next_task":null}}'


psycopg2.extras.register_uuid()
gc.collect()
gc.freeze()
