"""The envelope around every answer: `{"data": …, "error": …}`, as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from flask import Response

JSON = "application/json"
MAX_DETAIL_NAMES = 100
MAX_NAME_LENGTH = 100
MAX_MESSAGES = 100


@dataclass(slots=True)
class Reply:
    """What a view answers: `data` as JSON text, for the envelope to close around."""

    data: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def success_response(reply: Reply) -> Response:
    body = f'{{"data":{reply.data},"error":null}}'.encode()
    return Response(body, reply.status, reply.headers, content_type=JSON)


def error_response(
    status: int,
    code: str,
    message: str,
    details: Mapping[str, object],
    correlation_id: str,
    headers: Mapping[str, str],
) -> Response:
    error = {
        "code": code,
        "message": _printable(message),
        "details": _bounded(details),
        "correlation_id": correlation_id,
    }
    body = orjson.dumps({"data": None, "error": error})
    return Response(body, status, dict(headers), content_type=JSON)


def _bounded(details: Mapping[str, object]) -> dict[str, object]:
    """The first names with the first messages of each, so that no request earns a huge answer."""
    bounded: dict[str, object] = {}
    for name in list(details)[:MAX_DETAIL_NAMES]:
        said = details[name]
        kept = said[:MAX_MESSAGES] if isinstance(said, list) else said
        bounded[str(_printable(name))[:MAX_NAME_LENGTH]] = _printable(kept)
    return bounded


def _printable(value: object) -> object:
    """`value` with everything that UTF-8 cannot carry (lone surrogates) made visible."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {str(_printable(name)): _printable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_printable(inner) for inner in value]
    return value


def no_content() -> Response:
    """204: done, and nothing to say."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def not_modified(headers: Mapping[str, str]) -> Response:
    """304: the client holds it already."""
    response = Response(status=304, headers=dict(headers))
    del response.headers["Content-Type"]
    return response
