"""References to this server's own paths, under the base as the request wrote it."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import request

PATH_CHARACTERS = "/:@!$&'()*+,;=~"
LONGEST_REMEMBERED = 256  # bytes


def path_as_written() -> str:
    """The request's path without a host, percent-encoded as the client encoded it."""
    raw = request.environ.get("RAW_URI")
    if raw is None:
        return quote(request.path, safe=PATH_CHARACTERS)
    path = re.split("[?#]", raw, maxsplit=1)[0] if raw.startswith("/") else urlsplit(raw).path
    return quote(path, safe=f"{PATH_CHARACTERS}%", encoding="latin-1")


def next_page(**changes: object) -> str:
    """A `Link` header (RFC 8288) to the same list with `changes` to its query; None drops one."""
    query_string = request.query_string
    is_common = len(query_string) <= LONGEST_REMEMBERED
    kept = (_without if is_common else _without.__wrapped__)(query_string, tuple(changes))
    added = urlencode({name: value for name, value in changes.items() if value is not None})
    return f'<{path_as_written()}?{kept}{added}>; rel="next"'


@lru_cache(maxsize=512)
def _without(query_string: bytes, names: tuple[str, ...]) -> str:
    """The query without some parameters, ready for others to follow."""
    query = parse_qsl(query_string.decode(), keep_blank_values=False)
    kept = [(name, value) for name, value in query if name not in names]
    return f"{urlencode(kept)}&" if kept else ""
