"""The request's body as a JSON object, read strictly: one meaning, or an error."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from flask import request

from app.http.errors import BadRequest, InvalidJson, PayloadTooLarge, UnsupportedMediaType

MAX_BODY_BYTES = 65_536
NEEDS_OBJECT = "This request needs a JSON object as its body."


def read_object(*, limit: int = MAX_BODY_BYTES, is_required: bool = True) -> dict[str, Any]:
    """The body's object; `{}` where there is no body and none is required.

    Raises PayloadTooLarge, UnsupportedMediaType, BadRequest (no body, no object) or InvalidJson,
    in this order.
    """
    raw, is_whole = _read(limit)
    content_type = request.content_type
    if not raw and is_whole and not is_required:
        return {}
    if not raw and is_whole and not content_type:
        raise BadRequest(NEEDS_OBJECT)
    if not _is_plain_json(content_type or ""):
        raise UnsupportedMediaType
    if not is_whole:
        raise InvalidJson("The body ends too early, or its chunks are malformed.")
    if not raw:
        raise BadRequest(NEEDS_OBJECT)
    value = parse(raw)
    if not isinstance(value, dict):
        raise BadRequest('The body must be a JSON object, such as {"title": "Buy milk"}.')
    return value


def parse(raw: bytes) -> Any:
    """The value of a JSON text (RFC 8259, in UTF-8, names unique). Raises InvalidJson."""
    try:
        return _decoder.decode(raw.decode())
    except UnicodeDecodeError:
        raise InvalidJson("The body is not valid JSON: it is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise InvalidJson(
            f"The body is not valid JSON: line {error.lineno}, column {error.colno}."
        ) from None
    except (RecursionError, ValueError):
        raise InvalidJson(
            "The body is not valid JSON: nested too deep or a number too long."
        ) from None


def _read(limit: int) -> tuple[bytes, bool]:
    """The body, and whether it is whole. Raises PayloadTooLarge.

    A server may cut a chunked body at a limit of its own, so this reads past ours.
    """
    announced = request.content_length
    if announced is not None and announced > limit:
        raise PayloadTooLarge(limit)
    if announced is None and "chunked" not in request.headers.get("Transfer-Encoding", "").lower():
        return b"", True
    wanted = limit + 1 if announced is None else announced
    chunks, got = [], 0
    try:
        while got < wanted and (chunk := request.environ["wsgi.input"].read(wanted - got)):
            chunks.append(chunk)
            got += len(chunk)
    except Exception:  # of whatever kind the server has for a malformed chunk or a lost client
        return b"".join(chunks), False
    if got > limit:
        raise PayloadTooLarge(limit)
    return b"".join(chunks), announced is None or got == announced


def _is_plain_json(content_type: str) -> bool:
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        return False
    if content_type == "application/json":
        return True
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    return request.mimetype == "application/json" and charset in {"utf-8", "utf8"}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise InvalidJson(f"The body is not valid JSON: it names '{twice[:40]}' twice.")
    return names


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"The body is not valid JSON: {name} is no JSON number.")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
