"""One structured line a request, with the id that the client sent or that we made."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request

LOGGED_FRAMES = 20
SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

_log = structlog.get_logger()


def configure(level: str, *, as_json: bool) -> None:
    """Sends every log line of this process to standard error, as JSON or readable."""
    threshold = logging.getLevelNamesMapping()[level]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if as_json:
        shared += [
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(serializer=_dump),
        ]
        factory: Any = structlog.BytesLoggerFactory(sys.stderr.buffer)
    else:
        shared.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
        factory = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


def register(app: Flask) -> None:
    """Gives every request its id, and every answer its line."""
    app.before_request(_begin)
    app.after_request(_finish)


def request_id() -> str:
    """The id of the current request; it stands in `X-Request-ID`, in errors and in the log."""
    return g.request_id


def warn(event: str, error: Exception) -> None:
    """Says that something outside failed, by the type of the error: its text may hold data."""
    origin = getattr(error, "orig", None) or error
    _log.warning(
        event,
        correlation_id=request_id(),
        error=type(origin).__name__,
        sqlstate=getattr(origin, "pgcode", None),
    )


def crash(error: Exception) -> None:
    """Logs where an unexpected error happened: its type and its frames, never values."""
    frames = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-LOGGED_FRAMES:]
    ]
    _log.error(
        "crash",
        correlation_id=request_id(),
        error=type(error).__name__,
        sqlstate=getattr(getattr(error, "orig", None), "pgcode", None),
        frames=frames,
    )


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if SANE_ID.fullmatch(given) else secrets.token_hex(16)


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    rule = request.url_rule
    _log.info(
        "request",
        method=request.method,
        route=rule.rule if rule is not None else None,
        status=response.status_code,
        duration_ms=round((time.perf_counter() - g.started) * 1000, 2),
        user=g.get("user_id"),
        correlation_id=g.request_id,
    )
    return response


def _dump(event: dict[str, Any], **_: Any) -> bytes:
    return orjson.dumps(event, default=repr)
